//! Errors of the config, with what to do about each.

use std::io;
use std::path::PathBuf;

use thiserror::Error;

use crate::agents::CatalogueError;
use crate::format::{Format, TemplateError};
use crate::nearest::nearest;
use crate::pages::{RuleError, TermCatalogueError};
use crate::trust::NetworksError;

/// An error of the config.
#[derive(Debug, Error)]
pub enum ConfigError {
    #[error(
        "there is no config at {}: `guestbook init` writes one for the logs that it finds, or name yours with --config",
        .0.display()
    )]
    Missing(PathBuf),
    #[error("[catalogue] file: can't read {}: {error}", .path.display())]
    ReadAgents { path: PathBuf, error: io::Error },
    #[error("[catalogue] file {}: {error}", .path.display())]
    AgentsFile { path: PathBuf, error: CatalogueError },
    /// `[trust] header` can't be used.
    #[error("{0}")]
    Header(&'static str),
    #[error(
        "[trust] resolver = {0:?} can't be used: write \"off\", \"system\", or a server's address, such as \
         \"192.0.2.53\" or \"192.0.2.53:5353\""
    )]
    Resolver(String),
    #[error(
        "[trust] proxies {text:?}: {error}; write networks or addresses, such as [\"192.0.2.0/24\"]"
    )]
    Proxies { text: String, error: NetworksError },
    #[error("can't read {}: {error}", .path.display())]
    Read { path: PathBuf, error: io::Error },
    #[error(
        "[terms] catalog: can't read {} ({error}): name your own file, or remove the line",
        .path.display()
    )]
    ReadCatalog { path: PathBuf, error: io::Error },
    #[error(
        "[terms] only = \"catalog\" needs a catalog: name your sitemap.xml or a TOML file under [terms] catalog"
    )]
    OnlyCatalogue,
    #[error("{0} is empty: give it a value, or remove the key")]
    Empty(&'static str),
    /// The file is not TOML, or has an unknown key or value.
    #[error("{}: {message}", .path.display())]
    Toml {
        path: PathBuf,
        /// The error with its position, and the nearest existing key.
        message: String,
    },
    #[error("{key} = {name:?} is not a time zone: use a name such as \"Europe/Rome\" or \"UTC\"")]
    Timezone { key: &'static str, name: String },
    #[error("{key} = {text:?} is not a date: write it as 2026-05-20")]
    Date {
        /// The key or flag.
        key: &'static str,
        text: String,
    },
    #[error("format {name:?} is unknown: {advice}")]
    Format { name: String, advice: String },
    #[error("[[logs]] format")]
    Template(#[from] TemplateError),
    #[error(transparent)]
    Rule(#[from] RuleError),
    #[error("[[agents]]")]
    Agent(#[from] CatalogueError),
    #[error("the term catalogue {}: {error}", .path.display())]
    TermCatalogue { path: PathBuf, error: TermCatalogueError },
    #[error("{key} = {value} is out of range: use 1 to {max}")]
    Bounds {
        /// The key or flag.
        key: &'static str,
        value: u16,
        max: u16,
    },
}

/// Returns what to write instead of a format's name that is unknown.
pub(super) fn format_advice(name: &str) -> String {
    let names = Format::preset_names();
    let is_part = |known: &&str| known.split('_').any(|word| word.eq_ignore_ascii_case(name));
    let mut similar: Vec<String> =
        names.iter().copied().filter(is_part).map(str::to_owned).collect();
    similar.extend(nearest(name, names.iter().copied()));
    similar.sort();
    similar.dedup();
    let advice = "use \"auto\", the name of a format in docs/formats.md, or your server's own directive, as in \
                  format = { nginx = 'log_format …' }";
    match name.to_lowercase().as_str() {
        "nginx" | "apache" | "apache2" | "httpd" => {
            format!("servers write \"combined\" unless they are told otherwise; {advice}")
        }
        _ if similar.is_empty() => advice.into(),
        _ => format!("did you mean {}? Else {advice}", similar.join(", ")),
    }
}

/// Returns what to write instead, for errors of syntax whose message does not say it.
fn syntax_hint(message: &str) -> Option<&'static str> {
    if message == "invalid type: map, expected a sequence" {
        return Some(
            "A section of which there may be several has two brackets: [[logs]], [[agents]].",
        );
    }
    message.starts_with("missing escaped value").then_some(
        "Write a regular expression in single quotes, where a backslash is a backslash: '^/blog/([^/]+)\\.html$'.",
    )
}

/// Returns the text of a TOML error, with the nearest of the expected keys.
pub(super) fn message(error: &toml::de::Error) -> String {
    let text = error.to_string();
    let message = error.message();
    let quoted: Vec<&str> = message.split('`').skip(1).step_by(2).collect();
    if let Some(hint) = syntax_hint(message) {
        return format!("{}\n{hint}", text.trim_end());
    }
    let nearest = match quoted.split_first() {
        Some((unknown, known)) if message.starts_with("unknown") => {
            nearest(unknown, known.iter().copied()).into_iter().next()
        }
        _ => None,
    };
    match nearest {
        Some(key) => format!("{}\nDid you mean `{key}`?", text.trim_end()),
        None => text.trim_end().to_owned(),
    }
}
