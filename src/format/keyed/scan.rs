//! Walks over a JSON object without building it, as tolerant as servers' templates ask for.

use memchr::memchr2;

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

/// The keys that lead to a value, outermost first.
pub(in crate::format) type Path<'p, 'a> = &'p [&'a [u8]];

/// Calls `visit` with each value of the object that `text` is. False if it is none.
///
/// Elements of an array are told under the array's key. A backslash escapes whatever follows, so the
/// `\x22` of nginx's default escaping is taken too, as are bytes that are no UTF-8.
pub(in crate::format) fn scan<'a>(
    text: &'a [u8],
    visit: &mut impl FnMut(Path<'_, 'a>, Value<'a>),
) -> bool {
    let mut walk = Walk { rest: text, path: [&[]; DEPTH_MAX], depth: 0, visit };
    walk.skip_space();
    // In an array that takes up a whole file, a comma ends the line.
    walk.object().is_some() && matches!(walk.rest.trim_ascii_start(), [] | [b','])
}

struct Walk<'a, 'v, V> {
    rest: &'a [u8],
    path: [&'a [u8]; DEPTH_MAX],
    depth: usize,
    visit: &'v mut V,
}

impl<'a, V: FnMut(Path<'_, 'a>, Value<'a>)> Walk<'a, '_, V> {
    fn object(&mut self) -> Option<()> {
        self.take(b'{')?;
        loop {
            self.skip_space();
            match self.rest.first()? {
                b'}' => return self.take(b'}'),
                b',' => self.take(b',')?,
                b'"' => {
                    let key = self.text()?;
                    self.skip_space();
                    self.take(b':')?;
                    *self.path.get_mut(self.depth)? = key;
                    self.depth += 1;
                    self.value()?;
                    self.depth -= 1;
                }
                _ => return None,
            }
        }
    }

    fn value(&mut self) -> Option<()> {
        self.skip_space();
        let value = match self.rest.first()? {
            b'{' => return self.object(),
            b'[' => return self.array(),
            b'"' => Value::Text(self.text()?),
            _ => {
                let is_end = |byte: &u8| byte.is_ascii_whitespace() || b",}]".contains(byte);
                let end = self.rest.iter().position(is_end)?;
                let (bare, rest) = self.rest.split_at(end);
                self.rest = rest;
                Value::Bare(bare)
            }
        };
        (self.visit)(&self.path[..self.depth], value);
        Some(())
    }

    fn array(&mut self) -> Option<()> {
        self.take(b'[')?;
        // Arrays nest without keys: the bound on depth must hold for them too.
        *self.path.get_mut(self.depth)? = b"";
        self.depth += 1;
        let end = self.elements();
        self.depth -= 1;
        end
    }

    fn elements(&mut self) -> Option<()> {
        loop {
            self.skip_space();
            match self.rest.first()? {
                b']' => return self.take(b']'),
                b',' => self.take(b',')?,
                b'}' => return None, // The end of no element: nothing would be taken of it, for ever.
                _ => self.value()?,
            }
        }
    }

    /// A text in double quotes.
    fn text(&mut self) -> Option<&'a [u8]> {
        self.take(b'"')?;
        let mut at = 0;
        loop {
            at += memchr2(b'"', b'\\', &self.rest[at..])?;
            if self.rest[at] == b'"' {
                let text = &self.rest[..at];
                self.rest = &self.rest[at + 1..];
                return Some(text);
            }
            at += 2;
            self.rest.get(at..)?;
        }
    }

    fn take(&mut self, byte: u8) -> Option<()> {
        self.rest = self.rest.strip_prefix(&[byte])?;
        Some(())
    }

    fn skip_space(&mut self) {
        self.rest = self.rest.trim_ascii_start();
    }
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
