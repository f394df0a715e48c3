//! What takes the lines that are read.

use super::line::Line;

/// Takes lines, one after the other.
///
/// It may be shown a line while the one before it is still to be taken: what is known of it may lie far off in memory,
/// and can be asked for meanwhile.
pub trait Sink {
    /// What is found out of a line before its turn.
    type Ahead;

    /// Looks at a line, once, whose turn comes next or after the next.
    fn look_ahead(&mut self, line: &Line<'_>) -> Self::Ahead;

    /// Takes a line, with what was found out of it.
    fn take(&mut self, line: &Line<'_>, ahead: Self::Ahead);

    /// Looks at a line and takes it, with no other in between.
    fn take_at_once(&mut self, line: &Line<'_>) {
        let ahead = self.look_ahead(line);
        self.take(line, ahead);
    }
}

/// What needs no look ahead.
impl<F: FnMut(&Line<'_>)> Sink for F {
    type Ahead = ();

    #[inline(always)]
    fn look_ahead(&mut self, _: &Line<'_>) {}

    #[inline(always)]
    fn take(&mut self, line: &Line<'_>, (): ()) {
        self(line);
    }
}

#[cfg(test)]
mod tests {
    use jiff::tz::TimeZone;
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::super::{Columns, Format};
    use super::*;

    /// Notes what it is shown, and what it takes.
    #[derive(Default)]
    struct Notes {
        shown: Vec<(u64, String)>,
        taken: Vec<(u64, String)>,
    }

    impl Sink for Notes {
        type Ahead = usize;

        fn look_ahead(&mut self, line: &Line<'_>) -> usize {
            self.shown.push((line.number, format!("{line:?}")));
            self.shown.len() - 1
        }

        fn take(&mut self, line: &Line<'_>, ahead: usize) {
            assert_eq!(
                ahead,
                self.taken.len(),
                "lines are taken in the order in which they are shown"
            );
            assert!(self.shown.len() <= ahead + 2, "no more than one line is shown ahead");
            self.taken.push((line.number, format!("{line:?}")));
        }
    }

    proptest! {
        #[test]
        fn each_line_is_shown_once_and_taken_as_it_was_shown(kinds in vec(0..7, 0..400)) {
            let start = r#"203.0.113.9 - - [20/May/2026:14:03:09 +0200] "GET /a?b HTTP/1.1" 200 512 "#;
            let line = |(number, kind): (usize, &i32)| match kind {
                0 => "junk\n".to_owned(),
                1 => "\n".to_owned(),
                2 => format!("{start}\"-\" \"{number} \\\"quoted\\\"\"\n"),
                _ => format!("{start}\"-\" \"{number}\"\n"),
            };
            let text: String = kinds.iter().enumerate().map(line).collect();
            let format = Format::named("combined", &TimeZone::UTC).unwrap();
            let (mut notes, mut each) = (Notes::default(), Vec::new());
            format.reader(Columns::default()).read_into(text.as_bytes(), &mut notes);
            prop_assert_eq!(&notes.taken, &notes.shown);
            format.reader(Columns::default()).each(text.as_bytes(), |line| {
                each.push((line.number, format!("{line:?}")));
            });
            prop_assert_eq!(&notes.taken, &each);
            prop_assert!(each.iter().map(|line| line.0).eq(1..=kinds.len() as u64));
        }
    }
}
