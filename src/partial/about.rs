//! The rules and the time zone that a partial was counted under.

use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::xxh3_64;

use crate::store::CountingRules;

/// The version of the file.
pub const PARTIAL_SCHEMA: u32 = 1;

/// The rules and the time zone that a partial was counted under. They are in the file's metadata, as JSON.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct About {
    pub schema: u32,
    /// The version of the program that made it.
    pub version: String,
    /// The time zone of the days.
    pub timezone: String,
    /// The counting rules: the text of each by the name of its section in the config.
    pub rules: CountingRules,
    /// XXH3-64 of the rules, in hexadecimal.
    pub rules_hash: String,
}

impl About {
    pub fn new(timezone: &str, rules: CountingRules) -> About {
        let text = serde_json::to_string(&rules).expect("a map of texts");
        About {
            schema: PARTIAL_SCHEMA,
            version: env!("CARGO_PKG_VERSION").into(),
            timezone: timezone.into(),
            rules,
            rules_hash: format!("{:016x}", xxh3_64(text.as_bytes())),
        }
    }
}

/// Returns how counting rules differ from those of a store, in words. `None` if they do not. A rule that one of them does not
/// have, since an older version made it, is no difference.
pub(super) fn difference(rules: &CountingRules, of_store: &CountingRules) -> Option<String> {
    let differing = rules.iter().filter_map(|(name, text)| {
        let other = of_store.get(name).filter(|other| *other != text)?;
        Some(format!("{name} is {text}, and {other} in the store"))
    });
    let differing: Vec<String> = differing.collect();
    (!differing.is_empty()).then(|| differing.join("; "))
}
