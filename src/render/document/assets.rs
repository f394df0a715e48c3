//! The files that the pages share.

/// The style sheet and the script of the pages.
pub const PAGES_STYLE: &str = include_str!("../templates/pages.css");
pub const PAGES_SCRIPT: &str = include_str!("../templates/pages.js");

/// The icon of the pages.
pub const PAGES_ICON: &str = include_str!("../templates/icon.svg");

/// The script that embeds a term's guestbook in a page.
pub const EMBED_SCRIPT: &str = include_str!("../templates/guestbook.js");
