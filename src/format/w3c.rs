//! The W3C engine: the log itself says, in `#Fields:`, which column means what.

use std::sync::Arc;

use jiff::tz::TimeZone;
use memchr::{memchr, memchr2};

use super::record::{Encoding, Malformed, Record};
use super::request::{set_host, split_target};
use super::time::{any_time, parted_time};
use super::value::{sane, set_bytes, set_ip, set_status};

const FIELDS: &[u8] = b"#Fields:";

/// The columns in force at some place of a log. Formats of other engines have none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Columns(Option<Arc<Layout>>);

#[derive(Debug, PartialEq, Eq)]
struct Layout {
    /// The names, as the log has them.
    names: String,
    columns: Vec<Column>,
    encoding: Encoding,
}

/// What a column means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Column {
    Skip,
    Date,
    Time,
    Ip,
    Host,
    Method,
    Path,
    Target,
    Query,
    Protocol,
    Status,
    Bytes,
    Referrer,
    UserAgent,
    Accept,
}

impl Columns {
    /// The columns that a comment line declares, if it is the one that does.
    pub(super) fn declared(line: &[u8]) -> Option<Columns> {
        let names = line.trim_ascii().strip_prefix(FIELDS)?;
        Some(Columns::named(&String::from_utf8_lossy(names)))
    }

    /// The columns with these names, which spaces or tabs part.
    pub(super) fn named(names: &str) -> Columns {
        let columns = names.split_ascii_whitespace().map(Column::named).collect();
        // Amazon's fields all encode with percent signs; the others' put `+` for a space.
        let amazon = names.contains("x-edge-");
        let encoding = if amazon { Encoding::Percent } else { Encoding::Plus };
        Columns(Some(Arc::new(Layout { names: names.trim().to_owned(), columns, encoding })))
    }

    /// The last declaration in some lines.
    pub(super) fn last_in(text: &[u8]) -> Option<Columns> {
        let starts = memchr::memmem::rfind_iter(text, FIELDS);
        let mut lines = starts.filter(|at| *at == 0 || text[at - 1] == b'\n').map(|at| &text[at..]);
        lines
            .next()
            .and_then(|line| Columns::declared(&line[..memchr(b'\n', line).unwrap_or(line.len())]))
    }

    /// The columns' names, where there are any: by [`Columns::named`] they are had again.
    pub(super) fn names(&self) -> Option<&str> {
        self.0.as_ref().map(|layout| &*layout.names)
    }

    /// Reads one line by the columns in force.
    pub(super) fn read<'a>(&self, line: &'a [u8]) -> Result<Record<'a>, Malformed> {
        let layout = self.0.as_ref().ok_or(Malformed::Shape)?;
        let mut record = Record { encoding: layout.encoding, ..Record::default() };
        let (mut date, mut time, mut count) = (None, None, 0);
        let mut values = Values { rest: line, tabs: memchr(b'\t', line).is_some() };
        for column in &layout.columns {
            let Some(value) = values.next() else { break };
            count += 1;
            match column {
                Column::Date => date = Some(value),
                Column::Time => time = Some(value),
                _ => column.set(value, &mut record)?,
            }
        }
        // A column may be missing at the end, as where the line was cut off; not more than that.
        if count + 1 < layout.columns.len() || count < 3 {
            return Err(Malformed::Shape);
        }
        let time = match (date, time) {
            (Some(date), Some(time)) => parted_time(date, time),
            (None, Some(time)) => any_time(time, &TimeZone::UTC),
            _ => None,
        };
        record.time = sane(time)?;
        Ok(record)
    }
}

impl Column {
    fn named(name: &str) -> Column {
        match name.to_ascii_lowercase().as_str() {
            "date" => Column::Date,
            "time" | "timestamp" => Column::Time,
            "c-ip" => Column::Ip,
            "cs-host" | "cs(host)" | "x-host-header" => Column::Host,
            "cs-method" => Column::Method,
            "cs-uri-stem" => Column::Path,
            "cs-uri" => Column::Target,
            "cs-uri-query" => Column::Query,
            "cs-version" | "cs-protocol-version" => Column::Protocol,
            "sc-status" => Column::Status,
            "sc-bytes" => Column::Bytes,
            "cs(referer)" | "cs-referer" => Column::Referrer,
            "cs(user-agent)" | "cs-user-agent" => Column::UserAgent,
            "cs(accept)" | "cs-accept" => Column::Accept,
            _ => Column::Skip,
        }
    }

    fn set<'a>(self, value: &'a [u8], record: &mut Record<'a>) -> Result<(), Malformed> {
        if value == b"-" {
            return Ok(());
        }
        match self {
            Column::Skip | Column::Date | Column::Time => {}
            Column::Ip => set_ip(value, record),
            // CloudFront's cs(Host) is the distribution's own name, and x-host-header comes later.
            Column::Host => {
                record.host = None;
                set_host(value, record);
            }
            Column::Method => record.method = Some(value),
            Column::Path => record.path = Some(value),
            Column::Target => split_target(value, record),
            Column::Query => {
                record.query = Some(without_arr_log_id(value)).filter(|query| !query.is_empty());
            }
            Column::Protocol => record.protocol = Some(value),
            Column::Status => set_status(value, record)?,
            Column::Bytes => set_bytes(value, record)?,
            Column::Referrer => record.referrer = Some(value),
            Column::UserAgent => record.user_agent = Some(value),
            Column::Accept => record.accept = Some(value),
        }
        Ok(())
    }
}

/// The query without the request's number, which Azure App Service appends.
fn without_arr_log_id(query: &[u8]) -> &[u8] {
    let at = memchr::memmem::rfind(query, b"X-ARR-LOG-ID=");
    at.map_or(query, |at| query[..at].strip_suffix(b"&").unwrap_or(&query[..at]))
}

/// The values of a line: parted by tabs where it has any, else by runs of spaces; perhaps quoted.
struct Values<'a> {
    rest: &'a [u8],
    tabs: bool,
}

impl<'a> Iterator for Values<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        if !self.tabs {
            self.rest = self.rest.trim_ascii_start();
        }
        if self.rest.is_empty() {
            return None;
        }
        let quoted = self.rest.strip_prefix(b"\"").and_then(|inner| {
            let end = memchr(b'"', inner)?;
            let parted = inner.get(end + 1).is_none_or(|byte| matches!(byte, b' ' | b'\t'));
            parted.then(|| (&inner[..end], &inner[end + 1..]))
        });
        let (value, rest) = quoted.unwrap_or_else(|| {
            let part =
                if self.tabs { memchr(b'\t', self.rest) } else { memchr2(b' ', b'\t', self.rest) };
            self.rest.split_at(part.unwrap_or(self.rest.len()))
        });
        self.rest = rest.get(1..).unwrap_or_default();
        Some(value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_in_any_order_and_the_last_declaration_counts() {
        let text = b"#Fields: time c-ip\n1 2\n#Fields: cs-method date time c-ip cs-uri-stem cs(User-Agent) sc-status\nx";
        let columns = Columns::last_in(text).unwrap();
        let line = b"GET 2026-05-20 14:03:09.360 203.0.113.9 /a+b Mozilla/5.0+(compatible;++x) 200";
        let record = columns.read(line).unwrap();
        assert_eq!(record.time.to_string(), "2026-05-20T14:03:09.36Z");
        assert_eq!(record.path, Some(&b"/a+b"[..]));
        let user_agent = record.header(record.user_agent.unwrap());
        assert_eq!(&*user_agent, b"Mozilla/5.0 (compatible;  x)");
        assert_eq!(record.status, Some(200));
        assert_eq!(columns.read(b"GET 2026-05-20"), Err(Malformed::Shape));
        assert_eq!(Columns::default().read(line), Err(Malformed::Shape));
    }

    #[test]
    fn cloudfront_parts_by_tabs_and_encodes_twice() {
        let columns =
            Columns::named("date time x-edge-location c-ip cs(Host) cs(User-Agent) x-host-header");
        let line = b"2026-05-20\t14:03:09\tFRA1\t203.0.113.9\td1.cloudfront.net\tGPTBot/1.2%2520(x)\tglossary.example";
        let record = columns.read(line).unwrap();
        assert_eq!(&*record.header(record.user_agent.unwrap()), b"GPTBot/1.2 (x)");
        assert_eq!(record.host, Some(&b"glossary.example"[..]));
    }

    #[test]
    fn azure_appends_its_number() {
        assert_eq!(without_arr_log_id(b"a=1&X-ARR-LOG-ID=2ec4"), b"a=1");
        assert_eq!(without_arr_log_id(b"X-ARR-LOG-ID=2ec4"), b"");
        assert_eq!(without_arr_log_id(b"a=1"), b"a=1");
    }
}
