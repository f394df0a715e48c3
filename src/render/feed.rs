//! Renders an Atom feed (RFC 4287).

use askama::Template;

use crate::day::Day;

/// A feed.
#[derive(Template)]
#[template(path = "feed.xml", config = "src/render/templates/askama.toml", escape = "html")]
pub struct Feed<'f> {
    pub site: &'f str,
    pub id: String,
    /// The URL of the reports, if it is known.
    pub url: Option<&'f str>,
    pub updated: Day,
    pub entries: Vec<FeedEntry<'f>>,
}

/// An entry of a feed.
pub struct FeedEntry<'f> {
    pub id: String,
    pub day: Day,
    pub text: &'f str,
}

impl Feed<'_> {
    /// Returns the feed as XML, in ASCII.
    pub fn xml(&self) -> String {
        self.render().expect("writing to a string can't fail")
    }
}
