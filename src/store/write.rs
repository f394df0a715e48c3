//! Writes one stream's tally and its cursor, both or neither.

use std::collections::HashSet;

use rusqlite::{Connection, OptionalExtension, Row, Transaction, TransactionBehavior, params};

use crate::day::Day;
use crate::names::Names;
use crate::source::Cursor;
use crate::tally::{Coverage, Tally};

use super::Store;
use super::error::StoreError;
use super::ids::{CAME_FROM, Ids, REQUEST_TYPE, TERM, USER_AGENT, used};
use super::rows::{Kept, PingCells, ViewCells, write_pings, write_views};
use super::schema::NEW_STATE;
use super::sort::sort_by_spot;
use super::span::{SpanKey, of_spot, spot, start_of};

/// The texts behind the small numbers that a tally uses.
#[derive(Clone, Copy, Debug)]
pub struct Labels<'a> {
    /// Request types, by number.
    pub request_types: &'a [String],
    /// Where people come from, by number.
    pub came_from: &'a [String],
}

/// One step of reading a stream.
#[derive(Debug)]
pub struct Commit<'a> {
    /// What was counted, in any number of parts.
    pub tallies: Vec<Tally>,
    /// The texts behind its numbers.
    pub labels: Labels<'a>,
    /// The stored cursor that the step went on from; `None` for a new stream.
    pub previous: Option<i64>,
    /// Where the step stopped.
    pub cursor: &'a Cursor,
    /// The format that was found.
    pub format: Option<&'a str>,
    /// Where the stream was met.
    pub name: &'a str,
}

impl Store {
    /// Adds a tally and moves its stream's cursor, in one transaction. Returns the cursor's id.
    pub fn commit(&mut self, commit: Commit<'_>) -> Result<i64, StoreError> {
        let path = self.path.clone();
        let written = write(&mut self.connection, &mut self.known, commit);
        if written.is_err() {
            self.known = Known::default();
        }
        written.map_err(|error| StoreError::from(error).at(&path))
    }

    /// Notes that the DNS is asked for the names of addresses.
    pub fn note_names_asked(&mut self) -> Result<(), StoreError> {
        let note = "INSERT OR IGNORE INTO meta VALUES ('names_asked', 'yes')";
        let noted = self.connection.execute(note, []);
        noted.map(drop).map_err(|error| StoreError::from(error).at(self.path()))
    }

    /// Sets counts carried over from before there were logs: (term, family, pings), where a number
    /// replaces an earlier one for the same term and family. All or none are taken.
    pub fn carry(&mut self, rows: &[(String, String, u64)]) -> Result<(), StoreError> {
        let path = self.path.clone();
        carry(&mut self.connection, rows).map_err(|error| StoreError::from(error).at(&path))
    }
}

/// What is remembered of the store's ids from one step to the next.
#[derive(Debug)]
pub(super) struct Known {
    terms: Ids,
    user_agents: Ids,
    requests: Ids,
    came_from: Ids,
}

impl Default for Known {
    fn default() -> Known {
        Known {
            terms: Ids::new(TERM),
            user_agents: Ids::new(USER_AGENT),
            requests: Ids::new(REQUEST_TYPE),
            came_from: Ids::new(CAME_FROM),
        }
    }
}

fn write(
    connection: &mut Connection,
    known: &mut Known,
    mut commit: Commit<'_>,
) -> rusqlite::Result<i64> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let labels = |ids: &mut Ids, texts: &[String]| {
        ids.of(&transaction, texts.iter().map(|text| Some(&**text)))
    };
    let requests = labels(&mut known.requests, commit.labels.request_types)?;
    let came_from = labels(&mut known.came_from, commit.labels.came_from)?;
    let begun = begun_spans(&transaction)?;
    let mut rows = Rows::default();
    // Each gives back its memory before the rows are sorted.
    for tally in std::mem::take(&mut commit.tallies) {
        let (pings, views) = (&tally.counts.pings, &tally.counts.views);
        let terms = pings.iter().map(|(key, _)| key.term);
        let terms = terms.chain(views.iter().map(|(key, _)| key.term));
        let user_agents = pings.iter().map(|(key, _)| key.user_agent);
        let (terms, user_agents) =
            (used(&tally.terms, terms), used(&tally.user_agents, user_agents));
        let ids = StepIds {
            terms: &known.terms.of(&transaction, terms)?,
            user_agents: &known.user_agents.of(&transaction, user_agents)?,
            requests: &requests,
            came_from: &came_from,
        };
        write_coverage(&transaction, &tally)?;
        rows.add(tally, &ids);
    }
    write_spans(&transaction, rows, &begun)?;
    let id = write_cursor(&transaction, &commit)?;
    transaction.execute_batch(NEW_STATE)?;
    transaction.commit()?;
    Ok(id)
}

/// What stands in a tally under its own numbers stands in the store under ids.
struct StepIds<'i> {
    terms: &'i [i64],
    user_agents: &'i [i64],
    requests: &'i [i64],
    came_from: &'i [i64],
}

/// What a step adds to spans, each row with the number of its span: in one piece of memory, and not in one for each
/// of thousands.
#[derive(Default)]
struct Rows {
    pings: Vec<PingRow>,
    views: Vec<ViewRow>,
}

/// A row of pings, with what it is sorted by in two numbers: sorting is comparing and moving rows.
#[derive(Clone, Copy)]
struct PingRow {
    /// The number of its span and its place there.
    spot: i64,
    /// Its user agent, request type, trust and status together.
    what: u64,
    count: i64,
    bytes: i64,
    /// In seconds since its day began in UTC.
    first: i32,
}

/// How many bits of what a row of pings is about are its status and its trust; then comes the request type, and the
/// rest is its user agent.
const STATUS_BITS: u32 = 4;
const TRUST_BITS: u32 = 4;

/// A row of views: its span's number and its place there as one, where people came from, and how many.
type ViewRow = [i64; 3];

/// What stands in a span, in the order in which it is kept.
trait InSpan<const N: usize> {
    /// The span's number and the place there.
    fn spot(&self) -> (i64, i64);

    /// The row as it is kept.
    fn cells(&self) -> [i64; N];
}

impl InSpan<8> for PingRow {
    fn spot(&self) -> (i64, i64) {
        of_spot(self.spot)
    }

    fn cells(&self) -> PingCells {
        let &PingRow { what, count, bytes, first, .. } = self;
        let mut rest = what;
        let mut take = |bits: u32| {
            let cell = (rest & ((1 << bits) - 1)).cast_signed();
            rest >>= bits;
            cell
        };
        let (status, trust, request) =
            (take(STATUS_BITS), take(TRUST_BITS), take(REQUEST_TYPE.id_bits));
        let place = self.spot().1;
        [place, rest.cast_signed(), request, trust, status, count, bytes, i64::from(first)]
    }
}

impl InSpan<3> for ViewRow {
    fn spot(&self) -> (i64, i64) {
        of_spot(self[0])
    }

    fn cells(&self) -> ViewCells {
        [self.spot().1, self[1], self[2]]
    }
}

impl Rows {
    fn add(&mut self, mut tally: Tally, ids: &StepIds<'_>) {
        self.pings.extend(tally.counts.pings.drain().map(|(key, sum)| {
            let (span, place) = SpanKey::of(ids.terms[key.term as usize], key.day);
            let first = sum.first.saturating_sub(start_of(key.day));
            let cells = [
                (ids.requests[usize::from(key.request)], REQUEST_TYPE.id_bits),
                (key.trust as i64, TRUST_BITS),
                (key.status as i64, STATUS_BITS),
            ];
            let user_agent = ids.user_agents[key.user_agent as usize].cast_unsigned();
            PingRow {
                spot: spot(span, place),
                what: cells
                    .iter()
                    .fold(user_agent, |what, (cell, bits)| what << bits | cell.cast_unsigned()),
                first: first.clamp(i32::MIN.into(), i32::MAX.into()) as i32, // No day is longer than two.
                count: integer(sum.count),
                bytes: integer(sum.bytes),
            }
        }));
        self.views.extend(tally.counts.views.drain().map(|(key, count)| {
            let (span, place) = SpanKey::of(ids.terms[key.term as usize], key.day);
            let came_from = ids.came_from[usize::from(key.came_from)];
            [spot(span, place), came_from, integer(count)]
        }));
    }

    /// Puts the rows in the order in which the store keeps them.
    fn sort(&mut self) {
        // Compared as one number, which needs no branch.
        let key = |row: &PingRow| u128::from(row.spot.cast_unsigned()) << 64 | u128::from(row.what);
        sort_by_spot(&mut self.pings, |row| row.spot, key);
        sort_by_spot(&mut self.views, |row| row[0], |row| *row);
    }
}

/// The rows of a span at the start of those of many, which then begin behind them.
fn take_span<'r, const N: usize, R: InSpan<N>>(
    rows: &mut &'r [R],
    span: i64,
) -> impl Iterator<Item = [i64; N]> + Clone + use<'r, N, R> {
    let count = rows.iter().take_while(|row| row.spot().0 == span).count();
    let (taken, rest) = rows.split_at(count);
    *rows = rest;
    taken.iter().map(InSpan::cells)
}

/// The days of the spans that may be kept: only of days that were covered is there anything.
fn begun_spans(transaction: &Transaction<'_>) -> rusqlite::Result<HashSet<i64>> {
    let mut covered = transaction.prepare_cached("SELECT day FROM coverage")?;
    let days = |row: &Row<'_>| {
        let day = Day::from_number(row.get(0)?);
        Ok(SpanKey::of(0, day).0.days())
    };
    covered.query_map([], days)?.collect()
}

/// Adds rows to the spans that are kept, each read and written once; what has not `begun` need not be read.
fn write_spans(
    transaction: &Transaction<'_>,
    mut rows: Rows,
    begun: &HashSet<i64>,
) -> rusqlite::Result<()> {
    let mut find = transaction.prepare_cached("SELECT pings, views FROM spans WHERE key = ?1")?;
    let mut put = transaction.prepare_cached("INSERT OR REPLACE INTO spans VALUES (?1, ?2, ?3)")?;
    // Should a span be kept whose days are not covered, nothing is lost: it is read after all.
    let mut add = transaction.prepare_cached("INSERT OR IGNORE INTO spans VALUES (?1, ?2, ?3)")?;
    rows.sort();
    let (mut pings, mut views) = (&rows.pings[..], &rows.views[..]);
    let (texts, none) = (&mut [const { String::new() }; 2], [Kept::NOTHING; 2]);
    loop {
        let next = [pings.first().map(InSpan::spot), views.first().map(InSpan::spot)];
        let Some((span, _)) = next.into_iter().flatten().min() else { return Ok(()) };
        let (pings, views) = (take_span(&mut pings, span), take_span(&mut views, span));
        let merge = |[kept_pings, kept_views]: [Kept<'_>; 2], texts: &mut [String; 2]| {
            write_pings(kept_pings, pings.clone(), &mut texts[0])?;
            write_views(kept_views, views.clone(), &mut texts[1])
        };
        if !begun.contains(&SpanKey::of_number(span).days()) {
            merge(none, texts)?;
            if add.execute(params![span, texts[0], texts[1]])? == 1 {
                continue;
            }
        }
        let found =
            find.query_row([span], |row| merge([Kept::of(row, 0)?, Kept::of(row, 1)?], texts));
        if found.optional()?.is_none() {
            merge(none, texts)?;
        }
        put.execute(params![span, texts[0], texts[1]])?;
    }
}

fn write_coverage(transaction: &Transaction<'_>, tally: &Tally) -> rusqlite::Result<()> {
    let mut add = transaction.prepare_cached(
        "INSERT INTO coverage VALUES (?1, ?2, ?3, ?4)
         ON CONFLICT DO UPDATE SET lines = lines + excluded.lines, people = people + excluded.people,
             agents = agents + excluded.agents",
    )?;
    for &(day, Coverage { lines, people, agents }) in tally.counts.coverage.iter() {
        add.execute(params![day.number(), integer(lines), integer(people), integer(agents)])?;
    }
    Ok(())
}

/// Hashes are stored as the same 64 bits, signed.
fn write_cursor(transaction: &Transaction<'_>, commit: &Commit<'_>) -> rusqlite::Result<i64> {
    let Commit { previous, format, name, .. } = commit;
    let Cursor { head_len, head_hash, offset, tail_hash, line_hashes, marks } = commit.cursor;
    let marks = marks.iter().flat_map(|mark| [mark.offset, mark.tail_hash]);
    let marks: Vec<u8> = marks.flat_map(u64::to_le_bytes).collect();
    let lines: Vec<u8> = line_hashes.iter().flat_map(|hash| hash.to_le_bytes()).collect();
    let (head, tail) = (head_hash.cast_signed(), tail_hash.cast_signed());
    let mut put = transaction.prepare_cached(
        "INSERT OR REPLACE INTO cursor VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
    )?;
    let offset = integer(*offset);
    put.insert(params![
        previous,
        integer(*head_len),
        head,
        offset,
        tail,
        lines,
        marks,
        format,
        name
    ])
}

fn carry(connection: &mut Connection, rows: &[(String, String, u64)]) -> rusqlite::Result<()> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let mut names = Names::default();
    let numbers: Vec<u32> = rows.iter().map(|(term, ..)| names.number(term)).collect();
    let terms = Ids::new(TERM).of(&transaction, names.iter().map(Some))?;
    for (number, (_, family, pings)) in numbers.iter().zip(rows) {
        let mut put =
            transaction.prepare_cached("INSERT OR REPLACE INTO carried VALUES (?1, ?2, ?3)")?;
        put.execute(params![terms[*number as usize], family, integer(*pings)])?;
    }
    transaction.execute_batch(NEW_STATE)?;
    transaction.commit()
}

/// SQLite's integers are signed. No count comes near the limit.
fn integer(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}
