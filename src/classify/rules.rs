//! The rules by which requests are classified.

use crate::agents::Namer;
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

impl Default for Counting {
    fn default() -> Counting {
        Counting {
            methods: vec!["GET".into(), "HEAD".into()],
            statuses: vec![StatusClass::Ok, StatusClass::NotModified],
        }
    }
}
