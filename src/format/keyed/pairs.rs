//! Walks over lines of `key:value` and `key=value`.

use memchr::{memchr, memchr2};

use super::scan::{Value, Visitor};

/// Tells `visitor` of each pair of an LTSV line (ltsv.org). False if it is none.
pub(super) fn ltsv<'a, V: Visitor<'a>>(line: &'a [u8], root: V::Place, visitor: &mut V) -> bool {
    let mut pairs = 0;
    for field in line.split(|byte| *byte == b'\t') {
        let Some(colon) = memchr(b':', field).filter(|at| is_key(&field[..*at])) else {
            return false;
        };
        let place = visitor.below(root, &field[..colon]);
        visitor.value(place, Value::Text(&field[colon + 1..]));
        pairs += 1;
    }
    pairs > 1
}

/// Tells `visitor` of each pair of a logfmt line; bare words are passed over. False if it has fewer
/// than three pairs.
pub(super) fn logfmt<'a, V: Visitor<'a>>(line: &'a [u8], root: V::Place, visitor: &mut V) -> bool {
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
                let place = visitor.below(root, key);
                visitor.value(place, Value::Text(value));
                pairs += 1;
            }
            rest = after;
        }
        rest = rest.trim_ascii_start();
    }
    pairs >= 3
}

/// Where a quoted value ends: a backslash escapes what follows it.
pub(super) fn quoted_end(text: &[u8]) -> Option<usize> {
    let mut at = 0;
    loop {
        at += memchr2(b'"', b'\\', text.get(at..)?)?;
        if text[at] == b'"' {
            return Some(at);
        }
        at += 2;
    }
}

fn is_key(key: &[u8]) -> bool {
    let sound = |byte: &u8| byte.is_ascii_alphanumeric() || b"_-.@".contains(byte);
    !key.is_empty() && key.iter().all(sound)
}

#[cfg(test)]
mod tests {
    use super::super::scan::{Path, Paths};
    use super::*;

    fn told(line: &str, logfmt_line: bool) -> Option<String> {
        let mut told = String::new();
        let mut visit = |path: Path<'_, '_>, value: Value<'_>| {
            let Value::Text(value) = value else { return };
            let text = |bytes| String::from_utf8_lossy(bytes).into_owned();
            told += &format!("{}={};", text(path[0]), text(value));
        };
        let line = line.as_bytes();
        let mut paths = Paths::told(&mut visit);
        let whole =
            if logfmt_line { logfmt(line, 0, &mut paths) } else { ltsv(line, 0, &mut paths) };
        whole.then_some(told)
    }

    #[test]
    fn pairs_of_both_kinds() {
        assert_eq!(told("a:1\tb:x:y\tc:", false).as_deref(), Some("a=1;b=x:y;c=;"));
        assert_eq!(told("a b", false), None);
        assert_eq!(told("just:one", false), None);
        let line = r#"at=info path="/a \"b\"" empty= word status=200"#;
        assert_eq!(
            told(line, true).as_deref(),
            Some(r#"at=info;path=/a \"b\";empty=;status=200;"#)
        );
        assert_eq!(told("a=1 b=2", true), None);
        assert_eq!(told(r#"a=1 b=2 c="x"#, true), None);
    }
}
