//! The site's pages: which charts and tables stand on each.

mod agent;
mod agents;
mod changes;
mod coverage;
mod data;
mod facts;
mod news;
mod overview;
mod parts;
mod people;
mod requests;
mod term;
mod terms;
mod unknown;

pub use agent::{ROWS_MAX, agent, family, pages_of_answers, pages_question};
pub use agents::agents;
pub use changes::{Change, ChangeKind, changes};
pub use coverage::coverage;
pub use data::SiteData;
pub use facts::{Period, SiteView};
pub use news::{News, digest, news};
pub use overview::overview;
pub use people::people;
pub use requests::requests;
pub use term::{CHART_DAYS, term};
pub use terms::{TermList, terms};
pub use unknown::unknown;
