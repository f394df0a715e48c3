//! `parse`: how each line is read.

use std::io::Write;

use serde::Serialize;

use crate::config::Settings;
use crate::format::{Columns, Detection, Format, LineReader, Malformed, Record, detect, unescape};
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
    let (works, nothing) = works(&logs, &settings.folder);
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
    let (mut chunk, mut line) = (Chunk::default(), 0);
    let more = chunks.next(&mut chunk)?;
    let first = if more { chunk.text() } else { chunks.unfinished() };
    let format = work.format.clone().unwrap_or_else(|| found_format(work, first, talk));
    let mut reader = format.reader(Columns::default());
    let mut read = more;
    while read {
        for _ in 0..chunk.overlong_lines {
            line += 1;
            let malformed = Malformed::TooLong.to_string();
            out.write_all(&json_line(&NotParsed { line, malformed, text: String::new() }))?;
        }
        for text in chunk.text().split_inclusive(|byte| *byte == b'\n') {
            line += 1;
            out.write_all(&parse_line(&mut reader, line, text.trim_ascii()))?;
        }
        read = chunks.next(&mut chunk)?;
    }
    let rest = chunks.unfinished().trim_ascii();
    if !rest.is_empty() {
        out.write_all(&parse_line(&mut reader, line + 1, rest))?;
    }
    Ok(())
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

fn parse_line(reader: &mut LineReader<'_>, line: u64, text: &[u8]) -> Vec<u8> {
    let shown = || String::from_utf8_lossy(text).into_owned();
    match text.first() {
        None => json_line(&Skipped { line, skipped: "blank", text: String::new() }),
        Some(b'#') => {
            reader.note(text);
            json_line(&Skipped { line, skipped: "comment", text: shown() })
        }
        Some(_) => match reader.read_named(text) {
            Ok((record, format)) => json_line(&parsed(line, format, &record)),
            Err(reason) => {
                json_line(&NotParsed { line, malformed: reason.to_string(), text: shown() })
            }
        },
    }
}

fn parsed<'a>(line: u64, format: &'a str, record: &Record<'_>) -> Parsed<'a> {
    let text = |field: Option<&[u8]>| {
        field.map(|field| String::from_utf8_lossy(&unescape(field)).into_owned())
    };
    let header = |field: Option<&[u8]>| {
        field.map(|field| String::from_utf8_lossy(&record.header(field)).into_owned())
    };
    Parsed {
        line,
        format,
        time: record.time.to_string(),
        ip: text(record.ip),
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
