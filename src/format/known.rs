//! Looks up formats by the names that the config and other tools use.

use std::sync::{Arc, Mutex, PoisonError};

use jiff::tz::TimeZone;

use super::engine::{
    ColumnsPlan, Engine, Family, KeyedPlan, NamedEngine, TemplatePlan, apache, nginx,
};
use super::preset::{
    COLUMNS, ColumnsPreset, KEYED, KeyedPreset, NCSA, PresetTemplate, TEXT, TextPreset,
};

/// A preset of any engine.
enum Preset {
    Text(&'static TextPreset),
    Keyed(&'static KeyedPreset),
    Columns(&'static ColumnsPreset),
}

/// Returns all presets, in the order in which they are tried.
fn all() -> impl Iterator<Item = Preset> {
    let text = TEXT.iter().map(Preset::Text);
    let keyed = KEYED.iter().map(Preset::Keyed);
    text.chain(keyed).chain(COLUMNS.iter().map(Preset::Columns))
}

impl Preset {
    fn name(&self) -> &'static str {
        match self {
            Preset::Text(preset) => preset.name,
            Preset::Keyed(preset) => preset.name,
            Preset::Columns(preset) => preset.name,
        }
    }

    /// Returns the name of the preset's family. Only text formats share families.
    fn family(&self) -> &'static str {
        match self {
            Preset::Text(preset) => preset.family,
            Preset::Keyed(_) | Preset::Columns(_) => self.name(),
        }
    }

    /// Compiles the preset. `zone` is for times that carry none.
    fn engine(&self, zone: &TimeZone) -> NamedEngine {
        let engine = match self {
            Preset::Text(preset) => text_engine(preset, zone),
            Preset::Keyed(preset) => Engine::Keyed(KeyedPlan::new(preset, zone)),
            Preset::Columns(preset) => Engine::Columns(ColumnsPlan::new(preset, zone)),
        };
        NamedEngine { name: self.name(), engine }
    }
}

fn text_engine(preset: &TextPreset, zone: &TimeZone) -> Engine {
    let plan = match preset.template {
        PresetTemplate::Apache(text) => apache(text, zone),
        PresetTemplate::Nginx(text) => nginx(text, zone),
        PresetTemplate::Ncsa => return Engine::Ncsa(zone.clone()),
    };
    let mut plan = plan.expect("presets are tested");
    // Only words follow the user agent, none of which has a quote.
    let last_quoted = plan.steps.iter().rposition(|step| step.quoted);
    if let Some(step) =
        last_quoted.filter(|at| at + 1 < plan.steps.len()).map(|at| &mut plan.steps[at])
    {
        step.until_last = preset.family == "s3";
    }
    Engine::Template(TemplatePlan { encoding: preset.encoding, is_strict: true, ..plan })
}

/// Returns the preset or family with a name. A name of both stands for the family.
pub(crate) fn by_name(name: &str, zone: &TimeZone) -> Option<Family> {
    let first = all().find(|preset| preset.name() == name || preset.family() == name)?;
    let is_family = first.family() == name;
    let wanted = all().filter(|preset| match is_family {
        true => preset.family() == name,
        false => preset.name() == name,
    });
    let engines = wanted.map(|preset| preset.engine(zone)).collect();
    let name = if is_family { first.family() } else { first.name() };
    Some(Family { name, engines })
}

/// Returns the format with a name that the config files of nginx and Apache define: `main` is in nginx's own
/// `nginx.conf`, the others are in Apache's `httpd.conf` and in Debian's `apache2.conf`.
pub(crate) fn by_server_name(name: &str, zone: &TimeZone) -> Option<Family> {
    let name = match name.trim() {
        "combined" => "combined",
        "common" => "common",
        "vhost_combined" => "vhost_combined",
        "main" | "combinedio" => NCSA,
        _ => return None,
    };
    by_name(name, zone)
}

/// Returns the format with a name of GoAccess's.
pub(crate) fn by_goaccess_name(name: &str, zone: &TimeZone) -> Option<Family> {
    let family = match name.trim() {
        "COMBINED" | "VCOMBINED" | "COMMON" | "VCOMMON" | "TRAEFIKCLF" => NCSA,
        "W3C" | "CLOUDFRONT" => "w3c",
        "CLOUDSTORAGE" => "csv",
        "AWSELB" => "elb",
        "AWSALB" => "alb",
        "AWSS3" => "s3",
        "SQUID" => "squid",
        "CADDY" => "caddy",
        _ => return None,
    };
    by_name(family, zone)
}

/// Returns all families, in the order in which they are tried. They are compiled once for each zone, since many small logs
/// may be detected one after the other.
pub(crate) fn families(zone: &TimeZone) -> Arc<Vec<Family>> {
    static COMPILED: Mutex<Vec<(TimeZone, Arc<Vec<Family>>)>> = Mutex::new(Vec::new());
    let mut compiled = COMPILED.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some((_, families)) = compiled.iter().find(|(known, _)| known == zone) {
        return Arc::clone(families);
    }
    let families = Arc::new(compile_families(zone));
    compiled.push((zone.clone(), Arc::clone(&families)));
    families
}

fn compile_families(zone: &TimeZone) -> Vec<Family> {
    let mut families: Vec<Family> = Vec::new();
    for preset in all() {
        let (name, engine) = (preset.family(), preset.engine(zone));
        match families.last_mut() {
            Some(last) if last.name == name => last.engines.push(engine),
            _ => families.push(Family { name, engines: vec![engine] }),
        }
    }
    families
}

/// Returns the names of all presets.
pub(crate) fn names() -> Vec<&'static str> {
    all().map(|preset| preset.name()).collect()
}
