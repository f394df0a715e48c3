//! Parses lines of `key:value` and `key=value` pairs.

use memchr::{memchr, memchr2};

use crate::json::{Value, Visitor, quoted_end};

/// Calls `visitor` with each pair of an LTSV line (ltsv.org). Returns false if the line is not LTSV or has fewer than
/// two pairs.
pub(crate) fn ltsv<'a, V: Visitor<'a>>(line: &'a [u8], root: V::Position, visitor: &mut V) -> bool {
    let mut pairs = 0;
    for field in line.split(|byte| *byte == b'\t') {
        let Some(colon) = memchr(b':', field).filter(|at| is_key(&field[..*at])) else {
            return false;
        };
        let position = visitor.key(root, &field[..colon]);
        visitor.value(position, Value::Text(&field[colon + 1..]));
        pairs += 1;
    }
    pairs > 1
}

/// Calls `visitor` with each pair of a logfmt line. Bare words are skipped. Returns false if a quote is not closed or
/// the line has fewer than three pairs.
pub(crate) fn logfmt<'a, V: Visitor<'a>>(
    line: &'a [u8],
    root: V::Position,
    visitor: &mut V,
) -> bool {
    let (mut rest, mut pairs) = (line.trim_ascii_start(), 0);
    while let Some(end) =
        (!rest.is_empty()).then(|| memchr2(b' ', b'=', rest).unwrap_or(rest.len()))
    {
        let key = &rest[..end];
        rest = &rest[end..];
        if let Some(value) = rest.strip_prefix(b"=") {
            let (value, after) = match value.strip_prefix(b"\"") {
                Some(quoted) => match quoted_end(quoted) {
                    Some(at) => (&quoted[..at], &quoted[at + 1..]),
                    None => return false,
                },
                None => value.split_at(memchr(b' ', value).unwrap_or(value.len())),
            };
            if is_key(key) {
                let position = visitor.key(root, key);
                visitor.value(position, Value::Text(value));
                pairs += 1;
            }
            rest = after;
        }
        rest = rest.trim_ascii_start();
    }
    pairs >= 3
}

fn is_key(key: &[u8]) -> bool {
    let is_key_byte = |byte: &u8| byte.is_ascii_alphanumeric() || b"_-.@".contains(byte);
    !key.is_empty() && key.iter().all(is_key_byte)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::{Path, PathVisitor};

    fn pairs(line: &str, logfmt_line: bool) -> Option<String> {
        let mut pairs = String::new();
        let mut visit = |path: Path<'_, '_>, value: Value<'_>| {
            let Value::Text(value) = value else { return };
            let text = |bytes| String::from_utf8_lossy(bytes).into_owned();
            pairs += &format!("{}={};", text(path[0]), text(value));
        };
        let line = line.as_bytes();
        let mut paths = PathVisitor::new(&mut visit);
        let is_valid =
            if logfmt_line { logfmt(line, 0, &mut paths) } else { ltsv(line, 0, &mut paths) };
        is_valid.then_some(pairs)
    }

    #[test]
    fn ltsv_and_logfmt_pairs_are_parsed() {
        assert_eq!(pairs("a:1\tb:x:y\tc:", false).as_deref(), Some("a=1;b=x:y;c=;"));
        assert_eq!(pairs("a b", false), None);
        assert_eq!(pairs("just:one", false), None);
        let line = r#"at=info path="/a \"b\"" empty= word status=200"#;
        assert_eq!(
            pairs(line, true).as_deref(),
            Some(r#"at=info;path=/a \"b\";empty=;status=200;"#)
        );
        assert_eq!(pairs("a=1 b=2", true), None);
        assert_eq!(pairs(r#"a=1 b=2 c="x"#, true), None);
    }
}
