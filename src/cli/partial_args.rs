//! The options of the commands that make and merge partials.

use std::path::PathBuf;

use clap::{Args as ClapArgs, Subcommand};

use super::wait_args::WaitArgs;

#[derive(Debug, Subcommand)]
pub(super) enum PartialCommand {
    /// Count logs into a partial, a file that can be merged into a store anywhere
    Scan(ScanArgs),
    /// Merge partials and other stores into the store, each log once
    Merge(MergeArgs),
}

#[derive(Debug, ClapArgs)]
pub(super) struct ScanArgs {
    /// Files, patterns such as 'access.log*', or - for standard input, instead of the config's
    #[arg(value_name = "LOG")]
    pub(super) logs: Vec<String>,
    /// The partial to write
    #[arg(long, short, value_name = "FILE", required_unless_present = "list")]
    pub(super) output: Option<PathBuf>,
    /// Print the logs with their sizes and entity tags, one JSON object per line, and read none
    #[arg(long, conflicts_with = "output")]
    pub(super) list: bool,
    /// Print the outcome of each log, one JSON object per line, instead of the summary
    #[arg(long, conflicts_with = "list")]
    pub(super) outcomes: bool,
    /// Add up the counts of all logs. The partial is smaller, and is merged as a whole: all its logs must be new, or known
    #[arg(long, conflicts_with = "list")]
    pub(super) together: bool,
    /// The format of the lines: auto or the name of a preset [default: the config's, or auto]
    #[arg(long, value_name = "NAME")]
    pub(super) format: Option<String>,
    /// The number of threads that read and count [default: one per core]
    #[arg(long, value_name = "N")]
    pub(super) threads: Option<usize>,
    /// A store whose lists of addresses, which `agents refresh` fetches, decide whether agents are what they claim
    #[arg(long, value_name = "STORE")]
    pub(super) lists: Option<PathBuf>,
}

#[derive(Debug, ClapArgs)]
pub(super) struct MergeArgs {
    /// Partials, stores, and folders of them. A folder with a _SUCCESS mark is one batch
    #[arg(value_name = "INPUT", required = true)]
    pub(super) inputs: Vec<PathBuf>,
    /// The store to merge into, instead of the config's. It is created if there is none
    #[arg(long, value_name = "STORE")]
    pub(super) into: Option<PathBuf>,
    /// Merge into an empty store, which replaces the one that is there once all inputs are merged
    #[arg(long, conflicts_with = "dry_run")]
    pub(super) anew: bool,
    /// Print what would be added, and write nothing. Each input is compared with the store as it is
    #[arg(long)]
    pub(super) dry_run: bool,
    #[command(flatten)]
    pub(super) wait: WaitArgs,
}
