//! Writes JSON with control and invisible characters escaped, so that it is safe to show on a terminal.

use std::io;

use serde::Serialize;
use serde_json::ser::{CompactFormatter, Formatter, PrettyFormatter, Serializer};

use super::escape::is_control_or_invisible;

/// Serializes a value as one line, with a line terminator.
pub fn json_line<T: Serialize>(value: &T) -> Vec<u8> {
    serialize(value, CompactFormatter)
}

/// Serializes a value with an indent of two spaces, and a line terminator.
pub fn json_pretty<T: Serialize>(value: &T) -> Vec<u8> {
    serialize(value, PrettyFormatter::new())
}

fn serialize<T: Serialize>(value: &T, formatter: impl Formatter) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut serializer = Serializer::with_formatter(&mut bytes, EscapingFormatter(formatter));
    value.serialize(&mut serializer).expect("plain data with text keys, written to memory");
    bytes.push(b'\n');
    bytes
}

/// A formatter that escapes control and invisible characters as `\u`. JSON itself requires that only below U+0020.
struct EscapingFormatter<F>(F);

impl<F: Formatter> Formatter for EscapingFormatter<F> {
    fn write_string_fragment<W: ?Sized + io::Write>(
        &mut self,
        writer: &mut W,
        fragment: &str,
    ) -> io::Result<()> {
        let mut rest = fragment;
        while let Some(at) = rest.find(is_control_or_invisible) {
            let (before, from) = rest.split_at(at);
            let escaped = from.chars().next().unwrap_or_default();
            self.0.write_string_fragment(writer, before)?;
            write!(writer, "\\u{:04x}", u32::from(escaped))?; // All of them are below U+10000.
            rest = &from[escaped.len_utf8()..];
        }
        self.0.write_string_fragment(writer, rest)
    }

    fn begin_array<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.begin_array(writer)
    }

    fn end_array<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.end_array(writer)
    }

    fn begin_array_value<W: ?Sized + io::Write>(
        &mut self,
        w: &mut W,
        first: bool,
    ) -> io::Result<()> {
        self.0.begin_array_value(w, first)
    }

    fn end_array_value<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.end_array_value(writer)
    }

    fn begin_object<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.begin_object(writer)
    }

    fn end_object<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.end_object(writer)
    }

    fn begin_object_key<W: ?Sized + io::Write>(
        &mut self,
        w: &mut W,
        first: bool,
    ) -> io::Result<()> {
        self.0.begin_object_key(w, first)
    }

    fn begin_object_value<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.begin_object_value(writer)
    }

    fn end_object_value<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.end_object_value(writer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn special_characters_are_escaped_and_read_back() {
        let text = "a\u{1b}[2J\u{9b}\u{7f}\u{202e}ü\"\\\n";
        let line = json_line(&[text]);
        assert_eq!(line, b"[\"a\\u001b[2J\\u009b\\u007f\\u202e\xc3\xbc\\\"\\\\\\n\"]\n");
        assert_eq!(serde_json::from_slice::<Vec<String>>(&line).unwrap(), [text]);
    }
}
