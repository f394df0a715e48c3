//! Numbers the texts of visits.

use crate::interner::Interner;

/// The texts that visits refer to by number.
#[derive(Clone, Debug, Default)]
pub struct Texts {
    pub terms: Interner,
    pub user_agents: Interner,
    /// The paths that failed.
    pub paths: Interner,
}

impl Texts {
    /// Returns the texts without any term or path.
    pub(super) fn of(user_agents: Interner) -> Texts {
        let mut texts = Texts { user_agents, ..Texts::default() };
        texts.terms.number(""); // NO_TERM
        texts.paths.number(""); // No path has the number 0.
        texts
    }

    /// Returns the memory that terms and paths take, in bytes.
    pub(super) fn bytes(&self) -> usize {
        self.terms.bytes() + self.paths.bytes()
    }
}
