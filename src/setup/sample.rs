//! A sample of a site's logs: hosts, pages and parameters.

use std::ops::ControlFlow;
use std::path::Path;

use jiff::tz::TimeZone;

use super::format_choice::choose_format;
use super::found_site::FoundSite;
use crate::agents::Kind;
use crate::classify::Rules;
use crate::config::{FormatChoice, format};
use crate::format::{Content, LineReader, Record};
use crate::interner::Map;
use crate::pages::{ASSET, OTHER_PAGE, query_parameters};
use crate::pipeline::{LogFormat, LogInput, open_log};
use crate::source::{Chunk, Location};

/// The most pages, parameters, hosts and user agents of which each is told apart, so that memory is bounded.
const DISTINCT_MAX: usize = 50_000;

/// The most bytes that are read of each file.
const FILE_BYTES_MAX: u64 = 16 << 20;

/// Requests for a page, of those that count.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Requests {
    pub agents: u64,
    pub people: u64,
}

impl Requests {
    pub fn total(self) -> u64 {
        self.agents + self.people
    }

    pub(super) fn add(&mut self, other: Requests) {
        self.agents += other.agents;
        self.people += other.people;
    }
}

/// The hosts, pages and parameters in a part of a site's logs.
#[derive(Debug, Default)]
pub struct Sample {
    /// The paths of the logs, with the format of each for the config, and its name.
    pub logs: Vec<(Vec<String>, FormatChoice, Option<String>)>,
    pub requests: Requests,
    /// The pages that were asked for, by their paths.
    pub pages: Map<String, Requests>,
    /// The values of each query parameter, by the page's path and the parameter's name.
    pub parameters: Map<(String, String), Map<String, Requests>>,
    /// The hosts that the requests were for, if the logs have them.
    hosts: Map<String, u64>,
    /// The hosts of the pages that images and styles were asked for from, with their scheme.
    referrers: Map<String, u64>,
    user_agents: Map<Vec<u8>, Kind>,
}

impl Sample {
    /// Reads at most so many bytes of a site's logs, the newest files first.
    pub fn read(site: &FoundSite, rules: &Rules, bytes_max: u64) -> Sample {
        let mut sample = Sample::default();
        let mut bytes_left = bytes_max;
        for log in &site.logs {
            let chosen = choose_format(log);
            for path in &log.files {
                bytes_left -= sample.add_file(path, &chosen.choice, rules, bytes_left);
                if bytes_left == 0 {
                    break;
                }
            }
            sample.logs.push((log.paths.clone(), chosen.choice, chosen.name));
        }
        sample
    }

    /// Returns whether any request could be read.
    pub fn is_readable(&self) -> bool {
        self.logs.iter().any(|(_, _, name)| name.is_some())
    }

    /// Returns the host that most requests were for, else the one whose pages asked for the most images and styles.
    pub fn host(&self) -> Option<&str> {
        let referrer = || Some(self.own_origin()?.split_once("://")?.1);
        most(&self.hosts).filter(|_| self.has_hosts()).or_else(referrer)
    }

    /// Returns whether the logs say which host each request was for. Scanners that ask for other servers' pages give a few
    /// lines a host in any log.
    pub fn has_hosts(&self) -> bool {
        const PERCENT: u64 = 90;
        let with_host: u64 = self.hosts.values().sum();
        self.requests.total() > 0 && with_host * 100 >= self.requests.total() * PERCENT
    }

    /// Returns whether the logs have requests for one of these hosts, by name.
    pub fn has_requests_for(&self, names: &[String]) -> bool {
        let is_named = |host: &str| names.iter().any(|name| name.eq_ignore_ascii_case(host));
        let named = self.hosts.iter().filter(|(host, _)| is_named(host));
        self.has_hosts() && named.map(|(_, requests)| requests).sum::<u64>() > 0
    }

    /// Returns the scheme and host of the pages that images and styles were asked for from most, such as
    /// `https://example.org`.
    pub fn own_origin(&self) -> Option<&str> {
        most(&self.referrers)
    }

    /// Adds the first lines of a file. Returns how many bytes were read.
    fn add_file(&mut self, path: &Path, choice: &FormatChoice, rules: &Rules, max: u64) -> u64 {
        let zone = TimeZone::UTC;
        let mut input = LogInput::new(Location::File(path.into()), zone.clone());
        input.format = format(choice, &zone).ok().flatten();
        let Ok(mut log) = open_log(&input) else { return 0 };
        let LogFormat::Known { format, columns } = log.format else { return 0 };
        let mut reader = LineReader::new(&format, columns);
        let (mut chunk, mut bytes) = (Chunk::default(), 0);
        while bytes < max.min(FILE_BYTES_MAX) && matches!(log.chunks.next(&mut chunk), Ok(true)) {
            bytes += chunk.bytes();
            let _ = reader.each(chunk.text(), |line| {
                if let Content::Record { record, .. } = &line.content {
                    self.add(record, rules);
                }
                ControlFlow::Continue(())
            });
        }
        bytes.min(max)
    }

    fn add(&mut self, record: &Record<'_>, rules: &Rules) {
        if !rules.counting.counts(record) {
            return;
        }
        let Some(path) = record.path.map(|path| record.decoded_path(path)) else { return };
        let mut requests = Requests::default();
        match self.kind(record, rules) {
            Kind::Agent => requests.agents = 1,
            Kind::Person => requests.people = 1,
            Kind::Empty => return, // Neither an agent's nor a person's.
        }
        if let Some(host) = record.host.and_then(host_name) {
            count(&mut self.hosts, host.to_owned());
        }
        self.requests.add(requests);
        let request_type = rules.requests.elsewhere_name(&path);
        // Images and styles are asked for from the site's own pages.
        let is_own = request_type == ASSET && requests.people == 1;
        if let Some(origin) = record.referrer.and_then(origin).filter(|_| is_own) {
            count(&mut self.referrers, origin);
        }
        if let (true, Ok(page)) = (request_type == OTHER_PAGE, String::from_utf8(path)) {
            let query = record.plain_query().unwrap_or_default();
            for (name, value) in query_parameters(&query).filter(|(_, value)| !value.is_empty()) {
                let values = entry(&mut self.parameters, (page.clone(), name.into_owned()));
                let value = values.map(|values| entry(values, value.into_owned()));
                value.flatten().into_iter().for_each(|known| known.add(requests));
            }
            entry(&mut self.pages, page).into_iter().for_each(|known| known.add(requests));
        }
    }

    fn kind(&mut self, record: &Record<'_>, rules: &Rules) -> Kind {
        let Some(user_agent) = record.user_agent else { return Kind::Empty };
        if let Some(kind) = self.user_agents.get(user_agent) {
            return *kind;
        }
        let text = record.header(user_agent);
        let kind = rules.namer.name(&String::from_utf8_lossy(&text)).kind;
        if let Some(known) = entry_or(&mut self.user_agents, user_agent.to_vec(), kind) {
            *known = kind;
        }
        kind
    }
}

/// Returns the entry of a key, unless that would be one too many.
fn entry<K: Eq + std::hash::Hash, V: Default>(map: &mut Map<K, V>, key: K) -> Option<&mut V> {
    entry_or(map, key, V::default())
}

fn entry_or<K: Eq + std::hash::Hash, V>(map: &mut Map<K, V>, key: K, new: V) -> Option<&mut V> {
    let has_room = map.len() < DISTINCT_MAX || map.contains_key(&key);
    has_room.then(|| map.entry(key).or_insert(new))
}

fn count(map: &mut Map<String, u64>, key: String) {
    entry(map, key).into_iter().for_each(|known| *known += 1);
}

/// Returns the most frequent text, the first in the alphabet if there are several.
fn most(map: &Map<String, u64>) -> Option<&str> {
    let most = map.iter().max_by(|one, other| one.1.cmp(other.1).then(other.0.cmp(one.0)));
    most.map(|(text, _)| text.as_str())
}

/// Returns a host name that may be a site's: neither an address nor a name without a dot.
fn host_name(host: &[u8]) -> Option<&str> {
    let host = std::str::from_utf8(host).ok()?;
    let is_name = host.contains('.')
        && host.parse::<std::net::IpAddr>().is_err()
        && host.chars().all(|c| c.is_alphanumeric() || matches!(c, '.' | '-'));
    is_name.then_some(host)
}

/// Returns the scheme and the host of a referrer.
fn origin(referrer: &[u8]) -> Option<String> {
    let (scheme, rest) = std::str::from_utf8(referrer).ok()?.split_once("://")?;
    let host = rest.split(['/', ':', '?']).next()?;
    let is_web = matches!(scheme, "http" | "https");
    is_web.then_some(())?;
    Some(format!("{scheme}://{}", host_name(host.as_bytes())?.to_ascii_lowercase()))
}
