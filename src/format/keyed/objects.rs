//! Parts a line into the JSON objects that stand on it, as exports write them.

use memchr::memchr;

use super::pairs::quoted_end;

/// The objects of a line that holds one array, or a part of one: `[{…},{…}]`, `{"records":[{…},{…}`, `{…},`, `]}`.
///
/// Each with what stands behind it, up to the next, trimmed; none for a line of brackets. `None` if the
/// line is something else.
pub(in crate::format) fn objects(line: &[u8]) -> Option<Vec<&[u8]>> {
    let mut rest = array_start(line);
    let mut objects = Vec::new();
    loop {
        let start = rest.iter().position(|byte| !between(*byte)).unwrap_or(rest.len());
        rest = &rest[start..];
        if rest.is_empty() {
            // A whole object alone was read already, and is no array.
            return (objects.len() != 1 || objects != [line]).then_some(objects);
        }
        if closes(rest) {
            return Some(objects);
        }
        let end = object_end(rest)?;
        objects.push(&rest[..end]);
        rest = &rest[end..];
    }
}

fn between(byte: u8) -> bool {
    byte.is_ascii_whitespace() || matches!(byte, b',' | b'[')
}

/// Whether nothing but closing brackets follows.
fn closes(text: &[u8]) -> bool {
    text.iter().all(|byte| between(*byte) || matches!(byte, b']' | b'}'))
}

/// What follows the `{"records":[` that an export may put around its array.
fn array_start(line: &[u8]) -> &[u8] {
    let inner = || {
        let key = line.strip_prefix(b"{")?.trim_ascii_start().strip_prefix(b"\"")?;
        let after = &key[memchr(b'"', key)? + 1..];
        let array = after.trim_ascii_start().strip_prefix(b":")?.trim_ascii_start();
        let elements = array.strip_prefix(b"[")?.trim_ascii_start();
        matches!(elements.first(), None | Some(b'{')).then_some(elements)
    };
    inner().unwrap_or(line)
}

/// Where a line ends that is an object over several lines, as exports indent them: behind the line end that
/// follows it. `None` where the text does not start with a line that only opens one.
pub(in crate::format) fn indented_end(text: &[u8]) -> Option<usize> {
    let first = &text[..memchr(b'\n', text)?];
    if first.trim_ascii() != b"{" {
        return None;
    }
    let start = memchr(b'{', first)?;
    let end = start + object_end(&text[start..])?;
    Some(memchr(b'\n', &text[end..]).map_or(text.len(), |after| end + after + 1))
}

/// How much of a text is whole objects, where objects stand over several lines: up to the line end behind
/// the last. `None` where they do not.
pub(in crate::format) fn indented_objects(text: &[u8]) -> Option<usize> {
    let (mut whole, mut at) = (None, 0);
    while at < text.len() {
        let rest = &text[at..];
        if let Some(end) = indented_end(rest) {
            at += end;
            whole = Some(at).filter(|end| text[end - 1] == b'\n').or(whole);
            continue;
        }
        // Brackets stand around and between them.
        let Some(end) = memchr(b'\n', rest) else { break };
        let line = rest[..end].trim_ascii();
        if !closes(line) && !array_start(line).is_empty() {
            break;
        }
        at += end + 1;
        whole = whole.map(|_| at);
    }
    whole
}

/// Where the object that `text` starts with ends.
fn object_end(text: &[u8]) -> Option<usize> {
    text.first().filter(|byte| **byte == b'{')?;
    let (mut at, mut depth) = (0, 0_usize);
    loop {
        match text.get(at)? {
            b'{' => depth += 1,
            b'}' if depth == 1 => return Some(at + 1),
            b'}' => depth -= 1,
            b'"' => at += 1 + quoted_end(&text[at + 1..])?,
            _ => {}
        }
        at += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn objects_over_several_lines() {
        let one = "  {\n    \"a\": {\n      \"b\": \"}\"\n    }\n  },\n";
        assert_eq!(indented_end(one.as_bytes()), Some(one.len()));
        let all = format!("[\n{one}{one}");
        assert_eq!(indented_objects(format!("{all}  {{\n    \"a\"").as_bytes()), Some(all.len()));
        let closed = format!("{all}]\n");
        assert_eq!(indented_objects(closed.as_bytes()), Some(closed.len()));
        let records = format!("{{\"records\": [\n{one}");
        assert_eq!(indented_objects(records.as_bytes()), Some(records.len()));
        for other in ["{\"a\":1}\n", "[\n{\"a\":1},\n", "{\n", "{\n \"a\": 1\n", "prose\n", ""] {
            assert_eq!(indented_objects(other.as_bytes()), None, "{other}");
        }
    }

    #[test]
    fn arrays_are_parted() {
        let parted = |line: &'static str| {
            let parts = objects(line.as_bytes())?;
            Some(parts.into_iter().map(|p| std::str::from_utf8(p).unwrap()).collect::<Vec<_>>())
        };
        assert_eq!(parted(r#"[{"a":1},{"b":"}]"}]"#), Some(vec![r#"{"a":1}"#, r#"{"b":"}]"}"#]));
        let records = r#"{"records": [ {"a":{"b":[1]}} , {"c":"\"}"} ] }"#;
        assert_eq!(parted(records), Some(vec![r#"{"a":{"b":[1]}}"#, r#"{"c":"\"}"}"#]));
        assert_eq!(parted(r#"{"a":1},"#), Some(vec![r#"{"a":1}"#]));
        assert_eq!(parted(r#"{"a":1}]}"#), Some(vec![r#"{"a":1}"#]));
        assert_eq!(parted(r#"{"a":1}{"b":2}"#), Some(vec![r#"{"a":1}"#, r#"{"b":2}"#]));
        for brackets in ["[", "]", "]}", "{\"records\":[", "},"] {
            assert_eq!(parted(brackets), Some(vec![]), "{brackets}");
        }
        for other in ["{\"a\":1}", "prose", "{\"a\":1} prose", "[1]", "{\"a\":[1,2]}", "{\"a\":\"x"]
        {
            assert_eq!(parted(other), None, "{other}");
        }
    }
}
