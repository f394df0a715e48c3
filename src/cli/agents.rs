//! `agents`: the catalogue.

use std::io::Write;

use serde::Serialize;

use crate::classify::{Agent, Purpose};
use crate::config::Settings;
use crate::render::{Align, json_line, table};

use super::Ending;
use super::args::{Agents, ListForm};

#[derive(Serialize)]
struct Row<'a> {
    agent: &'a str,
    family: &'a str,
    operator: &'a str,
    purpose: Purpose,
    tokens: &'a [String],
    docs: Option<&'a str>,
    ip_list: Option<&'a str>,
    reverse_dns: &'a [String],
    own: bool,
}

/// Lists the agents that can be named: the user's own first.
pub(super) fn agents(
    settings: &Settings,
    args: &Agents,
    out: &mut impl Write,
) -> anyhow::Result<Ending> {
    let agents = settings.rules.namer.catalogue().agents();
    match args.format {
        ListForm::Json => {
            for agent in agents {
                out.write_all(&json_line(&row(agent)))?;
            }
        }
        ListForm::Text => {
            let head = ["AGENT", "FAMILY", "PURPOSE", "OPERATOR", "TOKENS"].map(str::to_owned);
            let mut rows = vec![head.to_vec()];
            rows.extend(agents.iter().map(|agent| {
                let entry = &agent.entry;
                let (name, family) = (entry.name.clone(), agent.family().to_owned());
                let (purpose, operator) = (entry.purpose.to_string(), entry.operator.clone());
                vec![name, family, purpose, operator, entry.tokens.join(", ")]
            }));
            out.write_all(table(&[Align::Left; 5], &rows).as_bytes())?;
        }
    }
    Ok(Ending::Done)
}

fn row(agent: &Agent) -> Row<'_> {
    let entry = &agent.entry;
    Row {
        agent: &entry.name,
        family: agent.family(),
        operator: &entry.operator,
        purpose: entry.purpose,
        tokens: &entry.tokens,
        docs: entry.docs.as_deref(),
        ip_list: entry.ip_list.as_deref(),
        reverse_dns: &entry.reverse_dns,
        own: agent.own,
    }
}
