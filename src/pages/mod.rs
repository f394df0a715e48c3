//! Classifies requests by term, request type, status and referrer.

mod error;
mod referrers;
mod request_types;
mod status;
mod term_catalogue;
mod terms;

pub use error::RuleError;
pub use referrers::Referrers;
pub use request_types::{ASSET, CRAWLER, OTHER_PAGE, RequestRule, RequestRules};
pub use status::StatusClass;
pub use term_catalogue::{TermCatalogue, TermCatalogueError, TermEntry, indexed_sitemaps};
pub use terms::{QueryRule, TermRules, literal_pattern, query_parameters};
