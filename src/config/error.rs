//! What can be wrong with a config, and what to do about it.

use std::io;
use std::path::PathBuf;

use thiserror::Error;

use crate::classify::{CatalogueError, NetworksError, RuleError, TermCatalogueError};
use crate::format::TemplateError;

/// Why a config can't be used.
#[derive(Debug, Error)]
pub enum ConfigError {
    /// There is none.
    #[error(
        "there is no config at {}: copy the example config.toml that comes with guestbook, or name yours \
         with --config",
        .0.display()
    )]
    Missing(PathBuf),
    /// The user's catalogue of agents can't be read.
    #[error("[catalogue] file: can't read {}: {error}", .path.display())]
    ReadAgents {
        /// The file.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
    /// It is none.
    #[error("[catalogue] file {}: {error}", .path.display())]
    AgentsFile {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        error: CatalogueError,
    },
    /// A header that nobody is believed in, or proxies of which nothing is known.
    #[error("{0}")]
    Header(&'static str),
    /// Nobody can be asked by that.
    #[error(
        "[trust] resolver {0:?} is none: it is \"off\", \"system\", or a server's address, such as \"192.0.2.53\" or \
         \"192.0.2.53:5353\""
    )]
    Resolver(String),
    /// The site's own proxies are no networks.
    #[error(
        "[trust] proxies {text:?}: {error}; write networks or addresses, such as [\"192.0.2.0/24\"]"
    )]
    Proxies {
        /// What it says.
        text: String,
        /// What is wrong with it.
        error: NetworksError,
    },
    /// It can't be read.
    #[error("can't read {}: {error}", .path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
    /// The file that `[terms] catalog` names can't be read.
    #[error(
        "[terms] catalog names {}, which can't be read ({error}): name your own, or take the line out",
        .path.display()
    )]
    ReadCatalog {
        /// The file.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
    /// A key has nothing in it.
    #[error("{0} is empty: name something, or take the key out")]
    Empty(&'static str),
    /// It is not TOML, or has a key or value that means nothing.
    #[error("{}: {message}", .path.display())]
    Toml {
        /// The file.
        path: PathBuf,
        /// What is wrong, where, and the nearest key there is.
        message: String,
    },
    /// A time zone does not exist.
    #[error("{key} = {name:?} is no time zone: use a name such as \"Europe/Rome\" or \"UTC\"")]
    Timezone {
        /// The key.
        key: &'static str,
        /// Its value.
        name: String,
    },
    /// A date is none.
    #[error("{key} = {text:?} is no date: write it as 2026-05-20")]
    Date {
        /// The key or flag.
        key: &'static str,
        /// Its value.
        text: String,
    },
    /// A format's name is unknown.
    #[error(
        "format {name:?} is unknown: use \"auto\" or one of {known}, or paste your server's directive"
    )]
    Format {
        /// The name.
        name: String,
        /// The names there are.
        known: String,
    },
    /// A server's directive can't be used.
    #[error("[[logs]] format")]
    Template(#[from] TemplateError),
    /// A rule can't be used.
    #[error(transparent)]
    Rule(#[from] RuleError),
    /// An agent's entry can't be used.
    #[error("[[agents]]")]
    Agent(#[from] CatalogueError),
    /// The term catalogue can't be used.
    #[error("the term catalogue {}: {error}", .path.display())]
    TermCatalogue {
        /// The file.
        path: PathBuf,
        /// Why.
        error: TermCatalogueError,
    },
    /// A number is out of bounds.
    #[error("{key} = {value} is out of bounds: 1 to {max} are possible")]
    Bounds {
        /// The key or flag.
        key: &'static str,
        /// Its value.
        value: u16,
        /// The largest that is possible.
        max: u16,
    },
}

/// A TOML error's text, with the nearest of the keys that were expected.
pub(super) fn message(error: &toml::de::Error) -> String {
    let text = error.to_string();
    let message = error.message();
    let quoted: Vec<&str> = message.split('`').skip(1).step_by(2).collect();
    let nearest = match quoted.split_first() {
        Some((unknown, known)) if message.starts_with("unknown") => known.iter().max_by(|a, b| {
            let near = |key: &str| strsim::jaro_winkler(unknown, key);
            near(a).total_cmp(&near(b))
        }),
        _ => None,
    };
    match nearest {
        Some(key) => format!("{}\nDid you mean `{key}`?", text.trim_end()),
        None => text.trim_end().to_owned(),
    }
}
