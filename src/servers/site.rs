//! Sites as the configs of web servers name them.

use std::fmt;
use std::path::PathBuf;

use crate::config::FormatChoice;

/// A web server whose config can be read, those that stand in front of others first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Server {
    Nginx,
    Caddy,
    Apache,
}

impl fmt::Display for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Server::Nginx => "nginx",
            Server::Caddy => "Caddy",
            Server::Apache => "Apache",
        })
    }
}

/// A site that a web server's config names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServedSite {
    pub server: Server,
    /// Its host names, without patterns and addresses. Empty for the server's default site.
    pub names: Vec<String>,
    pub is_https: bool,
    /// The folder of its files, as the server names it.
    pub document_root: Option<String>,
    pub logs: Vec<ServerLog>,
}

/// An access log that a web server's config names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServerLog {
    /// The absolute path as the server names it. A part that the server fills in is `*`.
    pub path: String,
    pub format: FormatChoice,
}

/// The sites of a machine.
#[derive(Clone, Debug, Default)]
pub struct ServersFound {
    /// The config file of each server.
    pub configs: Vec<(Server, PathBuf)>,
    pub sites: Vec<ServedSite>,
    /// Remarks on files that could not be read.
    pub remarks: Vec<String>,
}

impl ServedSite {
    pub(super) fn new(server: Server) -> ServedSite {
        ServedSite {
            server,
            names: Vec::new(),
            is_https: false,
            document_root: None,
            logs: Vec::new(),
        }
    }

    /// Adds a host name, unless it is a pattern, an address or a placeholder.
    pub(super) fn add_name(&mut self, name: &str) {
        // nginx writes a host with its subdomains as .example.org.
        let name = name.trim_matches('.').to_ascii_lowercase();
        let is_name = name.contains('.')
            && name.chars().all(|c| c.is_alphanumeric() || matches!(c, '.' | '-'))
            && name.parse::<std::net::IpAddr>().is_err();
        if is_name && !self.names.contains(&name) {
            self.names.push(name);
        }
    }

    pub(super) fn add_log(&mut self, log: ServerLog) {
        if !self.logs.iter().any(|known| known.path == log.path) {
            self.logs.push(log);
        }
    }

    /// Returns the host name without `www.`, by which sites are told apart.
    fn key(&self) -> &str {
        let first = self.names.first().map_or("", String::as_str);
        first.strip_prefix("www.").unwrap_or(first)
    }
}

/// Merges the sections of one site, such as those for its ports 80 and 443.
pub(super) fn merged(sites: Vec<ServedSite>) -> Vec<ServedSite> {
    let mut merged: Vec<ServedSite> = Vec::new();
    for site in sites {
        // Sections without a name are one site only if they write to the same logs.
        let same = |known: &&mut ServedSite| {
            known.server == site.server
                && known.key() == site.key()
                && (!site.key().is_empty() || known.logs == site.logs)
        };
        match merged.iter_mut().find(same) {
            None => merged.push(site),
            Some(known) => {
                site.names.iter().for_each(|name| known.add_name(name));
                site.logs.into_iter().for_each(|log| known.add_log(log));
                known.is_https |= site.is_https;
                known.document_root = known.document_root.take().or(site.document_root);
            }
        }
    }
    merged
}
