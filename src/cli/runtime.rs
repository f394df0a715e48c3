//! Starts the tokio runtime, and handles signals.

use std::future::Future;
use std::process;
use std::time::Duration;

use anyhow::Context;
use tokio::runtime::Runtime;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::watch;

use crate::config::Settings;
use crate::night::Notice;
use crate::pipeline::StopSignal;
use crate::trust::Resolver;

use super::messages::Messages;

/// The time that a commit may take after a signal. A worker that waits for a pipe never commits.
const GRACE: Duration = Duration::from_secs(5);

/// The exit code of a command that a signal ended, as shells give it for Ctrl-C.
const INTERRUPTED: i32 = 130;

/// The exit code of a command that was stopped while it published.
const FAILED: i32 = 1;

/// Starts the runtime that waits for signals and for the DNS.
pub(super) fn start() -> anyhow::Result<Runtime> {
    let mut builder = tokio::runtime::Builder::new_multi_thread();
    builder.worker_threads(1).enable_all().build().context("can't start the runtime")
}

/// Starts asking the DNS if the config wants that. Without it, agents stay unchecked.
pub(super) fn resolver(
    settings: &Settings,
    runtime: &Runtime,
    messages: Messages,
) -> Option<Resolver> {
    match Resolver::start(settings.resolver?, runtime.handle()) {
        Ok(resolver) => Some(resolver),
        Err(error) => {
            messages.notices(&[Notice::Resolver(error.to_string())]);
            None
        }
    }
}

/// Runs a task that can be asked to stop. The first Ctrl-C or SIGTERM asks it; the second ends the process, and so does any
/// signal after the task has ended.
pub(super) fn run_until_signal<T: Future>(
    runtime: &Runtime,
    task: impl FnOnce(StopSignal) -> T,
) -> anyhow::Result<T::Output> {
    let stop = StopSignal::new();
    let (done, is_done) = watch::channel(false);
    {
        let _context = runtime.enter();
        let signals = [SignalKind::interrupt(), SignalKind::terminate()].map(signal);
        let [interrupt, terminate] = signals;
        let (interrupt, terminate) = (interrupt?, terminate?);
        runtime.spawn(handle_signals(interrupt, terminate, stop.clone(), is_done));
    }
    let output = runtime.block_on(task(stop));
    done.send_replace(true);
    Ok(output)
}

/// Ends the process with exit code 1 and a message at the first Ctrl-C or SIGTERM. For tasks that replace files as a whole,
/// so that none is left half written.
pub(super) fn end_on_signal(runtime: &Runtime, message: &'static str) -> anyhow::Result<()> {
    let _context = runtime.enter();
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    runtime.spawn(async move {
        wait(&mut interrupt, &mut terminate).await;
        Messages::new(false).warn(message);
        process::exit(FAILED);
    });
    Ok(())
}

async fn handle_signals(
    mut interrupt: Signal,
    mut terminate: Signal,
    stop: StopSignal,
    mut is_done: watch::Receiver<bool>,
) {
    loop {
        wait(&mut interrupt, &mut terminate).await;
        if is_over(&is_done) {
            Messages::new(false)
                .warn("interrupted: what was read is stored; the next run publishes it");
            process::exit(FAILED);
        }
        stop.request();
        tokio::select! {
            () = wait(&mut interrupt, &mut terminate) => process::exit(INTERRUPTED),
            () = tokio::time::sleep(GRACE) => process::exit(INTERRUPTED),
            _ = is_done.wait_for(|done| *done) => {}
        }
    }
}

/// Returns whether the task has ended. Its sender is dropped when it failed.
fn is_over(is_done: &watch::Receiver<bool>) -> bool {
    *is_done.borrow() || is_done.has_changed().is_err()
}

async fn wait(interrupt: &mut Signal, terminate: &mut Signal) {
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
    }
}
