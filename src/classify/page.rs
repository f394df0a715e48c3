//! What a path was found to be.

use super::visit::NO_TERM;

/// What a path was found to be, in eight bytes: as many of them as can stay in the processor's caches.
#[derive(Clone, Copy, Debug)]
pub(super) struct Page {
    /// Its number, or [`NO_TERM`].
    pub(super) term: u32,
    pub(super) state: TermState,
    /// The number of its form.
    pub(super) form: u8,
}

/// What is known of paths beside their terms; few paths differ in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Form {
    /// The rules that the path does not rule out.
    pub(super) candidates: u64,
    /// The request type where the path is no term.
    pub(super) elsewhere: u8,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TermState {
    None,
    /// Listed, or seen in an earlier run: kept whatever the answer was.
    Known,
    /// Kept once an answer counts, so that a scanner's errors make no terms.
    New,
    /// Was new, and an answer has counted.
    Seen,
}

impl Page {
    /// The number of the term, by whether the answer counts.
    #[inline(always)]
    pub(super) fn term(&self, counts: bool) -> u32 {
        // What is no term, or none yet, has no number either.
        if counts || self.state == TermState::Known { self.term } else { NO_TERM }
    }
}

/// The forms of the paths that were met, by number. There are as many as rules of request types overlap.
#[derive(Debug, Default)]
pub(super) struct Forms(Vec<Form>);

impl Forms {
    /// The form of a page.
    #[inline(always)]
    pub(super) fn of(&self, page: Page) -> Form {
        self.0[usize::from(page.form)]
    }

    /// The number of a form; the form itself where no number is left.
    pub(super) fn number(&mut self, form: Form) -> Result<u8, Form> {
        let at = self.0.iter().position(|known| *known == form).unwrap_or(self.0.len());
        let number = u8::try_from(at).map_err(|_| form)?;
        if at == self.0.len() {
            self.0.push(form);
        }
        Ok(number)
    }

    /// Forgets all forms but this one, and returns its number.
    pub(super) fn start_with(&mut self, form: Form) -> u8 {
        self.0 = vec![form];
        0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_have_numbers_until_there_are_none() {
        let mut forms = Forms::default();
        let form = |candidates| Form { candidates, elsewhere: 1 };
        for round in 0..2 {
            for n in 0..256 {
                assert_eq!(forms.number(form(n)), Ok(n as u8), "in round {round}");
            }
        }
        assert_eq!(forms.number(form(256)), Err(form(256)));
        assert_eq!((forms.start_with(form(256)), forms.number(form(0))), (0, Ok(1)));
    }
}
