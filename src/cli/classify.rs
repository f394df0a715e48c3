//! `classify`: who a user agent belongs to.

use std::borrow::Cow;
use std::io::{self, BufRead, Write};
use std::net::IpAddr;

use serde::Serialize;

use crate::classify::{
    Agent, AgentEntry, Judgement, Kind, Lists, Namer, Outside, Purpose, Told, Trust, Verdict,
};
use crate::config::Settings;
use crate::day::Day;
use crate::dns::Resolver;
use crate::render::{json_line, plain};
use crate::store::Store;

use super::Ending;
use super::args::{Classify, ListForm};
use super::runtime::{resolver, runtime};
use super::talk::Talk;

/// A user agent, and who it belongs to.
#[derive(Serialize)]
struct Classified<'a> {
    user_agent: &'a str,
    #[serde(flatten)]
    verdict: Verdict<'a>,
    docs: Option<&'a str>,
    /// Other agents whose tokens stand in it.
    also: Vec<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    trust: Option<Spoken>,
}

/// Whether an address may speak for an agent, and why.
#[derive(Serialize)]
struct Spoken {
    trust: Trust,
    why: String,
}

/// How to answer.
struct Desk<'s> {
    namer: &'s Namer,
    lists: Lists,
    resolver: Option<Resolver>,
    ip: Option<IpAddr>,
    day: Day,
    form: ListForm,
}

/// Tells of each user agent that was typed, or of each line of standard input, in order.
pub(super) fn classify(
    settings: &Settings,
    args: &Classify,
    today: Day,
    talk: &Talk,
    out: &mut impl Write,
) -> anyhow::Result<Ending> {
    let mut lists = settings.rules.lists.clone();
    if args.ip.is_some() && settings.store_path().exists() {
        let store = Store::open(&settings.store_path(), &settings.config.site.timezone)?;
        store.add_ip_lists_to(&mut lists)?;
    }
    let namer = &settings.rules.namer;
    let asks = args.ip.is_some() && settings.resolver.is_some();
    let runtime = asks.then(runtime).transpose()?;
    let resolver = runtime.as_ref().and_then(|runtime| resolver(settings, runtime, talk));
    if resolver.is_some() {
        lists.ask_names(namer.catalogue());
    }
    let desk = Desk { namer, lists, resolver, ip: args.ip, day: today, form: args.format };
    for user_agent in &args.user_agents {
        if user_agent == "-" {
            desk.answer_lines(out)?;
        } else {
            desk.answer(user_agent, out)?;
        }
    }
    Ok(Ending::Done)
}

impl Desk<'_> {
    fn answer_lines(&self, out: &mut impl Write) -> anyhow::Result<()> {
        let mut input = io::stdin().lock();
        let mut line = Vec::new();
        while input.read_until(b'\n', &mut line)? > 0 {
            let text: Cow<'_, str> = String::from_utf8_lossy(&line);
            self.answer(text.trim_end_matches(['\r', '\n']), out)?;
            line.clear();
        }
        Ok(())
    }

    fn answer(&self, user_agent: &str, out: &mut impl Write) -> anyhow::Result<()> {
        let verdict = self.namer.name(user_agent);
        let trust = self.ip.map(|ip| self.spoken(verdict.entry, ip));
        let docs = verdict.entry.and_then(|agent| agent.entry.docs.as_deref());
        let also = self.namer.also(user_agent, &verdict);
        match self.form {
            ListForm::Json => {
                let classified = Classified { user_agent, verdict, docs, also, trust };
                out.write_all(&json_line(&classified))?;
            }
            ListForm::Text => {
                writeln!(out, "{}\n  {}", plain(user_agent), words(&verdict))?;
                if !also.is_empty() {
                    writeln!(out, "  also in it: {}", also.join(", "))?;
                }
                if let Some(docs) = docs {
                    writeln!(out, "  {docs}")?;
                }
                if let Some(Spoken { trust, why }) = trust {
                    writeln!(out, "  {trust}: {why}")?;
                }
            }
        }
        Ok(())
    }

    /// Whether the address may speak for the agent.
    fn spoken(&self, agent: Option<&Agent>, ip: IpAddr) -> Spoken {
        let Some(agent) = agent else {
            let why = "it is no agent of the catalogue".into();
            return Spoken { trust: Trust::Unverifiable, why };
        };
        let Judgement { trust, list, question } = self.lists.judge(agent, ip, self.day);
        let by_list = why_by_list(agent, ip, trust, list, &self.lists);
        let asked = question.as_ref().zip(self.resolver.as_ref());
        let (trust, by_name) = match asked {
            Some((question, resolver)) => {
                let told = resolver.answer(question);
                (question.trust(told, trust), Some(why_by_name(agent, ip, told)))
            }
            None if by_list.is_none() && self.lists.is_passed_on(ip) => {
                (trust, Some(format!("{ip} is no visitor's own address")))
            }
            None => (trust, why_not_by_name(agent, trust)),
        };
        let why: Vec<String> = by_list.into_iter().chain(by_name).collect();
        let why = if why.is_empty() { NOTHING_PUBLISHED.into() } else { why.join("; ") };
        Spoken { trust, why }
    }
}

/// What the DNS says of an address.
fn why_by_name(agent: &Agent, ip: IpAddr, told: Told) -> String {
    let domains = agent.entry.reverse_dns.join(", ");
    match told {
        Told::Yes => format!("{ip} has a name below {domains}, which has this address"),
        Told::No => format!("{ip} has no name below {domains} that has this address"),
        Told::Nothing => format!("the DNS gave no answer for {ip}"),
    }
}

/// What the DNS might have said, where it was not asked.
fn why_not_by_name(agent: &Agent, trust: Trust) -> Option<String> {
    let domains = agent.entry.reverse_dns.join(", ");
    let may_tell = trust != Trust::Verified && !domains.is_empty();
    may_tell.then(|| format!("its addresses have names below {domains}, which were not asked for"))
}

/// What is said where an operator documents nothing of its addresses.
const NOTHING_PUBLISHED: &str = "its operator publishes no addresses";

/// What an agent's list says of an address, where it has one.
fn why_by_list(
    agent: &Agent,
    ip: IpAddr,
    trust: Trust,
    from: Option<Day>,
    lists: &Lists,
) -> Option<String> {
    let AgentEntry { ip_list, outside, .. } = &agent.entry;
    let url = ip_list.as_deref()?;
    Some(match from {
        Some(day) if trust == Trust::Verified => format!("{ip} is in {url} of {day}"),
        Some(day) if *outside == Outside::Unknown => {
            format!("{ip} is not in {url} of {day}, but it also runs at other addresses")
        }
        Some(day) => format!("{ip} is not in {url} of {day}"),
        None if lists.is_passed_on(ip) => {
            format!("{ip} is no visitor's own address, so {url} says nothing of it")
        }
        None => format!("{url} has not been fetched: run `guestbook agents refresh`"),
    })
}

fn words(verdict: &Verdict<'_>) -> String {
    let rule = plain(&verdict.rule);
    let Verdict { kind, agent, family, operator, purpose, .. } = verdict;
    match (kind, agent, family) {
        (Kind::Agent, Some(agent), Some(family)) => {
            let of = operator.map(|operator| format!(" of {operator}")).unwrap_or_default();
            let told = purpose.filter(|purpose| *purpose != Purpose::Other);
            let purpose = told.map(|purpose| format!(", {purpose}")).unwrap_or_default();
            let agent = plain(agent);
            let family =
                if agent == *family { String::new() } else { format!(", family {family}") };
            format!("{agent}{of}{family}{purpose}: {rule}")
        }
        (Kind::Empty, ..) => "empty".into(),
        _ => format!("a person: {rule}"),
    }
}
