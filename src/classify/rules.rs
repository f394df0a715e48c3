//! The rules by which requests are classified.

use crate::agents::{Namer, Purpose};
use crate::format::Record;
use crate::pages::{Referrers, RequestRules, StatusClass, TermRules};
use crate::trust::Lists;

/// The rules by which requests are classified. All classifiers of a run share them.
#[derive(Clone, Debug)]
pub struct Rules {
    pub namer: Namer,
    pub terms: TermRules,
    pub requests: RequestRules,
    pub referrers: Referrers,
    pub counting: Counting,
    /// The purposes whose agents sign the guestbook: the requests of others are no pings.
    pub sign: Vec<Purpose>,
    /// The addresses that operators have published.
    pub lists: Lists,
}

/// The requests that count as pings and views.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Counting {
    /// The methods that count, in upper case.
    pub methods: Vec<String>,
    /// The answers that count.
    pub statuses: Vec<StatusClass>,
}

impl Counting {
    /// Returns whether the method counts. Some logs have no method: a request for a path then counts.
    pub fn method_counts(&self, record: &Record<'_>) -> bool {
        match record.method {
            None => record.path.is_some(),
            Some(method) => self.methods.iter().any(|name| name.as_bytes() == method),
        }
    }

    /// Returns whether both the method and the status of a request count.
    pub fn counts(&self, record: &Record<'_>) -> bool {
        self.method_counts(record) && self.statuses.contains(&StatusClass::of(record.status))
    }
}

impl Default for Counting {
    fn default() -> Counting {
        Counting {
            methods: vec!["GET".into(), "HEAD".into()],
            statuses: vec![StatusClass::Ok, StatusClass::NotModified],
        }
    }
}
