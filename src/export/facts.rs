//! Reads the rows of a table, with names in place of numbers.

use crate::agents::Namer;
use crate::interner::Map;
use crate::store::{Carried, CoverageRow, PingRow, Store, StoreError, ViewRow};

use super::columns::{Column, ColumnData, column};
use super::table::FactTable;

/// A table of facts, which is read one day at a time.
pub(super) struct Facts<'s> {
    store: &'s Store,
    table: FactTable,
    coverage: Vec<CoverageRow>,
    terms: Map<i64, String>,
    agents: Map<i64, AgentNames>,
    request_types: Map<i64, String>,
    came_from: Map<i64, String>,
}

struct AgentNames {
    user_agent: String,
    agent: String,
    family: String,
    operator: String,
    purpose: String,
}

impl<'s> Facts<'s> {
    /// Reads the names behind the numbers of a table.
    pub(super) fn read(
        store: &'s Store,
        namer: &Namer,
        table: FactTable,
    ) -> Result<Facts<'s>, StoreError> {
        let user_agents = match table {
            FactTable::Pings => store.user_agents()?,
            FactTable::Views | FactTable::Coverage | FactTable::Carried => Vec::new(),
        };
        Ok(Facts {
            store,
            table,
            coverage: store.coverage()?,
            terms: store.terms()?.into_iter().collect(),
            agents: user_agents
                .into_iter()
                .map(|(id, text)| (id, agent_names(namer, text)))
                .collect(),
            request_types: store.request_types()?.into_iter().collect(),
            came_from: store.came_from()?.into_iter().collect(),
        })
    }

    /// Calls `each` with the parts of the table in order. The first part has no rows, only the columns' names.
    pub(super) fn each_part<E: From<StoreError>>(
        &self,
        mut each: impl FnMut(&[Column<'_>]) -> Result<(), E>,
    ) -> Result<(), E> {
        let days = || self.coverage.iter().map(|row| row.day..row.day.plus(1));
        match self.table {
            FactTable::Pings => {
                each(&self.pings(&[]))?;
                for day in days() {
                    let mut rows = Vec::new();
                    self.store.each_ping_in(day, |row| rows.push(row))?;
                    each(&self.pings(&rows))?;
                }
            }
            FactTable::Views => {
                each(&self.views(&[]))?;
                for day in days() {
                    let mut rows = Vec::new();
                    self.store.each_view_in(day, |row| rows.push(row))?;
                    each(&self.views(&rows))?;
                }
            }
            FactTable::Coverage => {
                each(&coverage(&[]))?;
                each(&coverage(&self.coverage))?;
            }
            FactTable::Carried => {
                each(&self.carried(&[]))?;
                each(&self.carried(&self.store.carried()?))?;
            }
        }
        Ok(())
    }

    fn pings(&self, rows: &[PingRow]) -> Vec<Column<'_>> {
        vec![
            column("date", rows, |row| row.day, ColumnData::Day),
            column("term", rows, |row| text(&self.terms, row.term), ColumnData::Text),
            column("agent", rows, |row| self.agent(row, |names| &names.agent), ColumnData::Text),
            column("family", rows, |row| self.agent(row, |names| &names.family), ColumnData::Text),
            column(
                "operator",
                rows,
                |row| self.agent(row, |names| &names.operator),
                ColumnData::Text,
            ),
            column(
                "purpose",
                rows,
                |row| self.agent(row, |names| &names.purpose),
                ColumnData::Text,
            ),
            column("request", rows, |row| text(&self.request_types, row.request), ColumnData::Text),
            column("trust", rows, |row| row.trust.name(), ColumnData::Text),
            column("status", rows, |row| row.status.name(), ColumnData::Text),
            column("requests", rows, |row| row.requests, ColumnData::Count),
            column("bytes", rows, |row| row.bytes, ColumnData::Count),
            column("first_seen", rows, |row| row.first_seen, ColumnData::Time),
            column(
                "user_agent",
                rows,
                |row| self.agent(row, |names| &names.user_agent),
                ColumnData::Text,
            ),
        ]
    }

    fn agent(&self, row: &PingRow, name: fn(&AgentNames) -> &str) -> &str {
        self.agents.get(&row.user_agent).map_or("", name)
    }

    fn views(&self, rows: &[ViewRow]) -> Vec<Column<'_>> {
        vec![
            column("date", rows, |row| row.day, ColumnData::Day),
            column("term", rows, |row| text(&self.terms, row.term), ColumnData::Text),
            column("came_from", rows, |row| text(&self.came_from, row.came_from), ColumnData::Text),
            column("views", rows, |row| row.views, ColumnData::Count),
        ]
    }

    fn carried<'f>(&'f self, rows: &'f [Carried]) -> Vec<Column<'f>> {
        vec![
            column("term", rows, |row| text(&self.terms, row.term), ColumnData::Text),
            column("family", rows, |row| &*row.family, ColumnData::Text),
            column("pings", rows, |row| row.pings, ColumnData::Count),
        ]
    }
}

fn coverage(rows: &[CoverageRow]) -> Vec<Column<'static>> {
    vec![
        column("date", rows, |row| row.day, ColumnData::Day),
        column("lines", rows, |row| row.lines, ColumnData::Count),
        column("people", rows, |row| row.people, ColumnData::Count),
        column("agents", rows, |row| row.agents, ColumnData::Count),
    ]
}

fn text(names: &Map<i64, String>, id: i64) -> &str {
    names.get(&id).map(String::as_str).unwrap_or_default()
}

fn agent_names(namer: &Namer, user_agent: String) -> AgentNames {
    let verdict = namer.name(&user_agent);
    let owned = |text: Option<&str>| text.unwrap_or_default().to_owned();
    let (agent, family, operator) =
        (owned(verdict.agent), owned(verdict.family), owned(verdict.operator));
    let purpose = verdict.purpose.map(|purpose| purpose.to_string()).unwrap_or_default();
    AgentNames { user_agent, agent, family, operator, purpose }
}
