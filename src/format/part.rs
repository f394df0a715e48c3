//! Lines that a container's runtime has split, since it keeps no more than 16 KiB of one.

use memchr::{memchr_iter, memmem, memrchr};

use super::keyed::{Value, indented_objects, scan};
use super::wrapper::Wrapper;

/// What a part says of the line it belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Part {
    /// 0 for standard output, 1 for standard error: each is joined for itself.
    pub(super) stream: usize,
    /// Whether the line goes on behind it.
    pub(super) goes_on: bool,
}

/// A line of several parts.
#[derive(Debug, Default)]
pub(super) struct Joined {
    pub(super) text: Vec<u8>,
    pub(super) bytes: u64,
    pub(super) number: u64,
}

/// The lines that are not whole yet, by stream.
#[derive(Debug, Default)]
pub(super) struct Parts([Option<Joined>; 2]);

impl Parts {
    pub(super) fn is_any_open(&self) -> bool {
        self.0.iter().any(Option::is_some)
    }

    pub(super) fn is_open(&self, stream: usize) -> bool {
        self.0[stream].is_some()
    }

    /// Adds a part; returns the line with its last one.
    pub(super) fn join(
        &mut self,
        part: Part,
        text: &[u8],
        bytes: u64,
        number: u64,
    ) -> Option<Joined> {
        let open = &mut self.0[part.stream];
        let line = open.get_or_insert_with(|| Joined { number, ..Joined::default() });
        line.text.extend_from_slice(text);
        line.bytes += bytes;
        if part.goes_on { None } else { open.take() }
    }

    /// What is left without a last part.
    pub(super) fn take_open(&mut self) -> impl Iterator<Item = Joined> + use<> {
        std::mem::take(&mut self.0).into_iter().flatten()
    }
}

/// The shortest part that Docker makes: shorter lines without a line end of their own were written
/// like that.
const DOCKER_PART_BYTES: usize = 16 << 10;

impl Wrapper {
    /// Whether it is a runtime's, which splits long lines.
    pub(super) fn splits_lines(self) -> bool {
        matches!(self, Wrapper::Docker | Wrapper::Cri)
    }

    /// What a line of the runtime says of being a part.
    pub(super) fn part(self, line: &[u8]) -> Part {
        match self {
            Wrapper::Docker => {
                let stream = usize::from(memmem::find(line, br#""stream":"stderr""#).is_some());
                let goes_on = line.len() > DOCKER_PART_BYTES && !ends_a_line(line);
                Part { stream, goes_on }
            }
            Wrapper::Cri => {
                let mut spaces = memchr_iter(b' ', line);
                let mark = spaces.next().zip(spaces.next());
                let word = mark.map_or(&[][..], |(from, to)| &line[from + 1..to]);
                let goes_on = mark.is_some_and(|(_, to)| line[to..].starts_with(b" P "));
                Part { stream: usize::from(word == b"stderr"), goes_on }
            }
            _ => Part { stream: 0, goes_on: false },
        }
    }
}

/// Whether a line may be a part that another follows, as far as a look at it tells.
pub(super) fn may_go_on(line: &[u8]) -> bool {
    const MARK_WITHIN_BYTES: usize = 120;
    let start = &line[..line.len().min(MARK_WITHIN_BYTES)];
    line.len() > DOCKER_PART_BYTES || start.windows(3).any(|window| window == b" P ")
}

/// Whether the text under `log` ends with a line end.
fn ends_a_line(line: &[u8]) -> bool {
    let mut ends = false;
    scan(line, &mut |path, value| {
        if let (Value::Text(text), [b"log"]) = (value, path) {
            ends = text.ends_with(b"\\n");
        }
    });
    ends
}

/// How far back a line that is not whole may have begun, in lines: the other stream's may stand
/// between its parts.
const LOOK_BACK_LINES: usize = 64;

/// How much of a text is whole lines, in bytes: up to its last line end, but for the parts of a line
/// that a container's runtime has split, and that goes on behind it; and where JSON objects stand over
/// several lines, up to the end of the last. `None` if there is no whole line.
pub fn whole_lines(text: &[u8]) -> Option<usize> {
    if let Some(objects) = indented_objects(text) {
        return Some(objects);
    }
    let mut at = memrchr(b'\n', text)? + 1;
    let (mut whole, mut decided) = (at, [false; 2]);
    for _ in 0..LOOK_BACK_LINES {
        if at == 0 || decided == [true; 2] {
            break;
        }
        let start = memrchr(b'\n', &text[..at - 1]).map_or(0, |end| end + 1);
        let line = &text[start..at];
        let wrapper = match line {
            [b'{', ..] => Wrapper::Docker,
            [b'0'..=b'9', ..] => Wrapper::Cri,
            _ => break,
        };
        if wrapper.strip(line).is_none() {
            break;
        }
        let part = wrapper.part(line);
        if part.goes_on && !decided[part.stream] {
            whole = start;
        }
        decided[part.stream] |= !part.goes_on;
        at = start;
    }
    Some(whole).filter(|whole| *whole > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_ends_before_a_line_that_goes_on() {
        let cri = |stream: &str, mark: &str, text: &str| {
            format!("2026-05-20T12:03:09.5Z {stream} {mark} {text}\n")
        };
        let (first, second) = (cri("stdout", "F", "one"), cri("stdout", "P", "two, "));
        let (other, third) = (cri("stderr", "F", "oh"), cri("stdout", "F", "three"));
        let whole = |lines: &[&str]| whole_lines(lines.concat().as_bytes());
        assert_eq!(whole(&[&first, &second]), Some(first.len()));
        assert_eq!(whole(&[&first, &second, &other]), Some(first.len()));
        assert_eq!(whole(&[&first, &second, &second, "unfinished"]), Some(first.len()));
        let all = [&*first, &second, &other, &third];
        assert_eq!(whole(&all), Some(all.concat().len()));
        assert_eq!(whole(&[&second]), None);
        assert_eq!(whole(&["a\nb"]), Some(2));
        assert_eq!(whole(&["a"]), None);
        let docker = |text: &str, end: &str| {
            format!("{{\"log\":\"{text}{end}\",\"stream\":\"stdout\",\"time\":\"x\"}}\n")
        };
        let (long, short) = (docker(&"x".repeat(1 << 14), ""), docker("short", ""));
        assert_eq!(whole(&[&short, &long]), Some(short.len()));
        assert_eq!(whole(&[&short]), Some(short.len()));
        let ended = docker(&"x".repeat(1 << 14), "\\n");
        assert_eq!(whole(&[&ended]), Some(ended.len()));
    }
}
