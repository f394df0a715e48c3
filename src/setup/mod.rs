//! Proposes a config: which logs there are, what they hold, and which of the site's pages could be terms.

mod config_text;
mod format_choice;
mod found_site;
mod pages;
mod patterns;
mod sample;
mod sitemap;
mod term_rule;
mod usual_logs;
mod zone;

pub use config_text::{Choices, config_text, is_system_wide};
pub use found_site::{FoundSite, FoundSites, LogGroup, find_sites, named_site};
pub use pages::{Taken, taken};
pub use patterns::{Proposal, proposals};
pub use sample::{Requests, Sample};
pub use sitemap::{Sitemap, find_sitemap};
pub use term_rule::{ConfigRule, TermRule};
pub use zone::system_zone;
