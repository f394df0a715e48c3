//! `classify`: who a user agent belongs to.

use std::borrow::Cow;
use std::io::{self, BufRead, Write};
use std::net::IpAddr;

use serde::Serialize;

use crate::classify::{Agent, AgentEntry, Kind, Lists, Namer, Outside, Purpose, Trust, Verdict};
use crate::config::Settings;
use crate::day::Day;
use crate::render::{json_line, plain};
use crate::store::Store;

use super::Ending;
use super::args::{Classify, ListForm};

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
    ip: Option<IpAddr>,
    day: Day,
    form: ListForm,
}

/// Tells of each user agent that was typed, or of each line of standard input, in order.
pub(super) fn classify(
    settings: &Settings,
    args: &Classify,
    today: Day,
    out: &mut impl Write,
) -> anyhow::Result<Ending> {
    let mut lists = settings.rules.lists.clone();
    if args.ip.is_some() && settings.store_path().exists() {
        let store = Store::open(&settings.store_path(), &settings.config.site.timezone)?;
        store.add_ip_lists_to(&mut lists)?;
    }
    let namer = &settings.rules.namer;
    let desk = Desk { namer, lists, ip: args.ip, day: today, form: args.format };
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
        let also = self.namer.also(user_agent, verdict.agent);
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
        let (trust, list) = self.lists.judge(agent, ip, self.day);
        let AgentEntry { ip_list, reverse_dns, outside, .. } = &agent.entry;
        let why = match (trust, list, ip_list) {
            (Trust::Verified, Some(day), Some(url)) => format!("{ip} is in {url} of {day}"),
            (Trust::Impostor, Some(day), Some(url)) => format!("{ip} is not in {url} of {day}"),
            (_, Some(day), Some(url)) if *outside == Outside::Unknown => {
                format!("{ip} is not in {url} of {day}, but it also runs at other addresses")
            }
            (_, None, Some(url)) if self.lists.is_passed_on(ip) => {
                format!("{ip} is no visitor's own address, so {url} says nothing of it")
            }
            (_, None, Some(url)) => {
                format!("{url} has not been fetched: run `guestbook agents refresh`")
            }
            _ if !reverse_dns.is_empty() => {
                format!(
                    "its addresses have names below {}, which were not asked for",
                    reverse_dns.join(", ")
                )
            }
            _ => "its operator publishes no addresses".into(),
        };
        Spoken { trust, why }
    }
}

fn words(verdict: &Verdict<'_>) -> String {
    let rule = plain(&verdict.rule);
    let Verdict { kind, agent, family, operator, purpose, .. } = verdict;
    match (kind, agent, family) {
        (Kind::Agent, Some(agent), Some(family)) => {
            let of = operator.map(|operator| format!(" of {operator}")).unwrap_or_default();
            let told = purpose.filter(|purpose| *purpose != Purpose::Other);
            let purpose = told.map(|purpose| format!(", {purpose}")).unwrap_or_default();
            let family = if agent == family { String::new() } else { format!(", family {family}") };
            format!("{agent}{of}{family}{purpose}: {rule}")
        }
        (Kind::Empty, ..) => "empty".into(),
        _ => format!("a person: {rule}"),
    }
}
