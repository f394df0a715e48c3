//! Writes the config that was chosen.

use std::fmt::Write;
use std::path::Path;

use super::found_site::FoundSite;
use super::patterns::Proposal;
use super::sample::{Requests, Sample};
use super::sitemap::Sitemap;
use super::term_rule::ConfigRule;
use crate::config::{FormatChoice, FormatDirective};

/// The choices that a config is made from.
pub struct Choices<'c> {
    pub site: &'c FoundSite,
    pub sample: &'c Sample,
    pub zone: String,
    pub sitemap: Option<Sitemap>,
    /// The proposals that were accepted, and those that were not.
    pub accepted: Vec<&'c Proposal>,
    pub refused: Vec<&'c Proposal>,
    /// True if `nightly` fetches the lists of addresses every week.
    pub refreshes: bool,
    /// True if the config is installed for the whole system, so that data is kept in /var/lib.
    pub is_system_wide: bool,
}

impl Choices<'_> {
    /// Returns the site's name: that in the server's config, else the host in the logs.
    pub fn name(&self) -> Option<&str> {
        self.site.names.first().map(String::as_str).or_else(|| self.sample.host())
    }

    /// Returns the site's address.
    pub fn url(&self) -> Option<String> {
        let name = self.name()?;
        let own = self.sample.own_origin().and_then(|origin| origin.split_once("://"));
        let is_https = match own.filter(|(_, host)| *host == name) {
            Some((scheme, _)) => scheme == "https",
            None => self.site.is_https || self.site.server.is_none(),
        };
        Some(format!("{}://{name}/", if is_https { "https" } else { "http" }))
    }
}

/// Returns the text of a config, with a comment for each key.
pub fn config_text(choices: &Choices<'_>) -> String {
    let mut text = String::from(
        "# Written by `guestbook init`. The documentation of every key is in the annotated example, config.toml.\n\
         # `guestbook check` shows what a run would read, `guestbook nightly` reads and publishes.\n\n[site]\n",
    );
    if let Some(name) = choices.name() {
        line(&mut text, "# The name that the guestbook shows.", "name", &quoted(name));
    }
    if let Some(url) = choices.url() {
        line(
            &mut text,
            "# The site's address: visits from its own pages are no referrals.",
            "url",
            &quoted(&url),
        );
    }
    line(
        &mut text,
        "# The time zone of the days. After a change, run `guestbook rebuild`.",
        "timezone",
        &quoted(&choices.zone),
    );
    write_logs(&mut text, choices);
    write_terms(&mut text, choices);
    let refresh = if choices.refreshes { "weekly" } else { "off" };
    text += "\n[trust]\n";
    line(
        &mut text,
        "# Operators publish the addresses of their agents. `nightly` fetches these lists first: each operator's server is asked\n\
         # for its list, and learns nothing about your visitors. \"off\" leaves that to `guestbook agents refresh`.",
        "refresh",
        &quoted(refresh),
    );
    let (store, reports) = match choices.is_system_wide {
        true => ("/var/lib/guestbook/guestbook.db", "/var/lib/guestbook/reports"),
        false => ("guestbook.db", "reports"),
    };
    text += "\n[store]\n";
    line(&mut text, "# The file that holds all counts.", "path", &quoted(store));
    text += "\n[reports]\n";
    line(&mut text, "# The folder that the pages are written to.", "out", &quoted(reports));
    text
}

fn line(text: &mut String, comment: &str, key: &str, value: &str) {
    let _ = writeln!(text, "{comment}\n{key} = {value}");
}

/// Returns a text as a TOML value on one line. The escapes of JSON are those of TOML too.
fn quoted(text: &str) -> String {
    match text.contains(char::is_control) {
        true => serde_json::Value::String(text.replace('\u{7f}', "\u{fffd}")).to_string(),
        false => toml::Value::String(text.to_owned()).to_string(),
    }
}

/// Returns a text for a comment. Visitors choose the paths in it, so nothing of it may begin a line.
fn plain(text: &str) -> String {
    text.replace(char::is_control, "\u{fffd}")
}

fn quoted_list(texts: &[String]) -> String {
    match texts {
        [one] => format!("[{}]", quoted(one)),
        texts => {
            let lines = texts.iter().map(|text| format!("    {},\n", quoted(text)));
            format!("[\n{}]", lines.collect::<String>())
        }
    }
}

fn write_logs(text: &mut String, choices: &Choices<'_>) {
    let shared = choices.site.shared_with.join(", ");
    for (paths, choice, name) in &choices.sample.logs {
        *text += "\n[[logs]]\n";
        let comment = "# Files that are written, rotated and compressed. No line is counted twice.";
        line(text, comment, "paths", &quoted_list(paths));
        let name = name.as_ref().map(|name| format!(": {name}")).unwrap_or_default();
        let (comment, format) = match choice {
            FormatChoice::Named(name) => ("# The format is detected", quoted(name)),
            FormatChoice::FormatDirective(directive) => {
                ("# The server's own format", directive_value(directive))
            }
        };
        line(text, &format!("{comment}{name}."), "format", &format);
        if !shared.is_empty() && choices.sample.has_requests_for(&choices.site.names) {
            let comment = format!("# Other sites write to this log too: {shared}.");
            line(text, &comment, "hosts", &quoted_list(&choices.site.names));
        } else if !shared.is_empty() {
            let _ = writeln!(
                text,
                "# {shared} writes to this log too, and it does not say which request was for whom: all are counted. Give\n\
                 # the site a log of its own, or add the host to the log's format and name it under `hosts`."
            );
        }
    }
}

fn directive_value(directive: &FormatDirective) -> String {
    let (server, text) = match directive {
        FormatDirective::Nginx(text) => ("nginx", text),
        FormatDirective::Apache(text) => ("apache", text),
        // The configs of other servers are not read.
        _ => return quoted("auto"),
    };
    format!("{{ {server} = {} }}", quoted(text))
}

fn write_terms(text: &mut String, choices: &Choices<'_>) {
    *text += "\n[terms]\n";
    let words = |proposal: &Proposal| {
        let label = plain(&proposal.label);
        let Requests { agents, people } = proposal.requests;
        format!(
            "{label}: {} terms, {agents} requests of agents and {people} of people",
            proposal.terms
        )
    };
    let accepted = choices.accepted.iter().map(|proposal| (proposal, ""));
    let refused = choices.refused.iter().map(|proposal| (proposal, "# "));
    let (mut patterns, mut queries) = (String::new(), String::new());
    for (proposal, start) in accepted.chain(refused) {
        let words = words(proposal);
        // A refused one is written as it is to be beside those that were accepted.
        let is_one_of_several = choices.accepted.len() > 1 || start == "# ";
        let _ = match proposal.rule.for_config(is_one_of_several) {
            ConfigRule::Pattern(pattern) => {
                writeln!(patterns, "    # {words}\n    {start}{},", quoted(&pattern))
            }
            ConfigRule::Query(rule) => writeln!(
                queries,
                "\n# {words}\n{start}[[terms.query]]\n{start}path = {}\n{start}parameter = {}\n{start}prefix = {}",
                quoted(&rule.path),
                quoted(&rule.parameter),
                quoted(&rule.prefix)
            ),
        };
    }
    let ignored: Vec<String> =
        choices.accepted.iter().flat_map(|proposal| proposal.rule.ignored()).cloned().collect();
    *text += "# Which paths are terms: pages that are worth a history. The part named \"term\" is the term's name.\n\
              # After a change, run `guestbook rebuild`.\n";
    let _ = match patterns.is_empty() {
        true => writeln!(text, "# pattern = '^/blog/(?<term>[^/]+)/?$'"),
        false => writeln!(text, "pattern = [\n{patterns}]"),
    };
    if !ignored.is_empty() {
        line(text, "# Lists of pages, which are no terms.", "ignore", &quoted_list(&ignored));
    }
    match &choices.sitemap {
        Some(Sitemap::File(path)) => {
            let comment =
                "# The site's list of pages: those that nobody visited yet are known from it.";
            line(text, comment, "catalog", &quoted(&path.to_string_lossy()));
            *text += "# Accept only the pages in that list, if your site answers any address with a page.\n# only = \"catalog\"\n";
        }
        Some(Sitemap::Url(url)) => {
            let _ = writeln!(
                text,
                "# The site's list of pages, once you have fetched it: curl -o sitemap.xml {}\n# catalog = \"sitemap.xml\"",
                plain(url)
            );
        }
        None => {}
    }
    *text += &queries;
}

/// Returns whether a config at this path belongs to the whole system.
pub fn is_system_wide(path: &Path) -> bool {
    std::path::absolute(path).is_ok_and(|path| path.starts_with("/etc"))
}
