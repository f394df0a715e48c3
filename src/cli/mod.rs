//! Command line → settings → command → exit code.

mod agents;
mod args;
mod backup;
mod check;
mod check_nights;
mod check_pages;
mod classify;
mod exit;
mod export;
mod import;
mod ingest;
mod init;
mod init_questions;
mod manual;
mod messages;
mod parse;
mod progress;
mod rebuild;
mod refresh;
mod report;
mod runtime;
mod terms;

use std::ffi::OsString;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Parser;
use jiff::tz::TimeZone;

use crate::config::{ConfigError, Settings};
use crate::day::Day;

use args::{AgentsArgs, AgentsCommand, Args, Command, CommonArgs, TermsArgs, TermsCommand};
use exit::{ExitStatus, is_closed_pipe};
use messages::Messages;

/// The environment variables for the paths of the store and of the reports.
const STORE_VARIABLE: &str = "GUESTBOOK_STORE";
const REPORTS_VARIABLE: &str = "GUESTBOOK_REPORTS";

/// Runs the command that the command line names. `today` returns the current day in a time zone: the only clock.
pub fn run(today: impl Fn(&TimeZone) -> Day) -> ExitCode {
    let args = match Args::try_parse() {
        Ok(args) => args,
        Err(error) => {
            let _ = error.print();
            return ExitCode::from(if error.use_stderr() { 1 } else { 0 });
        }
    };
    let messages = Messages::new(args.common.quiet);
    let mut out = BufWriter::new(io::stdout().lock());
    let result = dispatch(&args, messages, &mut out, &today).and_then(|status| {
        out.flush()?;
        Ok(status)
    });
    match result {
        Ok(ExitStatus::Success) => ExitCode::SUCCESS,
        Ok(ExitStatus::Failure) => ExitCode::from(1),
        Ok(ExitStatus::Partial) => ExitCode::from(2),
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
    today: &dyn Fn(&TimeZone) -> Day,
) -> anyhow::Result<ExitStatus> {
    let settings = || load(args.common.config());
    let verbose = args.common.verbose;
    match &args.command {
        Command::Init(init) => init::init(&args.common.config, init, messages, out),
        Command::Nightly(nightly) => {
            let settings = settings()?;
            let today = as_of(&settings, nightly.as_of.as_deref(), today)?;
            ingest::nightly(&settings, nightly, today, verbose, messages, out)
        }
        Command::Ingest(ingest) => {
            let settings = settings()?;
            let today = as_of(&settings, None, today)?;
            ingest::ingest(&settings, ingest, today, verbose, messages, out)
        }
        Command::Report(report) => {
            let settings = settings()?;
            let today = as_of(&settings, report.as_of.as_deref(), today)?;
            report::report(&settings, report, today, messages, out)
        }
        Command::Publish(publish) => {
            let settings = settings()?;
            let today = as_of(&settings, publish.as_of.as_deref(), today)?;
            report::publish(&settings, today, messages, out)
        }
        Command::Import(import) => import::import(&settings()?, import, messages, out),
        Command::Export(export) => export::export(&settings()?, export, messages, out),
        Command::Parse(parse) => parse::parse(&optional(&args.common)?, parse, messages, out),
        Command::Classify(classify) => {
            let settings = optional(&args.common)?;
            let today = as_of(&settings, classify.as_of.as_deref(), today)?;
            classify::classify(&settings, classify, today, messages, out)
        }
        Command::Agents(agents) => {
            dispatch_agents(&optional(&args.common)?, agents, today, messages, out)
        }
        Command::Rebuild(args) => {
            let settings = settings()?;
            let today = as_of(&settings, None, today)?;
            rebuild::rebuild(&settings, args, today, verbose, messages, out)
        }
        Command::Backup(args) => backup::backup(&settings()?, args, messages, out),
        Command::Terms(terms) => dispatch_terms(&settings()?, terms, today, messages, out),
        Command::Check(check) => {
            // Logs that are named can be checked before there is a config.
            let is_named = !check.logs.is_empty();
            let settings = if is_named { optional(&args.common)? } else { settings()? };
            let today = as_of(&settings, None, today)?;
            check::check(&settings, check, today, out)
        }
        Command::Completions(completions) => manual::completions(completions, out),
        Command::Man(man) => manual::man(man, out),
    }
}

fn dispatch_agents(
    settings: &Settings,
    args: &AgentsArgs,
    today: &dyn Fn(&TimeZone) -> Day,
    messages: Messages,
    out: &mut impl Write,
) -> anyhow::Result<ExitStatus> {
    let today = as_of(settings, None, today)?;
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
    today: &dyn Fn(&TimeZone) -> Day,
    messages: Messages,
    out: &mut impl Write,
) -> anyhow::Result<ExitStatus> {
    let today = as_of(settings, None, today)?;
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

/// Returns today: from the flag, else from the config, else from the clock.
fn as_of(
    settings: &Settings,
    flag: Option<&str>,
    today: &dyn Fn(&TimeZone) -> Day,
) -> Result<Day, ConfigError> {
    match flag {
        Some(text) => crate::config::date("--as-of", text),
        None => Ok(settings.as_of.unwrap_or_else(|| today(&settings.zone))),
    }
}
