//! Prints how each line is read.

use std::io::Write;
use std::ops::ControlFlow;

use serde::Serialize;

use crate::config::Settings;
use crate::format::{Content, Line, LineReader, Malformed, Record};
use crate::night::{find_inputs, named_logs};
use crate::pipeline::{LogInput, open_log};
use crate::render::json_line;
use crate::source::Chunk;

use super::args::ParseArgs;
use super::exit::{ExitStatus, is_closed_pipe};
use super::messages::Messages;

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

/// A line that could not be read.
#[derive(Serialize)]
struct NotParsed {
    line: u64,
    malformed: String,
    text: String,
}

/// A blank line or a comment.
#[derive(Serialize)]
struct Skipped {
    line: u64,
    skipped: &'static str,
    text: String,
}

/// Writes one JSON object for each line, an unfinished last one included.
pub(super) fn parse(
    settings: &Settings,
    args: &ParseArgs,
    messages: Messages,
    out: &mut impl Write,
) -> anyhow::Result<ExitStatus> {
    let logs = named_logs(settings, &args.logs, args.format.as_deref())?;
    let (inputs, unmatched) = find_inputs(&logs, settings);
    messages.notices(&unmatched);
    let mut failed = 0;
    for input in &inputs {
        match parse_log(input, messages, out) {
            Ok(()) => {}
            Err(error) if is_closed_pipe(&error) => return Err(error),
            Err(error) => {
                failed += 1;
                messages.warn(&format!("{}: {error:#}", input.location));
            }
        }
    }
    Ok(match failed + unmatched.len() {
        0 => ExitStatus::Success,
        _ if failed == inputs.len() => ExitStatus::Failure,
        _ => ExitStatus::Partial,
    })
}

fn parse_log(input: &LogInput, messages: Messages, out: &mut impl Write) -> anyhow::Result<()> {
    let mut log = open_log(input)?;
    // Lines that fit no format are shown as the most common one fails on them. The user asks for the reasons.
    let (format, columns, is_known) = log.format_or(input, "ncsa");
    if !is_known {
        messages.note(&format!("{}: no known format fits its first lines", input.location));
    }
    let mut reader = LineReader::new(&format, columns);
    let mut chunk = Chunk::default();
    while log.chunks.next(&mut chunk)? {
        for _ in 0..chunk.skipped_lines {
            reader.skip(1);
            let content = Content::Malformed(Malformed::TooLong);
            write_line(&Line { number: reader.lines(), bytes: 0, text: b"", content }, out)?;
        }
        write_lines(&mut reader, chunk.text(), out)?;
    }
    write_lines(&mut reader, log.chunks.unfinished(), out)
}

fn write_lines(
    reader: &mut LineReader<'_>,
    text: &[u8],
    out: &mut impl Write,
) -> anyhow::Result<()> {
    let mut written = Ok(());
    let _ = reader.each(text, |line| {
        written = write_line(line, out);
        if written.is_ok() { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    });
    written
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
