//! Publishes the site's guestbooks.

use crate::config::Settings;
use crate::day::Day;
use crate::meter::Meter;
use crate::publish::{Publication, Published, publish};
use crate::render::OutputFormat;
use crate::report::SiteReport;
use crate::store::Store;

use super::error::NightError;
use super::notice::Notice;

/// The result of publishing.
#[derive(Clone, Debug)]
pub struct PublishedSite {
    pub published: Published,
    /// The site's guestbook. `None` if nothing had changed.
    pub site: Option<SiteReport>,
}

/// Publishes the guestbooks of all terms and of the site, by the config's `[reports]`.
pub fn publish_site(
    settings: &Settings,
    store: &Store,
    today: Day,
    meter: &Meter,
) -> Result<PublishedSite, NightError> {
    let query = settings.query(today, settings.reports().days);
    let formats = output_formats(settings)?;
    let (site, published) = publish(&Publication {
        store,
        rules: &settings.rules,
        query: &query,
        formats: &formats,
        folder: &settings.reports_path(),
        basis: settings.basis(),
        meter,
    })?;
    Ok(PublishedSite { published, site })
}

/// Returns the output formats of the config, each with the extension of its files.
pub fn output_formats(
    settings: &Settings,
) -> Result<Vec<(&'static str, OutputFormat)>, NightError> {
    let find = |name: &String| {
        let found = OutputFormat::NAMES.iter().find(|(known, _)| known == name).copied();
        found.ok_or_else(|| {
            let known: Vec<&str> = OutputFormat::NAMES.iter().map(|(name, _)| *name).collect();
            NightError::OutputFormat { name: name.clone(), known: known.join(", ") }
        })
    };
    settings.reports().formats.iter().map(find).collect()
}

/// Returns a notice if the config fixes today and there are logs of later days. The sample's config fixes it, and a
/// copy of it would hide every later day.
pub fn fixed_day(
    settings: &Settings,
    store: &Store,
    today: Day,
) -> Result<Option<Notice>, NightError> {
    let last = store.coverage()?.last().map(|row| row.day).filter(|last| *last > today);
    let fixed = settings.as_of.filter(|fixed| *fixed == today);
    Ok(fixed.zip(last).map(|(today, last)| Notice::FixedDay { today, last }))
}
