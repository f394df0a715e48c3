//! Conditions for the rows of an answer.

use super::dimension::Dimension;

/// The values that a column must have, or must not have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Condition {
    pub column: Dimension,
    /// The values, of which one must match. In those of terms and paths, `*` stands for any text.
    pub values: Vec<String>,
}

impl Condition {
    /// Returns whether a text is one of the values, in any case.
    pub(super) fn matches(&self, text: &str) -> bool {
        self.values.iter().any(|value| match self.column {
            Dimension::Term | Dimension::Path => matches_glob(value.as_bytes(), text.as_bytes()),
            _ => value.eq_ignore_ascii_case(text),
        })
    }
}

/// Returns whether a pattern in which `*` stands for any text matches a text, in any case. Takes time in proportion to the
/// product of their lengths at most.
fn matches_glob(pattern: &[u8], text: &[u8]) -> bool {
    let (mut at, mut in_text) = (0, 0);
    // The last star, and where the text that it stands for ends.
    let mut star: Option<(usize, usize)> = None;
    while in_text < text.len() {
        if pattern.get(at) == Some(&b'*') {
            star = Some((at, in_text));
            at += 1;
        } else if pattern.get(at).is_some_and(|byte| byte.eq_ignore_ascii_case(&text[in_text])) {
            (at, in_text) = (at + 1, in_text + 1);
        } else if let Some((star_at, end)) = star {
            star = Some((star_at, end + 1));
            (at, in_text) = (star_at + 1, end + 1);
        } else {
            return false;
        }
    }
    pattern[at..].iter().all(|byte| *byte == b'*')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stars_stand_for_any_text() {
        for (pattern, text, expected) in [
            ("blog/*", "blog/a", true),
            ("blog/*", "Blog/", true),
            ("blog/*", "block/a", false),
            ("*sync*", "asyncio", true),
            ("a*b*c", "a-b-b-c", true),
            ("a*b*c", "a-b-b-d", false),
            ("", "", true),
            ("", "a", false),
            ("*", "", true),
            ("a", "ab", false),
        ] {
            let condition = Condition { column: Dimension::Term, values: vec![pattern.into()] };
            assert_eq!(condition.matches(text), expected, "{pattern} {text}");
        }
        let family =
            Condition { column: Dimension::Family, values: vec!["meta ai".into(), "*".into()] };
        assert!(family.matches("Meta AI") && !family.matches("Google"));
    }
}
