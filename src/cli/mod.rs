//! What was typed → settings → the run → the exit code.

mod agents;
mod args;
mod check;
mod classify;
mod import;
mod ingest;
mod parse;
mod refresh;
mod report;
mod runtime;
mod talk;

use std::io::{self, BufWriter, Write};
use std::process::ExitCode;

use clap::Parser;

use crate::config::{ConfigError, Settings};
use crate::day::Day;

use args::{AgentsCommand, Args, Command, Common};
use talk::Talk;

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ending {
    /// All was done: exit code 0.
    Done,
    /// Nothing could be done: exit code 1.
    Failed,
    /// Done, but some source failed: exit code 2.
    Partly,
}

/// Runs what the command line asks for. `today` is the day in a given time zone: the only clock.
pub fn run(today: impl Fn(&jiff::tz::TimeZone) -> Day) -> ExitCode {
    let args = match Args::try_parse() {
        Ok(args) => args,
        Err(error) => {
            let _ = error.print();
            return ExitCode::from(if error.use_stderr() { 1 } else { 0 });
        }
    };
    let talk = Talk::new(args.common.quiet);
    let mut out = BufWriter::new(io::stdout().lock());
    let result = dispatch(&args, &talk, &mut out, &today).and_then(|ending| {
        out.flush()?;
        Ok(ending)
    });
    match result {
        Ok(Ending::Done) => ExitCode::SUCCESS,
        Ok(Ending::Failed) => ExitCode::from(1),
        Ok(Ending::Partly) => ExitCode::from(2),
        Err(error) if is_closed_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => {
            talk.error(&error);
            ExitCode::from(1)
        }
    }
}

fn dispatch(
    args: &Args,
    talk: &Talk,
    out: &mut impl Write,
    today: &dyn Fn(&jiff::tz::TimeZone) -> Day,
) -> anyhow::Result<Ending> {
    let settings = || Settings::load(&args.common.config);
    match &args.command {
        Command::Nightly(nightly) => {
            let settings = settings()?;
            let today = as_of(&settings, nightly.as_of.as_deref(), today)?;
            ingest::nightly(&settings, nightly, today, args.common.verbose, talk, out)
        }
        Command::Ingest(ingest) => {
            ingest::ingest(&settings()?, ingest, args.common.verbose, talk, out)
        }
        Command::Report(report) => {
            let settings = settings()?;
            let today = as_of(&settings, report.as_of.as_deref(), today)?;
            report::report(&settings, report, today, *talk, out)
        }
        Command::Publish(publish) => {
            let settings = settings()?;
            let today = as_of(&settings, publish.as_of.as_deref(), today)?;
            report::publish_reports(&settings, today, *talk, out)
        }
        Command::Import(import) => import::import(&settings()?, import, talk.is_quiet(), out),
        Command::Parse(parse) => parse::parse(&optional(&args.common)?, parse, talk, out),
        Command::Classify(classify) => {
            let settings = optional(&args.common)?;
            let today = as_of(&settings, classify.as_of.as_deref(), today)?;
            classify::classify(&settings, classify, today, talk, out)
        }
        Command::Agents(agents) => {
            let settings = optional(&args.common)?;
            let today = as_of(&settings, None, today)?;
            match &agents.command {
                Some(AgentsCommand::Refresh(args)) => {
                    refresh::refresh_lists(&settings, args, today, talk, out)
                }
                None if agents.unknown => agents::unknown(&settings, agents, today, out),
                None => agents::agents(&settings, agents, out),
            }
        }
        Command::Check(check) => {
            // Logs that are named can be looked at before there is a config.
            let named = !check.logs.is_empty();
            let settings = if named { optional(&args.common)? } else { settings()? };
            let today = as_of(&settings, None, today)?;
            check::check(&settings, check, today, out)
        }
    }
}

/// The settings for a command that can do without a config: the file's where it is there.
fn optional(common: &Common) -> Result<Settings, ConfigError> {
    match Settings::load(&common.config) {
        Err(ConfigError::Missing(_)) if !common.is_config_named() => {
            Settings::new(Default::default(), Default::default())
        }
        result => result,
    }
}

/// Today: what the flag says, else what the config fixes, else the clock.
fn as_of(
    settings: &Settings,
    flag: Option<&str>,
    today: &dyn Fn(&jiff::tz::TimeZone) -> Day,
) -> Result<Day, ConfigError> {
    match flag {
        Some(text) => crate::config::date("--as-of", text),
        None => Ok(settings.as_of.unwrap_or_else(|| today(&settings.zone))),
    }
}

/// Whether the reader of our output has gone, as `head` does: that is no failure.
fn is_closed_pipe(error: &anyhow::Error) -> bool {
    let kinds = error.chain().filter_map(|cause| cause.downcast_ref::<io::Error>());
    kinds.into_iter().any(|error| error.kind() == io::ErrorKind::BrokenPipe)
}
