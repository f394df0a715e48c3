//! Compiles a server's format string to a template.

mod apache;
mod error;
mod goaccess;
mod nginx;
mod piece;

pub use error::TemplateError;
pub(crate) use goaccess::keys as goaccess_keys;
use jiff::tz::TimeZone;

use crate::format::engine::template::{Item, Step, TemplatePlan};
use crate::format::record::{COMMON_PATTERN, Field, IGNORED, TimeFormat};

use piece::Piece;

/// A language's names for the two items that every format must have.
struct RequiredItems {
    time: &'static str,
    request: &'static str,
}

/// Compiles an nginx `log_format` directive or its string alone.
pub(crate) fn nginx(text: &str, zone: &TimeZone) -> Result<TemplatePlan, TemplateError> {
    let required = RequiredItems { time: "$time_local", request: "\"$request\"" };
    let (pieces, encoding) = nginx::pieces(text, zone)?;
    Ok(TemplatePlan { encoding, ..compile(pieces, &required)? })
}

/// Compiles an Apache `LogFormat` directive or its string alone.
pub(crate) fn apache(text: &str, zone: &TimeZone) -> Result<TemplatePlan, TemplateError> {
    let required = RequiredItems { time: "%t", request: "\\\"%r\\\"" };
    compile(apache::pieces(text, zone)?, &required)
}

/// Compiles GoAccess's `--log-format`, `--date-format` and `--time-format` strings.
pub(crate) fn goaccess(
    log: &str,
    date: &str,
    time: &str,
    zone: &TimeZone,
) -> Result<TemplatePlan, TemplateError> {
    let required = RequiredItems { time: "%d and %t, or %x", request: "%r, or %U" };
    compile(goaccess::pieces(goaccess::Strings { log, date, time }, zone)?, &required)
}

fn compile(pieces: Vec<Piece>, required: &RequiredItems) -> Result<TemplatePlan, TemplateError> {
    let mut plan = TemplatePlan::default();
    let mut previous: Option<String> = None;
    for piece in merge_pieces(pieces) {
        match piece {
            Piece::Literal(text) => match plan.steps.last_mut() {
                Some(step) => (step.until, previous) = (text.into_bytes(), None),
                None => plan.prefix = text.into_bytes(),
            },
            Piece::Item(item, name) => {
                if let Some(first) = previous {
                    return Err(TemplateError::NoSeparator { first, second: name });
                }
                plan.steps.push(Step::new(item, &name));
                previous = Some(name);
            }
        }
    }
    // Lines are trimmed before they are read.
    let start = plan.prefix.len() - plan.prefix.trim_ascii_start().len();
    plan.prefix.drain(..start);
    if let Some(last) = plan.steps.last_mut() {
        last.until.truncate(last.until.trim_ascii_end().len());
    }
    let last = plan.steps.iter().rposition(|step| !step.item.is_passed_over());
    plan.needed = last.map_or(0, |last| last + 1);
    set_terminators(&mut plan);
    let has = |wanted: fn(&Item) -> bool| plan.steps.iter().any(|step| wanted(&step.item));
    if !has(|item| matches!(item, Item::Time(_))) {
        return Err(TemplateError::NoTime(required.time));
    }
    if !has(|item| {
        matches!(item, Item::Is(Field::Request | Field::Target | Field::Path) | Item::HostAndTarget)
    }) {
        return Err(TemplateError::NoRequest(required.request));
    }
    Ok(plan)
}

/// Merges adjacent pieces that belong together: literals, a path and its query (`%U%q`, `$uri$is_args$args`), a host
/// and its target (`$host$request_uri`), and the parts of a time (`%{…%S}t.%{msec_frac}t %{%z}t`).
fn merge_pieces(pieces: Vec<Piece>) -> Vec<Piece> {
    let mut merged: Vec<Piece> = Vec::new();
    for piece in pieces {
        let follows_port = ends_in_port(&merged);
        match (merged.last_mut(), piece) {
            (_, Piece::Item(Item::Is(Field::Target), _)) if follows_port => {
                // `$host:$server_port$request_uri`
                merged.truncate(merged.len() - 2);
                if let Some(Piece::Item(host, _)) = merged.last_mut() {
                    *host = Item::HostAndTarget;
                }
            }
            (Some(Piece::Literal(text)), Piece::Literal(more)) => text.push_str(&more),
            (Some(Piece::Item(item, _)), Piece::Item(other, name))
                if merge_items(item, &other, &name).is_some() =>
            {
                *item = merge_items(item, &other, &name).expect("checked by the guard");
            }
            (_, Piece::Item(Item::Time(TimeFormat::Strftime(more, zone)), name)) => {
                merge_time(&mut merged, &more, zone, name);
            }
            (_, piece) => merged.push(piece),
        }
    }
    merged
}

/// Returns whether the pieces end in a host and a port.
fn ends_in_port(merged: &[Piece]) -> bool {
    matches!(
        merged,
        [.., Piece::Item(Item::Is(Field::Host), _), Piece::Literal(colon), Piece::Item(Item::Skip, port)]
            if colon == ":" && port == "$server_port"
    )
}

/// Returns the item that two adjacent items are merged into. `None` if they are separate.
fn merge_items(item: &Item, other: &Item, name: &str) -> Option<Item> {
    match (item, other) {
        (Item::Is(Field::Path), Item::Is(Field::Query)) => Some(Item::Is(Field::Target)),
        (Item::Is(Field::Path), Item::Skip) if name == "$is_args" => Some(item.clone()),
        (Item::Is(Field::Host), Item::Is(Field::Target)) => Some(Item::HostAndTarget),
        (Item::Skip, Item::Skip) => Some(Item::Skip),
        // GoAccess formats ignore the offset from UTC, which follows the time.
        (Item::Time(TimeFormat::Strftime(_, zone)), Item::Skip) if name == "%^" => {
            Some(Item::Time(TimeFormat::Any(zone.clone())))
        }
        // GoAccess's `%~` skips spaces before an item.
        (Item::Padded, Item::Skip) => Some(Item::Padded),
        (Item::Padded, other) => Some(other.clone()),
        _ => None,
    }
}

/// Appends a part of a time to the part before it, if at most a few characters separate them.
fn merge_time(merged: &mut Vec<Piece>, more: &str, zone: TimeZone, name: String) {
    const SEPARATOR_BYTES_MAX: usize = 3;
    if let [.., Piece::Item(Item::Time(TimeFormat::Strftime(pattern, _)), _)] = &mut merged[..] {
        *pattern += more;
        return use_common_format(merged);
    }
    if let [
        ..,
        Piece::Item(Item::Time(TimeFormat::Strftime(pattern, _)), _),
        Piece::Literal(separator),
    ] = &mut merged[..]
        && separator.len() <= SEPARATOR_BYTES_MAX
    {
        *pattern += &format!("{separator}{more}");
        merged.pop();
        use_common_format(merged);
        return;
    }
    merged.push(Piece::Item(Item::Time(TimeFormat::Strftime(more.to_owned(), zone)), name));
}

/// Replaces a pattern equal to the common format, which is parsed by position and so faster than by a pattern.
fn use_common_format(merged: &mut [Piece]) {
    if let Some(Piece::Item(Item::Time(format), _)) = merged.last_mut()
        && let TimeFormat::Strftime(pattern, zone) = format
        && pattern.replace(IGNORED, "%z") == COMMON_PATTERN
    {
        *format = TimeFormat::Common(zone.clone());
    }
}

/// Sets which items are quoted, which quoted items a status follows, and how often a time contains the text that ends
/// it.
fn set_terminators(plan: &mut TemplatePlan) {
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
    use super::*;
    use crate::format::record::Record;

    fn read<'a>(plan: &TemplatePlan, line: &'a [u8]) -> Record<'a> {
        Record::filled(|record| plan.read(line, record)).unwrap().0
    }

    fn fields(line: &'static str, plan: &TemplatePlan) -> Vec<String> {
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

    /// The fields of the same request in each language.
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
    fn nginx_directives_are_read_as_in_a_config() {
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
    fn apache_directives_are_read_as_in_a_config() {
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
    fn adjacent_parts_are_merged() {
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
    fn goaccess_strings_are_read() {
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
    fn errors_name_the_cause() {
        let error = |result: Result<TemplatePlan, TemplateError>| result.unwrap_err().to_string();
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
