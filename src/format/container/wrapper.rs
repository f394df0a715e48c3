//! The known wrappers around a server's lines, each with the function that removes it.

use std::borrow::Cow;
use std::ops::Deref;

use jiff::tz::Offset;
use memchr::{memchr, memchr2, memmem};

use crate::format::record::unescape;
use crate::json::{Value, scan};
use crate::source::Runtime;

/// A wrapper around the lines of a log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wrapper {
    /// Docker's json-file driver: `{"log":"…\n","stream":"stdout","time":"…"}`.
    Docker,
    /// containerd and CRI-O: `2026-05-20T12:03:09.5Z stdout F …`.
    Cri,
    /// journalctl -o json: `{"MESSAGE":"…"}`, or an array of bytes.
    Journald,
    /// Loki, Vector, Fluent and similar: the line is the value of `message`, `line`, `log` or `event`.
    Envelope,
    /// RFC 5424: `<190>1 2026-05-20T12:03:09Z host app pid msgid - …`.
    Syslog5424,
    /// rsyslog's files: `2026-05-20T12:03:09+00:00 host tag: …`.
    Rsyslog,
    /// RFC 3164: `May 20 12:03:09 host tag[pid]: …`, with or without `<190>` and `host`.
    Syslog3164,
    /// `docker logs -t`, `kubectl logs --timestamps`: `2026-05-20T12:03:09.5Z …`; in Fluentd's files, a tag
    /// between tab characters follows it.
    Stamp,
    /// A system log's line without its time: `haproxy[12]: …`.
    Tag,
    /// docker compose: `web-1  | …`.
    Compose,
    /// kubectl logs --prefix: `[pod/web/nginx] …`.
    Kubectl,
    /// grep over several files: `access.log.1:…`.
    Grep,
    /// Caddy's console encoder: a time, a level, the logger, the message and JSON, separated by tabs.
    CaddyConsole,
}

impl Wrapper {
    /// Every wrapper with its name, in the order in which they are tried.
    pub(crate) const NAMES: [(&str, Wrapper); 13] = [
        ("docker", Wrapper::Docker),
        ("cri", Wrapper::Cri),
        ("journald", Wrapper::Journald),
        ("envelope", Wrapper::Envelope),
        ("syslog_5424", Wrapper::Syslog5424),
        ("rsyslog", Wrapper::Rsyslog),
        ("syslog", Wrapper::Syslog3164),
        ("timestamp", Wrapper::Stamp),
        ("tag", Wrapper::Tag),
        ("compose", Wrapper::Compose),
        ("kubectl", Wrapper::Kubectl),
        ("grep", Wrapper::Grep),
        ("caddy_console", Wrapper::CaddyConsole),
    ];

    pub(crate) fn named(name: &str) -> Option<Wrapper> {
        Wrapper::NAMES.iter().find(|(known, _)| *known == name).map(|(_, wrapper)| *wrapper)
    }

    pub(crate) fn name(self) -> &'static str {
        let found = Wrapper::NAMES.iter().find(|(_, wrapper)| *wrapper == self);
        found.map_or("", |(name, _)| name)
    }

    /// Returns the container runtime that writes it, which may split long lines.
    pub(crate) fn runtime(self) -> Option<Runtime> {
        match self {
            Wrapper::Docker => Some(Runtime::Docker),
            Wrapper::Cri => Some(Runtime::Cri),
            _ => None,
        }
    }

    /// Returns the offset from UTC of the time that the wrapper adds, if it is that of a system's zone. Container runtimes
    /// always write UTC.
    pub(crate) fn offset(self, line: &[u8]) -> Option<Offset> {
        let time = match self {
            Wrapper::Rsyslog => word(line)?.0,
            Wrapper::Syslog5424 => word(priority(line)?.strip_prefix(b"1 ")?)?.0,
            _ => return None,
        };
        let at = time.len().checked_sub("+09:00".len()).filter(|_| is_iso(time))?;
        let hours = match &time[at..] {
            [b'+', ..] => 1,
            [b'-', ..] => -1,
            _ => return None,
        };
        let number = |text: &[u8]| std::str::from_utf8(text).ok()?.parse::<i32>().ok();
        let (hour, minute) = (number(&time[at + 1..at + 3])?, number(&time[at + 4..])?);
        Offset::from_seconds(hours * (hour * 3600 + minute * 60)).ok()
    }

    /// Returns the server's own line within `line`. `None` if `line` does not have this wrapper.
    pub(crate) fn strip(self, line: &[u8]) -> Option<Inner<'_>> {
        match self {
            Wrapper::Docker => json_text(line, &["log"], &["stream", "time", "attrs"]),
            Wrapper::Journald => json_text(line, &["MESSAGE"], &[]),
            Wrapper::Envelope => json_text(line, &["message", "line", "log", "event"], &[]),
            Wrapper::Cri => cri(line).map(Inner::Part),
            Wrapper::Syslog5424 => syslog_5424(line).map(Inner::Part),
            Wrapper::Rsyslog => rsyslog(line).map(Inner::Part),
            Wrapper::Syslog3164 => syslog_3164(line).map(Inner::Part),
            Wrapper::Stamp => timestamp(line).map(Inner::Part),
            Wrapper::Tag => tag(line).map(Inner::Part),
            Wrapper::Compose => compose(line).map(Inner::Part),
            Wrapper::Kubectl => kubectl(line).map(Inner::Part),
            Wrapper::Grep => grep(line).map(Inner::Part),
            Wrapper::CaddyConsole => caddy_console(line).map(Inner::Text),
        }
    }
}

/// A line without its wrapper.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Inner<'a> {
    /// A part of the line itself.
    Part(&'a [u8]),
    /// Text that had to be unescaped.
    Text(Vec<u8>),
}

impl Deref for Inner<'_> {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        match self {
            Inner::Part(part) => part,
            Inner::Text(text) => text,
        }
    }
}

impl Inner<'_> {
    pub(crate) fn into_owned(self) -> Vec<u8> {
        match self {
            Inner::Part(part) => part.to_vec(),
            Inner::Text(text) => text,
        }
    }
}

/// Removes the wrappers, outermost first. Returns `None` if the line does not have one of them.
pub(crate) fn unwrap<'a>(wrappers: &[Wrapper], line: &'a [u8]) -> Option<Inner<'a>> {
    let mut inner = Inner::Part(line);
    for wrapper in wrappers {
        inner = match inner {
            Inner::Part(part) => wrapper.strip(part)?,
            Inner::Text(text) => Inner::Text(wrapper.strip(&text)?.into_owned()),
        };
    }
    Some(inner)
}

/// Returns the text of the first of `keys` that a JSON object has. If `others` are given, the object must have no
/// further keys.
fn json_text<'a>(line: &'a [u8], keys: &[&str], others: &[&str]) -> Option<Inner<'a>> {
    if line.first() != Some(&b'{') {
        return None;
    }
    let (mut best, mut bytes, mut has_unknown_key) = (None, Vec::new(), false);
    let is_object = scan(line, &mut |path, value| {
        let is = |key: &&str| path.first().is_some_and(|first| *first == key.as_bytes());
        match (keys.iter().position(is), value) {
            (Some(at), Value::Text(text)) if path.len() == 1 => {
                if best.is_none_or(|(other, _)| at < other) {
                    best = Some((at, text));
                }
            }
            // journald writes a message that is not UTF-8 as an array of bytes.
            (Some(_), Value::Bare(number)) if path.len() == 2 => {
                bytes.extend(std::str::from_utf8(number).ok().and_then(|n| n.parse::<u8>().ok()));
            }
            _ => has_unknown_key = has_unknown_key || !others.iter().any(is),
        }
    });
    let is_other_object = has_unknown_key && !others.is_empty();
    match best {
        _ if !is_object || is_other_object => None,
        Some((_, text)) => Some(match unescape(text) {
            Cow::Borrowed(text) => Inner::Part(text),
            Cow::Owned(text) => Inner::Text(text),
        }),
        None if !bytes.is_empty() => Some(Inner::Text(bytes)),
        None => None,
    }
}

/// Returns the first word of a text, and the text after the space that follows it.
fn word(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let end = memchr(b' ', text)?;
    Some((&text[..end], &text[end + 1..]))
}

fn cri(line: &[u8]) -> Option<&[u8]> {
    let (time, rest) = word(line)?;
    let (stream, rest) = word(rest)?;
    let (tag, rest) = word(rest)?;
    (is_iso(time) && matches!(stream, b"stdout" | b"stderr") && matches!(tag, b"F" | b"P"))
        .then_some(rest)
}

fn syslog_5424(line: &[u8]) -> Option<&[u8]> {
    let rest = priority(line)?.strip_prefix(b"1 ")?;
    let (time, mut rest) = word(rest)?;
    for _ in 0..4 {
        rest = word(rest)?.1; // host, app, pid, message id
    }
    let rest = match rest.strip_prefix(b"-") {
        Some(rest) => rest,
        // Structured data: a bracket within a value is escaped.
        None => {
            let end = memmem::find(rest, b"] ").filter(|_| rest.starts_with(b"["))?;
            &rest[end + 1..]
        }
    };
    let message = rest.trim_ascii_start();
    (is_iso(time) || time == b"-")
        .then(|| message.strip_prefix("\u{feff}".as_bytes()).unwrap_or(message))
}

fn rsyslog(line: &[u8]) -> Option<&[u8]> {
    let (time, rest) = word(line)?;
    let (_host, rest) = word(rest)?;
    let rest = rest.trim_ascii_start();
    // Fastly writes a JSON object without a tag before it.
    let message = if rest.starts_with(b"{") { rest } else { after_tag(rest)? };
    is_iso(time).then_some(message)
}

fn syslog_3164(line: &[u8]) -> Option<&[u8]> {
    const TIME: usize = "May 20 12:03:09 ".len();
    let rest = priority(line).unwrap_or(line);
    let (time, rest) = rest.split_at_checked(TIME)?;
    let is_time = time[3] == b' ' && time[6] == b' ' && time[9] == b':' && time[12] == b':';
    let is_time = is_time && time[..3].iter().all(u8::is_ascii_alphabetic);
    // Messages that a program sends without a host name are sometimes stored as they came.
    let without_host =
        || after_tag(rest).filter(|_| word(rest).is_some_and(|(tag, _)| is_tag(tag)));
    let message = without_host().or_else(|| after_tag(word(rest)?.1));
    message.filter(|_| is_time)
}

/// Removes a priority such as `<190>`.
fn priority(line: &[u8]) -> Option<&[u8]> {
    let rest = line.strip_prefix(b"<")?;
    let end = memchr(b'>', &rest[..rest.len().min(4)])?;
    rest[..end].iter().all(u8::is_ascii_digit).then(|| &rest[end + 1..])
}

/// Returns whether a word is `tag[pid]:`.
fn is_tag(word: &[u8]) -> bool {
    word.strip_suffix(b"]:").and_then(|word| memchr(b'[', word)).is_some()
}

/// Returns the message of `tag[pid]: message`.
fn after_tag(rest: &[u8]) -> Option<&[u8]> {
    let (tag, message) = word(rest)?;
    tag.ends_with(b":").then(|| message.trim_ascii_start())
}

fn timestamp(line: &[u8]) -> Option<&[u8]> {
    let end = memchr2(b' ', b'\t', line)?;
    let (time, rest) = (&line[..end], &line[end + 1..]);
    let rest = match line[end] {
        b'\t' => &rest[memchr(b'\t', rest)? + 1..],
        _ => rest,
    };
    is_iso(time).then_some(rest)
}

/// Returns the message of `name[pid]: message`.
fn tag(line: &[u8]) -> Option<&[u8]> {
    let (name, message) = word(line)?;
    let open = memchr(b'[', name).filter(|at| *at > 0)?;
    let pid = name[open + 1..].strip_suffix(b"]:")?;
    pid.iter().all(u8::is_ascii_digit).then(|| message.trim_ascii_start())
}

fn compose(line: &[u8]) -> Option<&[u8]> {
    let bar = memmem::find(&line[..line.len().min(80)], b" | ")?;
    let name = line[..bar].trim_ascii();
    let is_name =
        !name.is_empty() && name.iter().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(b));
    is_name.then(|| line[bar + 3..].trim_ascii_start())
}

fn kubectl(line: &[u8]) -> Option<&[u8]> {
    let end = memmem::find(line.strip_prefix(b"[pod/")?, b"] ")?;
    Some(&line[b"[pod/".len() + end + 2..])
}

/// Removes a path and the colon after it. An IPv6 address has colons too, so the path must have a slash or `log` in it.
fn grep(line: &[u8]) -> Option<&[u8]> {
    let colon = memchr(b':', line)?;
    let prefix = &line[..colon];
    let is_path = memmem::find(prefix, b"log").is_some() || prefix.contains(&b'/');
    let is_prefix = is_path && !prefix.contains(&b' ') && !prefix.contains(&b'"');
    is_prefix.then(|| &line[colon + 1..])
}

/// Returns the JSON that Caddy's other encoder writes: the time, the logger and the message are keys of it.
fn caddy_console(line: &[u8]) -> Option<Vec<u8>> {
    let mut parts = line.splitn(5, |byte| *byte == b'\t');
    let (time, _level, logger) = (parts.next()?, parts.next()?, parts.next()?);
    let (message, json) = (parts.next()?, parts.next()?);
    let rest = json.strip_prefix(b"{")?;
    let is_time = time.len() > 18 && time[4] == b'/' && time[13] == b':';
    let is_plain = |text: &[u8]| memchr2(b'"', b'\\', text).is_none();
    let keys = [("ts", time), ("logger", logger), ("msg", message)];
    if !is_time || !keys.iter().all(|(_, value)| is_plain(value)) {
        return None;
    }
    let mut inner = b"{".to_vec();
    for (key, value) in keys {
        inner.extend_from_slice(format!("\"{key}\":\"").as_bytes());
        inner.extend_from_slice(value);
        inner.extend_from_slice(b"\",");
    }
    inner.extend_from_slice(rest);
    Some(inner)
}

/// Returns whether a text starts like an ISO 8601 time: `2026-05-20T…`.
fn is_iso(text: &[u8]) -> bool {
    text.len() > 15 && text[4] == b'-' && text[7] == b'-' && text[10] == b'T'
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINE: &str = "203.0.113.9 - - [x] \"GET\"";

    #[test]
    fn every_wrapper_is_removed() {
        let json = LINE.replace('"', "\\\"");
        let bytes: Vec<String> = LINE.bytes().map(|byte| byte.to_string()).collect();
        for (wrapper, line) in [
            (
                "docker",
                format!(
                    "{{\"log\":\"{json}\\n\",\"stream\":\"stdout\",\"time\":\"2026-05-20T12:03:09Z\"}}"
                ),
            ),
            ("cri", format!("2026-05-20T12:03:09.413656027Z stdout F {LINE}")),
            ("journald", format!("{{\"PRIORITY\":\"6\",\"MESSAGE\":\"{json}\",\"_PID\":\"1\"}}")),
            ("journald", format!("{{\"MESSAGE\":[{}]}}", bytes.join(","))),
            ("envelope", format!("{{\"host\":\"a\",\"message\":\"{json}\"}}")),
            (
                "syslog_5424",
                format!("<190>1 2026-05-20T12:03:09.123Z host nginx 1 - - \u{feff}{LINE}"),
            ),
            (
                "syslog_5424",
                format!("<190>1 2026-05-20T12:03:09.123Z host nginx 1 id [a b=\"c\"] {LINE}"),
            ),
            ("rsyslog", format!("2026-05-20T12:03:09.123456+00:00 host nginx: {LINE}")),
            ("syslog", format!("May 20 12:03:09 host nginx[12]: {LINE}")),
            ("syslog", format!("<134>May  9 12:03:09 host nginx: {LINE}")),
            ("syslog", format!("May  9 12:03:09 haproxy[12]: {LINE}")),
            ("timestamp", format!("2026-05-20T12:03:09.123456789Z {LINE}")),
            ("timestamp", format!("2026-05-20T12:03:09+00:00\tnginx.access\t{LINE}")),
            ("tag", format!("haproxy[14389]: {LINE}")),
            ("compose", format!("web-1  | {LINE}")),
            ("kubectl", format!("[pod/web/nginx] {LINE}")),
            ("grep", format!("access.log.1:{LINE}")),
        ] {
            let inner = match Wrapper::named(wrapper).unwrap().strip(line.as_bytes()) {
                Some(Inner::Part(part)) => part.to_vec(),
                Some(Inner::Text(text)) => text,
                None => panic!("{wrapper}: {line}"),
            };
            assert_eq!(String::from_utf8(inner).unwrap().trim_end(), LINE, "{wrapper}");
        }
    }

    #[test]
    fn a_line_without_a_wrapper_is_not_stripped() {
        for line in [LINE, "", "2001:db8::1 - - [x] \"GET\"", "{\"a\":1}", "a | b", "May"] {
            for (name, wrapper) in Wrapper::NAMES {
                let stripped = wrapper.strip(line.as_bytes());
                assert!(stripped.is_none() || line == "a | b", "{name}: {line}");
            }
        }
    }
}
