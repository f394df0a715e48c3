//! Parses GoAccess's `--log-format` language, with its `--date-format` and `--time-format` (goaccess.io/man).

use std::collections::BTreeMap;

use jiff::tz::TimeZone;
use nom::branch::alt;
use nom::bytes::complete::{is_not, tag};
use nom::character::complete::{anychar, char};
use nom::combinator::{all_consuming, map};
use nom::multi::many0;
use nom::sequence::preceded;
use nom::{IResult, Parser};

use super::error::TemplateError;
use super::piece::Piece;
use crate::format::engine::template::Item;
use crate::format::record::Field;
use crate::format::record::{IGNORED, TimeFormat};
use crate::json::{Value, scan};

/// The format strings of GoAccess's options.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Strings<'a> {
    pub(crate) log: &'a str,
    pub(crate) date: &'a str,
    pub(crate) time: &'a str,
}

pub(crate) fn pieces(strings: Strings<'_>, zone: &TimeZone) -> Result<Vec<Piece>, TemplateError> {
    // In GoAccess's configuration file, a tab is written as `\t`.
    let log = strings.log.replace("\\t", "\t");
    match all_consuming(many0(|input| piece(input, strings, zone))).parse(&log) {
        Ok((_, pieces)) => Ok(with_offset(pieces, zone)),
        Err(nom::Err::Error(error) | nom::Err::Failure(error)) => Err(TemplateError::Syntax {
            at: error.input.chars().take(20).collect(),
            wrong: "a % must be followed by a specifier's letter",
        }),
        Err(nom::Err::Incomplete(_)) => unreachable!("complete parsers never ask for more"),
    }
}

/// Returns the keys of a JSON log by field name. For JSON logs, GoAccess takes an object whose values are specifiers.
/// Returns `None` if the string is not a JSON object.
pub(crate) fn keys(log: &str) -> Option<BTreeMap<String, String>> {
    let mut keys = BTreeMap::new();
    let is_object = scan(log.trim().as_bytes(), &mut |path, value| {
        let Value::Text(text) = value else { return };
        let text = String::from_utf8_lossy(text);
        let letters = text.match_indices('%').filter_map(|(at, _)| text[at + 1..].chars().next());
        let Some(name) = letters.filter_map(field_name).next() else { return };
        let path = path.iter().filter(|key| !key.is_empty());
        let parts: Vec<_> = path.map(|key| String::from_utf8_lossy(key)).collect();
        keys.entry(name.to_owned()).or_insert(parts.join("."));
    });
    is_object.then_some(keys)
}

/// Returns the field name in the config of a specifier.
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
        // `%T` is an abbreviation. `%s`, `%*` and `%f` are GoAccess's names for epoch times.
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

/// Makes ignored items behind a time a part of it, as in `%d:%t.%^ %^]`: they may be a fraction and the offset from UTC,
/// which GoAccess does not need.
fn with_offset(mut pieces: Vec<Piece>, zone: &TimeZone) -> Vec<Piece> {
    const SEPARATOR_BYTES_MAX: usize = 2;
    for at in 2..pieces.len() {
        if let [Piece::Item(Item::Time(_), _), Piece::Literal(separator), Piece::Item(item, name)] =
            &mut pieces[at - 2..=at]
            && separator.len() <= SEPARATOR_BYTES_MAX
            && !separator.contains(['[', ']', '"'])
            && name == "%^"
        {
            *item = Item::Time(TimeFormat::Strftime(IGNORED.into(), zone.clone()));
        }
    }
    pieces
}
