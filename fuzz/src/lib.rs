//! What the fuzz targets share: the modules that read logs, and the laws that hold for every log.
//!
//! The modules are taken by their paths, since the whole library would build polars for each target.

#![allow(dead_code, missing_docs)]

#[path = "../../src/day.rs"]
pub mod day;
#[path = "../../src/digits.rs"]
mod digits;
#[path = "../../src/find.rs"]
mod find;
#[path = "../../src/format/mod.rs"]
pub mod format;
#[path = "../../src/names.rs"]
pub mod names;
#[path = "../../src/source/mod.rs"]
pub mod source;

use format::{Columns, Content, Format};

/// Reads a text and checks that no byte of it is lost, that every record's fields lie in bounds, and that
/// they can be decoded; and that the header by which proxies pass on who asked changes nothing else. Returns what
/// was read, in words.
pub fn read(format: &Format, text: &[u8]) -> Vec<String> {
    let lines = words(format, text);
    assert_eq!(lines, words(&format.clone().with_header("X-Forwarded-For"), text));
    lines
}

fn words(format: &Format, text: &[u8]) -> Vec<String> {
    let (mut bytes, mut lines) = (0, Vec::new());
    format.reader(Columns::default()).each(text, |line| {
        bytes += line.bytes;
        lines.push(match &line.content {
            Content::Blank => "blank".into(),
            Content::Comment => "comment".into(),
            Content::Malformed(reason) => reason.to_string(),
            Content::Record { record, format, .. } => {
                record.forwarded_ips();
                let ip = record.ip.filter(|_| !record.is_ip_claimed);
                let texts = [ip, record.host, record.method, record.path, record.query];
                let plain: Vec<_> = texts.iter().flatten().map(|text| record.plain(text)).collect();
                let headers = [record.referrer, record.user_agent];
                let sent: Vec<_> =
                    headers.iter().flatten().map(|text| record.header(text)).collect();
                format!("{format} {} {:?} {plain:?} {sent:?}", record.time, record.status)
            }
        });
    });
    assert_eq!(bytes, text.len() as u64, "bytes of {}", format.name());
    lines
}
