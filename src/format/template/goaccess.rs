//! GoAccess's `--log-format` language, with its `--date-format` and `--time-format` (goaccess.io/man).

use std::collections::BTreeMap;

use jiff::tz::TimeZone;
use nom::branch::alt;
use nom::bytes::complete::{is_not, tag};
use nom::character::complete::{anychar, char};
use nom::combinator::{all_consuming, map};
use nom::multi::many0;
use nom::sequence::preceded;
use nom::{IResult, Parser};

use super::super::field::Field;
use super::super::keyed::{Value, scan};
use super::super::plan::Item;
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
    // Where the string was kept in a file, tabs are written as GoAccess reads them.
    let log = strings.log.replace("\\t", "\t");
    let read = all_consuming(many0(|input| piece(input, strings, zone))).parse(&log);
    match read {
        Ok((_, pieces)) => Ok(offsets(pieces, zone)),
        Err(nom::Err::Error(error) | nom::Err::Failure(error)) => Err(TemplateError::Syntax {
            at: error.input.chars().take(20).collect(),
            wrong: "a % needs a specifier's letter behind it",
        }),
        Err(nom::Err::Incomplete(_)) => unreachable!("complete parsers never ask for more"),
    }
}

/// The keys of a JSON log, by the fields' names: GoAccess takes a JSON object for a format, in which the
/// values are specifiers. `None` if the string is none.
pub(in crate::format) fn keys(log: &str) -> Option<BTreeMap<String, String>> {
    let mut keys = BTreeMap::new();
    let whole = scan(log.trim().as_bytes(), &mut |path, value| {
        let Value::Text(text) = value else { return };
        let text = String::from_utf8_lossy(text);
        let letters = text.match_indices('%').filter_map(|(at, _)| text[at + 1..].chars().next());
        let Some(name) = letters.filter_map(field_name).next() else { return };
        let path = path.iter().filter(|key| !key.is_empty());
        let parts: Vec<_> = path.map(|key| String::from_utf8_lossy(key)).collect();
        keys.entry(name.to_owned()).or_insert(parts.join("."));
    });
    whole.then_some(keys)
}

/// What config calls the field that a specifier stands for.
fn field_name(letter: char) -> Option<&'static str> {
    Some(match letter {
        'h' => "ip",
        'v' => "host",
        'd' | 't' | 'x' => "time",
        'r' => "request",
        'm' => "method",
        'U' => "uri",
        'q' => "query",
        'H' => "protocol",
        's' => "status",
        'b' => "bytes",
        'R' => "referrer",
        'u' => "user_agent",
        _ => return None,
    })
}

fn piece<'a>(input: &'a str, strings: Strings<'_>, zone: &TimeZone) -> IResult<&'a str, Piece> {
    let list = (tag("~h{"), is_not("}"), char('}'));
    alt((
        map(list, |_| Piece::Item(Item::Clients, "~h".into())),
        map(is_not("%~"), |text: &str| Piece::Literal(text.to_owned())),
        map(char('~'), |tilde| Piece::Literal(tilde.into())),
        map(preceded(char('%'), anychar), |letter| {
            Piece::Item(item_of(letter, strings, zone), format!("%{letter}"))
        }),
    ))
    .parse(input)
}

fn item_of(letter: char, strings: Strings<'_>, zone: &TimeZone) -> Item {
    let strftime = |pattern: &str| {
        // GoAccess's own abbreviation, and its way to name epochs.
        let pattern = pattern.replace("%T", "%H:%M:%S");
        Item::Time(match &*pattern {
            "%s" => TimeFormat::Epoch(1),
            "%*" => TimeFormat::Epoch(1_000_000),
            "%f" => TimeFormat::Epoch(1_000),
            _ => TimeFormat::Strftime(pattern, zone.clone()),
        })
    };
    match letter {
        'h' => Item::Is(Field::Ip),
        'v' => Item::Is(Field::Host),
        'd' => strftime(strings.date),
        't' => strftime(strings.time),
        'x' => Item::Time(TimeFormat::Any(zone.clone())),
        'r' => Item::Is(Field::Request),
        'm' => Item::Is(Field::Method),
        'U' => Item::Is(Field::Target),
        'q' => Item::Is(Field::Query),
        'H' => Item::Is(Field::Protocol),
        's' => Item::Is(Field::Status),
        'b' => Item::Is(Field::Bytes),
        'R' => Item::Is(Field::Referrer),
        'u' => Item::Is(Field::UserAgent),
        '~' => Item::Padded,
        _ => Item::Skip,
    }
}

/// In `%d:%t %^]` the ignored part is the offset, which GoAccess does not ask for and times need.
fn offsets(mut pieces: Vec<Piece>, zone: &TimeZone) -> Vec<Piece> {
    for at in 2..pieces.len() {
        if let [
            Piece::Item(Item::Time(_), _),
            Piece::Literal(space),
            Piece::Item(item, name),
            Piece::Literal(end),
            ..,
        ] = &mut pieces[at - 2..]
            && space == " "
            && name == "%^"
            && end.starts_with(']')
        {
            *item = Item::Time(TimeFormat::Strftime("%z".into(), zone.clone()));
        }
    }
    pieces
}
