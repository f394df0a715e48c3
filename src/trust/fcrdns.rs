//! Queries and answers of forward-confirmed reverse DNS.

use std::net::IpAddr;
use std::sync::Arc;

use super::level::Trust;

/// A query for whether an IP resolves to a name in one of an operator's domains, and the name back to the IP.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct FcrdnsQuery {
    pub ip: IpAddr,
    pub domains: Arc<[String]>,
    /// The trust that follows if the answer is no.
    pub unlisted: Trust,
}

/// The answer to a [`FcrdnsQuery`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fcrdns {
    /// The IP resolves to such a name, and the name to the IP.
    Confirmed,
    /// The IP has no name, a name in another domain, or a name that resolves to other IPs.
    Refuted,
    /// No server answered, or only with an error.
    NoAnswer,
}

impl FcrdnsQuery {
    /// Returns the trust that follows from an answer. `without` is the trust if there is none.
    pub fn trust(&self, answer: Fcrdns, without: Trust) -> Trust {
        match answer {
            Fcrdns::Confirmed => Trust::Verified,
            Fcrdns::Refuted => self.unlisted,
            Fcrdns::NoAnswer => without,
        }
    }
}
