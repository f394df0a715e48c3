//! What only the DNS can tell of an address, and what its answer means.

use std::net::IpAddr;
use std::sync::Arc;

use crate::names::Map;

use super::visit::Trust;

/// Whether an address has a name in one of an operator's domains, and that name this address.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Question {
    /// The address.
    pub ip: IpAddr,
    /// The domains.
    pub domains: Arc<[String]>,
    /// What a no says.
    pub outside: Trust,
}

/// What is to be asked of the DNS, once for each address and claim.
#[derive(Debug, Default)]
pub(super) struct Questions {
    numbers: Map<(IpAddr, u16), u32>,
    questions: Vec<Question>,
}

/// What the DNS answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Told {
    /// It has such a name.
    Yes,
    /// It has no name, or others, or one that names other addresses.
    No,
    /// Nobody answered, or nobody who knows.
    Nothing,
}

impl Question {
    /// Whether the address may speak for the agent; `unasked` is what was known without the answer.
    pub fn trust(&self, told: Told, unasked: Trust) -> Trust {
        match told {
            Told::Yes => Trust::Verified,
            Told::No => self.outside,
            Told::Nothing => unasked,
        }
    }
}

impl Questions {
    /// All of them, by number.
    pub(super) fn all(&self) -> &[Question] {
        &self.questions
    }

    /// Hands out all of them; those to come begin with number 0 again.
    pub(super) fn take(&mut self) -> Vec<Question> {
        std::mem::take(self).questions
    }

    /// The number of what is asked of an address for a claim: `ask` is only needed the first time. `None` where
    /// there is nothing to ask.
    pub(super) fn number(
        &mut self,
        ip: IpAddr,
        claim: u16,
        ask: impl FnOnce() -> Option<Question>,
    ) -> Option<u32> {
        if let Some(number) = self.numbers.get(&(ip, claim)) {
            return Some(*number);
        }
        let question = ask()?;
        let number = u32::try_from(self.questions.len()).expect("a step ends long before");
        self.questions.push(question);
        self.numbers.insert((ip, claim), number);
        Some(number)
    }
}
