//! Writes a config for what is found on this machine.

use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};

use crate::config::{Config, ConfigError, Settings};
use crate::pipeline::{LogInput, open_log};
use crate::render::{count, counted, printable};
use crate::servers::Tree;
use crate::setup::{
    Choices, FoundSite, FoundSites, Proposal, Sample, Sitemap, config_text, find_sitemap,
    find_sites, is_system_wide, named_site, proposals, system_zone, taken,
};
use crate::source::{Location, permission_words};

use super::args::{DEFAULT_CONFIG, InitArgs, SYSTEM_CONFIG};
use super::exit::ExitStatus;
use super::init_questions::Questions;
use super::messages::Messages;

/// The most bytes that are read to tell sites apart.
const GLANCE_BYTES: u64 = 1 << 20;

/// The most bytes that are read of the chosen site's logs.
const SAMPLE_BYTES: u64 = 64 << 20;

/// Finds logs and pages, asks what can't be known, and writes the config. Never overwrites one.
pub(super) fn init(
    config: &Path,
    args: &InitArgs,
    messages: Messages,
    out: &mut impl Write,
) -> anyhow::Result<ExitStatus> {
    if config.exists() {
        bail!("{} exists: move it away, or name another file with --config", config.display());
    }
    let tree = Tree::new(&args.root);
    let settings = Settings::new(Config::default(), PathBuf::new())?;
    let questions = Questions::new(args.yes);
    let mut readable = readable_sites(&tree, args, &settings, messages, out)?;
    let (site, _) = readable.remove(questions.site(&readable)?);
    for (_, words) in &readable {
        messages.note(&format!("this config leaves out {words}"));
    }
    let sample = Sample::read(&site, &settings.rules, SAMPLE_BYTES);
    let all = proposals(&sample);
    write_found(&site, &sample, &all, out)?;
    out.flush()?;
    let accepted = questions.terms(&all)?;
    let is_accepted = |at: &usize| accepted.contains(at);
    let mut choices = Choices {
        site: &site,
        sample: &sample,
        zone: system_zone(&tree),
        sitemap: find_sitemap(&tree, &site, &sample),
        accepted: (0..all.len()).filter(is_accepted).map(|at| &all[at]).collect(),
        refused: (0..all.len()).filter(|at| !is_accepted(at)).map(|at| &all[at]).collect(),
        refreshes: questions.refresh()?,
        is_system_wide: is_system_wide(config),
    };
    let text = checked_text(&mut choices, config, messages)?;
    write_taken(&choices, out)?;
    File::create_new(config)
        .and_then(|mut file| file.write_all(text.as_bytes()))
        .with_context(|| format!("can't write {}", config.display()))?;
    writeln!(out, "wrote   {}{}", config.display(), next_steps(config))?;
    Ok(ExitStatus::Success)
}

/// Returns what to do next, in words.
fn next_steps(config: &Path) -> String {
    // A store that root makes can't be written to by the user who runs every night.
    let (user, flag) = match () {
        () if config == Path::new(DEFAULT_CONFIG) => ("", String::new()),
        () if config == Path::new(SYSTEM_CONFIG) => ("sudo -u guestbook ", String::new()),
        () => ("", format!(" --config {}", config.display())),
    };
    format!(
        ": `{user}guestbook check{flag}` shows what a run would read, `{user}guestbook nightly{flag}` reads and publishes"
    )
}

/// Finds sites, and writes where. Returns those of whose logs something can be read, each in words, the one with the most
/// bytes first.
fn readable_sites(
    tree: &Tree,
    args: &InitArgs,
    settings: &Settings,
    messages: Messages,
    out: &mut impl Write,
) -> anyhow::Result<Vec<(FoundSite, String)>> {
    let found = match args.logs.as_slice() {
        [] => find_sites(tree),
        logs => FoundSites { sites: vec![named_site(tree, logs)], ..FoundSites::default() },
    };
    for (server, path, sites) in &found.configs {
        let sites = counted(*sites as u64, "site");
        writeln!(out, "server  {server}: {sites} in {}", path.display())?;
    }
    found.remarks.iter().for_each(|remark| messages.note(remark));
    let is_denied = |remark: &String| remark.contains("permission denied");
    let is_found = !found.sites.is_empty() || found.remarks.iter().any(is_denied);
    let mut readable = Vec::new();
    for site in found.sites {
        let sample = Sample::read(&site, &settings.rules, GLANCE_BYTES);
        if sample.is_readable() {
            let words = site_words(&site, &sample);
            readable.push((site, words));
        } else if let Some(path) = site.logs.iter().flat_map(|log| &log.files).next() {
            messages.note(&format!("{}: {}", path.display(), unreadable_words(path, settings)));
        }
    }
    match args.logs.as_slice() {
        _ if !readable.is_empty() => Ok(readable),
        [] if is_found => bail!("of the access logs that were found, none can be read"),
        [] => bail!(
            "no access log was found, neither in the configs of nginx, Apache and Caddy nor in the usual folders. Name \
             it: guestbook init /path/to/access.log*"
        ),
        logs => bail!("no request could be read from {}", logs.join(", ")),
    }
}

/// Returns why nothing of a log can be read.
fn unreadable_words(path: &Path, settings: &Settings) -> String {
    let input = LogInput::new(Location::File(path.into()), settings.zone.clone());
    match open_log(&input) {
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => permission_words(path),
        Err(error) => error.to_string(),
        Ok(_) => "holds no requests in a known format: `guestbook check` tells more".into(),
    }
}

fn site_words(site: &FoundSite, sample: &Sample) -> String {
    let name = site.names.first().map(String::as_str).or_else(|| sample.host());
    let mut words = printable(name.unwrap_or("a site without a name")).into_owned();
    let paths: Vec<&str> =
        site.logs.iter().flat_map(|log| &log.paths).map(String::as_str).collect();
    words += &format!(" ({}, {} MB)", paths.join(", "), count(site.bytes().div_ceil(1 << 20)));
    if !site.shared_with.is_empty() {
        words += &format!(", shared with {}", site.shared_with.join(", "));
    }
    words
}

fn proposal_words(proposal: &Proposal) -> String {
    let terms = counted(proposal.terms as u64, "term");
    let (agents, people) = (proposal.requests.agents, proposal.requests.people);
    let examples: Vec<String> =
        proposal.examples.iter().map(|term| printable(term).into_owned()).collect();
    format!(
        "{}: {terms}, {} of agents and {} of people, such as {}",
        printable(&proposal.label),
        counted(agents, "request"),
        count(people),
        examples.join(", ")
    )
}

/// Writes what is known of the chosen site.
fn write_found(
    site: &FoundSite,
    sample: &Sample,
    proposals: &[Proposal],
    out: &mut impl Write,
) -> io::Result<()> {
    for (paths, _, name) in &sample.logs {
        let format = name.as_deref().unwrap_or("of an unknown format");
        writeln!(out, "log     {}: {format}", paths.join(", "))?;
    }
    let (agents, people) = (sample.requests.agents, sample.requests.people);
    let other = if sample.requests.total() == 0 { ", so nothing can be proposed" } else { "" };
    writeln!(
        out,
        "sample  {} of agents and {} of people{other}",
        counted(agents, "request"),
        count(people)
    )?;
    if !site.shared_with.is_empty() && !sample.has_hosts() {
        writeln!(
            out,
            "shared  {} writes to this log too, without its name",
            site.shared_with.join(", ")
        )?;
    }
    for (at, proposal) in proposals.iter().enumerate() {
        let head = if at == 0 { "pages " } else { "      " };
        writeln!(out, "{head}{:2} {}", at + 1, proposal_words(proposal))?;
    }
    Ok(())
}

/// Returns the text of the config after reading it as a run would. A sitemap that can't be read is left out.
fn checked_text(
    choices: &mut Choices<'_>,
    config: &Path,
    messages: Messages,
) -> anyhow::Result<String> {
    let folder = config.parent().unwrap_or(Path::new("")).to_owned();
    let load = |text: &str| -> anyhow::Result<Result<Settings, ConfigError>> {
        Ok(Settings::new(toml::from_str(text)?, folder.clone()))
    };
    let mut text = config_text(choices);
    let mut settings = load(&text)?;
    if let (Err(error), Some(Sitemap::File(_))) = (&settings, &choices.sitemap) {
        messages.note(&format!("the sitemap is left out: {error}"));
        choices.sitemap = None;
        text = config_text(choices);
        settings = load(&text)?;
    }
    settings?;
    Ok(text)
}

/// Writes what was chosen, and what the chosen rules leave.
fn write_taken(choices: &Choices<'_>, out: &mut impl Write) -> anyhow::Result<()> {
    const SHOWN: usize = 10;
    let name = choices.name().unwrap_or("this site");
    let url = choices.url().map(|url| format!(", {url}")).unwrap_or_default();
    writeln!(out, "site    {}{}, days of {}", printable(name), printable(&url), choices.zone)?;
    match &choices.sitemap {
        Some(Sitemap::File(path)) => writeln!(out, "sitemap {}", path.display())?,
        Some(Sitemap::Url(url)) => writeln!(out, "sitemap {} (fetch it first)", printable(url))?,
        None => {}
    }
    let rules: Vec<_> = choices.accepted.iter().map(|proposal| &proposal.rule).collect();
    let found = taken(choices.sample, &rules)?;
    let labels: Vec<&str> = choices.accepted.iter().map(|proposal| &*proposal.label).collect();
    let labels = if labels.is_empty() { "no pages are terms".into() } else { labels.join(", ") };
    writeln!(out, "terms   {}: {}", printable(&labels), counted(found.terms.len() as u64, "term"))?;
    if !found.left.is_empty() {
        let left = found.left.iter().take(SHOWN);
        let left = left
            .map(|(page, requests)| format!("{} ({})", printable(page), count(requests.total())));
        let left: Vec<String> = left.collect();
        let pages = counted(found.left.len() as u64, "page");
        writeln!(out, "no term {pages}: {}", left.join(", "))?;
    }
    Ok(())
}
