//! JSON, in which no character acts on the terminal that shows it.

use std::io;

use serde::Serialize;
use serde_json::ser::{CompactFormatter, Formatter, PrettyFormatter, Serializer};

use super::safe::acts;

/// One object on one line, with its line end.
pub fn json_line<T: Serialize>(value: &T) -> Vec<u8> {
    written(value, CompactFormatter)
}

/// Indented by two spaces, with a line end.
pub fn json_pretty<T: Serialize>(value: &T) -> Vec<u8> {
    written(value, PrettyFormatter::new())
}

fn written<T: Serialize>(value: &T, formatter: impl Formatter) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut serializer = Serializer::with_formatter(&mut bytes, Shown(formatter));
    value.serialize(&mut serializer).expect("plain data with text keys, written to memory");
    bytes.push(b'\n');
    bytes
}

/// Writes as another formatter does, with `\u` escapes for what acts: JSON itself asks for them only
/// below U+0020.
struct Shown<F>(F);

impl<F: Formatter> Formatter for Shown<F> {
    fn write_string_fragment<W: ?Sized + io::Write>(
        &mut self,
        writer: &mut W,
        fragment: &str,
    ) -> io::Result<()> {
        let mut rest = fragment;
        while let Some(at) = rest.find(acts) {
            let (before, from) = rest.split_at(at);
            let acting = from.chars().next().unwrap_or_default();
            self.0.write_string_fragment(writer, before)?;
            write!(writer, "\\u{:04x}", u32::from(acting))?; // All of them are below U+10000.
            rest = &from[acting.len_utf8()..];
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
    fn nothing_acts_and_everything_reads_back() {
        let text = "a\u{1b}[2J\u{9b}\u{7f}\u{202e}ü\"\\\n";
        let line = json_line(&[text]);
        assert_eq!(line, b"[\"a\\u001b[2J\\u009b\\u007f\\u202e\xc3\xbc\\\"\\\\\\n\"]\n");
        assert_eq!(serde_json::from_slice::<Vec<String>>(&line).unwrap(), [text]);
    }
}
