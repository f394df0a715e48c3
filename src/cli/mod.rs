//! Command line → settings → command → exit code.

mod agents;
mod arg_values;
mod args;
mod backup;
mod check;
mod check_nights;
mod check_pages;
mod classify;
mod clock;
mod day_warnings;
mod digest;
mod exit;
mod export;
mod import;
mod ingest;
mod init;
mod init_questions;
mod manual;
#[cfg(feature = "parquet")]
mod merge;
mod messages;
mod parse;
#[cfg(feature = "parquet")]
mod partial_args;
#[cfg(feature = "parquet")]
mod partial_command;
mod progress;
mod prune;
mod question;
mod question_args;
mod rebuild;
mod refresh;
mod report;
mod run_log;
mod runs;
mod runtime;
#[cfg(feature = "parquet")]
mod scan;
mod terminal;
mod terms;
mod wait_args;

use std::ffi::OsString;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Parser;
use jiff::Timestamp;

use crate::config::{ConfigError, Settings};
use crate::day::Day;

use args::{
    AgentsArgs, AgentsCommand, Args, CheckArgs, Command, CommonArgs, TermsArgs, TermsCommand,
};
use clock::Clock;
use exit::{ExitStatus, is_closed_pipe};
use messages::Messages;

/// The environment variables for the paths of the store and of the reports.
const STORE_VARIABLE: &str = "GUESTBOOK_STORE";
const REPORTS_VARIABLE: &str = "GUESTBOOK_REPORTS";

/// Runs the command that the command line names. `now` returns the current time: the only clock.
pub fn run(now: impl Fn() -> Timestamp) -> ExitCode {
    let args = match Args::try_parse() {
        Ok(args) => args,
        Err(error) => {
            let _ = error.print();
            return ExitCode::from(if error.use_stderr() { 1 } else { 0 });
        }
    };
    let messages = Messages::new(args.common.quiet);
    let mut out = BufWriter::new(io::stdout().lock());
    let result = dispatch(&args, messages, &mut out, Clock(&now)).and_then(|status| {
        out.flush()?;
        Ok(status)
    });
    match result {
        Ok(status) => ExitCode::from(status.code()),
        Err(error) if is_closed_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => {
            messages.error(&error);
            ExitCode::from(1)
        }
    }
}

fn dispatch(
    args: &Args,
    messages: Messages,
    out: &mut impl Write,
    clock: Clock<'_>,
) -> anyhow::Result<ExitStatus> {
    let settings = || load(args.common.config());
    let dated = |as_of: Option<&str>| -> anyhow::Result<(Settings, Day)> {
        let settings = settings()?;
        let today = clock.as_of(&settings, as_of)?;
        Ok((settings, today))
    };
    let verbose = args.common.verbose;
    match &args.command {
        Command::Init(init) => init::init(&args.common.config, init, messages, out),
        Command::Nightly(nightly) => {
            let (settings, today) = dated(nightly.as_of.as_deref())?;
            ingest::nightly(&settings, nightly, today, clock, verbose, messages, out)
        }
        Command::Ingest(ingest) => {
            let (settings, today) = dated(None)?;
            ingest::ingest(&settings, ingest, today, clock, verbose, messages, out)
        }
        Command::Report(report) => {
            let (settings, today) = dated(report.as_of.as_deref())?;
            report::report(&settings, report, today, messages, out)
        }
        Command::Publish(publish) => {
            let (settings, today) = dated(publish.as_of.as_deref())?;
            report::publish(&settings, today, messages, out)
        }
        Command::Digest(digest) => {
            let (settings, today) = dated(digest.as_of.as_deref())?;
            digest::digest(&settings, digest, today, messages, out)
        }
        Command::Import(import) => import::import(&settings()?, import, messages, out),
        Command::Export(export) => export::export(&settings()?, export, messages, out),
        #[cfg(feature = "parquet")]
        Command::Partial(it) => it.run(&optional(&args.common)?, clock, verbose, messages, out),
        Command::Parse(parse) => parse::parse(&optional(&args.common)?, parse, messages, out),
        Command::Classify(classify) => {
            let settings = optional(&args.common)?;
            let today = clock.as_of(&settings, classify.as_of.as_deref())?;
            classify::classify(&settings, classify, today, messages, out)
        }
        Command::Agents(agents) => {
            dispatch_agents(&optional(&args.common)?, agents, clock, messages, out)
        }
        Command::Rebuild(args) => {
            let (settings, today) = dated(None)?;
            rebuild::rebuild(&settings, args, today, clock, verbose, messages, out)
        }
        Command::Runs(args) => runs::runs(&settings()?, args, out),
        Command::Prune(args) => prune::prune(&settings()?, args, clock, messages, out),
        Command::Backup(args) => backup::backup(&settings()?, args, messages, out),
        Command::Terms(terms) => dispatch_terms(&settings()?, terms, clock, messages, out),
        Command::Check(check) => dispatch_check(&args.common, check, clock, out),
        Command::Completions(completions) => manual::completions(completions, out),
        Command::Man(man) => manual::man(man, out),
    }
}

fn dispatch_check(
    common: &CommonArgs,
    args: &CheckArgs,
    clock: Clock<'_>,
    out: &mut impl Write,
) -> anyhow::Result<ExitStatus> {
    // Logs that are named can be checked before there is a config.
    let is_named = !args.logs.is_empty();
    let settings = if is_named { optional(common)? } else { load(common.config())? };
    check::check(&settings, args, common.config(), clock.as_of(&settings, None)?, out)
}

fn dispatch_agents(
    settings: &Settings,
    args: &AgentsArgs,
    clock: Clock<'_>,
    messages: Messages,
    out: &mut impl Write,
) -> anyhow::Result<ExitStatus> {
    let today = clock.as_of(settings, None)?;
    match &args.command {
        Some(AgentsCommand::Refresh(args)) => {
            refresh::refresh(settings, args, today, messages, out)
        }
        None if args.unknown => agents::unknown(settings, args, today, out),
        None => agents::agents(settings, args, out),
    }
}

fn dispatch_terms(
    settings: &Settings,
    args: &TermsArgs,
    clock: Clock<'_>,
    messages: Messages,
    out: &mut impl Write,
) -> anyhow::Result<ExitStatus> {
    let today = clock.as_of(settings, None)?;
    match &args.command {
        Some(TermsCommand::Forget(args)) => terms::forget(settings, args, messages, out),
        Some(TermsCommand::Rename(args)) => terms::rename(settings, args, messages, out),
        None => terms::terms(settings, args, today, out),
    }
}

/// Loads the config. The environment may name another store and another folder for the reports.
fn load(path: &Path) -> Result<Settings, ConfigError> {
    let mut settings = Settings::load(path)?;
    let from_environment = |name| std::env::var_os(name).filter(|value| !value.is_empty());
    // Relative paths in the environment belong to the current folder, those in the config to its own.
    let absolute =
        |value: OsString| std::path::absolute(&value).unwrap_or_else(|_| PathBuf::from(value));
    if let Some(store) = from_environment(STORE_VARIABLE) {
        settings.config.store.path = absolute(store);
    }
    if let Some(out) = from_environment(REPORTS_VARIABLE) {
        settings.config.reports.out = absolute(out);
    }
    Ok(settings)
}

/// Loads the config for a command that works without one. Only a config that was named must exist.
fn optional(common: &CommonArgs) -> Result<Settings, ConfigError> {
    match load(common.config()) {
        Err(ConfigError::Missing(_)) if !common.is_config_named() => {
            Settings::new(Default::default(), Default::default())
        }
        result => result,
    }
}
