//! GoAccess's `--log-format` language, with its `--date-format` and `--time-format` (goaccess.io/man).

use jiff::tz::TimeZone;
use nom::branch::alt;
use nom::bytes::complete::is_not;
use nom::character::complete::{anychar, char};
use nom::combinator::{all_consuming, map};
use nom::multi::many0;
use nom::sequence::preceded;
use nom::{IResult, Parser};

use super::super::plan::Field;
use super::super::time::TimeFormat;
use super::{Piece, TemplateError};

/// The strings that GoAccess is started with.
#[derive(Clone, Copy, Debug)]
pub(super) struct Strings<'a> {
    pub(super) log: &'a str,
    pub(super) date: &'a str,
    pub(super) time: &'a str,
}

pub(super) fn pieces(strings: Strings<'_>, zone: &TimeZone) -> Result<Vec<Piece>, TemplateError> {
    let read = all_consuming(many0(|input| piece(input, strings, zone))).parse(strings.log);
    match read {
        Ok((_, pieces)) => Ok(offsets(pieces, zone)),
        Err(nom::Err::Error(error) | nom::Err::Failure(error)) => Err(TemplateError::Syntax {
            at: error.input.chars().take(20).collect(),
            wrong: "a % needs a specifier's letter behind it",
        }),
        Err(nom::Err::Incomplete(_)) => unreachable!("complete parsers never ask for more"),
    }
}

fn piece<'a>(input: &'a str, strings: Strings<'_>, zone: &TimeZone) -> IResult<&'a str, Piece> {
    alt((
        map(is_not("%"), |text: &str| Piece::Literal(text.to_owned())),
        map(preceded(char('%'), anychar), |letter| {
            Piece::Field(field(letter, strings, zone), format!("%{letter}"))
        }),
    ))
    .parse(input)
}

fn field(letter: char, strings: Strings<'_>, zone: &TimeZone) -> Field {
    let strftime = |pattern: &str| {
        // GoAccess's own abbreviation, and its way to name epochs.
        let pattern = pattern.replace("%T", "%H:%M:%S");
        Field::Time(match &*pattern {
            "%s" => TimeFormat::Epoch(1),
            "%*" => TimeFormat::Epoch(1_000_000),
            "%f" => TimeFormat::Epoch(1_000),
            _ => TimeFormat::Strftime(pattern, zone.clone()),
        })
    };
    match letter {
        'h' => Field::Ip,
        'v' => Field::Host,
        'd' => strftime(strings.date),
        't' => strftime(strings.time),
        'x' => Field::Time(TimeFormat::Any(zone.clone())),
        'r' => Field::Request,
        'm' => Field::Method,
        'U' => Field::Target,
        'q' => Field::Query,
        'H' => Field::Protocol,
        's' => Field::Status,
        'b' => Field::Bytes,
        'R' => Field::Referrer,
        'u' => Field::UserAgent,
        '~' => Field::Padded,
        _ => Field::Skip,
    }
}

/// In `%d:%t %^]` the ignored part is the offset, which GoAccess does not ask for and times need.
fn offsets(mut pieces: Vec<Piece>, zone: &TimeZone) -> Vec<Piece> {
    for at in 2..pieces.len() {
        if let [
            Piece::Field(Field::Time(_), _),
            Piece::Literal(space),
            Piece::Field(field, name),
            Piece::Literal(end),
            ..,
        ] = &mut pieces[at - 2..]
            && space == " "
            && name == "%^"
            && end.starts_with(']')
        {
            *field = Field::Time(TimeFormat::Strftime("%z".into(), zone.clone()));
        }
    }
    pieces
}
