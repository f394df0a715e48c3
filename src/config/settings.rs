//! A config that was checked as a whole: zones found, patterns compiled, paths resolved.

use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use jiff::tz::TimeZone;
use xxhash_rust::xxh3::xxh3_64_with_seed;

use crate::classify::{
    CatalogueFile, Counting, Lists, Namer, Proxies, Referrers, RequestRules, Rules, TermCatalogue,
    TermRules,
};
use crate::day::Day;
use crate::dns::Server;
use crate::format::Format;
use crate::report::Question;

use super::error::{ConfigError, message};
use super::file::{Config, FormatChoice, GoAccess, Guestbook, Log, Reports, Template, Trust};

/// The longest window of days: a year and a leap day.
const DAYS_MAX: u16 = 366;

/// All that a run needs to know.
#[derive(Debug)]
pub struct Settings {
    /// The file's own words, for what needs no checking.
    pub config: Config,
    /// The folder that relative paths belong to.
    pub folder: PathBuf,
    /// The site's time zone.
    pub zone: TimeZone,
    /// What `today` is, where the config fixes it.
    pub as_of: Option<Day>,
    /// How requests are judged.
    pub rules: Rules,
    /// Where logs are, and how to read them.
    pub logs: Vec<LogSource>,
    /// Who is asked what addresses are called; `None` where nobody is.
    pub resolver: Option<Server>,
    /// The config's own text.
    text: String,
}

/// Some logs, and how to read them.
#[derive(Clone, Debug)]
pub struct LogSource {
    /// Paths and patterns.
    pub paths: Vec<String>,
    /// Their format; `None` where it is to be found out.
    pub format: Option<Format>,
    /// The zone of times that carry none.
    pub zone: TimeZone,
    /// The virtual hosts to keep; all, where empty.
    pub hosts: Vec<String>,
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

    /// Checks a config whose relative paths belong to `folder`.
    pub fn new(config: Config, folder: PathBuf) -> Result<Settings, ConfigError> {
        let zone = timezone("[site] timezone", &config.site.timezone)?;
        let as_of =
            config.site.as_of.as_deref().map(|text| date("[site] as_of", text)).transpose()?;
        days("[reports] days", config.reports.days)?;
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

    /// Stands for all texts that the rules were made from: another for others.
    pub fn basis(&self) -> u64 {
        let files = [&self.config.terms.catalog, &self.config.catalogue.file];
        let read = |file: &PathBuf| fs::read(self.folder.join(file)).ok();
        let texts = files.map(|file| file.as_ref().and_then(read).unwrap_or_default());
        let first = xxh3_64_with_seed(self.text.as_bytes(), 0);
        texts.iter().fold(first, |hash, text| xxh3_64_with_seed(text, hash))
    }

    /// The store's path.
    pub fn store_path(&self) -> PathBuf {
        self.folder.join(&self.config.store.path)
    }

    /// The folder that reports are published to.
    pub fn reports_path(&self) -> PathBuf {
        self.folder.join(&self.config.reports.out)
    }

    /// The question about the window of `days` that ends `today`.
    pub fn question(&self, today: Day, days: u16) -> Question {
        let guestbook = self.guestbook();
        let site = &self.config.site;
        Question {
            today,
            days,
            sign: guestbook.sign.clone(),
            statuses: guestbook.count.statuses.clone(),
            impostors: guestbook.impostors,
            site: site.name.clone(),
            timezone: site.timezone.clone(),
            caption: site.caption.clone(),
        }
    }

    /// What `[guestbook]` says.
    pub fn guestbook(&self) -> &Guestbook {
        &self.config.guestbook
    }

    /// What `[reports]` says.
    pub fn reports(&self) -> &Reports {
        &self.config.reports
    }
}

/// Reads a date as config and flags write it; `key` names which.
pub(crate) fn date(key: &'static str, text: &str) -> Result<Day, ConfigError> {
    Day::parse(text).ok_or_else(|| ConfigError::Date { key, text: text.to_owned() })
}

/// Checks a number of days; `key` names where it was given.
pub(crate) fn days(key: &'static str, value: u16) -> Result<u16, ConfigError> {
    let sound = (1..=DAYS_MAX).contains(&value);
    sound.then_some(value).ok_or(ConfigError::Bounds { key, value, max: DAYS_MAX })
}

/// Finds a format by what config or `--format` names.
pub(crate) fn format(
    choice: &FormatChoice,
    zone: &TimeZone,
) -> Result<Option<Format>, ConfigError> {
    Ok(match choice {
        FormatChoice::Named(name) if name == "auto" => None,
        FormatChoice::Named(name) => Some(Format::named(name, zone).ok_or_else(|| {
            ConfigError::Format { name: name.clone(), known: Format::known().join(", ") }
        })?),
        FormatChoice::Template(Template::Nginx(text)) => Some(Format::nginx(text, zone)?),
        FormatChoice::Template(Template::Apache(text)) => Some(Format::apache(text, zone)?),
        FormatChoice::Template(Template::Goaccess(GoAccess { log, date, time })) => {
            Some(Format::goaccess(log, date, time, zone)?)
        }
        FormatChoice::Template(Template::W3c(names)) => Some(Format::w3c(names, zone)?),
        FormatChoice::Template(Template::Json(keys)) => Some(Format::json(keys, zone)?),
    })
}

fn timezone(key: &'static str, name: &str) -> Result<TimeZone, ConfigError> {
    if name == "UTC" {
        return Ok(TimeZone::UTC); // Any other name is looked for among all that the system has.
    }
    TimeZone::get(name).map_err(|_| ConfigError::Timezone { key, name: name.to_owned() })
}

fn log(log: &Log) -> Result<LogSource, ConfigError> {
    if log.paths.is_empty() {
        return Err(ConfigError::Empty("[[logs]] paths"));
    }
    let zone = log.input_timezone.as_deref().unwrap_or("UTC");
    let zone = timezone("[[logs]] input_timezone", zone)?;
    let format = format(&log.format, &zone)?;
    Ok(LogSource { paths: log.paths.clone(), format, zone, hosts: log.hosts.clone() })
}

fn rules(config: &Config, folder: &Path) -> Result<Rules, ConfigError> {
    let mut terms = TermRules::new(config.terms.pattern.as_deref())?;
    if let Some(file) = &config.terms.catalog {
        let catalogue = term_catalogue(&folder.join(file), &terms)?;
        terms = terms.with_catalogue(catalogue);
    }
    let count = &config.guestbook.count;
    Ok(Rules {
        namer: Namer::with(config.agents.clone(), catalogue_file(config, folder)?)?,
        terms,
        requests: RequestRules::new(&config.request_types)?,
        referrers: Referrers::new(config.site.url.as_deref()),
        counting: Counting {
            methods: count.methods.iter().map(|method| method.to_ascii_uppercase()).collect(),
            statuses: count.statuses.clone(),
        },
        lists: Lists::behind(proxies(&config.trust)?),
    })
}

/// The user's own catalogue. One that is still to be fetched is none yet.
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
    let wrong = |error| ConfigError::AgentsFile { path, error };
    CatalogueFile::parse(&text).map(Some).map_err(wrong)
}

fn resolver(text: &str) -> Result<Option<Server>, ConfigError> {
    const DNS_PORT: u16 = 53;
    let address = || {
        let bare = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(text);
        let ip = || Some(SocketAddr::new(bare.parse().ok()?, DNS_PORT));
        text.parse().ok().or_else(ip).filter(|address| address.port() != 0)
    };
    match text {
        "off" => Ok(None),
        "system" => Ok(Some(Server::System)),
        _ => match address() {
            Some(address) => Ok(Some(Server::At(address))),
            None => Err(ConfigError::Resolver(text.to_owned())),
        },
    }
}

fn proxies(trust: &Trust) -> Result<Proxies, ConfigError> {
    let Trust { proxies, header, .. } = trust;
    if proxies.is_empty() && header.is_some() {
        return Err(ConfigError::Header(
            "[trust] header: name the proxies that are believed in it under [trust] proxies",
        ));
    }
    let is_part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    if header.as_ref().is_some_and(|name| name.is_empty() || !name.chars().all(is_part)) {
        return Err(ConfigError::Header(
            "[trust] header: write a header's name alone, such as \"X-Forwarded-For\"",
        ));
    }
    if header.as_ref().is_some_and(|name| name.eq_ignore_ascii_case("forwarded")) {
        return Err(ConfigError::Header(
            "[trust] header: \"Forwarded\" (RFC 7239) is not read; log X-Forwarded-For, or your proxy's own header",
        ));
    }
    let wrong = |error| ConfigError::Proxies { text: proxies.join(", "), error };
    Proxies::new(proxies, header.is_some()).map_err(wrong)
}

fn term_catalogue(path: &Path, terms: &TermRules) -> Result<TermCatalogue, ConfigError> {
    let text = fs::read_to_string(path)
        .map_err(|error| ConfigError::ReadCatalog { path: path.into(), error })?;
    let sitemap = path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("xml"));
    let catalogue = if sitemap {
        TermCatalogue::from_sitemap(&text, |url_path| terms.find(url_path))
    } else {
        TermCatalogue::from_toml(&text)
    };
    catalogue.map_err(|error| ConfigError::TermCatalogue { path: path.into(), error })
}
