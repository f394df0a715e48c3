//! Splits texts into JSON objects, which exports write on one line or over several.

use memchr::memchr;

use super::scan::quoted_end;

/// Returns the objects of a line that holds an array or a part of one: `[{…},{…}]`, `{"records":[{…},{…}`, `{…},`,
/// `]}`.
///
/// A line of brackets has no objects. Returns `None` for any other line.
pub fn objects(line: &[u8]) -> Option<Vec<&[u8]>> {
    let mut rest = array_start(line);
    let mut objects = Vec::new();
    loop {
        let start = rest.iter().position(|byte| !is_between_objects(*byte)).unwrap_or(rest.len());
        rest = &rest[start..];
        if rest.is_empty() {
            // A line that is a single object is not an array.
            return (objects.len() != 1 || objects != [line]).then_some(objects);
        }
        if is_closing(rest) {
            return Some(objects);
        }
        let end = object_end(rest)?;
        objects.push(&rest[..end]);
        rest = &rest[end..];
    }
}

fn is_between_objects(byte: u8) -> bool {
    byte.is_ascii_whitespace() || matches!(byte, b',' | b'[')
}

/// Returns whether a text has only brackets, commas and space, with no opening brace.
fn is_closing(text: &[u8]) -> bool {
    text.iter().all(|byte| is_between_objects(*byte) || matches!(byte, b']' | b'}'))
}

/// Returns the text after the `{"records":[` that an export may put before its array.
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

/// Returns the end of an indented object over several lines, line end included. `None` if the text does not
/// start with a line that only opens an object.
pub fn indented_end(text: &[u8]) -> Option<usize> {
    let first = &text[..memchr(b'\n', text)?];
    if first.trim_ascii() != b"{" {
        return None;
    }
    let start = memchr(b'{', first)?;
    let end = start + object_end(&text[start..])?;
    Some(memchr(b'\n', &text[end..]).map_or(text.len(), |after| end + after + 1))
}

/// Returns how many bytes of a text are complete objects over several lines, line end included: 0 if the first of them
/// is unfinished. `None` if the text has no such objects.
pub fn indented_objects(text: &[u8]) -> Option<usize> {
    let (mut complete, mut at) = (None, 0);
    while at < text.len() {
        let rest = &text[at..];
        if let Some(end) = indented_end(rest) {
            at += end;
            // Its line end may come later.
            complete = Some(at).filter(|end| text[end - 1] == b'\n').or(complete).or(Some(0));
            continue;
        }
        // Skips lines of brackets around and between objects.
        let Some(end) = memchr(b'\n', rest) else { break };
        let line = rest[..end].trim_ascii();
        if is_unfinished(rest) {
            return complete.or(Some(0));
        }
        if !is_closing(line) && !array_start(line).is_empty() {
            break;
        }
        at += end + 1;
        complete = complete.map(|_| at);
    }
    complete
}

/// Returns whether a text starts with a line that only opens an object, and has only lines within that object. Each is
/// indented deeper.
fn is_unfinished(text: &[u8]) -> bool {
    let indentation = |line: &[u8]| line.len() - line.trim_ascii_start().len();
    let mut lines = text.split(|byte| *byte == b'\n').filter(|line| !line.trim_ascii().is_empty());
    let first = lines.next().filter(|line| line.trim_ascii() == b"{");
    first.is_some_and(|first| lines.all(|line| indentation(line) > indentation(first)))
}

/// Returns the end of the object that `text` starts with.
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
    fn objects_over_several_lines_are_found() {
        let one = "  {\n    \"a\": {\n      \"b\": \"}\"\n    }\n  },\n";
        assert_eq!(indented_end(one.as_bytes()), Some(one.len()));
        let all = format!("[\n{one}{one}");
        assert_eq!(indented_objects(format!("{all}  {{\n    \"a\"").as_bytes()), Some(all.len()));
        let closed = format!("{all}]\n");
        assert_eq!(indented_objects(closed.as_bytes()), Some(closed.len()));
        let records = format!("{{\"records\": [\n{one}");
        assert_eq!(indented_objects(records.as_bytes()), Some(records.len()));
        for unfinished in
            ["{\n", "{\n  \"a\": 1\n", "[\n  {\n    \"a\": {\n      \"b\"", "[\n  {\n  "]
        {
            assert_eq!(indented_objects(unfinished.as_bytes()), Some(0), "{unfinished}");
        }
        for other in ["{\"a\":1}\n", "[\n{\"a\":1},\n", "{\n{\"a\": 1}\n", "prose\n", ""] {
            assert_eq!(indented_objects(other.as_bytes()), None, "{other}");
        }
    }

    #[test]
    fn arrays_are_split() {
        let split = |line: &'static str| {
            let parts = objects(line.as_bytes())?;
            Some(parts.into_iter().map(|p| std::str::from_utf8(p).unwrap()).collect::<Vec<_>>())
        };
        assert_eq!(split(r#"[{"a":1},{"b":"}]"}]"#), Some(vec![r#"{"a":1}"#, r#"{"b":"}]"}"#]));
        let records = r#"{"records": [ {"a":{"b":[1]}} , {"c":"\"}"} ] }"#;
        assert_eq!(split(records), Some(vec![r#"{"a":{"b":[1]}}"#, r#"{"c":"\"}"}"#]));
        assert_eq!(split(r#"{"a":1},"#), Some(vec![r#"{"a":1}"#]));
        assert_eq!(split(r#"{"a":1}]}"#), Some(vec![r#"{"a":1}"#]));
        assert_eq!(split(r#"{"a":1}{"b":2}"#), Some(vec![r#"{"a":1}"#, r#"{"b":2}"#]));
        for brackets in ["[", "]", "]}", "{\"records\":[", "},"] {
            assert_eq!(split(brackets), Some(vec![]), "{brackets}");
        }
        for other in ["{\"a\":1}", "prose", "{\"a\":1} prose", "[1]", "{\"a\":[1,2]}", "{\"a\":\"x"]
        {
            assert_eq!(split(other), None, "{other}");
        }
    }
}
