//! The purposes of agents.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The purpose for which an agent fetches pages.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Purpose {
    Training,
    AiSearch,
    AiAssistant,
    AiAgent,
    Search,
    Seo,
    Scraper,
    Archive,
    Preview,
    Monitoring,
    Feed,
    Security,
    HttpTool,
    Other,
}

impl Purpose {
    /// Every purpose. `Other` stays the last.
    pub const ALL: [Purpose; Purpose::Other as usize + 1] = [
        Purpose::Training,
        Purpose::AiSearch,
        Purpose::AiAssistant,
        Purpose::AiAgent,
        Purpose::Search,
        Purpose::Seo,
        Purpose::Scraper,
        Purpose::Archive,
        Purpose::Preview,
        Purpose::Monitoring,
        Purpose::Feed,
        Purpose::Security,
        Purpose::HttpTool,
        Purpose::Other,
    ];

    /// Returns whether agents of the purpose sign a guestbook unless the config says otherwise: all that read pages for what
    /// is in them, and not programs that only look whether a site is up, open to attack, or there at all.
    pub fn signs_by_default(self) -> bool {
        !matches!(self, Purpose::Monitoring | Purpose::Security | Purpose::HttpTool)
    }
}

impl fmt::Display for Purpose {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.serialize(f)
    }
}
