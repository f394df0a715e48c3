//! Lists the agents that can be named, and the bots that can not.

use std::io::Write;

use serde::Serialize;

use crate::agents::{Agent, Purpose, UnlistedIp};
use crate::config::Settings;
use crate::day::Day;
use crate::render::{Align, count, json_line, printable, table};
use crate::report::unknown_agents;
use crate::store::Store;

use super::args::{AgentsArgs, ListFormat};
use super::exit::ExitStatus;

#[derive(Serialize)]
struct AgentRow<'a> {
    agent: &'a str,
    family: &'a str,
    operator: &'a str,
    purpose: Purpose,
    tokens: &'a [String],
    contacts: &'a [String],
    docs: Option<&'a str>,
    robots: &'a str,
    ip_list: Option<&'a str>,
    reverse_dns: &'a [String],
    unlisted_ip: UnlistedIp,
    own: bool,
}

/// Lists the agents that can be named, the config's own first.
pub(super) fn agents(
    settings: &Settings,
    args: &AgentsArgs,
    out: &mut impl Write,
) -> anyhow::Result<ExitStatus> {
    let agents = settings.rules.namer.catalogue().agents();
    match args.format {
        ListFormat::Json => {
            for agent in agents {
                out.write_all(&json_line(&row(agent)))?;
            }
        }
        ListFormat::Text => {
            let head = ["AGENT", "FAMILY", "PURPOSE", "OPERATOR", "TOKENS"].map(str::to_owned);
            let mut rows = vec![head.to_vec()];
            rows.extend(agents.iter().map(|agent| {
                let entry = &agent.entry;
                let (name, family) = (entry.name.clone(), agent.family().to_owned());
                let (purpose, operator) = (entry.purpose.to_string(), entry.operator.clone());
                vec![
                    name,
                    family,
                    purpose,
                    operator,
                    [&entry.tokens[..], &entry.contacts[..]].concat().join(", "),
                ]
            }));
            out.write_all(table(&[Align::Left; 5], &rows).as_bytes())?;
        }
    }
    Ok(ExitStatus::Success)
}

/// Ranks the bots in the store that are in no catalogue entry.
pub(super) fn unknown(
    settings: &Settings,
    args: &AgentsArgs,
    today: Day,
    out: &mut impl Write,
) -> anyhow::Result<ExitStatus> {
    let store = Store::open_read_only(&settings.store_path(), &settings.config.site.timezone)?;
    let query = settings.query(today, settings.reports().days);
    let agents = unknown_agents(&store, &settings.rules, &query)?;
    match args.format {
        ListFormat::Json => {
            for agent in &agents {
                out.write_all(&json_line(agent))?;
            }
        }
        ListFormat::Text => {
            let head = ["PINGS", "REQUESTS", "FIRST", "LAST", "RULE", "USER AGENT"];
            let mut rows = vec![head.map(str::to_owned).to_vec()];
            rows.extend(agents.iter().map(|agent| {
                let (pings, requests) = (count(agent.pings), count(agent.requests));
                let (first, last) = (agent.first_day.to_string(), agent.last_day.to_string());
                let (rule, user_agent) = (printable(&agent.rule), printable(&agent.user_agent));
                vec![pings, requests, first, last, rule.into(), user_agent.into()]
            }));
            let (right, left) = (Align::Right, Align::Left);
            out.write_all(table(&[right, right, left, left, left, left], &rows).as_bytes())?;
        }
    }
    Ok(ExitStatus::Success)
}

fn row(agent: &Agent) -> AgentRow<'_> {
    let entry = &agent.entry;
    AgentRow {
        agent: &entry.name,
        family: agent.family(),
        operator: &entry.operator,
        purpose: entry.purpose,
        tokens: &entry.tokens,
        contacts: &entry.contacts,
        docs: entry.docs.as_deref(),
        robots: entry.robots_token(),
        ip_list: entry.ip_list.as_deref(),
        reverse_dns: &entry.reverse_dns,
        unlisted_ip: entry.unlisted_ip,
        own: agent.own,
    }
}
