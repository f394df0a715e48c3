//! The levels of trust in a user agent's claim.

use std::fmt;

use serde::Serialize;

use crate::agents::Agent;

/// The trust in a user agent's claim to be an agent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Trust {
    /// The IP is in the operator's published ranges, or reverse DNS confirms it.
    Verified,
    /// The operator publishes its IPs, and this is not one of them.
    Impostor,
    /// The operator publishes neither IP ranges nor host names.
    Unverifiable,
    /// The operator publishes IP ranges or host names, but no list or DNS answer was available.
    Unchecked,
}

impl Trust {
    /// Every value. The index is the number that is stored.
    pub const ALL: [Trust; 4] =
        [Trust::Verified, Trust::Impostor, Trust::Unverifiable, Trust::Unchecked];

    /// Returns the name in the store and in reports.
    pub fn name(self) -> &'static str {
        match self {
            Trust::Verified => "verified",
            Trust::Impostor => "impostor",
            Trust::Unverifiable => "unverifiable",
            Trust::Unchecked => "unchecked",
        }
    }

    /// Returns the trust in an agent's claim before it is checked.
    pub fn unchecked(agent: &Agent) -> Trust {
        let publishes = agent.entry.ip_list.is_some() || !agent.entry.reverse_dns.is_empty();
        if publishes { Trust::Unchecked } else { Trust::Unverifiable }
    }
}

impl fmt::Display for Trust {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
