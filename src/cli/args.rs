//! The command line, as clap parses it.

use std::net::IpAddr;
use std::path::{Path, PathBuf};

use clap::{Args as ClapArgs, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;

use crate::export::{ExportFormat, FactTable};

use super::arg_values::{ReportFormat, months, report_format};
use super::digest::DigestArgs;
#[cfg(feature = "parquet")]
use super::partial_args::PartialCommand;
use super::question_args::QuestionArgs;
use super::wait_args::WaitArgs;

/// The config in the current folder, which is used unless another one is named.
pub(super) const DEFAULT_CONFIG: &str = "config.toml";

/// The config of the whole system, which is used if there is none in the current folder.
pub(super) const SYSTEM_CONFIG: &str = "/etc/guestbook/config.toml";

/// Shows which bots read your site: access logs in, a guestbook for every page out
#[derive(Debug, Parser)]
#[command(version, max_term_width = 100)]
pub(super) struct Args {
    #[command(flatten)]
    pub(super) common: CommonArgs,
    #[command(subcommand)]
    pub(super) command: Command,
}

#[derive(Debug, ClapArgs)]
pub(super) struct CommonArgs {
    /// The config file; relative paths in it belong to its folder. If there is no config.toml here, it is that of
    /// /etc/guestbook
    #[arg(
        long,
        global = true,
        value_name = "FILE",
        env = "GUESTBOOK_CONFIG",
        hide_env_values = true,
        default_value = DEFAULT_CONFIG
    )]
    pub(super) config: PathBuf,
    /// Print only errors and warnings
    #[arg(long, short, global = true)]
    pub(super) quiet: bool,
    /// Print the outcome of every source
    #[arg(long, short, global = true, conflicts_with = "quiet")]
    pub(super) verbose: bool,
}

impl CommonArgs {
    /// Returns the config to read.
    pub(super) fn config(&self) -> &Path {
        let is_elsewhere = !self.is_config_named() && !self.config.exists();
        let system = Path::new(SYSTEM_CONFIG);
        if is_elsewhere && system.exists() { system } else { &self.config }
    }

    /// Returns whether the user named a config. The default one may be missing.
    pub(super) fn is_config_named(&self) -> bool {
        self.config != Path::new(DEFAULT_CONFIG)
    }
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Find the logs and the site's pages, and write a config
    Init(InitArgs),
    /// Read new lines, then publish: the command for cron
    Nightly(NightlyArgs),
    /// Read new lines into the store, each exactly once
    Ingest(IngestArgs),
    /// Show the guestbook of a term, an agent, a family or the site, or answer a question
    Report(Box<ReportArgs>),
    /// Write the guestbooks of all terms and of the site as files
    Publish(PublishArgs),
    /// Print what happened in the last days, for a mail
    Digest(DigestArgs),
    /// Import counts from before there were logs
    Import(ImportArgs),
    /// Export all facts of the store as CSV, NDJSON or Parquet
    Export(ExportArgs),
    #[cfg(feature = "parquet")]
    #[command(flatten)]
    Partial(PartialCommand),
    /// Print how each line is read, one JSON object per line
    Parse(ParseArgs),
    /// Print which agent a user agent belongs to, and by which rule
    Classify(ClassifyArgs),
    /// List the agents that can be named
    Agents(AgentsArgs),
    /// Read all logs again under today's rules
    Rebuild(RebuildArgs),
    /// Copy the store, also while a run writes to it
    Backup(BackupArgs),
    /// Sum up old days, so that the store does not grow for ever
    Prune(PruneArgs),
    /// Show what the last runs did
    Runs(RunsArgs),
    /// List, forget or rename terms
    Terms(TermsArgs),
    /// Check the config, the logs and the store without changing anything
    Check(CheckArgs),
    /// Print the completions of a shell
    Completions(CompletionsArgs),
    /// Print the manual page, or write those of all commands
    Man(ManArgs),
}

#[derive(Debug, ClapArgs)]
pub(super) struct InitArgs {
    /// Files or patterns of one site, instead of those that the configs of nginx, Apache and Caddy name
    #[arg(value_name = "LOG")]
    pub(super) logs: Vec<String>,
    /// Ask nothing, and choose what is proposed
    #[arg(long, short)]
    pub(super) yes: bool,
    /// Look for servers and logs below this folder, such as a mounted disk, instead of on this machine
    #[arg(long, value_name = "FOLDER", default_value = "/")]
    pub(super) root: PathBuf,
}

#[derive(Debug, ClapArgs)]
pub(super) struct NightlyArgs {
    /// The day that counts as today, such as 2026-05-20
    #[arg(long, value_name = "DATE")]
    pub(super) as_of: Option<String>,
    /// The output format: the site's guestbook as text, or what the run did as JSON
    #[arg(long, value_enum, default_value_t = ListFormat::Text)]
    pub(super) format: ListFormat,
    /// The number of threads that read and count [default: one per core]
    #[arg(long, value_name = "N")]
    pub(super) threads: Option<usize>,
    #[command(flatten)]
    pub(super) wait: WaitArgs,
}

#[derive(Debug, ClapArgs)]
pub(super) struct IngestArgs {
    /// Files, patterns such as 'access.log*', or - for standard input, instead of the config's
    #[arg(value_name = "LOG")]
    pub(super) logs: Vec<String>,
    /// The format of the lines: auto or the name of a preset [default: the config's, or auto]
    #[arg(long, value_name = "NAME")]
    pub(super) format: Option<String>,
    /// The number of threads that read and count [default: one per core]
    #[arg(long, value_name = "N")]
    pub(super) threads: Option<usize>,
    #[command(flatten)]
    pub(super) wait: WaitArgs,
}

#[derive(Debug, ClapArgs)]
pub(super) struct ReportArgs {
    /// The term, or one of its aliases; without it, the whole site
    #[arg(long, value_name = "TERM")]
    pub(super) term: Option<String>,
    /// An agent, such as GPTBot
    #[arg(long, value_name = "AGENT", conflicts_with_all = ["term", "by", "family"])]
    pub(super) agent: Option<String>,
    /// A family of agents, such as ChatGPT
    #[arg(long, value_name = "FAMILY", conflicts_with_all = ["term", "by"])]
    pub(super) family: Option<String>,
    /// The number of terms of the site to list, or of rows of --by
    #[arg(long, value_name = "N", default_value_t = 20, conflicts_with_all = ["term", "agent", "family"])]
    pub(super) top: usize,
    #[command(flatten)]
    pub(super) question: QuestionArgs,
    /// The output format [default: that of the file's extension, or text]
    #[arg(long, value_name = "FORMAT", value_parser = report_format())]
    pub(super) format: Option<ReportFormat>,
    /// The length of the window in days [default: the config's, or 30]
    #[arg(long, value_name = "N")]
    pub(super) days: Option<u16>,
    /// The day that counts as today, such as 2026-05-20
    #[arg(long, value_name = "DATE")]
    pub(super) as_of: Option<String>,
    /// Write to this file instead of standard output
    #[arg(long, short, value_name = "FILE")]
    pub(super) output: Option<PathBuf>,
}

#[derive(Debug, ClapArgs)]
pub(super) struct PublishArgs {
    /// The day that counts as today, such as 2026-05-20
    #[arg(long, value_name = "DATE")]
    pub(super) as_of: Option<String>,
}

#[derive(Debug, ClapArgs)]
pub(super) struct ImportArgs {
    /// A CSV file with the header term,family,pings, a JSON report of `goaccess --crawlers-only`, or -
    #[arg(value_name = "FILE")]
    pub(super) file: String,
    #[command(flatten)]
    pub(super) wait: WaitArgs,
}

#[derive(Debug, ClapArgs)]
pub(super) struct ExportArgs {
    /// The table to export
    #[arg(value_enum)]
    pub(super) table: FactTable,
    /// The format to write
    #[arg(long, value_enum, default_value_t = ExportFormat::Csv)]
    pub(super) format: ExportFormat,
    /// Write to this file instead of standard output
    #[arg(long, short, value_name = "FILE")]
    pub(super) output: Option<PathBuf>,
}

#[derive(Debug, ClapArgs)]
pub(super) struct ParseArgs {
    /// Files, patterns, or - for standard input, instead of the config's
    #[arg(value_name = "LOG")]
    pub(super) logs: Vec<String>,
    /// The format of the lines: auto or the name of a preset [default: the config's, or auto]
    #[arg(long, value_name = "NAME")]
    pub(super) format: Option<String>,
}

#[derive(Debug, ClapArgs)]
pub(super) struct ClassifyArgs {
    /// User agents, or - to read one from each line of standard input
    #[arg(value_name = "UA", required = true)]
    pub(super) user_agents: Vec<String>,
    /// The address of the request: checks whether the claim of the user agent is genuine
    #[arg(long, value_name = "ADDRESS")]
    pub(super) ip: Option<IpAddr>,
    /// The day of the request, such as 2026-05-20 [default: today]
    #[arg(long, value_name = "DATE", requires = "ip")]
    pub(super) as_of: Option<String>,
    /// The output format
    #[arg(long, value_enum, default_value_t = ListFormat::Text)]
    pub(super) format: ListFormat,
}

#[derive(Debug, ClapArgs)]
#[command(args_conflicts_with_subcommands = true)]
pub(super) struct AgentsArgs {
    #[command(subcommand)]
    pub(super) command: Option<AgentsCommand>,
    /// Rank the bots in the store that are in no catalogue entry
    #[arg(long)]
    pub(super) unknown: bool,
    /// The output format
    #[arg(long, value_enum, default_value_t = ListFormat::Text)]
    pub(super) format: ListFormat,
}

#[derive(Debug, Subcommand)]
pub(super) enum AgentsCommand {
    /// Fetch the lists of addresses that operators publish
    Refresh(RefreshArgs),
}

#[derive(Debug, ClapArgs)]
pub(super) struct RefreshArgs {
    /// Agents or families whose lists to fetch [default: all]
    #[arg(value_name = "AGENT")]
    pub(super) agents: Vec<String>,
    /// Read copies of the lists from this folder, as `wget --force-directories` makes it, instead of fetching them
    #[arg(long, value_name = "FOLDER")]
    pub(super) from: Option<PathBuf>,
    /// Accept lists that have lost more than half of their networks
    #[arg(long)]
    pub(super) force: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum ListFormat {
    Text,
    Json,
}

#[derive(Debug, ClapArgs)]
#[command(args_conflicts_with_subcommands = true)]
pub(super) struct TermsArgs {
    #[command(subcommand)]
    pub(super) command: Option<TermsCommand>,
    /// The output format
    #[arg(long, value_enum, default_value_t = ListFormat::Text)]
    pub(super) format: ListFormat,
}

#[derive(Debug, Subcommand)]
pub(super) enum TermsCommand {
    /// Forget a term: agents' requests count for other pages, views are deleted
    Forget(ForgetArgs),
    /// Rename a term, or add its counts to another one
    Rename(RenameArgs),
}

#[derive(Debug, ClapArgs)]
pub(super) struct ForgetArgs {
    /// The term to forget
    #[arg(value_name = "TERM")]
    pub(super) term: String,
    #[command(flatten)]
    pub(super) wait: WaitArgs,
}

#[derive(Debug, ClapArgs)]
pub(super) struct RenameArgs {
    /// The term to rename
    #[arg(value_name = "TERM")]
    pub(super) term: String,
    /// The new name; if there is a term with it, the counts are added
    #[arg(value_name = "NAME")]
    pub(super) name: String,
    #[command(flatten)]
    pub(super) wait: WaitArgs,
}

#[derive(Debug, ClapArgs)]
pub(super) struct RebuildArgs {
    /// Accept that lines of logs that are gone are lost or count twice if the time zone has changed
    #[arg(long)]
    pub(super) force: bool,
    /// The number of threads that read and count [default: one per core]
    #[arg(long, value_name = "N")]
    pub(super) threads: Option<usize>,
    #[command(flatten)]
    pub(super) wait: WaitArgs,
}

#[derive(Debug, ClapArgs)]
pub(super) struct BackupArgs {
    /// The file to write; an older copy is replaced
    #[arg(value_name = "FILE")]
    pub(super) file: PathBuf,
}

#[derive(Debug, ClapArgs)]
pub(super) struct PruneArgs {
    /// The age from which on days are summed up, such as 24m or 3y: 13 months at least
    #[arg(long, value_name = "AGE", value_parser = months)]
    pub(super) older: i32,
    #[command(flatten)]
    pub(super) wait: WaitArgs,
}

#[derive(Debug, ClapArgs)]
pub(super) struct RunsArgs {
    /// The number of runs to show
    #[arg(long, value_name = "N", default_value_t = 20)]
    pub(super) last: u32,
    /// The output format
    #[arg(long, value_enum, default_value_t = ListFormat::Text)]
    pub(super) format: ListFormat,
}

#[derive(Debug, ClapArgs)]
pub(super) struct CheckArgs {
    /// Files or patterns, instead of the config's
    #[arg(value_name = "LOG")]
    pub(super) logs: Vec<String>,
    /// Check only the store, that its file is whole and its sums are right
    #[arg(long, conflicts_with = "logs")]
    pub(super) store: bool,
}

#[derive(Debug, ClapArgs)]
pub(super) struct CompletionsArgs {
    #[arg(value_enum)]
    pub(super) shell: Shell,
}

#[derive(Debug, ClapArgs)]
pub(super) struct ManArgs {
    /// Write the pages of all commands into this folder: guestbook.1, guestbook-ingest.1 and so on
    #[arg(long, value_name = "FOLDER")]
    pub(super) out: Option<PathBuf>,
}
