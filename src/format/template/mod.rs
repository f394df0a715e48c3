//! A server's own format string → a plan.

mod apache;
mod goaccess;
mod nginx;

pub(super) use goaccess::keys as goaccess_keys;
use jiff::tz::TimeZone;
use thiserror::Error;

use super::field::Field;
use super::plan::{Item, Plan, Step};
use super::time::{COMMON_PATTERN, TimeFormat};

/// Why a format string can't be used, and what to do about it.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum TemplateError {
    /// The string breaks its language's rules.
    #[error("can't read the format at {at:?}: {wrong}")]
    Syntax {
        /// The part that could not be read.
        at: String,
        /// What is wrong there.
        wrong: &'static str,
    },
    /// Nothing tells where one item ends and the next begins.
    #[error(
        "{first} and {second} stand side by side, so nothing tells where one ends: put a space between them"
    )]
    SideBySide {
        /// The item that has no end.
        first: String,
        /// The item that follows it.
        second: String,
    },
    /// A key map names a field that there is none of.
    #[error("there is no field {name:?}: the fields are {known}")]
    NoField {
        /// The name.
        name: String,
        /// The names there are.
        known: String,
    },
    /// The lines would have no time.
    #[error("the format has no time: add {0}")]
    NoTime(&'static str),
    /// The lines would not say what was asked for.
    #[error("the format has no request: add {0}")]
    NoRequest(&'static str),
}

/// A piece of a format string.
#[derive(Clone, Debug)]
enum Piece {
    Literal(String),
    /// An item, with its name in the format's own language.
    Item(Item, String),
}

/// What a language calls the two items that no format can do without.
struct Needed {
    time: &'static str,
    request: &'static str,
}

/// Reads an nginx `log_format`, the directive or the bare string.
pub(super) fn nginx(text: &str, zone: &TimeZone) -> Result<Plan, TemplateError> {
    let needed = Needed { time: "$time_local", request: "\"$request\"" };
    let (pieces, encoding) = nginx::pieces(text, zone)?;
    Ok(Plan { encoding, ..compile(pieces, &needed)? })
}

/// Reads an Apache `LogFormat`, the directive or the bare string.
pub(super) fn apache(text: &str, zone: &TimeZone) -> Result<Plan, TemplateError> {
    let needed = Needed { time: "%t", request: "\\\"%r\\\"" };
    compile(apache::pieces(text, zone)?, &needed)
}

/// Reads GoAccess's strings: `--log-format`, `--date-format` and `--time-format`.
pub(super) fn goaccess(
    log: &str,
    date: &str,
    time: &str,
    zone: &TimeZone,
) -> Result<Plan, TemplateError> {
    let needed = Needed { time: "%d and %t, or %x", request: "%r, or %U" };
    compile(goaccess::pieces(goaccess::Strings { log, date, time }, zone)?, &needed)
}

fn compile(pieces: Vec<Piece>, needed: &Needed) -> Result<Plan, TemplateError> {
    let mut plan = Plan::default();
    let mut previous: Option<String> = None;
    for piece in join(pieces) {
        match piece {
            Piece::Literal(text) => match plan.steps.last_mut() {
                Some(step) => (step.until, previous) = (text.into_bytes(), None),
                None => plan.prefix = text.into_bytes(),
            },
            Piece::Item(item, name) => {
                if let Some(first) = previous {
                    return Err(TemplateError::SideBySide { first, second: name });
                }
                plan.steps.push(Step::new(item, &name));
                previous = Some(name);
            }
        }
    }
    // Lines are read without the space around them.
    let start = plan.prefix.len() - plan.prefix.trim_ascii_start().len();
    plan.prefix.drain(..start);
    if let Some(last) = plan.steps.last_mut() {
        last.until.truncate(last.until.trim_ascii_end().len());
    }
    let last = plan.steps.iter().rposition(|step| !step.item.is_passed_over());
    plan.needed = last.map_or(0, |last| last + 1);
    mark_ends(&mut plan);
    let has = |wanted: fn(&Item) -> bool| plan.steps.iter().any(|step| wanted(&step.item));
    if !has(|item| matches!(item, Item::Time(_))) {
        return Err(TemplateError::NoTime(needed.time));
    }
    if !has(|item| {
        matches!(item, Item::Is(Field::Request | Field::Target | Field::Path) | Item::HostAndTarget)
    }) {
        return Err(TemplateError::NoRequest(needed.request));
    }
    Ok(plan)
}

/// Joins what belongs together: literals side by side; a path with the query behind it (`%U%q`,
/// `$uri$is_args$args`) and a host with the target behind it (`$host$request_uri`), as a request line
/// has them; and the parts of a time (`%{…%S}t.%{msec_frac}t %{%z}t`).
fn join(pieces: Vec<Piece>) -> Vec<Piece> {
    let mut joined: Vec<Piece> = Vec::new();
    for piece in pieces {
        let after_port = ends_in_port(&joined);
        match (joined.last_mut(), piece) {
            (_, Piece::Item(Item::Is(Field::Target), _)) if after_port => {
                // `$host:$server_port$request_uri`
                joined.truncate(joined.len() - 2);
                if let Some(Piece::Item(host, _)) = joined.last_mut() {
                    *host = Item::HostAndTarget;
                }
            }
            (Some(Piece::Literal(text)), Piece::Literal(more)) => text.push_str(&more),
            (Some(Piece::Item(item, _)), Piece::Item(other, name))
                if both(item, &other, &name).is_some() =>
            {
                *item = both(item, &other, &name).expect("asked just before");
            }
            (_, Piece::Item(Item::Time(TimeFormat::Strftime(more, zone)), name)) => {
                join_time(&mut joined, &more, zone, name);
            }
            (_, piece) => joined.push(piece),
        }
    }
    joined
}

/// Whether what was joined so far ends in a host and a port.
fn ends_in_port(joined: &[Piece]) -> bool {
    matches!(
        joined,
        [.., Piece::Item(Item::Is(Field::Host), _), Piece::Literal(colon), Piece::Item(Item::Skip, port)]
            if colon == ":" && port == "$server_port"
    )
}

/// What two items side by side are together.
fn both(item: &Item, other: &Item, name: &str) -> Option<Item> {
    match (item, other) {
        (Item::Is(Field::Path), Item::Is(Field::Query)) => Some(Item::Is(Field::Target)),
        (Item::Is(Field::Path), Item::Skip) if name == "$is_args" => Some(item.clone()),
        (Item::Is(Field::Host), Item::Is(Field::Target)) => Some(Item::HostAndTarget),
        (Item::Skip, Item::Skip) => Some(Item::Skip),
        // GoAccess passes over what it takes for no part of a time: the offset.
        (Item::Time(TimeFormat::Strftime(_, zone)), Item::Skip) if name == "%^" => {
            Some(Item::Time(TimeFormat::Any(zone.clone())))
        }
        // GoAccess's `%~` passes over spaces before an item.
        (Item::Padded, Item::Skip) => Some(Item::Padded),
        (Item::Padded, other) => Some(other.clone()),
        _ => None,
    }
}

/// Adds a part of a time to the part before it, where no more than a few characters part them.
fn join_time(joined: &mut Vec<Piece>, more: &str, zone: TimeZone, name: String) {
    const BETWEEN_MAX: usize = 3;
    if let [.., Piece::Item(Item::Time(TimeFormat::Strftime(pattern, _)), _)] = &mut joined[..] {
        *pattern += more;
        return make_common(joined);
    }
    if let [
        ..,
        Piece::Item(Item::Time(TimeFormat::Strftime(pattern, _)), _),
        Piece::Literal(between),
    ] = &mut joined[..]
        && between.len() <= BETWEEN_MAX
    {
        *pattern += &format!("{between}{more}");
        joined.pop();
        make_common(joined);
        return;
    }
    joined.push(Piece::Item(Item::Time(TimeFormat::Strftime(more.to_owned(), zone)), name));
}

/// The common form is read by position, which is faster than by its pattern.
fn make_common(joined: &mut [Piece]) {
    if let Some(Piece::Item(Item::Time(format), _)) = joined.last_mut()
        && let TimeFormat::Strftime(pattern, zone) = format
        && pattern == COMMON_PATTERN
    {
        *format = TimeFormat::Common(zone.clone());
    }
}

/// Notes where fields stand in quotes, which quoted field a status follows, and whether a time has
/// the text that ends it within itself.
fn mark_ends(plan: &mut Plan) {
    let mut before = plan.prefix.last().copied();
    let statuses: Vec<bool> =
        plan.steps.iter().map(|step| matches!(step.item, Item::Is(Field::Status))).collect();
    for (at, step) in plan.steps.iter_mut().enumerate() {
        step.quoted = before == Some(b'"') && step.until.first() == Some(&b'"');
        step.before_status = step.quoted && statuses.get(at + 1) == Some(&true);
        before = step.until.last().copied();
        if let (Item::Time(format), false) = (&step.item, step.until.is_empty()) {
            let until = String::from_utf8_lossy(&step.until);
            step.within = format.pattern().matches(&*until).count();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::record::Record;
    use super::*;

    fn read<'a>(plan: &Plan, line: &'a [u8]) -> Record<'a> {
        Record::filled(|record| plan.read(line, record)).unwrap().0
    }

    fn fields(line: &'static str, plan: &Plan) -> Vec<String> {
        let record = read(plan, line.as_bytes());
        let text =
            |field: Option<&[u8]>| field.map_or("-".into(), |f| String::from_utf8_lossy(f).into());
        vec![
            record.time.to_string(),
            text(record.ip),
            text(record.host),
            text(record.method),
            text(record.path),
            text(record.query),
            record.status.map_or("-".into(), |s| s.to_string()),
            record.bytes.map_or("-".into(), |b| b.to_string()),
            text(record.referrer),
            text(record.user_agent),
        ]
    }

    /// What is read of the same request, whichever language its format is told in.
    const EXPECTED: [&str; 10] = [
        "2026-05-20T12:03:09Z",
        "203.0.113.9",
        "example.com",
        "GET",
        "/a",
        "b",
        "200",
        "512",
        "-",
        "GPTBot/1.2",
    ];

    #[test]
    fn nginx_directives_as_they_stand_in_a_config() {
        let plan = nginx(
            "log_format  main escape=default '$host:$server_port ${remote_addr} - $remote_user [$time_iso8601] '\n\
             \x20   '\"$request\" $status $body_bytes_sent rt=$request_time \"$http_referer\" '\n\
             \x20   '\"$http_user_agent\" \"$http_x_forwarded_for\"';",
            &TimeZone::UTC,
        )
        .unwrap();
        let line = "example.com:443 203.0.113.9 - - [2026-05-20T14:03:09+02:00] \"GET /a?b HTTP/2.0\" \
                    200 512 rt=0.004 \"-\" \"GPTBot/1.2\" \"-\"";
        assert_eq!(fields(line, &plan), EXPECTED);
    }

    #[test]
    fn apache_directives_as_they_stand_in_a_config() {
        let plan = apache(
            r#"LogFormat "%{%d/%b/%Y:%H:%M:%S %z}t %a %V %m \"%U%q\" %>s %O \"%{Referer}i\" \"%{User-Agent}i\"" mine"#,
            &TimeZone::UTC,
        )
        .unwrap();
        let line = r#"20/May/2026:14:03:09 +0200 203.0.113.9 example.com HEAD "/a?b" 304 - "http://x/" "a \"quoted\" one""#;
        let expected = [
            "2026-05-20T12:03:09Z",
            "203.0.113.9",
            "example.com",
            "HEAD",
            "/a",
            "b",
            "304",
            "0",
            "http://x/",
            r#"a \"quoted\" one"#,
        ];
        assert_eq!(fields(line, &plan), expected);
    }

    #[test]
    fn parts_that_belong_together() {
        let plan =
            apache(r#"%h [%{%d/%b/%Y:%H:%M:%S}t.%{msec_frac}t %{%z}t] \"%r\" %>s"#, &TimeZone::UTC)
                .unwrap();
        let line = b"203.0.113.9 [20/May/2026:14:03:09.123 +0200] \"GET /a HTTP/1.1\" 200";
        assert_eq!(read(&plan, line).time.to_string(), "2026-05-20T12:03:09.123Z");
        let plan = nginx("$time_iso8601 $host$request_uri $status", &TimeZone::UTC).unwrap();
        let line = b"2026-05-20T12:03:09Z example.com:8080/a?b 200";
        let record = read(&plan, line);
        assert_eq!(record.host, Some(&b"example.com"[..]));
        assert_eq!((record.path, record.query), (Some(&b"/a"[..]), Some(&b"b"[..])));
        let plan = nginx("$time_iso8601 $uri$is_args$args $status", &TimeZone::UTC).unwrap();
        let record = read(&plan, b"2026-05-20T12:03:09Z /a?b 200");
        assert_eq!((record.path, record.query), (Some(&b"/a"[..]), Some(&b"b"[..])));
    }

    #[test]
    fn goaccess_strings() {
        let log = r#"%v:%^ %h %^[%d:%t %^] "%r" %s %b "%R" "%u""#;
        let plan = goaccess(log, "%d/%b/%Y", "%T", &TimeZone::UTC).unwrap();
        let line = "example.com:443 203.0.113.9 - - [20/May/2026:14:03:09 +0200] \"GET /a?b HTTP/2.0\" 200 512 \"-\" \"GPTBot/1.2\"";
        assert_eq!(fields(line, &plan), EXPECTED);
        let log = "%x\t%h\t%m\t%U\t%s\t%u";
        let plan = goaccess(log, "", "", &TimeZone::UTC).unwrap();
        let line = "1779278589.123\t203.0.113.9\tGET\t/a\t200\tcurl/8.5.0";
        assert_eq!(fields(line, &plan)[0], "2026-05-20T12:03:09.123Z");
        assert!(
            goaccess("%h %r", "", "", &TimeZone::UTC).unwrap_err().to_string().contains("no time")
        );
    }

    #[test]
    fn what_is_wrong_is_named() {
        let error = |result: Result<Plan, TemplateError>| result.unwrap_err().to_string();
        let zone = &TimeZone::UTC;
        assert!(error(nginx("$remote_addr$status", zone)).contains("$remote_addr and $status"));
        assert!(error(nginx("\"$request\" $status", zone)).contains("add $time_local"));
        assert!(error(nginx("[$time_local] $status", zone)).contains("add \"$request\""));
        assert!(error(nginx("$ [$time_local]", zone)).contains("can't read the format"));
        assert!(
            nginx("[$time_local] $scheme://$host$request_uri \"$http_user_agent\"", zone).is_ok()
        );
        assert!(nginx("log_format x $time_iso8601' \"$request\"';", zone).is_ok());
        assert!(error(apache("%h %t %", zone)).contains("can't read the format"));
        assert!(error(apache("%h \\\"%r\\\"", zone)).contains("add %t"));
    }
}
