//! Removes a log's wrappers, and joins the lines that a runtime has split.

use memchr::memchr;

use super::parts::{JoinedLine, OpenLines, may_continue};
use super::wrapper::{Inner, Wrapper, unwrap};

/// A line without its wrappers.
pub(crate) enum Unwrapped<'a> {
    Whole(Inner<'a>),
    /// A split line whose last part was read.
    Joined(JoinedLine),
    /// A split line whose joined text does not have the inner wrappers.
    Misfit(JoinedLine),
    /// A part of a split line whose next part was not read yet.
    Continues,
}

/// Removes the wrappers, outermost first. `bytes` and `number` are the line's. Returns `None` if the line does not have them.
pub(crate) fn unwrap_joining<'a>(
    wrappers: &[Wrapper],
    open_lines: &mut OpenLines,
    line: &'a [u8],
    bytes: u64,
    number: u64,
) -> Option<Unwrapped<'a>> {
    let runtimes = wrappers.iter().enumerate();
    let mut runtimes = runtimes.filter_map(|(at, wrapper)| Some((at, wrapper.runtime()?)));
    // A short line is complete, unless it is the last part of one.
    if let Some((at, runtime)) = runtimes.next()
        && (open_lines.is_any_open() || may_continue(line))
    {
        let outer = unwrap(&wrappers[..at], line)?;
        let part = runtime.part(&outer);
        if part.continues || open_lines.is_open(part.stream) {
            let inner = unwrap(&wrappers[at..=at], &outer)?;
            let Some(joined) = open_lines.join(part, &inner, bytes, number) else {
                return Some(Unwrapped::Continues);
            };
            let text = unwrap(&wrappers[at + 1..], &joined.text).map(Inner::into_owned);
            return Some(match text {
                Some(text) => Unwrapped::Joined(JoinedLine { text, ..joined }),
                None => Unwrapped::Misfit(joined),
            });
        }
    }
    unwrap(wrappers, line).map(Unwrapped::Whole)
}

/// The most equal lines for which one line of a system log may stand.
const REPEATED_MAX: u32 = 100_000;

/// Returns the message of a line that stands for several equal ones, and their number. rsyslog writes
/// `message repeated 7 times: [ … ]` with `$RepeatedMsgReduction on`, which is Ubuntu's default.
pub(crate) fn repeated(inner: &[u8]) -> Option<(u32, &[u8])> {
    let rest = inner.strip_prefix(b"message repeated ")?;
    let end = memchr(b' ', rest)?;
    let count: u32 = std::str::from_utf8(&rest[..end]).ok()?.parse().ok()?;
    let message = rest[end..].strip_prefix(b" times: [")?.trim_ascii_end().strip_suffix(b"]")?;
    (1..=REPEATED_MAX).contains(&count).then(|| (count, message.trim_ascii()))
}
