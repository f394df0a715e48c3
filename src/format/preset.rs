//! The table of formats that need no configuration.

use std::sync::LazyLock;

use jiff::tz::TimeZone;

use super::{Format, Reader, template};

/// A well-known format: its name, and the Apache `LogFormat` that writes it.
#[derive(Debug)]
pub struct Preset {
    /// What config and `parse` call it.
    pub name: &'static str,
    /// Presets of one family may mix in one log, and are told apart line by line.
    pub family: &'static str,
    /// The format in Apache's language. nginx, lighttpd, Caddy, Varnish and others write the same.
    pub template: &'static str,
}

/// All presets; within a family, the one that says most comes first.
pub const PRESETS: &[Preset] = &[
    Preset {
        name: "combined",
        family: "ncsa",
        template: r#"%h %l %u %t "%r" %>s %b "%{Referer}i" "%{User-Agent}i""#,
    },
    Preset { name: "common", family: "ncsa", template: r#"%h %l %u %t "%r" %>s %b"# },
    Preset {
        name: "vhost_combined",
        family: "vhost",
        template: r#"%v %h %l %u %t "%r" %>s %b "%{Referer}i" "%{User-Agent}i""#,
    },
    Preset { name: "vhost_common", family: "vhost", template: r#"%v %h %l %u %t "%r" %>s %b"# },
];

static READERS: LazyLock<Vec<Reader>> = LazyLock::new(|| {
    let reader = |preset: &Preset| Reader {
        name: preset.name,
        plan: template::apache(preset.template, &TimeZone::UTC).expect("presets are tested"),
    };
    PRESETS.iter().map(reader).collect()
});

/// The format that a preset's or a family's name stands for.
pub(super) fn format(name: &str) -> Option<Format> {
    let wanted = |preset: &Preset| preset.name == name || preset.family == name;
    let readers: Vec<Reader> = PRESETS
        .iter()
        .zip(&*READERS)
        .filter(|(preset, _)| wanted(preset))
        .map(|(_, r)| r.clone())
        .collect();
    let first = PRESETS.iter().find(|preset| wanted(preset))?;
    let name = if first.name == name { first.name } else { first.family };
    Some(Format { name, readers })
}

/// The families, in the order in which they are tried.
pub(super) fn families() -> impl Iterator<Item = Format> {
    let mut names: Vec<&str> = PRESETS.iter().map(|preset| preset.family).collect();
    names.dedup();
    names.into_iter().filter_map(format)
}
