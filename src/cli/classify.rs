//! Prints which agent a user agent belongs to.

use std::io::{self, BufRead, Write};
use std::net::IpAddr;

use serde::Serialize;

use crate::agents::{Kind, Namer, Purpose, Verdict};
use crate::config::Settings;
use crate::day::Day;
use crate::render::{json_line, printable};
use crate::store::Store;
use crate::trust::{Explanation, Lists, Resolver, explain};

use super::args::{ClassifyArgs, ListFormat};
use super::exit::ExitStatus;
use super::messages::Messages;
use super::runtime;

/// A user agent, with who it belongs to.
#[derive(Serialize)]
struct Classified<'a> {
    user_agent: &'a str,
    #[serde(flatten)]
    verdict: Verdict<'a>,
    docs: Option<&'a str>,
    /// Other agents whose tokens it contains.
    also: Vec<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    trust: Option<Explanation>,
}

/// The catalogue, the lists and the options by which user agents are classified.
struct ClassifyContext<'s> {
    namer: &'s Namer,
    lists: Lists,
    resolver: Option<Resolver>,
    ip: Option<IpAddr>,
    day: Day,
    format: ListFormat,
}

/// Classifies each user agent that was given, or each line of standard input, in order.
pub(super) fn classify(
    settings: &Settings,
    args: &ClassifyArgs,
    today: Day,
    messages: Messages,
    out: &mut impl Write,
) -> anyhow::Result<ExitStatus> {
    let mut lists = settings.rules.lists.clone();
    if args.ip.is_some() && settings.store_path().exists() {
        let store = Store::open_read_only(&settings.store_path(), &settings.config.site.timezone)?;
        lists.add(store.ip_lists()?);
    }
    let namer = &settings.rules.namer;
    let asks_dns = args.ip.is_some() && settings.resolver.is_some();
    let runtime = asks_dns.then(runtime::start).transpose()?;
    let resolver =
        runtime.as_ref().and_then(|runtime| runtime::resolver(settings, runtime, messages));
    if resolver.is_some() {
        lists.enable_reverse_dns(namer.catalogue());
    }
    let (ip, format) = (args.ip, args.format);
    let context = ClassifyContext { namer, lists, resolver, ip, day: today, format };
    for user_agent in &args.user_agents {
        if user_agent == "-" {
            context.write_lines(out)?;
        } else {
            context.write(user_agent, out)?;
        }
    }
    Ok(ExitStatus::Success)
}

impl ClassifyContext<'_> {
    fn write_lines(&self, out: &mut impl Write) -> anyhow::Result<()> {
        let mut input = io::stdin().lock();
        let mut line = Vec::new();
        while input.read_until(b'\n', &mut line)? > 0 {
            let text = String::from_utf8_lossy(&line);
            self.write(text.trim_end_matches(['\r', '\n']), out)?;
            line.clear();
        }
        Ok(())
    }

    fn write(&self, user_agent: &str, out: &mut impl Write) -> anyhow::Result<()> {
        let verdict = self.namer.name(user_agent);
        let trust = self
            .ip
            .map(|ip| explain(&self.lists, self.resolver.as_ref(), verdict.entry, ip, self.day));
        let docs = verdict.entry.and_then(|agent| agent.entry.docs.as_deref());
        let also = self.namer.other_agents(user_agent, &verdict);
        match self.format {
            ListFormat::Json => {
                let classified = Classified { user_agent, verdict, docs, also, trust };
                out.write_all(&json_line(&classified))?;
            }
            ListFormat::Text => {
                writeln!(out, "{}\n  {}", printable(user_agent), words(&verdict))?;
                if !also.is_empty() {
                    writeln!(out, "  also in it: {}", also.join(", "))?;
                }
                if let Some(docs) = docs {
                    writeln!(out, "  {docs}")?;
                }
                if let Some(Explanation { trust, why }) = trust {
                    writeln!(out, "  {trust}: {why}")?;
                }
            }
        }
        Ok(())
    }
}

/// Returns a verdict in words.
fn words(verdict: &Verdict<'_>) -> String {
    let rule = printable(&verdict.rule);
    let Verdict { kind, agent, family, operator, purpose, .. } = verdict;
    match (kind, agent, family) {
        (Kind::Agent, Some(agent), Some(family)) => {
            let of = operator.map(|operator| format!(" of {operator}")).unwrap_or_default();
            let known = purpose.filter(|purpose| *purpose != Purpose::Other);
            let purpose = known.map(|purpose| format!(", {purpose}")).unwrap_or_default();
            let agent = printable(agent);
            let family =
                if agent == *family { String::new() } else { format!(", family {family}") };
            format!("{agent}{of}{family}{purpose}: {rule}")
        }
        (Kind::Empty, ..) => "empty".into(),
        _ => format!("a person: {rule}"),
    }
}
