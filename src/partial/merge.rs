//! Merges partials, batches and stores into a store, each once.

use std::collections::HashSet;
use std::path::Path;
use std::time::Duration;

use crate::day::Day;
use crate::pages::StatusClass;
use crate::store::{
    Acquaintance, CountingRules, CoverageRow, Merge, NamedFailure, NamedHour, NamedPing, NamedView,
    Store,
};
use crate::trust::Trust;

use super::about::difference;
use super::batch::MergeInput;
use super::error::PartialError;
use super::merge_store::add_store;
use super::merged::Merged;
use super::read::{IntegerColumn, PartialFile, RowGroup};
use super::scanned::PartialSource;
use super::schema::RowKind;

/// The options of a merge.
#[derive(Clone, Copy, Debug)]
pub struct MergeOptions<'m> {
    /// The store that they are merged into.
    pub into: &'m Path,
    /// The day on which new sources are found.
    pub today: Day,
    /// False if nothing is to be written.
    pub is_kept: bool,
    /// The time zone and the rules that the inputs must have, if they are known: those of the config.
    pub counting: Option<(&'m str, &'m CountingRules)>,
    /// The longest wait while another process writes to the store.
    pub wait: Duration,
}

/// Merges an input into a store, all of it or nothing. The store is created if there is none.
pub fn merge(input: &MergeInput, options: &MergeOptions<'_>) -> Result<Merged, PartialError> {
    match input {
        MergeInput::Files { name, files } => {
            let files: Vec<PartialFile> =
                files.iter().map(|path| PartialFile::open(path)).collect::<Result<_, _>>()?;
            let Some(first) = files.first() else {
                return Err(PartialError::NothingThere(name.into()));
            };
            let rules = first.about.rules.clone();
            for file in &files {
                let name = file.path.display().to_string();
                check_same(&name, &file.about.timezone, &first.about.timezone)?;
                check_rules(&name, &file.about.rules, &rules)?;
            }
            let mut store = open(name, &first.about.timezone, options)?;
            let _lock = store.lock(options.wait)?;
            let new_rules = new_rules(&store, name, Some(rules), options)?;
            store.merge(options.today, options.is_kept, |merge| {
                new_rules.iter().try_for_each(|rules| merge.set_counting_rules(rules))?;
                add_files(merge, name, &files)
            })
        }
        MergeInput::Store(path) => {
            let other = Store::open_in_any_zone(path)?;
            let name = input.name();
            let mut store = open(&name, other.timezone(), options)?;
            let _lock = store.lock(options.wait)?;
            let new_rules = new_rules(&store, &name, other.counting_rules()?, options)?;
            let (mine, theirs) = (store.pruned_to()?, other.pruned_to()?);
            if let Some(pruned_to) = theirs.or(mine)
                && mine != theirs
                && !store.coverage()?.is_empty()
            {
                return Err(PartialError::Pruned { name, pruned_to });
            }
            store.merge(options.today, options.is_kept, |merge| {
                new_rules.iter().try_for_each(|rules| merge.set_counting_rules(rules))?;
                add_store(merge, &name, &other)
            })
        }
    }
}

/// Opens the store that is merged into. Fails if its days are in another time zone.
fn open(name: &str, timezone: &str, options: &MergeOptions<'_>) -> Result<Store, PartialError> {
    if let Some((zone, _)) = options.counting {
        check_same(name, timezone, zone)?;
    }
    if options.into.exists() {
        check_same(name, timezone, Store::open_in_any_zone(options.into)?.timezone())?;
    }
    Ok(Store::open_or_create(options.into, timezone)?)
}

fn check_same(name: &str, found: &str, stored: &str) -> Result<(), PartialError> {
    match found == stored {
        true => Ok(()),
        false => Err(PartialError::Timezone {
            name: name.into(),
            found: found.into(),
            stored: stored.into(),
        }),
    }
}

fn check_rules(
    name: &str,
    rules: &CountingRules,
    stored: &CountingRules,
) -> Result<(), PartialError> {
    match difference(rules, stored) {
        Some(difference) => Err(PartialError::Rules { name: name.into(), difference }),
        None => Ok(()),
    }
}

/// Compares the counting rules of an input with those of the store. Returns them if the store has none.
fn new_rules(
    store: &Store,
    name: &str,
    rules: Option<CountingRules>,
    options: &MergeOptions<'_>,
) -> Result<Option<CountingRules>, PartialError> {
    if let (Some(rules), Some((_, own))) = (&rules, options.counting) {
        check_rules(name, rules, own)?;
    }
    match (rules, store.counting_rules()?) {
        (Some(rules), Some(stored)) => check_rules(name, &rules, &stored).map(|()| None),
        (rules, _) => Ok(rules),
    }
}

/// Adds the sources and facts of the files of a batch.
fn add_files(
    merge: &mut Merge<'_>,
    name: &str,
    files: &[PartialFile],
) -> Result<Merged, PartialError> {
    let mut merged = Merged::default();
    let mut in_part = Vec::new();
    // Of each file, the numbers of the sources whose facts are added.
    let mut added: Vec<HashSet<i64>> = Vec::new();
    for file in files {
        let mut of_file = HashSet::new();
        merge.begin_file(file.is_scan);
        file.each_source(|number, source| {
            let PartialSource { cursor, anchors, figures } = source;
            if !figures.is_balanced() {
                return Err(file.value_error("lines", &figures.lines.to_string()));
            }
            match merge.add_source(&cursor, &anchors)? {
                Acquaintance::New => {
                    of_file.insert(number);
                    merged.added += 1;
                    merged.figures += &figures;
                }
                Acquaintance::Known(_) => merged.known.push(cursor.name),
                Acquaintance::InPart(of) => in_part.push(format!("{} ({of})", cursor.name)),
            }
            Ok(())
        })?;
        added.push(of_file);
    }
    if !in_part.is_empty() {
        return Err(PartialError::InPart { name: name.into(), sources: in_part });
    }
    let mut adding = Adding { merge, name, merged, sums: FactSums::default() };
    for kinds in
        [&[RowKind::Coverage][..], &[RowKind::Ping, RowKind::View, RowKind::Failure, RowKind::Hour]]
    {
        for (file, added) in files.iter().zip(&added) {
            file.each_group(kinds, |kind, rows| adding.add(kind, rows, added))?;
        }
    }
    let Adding { merged, sums, .. } = adding;
    for (what, counted, told) in [
        ("records", sums.records, merged.figures.records()),
        ("views", sums.views, merged.figures.views),
        ("requests of agents", sums.requests, sums.agents),
    ] {
        if counted != told {
            return Err(PartialError::Incomplete { name: name.into(), what, counted, told });
        }
    }
    Ok(merged)
}

/// The sums of the facts, which show whether any are missing.
#[derive(Default)]
struct FactSums {
    /// The records of the days.
    records: u64,
    /// The requests of agents of the days.
    agents: u64,
    /// The requests of agents with a user agent.
    requests: u64,
    views: u64,
}

/// Facts that are being added.
struct Adding<'a, 's> {
    merge: &'a mut Merge<'s>,
    name: &'a str,
    merged: Merged,
    sums: FactSums,
}

impl Adding<'_, '_> {
    /// Adds the rows of one kind that belong to sources which are `added`.
    fn add(
        &mut self,
        kind: RowKind,
        rows: &RowGroup<'_>,
        added: &HashSet<i64>,
    ) -> Result<(), PartialError> {
        let source = rows.integers("source")?;
        let mut numbers = Vec::new();
        for at in rows.numbers() {
            let is_added = match source.get(at) {
                Some(number) => added.contains(&number),
                None => self.adds_all()?,
            };
            if is_added {
                numbers.push(at);
            }
        }
        self.merged.rows += numbers.len() as u64;
        match kind {
            RowKind::Source => Ok(()),
            RowKind::Coverage => self.add_coverage(rows, &numbers),
            RowKind::Ping => self.add_pings(rows, &numbers),
            RowKind::View => self.add_views(rows, &numbers),
            RowKind::Failure => self.add_failures(rows, &numbers),
            RowKind::Hour => self.add_hours(rows, &numbers),
        }
    }

    /// Returns whether facts of all sources together are added. Fails if only some of the sources are new.
    fn adds_all(&self) -> Result<bool, PartialError> {
        match (self.merged.added, self.merged.known.len()) {
            (0, _) => Ok(false),
            (_, 0) => Ok(true),
            _ => Err(PartialError::Mixed {
                name: self.name.into(),
                sources: self.merged.known.clone(),
            }),
        }
    }

    fn add_coverage(&mut self, rows: &RowGroup<'_>, numbers: &[usize]) -> Result<(), PartialError> {
        let days = rows.days()?;
        let (lines, people, agents) =
            (rows.integers("lines")?, rows.integers("people")?, rows.integers("agents")?);
        let mut facts = Vec::with_capacity(numbers.len());
        for &at in numbers {
            let row = CoverageRow {
                day: day(rows, &days, at)?,
                lines: lines.count(at)?,
                people: people.count(at)?,
                agents: agents.count(at)?,
            };
            self.sums.records = self.sums.records.saturating_add(row.lines);
            self.sums.agents = self.sums.agents.saturating_add(row.agents);
            facts.push(row);
        }
        Ok(self.merge.add_coverage(&facts)?)
    }

    fn add_pings(&mut self, rows: &RowGroup<'_>, numbers: &[usize]) -> Result<(), PartialError> {
        let days = rows.days()?;
        let (term, user_agent, request) =
            (rows.texts("term")?, rows.texts("user_agent")?, rows.texts("request")?);
        let (trust, status) = (rows.texts("trust")?, rows.texts("status")?);
        let (requests, bytes, first_seen) =
            (rows.integers("requests")?, rows.integers("bytes")?, rows.integers("first_seen")?);
        let mut facts = Vec::with_capacity(numbers.len());
        for &at in numbers {
            let (trust, status) = (trust.get(at), status.get(at));
            let found = Trust::ALL.into_iter().find(|known| known.name() == trust);
            let trust = found.ok_or_else(|| rows.file.value_error("trust", trust))?;
            let found = StatusClass::ALL.into_iter().find(|known| known.name() == status);
            let status = found.ok_or_else(|| rows.file.value_error("status", status))?;
            let ping = NamedPing {
                day: day(rows, &days, at)?,
                term: term.get(at),
                user_agent: user_agent.get(at),
                request: request.get(at),
                trust,
                status,
                requests: requests.count(at)?,
                bytes: bytes.size(at)?,
                first_seen: first_seen.small(at)?,
            };
            if !ping.user_agent.is_empty() {
                self.sums.requests = self.sums.requests.saturating_add(ping.requests);
            }
            facts.push(ping);
        }
        Ok(self.merge.add_pings(&facts)?)
    }

    fn add_views(&mut self, rows: &RowGroup<'_>, numbers: &[usize]) -> Result<(), PartialError> {
        let (days, requests) = (rows.days()?, rows.integers("requests")?);
        let (term, came_from) = (rows.texts("term")?, rows.texts("came_from")?);
        let mut facts = Vec::with_capacity(numbers.len());
        for &at in numbers {
            let (term, came_from) = (term.get(at), came_from.get(at));
            let views = requests.count(at)?;
            self.sums.views = self.sums.views.saturating_add(views);
            facts.push(NamedView { day: day(rows, &days, at)?, term, came_from, views });
        }
        Ok(self.merge.add_views(&facts)?)
    }

    fn add_failures(&mut self, rows: &RowGroup<'_>, numbers: &[usize]) -> Result<(), PartialError> {
        let (days, requests) = (rows.days()?, rows.integers("requests")?);
        let (path, user_agent, code) =
            (rows.texts("path")?, rows.texts("user_agent")?, rows.integers("code")?);
        let mut facts = Vec::with_capacity(numbers.len());
        for &at in numbers {
            facts.push(NamedFailure {
                day: day(rows, &days, at)?,
                path: path.get(at),
                user_agent: user_agent.get(at),
                code: code.small(at)?,
                requests: requests.count(at)?,
            });
        }
        Ok(self.merge.add_failures(&facts)?)
    }

    fn add_hours(&mut self, rows: &RowGroup<'_>, numbers: &[usize]) -> Result<(), PartialError> {
        let (days, requests) = (rows.days()?, rows.integers("requests")?);
        let (hour, user_agent) = (rows.integers("hour")?, rows.texts("user_agent")?);
        let mut facts = Vec::with_capacity(numbers.len());
        for &at in numbers {
            let hour: u8 = hour.small(at)?;
            if hour > 23 {
                return Err(rows.file.value_error("hour", &hour.to_string()));
            }
            facts.push(NamedHour {
                day: day(rows, &days, at)?,
                hour,
                user_agent: user_agent.get(at),
                requests: requests.count(at)?,
            });
        }
        Ok(self.merge.add_hours(&facts)?)
    }
}

fn day(rows: &RowGroup<'_>, days: &IntegerColumn, at: usize) -> Result<Day, PartialError> {
    let number = days.get(at).and_then(|number| i32::try_from(number).ok());
    number.map(Day::from_number).ok_or_else(|| rows.file.value_error("day", ""))
}
