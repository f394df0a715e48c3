//! Publishes the site's guestbooks.

use crate::config::Settings;
use crate::day::Day;
use crate::meter::Meter;
use crate::publish::{Publication, PublishOptions, Published, publish};
use crate::render::OutputFormat;
use crate::report::SiteReport;
use crate::site::CHART_DAYS;
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
    let reports = settings.reports();
    let periods = &reports.periods;
    let mut query = settings.query(today, reports.days);
    query.history = periods.iter().copied().chain(CHART_DAYS).fold(query.days, u16::max);
    let url = reports.url.as_deref().map(|url| format!("{}/", url.trim_end_matches('/')));
    let formats = output_formats(settings)?;
    let (site, published) = publish(&Publication {
        store,
        rules: &settings.rules,
        basis: settings.basis(),
        options: PublishOptions {
            query: &query,
            formats: &formats,
            periods,
            pages: reports.pages,
            url: url.as_deref(),
            folder: &settings.reports_path(),
            meter,
        },
    })?;
    Ok(PublishedSite { published, site })
}

/// Returns the output formats of the config.
pub fn output_formats(settings: &Settings) -> Result<Vec<OutputFormat>, NightError> {
    let find = |name: &String| {
        let found = OutputFormat::NAMES.iter().find(|(known, _)| known == name);
        found.map(|(_, format)| *format).ok_or_else(|| {
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
