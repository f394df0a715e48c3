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
    /// A bitmap image.
    Png,
}

impl OutputFormat {
    /// Every format with its name, which is also the extension of its files.
    pub const NAMES: [(&str, OutputFormat); 7] = [
        ("text", OutputFormat::Text),
        ("json", OutputFormat::Json),
        ("csv", OutputFormat::Csv),
        ("md", OutputFormat::Md),
        ("html", OutputFormat::Html),
        ("svg", OutputFormat::Svg),
        ("png", OutputFormat::Png),
    ];
}
