//! Decodes backslash escapes and percent-encoding in log fields.

use std::borrow::Cow;

use memchr::memchr;

/// Decodes backslash escapes: `\"`, `\\`, `\xHH`, `\n`, `\t`, `\r`, `\b`, `\f`, `\v`, `\uHHHH`.
///
/// The escapes of all servers are compatible: nginx (escape=default) writes only `\xHH`, also for a backslash; Apache
/// adds the letters and `\"`; escape=json adds `\uHHHH`. Anything else is left unchanged.
pub(crate) fn unescape(text: &[u8]) -> Cow<'_, [u8]> {
    if memchr(b'\\', text).is_none() {
        return Cow::Borrowed(text);
    }
    let mut plain = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = memchr(b'\\', rest) {
        plain.extend_from_slice(&rest[..at]);
        let read = unescape_one(&rest[at..], &mut plain);
        rest = &rest[at + read..];
    }
    plain.extend_from_slice(rest);
    Cow::Owned(plain)
}

/// Decodes the escape at the start of `text`, and returns its length in bytes.
fn unescape_one(text: &[u8], plain: &mut Vec<u8>) -> usize {
    let simple = match text.get(1) {
        Some(&quoted @ (b'"' | b'\\' | b'\'' | b'/')) => Some(quoted),
        Some(b'n') => Some(b'\n'),
        Some(b't') => Some(b'\t'),
        Some(b'r') => Some(b'\r'),
        Some(b'b') => Some(0x08),
        Some(b'f') => Some(0x0c),
        Some(b'v') => Some(0x0b),
        _ => None,
    };
    if let Some(byte) = simple {
        plain.push(byte);
        return 2;
    }
    if let (Some(b'x' | b'X'), Some(byte)) = (text.get(1), hex(text.get(2..4))) {
        plain.push(byte as u8);
        return 4;
    }
    if let (Some(b'u'), Some(unit)) = (text.get(1), hex(text.get(2..6))) {
        let (code, read) = with_low_surrogate(unit, &text[6..]);
        let character = char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER);
        plain.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
        return read;
    }
    plain.push(b'\\');
    1
}

/// Combines a UTF-16 unit with the low surrogate that may follow in `rest`, since JSON writes characters above U+FFFF
/// as two escapes. Returns the code point and the length of its escapes.
fn with_low_surrogate(unit: u32, rest: &[u8]) -> (u32, usize) {
    const HIGH: std::ops::Range<u32> = 0xd800..0xdc00;
    const LOW: std::ops::Range<u32> = 0xdc00..0xe000;
    let low = rest.strip_prefix(b"\\u").and_then(|rest| hex(rest.get(..4)));
    match low.filter(|low| HIGH.contains(&unit) && LOW.contains(low)) {
        Some(low) => (0x1_0000 + ((unit - HIGH.start) << 10) + (low - LOW.start), 12),
        None => (unit, 6),
    }
}

fn hex(digits: Option<&[u8]>) -> Option<u32> {
    digits?.iter().try_fold(0, |value, &digit| Some(value * 16 + (digit as char).to_digit(16)?))
}

/// Decodes percent-encoding once. Invalid sequences are left unchanged.
pub fn percent_decode(text: &[u8]) -> Cow<'_, [u8]> {
    hex_decode(text, b'%')
}

/// Decodes `prefix` followed by two hexadecimal digits, once.
pub(crate) fn hex_decode(text: &[u8], prefix: u8) -> Cow<'_, [u8]> {
    if memchr(prefix, text).is_none() {
        return Cow::Borrowed(text);
    }
    let mut plain = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = memchr(prefix, rest) {
        plain.extend_from_slice(&rest[..at]);
        let (byte, read) = match hex(rest.get(at + 1..at + 3)) {
            Some(byte) => (byte as u8, 3),
            None => (prefix, 1),
        };
        plain.push(byte);
        rest = &rest[at + read..];
    }
    plain.extend_from_slice(rest);
    Cow::Owned(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_of_every_server_are_decoded() {
        for (escaped, plain) in [
            (r#"say \"hi\" \\o/"#, "say \"hi\" \\o/"),
            (r"nginx \x22q\x22 \x5C \xC3\xBC", "nginx \"q\" \\ ü"),
            (r"tab\there\u00fc", "tab\thereü"),
            (r"\ud83e\udd16 \ud83e \u003c", "🤖 \u{fffd} <"),
            (r"no escape: \q \x2 \u12", r"no escape: \q \x2 \u12"),
            ("ends in \\", "ends in \\"),
        ] {
            assert_eq!(String::from_utf8_lossy(&unescape(escaped.as_bytes())), plain);
        }
    }

    #[test]
    fn percent_encoding_is_decoded_once() {
        for (encoded, plain) in [
            ("/wiki/M%C3%BCnchen", "/wiki/München"),
            ("100%", "100%"),
            ("%zz%4", "%zz%4"),
            ("%2520", "%20"),
        ] {
            assert_eq!(String::from_utf8_lossy(&percent_decode(encoded.as_bytes())), plain);
        }
    }
}
