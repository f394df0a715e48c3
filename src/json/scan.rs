//! Walks over the values of a JSON object without building it.

use crate::byte_mask::find_either;

/// The maximum nesting depth. The deepest known log has its user agent three levels down.
const DEPTH_MAX: usize = 8;

/// A value that is not an object or array.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Value<'a> {
    /// The text between double quotes, with its escapes.
    Text(&'a [u8]),
    /// A number, `true`, `null`, or nothing: nginx writes `"key":,` for a variable that is not set.
    Bare(&'a [u8]),
}

impl<'a> Value<'a> {
    pub fn bytes(self) -> &'a [u8] {
        match self {
            Value::Text(text) | Value::Bare(text) => text,
        }
    }
}

/// Receives the values of an object with the keys that lead to them.
pub trait Visitor<'a> {
    /// Identifies the keys that lead to a value.
    type Position: Copy;

    /// Returns the position under a key of the object at `position`.
    fn key(&mut self, position: Self::Position, key: &'a [u8]) -> Self::Position;

    /// Returns the position of the elements of the array at `position`.
    fn element(&mut self, position: Self::Position) -> Self::Position;

    /// Takes the value at a position.
    fn value(&mut self, position: Self::Position, value: Value<'a>);
}

/// The keys that lead to a value, outermost first.
pub type Path<'p, 'a> = &'p [&'a [u8]];

/// Calls `visit` with each value of the object in `text`. Returns false if the text is not an object.
///
/// The path of an array's elements is that of the array, followed by an empty key. A backslash escapes whatever
/// follows, so the `\x22` of nginx's default escaping is accepted, and so are bytes that are not UTF-8.
pub fn scan<'a>(text: &'a [u8], visit: &mut impl FnMut(Path<'_, 'a>, Value<'a>)) -> bool {
    walk(text, 0, &mut PathVisitor::new(visit))
}

/// Calls `visitor` with each value of the object in `text`, as [`scan`] does. The object's position is `root`.
pub fn walk<'a, V: Visitor<'a>>(text: &'a [u8], root: V::Position, visitor: &mut V) -> bool {
    let mut parser = Parser { text, at: 0, depth: 0, visitor };
    parser.skip_space();
    // If the whole file is an array, its lines end with a comma.
    parser.object(root).is_some() && matches!(text[parser.at..].trim_ascii_start(), [] | [b','])
}

/// A visitor that collects the keys that lead to each value. A position is the number of keys.
pub struct PathVisitor<'a, 'v, V> {
    path: [&'a [u8]; DEPTH_MAX],
    visit: &'v mut V,
}

impl<'a, 'v, V: FnMut(Path<'_, 'a>, Value<'a>)> PathVisitor<'a, 'v, V> {
    /// Returns a visitor that calls `visit` with each value.
    pub fn new(visit: &'v mut V) -> PathVisitor<'a, 'v, V> {
        PathVisitor { path: [&[]; DEPTH_MAX], visit }
    }
}

impl<'a, V: FnMut(Path<'_, 'a>, Value<'a>)> Visitor<'a> for PathVisitor<'a, '_, V> {
    type Position = usize;

    fn key(&mut self, position: usize, key: &'a [u8]) -> usize {
        self.path[position] = key;
        position + 1
    }

    fn element(&mut self, position: usize) -> usize {
        self.key(position, b"")
    }

    fn value(&mut self, position: usize, value: Value<'a>) {
        (self.visit)(&self.path[..position], value);
    }
}

struct Parser<'a, 'v, V> {
    text: &'a [u8],
    at: usize,
    /// The number of objects and arrays that enclose `at`.
    depth: usize,
    visitor: &'v mut V,
}

impl<'a, V: Visitor<'a>> Parser<'a, '_, V> {
    fn object(&mut self, position: V::Position) -> Option<()> {
        self.take(b'{')?;
        self.enter()?;
        loop {
            self.skip_space();
            match self.next()? {
                b'}' => break,
                b',' => self.at += 1,
                b'"' => {
                    let key = self.quoted()?;
                    self.skip_space();
                    self.take(b':')?;
                    let position = self.visitor.key(position, key);
                    self.value(position)?;
                }
                _ => return None,
            }
        }
        self.depth -= 1;
        self.take(b'}')
    }

    #[inline]
    fn value(&mut self, position: V::Position) -> Option<()> {
        self.skip_space();
        let value = match self.next()? {
            b'{' => return self.object(position),
            b'[' => return self.array(position),
            b'"' => Value::Text(self.quoted()?),
            _ => {
                let rest = &self.text[self.at..];
                let is_end = |byte: &u8| is_space(*byte) || matches!(byte, b',' | b']' | b'}');
                let bare = &rest[..rest.iter().position(is_end)?];
                self.at += bare.len();
                Value::Bare(bare)
            }
        };
        self.visitor.value(position, value);
        Some(())
    }

    fn array(&mut self, position: V::Position) -> Option<()> {
        self.take(b'[')?;
        // Arrays nest without keys, so the bound on depth must hold for them too.
        self.enter()?;
        let position = self.visitor.element(position);
        loop {
            self.skip_space();
            match self.next()? {
                b']' => break,
                b',' => self.at += 1,
                b'}' => return None, // `value` would not consume it, so the loop would never advance.
                _ => self.value(position)?,
            }
        }
        self.depth -= 1;
        self.take(b']')
    }

    fn enter(&mut self) -> Option<()> {
        self.depth += 1;
        (self.depth <= DEPTH_MAX).then_some(())
    }

    /// Parses a text in double quotes.
    #[inline]
    fn quoted(&mut self) -> Option<&'a [u8]> {
        self.take(b'"')?;
        let rest = &self.text[self.at..];
        let end = quoted_end(rest)?;
        self.at += end + 1;
        Some(&rest[..end])
    }

    #[inline]
    fn next(&self) -> Option<u8> {
        self.text.get(self.at).copied()
    }

    #[inline]
    fn take(&mut self, byte: u8) -> Option<()> {
        self.at += 1;
        (self.text.get(self.at - 1) == Some(&byte)).then_some(())
    }

    #[inline]
    fn skip_space(&mut self) {
        while self.next().is_some_and(is_space) {
            self.at += 1;
        }
    }
}

#[inline]
fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\r' | b'\n' | b'\x0c')
}

/// Returns the offset of the quote that ends a quoted text. A backslash escapes what follows it.
pub fn quoted_end(text: &[u8]) -> Option<usize> {
    let mut at = 0;
    loop {
        at += find_either(text.get(at..)?, b'"', b'\\')?;
        if text[at] == b'"' {
            return Some(at);
        }
        at += 2;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn visited(text: &str) -> Option<String> {
        let mut visited = String::new();
        let mut visit = |path: Path<'_, '_>, value: Value<'_>| {
            let keys: Vec<_> = path.iter().map(|key| String::from_utf8_lossy(key)).collect();
            let (quote, value) = match value {
                Value::Text(text) => ("'", text),
                Value::Bare(text) => ("", text),
            };
            visited += &format!("{}={quote}{};", keys.join("."), String::from_utf8_lossy(value));
        };
        scan(text.as_bytes(), &mut visit).then_some(visited)
    }

    #[test]
    fn values_are_visited_and_invalid_texts_are_rejected() {
        for (text, expected) in [
            (r#"{"a":1,"b":"x \"y\" \x22","c":,"d":null}"#, "a=1;b='x \\\"y\\\" \\x22;c=;d=null;"),
            (r#" { "a" : { "b" : [ "x", "y" ] }, } "#, "a.b.='x;a.b.='y;"),
            ("{}", ""),
        ] {
            assert_eq!(visited(text).as_deref(), Some(expected), "{text}");
        }
        let deep = format!("{}1{}", "{\"a\":".repeat(50), "}".repeat(50));
        let nested = format!("{{\"a\":{}1{}}}", "[".repeat(5000), "]".repeat(5000));
        for wrong in [
            "",
            "[1]",
            "{\"a\"",
            "{\"a\":1",
            "{\"a\":\"x",
            "{\"a\":\"x\\",
            "{a:1}",
            "{} x",
            "{\"a\":[}",
            "{\"a\":[1 }]}",
            &deep,
            &nested,
        ] {
            assert_eq!(visited(wrong), None, "{wrong}");
        }
    }
}
