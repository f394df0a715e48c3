//! The formats of a report.

/// The format of a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OutputFormat {
    /// For a terminal.
    Text,
    /// Stable and versioned: see docs/json.md.
    Json,
    /// One table in long form.
    Csv,
    Md,
    /// A fragment to embed in a page. It has no scripts and loads nothing.
    Html,
    /// A vector image.
    Svg,
    /// A vector image for narrow columns.
    Narrow,
    /// A small vector image with the pings of the window.
    Badge,
    /// A bitmap image.
    Png,
}

impl OutputFormat {
    /// Every format with its name.
    pub const NAMES: [(&str, OutputFormat); 9] = [
        ("text", OutputFormat::Text),
        ("json", OutputFormat::Json),
        ("csv", OutputFormat::Csv),
        ("md", OutputFormat::Md),
        ("html", OutputFormat::Html),
        ("svg", OutputFormat::Svg),
        ("narrow", OutputFormat::Narrow),
        ("badge", OutputFormat::Badge),
        ("png", OutputFormat::Png),
    ];

    pub fn name(self) -> &'static str {
        OutputFormat::NAMES.iter().find(|(_, format)| *format == self).map_or("", |(name, _)| name)
    }

    /// Returns the extension of its files. Web servers know them.
    pub fn extension(self) -> &'static str {
        match self {
            OutputFormat::Text => "txt",
            OutputFormat::Narrow => "narrow.svg",
            OutputFormat::Badge => "badge.svg",
            other => other.name(),
        }
    }
}
