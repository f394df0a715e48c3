//! Walks over a JSON object without building it, as tolerant as servers' templates ask for.

use crate::find::find_either;

/// Deeper objects are no log's: the deepest known has its user agent three levels down.
const DEPTH_MAX: usize = 8;

/// A value that is not an object or array.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::format) enum Value<'a> {
    /// What stands between double quotes, its escapes as they are.
    Text(&'a [u8]),
    /// A number, `true`, `null`, or nothing: nginx writes `"key":,` for a variable that is not set.
    Bare(&'a [u8]),
}

/// Is told of an object's values, and of the keys that lead there.
pub(in crate::format) trait Visitor<'a> {
    /// What is known of the keys that were passed.
    type Place: Copy;

    /// What is under a key of the object at a place.
    fn below(&mut self, place: Self::Place, key: &'a [u8]) -> Self::Place;

    /// What the elements of the array at a place are.
    fn element(&mut self, place: Self::Place) -> Self::Place;

    /// Takes the value at a place.
    fn value(&mut self, place: Self::Place, value: Value<'a>);
}

/// The keys that lead to a value, outermost first.
pub(in crate::format) type Path<'p, 'a> = &'p [&'a [u8]];

/// Calls `visit` with each value of the object that `text` is. False if it is none.
///
/// Elements of an array are told under the array's key, and nothing behind it. A backslash escapes whatever
/// follows, so the `\x22` of nginx's default escaping is taken too, as are bytes that are no UTF-8.
pub(in crate::format) fn scan<'a>(
    text: &'a [u8],
    visit: &mut impl FnMut(Path<'_, 'a>, Value<'a>),
) -> bool {
    walk(text, 0, &mut Paths::told(visit))
}

/// Tells `visitor` of each value of the object that `text` is, as [`scan`] does; its own place is `root`.
pub(in crate::format) fn walk<'a, V: Visitor<'a>>(
    text: &'a [u8],
    root: V::Place,
    visitor: &mut V,
) -> bool {
    let mut walk = Walk { text, at: 0, depth: 0, visitor };
    walk.skip_space();
    // In an array that takes up a whole file, a comma ends the line.
    walk.object(root).is_some() && matches!(text[walk.at..].trim_ascii_start(), [] | [b','])
}

/// Keeps the keys that were passed; a place is their number.
pub(super) struct Paths<'a, 'v, V> {
    path: [&'a [u8]; DEPTH_MAX],
    visit: &'v mut V,
}

impl<'a, 'v, V: FnMut(Path<'_, 'a>, Value<'a>)> Paths<'a, 'v, V> {
    /// A visitor that tells `visit` of each value.
    pub(super) fn told(visit: &'v mut V) -> Paths<'a, 'v, V> {
        Paths { path: [&[]; DEPTH_MAX], visit }
    }
}

impl<'a, V: FnMut(Path<'_, 'a>, Value<'a>)> Visitor<'a> for Paths<'a, '_, V> {
    type Place = usize;

    fn below(&mut self, place: usize, key: &'a [u8]) -> usize {
        self.path[place] = key;
        place + 1
    }

    fn element(&mut self, place: usize) -> usize {
        self.below(place, b"")
    }

    fn value(&mut self, place: usize, value: Value<'a>) {
        (self.visit)(&self.path[..place], value);
    }
}

struct Walk<'a, 'v, V> {
    text: &'a [u8],
    at: usize,
    /// How many objects and arrays the walk is in.
    depth: usize,
    visitor: &'v mut V,
}

impl<'a, V: Visitor<'a>> Walk<'a, '_, V> {
    fn object(&mut self, place: V::Place) -> Option<()> {
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
                    let place = self.visitor.below(place, key);
                    self.value(place)?;
                }
                _ => return None,
            }
        }
        self.depth -= 1;
        self.take(b'}')
    }

    #[inline]
    fn value(&mut self, place: V::Place) -> Option<()> {
        self.skip_space();
        let value = match self.next()? {
            b'{' => return self.object(place),
            b'[' => return self.array(place),
            b'"' => Value::Text(self.quoted()?),
            _ => {
                let rest = &self.text[self.at..];
                let is_end = |byte: &u8| is_space(*byte) || matches!(byte, b',' | b']' | b'}');
                let bare = &rest[..rest.iter().position(is_end)?];
                self.at += bare.len();
                Value::Bare(bare)
            }
        };
        self.visitor.value(place, value);
        Some(())
    }

    fn array(&mut self, place: V::Place) -> Option<()> {
        self.take(b'[')?;
        // Arrays nest without keys: the bound on depth must hold for them too.
        self.enter()?;
        let place = self.visitor.element(place);
        loop {
            self.skip_space();
            match self.next()? {
                b']' => break,
                b',' => self.at += 1,
                b'}' => return None, // The end of no element: nothing would be taken of it, for ever.
                _ => self.value(place)?,
            }
        }
        self.depth -= 1;
        self.take(b']')
    }

    fn enter(&mut self) -> Option<()> {
        self.depth += 1;
        (self.depth <= DEPTH_MAX).then_some(())
    }

    /// A text in double quotes.
    #[inline]
    fn quoted(&mut self) -> Option<&'a [u8]> {
        self.take(b'"')?;
        let (start, mut end) = (self.at, self.at);
        loop {
            end += find_either(b'"', b'\\', self.text.get(end..)?)?;
            if self.text[end] == b'"' {
                self.at = end + 1;
                return Some(&self.text[start..end]);
            }
            end += 2;
        }
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

#[cfg(test)]
mod tests {
    use super::*;

    fn told(text: &str) -> Option<String> {
        let mut told = String::new();
        let mut visit = |path: Path<'_, '_>, value: Value<'_>| {
            let keys: Vec<_> = path.iter().map(|key| String::from_utf8_lossy(key)).collect();
            let (mark, value) = match value {
                Value::Text(text) => ("'", text),
                Value::Bare(text) => ("", text),
            };
            told += &format!("{}={mark}{};", keys.join("."), String::from_utf8_lossy(value));
        };
        scan(text.as_bytes(), &mut visit).then_some(told)
    }

    #[test]
    fn what_servers_write() {
        for (text, expected) in [
            (r#"{"a":1,"b":"x \"y\" \x22","c":,"d":null}"#, "a=1;b='x \\\"y\\\" \\x22;c=;d=null;"),
            (r#" { "a" : { "b" : [ "x", "y" ] }, } "#, "a.b.='x;a.b.='y;"),
            ("{}", ""),
        ] {
            assert_eq!(told(text).as_deref(), Some(expected), "{text}");
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
            assert_eq!(told(wrong), None, "{wrong}");
        }
    }
}
