//! What only the DNS can tell of an address, and what its answer means.

use std::net::IpAddr;
use std::sync::Arc;

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
