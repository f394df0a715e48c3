//! The engine for logs that name their columns, in a W3C `#Fields:` line or in the header row of a CSV file.

use std::borrow::Cow;
use std::sync::Arc;

use jiff::tz::TimeZone;
use memchr::{memchr, memchr_iter, memmem};

use crate::format::preset::{ColumnNotation, ColumnsPreset};
use crate::format::record::{
    Encoding, Field, Malformed, Record, any_time, date_and_time, fall_back_to_forwarded_ip,
    is_plain_ip, may_be_address, sane_time, set_host,
};

use super::column_checks::{may_be_status, set_target};
use super::column_names::{csv_field, named};
use super::column_values::{Separator, Values};
use super::forwarded_header::{dashed, is_of_header};

const FIELDS: &[u8] = b"#Fields:";

/// A format of columns, prepared for reading lines.
#[derive(Clone, Debug)]
pub(crate) struct ColumnsPlan {
    notation: ColumnNotation,
    /// The columns that apply until the log declares its own.
    initial: Columns,
    /// The time zone of local times.
    zone: TimeZone,
    /// The request header in which proxies forward the visitor's address, in lower case with dashes.
    header: Option<String>,
    /// True if the log has no columns beside the initial ones.
    is_whole: bool,
}

impl ColumnsPlan {
    pub(crate) fn new(preset: &'static ColumnsPreset, zone: &TimeZone) -> ColumnsPlan {
        let initial = preset.names.map(Columns::from_fields_line).unwrap_or_default();
        let (notation, zone) = (preset.notation, zone.clone());
        ColumnsPlan { notation, initial, zone, header: None, is_whole: false }
    }

    /// Returns a plan for columns that the user named, for logs that don't declare them.
    pub(crate) fn of_names(names: &str, zone: &TimeZone) -> ColumnsPlan {
        let initial = Columns::from_fields_line(names);
        let (notation, zone) = (ColumnNotation::W3c, zone.clone());
        ColumnsPlan { notation, initial, zone, header: None, is_whole: true }
    }

    /// Reads the forwarded addresses from the columns of the request header `header`.
    pub(crate) fn set_forwarded_header(&mut self, header: &str) {
        self.initial = std::mem::take(&mut self.initial).with_forwarded(header);
        self.header = Some(header.to_owned());
    }

    pub(crate) fn set_zone(&mut self, zone: &TimeZone) {
        self.zone = zone.clone();
    }

    /// Marks the columns of the forwarded addresses in newly declared columns.
    fn with_header(&self, columns: Columns) -> Columns {
        match &self.header {
            Some(header) => columns.with_forwarded(header),
            None => columns,
        }
    }

    /// Returns whether the columns are known in advance, because the user or the preset has named them.
    pub(crate) fn is_fixed(&self) -> bool {
        self.initial != Columns::default()
    }

    /// Returns the fields of the columns that are known in advance.
    pub(crate) fn fields(&self) -> impl Iterator<Item = Field> {
        self.initial.0.iter().flat_map(|layout| layout.columns.iter().flatten().copied())
    }

    /// Returns the columns of the last declaration in some lines.
    pub(crate) fn declared_in(&self, text: &[u8]) -> Option<Columns> {
        match self.notation {
            ColumnNotation::W3c => {
                // A forward search is ten times as fast as a reverse one, and every chunk is searched.
                let starts = memmem::find_iter(text, FIELDS);
                let at = starts.filter(|at| *at == 0 || text[at - 1] == b'\n').last()?;
                let end = memchr(b'\n', &text[at..]).map_or(text.len(), |end| at + end);
                let names = text[at..end].strip_prefix(FIELDS)?;
                let names = String::from_utf8_lossy(names);
                (!names.trim_ascii().is_empty()).then(|| Columns::from_fields_line(&names))
            }
            ColumnNotation::Csv => {
                text.split(|byte| *byte == b'\n').rev().find_map(Columns::from_header_row)
            }
        }
        .map(|columns| self.with_header(columns))
    }

    /// Returns the columns with names as returned by [`Columns::names`].
    pub(crate) fn named(&self, names: &str) -> Columns {
        self.with_header(match self.notation {
            ColumnNotation::W3c => Columns::from_fields_line(names),
            ColumnNotation::Csv => Columns::from_header_row(names.as_bytes()).unwrap_or_default(),
        })
    }

    /// Returns whether a line is a CSV header row.
    pub(crate) fn is_header(&self, line: &[u8]) -> bool {
        self.notation == ColumnNotation::Csv && Columns::from_header_row(line).is_some()
    }

    /// Returns the value of a field in a line.
    pub(crate) fn value<'a>(
        &self,
        line: &'a [u8],
        declared: &Columns,
        field: Field,
    ) -> Option<&'a [u8]> {
        let layout = declared.0.as_ref().or(self.initial.0.as_ref())?;
        let at = layout.columns.iter().position(|column| *column == Some(field))?;
        Values::of(line, layout.separator).nth(at)
    }

    /// Reads one line by the columns that the log has declared, or else by the initial ones.
    pub(crate) fn read<'a>(
        &self,
        line: &'a [u8],
        declared: &Columns,
        record: &mut Record<'a>,
    ) -> Result<(), Malformed> {
        let layout = declared.0.as_ref().or(self.initial.0.as_ref()).ok_or(Malformed::Shape)?;
        let is_csv = layout.separator != Separator::Spaces;
        if is_csv != (self.notation == ColumnNotation::Csv) {
            return Err(Malformed::Shape);
        }
        let is_whole = self.is_whole || declared.0.is_some();
        layout.read(line, is_whole, &self.zone, record)
    }
}

/// The columns that apply at some offset of a log. Empty for formats of other engines.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Columns(Option<Arc<ColumnLayout>>);

#[derive(Debug, PartialEq, Eq)]
struct ColumnLayout {
    /// The names as written in the log.
    names: String,
    columns: Vec<Option<Field>>,
    encoding: Encoding,
    separator: Separator,
    /// True if times are in the server's time zone instead of UTC.
    is_local: bool,
}

impl Columns {
    /// Parses the names of a `#Fields:` line, which are separated by spaces or tabs.
    fn from_fields_line(names: &str) -> Columns {
        let columns = names.split_ascii_whitespace().map(named).collect();
        // Amazon percent-encodes all fields. Other servers write `+` for a space.
        let is_amazon = names.contains("x-edge-");
        let encoding = if is_amazon { Encoding::Percent } else { Encoding::Plus };
        let (separator, is_local) = (Separator::Spaces, names.contains("time-local"));
        let names = names.trim_ascii().to_owned();
        Columns(Some(Arc::new(ColumnLayout { names, columns, encoding, separator, is_local })))
    }

    /// Parses the header row of a CSV file. Returns `None` for any other row.
    fn from_header_row(line: &[u8]) -> Option<Columns> {
        let line = line.trim_ascii_end();
        // Names start with a letter, or as in Kibana's exports with @ or _; other rows with a time or an address.
        let first = line.strip_prefix(b"\"").unwrap_or(line).first()?;
        if !first.is_ascii_alphabetic() && !matches!(first, b'@' | b'_') {
            return None;
        }
        let is_present = |separator: &u8| memchr(*separator, line).is_some();
        let separator = [b',', b'\t', b';', b'|'].into_iter().find(is_present)?;
        let names = String::from_utf8_lossy(line).into_owned();
        let values = Values::of(line, Separator::Byte(separator));
        let columns: Vec<Option<Field>> =
            values.map(|name| csv_field(&String::from_utf8_lossy(name))).collect();
        let has = |field| columns.contains(&Some(field));
        let is_header = has(Field::Time) && (has(Field::Target) || has(Field::Request));
        let (encoding, separator) = (Encoding::Doubled, Separator::Byte(separator));
        let layout = ColumnLayout { names, columns, encoding, separator, is_local: true };
        is_header.then(|| Columns(Some(Arc::new(layout))))
    }

    /// Marks the columns of the request header in which proxies forward the visitor's address.
    #[must_use]
    pub fn with_header(self, header: &str) -> Columns {
        self.with_forwarded(&dashed(header))
    }

    fn with_forwarded(self, header: &str) -> Columns {
        let Some(layout) = self.0 else { return self };
        let mut columns = layout.columns.clone();
        for (name, column) in layout.names().iter().zip(&mut columns) {
            match column {
                _ if is_of_header(name, header) => *column = Some(Field::Forwarded),
                Some(Field::Forwarded) => *column = None,
                _ => {}
            }
        }
        let &ColumnLayout { encoding, separator, is_local, .. } = &*layout;
        let names = layout.names.clone();
        Columns(Some(Arc::new(ColumnLayout { names, columns, encoding, separator, is_local })))
    }

    /// Returns the columns' names, from which [`ColumnsPlan::named`] restores them, if there are any.
    pub(crate) fn names(&self) -> Option<&str> {
        self.0.as_ref().map(|layout| &*layout.names)
    }
}

impl ColumnLayout {
    /// Returns the name of each column.
    fn names(&self) -> Vec<Cow<'_, str>> {
        match self.separator {
            Separator::Spaces => self.names.split_ascii_whitespace().map(Cow::from).collect(),
            separator => {
                Values::of(self.names.as_bytes(), separator).map(String::from_utf8_lossy).collect()
            }
        }
    }

    /// Reads a line. `is_whole` means that the log has no columns beside these.
    fn read<'a>(
        &self,
        line: &'a [u8],
        is_whole: bool,
        zone: &TimeZone,
        record: &mut Record<'a>,
    ) -> Result<(), Malformed> {
        let is_csv = self.separator != Separator::Spaces;
        // A line with tabs is split only at tabs.
        let separator = match self.separator {
            Separator::Spaces if memchr(b'\t', line).is_some() => Separator::Byte(b'\t'),
            other => other,
        };
        let mut values = Values::of(line, separator);
        let read = self.read_values(values.by_ref(), zone, record);
        // Additional values may only be empty, as at the end of a CSV row.
        if is_whole && !values.is_at_end() && values.any(|value| !is_csv || !value.is_empty()) {
            *record = Record::default();
            let values = Values::of(line, separator).collect();
            let repaired = self.with_spaces_in_query(line, values).ok_or(Malformed::Shape)?;
            self.read_values(&mut repaired.into_iter(), zone, record)?;
        } else {
            read?;
        }
        // A list that was cut off has lost its end, the only part that a visitor can't forge.
        let is_cut = self.encoding == Encoding::Doubled && memchr_iter(b'"', line).count() % 2 == 1;
        record.forwarded = record.forwarded.filter(|_| !is_cut);
        fall_back_to_forwarded_ip(record);
        Ok(())
    }

    /// Reads one value for each column.
    #[inline(always)]
    fn read_values<'a>(
        &self,
        values: &mut impl Iterator<Item = &'a [u8]>,
        zone: &TimeZone,
        record: &mut Record<'a>,
    ) -> Result<(), Malformed> {
        let zone = if self.is_local { zone } else { &TimeZone::UTC };
        let is_csv = self.separator != Separator::Spaces;
        record.encoding = self.encoding;
        let (mut date, mut time, mut count) = (None, None, 0);
        for column in &self.columns {
            let Some(value) = values.next() else { break };
            count += 1;
            match column {
                None => {}
                Some(Field::Date) => date = date.or(Some(value)),
                Some(Field::Time) => time = time.or(Some(value)),
                // CloudFront's cs(Host) is the distribution's name. The requested host follows in x-host-header.
                Some(Field::Host) if value != b"-" => {
                    record.host = None;
                    set_host(value, record);
                }
                Some(Field::Target) if value != b"-" => set_target(value, record),
                // A line with a value too many or too few has others in the columns of address and status.
                Some(Field::Ip) if !is_csv && !is_plain_ip(value) && !may_be_address(value) => {
                    return Err(Malformed::Shape);
                }
                Some(Field::Status) if !is_csv && !may_be_status(value) => {
                    return Err(Malformed::Status);
                }
                Some(field) => field.set(value, record)?,
            }
        }
        // At most one column may be missing at the end, as in a line that was cut off.
        if count + 1 < self.columns.len() || count < 3 {
            return Err(Malformed::Shape);
        }
        record.time = sane_time(match (date, time) {
            (Some(date), Some(time)) => date_and_time(date, time, zone),
            (None, Some(time)) => any_time(time, zone),
            _ => Err(Malformed::Time),
        })?;
        Ok(())
    }

    /// Returns one value for each column of a line with too many: the query has spaces, which the server does not escape.
    fn with_spaces_in_query<'a>(
        &self,
        line: &'a [u8],
        mut values: Vec<&'a [u8]>,
    ) -> Option<Vec<&'a [u8]>> {
        let query = self.columns.iter().position(|column| *column == Some(Field::Query))?;
        let additional = values.len().checked_sub(self.columns.len())?;
        let offset = |value: &[u8]| (value.as_ptr() as usize).checked_sub(line.as_ptr() as usize);
        let last = values.get(query + additional)?;
        let (start, end) = (offset(values.get(query)?)?, offset(last)? + last.len());
        values.splice(query..=query + additional, [line.get(start..end)?]);
        Some(values)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan(name: &str) -> ColumnsPlan {
        let preset =
            crate::format::preset::COLUMNS.iter().find(|preset| preset.name == name).unwrap();
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
    fn columns_may_have_any_order_and_the_last_declaration_applies() {
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
        // Names may be separated by tabs, as in a CSV file.
        let columns = w3c.declared_in(b"#Fields:\tdate\ttime\tc-ip\tcs-uri-stem\n").unwrap();
        assert!(read(&w3c, b"2026-05-20\t14:03:09\t203.0.113.9\t/a", &columns).is_ok());
    }

    #[test]
    fn cloudfront_separates_by_tabs_and_encodes_twice() {
        let columns = Columns::from_fields_line(
            "date time x-edge-location c-ip cs(Host) cs(User-Agent) x-host-header",
        );
        let line = b"2026-05-20\t14:03:09\tFRA1\t203.0.113.9\td1.cloudfront.net\tGPTBot/1.2%2520(x)\tglossary.example";
        let record = read(&plan("w3c"), line, &columns).unwrap();
        assert_eq!(&*record.header(record.user_agent.unwrap()), b"GPTBot/1.2 (x)");
        assert_eq!(record.host, Some(&b"glossary.example"[..]));
    }

    #[test]
    fn local_times_are_in_the_time_zone_of_the_server() {
        let columns = Columns::from_fields_line("date-local time-local cs-uri");
        let record =
            read(&plan("w3c"), b"2026-05-20 14:03:09 www.example.com/a?b", &columns).unwrap();
        assert_eq!(record.time.to_string(), "2026-05-20T12:03:09Z");
        assert_eq!(record.host, Some(&b"www.example.com"[..]));
        assert_eq!((record.path, record.query), (Some(&b"/a"[..]), Some(&b"b"[..])));
    }

    #[test]
    fn csv_names_are_read_from_the_header_row() {
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
            assert!(Columns::from_header_row(row.as_bytes()).is_none(), "{row}");
        }
    }
}
