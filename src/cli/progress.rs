//! Shows the progress of long work: a bar on a terminal, a line a minute in the journal.

use std::io::{self, IsTerminal, Write};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread;
use std::time::Duration;

use indicatif::{HumanBytes, HumanDuration, ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::meter::{Meter, Reading, WorkStep};
use crate::render::{count, counted, printable};

use super::messages::Messages;

/// The time between two looks at the meter.
const TICK: Duration = Duration::from_millis(100);

/// The bar appears after so many ticks: half a second.
const SHOWN_AFTER_TICKS: u32 = 5;

/// The journal gets a line every so many ticks: a minute.
const JOURNAL_TICKS: u32 = 600;

/// systemd sets this variable if standard error is the journal.
const JOURNAL_VARIABLE: &str = "JOURNAL_STREAM";

/// The output that shows progress.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Target {
    Terminal,
    Journal,
}

/// Runs work, and shows what its meter says meanwhile. Nothing is shown with `--quiet`, in a pipe, or of work that takes less
/// than half a second.
pub(super) fn with_progress<T>(messages: Messages, work: impl FnOnce(&Meter) -> T) -> T {
    let meter = Meter::default();
    let target = match () {
        () if messages.is_quiet() => None,
        () if io::stderr().is_terminal() => Some(Target::Terminal),
        () => std::env::var_os(JOURNAL_VARIABLE).map(|_| Target::Journal),
    };
    let Some(target) = target else { return work(&meter) };
    let (done, is_done) = channel::<()>();
    let shown = meter.clone();
    let thread = thread::spawn(move || show(&shown, target, &is_done));
    let result = work(&meter);
    // The bar is gone before anything else is printed.
    drop(done);
    let _ = thread.join();
    result
}

/// Shows the meter until the other end of the channel is gone.
fn show(meter: &Meter, target: Target, is_done: &Receiver<()>) {
    let draw_target = || match target {
        Target::Terminal => ProgressDrawTarget::stderr(),
        Target::Journal => ProgressDrawTarget::hidden(),
    };
    let mut bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::hidden());
    let mut step = WorkStep::Start;
    let mut ticks = 0;
    while is_done.recv_timeout(TICK) == Err(RecvTimeoutError::Timeout) {
        let reading = meter.reading();
        if reading.step != step {
            bar.finish_and_clear();
            (step, ticks) = (reading.step, 0);
            bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::hidden());
            bar.set_style(style(step, reading.total));
        }
        ticks += 1;
        if ticks == SHOWN_AFTER_TICKS {
            bar.set_draw_target(draw_target());
        }
        if reading.total > 0 {
            bar.set_length(reading.total);
        }
        bar.set_position(reading.done);
        bar.set_message(message(&reading));
        if target == Target::Journal && ticks % JOURNAL_TICKS == 0 {
            let _ = writeln!(io::stderr(), "{}", journal_line(&reading, &bar));
        }
    }
    bar.finish_and_clear();
}

/// Returns the form of the bar.
fn style(step: WorkStep, total: u64) -> ProgressStyle {
    let template = match (step, total) {
        (WorkStep::Read | WorkStep::Export, 0) => {
            "{spinner} {bytes}, {binary_bytes_per_sec} {wide_msg}"
        }
        (WorkStep::Read | WorkStep::Export, _) => {
            "{bar:24} {percent}% of {total_bytes}, {binary_bytes_per_sec}, {eta} left {wide_msg}"
        }
        (_, 0) => "{spinner} {pos} {wide_msg}",
        _ => "{bar:24} {pos} of {len} {wide_msg}",
    };
    let style = ProgressStyle::with_template(template).expect("the templates are valid");
    style.progress_chars("━━─")
}

fn message(reading: &Reading) -> String {
    match reading.step {
        WorkStep::Start | WorkStep::Export => String::new(),
        WorkStep::Read => {
            format!("· {} · {}", counted(reading.lines, "line"), printable(&reading.source))
        }
        WorkStep::Fetch => "lists of addresses fetched".into(),
        WorkStep::Publish => "terms published".into(),
    }
}

/// Returns the line for the journal.
fn journal_line(reading: &Reading, bar: &ProgressBar) -> String {
    let (done, total) = (reading.done, reading.total);
    let part = match reading.step {
        WorkStep::Read | WorkStep::Export if total > 0 => {
            format!("{} of {}", HumanBytes(done), HumanBytes(total))
        }
        WorkStep::Read | WorkStep::Export => HumanBytes(done).to_string(),
        _ => format!("{} of {}", count(done), count(total)),
    };
    let left = if total > 0 && done > 0 {
        format!(", about {} left", HumanDuration(bar.eta()))
    } else {
        String::new()
    };
    match reading.step {
        WorkStep::Start => "still starting".into(),
        WorkStep::Read => format!("reading: {part}, {}{left}", counted(reading.lines, "line")),
        WorkStep::Fetch => format!("fetching lists of addresses: {part}{left}"),
        WorkStep::Publish => format!("publishing terms: {part}{left}"),
        WorkStep::Export => format!("exporting: {part}"),
    }
}
