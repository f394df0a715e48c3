//! Record → ping or view: which agent, which term, what form of it, and whether to trust the claim.

mod agent;
mod cache;
mod contact;
mod declared;
mod hash;
mod judge;
mod lists;
mod namer;
mod networks;
mod page;
mod people;
mod prefixes;
mod program;
mod proxies;
mod question;
mod referrer;
mod request;
mod term;
mod term_catalogue;
mod token;
mod visit;
mod woothee;

pub use agent::{Agent, AgentEntry, Catalogue, CatalogueError, CatalogueFile, Outside, Purpose};
pub use judge::{Ahead, Counting, Judge, Rules};
pub use lists::{Judgement, ListVersion, Lists};
pub use namer::{Kind, Namer, Source, UNKNOWN_AI, Verdict};
pub use networks::{Networks, NetworksError};
pub use proxies::Proxies;
pub use question::{Question, Told};
pub use referrer::Referrers;
pub use request::{CRAWLER, RequestRule, RequestRules, RuleError};
pub use term::TermRules;
pub use term_catalogue::{TermCatalogue, TermCatalogueError, TermEntry};
pub use visit::{NO_TERM, NO_USER_AGENT, OTHER, Ping, StatusClass, Trust, View, Visit, Who};
