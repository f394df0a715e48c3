//! The command line, as clap reads it.

use std::net::IpAddr;
use std::path::{Path, PathBuf};

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args as ClapArgs, Parser, Subcommand, ValueEnum};

use crate::render::Form;

const DEFAULT_CONFIG: &str = "config.toml";

/// Who reads your site by machine: access logs in, a guestbook for every page out.
#[derive(Debug, Parser)]
#[command(version, max_term_width = 100)]
pub(super) struct Args {
    #[command(flatten)]
    pub(super) common: Common,
    #[command(subcommand)]
    pub(super) command: Command,
}

#[derive(Debug, ClapArgs)]
pub(super) struct Common {
    /// The config file; relative paths in it belong to its folder
    #[arg(long, global = true, value_name = "FILE", default_value = DEFAULT_CONFIG)]
    pub(super) config: PathBuf,
    /// Say only what went wrong
    #[arg(long, short, global = true)]
    pub(super) quiet: bool,
    /// Tell what became of every source
    #[arg(long, short, global = true, conflicts_with = "quiet")]
    pub(super) verbose: bool,
}

impl Common {
    /// Whether the user asked for a config, rather than take the one that may be there.
    pub(super) fn is_config_named(&self) -> bool {
        self.config != Path::new(DEFAULT_CONFIG)
    }
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Read what is new, then publish: the line for cron
    Nightly(Nightly),
    /// Read new lines into the store, each exactly once
    Ingest(Ingest),
    /// Show the guestbook of a term, or of the site
    Report(Report),
    /// Write every term's guestbook, and the site's, as files
    Publish(Publish),
    /// Take over counts from before there were logs
    Import(Import),
    /// Show how each line is read, as one JSON object a line
    Parse(Parse),
    /// Tell who a user agent belongs to, and by which rule
    Classify(Classify),
    /// List the agents that can be named
    Agents(Agents),
    /// Check the config, the logs and the store, and change nothing
    Check(Check),
}

#[derive(Debug, ClapArgs)]
pub(super) struct Nightly {
    /// The day that counts as today, as 2026-05-20
    #[arg(long, value_name = "DATE")]
    pub(super) as_of: Option<String>,
    /// How many threads read and count [default: one for each core]
    #[arg(long, value_name = "N")]
    pub(super) threads: Option<usize>,
}

#[derive(Debug, ClapArgs)]
pub(super) struct Ingest {
    /// Files, patterns such as 'access.log*', or - for standard input, instead of the config's
    #[arg(value_name = "LOG")]
    pub(super) logs: Vec<String>,
    /// The lines' format: auto, or a preset's name [default: the config's, or auto]
    #[arg(long, value_name = "NAME")]
    pub(super) format: Option<String>,
    /// How many threads read and count [default: one for each core]
    #[arg(long, value_name = "N")]
    pub(super) threads: Option<usize>,
}

#[derive(Debug, ClapArgs)]
pub(super) struct Report {
    /// The term, or an alias of it; without one, the whole site
    #[arg(long, value_name = "TERM")]
    pub(super) term: Option<String>,
    /// How many terms of the site to list
    #[arg(long, value_name = "N", default_value_t = 20, conflicts_with = "term")]
    pub(super) top: usize,
    /// The form to show it in
    #[arg(long, value_name = "FORM", value_parser = form(), default_value = "text")]
    pub(super) format: Form,
    /// The window's length in days [default: the config's, or 30]
    #[arg(long, value_name = "N")]
    pub(super) days: Option<u16>,
    /// The day that counts as today, as 2026-05-20
    #[arg(long, value_name = "DATE")]
    pub(super) as_of: Option<String>,
    /// Write to this file instead of standard output
    #[arg(long, short, value_name = "FILE")]
    pub(super) output: Option<PathBuf>,
}

/// Takes the name of one of the forms.
fn form() -> impl TypedValueParser<Value = Form> {
    let names = Form::NAMES.map(|(name, _)| name);
    PossibleValuesParser::new(names).map(|name| {
        let found = Form::NAMES.iter().find(|(known, _)| *known == name);
        found.map_or(Form::Text, |(_, form)| *form)
    })
}

#[derive(Debug, ClapArgs)]
pub(super) struct Publish {
    /// The day that counts as today, as 2026-05-20
    #[arg(long, value_name = "DATE")]
    pub(super) as_of: Option<String>,
}

#[derive(Debug, ClapArgs)]
pub(super) struct Import {
    /// A CSV file with the header term,family,pings, or - for standard input
    #[arg(value_name = "FILE")]
    pub(super) file: String,
}

#[derive(Debug, ClapArgs)]
pub(super) struct Parse {
    /// Files, patterns, or - for standard input, instead of the config's
    #[arg(value_name = "LOG")]
    pub(super) logs: Vec<String>,
    /// The lines' format: auto, or a preset's name [default: the config's, or auto]
    #[arg(long, value_name = "NAME")]
    pub(super) format: Option<String>,
}

#[derive(Debug, ClapArgs)]
pub(super) struct Classify {
    /// User agents, or - to read one from each line of standard input
    #[arg(value_name = "UA", required = true)]
    pub(super) user_agents: Vec<String>,
    /// The address it came from: tells whether it may speak for the agent
    #[arg(long, value_name = "ADDRESS")]
    pub(super) ip: Option<IpAddr>,
    /// The day on which it came, as 2026-05-20 [default: today]
    #[arg(long, value_name = "DATE", requires = "ip")]
    pub(super) as_of: Option<String>,
    /// The form to show them in
    #[arg(long, value_enum, default_value_t = ListForm::Text)]
    pub(super) format: ListForm,
}

#[derive(Debug, ClapArgs)]
#[command(args_conflicts_with_subcommands = true)]
pub(super) struct Agents {
    #[command(subcommand)]
    pub(super) command: Option<AgentsCommand>,
    /// Rank the agents in the store that have no name yet
    #[arg(long)]
    pub(super) unknown: bool,
    /// The form to show them in
    #[arg(long, value_enum, default_value_t = ListForm::Text)]
    pub(super) format: ListForm,
}

#[derive(Debug, Subcommand)]
pub(super) enum AgentsCommand {
    /// Fetch the lists of addresses that operators publish
    Refresh(Refresh),
}

#[derive(Debug, ClapArgs)]
pub(super) struct Refresh {
    /// Agents or families whose lists to fetch; all, where none is named
    #[arg(value_name = "AGENT")]
    pub(super) agents: Vec<String>,
    /// Take lists that have lost more than half of their networks
    #[arg(long)]
    pub(super) force: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum ListForm {
    Text,
    Json,
}

#[derive(Debug, ClapArgs)]
pub(super) struct Check {
    /// Files or patterns, instead of the config's
    #[arg(value_name = "LOG")]
    pub(super) logs: Vec<String>,
}
