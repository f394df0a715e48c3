//! Undoes the escapes that servers write into log fields, and percent-encoding.

use std::borrow::Cow;

use memchr::memchr;

/// Undoes backslash escapes: `\"`, `\\`, `\xHH`, `\n`, `\t`, `\r`, `\b`, `\f`, `\v`, `\uHHHH`.
///
/// One reading serves every server: nginx (escape=default) writes `\xHH` alone, a backslash included;
/// Apache adds the letters and `\"`; escape=json adds `\uHHHH`. Anything else stays as it stands.
pub(super) fn unescape(text: &[u8]) -> Cow<'_, [u8]> {
    if memchr(b'\\', text).is_none() {
        return Cow::Borrowed(text);
    }
    let mut plain = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = memchr(b'\\', rest) {
        plain.extend_from_slice(&rest[..at]);
        let taken = unescape_one(&rest[at..], &mut plain);
        rest = &rest[at + taken..];
    }
    plain.extend_from_slice(rest);
    Cow::Owned(plain)
}

/// Reads the escape that `text` starts with; returns how many bytes it took.
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
        let (code, taken) = with_low_surrogate(unit, &text[6..]);
        let character = char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER);
        plain.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
        return taken;
    }
    plain.push(b'\\');
    1
}

/// JSON writes characters above U+FFFF as two escapes, of which the second follows in `rest`. Returns
/// the character's number, and the length of its escapes.
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

/// Undoes percent-encoding, once. What is no encoding stays as it stands.
pub fn percent_decode(text: &[u8]) -> Cow<'_, [u8]> {
    hex_decode(text, b'%')
}

/// Undoes an encoding by a `mark` and two hexadecimal digits, once.
pub(super) fn hex_decode(text: &[u8], mark: u8) -> Cow<'_, [u8]> {
    if memchr(mark, text).is_none() {
        return Cow::Borrowed(text);
    }
    let mut plain = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = memchr(mark, rest) {
        plain.extend_from_slice(&rest[..at]);
        let (byte, taken) = match hex(rest.get(at + 1..at + 3)) {
            Some(byte) => (byte as u8, 3),
            None => (mark, 1),
        };
        plain.push(byte);
        rest = &rest[at + taken..];
    }
    plain.extend_from_slice(rest);
    Cow::Owned(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_of_every_server() {
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
    fn percent_encoding() {
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
