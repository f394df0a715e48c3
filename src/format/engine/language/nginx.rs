//! Parses nginx's `log_format` language (nginx.org, ngx_http_log_module).

use jiff::tz::TimeZone;
use nom::branch::alt;
use nom::bytes::complete::{is_not, tag, take, take_while1};
use nom::character::complete::{char, multispace0, multispace1};
use nom::combinator::{all_consuming, map, opt, verify};
use nom::multi::{fold_many0, many0, many1};
use nom::sequence::{delimited, preceded, terminated};
use nom::{IResult, Parser};

use super::error::TemplateError;
use super::piece::Piece;
use crate::format::engine::template::Item;
use crate::format::record::Encoding;
use crate::format::record::Field;
use crate::format::record::{CTIME_PATTERN, TimeFormat};

pub(crate) fn pieces(text: &str, zone: &TimeZone) -> Result<(Vec<Piece>, Encoding), TemplateError> {
    let (format, encoding) = match all_consuming(directive).parse(text.trim()) {
        Ok((_, format)) => format,
        Err(_) if text.trim_start().starts_with("log_format") => {
            let wrong = "expected log_format name 'string' …;";
            return Err(TemplateError::Syntax { at: text.into(), wrong });
        }
        Err(_) => (text.trim().to_owned(), Encoding::Backslash), // A string without the directive.
    };
    match all_consuming(many0(|input| piece(input, zone))).parse(&format) {
        Ok((_, pieces)) => Ok((with_body_bytes(pieces), encoding)),
        Err(nom::Err::Error(error) | nom::Err::Failure(error)) => Err(TemplateError::Syntax {
            at: error.input.chars().take(20).collect(),
            wrong: "a $ must be followed by a variable's name",
        }),
        Err(nom::Err::Incomplete(_)) => unreachable!("complete parsers never ask for more"),
    }
}

/// Ignores `$bytes_sent`, which includes the headers, if `$body_bytes_sent` is also logged.
fn with_body_bytes(mut pieces: Vec<Piece>) -> Vec<Piece> {
    let is_named = |piece: &Piece, wanted| matches!(piece, Piece::Item(_, name) if name == wanted);
    if pieces.iter().any(|piece| is_named(piece, "$body_bytes_sent")) {
        for piece in pieces.iter_mut().filter(|piece| is_named(piece, "$bytes_sent")) {
            *piece = Piece::Item(Item::Skip, "$bytes_sent".into());
        }
    }
    pieces
}

/// Parses `log_format name [escape=mode] 'string' "string" …;` or the quoted strings alone. In the directive, a string
/// without spaces needs no quotes.
fn directive(input: &str) -> IResult<&str, (String, Encoding)> {
    let name = preceded(multispace1, word);
    let escape = preceded((multispace1, tag("escape=")), word);
    let head = preceded((tag("log_format"), name), opt(escape));
    let bare = map(word, str::to_owned);
    let strings = many1(preceded(multispace0, alt((quoted, bare))));
    let quoted_alone = many1(preceded(multispace0, quoted));
    let end = (multispace0, opt(char(';')));
    let alone = map(quoted_alone, |strings| (None, strings));
    map(terminated(alt(((head, strings), alone)), end), |(escape, strings)| {
        let encoding = if escape == Some("none") { Encoding::None } else { Encoding::Backslash };
        (strings.concat(), encoding)
    })
    .parse(input)
}

fn word(input: &str) -> IResult<&str, &str> {
    is_not(" \t\r\n'\";").parse(input)
}

fn quoted(input: &str) -> IResult<&str, String> {
    alt((
        delimited(char('\''), |input| unescaped(input, "'\\"), char('\'')),
        delimited(char('"'), |input| unescaped(input, "\"\\"), char('"')),
    ))
    .parse(input)
}

fn unescaped<'a>(input: &'a str, special: &'static str) -> IResult<&'a str, String> {
    let escaped = map(preceded(char('\\'), take(1usize)), |character| match character {
        "t" => "\t",
        "n" => "\n",
        "r" => "\r",
        other => other,
    });
    fold_many0(alt((is_not(special), escaped)), String::new, |text, part| text + part).parse(input)
}

fn piece<'a>(input: &'a str, zone: &TimeZone) -> IResult<&'a str, Piece> {
    let name = || take_while1(|c: char| c.is_ascii_alphanumeric() || c == '_');
    let braced = delimited(tag("${"), name(), char('}'));
    let bare = preceded(char('$'), name());
    let variable = verify(alt((braced, bare)), |name: &str| !name.is_empty());
    alt((
        map(variable, |name: &str| Piece::Item(item_of(name, zone), format!("${name}"))),
        map(is_not("$"), |text: &str| Piece::Literal(text.to_owned())),
    ))
    .parse(input)
}

/// Returns the item of a variable. Forwarded addresses such as `$http_x_forwarded_for` are ignored, since a visitor can
/// forge them.
fn item_of(variable: &str, zone: &TimeZone) -> Item {
    match variable {
        "remote_addr" => Item::Is(Field::Ip),
        "host" | "http_host" | "server_name" => Item::Is(Field::Host),
        "time_local" => Item::Time(TimeFormat::Common(zone.clone())),
        "time_iso8601" => Item::Time(TimeFormat::Iso(zone.clone())),
        "msec" => Item::Time(TimeFormat::Epoch(1)),
        // nginx has no such variables. Presets use them for the formats of other servers.
        "parse_any_time" => Item::Time(TimeFormat::Any(zone.clone())),
        "ctime" => strftime(CTIME_PATTERN, zone),
        "iis_time" => Item::Time(TimeFormat::American(zone.clone())),
        "haproxy_time" => strftime("%d/%b/%Y:%H:%M:%S%.f", zone),
        "client" => Item::Client,
        "vhost" => Item::Vhost,
        "peer" => Item::Peer,
        "ident" => Item::Ident,
        "remote_user" => Item::User,
        "captured" => Item::Captured,
        "padded" => Item::Padded,
        "word" => Item::Word,
        "request" => Item::Is(Field::Request),
        "request_method" => Item::Is(Field::Method),
        "request_uri" => Item::Is(Field::Target),
        "uri" | "document_uri" => Item::Is(Field::Path),
        "args" | "query_string" => Item::Is(Field::Query),
        "server_protocol" => Item::Is(Field::Protocol),
        "status" => Item::Is(Field::Status),
        "body_bytes_sent" | "bytes_sent" => Item::Is(Field::Bytes),
        "http_referer" => Item::Is(Field::Referrer),
        "http_user_agent" => Item::Is(Field::UserAgent),
        "http_x_forwarded_for" | "proxy_add_x_forwarded_for" => Item::Forwarded,
        "http_accept" => Item::Is(Field::Accept),
        _ => Item::Skip,
    }
}

fn strftime(pattern: &str, zone: &TimeZone) -> Item {
    Item::Time(TimeFormat::Strftime(pattern.to_owned(), zone.clone()))
}
