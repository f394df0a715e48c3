//! The engine of columns, which the log itself names: in W3C's `#Fields:`, or in a CSV file's first row.

use std::borrow::Cow;
use std::sync::Arc;

use jiff::tz::TimeZone;
use memchr::{memchr, memchr_iter, memmem};

use super::address::or_forwarded_ip;
use super::column_names::{csv_named, named};
use super::field::{Field, sane};
use super::header_name::is_of_header;
use super::record::{Encoding, Malformed, Record};
use super::request::{set_host, split_target};
use super::time::{any_time, parted_time};
use super::values::{Separator, Values};

const FIELDS: &[u8] = b"#Fields:";

/// The formats of columns.
pub(super) const PRESETS: &[ColumnsPreset] = &[
    // w3.org/TR/WD-logfile; learn.microsoft.com, W3C logging.
    ColumnsPreset { name: "w3c", notation: Notation::W3c, names: None },
    // docs.aws.amazon.com, CloudFront standard logs (v1): the columns of a file that lost its header.
    ColumnsPreset {
        name: "cloudfront",
        notation: Notation::W3c,
        names: Some(
            "date time x-edge-location sc-bytes c-ip cs-method cs(Host) cs-uri-stem sc-status \
             cs(Referer) cs(User-Agent) cs-uri-query cs(Cookie) x-edge-result-type x-edge-request-id \
             x-host-header cs-protocol cs-bytes time-taken x-forwarded-for",
        ),
    },
    // learn.microsoft.com: the columns of IIS 10 as it comes, where the header is lost.
    ColumnsPreset {
        name: "iis",
        notation: Notation::W3c,
        names: Some(
            "date time s-ip cs-method cs-uri-stem cs-uri-query s-port cs-username c-ip \
             cs(User-Agent) cs(Referer) sc-status sc-substatus sc-win32-status time-taken",
        ),
    },
    // RFC 4180, with a first row of names: cloud.google.com/storage/docs/access-logs, and exports of
    // databases and spreadsheets.
    ColumnsPreset { name: "csv", notation: Notation::Csv, names: None },
];

/// A format of columns.
#[derive(Debug)]
pub(super) struct ColumnsPreset {
    /// What config and `parse` call it.
    pub(super) name: &'static str,
    notation: Notation,
    /// The columns where the log declares none.
    names: Option<&'static str>,
}

/// How a log of columns is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Notation {
    /// Declared by `#Fields:`; parted by spaces, or by tabs.
    W3c,
    /// Declared by a row of names; parted by what that row is parted by.
    Csv,
}

/// A format of columns, ready to run.
#[derive(Clone, Debug)]
pub(super) struct ColumnsPlan {
    notation: Notation,
    /// The columns that are in force until the log declares some.
    first: Columns,
    /// For times that are local ones.
    zone: TimeZone,
    /// The header by which proxies pass on who asked, in lower case.
    header: Option<String>,
}

impl ColumnsPlan {
    pub(super) fn new(preset: &'static ColumnsPreset, zone: &TimeZone) -> ColumnsPlan {
        let first = preset.names.map(Columns::fields).unwrap_or_default();
        ColumnsPlan { notation: preset.notation, first, zone: zone.clone(), header: None }
    }

    /// The columns with names of the user's own, in a log that declares none.
    pub(super) fn of_names(names: &str, zone: &TimeZone) -> ColumnsPlan {
        let first = Columns::fields(names);
        ColumnsPlan { notation: Notation::W3c, first, zone: zone.clone(), header: None }
    }

    /// Takes the columns of a request's header for what proxies pass on.
    pub(super) fn take_header(&mut self, header: &str) {
        self.first = std::mem::take(&mut self.first).taking_header(header);
        self.header = Some(header.to_owned());
    }

    /// Columns that were just declared, with the header's among them.
    fn with_header(&self, columns: Columns) -> Columns {
        match &self.header {
            Some(header) => columns.taking_header(header),
            None => columns,
        }
    }

    /// Whether the columns are known without the log: those that the user named.
    pub(super) fn is_fixed(&self) -> bool {
        self.first != Columns::default()
    }

    /// The fields that the columns stand for, where they are known beforehand.
    pub(super) fn fields(&self) -> impl Iterator<Item = Field> {
        self.first.0.iter().flat_map(|layout| layout.columns.iter().flatten().copied())
    }

    /// The last declaration in some lines.
    pub(super) fn declared_in(&self, text: &[u8]) -> Option<Columns> {
        match self.notation {
            Notation::W3c => {
                // From the front, which is ten times as fast as from the back: each chunk is searched.
                let starts = memmem::find_iter(text, FIELDS);
                let at = starts.filter(|at| *at == 0 || text[at - 1] == b'\n').last()?;
                let end = memchr(b'\n', &text[at..]).map_or(text.len(), |end| at + end);
                let names = text[at..end].strip_prefix(FIELDS)?;
                let names = String::from_utf8_lossy(names);
                (!names.trim_ascii().is_empty()).then(|| Columns::fields(&names))
            }
            Notation::Csv => text.split(|byte| *byte == b'\n').rev().find_map(Columns::header),
        }
        .map(|columns| self.with_header(columns))
    }

    /// The columns with the names that [`Columns::names`] gave.
    pub(super) fn named(&self, names: &str) -> Columns {
        self.with_header(match self.notation {
            Notation::W3c => Columns::fields(names),
            Notation::Csv => Columns::header(names.as_bytes()).unwrap_or_default(),
        })
    }

    /// Whether a line declares columns without being a comment.
    pub(super) fn is_header(&self, line: &[u8]) -> bool {
        self.notation == Notation::Csv && Columns::header(line).is_some()
    }

    /// Reads one line by the columns in force: those that the log has declared, else the format's own.
    pub(super) fn read<'a>(
        &self,
        line: &'a [u8],
        declared: &Columns,
        record: &mut Record<'a>,
    ) -> Result<(), Malformed> {
        let layout = declared.0.as_ref().or(self.first.0.as_ref()).ok_or(Malformed::Shape)?;
        let by_header = layout.separator != Separator::Spaces;
        if by_header != (self.notation == Notation::Csv) {
            return Err(Malformed::Shape);
        }
        layout.read(line, &self.zone, record)
    }
}

/// The columns in force at some place of a log. Formats of other engines have none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Columns(Option<Arc<Layout>>);

#[derive(Debug, PartialEq, Eq)]
struct Layout {
    /// The names, as the log has them.
    names: String,
    columns: Vec<Option<Field>>,
    encoding: Encoding,
    separator: Separator,
    /// Whether the times are in the server's zone; else they are in UTC.
    is_local: bool,
}

impl Columns {
    /// The columns that W3C names, which spaces or tabs part, stand for.
    fn fields(names: &str) -> Columns {
        let columns = names.split_ascii_whitespace().map(named).collect();
        // Amazon's fields all encode with percent signs; the others' put `+` for a space.
        let amazon = names.contains("x-edge-");
        let encoding = if amazon { Encoding::Percent } else { Encoding::Plus };
        let (separator, is_local) = (Separator::Spaces, names.contains("time-local"));
        let names = names.trim_ascii().to_owned();
        Columns(Some(Arc::new(Layout { names, columns, encoding, separator, is_local })))
    }

    /// The columns that a CSV file's row of names declares; `None` if it is another row.
    fn header(line: &[u8]) -> Option<Columns> {
        let line = line.trim_ascii_end();
        // Rows begin with a time or an address, names with a letter.
        let first = line.strip_prefix(b"\"").unwrap_or(line).first()?;
        if !first.is_ascii_alphabetic() {
            return None;
        }
        let parts = |separator: &u8| memchr(*separator, line).is_some();
        let separator = [b',', b'\t', b';', b'|'].into_iter().find(parts)?;
        let names = String::from_utf8_lossy(line).into_owned();
        let values = Values::of(line, Separator::Byte(separator));
        let columns: Vec<Option<Field>> =
            values.map(|name| csv_named(&String::from_utf8_lossy(name))).collect();
        let has = |field| columns.contains(&Some(field));
        let sound = has(Field::Time) && (has(Field::Target) || has(Field::Request));
        let (encoding, separator) = (Encoding::Doubled, Separator::Byte(separator));
        let layout = Layout { names, columns, encoding, separator, is_local: true };
        sound.then(|| Columns(Some(Arc::new(layout))))
    }

    /// The same columns, of which those of a header say whom proxies were asked by.
    pub(super) fn taking_header(self, header: &str) -> Columns {
        let Some(layout) = self.0 else { return self };
        let mut columns = layout.columns.clone();
        for (name, column) in layout.names().iter().zip(&mut columns) {
            match column {
                _ if is_of_header(name, header) => *column = Some(Field::Forwarded),
                Some(Field::Forwarded) => *column = None,
                _ => {}
            }
        }
        let &Layout { encoding, separator, is_local, .. } = &*layout;
        let names = layout.names.clone();
        Columns(Some(Arc::new(Layout { names, columns, encoding, separator, is_local })))
    }

    /// The columns' names, where there are any: by [`ColumnsPlan::named`] they are had again.
    pub(super) fn names(&self) -> Option<&str> {
        self.0.as_ref().map(|layout| &*layout.names)
    }
}

impl Layout {
    /// The name of each column.
    fn names(&self) -> Vec<Cow<'_, str>> {
        match self.separator {
            Separator::Spaces => self.names.split_ascii_whitespace().map(Cow::from).collect(),
            separator => {
                Values::of(self.names.as_bytes(), separator).map(String::from_utf8_lossy).collect()
            }
        }
    }

    fn read<'a>(
        &self,
        line: &'a [u8],
        zone: &TimeZone,
        record: &mut Record<'a>,
    ) -> Result<(), Malformed> {
        let zone = if self.is_local { zone } else { &TimeZone::UTC };
        record.encoding = self.encoding;
        let (mut date, mut time, mut count) = (None, None, 0);
        let separator = match self.separator {
            Separator::Spaces if memchr(b'\t', line).is_some() => Separator::Byte(b'\t'),
            other => other,
        };
        let mut values = Values::of(line, separator);
        for column in &self.columns {
            let Some(value) = values.next() else { break };
            count += 1;
            match column {
                None => {}
                Some(Field::Date) => date = date.or(Some(value)),
                Some(Field::Time) => time = time.or(Some(value)),
                // CloudFront's cs(Host) is the distribution's own name, and x-host-header comes later.
                Some(Field::Host) if value != b"-" => {
                    record.host = None;
                    set_host(value, record);
                }
                Some(Field::Target) if value != b"-" => set_target(value, record),
                Some(field) => field.set(value, record)?,
            }
        }
        // Columns may be missing at the end, as where the line was cut off; one, and no more.
        if count + 1 < self.columns.len() || count < 3 {
            return Err(Malformed::Shape);
        }
        record.time = sane(match (date, time) {
            (Some(date), Some(time)) => parted_time(date, time, zone),
            (None, Some(time)) => any_time(time, zone),
            _ => None,
        })?;
        // Of what was cut off the end is missing, which alone can be believed.
        let is_cut = self.encoding == Encoding::Doubled && memchr_iter(b'"', line).count() % 2 == 1;
        record.forwarded = record.forwarded.filter(|_| !is_cut);
        or_forwarded_ip(record);
        Ok(())
    }
}

/// Takes a path, a URL, or a URL that lost its scheme.
fn set_target<'a>(value: &'a [u8], record: &mut Record<'a>) {
    if value.first() == Some(&b'/') {
        return split_target(value, record);
    }
    let slash = memchr(b'/', value).unwrap_or(0);
    let host = &value[..slash];
    if host.contains(&b'.') && !host.contains(&b':') {
        record.host = None;
        set_host(host, record);
        return split_target(&value[slash..], record);
    }
    split_target(value, record);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan(name: &str) -> ColumnsPlan {
        let preset = PRESETS.iter().find(|preset| preset.name == name).unwrap();
        ColumnsPlan::new(preset, &TimeZone::get("Europe/Rome").unwrap())
    }

    fn read<'a>(
        plan: &ColumnsPlan,
        line: &'a [u8],
        columns: &Columns,
    ) -> Result<Record<'a>, Malformed> {
        Record::filled(|record| plan.read(line, columns, record)).map(|(record, ())| record)
    }

    #[test]
    fn columns_in_any_order_and_the_last_declaration_counts() {
        let text = b"#Fields: time c-ip\n1 2\n#Fields: cs-method date time c-ip cs-uri-stem cs(User-Agent) sc-status\nx";
        let w3c = plan("w3c");
        let columns = w3c.declared_in(text).unwrap();
        let line = b"GET 2026-05-20 14:03:09.360 203.0.113.9 /a+b Mozilla/5.0+(compatible;++x) 200";
        let record = read(&w3c, line, &columns).unwrap();
        assert_eq!(record.time.to_string(), "2026-05-20T14:03:09.36Z");
        assert_eq!(record.path, Some(&b"/a+b"[..]));
        let user_agent = record.header(record.user_agent.unwrap());
        assert_eq!(&*user_agent, b"Mozilla/5.0 (compatible; +x)");
        assert_eq!(record.status, Some(200));
        assert_eq!(read(&w3c, b"GET 2026-05-20", &columns), Err(Malformed::Shape));
        assert_eq!(read(&w3c, line, &Columns::default()), Err(Malformed::Shape));
        assert_eq!(w3c.declared_in(b"#Fields: \n"), None);
        // Names parted by tabs, as a CSV file's may be.
        let columns = w3c.declared_in(b"#Fields:\tdate\ttime\tc-ip\tcs-uri-stem\n").unwrap();
        assert!(read(&w3c, b"2026-05-20\t14:03:09\t203.0.113.9\t/a", &columns).is_ok());
    }

    #[test]
    fn cloudfront_parts_by_tabs_and_encodes_twice() {
        let columns =
            Columns::fields("date time x-edge-location c-ip cs(Host) cs(User-Agent) x-host-header");
        let line = b"2026-05-20\t14:03:09\tFRA1\t203.0.113.9\td1.cloudfront.net\tGPTBot/1.2%2520(x)\tglossary.example";
        let record = read(&plan("w3c"), line, &columns).unwrap();
        assert_eq!(&*record.header(record.user_agent.unwrap()), b"GPTBot/1.2 (x)");
        assert_eq!(record.host, Some(&b"glossary.example"[..]));
    }

    #[test]
    fn local_times_have_the_servers_zone() {
        let columns = Columns::fields("date-local time-local cs-uri");
        let record =
            read(&plan("w3c"), b"2026-05-20 14:03:09 www.example.com/a?b", &columns).unwrap();
        assert_eq!(record.time.to_string(), "2026-05-20T12:03:09Z");
        assert_eq!(record.host, Some(&b"www.example.com"[..]));
        assert_eq!((record.path, record.query), (Some(&b"/a"[..]), Some(&b"b"[..])));
    }

    #[test]
    fn csv_has_its_names_in_a_row() {
        let csv = plan("csv");
        for (header, row) in [
            (
                "\"time_micros\",\"cs_uri\",\"cs_user_agent\"",
                "\"1779278589000000\",\"/a\",\"say \"\"hi\"\", x\"",
            ),
            ("timestamp;url;user_agent", "2026-05-20 14:03:09;/a;\"say \"\"hi\"\", x\""),
        ] {
            let columns = csv.declared_in(format!("{header}\r\n{row}\r\n").as_bytes()).unwrap();
            assert_eq!(csv.named(columns.names().unwrap()), columns);
            let record = read(&csv, row.as_bytes(), &columns).unwrap();
            assert_eq!(record.time.to_string(), "2026-05-20T12:03:09Z");
            assert_eq!(record.path, Some(&b"/a"[..]));
            assert_eq!(&*record.header(record.user_agent.unwrap()), b"say \"hi\", x");
        }
        for row in ["\"1779278589000000\",\"/a\"", "", "time,place", "a,b,c"] {
            assert!(Columns::header(row.as_bytes()).is_none(), "{row}");
        }
    }
}
