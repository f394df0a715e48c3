//! Collects the queries to the DNS that must be answered before a batch is committed.

use std::net::IpAddr;

use crate::interner::Map;
use crate::trust::{Fcrdns, FcrdnsQuery, Trust};

/// A query, and the trust that holds without an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PendingQuery {
    pub query: FcrdnsQuery,
    pub without: Trust,
}

impl PendingQuery {
    /// Returns the trust that follows from an answer.
    pub fn trust(&self, answer: Fcrdns) -> Trust {
        self.query.trust(answer, self.without)
    }
}

/// The queries of a batch, each with a number.
#[derive(Debug, Default)]
pub(super) struct PendingQueries {
    numbers: Map<(IpAddr, u16, Trust), u32>,
    queries: Vec<PendingQuery>,
}

impl PendingQueries {
    pub(super) fn all(&self) -> &[PendingQuery] {
        &self.queries
    }

    /// Returns all queries and starts again with number 0.
    pub(super) fn take(&mut self) -> Vec<PendingQuery> {
        std::mem::take(self).queries
    }

    /// Returns the number of the query about an address by a policy. `query` is called for the first request only.
    pub(super) fn number(
        &mut self,
        ip: IpAddr,
        policy: u16,
        without: Trust,
        query: impl FnOnce() -> Option<FcrdnsQuery>,
    ) -> Option<u32> {
        let key = (ip, policy, without);
        if let Some(number) = self.numbers.get(&key) {
            return Some(*number);
        }
        let query = query()?;
        let number = u32::try_from(self.queries.len()).expect("a batch ends long before");
        self.queries.push(PendingQuery { query, without });
        self.numbers.insert(key, number);
        Some(number)
    }
}
