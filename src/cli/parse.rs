//! `parse`: how each line is read.

use std::io::Write;

use serde::Serialize;

use crate::config::Settings;
use crate::format::{
    Columns, Content, Detection, Format, Line, LineReader, Malformed, Record, detect, whole_lines,
};
use crate::pipeline::Work;
use crate::render::json_line;
use crate::source::{Chunk, open};

use super::Ending;
use super::args;
use super::ingest::{logs, works};
use super::talk::Talk;

/// A line that was read.
#[derive(Serialize)]
struct Parsed<'a> {
    line: u64,
    format: &'a str,
    time: String,
    ip: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    forwarded: Option<String>,
    host: Option<String>,
    method: Option<String>,
    path: Option<String>,
    query: Option<String>,
    protocol: Option<String>,
    status: Option<u16>,
    bytes: Option<u64>,
    referrer: Option<String>,
    user_agent: Option<String>,
}

/// A line that is no record.
#[derive(Serialize)]
struct NotParsed {
    line: u64,
    malformed: String,
    text: String,
}

/// A line that says nothing.
#[derive(Serialize)]
struct Skipped {
    line: u64,
    skipped: &'static str,
    text: String,
}

/// Prints one JSON object for each line, an unfinished last one included.
pub(super) fn parse(
    settings: &Settings,
    args: &args::Parse,
    talk: &Talk,
    out: &mut impl Write,
) -> anyhow::Result<Ending> {
    let logs = logs(settings, &args.logs, args.format.as_deref())?;
    let (works, nothing) = works(&logs, settings);
    for (pattern, reason) in &nothing {
        talk.warn(&format!("{pattern} {reason}"));
    }
    let mut failed = 0;
    for work in &works {
        match parse_source(work, talk, out) {
            Ok(()) => {}
            Err(error) if super::is_closed_pipe(&error) => return Err(error),
            Err(error) => {
                failed += 1;
                talk.warn(&format!("{}: {error:#}", work.place));
            }
        }
    }
    Ok(match failed + nothing.len() {
        0 => Ending::Done,
        _ if failed == works.len() => Ending::Failed,
        _ => Ending::Partly,
    })
}

fn parse_source(work: &Work, talk: &Talk, out: &mut impl Write) -> anyhow::Result<()> {
    let mut chunks = open(&work.place)?.chunks;
    chunks.cut_by(whole_lines);
    let mut chunk = Chunk::default();
    let more = chunks.next(&mut chunk)?;
    let first = if more { chunk.text() } else { chunks.unfinished() };
    let format = work.format.clone().unwrap_or_else(|| found_format(work, first, talk));
    let format = work.with_header(format);
    let mut reader = format.reader(Columns::default());
    let mut read = more;
    while read {
        for _ in 0..chunk.overlong_lines {
            reader.pass_over(1);
            let malformed = Content::Malformed(Malformed::TooLong);
            let number = reader.lines();
            write_line(&Line { number, bytes: 0, text: b"", content: malformed }, out)?;
        }
        write_lines(&mut reader, chunk.text(), out)?;
        read = chunks.next(&mut chunk)?;
    }
    write_lines(&mut reader, chunks.unfinished(), out)
}

fn write_lines(
    reader: &mut LineReader<'_>,
    text: &[u8],
    out: &mut impl Write,
) -> anyhow::Result<()> {
    let mut written = Ok(());
    reader.each(text, |line| {
        if written.is_ok() {
            written = write_line(line, out);
        }
    });
    written
}

/// The format of the first lines. Where none fits, the lines are shown as the most usual one fails on
/// them: the reasons are what the user asks for.
fn found_format(work: &Work, text: &[u8], talk: &Talk) -> Format {
    if let Detection::Yes(format) = detect(text, &work.zone) {
        return format;
    }
    talk.note(&format!("{}: no known format fits its first lines", work.place));
    Format::named("ncsa", &work.zone).expect("a preset")
}

fn write_line(line: &Line<'_>, out: &mut impl Write) -> anyhow::Result<()> {
    let shown = || String::from_utf8_lossy(line.text).into_owned();
    let Line { number, content, .. } = line;
    let json = match content {
        Content::Blank => json_line(&Skipped { line: *number, skipped: "blank", text: shown() }),
        Content::Comment => {
            json_line(&Skipped { line: *number, skipped: "comment", text: shown() })
        }
        Content::Record { record, format, .. } => json_line(&parsed(*number, format, record)),
        Content::Malformed(reason) => {
            json_line(&NotParsed { line: *number, malformed: reason.to_string(), text: shown() })
        }
    };
    Ok(out.write_all(&json)?)
}

fn parsed<'a>(line: u64, format: &'a str, record: &Record<'_>) -> Parsed<'a> {
    let text = |field: Option<&[u8]>| {
        field.map(|field| String::from_utf8_lossy(&record.plain(field)).into_owned())
    };
    let header = |field: Option<&[u8]>| {
        field.map(|field| String::from_utf8_lossy(&record.header(field)).into_owned())
    };
    Parsed {
        line,
        format,
        time: record.time.to_string(),
        ip: text(record.ip),
        forwarded: text(record.forwarded),
        host: text(record.host),
        method: text(record.method),
        path: text(record.path),
        query: text(record.query),
        protocol: text(record.protocol),
        status: record.status,
        bytes: record.bytes,
        referrer: header(record.referrer),
        user_agent: header(record.user_agent),
    }
}
