//! Sites that a guestbook could be kept for, each with its logs.

use std::cmp::Reverse;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use super::usual_logs::{USUAL_LOGS, with_rotated};
use crate::config::FormatChoice;
use crate::servers::{ServedSite, Server, Tree, find_servers};
use crate::source::{Location, find_locations};

/// The most sites that are looked at.
const SITES_MAX: usize = 50;

/// The words for a site without a name of its own.
const NAMELESS: &str = "the default site";

/// A log with the files that it was rotated to.
#[derive(Clone, Debug)]
pub struct LogGroup {
    /// The paths for the config.
    pub paths: Vec<String>,
    /// The files that they match, the newest first.
    pub files: Vec<PathBuf>,
    /// The format as the server's config has it.
    pub format: FormatChoice,
}

/// A site that a guestbook could be kept for.
#[derive(Clone, Debug, Default)]
pub struct FoundSite {
    /// The server in whose config the site was found.
    pub server: Option<Server>,
    pub names: Vec<String>,
    pub is_https: bool,
    pub document_root: Option<String>,
    pub logs: Vec<LogGroup>,
    /// Other sites that write to the same logs.
    pub shared_with: Vec<String>,
}

/// The sites that were found.
#[derive(Clone, Debug, Default)]
pub struct FoundSites {
    /// Those with the most bytes of logs first.
    pub sites: Vec<FoundSite>,
    /// The config file of each server, and the number of its sites.
    pub configs: Vec<(Server, PathBuf, usize)>,
    /// Remarks on logs that were left out or could not be read.
    pub remarks: Vec<String>,
}

impl FoundSite {
    /// Returns a site without its logs.
    fn of(site: &ServedSite) -> FoundSite {
        FoundSite {
            server: Some(site.server),
            names: site.names.clone(),
            is_https: site.is_https,
            document_root: site.document_root.clone(),
            ..FoundSite::default()
        }
    }

    /// Returns the size of its logs.
    pub fn bytes(&self) -> u64 {
        let files = self.logs.iter().flat_map(|log| &log.files);
        files.filter_map(|path| Some(fs::metadata(path).ok()?.len())).sum()
    }
}

/// Finds sites: in the configs of web servers, else where web servers usually write their logs.
pub fn find_sites(tree: &Tree) -> FoundSites {
    let servers = find_servers(tree);
    let mut found = FoundSites { remarks: servers.remarks, ..FoundSites::default() };
    for (server, path) in servers.configs {
        let sites = servers.sites.iter().filter(|site| site.server == server).count();
        found.configs.push((server, path, sites));
    }
    for site in &servers.sites {
        found.add_site(tree, site, &servers.sites);
    }
    if found.sites.is_empty() {
        found.add_usual(tree);
    }
    found.sites.sort_by_cached_key(|site| Reverse(site.bytes()));
    found.sites.truncate(SITES_MAX);
    found
}

/// Returns the site whose logs the user has named. Relative paths belong to the current folder. The format is taken from the
/// config of the server that writes to one of them.
pub fn named_site(tree: &Tree, logs: &[String]) -> FoundSite {
    let folder = std::env::current_dir().unwrap_or_default();
    let absolute = |path: &String| folder.join(path).to_string_lossy().into_owned();
    let paths: Vec<String> = logs.iter().map(absolute).collect();
    let files = newest_first(&paths);
    let sites = find_servers(tree).sites;
    for site in &sites {
        let writes = |log: &&crate::servers::ServerLog| files.contains(&tree.path(&log.path));
        if let Some(log) = site.logs.iter().find(writes) {
            let logs = vec![LogGroup { paths, files, format: log.format.clone() }];
            let shared_with = shared_with(site, &sites);
            return FoundSite { logs, shared_with, ..FoundSite::of(site) };
        }
    }
    let logs = vec![LogGroup { paths, files, format: FormatChoice::default() }];
    FoundSite { logs, ..FoundSite::default() }
}

impl FoundSites {
    fn add_site(&mut self, tree: &Tree, site: &ServedSite, all: &[ServedSite]) {
        let name = site.names.first().map_or(NAMELESS, String::as_str);
        if site.logs.is_empty() {
            self.remarks.push(format!("{} logs no requests of {name}", site.server));
            return;
        }
        let mut found = FoundSite::of(site);
        for log in &site.logs {
            if log.path.starts_with("/dev/") || log.path.starts_with("/proc/") {
                self.remarks.push(format!(
                    "{} writes the log of {name} to {}: name the file in which it ends, such as a container's log",
                    site.server, log.path
                ));
                continue;
            }
            found.logs.extend(log_group(tree, &log.path, found.server, log.format.clone()));
        }
        if found.logs.is_empty() {
            let paths: Vec<String> = site.logs.iter().map(|log| log.path.clone()).collect();
            self.remarks.push(match denied(tree, &paths) {
                Some(reason) => format!("the log of {name} {reason}"),
                None => {
                    format!("the log of {name} is empty or not there yet: {}", paths.join(", "))
                }
            });
            return;
        }
        found.shared_with = shared_with(site, all);
        // A server that passes requests on logs them too, so they would count twice.
        let front = self.sites.iter().find(|known| {
            known.server != found.server
                && (known.names.iter().any(|name| found.names.contains(name))
                    || known.names.is_empty() && found.names.is_empty())
        });
        match front.and_then(|front| front.server) {
            Some(server) => self.remarks.push(format!(
                "the log of {name} that {} writes is left out, since {server} has one of the same site, and requests that it \
                 passes on would count twice",
                site.server
            )),
            None => self.sites.push(found),
        }
    }

    fn add_usual(&mut self, tree: &Tree) {
        for pattern in USUAL_LOGS {
            for file in tree.files(pattern) {
                let path = file.to_string_lossy();
                let groups =
                    log_group(&Tree::new(Path::new("/")), &path, None, FormatChoice::default());
                // A second name of the same folder, as /etc/apache2/logs is, leads to the same files.
                let same = |known: &FoundSite| {
                    known.logs.iter().any(|log| {
                        log.files.iter().any(|known| {
                            fs::canonicalize(known).ok() == fs::canonicalize(&file).ok()
                        })
                    })
                };
                if groups.is_some() && !self.sites.iter().any(same) {
                    self.sites.push(FoundSite {
                        logs: groups.into_iter().collect(),
                        ..FoundSite::default()
                    });
                }
            }
        }
    }
}

/// Returns the other sites that write to a log of this one.
fn shared_with(site: &ServedSite, all: &[ServedSite]) -> Vec<String> {
    let writes_same = |other: &&ServedSite| {
        *other != site
            && other.server == site.server
            && other.logs.iter().any(|log| site.logs.iter().any(|own| own.path == log.path))
    };
    let others = all.iter().filter(writes_same);
    others.map(|other| other.names.first().map_or(NAMELESS, String::as_str).to_owned()).collect()
}

/// Returns a log with the files that it was rotated to. `None` if there is none that holds anything.
fn log_group(
    tree: &Tree,
    path: &str,
    server: Option<Server>,
    format: FormatChoice,
) -> Option<LogGroup> {
    let paths = vec![with_rotated(&tree.path(path).to_string_lossy(), server)];
    let mut files = newest_first(&paths);
    files.retain(|file| tree.contains(file));
    (!files.is_empty()).then_some(LogGroup { paths, files, format })
}

/// Returns why the folder of a log can't be searched, with the cure, if this user may not.
fn denied(tree: &Tree, paths: &[String]) -> Option<String> {
    let pattern = |path: &String| with_rotated(&tree.path(path).to_string_lossy(), None);
    let patterns: Vec<String> = paths.iter().map(pattern).collect();
    let (_, unmatched) = find_locations(&patterns, Path::new("/"));
    unmatched.into_iter().map(|(_, reason)| reason).find(|reason| reason.contains("permission"))
}

/// Returns the files that are not empty, the newest first.
fn newest_first(paths: &[String]) -> Vec<PathBuf> {
    let (found, _) = find_locations(paths, Path::new("/"));
    let mut files: Vec<(SystemTime, PathBuf)> = found
        .into_iter()
        .filter_map(|found| match found.location {
            Location::File(path) => Some(path),
            Location::Object(_) | Location::Stdin => None,
        })
        .filter_map(|path| {
            let meta = fs::metadata(&path).ok().filter(|meta| meta.is_file() && meta.len() > 0)?;
            Some((meta.modified().unwrap_or(SystemTime::UNIX_EPOCH), path))
        })
        .collect();
    files.sort_by(|one, other| other.0.cmp(&one.0).then_with(|| one.1.cmp(&other.1)));
    files.into_iter().map(|(_, path)| path).collect()
}
