//! Classifies records: finds the visitor, the term and the request type of each, and checks claims.

mod cache;
mod classifier;
mod pending;
mod rules;
mod texts;
mod visit;

pub use classifier::Classifier;
pub use pending::PendingQuery;
pub use rules::{Counting, Rules};
pub use texts::Texts;
pub use visit::{Failure, NO_TERM, NO_USER_AGENT, Ping, PingTrust, View, Visit, Who};
