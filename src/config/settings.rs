//! Turns the config file into settings: finds time zones, compiles patterns, resolves paths.

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use jiff::tz::TimeZone;
use xxhash_rust::xxh3::xxh3_64_with_seed;

use crate::agents::{CatalogueFile, Namer};
use crate::classify::{Counting, Rules};
use crate::day::Day;
use crate::format::Format;
use crate::pages::{Referrers, RequestRules, TermCatalogue, TermRules, indexed_sitemaps};
use crate::report::Query;
use crate::source::read_decoded;
use crate::trust::{DnsServer, Lists, Proxies};

use super::error::{ConfigError, format_advice, message};
use super::file::{
    Config, FormatChoice, FormatDirective, GoAccessStrings, GuestbookSection, LogSection,
    OnlyTerms, OverlapChoice, ReportsSection, TermsSection, TrustSection,
};

/// The longest window of days: a leap year.
const DAYS_MAX: u16 = 366;

/// A checked config, ready for a run.
#[derive(Debug)]
pub struct Settings {
    /// The contents of the file, for values that need no conversion.
    pub config: Config,
    /// The folder that relative paths are resolved against.
    pub folder: PathBuf,
    /// The site's time zone.
    pub zone: TimeZone,
    /// The day that counts as today, if the config fixes it.
    pub as_of: Option<Day>,
    /// The rules by which requests are classified.
    pub rules: Rules,
    pub logs: Vec<LogConfig>,
    /// The server for reverse DNS. `None` if it is off.
    pub resolver: Option<DnsServer>,
    /// The text of the file, for [`Settings::basis`].
    text: String,
}

/// Logs that are read with the same settings.
#[derive(Clone, Debug)]
pub struct LogConfig {
    /// Paths and glob patterns.
    pub paths: Vec<String>,
    /// The format. `None` if it is detected.
    pub format: Option<Format>,
    /// The zone of times that have none.
    pub zone: TimeZone,
    /// True if the config gives that zone.
    pub has_given_zone: bool,
    /// The virtual hosts to keep. If empty, all are.
    pub hosts: Vec<String>,
    /// True if lines are counted even if another log has had them too.
    pub counts_copies: bool,
    /// The number of days without a new line after which a log has fallen silent.
    pub stale_after: Option<i32>,
}

impl Settings {
    /// Reads and checks a config file.
    pub fn load(path: &Path) -> Result<Settings, ConfigError> {
        let text = match fs::read_to_string(path) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                return Err(ConfigError::Missing(path.into()));
            }
            Err(error) => return Err(ConfigError::Read { path: path.into(), error }),
            Ok(text) => text,
        };
        let config = toml::from_str(&text)
            .map_err(|error| ConfigError::Toml { path: path.into(), message: message(&error) })?;
        let folder = path.parent().unwrap_or(Path::new("")).to_owned();
        let settings = Settings::new(config, folder)?;
        Ok(Settings { text, ..settings })
    }

    /// Checks a config. Relative paths are resolved against `folder`.
    pub fn new(config: Config, folder: PathBuf) -> Result<Settings, ConfigError> {
        let zone = timezone("[site] timezone", &config.site.timezone)?;
        let as_of =
            config.site.as_of.as_deref().map(|text| date("[site] as_of", text)).transpose()?;
        days("[reports] days", config.reports.days)?;
        for period in &config.reports.periods {
            days("[reports] periods", *period)?;
        }
        if config.reports.out.as_os_str().is_empty() {
            return Err(ConfigError::Empty("[reports] out"));
        }
        if config.reports.formats.is_empty() {
            return Err(ConfigError::Empty("[reports] formats"));
        }
        let logs = config.logs.iter().map(log).collect::<Result<_, _>>()?;
        let rules = rules(&config, &folder)?;
        let resolver = resolver(&config.trust.resolver)?;
        Ok(Settings { config, folder, zone, as_of, rules, logs, resolver, text: String::new() })
    }

    /// Returns the settings of a changed config.
    pub fn changed(&self, change: impl FnOnce(&mut Config)) -> Result<Settings, ConfigError> {
        let mut config = self.config.clone();
        change(&mut config);
        let settings = Settings::new(config, self.folder.clone())?;
        Ok(Settings { text: self.text.clone(), ..settings })
    }

    /// Returns the rules by which lines are counted, by their sections. A change of them has no effect on lines that were
    /// counted before.
    pub fn counting_rules(&self) -> BTreeMap<String, String> {
        let TermsSection { pattern, query, only, ignore, .. } = &self.config.terms;
        let rules: [(&str, &dyn Debug); 6] = [
            ("[terms] pattern", pattern),
            ("[[terms.query]]", query),
            ("[terms] only", only),
            ("[terms] ignore", ignore),
            ("[[request_types]]", &self.config.request_types),
            ("[guestbook.count] methods", &self.config.guestbook.count.methods),
        ];
        rules.map(|(name, rule)| (name.to_owned(), format!("{rule:?}"))).into()
    }

    /// Returns a text that identifies the catalogue in force: it differs whenever the catalogue may differ.
    pub fn catalogue_id(&self) -> String {
        let version = self.rules.namer.catalogue().version();
        format!("{} {version} {:016x}", env!("CARGO_PKG_VERSION"), self.basis())
    }

    /// Returns a hash of all files that the rules are made from.
    pub fn basis(&self) -> u64 {
        let files = [&self.config.terms.catalog, &self.config.catalogue.file];
        let read = |file: &PathBuf| fs::read(self.folder.join(file)).ok();
        let texts = files.map(|file| file.as_ref().and_then(read).unwrap_or_default());
        let first = xxh3_64_with_seed(self.text.as_bytes(), 0);
        texts.iter().fold(first, |hash, text| xxh3_64_with_seed(text, hash))
    }

    pub fn store_path(&self) -> PathBuf {
        self.folder.join(&self.config.store.path)
    }

    /// Returns the folder that reports are published to.
    pub fn reports_path(&self) -> PathBuf {
        self.folder.join(&self.config.reports.out)
    }

    /// Returns the query for the window of `days` days that ends with `today`.
    pub fn query(&self, today: Day, days: u16) -> Query {
        let guestbook = self.guestbook();
        let site = &self.config.site;
        Query {
            today,
            days,
            history: days,
            statuses: guestbook.count.statuses.clone(),
            impostors: guestbook.impostors,
            site: site.name.clone(),
            timezone: site.timezone.clone(),
            caption: site.caption.clone(),
        }
    }

    pub fn guestbook(&self) -> &GuestbookSection {
        &self.config.guestbook
    }

    pub fn reports(&self) -> &ReportsSection {
        &self.config.reports
    }
}

/// Parses a date such as 2026-05-20. `key` is the config key or flag that an error names.
pub(crate) fn date(key: &'static str, text: &str) -> Result<Day, ConfigError> {
    Day::parse(text).ok_or_else(|| ConfigError::Date { key, text: text.to_owned() })
}

/// Checks a number of days. `key` is the config key or flag that an error names.
pub(crate) fn days(key: &'static str, value: u16) -> Result<u16, ConfigError> {
    let is_valid = (1..=DAYS_MAX).contains(&value);
    is_valid.then_some(value).ok_or(ConfigError::Bounds { key, value, max: DAYS_MAX })
}

/// Returns the format that the config or `--format` gives. `None` means that it is detected.
pub fn format(choice: &FormatChoice, zone: &TimeZone) -> Result<Option<Format>, ConfigError> {
    Ok(match choice {
        FormatChoice::Named(name) if name == "auto" => None,
        FormatChoice::Named(name) => Some(Format::named(name, zone).ok_or_else(|| {
            ConfigError::Format { name: name.clone(), advice: format_advice(name) }
        })?),
        FormatChoice::FormatDirective(FormatDirective::Nginx(text)) => {
            Some(Format::nginx(text, zone)?)
        }
        FormatChoice::FormatDirective(FormatDirective::Apache(text)) => {
            Some(Format::apache(text, zone)?)
        }
        FormatChoice::FormatDirective(FormatDirective::Goaccess(GoAccessStrings {
            log,
            date,
            time,
        })) => Some(Format::goaccess(log, date, time, zone)?),
        FormatChoice::FormatDirective(FormatDirective::W3c(names)) => {
            Some(Format::w3c(names, zone)?)
        }
        FormatChoice::FormatDirective(FormatDirective::Json(keys)) => {
            Some(Format::json(keys, zone)?)
        }
    })
}

fn timezone(key: &'static str, name: &str) -> Result<TimeZone, ConfigError> {
    if name == "UTC" {
        return Ok(TimeZone::UTC); // Any other name is looked up in the system's time zone database.
    }
    TimeZone::get(name).map_err(|_| ConfigError::Timezone { key, name: name.to_owned() })
}

fn log(log: &LogSection) -> Result<LogConfig, ConfigError> {
    if log.paths.is_empty() {
        return Err(ConfigError::Empty("[[logs]] paths"));
    }
    let zone = log.input_timezone.as_deref().unwrap_or("UTC");
    let zone = timezone("[[logs]] input_timezone", zone)?;
    let format = format(&log.format, &zone)?;
    Ok(LogConfig {
        paths: log.paths.clone(),
        format,
        zone,
        has_given_zone: log.input_timezone.is_some(),
        hosts: log.hosts.clone(),
        counts_copies: log.overlap == OverlapChoice::Count,
        stale_after: Some(i32::from(log.stale_after)).filter(|days| *days > 0),
    })
}

fn rules(config: &Config, folder: &Path) -> Result<Rules, ConfigError> {
    let mut terms = TermRules::new(config.terms.pattern.iter().map(String::as_str))?
        .with_queries(&config.terms.query)?
        .ignoring(&config.terms.ignore)?;
    if let Some(file) = &config.terms.catalog {
        let catalogue = term_catalogue(&folder.join(file), &terms)?;
        terms = terms.with_catalogue(catalogue);
    }
    if config.terms.only == Some(OnlyTerms::Catalog) {
        if config.terms.catalog.is_none() {
            return Err(ConfigError::OnlyCatalogue);
        }
        terms = terms.catalogue_only();
    }
    let count = &config.guestbook.count;
    Ok(Rules {
        namer: Namer::with(config.agents.clone(), catalogue_file(config, folder)?)?,
        terms,
        requests: RequestRules::new(&config.request_types)?,
        referrers: Referrers::new(config.site.url.as_deref())?,
        counting: Counting {
            methods: count.methods.iter().map(|method| method.to_ascii_uppercase()).collect(),
            statuses: count.statuses.clone(),
        },
        sign: config.guestbook.sign.clone(),
        lists: Lists::behind(proxies(&config.trust)?),
    })
}

/// Reads the user's own catalogue, if the config names one. A missing file is no error if the config has its URL: it
/// has not been fetched yet.
fn catalogue_file(config: &Config, folder: &Path) -> Result<Option<CatalogueFile>, ConfigError> {
    let Some(file) = &config.catalogue.file else { return Ok(None) };
    let path = folder.join(file);
    let text = match fs::read_to_string(&path) {
        Err(error)
            if error.kind() == std::io::ErrorKind::NotFound && config.catalogue.url.is_some() =>
        {
            return Ok(None);
        }
        Err(error) => return Err(ConfigError::ReadAgents { path, error }),
        Ok(text) => text,
    };
    let invalid = |error| ConfigError::AgentsFile { path, error };
    CatalogueFile::parse(&text).map(Some).map_err(invalid)
}

fn resolver(text: &str) -> Result<Option<DnsServer>, ConfigError> {
    const DNS_PORT: u16 = 53;
    let address = || {
        let bare = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(text);
        let ip = || Some(SocketAddr::new(bare.parse().ok()?, DNS_PORT));
        text.parse().ok().or_else(ip).filter(|address| address.port() != 0)
    };
    match text {
        "off" => Ok(None),
        "system" => Ok(Some(DnsServer::System)),
        _ => match address() {
            Some(address) => Ok(Some(DnsServer::At(address))),
            None => Err(ConfigError::Resolver(text.to_owned())),
        },
    }
}

fn proxies(trust: &TrustSection) -> Result<Proxies, ConfigError> {
    let TrustSection { proxies, header, .. } = trust;
    if proxies.is_empty() && header.is_some() {
        return Err(ConfigError::Header(
            "[trust] header: name the proxies that set it under [trust] proxies",
        ));
    }
    let is_name_char = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    if header.as_ref().is_some_and(|name| name.is_empty() || !name.chars().all(is_name_char)) {
        return Err(ConfigError::Header(
            "[trust] header: write only the header's name, such as \"X-Forwarded-For\"",
        ));
    }
    if header.as_ref().is_some_and(|name| name.eq_ignore_ascii_case("forwarded")) {
        return Err(ConfigError::Header(
            "[trust] header: \"Forwarded\" (RFC 7239) is not read; log X-Forwarded-For, or your proxy's own header",
        ));
    }
    let invalid = |error| ConfigError::Proxies { text: proxies.join(", "), error };
    Proxies::new(proxies, header.is_some()).map_err(invalid)
}

fn term_catalogue(path: &Path, terms: &TermRules) -> Result<TermCatalogue, ConfigError> {
    let text = read_catalogue(path)?;
    let is_sitemap = text.trim_start().starts_with('<');
    let catalogue = match indexed_sitemaps(&text).filter(|_| is_sitemap) {
        // The sitemaps of an index are looked for beside it.
        Some(names) => {
            let folder = path.parent().unwrap_or(Path::new(""));
            let texts = names.iter().map(|name| read_catalogue(&folder.join(name)));
            TermCatalogue::from_sitemaps(&texts.collect::<Result<Vec<_>, _>>()?, |path, query| {
                terms.find(path, query)
            })
        }
        None if is_sitemap => {
            TermCatalogue::from_sitemap(&text, |path, query| terms.find(path, query))
        }
        None => TermCatalogue::from_toml(&text),
    };
    catalogue.map_err(|error| ConfigError::TermCatalogue { path: path.into(), error })
}

/// Reads a file of terms, compressed or not. Sitemaps have 50 MB at most (sitemaps.org).
fn read_catalogue(path: &Path) -> Result<String, ConfigError> {
    const BYTES_MAX: u64 = 64 << 20;
    read_decoded(path, BYTES_MAX)
        .and_then(|bytes| String::from_utf8(bytes).map_err(std::io::Error::other))
        .map_err(|error| ConfigError::ReadCatalog { path: path.into(), error })
}
