//! Parses Apache's `LogFormat` language (httpd documentation, mod_log_config).

use jiff::tz::TimeZone;
use nom::branch::alt;
use nom::bytes::complete::{is_not, tag, take, take_while};
use nom::character::complete::{anychar, char, multispace0, multispace1, one_of};
use nom::combinator::{all_consuming, map, opt, rest, value};
use nom::multi::{fold_many0, many0};
use nom::sequence::{delimited, preceded};
use nom::{IResult, Parser};

use super::error::TemplateError;
use super::piece::Piece;
use crate::format::engine::template::Item;
use crate::format::record::Field;
use crate::format::record::{COMMON_PATTERN, TimeFormat};

pub(crate) fn pieces(text: &str, zone: &TimeZone) -> Result<Vec<Piece>, TemplateError> {
    let format = match directive(text.trim()) {
        Ok((_, format)) => format,
        Err(_)
            if ["LogFormat", "CustomLog"]
                .iter()
                .any(|name| text.trim_start().starts_with(name)) =>
        {
            let wrong = "expected LogFormat \"string\" name";
            return Err(TemplateError::Syntax { at: text.into(), wrong });
        }
        Err(_) => unescaped(text.trim(), "\\").map(|(_, format)| format).unwrap_or_default(),
    };
    match all_consuming(many0(|input| item(input, zone))).parse(&format) {
        Ok((_, pieces)) => Ok(pieces.into_iter().flatten().collect()),
        Err(nom::Err::Error(error) | nom::Err::Failure(error)) => Err(TemplateError::Syntax {
            at: error.input.chars().take(20).collect(),
            wrong: "a % must be followed by an item's letter",
        }),
        Err(nom::Err::Incomplete(_)) => unreachable!("complete parsers never ask for more"),
    }
}

/// Parses `LogFormat "string" name`, `CustomLog path "string"` or the quoted string alone.
fn directive(input: &str) -> IResult<&str, String> {
    let path = (is_not(" \t\""), multispace1);
    let head = opt(alt((
        map((tag("LogFormat"), multispace1), drop),
        map((tag("CustomLog"), multispace1, path), drop),
    )));
    let string = delimited(char('"'), |input| unescaped(input, "\"\\"), char('"'));
    let name = (multispace0, rest);
    map((head, string, name), |(_, string, _)| string).parse(input)
}

/// Parses the text up to an unescaped special character, and resolves its backslash escapes.
fn unescaped<'a>(input: &'a str, special: &'static str) -> IResult<&'a str, String> {
    let escaped = map(preceded(char('\\'), take(1usize)), |character| match character {
        "t" => "\t",
        "n" => "\n",
        "\n" => "", // The directive continues on the next line.
        other => other,
    });
    fold_many0(alt((is_not(special), escaped)), String::new, |text, part| text + part).parse(input)
}

/// Parses literal text, `%%`, or `%[!][codes][<>][{argument}][^]letter`.
fn item<'a>(input: &'a str, zone: &TimeZone) -> IResult<&'a str, Vec<Piece>> {
    let literal = alt((value("%", tag("%%")), is_not("%")));
    let codes = take_while(|c: char| c.is_ascii_digit() || matches!(c, '!' | ','));
    let argument = delimited(char('{'), is_not("}"), char('}'));
    // `^t` are trailers. `^F` starts `%^FB`, the time to the first byte, the only item with two letters.
    let trailer = opt(alt((tag("^t"), tag("^F"))));
    let directive = (char('%'), codes, opt(one_of("<>")), opt(argument), trailer, anychar);
    alt((
        map(literal, |text: &str| vec![Piece::Literal(text.to_owned())]),
        map(directive, |(_, _, _, argument, trailer, letter)| {
            let letter = if trailer.is_some() { ' ' } else { letter };
            pieces_of(letter, argument, zone)
        }),
    ))
    .parse(input)
}

/// Returns the pieces of an item. `%t` without an argument includes brackets.
fn pieces_of(letter: char, argument: Option<&str>, zone: &TimeZone) -> Vec<Piece> {
    let name = argument.map_or(format!("%{letter}"), |argument| format!("%{{{argument}}}{letter}"));
    let item = Piece::Item(item_of(letter, argument, zone), name);
    if letter == 't' && argument.is_none() {
        vec![Piece::Literal("[".into()), item, Piece::Literal("]".into())]
    } else {
        vec![item]
    }
}

fn item_of(letter: char, argument: Option<&str>, zone: &TimeZone) -> Item {
    match letter {
        'h' | 'a' => Item::Is(Field::Ip),
        'l' => Item::Ident,
        'u' => Item::User,
        'v' | 'V' => Item::Is(Field::Host),
        't' => time(argument, zone),
        'r' => Item::Is(Field::Request),
        'm' => Item::Is(Field::Method),
        'U' => Item::Is(Field::Path),
        'q' => Item::Is(Field::Query),
        'H' => Item::Is(Field::Protocol),
        's' => Item::Is(Field::Status),
        'b' | 'B' | 'O' => Item::Is(Field::Bytes),
        'i' => header(argument.unwrap_or_default()),
        _ => Item::Skip,
    }
}

fn header(name: &str) -> Item {
    match name.to_ascii_lowercase().as_str() {
        "referer" => Item::Is(Field::Referrer),
        "user-agent" => Item::Is(Field::UserAgent),
        "accept" => Item::Is(Field::Accept),
        "host" => Item::Is(Field::Host),
        "x-forwarded-for" => Item::Forwarded,
        _ => Item::Skip,
    }
}

fn time(argument: Option<&str>, zone: &TimeZone) -> Item {
    let format = argument.map(|text| text.trim_start_matches("begin:").trim_start_matches("end:"));
    Item::Time(match format {
        None | Some(COMMON_PATTERN) => TimeFormat::Common(zone.clone()),
        Some("sec") => TimeFormat::Epoch(1),
        Some("msec") => TimeFormat::Epoch(1_000),
        Some("usec") => TimeFormat::Epoch(1_000_000),
        Some("msec_frac" | "usec_frac") => TimeFormat::Strftime("%f".into(), zone.clone()),
        Some(pattern) => TimeFormat::Strftime(pattern.to_owned(), zone.clone()),
    })
}
