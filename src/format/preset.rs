//! The table of formats that need no configuration.

use std::sync::LazyLock;

use jiff::tz::TimeZone;

use super::json::{self, JsonPreset};
use super::{Engine, Format, Reader, template};

/// A well-known format: its name, and the Apache `LogFormat` that writes it.
#[derive(Debug)]
struct Preset {
    /// What config and `parse` call it.
    name: &'static str,
    /// Presets of one family may mix in one log, and are told apart line by line.
    family: &'static str,
    /// The format in Apache's language. nginx, lighttpd, Caddy, Varnish and others write the same.
    template: &'static str,
}

/// All presets; within a family, the one that says most comes first.
const PRESETS: &[Preset] = &[
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

/// The format whose logs say themselves what their columns are.
const W3C: &str = "w3c";

static READERS: LazyLock<Vec<Reader>> = LazyLock::new(|| {
    let template = |preset: &Preset| Reader {
        name: preset.name,
        engine: Engine::Template(
            template::apache(preset.template, &TimeZone::UTC).expect("presets are tested"),
        ),
    };
    let json = |preset: &'static JsonPreset| Reader {
        name: preset.name,
        engine: Engine::Json(preset, TimeZone::UTC),
    };
    let w3c = Reader { name: W3C, engine: Engine::W3c };
    let json = json::PRESETS.iter().map(json);
    PRESETS.iter().map(template).chain(json).chain([w3c]).collect()
});

/// All presets' names, each with its family's; a JSON format is a family of its own.
fn names() -> impl Iterator<Item = (&'static str, &'static str)> {
    let templates = PRESETS.iter().map(|preset| (preset.name, preset.family));
    let json = json::PRESETS.iter().map(|preset| (preset.name, preset.name));
    templates.chain(json).chain([(W3C, W3C)])
}

/// The format that a preset's or a family's name stands for.
pub(super) fn format(name: &str) -> Option<Format> {
    let wanted =
        |(preset, family): &(&'static str, &'static str)| *preset == name || *family == name;
    let readers: Vec<Reader> = names()
        .zip(&*READERS)
        .filter(|(names, _)| wanted(names))
        .map(|(_, reader)| reader.clone())
        .collect();
    let (first, family) = names().find(wanted)?;
    Some(Format { name: if first == name { first } else { family }, readers })
}

/// The families, in the order in which they are tried.
pub(super) fn families() -> impl Iterator<Item = Format> {
    let mut families: Vec<&str> = names().map(|(_, family)| family).collect();
    families.dedup();
    families.into_iter().filter_map(format)
}

/// What a format can be called in config: every preset's name.
pub(super) fn known() -> Vec<&'static str> {
    names().map(|(name, _)| name).collect()
}
