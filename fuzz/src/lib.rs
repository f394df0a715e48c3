//! The properties that must hold for every log, shared by the fuzz targets.

mod site;

use std::ops::ControlFlow;

use guestbook::format::{Columns, Content, Format, LineReader};

pub use site::Site;

/// Reads a text. Checks that no byte is lost, that every field can be decoded, and that reading a proxy header changes
/// no other field. Returns a description of each line.
pub fn read(format: &Format, text: &[u8]) -> Vec<String> {
    let lines = describe(format, text);
    assert_eq!(lines, describe(&format.clone().with_header("X-Forwarded-For"), text));
    lines
}

fn describe(format: &Format, text: &[u8]) -> Vec<String> {
    let (mut bytes, mut lines) = (0, Vec::new());
    let _ = LineReader::new(format, Columns::default()).each(text, |line| {
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
                let decoded: Vec<_> =
                    headers.iter().flatten().map(|text| record.header(text)).collect();
                format!("{format} {} {:?} {plain:?} {decoded:?}", record.time, record.status)
            }
        });
        ControlFlow::Continue(())
    });
    assert_eq!(bytes, text.len() as u64, "bytes of {}", format.name());
    lines
}
