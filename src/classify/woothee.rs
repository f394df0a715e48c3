//! woothee's judgement of a user agent that the catalogue does not name.

use woothee::parser::Parser;

use super::agent::Purpose;

/// What woothee takes a user agent for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Guess {
    /// A crawler, feed reader or library that it names.
    Agent(&'static str, Purpose),
    /// A person's browser, named.
    Browser(String),
    /// Something it does not know.
    Nothing,
}

/// Names of woothee's that are used. It finds names anywhere in the text, so those that the catalogue
/// has are left out: whole tokens decide them. So is its "misc crawler", which takes in every phone
/// whose name ends in "bot".
const AGENTS: [(&str, Purpose); 17] = [
    ("Yahoo! Japan", Purpose::Search),
    ("Yahoo! Pipes", Purpose::Feed),
    ("Google FeedBurner", Purpose::Feed),
    ("Google AppEngine", Purpose::HttpTool),
    ("mixi", Purpose::Preview),
    ("Indy Library", Purpose::HttpTool),
    ("Genieo Web Filter", Purpose::Other),
    ("topsy Butterfly", Purpose::Search),
    ("salesforce radian6", Purpose::Other),
    ("Hatena", Purpose::Preview),
    ("goo", Purpose::Search),
    ("livedoor FeedFetcher", Purpose::Feed),
    ("Safari RSSReader", Purpose::Feed),
    ("Windows RSSReader", Purpose::Feed),
    ("RSSReader", Purpose::Feed),
    ("HTTP Library", Purpose::HttpTool),
    ("Google Web Preview", Purpose::Preview),
];

pub(super) fn guess(user_agent: &str) -> Guess {
    let Some(result) = Parser::new().parse(user_agent) else { return Guess::Nothing };
    if let Some(&(name, purpose)) = AGENTS.iter().find(|(name, _)| *name == result.name) {
        return Guess::Agent(name, purpose);
    }
    let person = ["pc", "smartphone", "mobilephone", "appliance"].contains(&result.category);
    match (result.name, result.category) {
        ("UNKNOWN", _) if person => Guess::Browser(result.os.to_owned()),
        // A browser on a system that woothee does not know has a name but no category.
        (name, "UNKNOWN") if name != "UNKNOWN" => Guess::Browser(name.to_owned()),
        (name, _) if person => Guess::Browser(name.to_owned()),
        _ => Guess::Nothing,
    }
}
