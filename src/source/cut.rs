//! Finds the end of the last whole record of a text, so that a chunk can end there.

use memchr::{memchr_iter, memmem, memrchr};

use crate::json::{indented_objects, quoted_end};

/// The boundaries at which a chunk may end. Most logs are cut at any line end; others once their format is known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Cut {
    /// At a line end.
    #[default]
    Line,
    /// After a JSON object, which may span several lines.
    Object,
    /// At a line end, but not between the parts of a line that a container runtime has split.
    Container(Runtime),
}

/// A container runtime. Both split lines that are longer than 16 KiB.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Runtime {
    /// Docker's json-file driver: `{"log":"…\n","stream":"stdout","time":"…"}`.
    Docker,
    /// containerd and CRI-O: `2026-05-20T12:03:09.5Z stdout F …`.
    Cri,
}

/// The position of a runtime's line in the program's own line, of which it may be a part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Part {
    /// 0 for standard output, 1 for standard error. The parts of each are joined separately.
    pub stream: usize,
    /// True if another part follows.
    pub continues: bool,
}

/// The length of the parts into which Docker splits a line, in bytes. The program itself wrote a shorter entry without
/// a line end.
pub const DOCKER_PART_BYTES: usize = 16 << 10;

/// The most lines to search backwards for the start of a split line: lines of the other stream may be between its
/// parts.
const LOOK_BACK_LINES: usize = 64;

impl Cut {
    /// Returns the end of the last whole record of `text`, or `None` if there is no whole line yet.
    pub fn end(self, text: &[u8]) -> Option<usize> {
        let lines = memrchr(b'\n', text).map(|at| at + 1);
        match self {
            Cut::Line => lines,
            Cut::Object => {
                indented_objects(text).map_or(lines, |end| Some(end).filter(|end| *end > 0))
            }
            Cut::Container(runtime) => runtime.whole_lines(text, lines?),
        }
    }
}

impl Runtime {
    /// Returns the stream that a line is from, and whether it continues on a later line.
    pub fn part(self, line: &[u8]) -> Part {
        match self {
            Runtime::Docker => {
                let stream = usize::from(memmem::find(line, br#""stream":"stderr""#).is_some());
                let continues = line.len() > DOCKER_PART_BYTES && !has_logged_line_end(line);
                Part { stream, continues }
            }
            Runtime::Cri => {
                let mut spaces = memchr_iter(b' ', line);
                let tag = spaces.next().zip(spaces.next());
                let stream = tag.map_or(&[][..], |(from, to)| &line[from + 1..to]);
                let continues = tag.is_some_and(|(_, to)| line[to..].starts_with(b" P "));
                Part { stream: usize::from(stream == b"stderr"), continues }
            }
        }
    }

    /// Returns the end of the last whole line before `end`, which is the end of the runtime's own last line.
    fn whole_lines(self, text: &[u8], end: usize) -> Option<usize> {
        let (mut at, mut whole, mut decided) = (end, end, [false; 2]);
        for _ in 0..LOOK_BACK_LINES {
            if at == 0 || decided == [true; 2] {
                break;
            }
            let start = memrchr(b'\n', &text[..at - 1]).map_or(0, |end| end + 1);
            let line = &text[start..at];
            if !self.may_have_written(line) {
                break;
            }
            let part = self.part(line);
            if part.continues && !decided[part.stream] {
                whole = start;
            }
            decided[part.stream] |= !part.continues;
            at = start;
        }
        Some(whole).filter(|whole| *whole > 0)
    }

    fn may_have_written(self, line: &[u8]) -> bool {
        match self {
            Runtime::Docker => line.first() == Some(&b'{'),
            Runtime::Cri => line.first().is_some_and(u8::is_ascii_digit),
        }
    }
}

/// Returns whether the text under `log` ends with a line end. A quote within a value is escaped, so no value can
/// contain the key.
fn has_logged_line_end(line: &[u8]) -> bool {
    const KEY: &[u8] = b"\"log\":\"";
    let text = memmem::find(line, KEY).map(|at| &line[at + KEY.len()..]);
    text.and_then(|text| Some(&text[..quoted_end(text)?])).is_some_and(|log| log.ends_with(b"\\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chunk_ends_before_a_line_that_continues() {
        let cri = |stream: &str, tag: &str, text: &str| {
            format!("2026-05-20T12:03:09.5Z {stream} {tag} {text}\n")
        };
        let (first, second) = (cri("stdout", "F", "one"), cri("stdout", "P", "two, "));
        let (other, third) = (cri("stderr", "F", "oh"), cri("stdout", "F", "three"));
        let end = |lines: &[&str]| Cut::Container(Runtime::Cri).end(lines.concat().as_bytes());
        assert_eq!(end(&[&first, &second]), Some(first.len()));
        assert_eq!(end(&[&first, &second, &other]), Some(first.len()));
        assert_eq!(end(&[&first, &second, &second, "unfinished"]), Some(first.len()));
        let all = [&*first, &second, &other, &third];
        assert_eq!(end(&all), Some(all.concat().len()));
        assert_eq!(end(&[&second]), None);
        assert_eq!(end(&["a\nb"]), Some(2));
        assert_eq!(end(&["a"]), None);
        let docker = |text: &str, end: &str| {
            format!("{{\"log\":\"{text}{end}\",\"stream\":\"stdout\",\"time\":\"x\"}}\n")
        };
        let end = |lines: &[&str]| Cut::Container(Runtime::Docker).end(lines.concat().as_bytes());
        let (long, short) = (docker(&"x".repeat(1 << 14), ""), docker("short", ""));
        assert_eq!(end(&[&short, &long]), Some(short.len()));
        assert_eq!(end(&[&short]), Some(short.len()));
        let ended = docker(&"x".repeat(1 << 14), "\\n");
        assert_eq!(end(&[&ended]), Some(ended.len()));
    }
}
