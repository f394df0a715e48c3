//! The bots that match no catalogue entry, with what names them.

use crate::agents::{Kind, NamedBy};
use crate::report::{Block, Cell, DataTable, Document};

use super::facts::SiteView;

/// The most user agents that are listed, and those that are in the lines to copy.
const ROWS_MAX: usize = 200;
const SNIPPET_ROWS: usize = 5;

/// Returns the page of unknown agents.
pub fn unknown(view: &SiteView<'_>) -> Document {
    let mut page = view.page("Unknown agents", "", view.all_time());
    page.blocks.push(Block::Note(
        "These user agents declare themselves automated and match no entry of the catalogue. \
         Name them in the config, and the whole history is renamed with the next report."
            .into(),
    ));
    let columns = [
        "user_agent:User agent",
        "rule:Recognised by",
        "pings:Pings",
        "requests:Requests",
        "first_day:First",
        "last_day:Last",
    ];
    let mut table = DataTable::new("unknown", "User agents, all time", &columns);
    let mut tokens: Vec<(String, String)> = Vec::new();
    for sum in &view.facts.user_agents {
        let text = view.user_agents.get(&sum.id).map_or("", |text| text);
        let verdict = view.rules.namer.name(text);
        if verdict.source != NamedBy::Declared || verdict.kind != Kind::Agent {
            continue;
        }
        let rule = verdict.rule.into_owned();
        // The name that it gives itself can be a token, if it is long enough for one.
        let name = verdict.agent.filter(|name| name.len() >= 4 && text.contains(*name));
        let is_new = |name: &&str| !tokens.iter().any(|(known, _)| known == name);
        if let Some(name) = name.filter(is_new).filter(|_| tokens.len() < SNIPPET_ROWS) {
            tokens.push((name.to_owned(), text.to_owned()));
        }
        table.rows.push(vec![
            Cell::name(text),
            Cell::name(&rule),
            Cell::Count(sum.pings),
            Cell::Count(sum.requests),
            Cell::Day(sum.first_day),
            Cell::Day(sum.last_day),
        ]);
    }
    table.show_at_most(ROWS_MAX);
    page.blocks.push(Block::Table(table));
    if !tokens.is_empty() {
        let entries: Vec<String> =
            tokens.iter().map(|(token, sample)| entry(token, sample)).collect();
        let text = entries.join("\n");
        page.blocks.push(Block::Snippet { title: "How to name them (config.toml)", text });
    }
    page
}

/// Returns a config section that names an agent.
fn entry(token: &str, sample: &str) -> String {
    let quoted = |text: &str| toml::Value::String(text.to_owned()).to_string();
    format!(
        "[[agents]]\nname = {name}\npurpose = \"other\"\ntokens = [{name}]\nsamples = [{sample}]\n",
        name = quoted(token),
        sample = quoted(sample)
    )
}
