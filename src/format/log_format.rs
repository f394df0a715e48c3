//! A log's format: the family of presets that its lines fit, and the wrappers around them.

use std::collections::BTreeMap;

use jiff::tz::TimeZone;

use crate::source::Cut;

use super::advice::user_agent_advice;
use super::container::Wrapper;
use super::engine::{
    Columns, ColumnsPlan, Engine, Family, KeyedPlan, TemplateError, apache, dashed, goaccess,
    goaccess_keys, nginx,
};
use super::fallback::FallbackFormats;
use super::known;

use super::record::Field;

/// The name of a format whose keys the user has given.
const JSON_KEYS: &str = "json_keys";

/// The format of a log.
#[derive(Clone, Debug)]
pub struct Format {
    pub(crate) family: Family,
    /// The wrappers around the lines, outermost first.
    pub(crate) wrappers: Vec<Wrapper>,
    /// The formats that are tried on lines that do not fit. `None` if the user named the format.
    pub(crate) fallback: Option<FallbackFormats>,
    /// True if the user has given the zone of times without an offset. Otherwise, that of a wrapper's time is used.
    pub(crate) has_given_zone: bool,
}

impl Format {
    /// Returns a format that was detected, so that other formats are tried on lines that do not fit it.
    pub(crate) fn detected(family: Family, zone: &TimeZone) -> Format {
        let fallback = Some(FallbackFormats::new(zone));
        Format { family, wrappers: Vec::new(), fallback, has_given_zone: false }
    }

    pub(crate) fn of(family: Family) -> Format {
        Format { family, wrappers: Vec::new(), fallback: None, has_given_zone: false }
    }

    fn single(name: &'static str, engine: Engine) -> Format {
        Format::of(Family::single(name, engine))
    }

    /// Compiles an nginx `log_format`: the whole directive as written in the server's config, or the string alone. It
    /// may also be the name of a format that comes with the server. `zone` is for times that carry none.
    pub fn nginx(directive: &str, zone: &TimeZone) -> Result<Format, TemplateError> {
        if let Some(family) = known::by_server_name(directive, zone) {
            return Ok(Format::of(family));
        }
        Ok(Format::single("nginx", Engine::Template(nginx(directive, zone)?)))
    }

    /// Compiles an Apache `LogFormat`: the whole directive, the string alone, or the name of a format that comes with the
    /// server.
    pub fn apache(directive: &str, zone: &TimeZone) -> Result<Format, TemplateError> {
        if let Some(family) = known::by_server_name(directive, zone) {
            return Ok(Format::of(family));
        }
        Ok(Format::single("apache", Engine::Template(apache(directive, zone)?)))
    }

    /// Compiles GoAccess's `--log-format`, `--date-format` and `--time-format`. The first may be one of its names, or
    /// the JSON that it accepts as a format.
    pub fn goaccess(
        log: &str,
        date: &str,
        time: &str,
        zone: &TimeZone,
    ) -> Result<Format, TemplateError> {
        if let Some(family) = known::by_goaccess_name(log, zone) {
            return Ok(Format::of(family));
        }
        if let Some(keys) = goaccess_keys(log) {
            return Format::json(&keys, zone);
        }
        Ok(Format::single("goaccess", Engine::Template(goaccess(log, date, time, zone)?)))
    }

    /// Returns the format of a log that declares no columns, such as CloudFront's real-time logs, by their W3C names.
    pub fn w3c(names: &str, zone: &TimeZone) -> Result<Format, TemplateError> {
        let plan = ColumnsPlan::of_names(names, zone);
        let has = |wanted: Field| plan.fields().any(|field| wanted == field);
        if !has(Field::Time) {
            return Err(TemplateError::NoTime("date and time, or timestamp"));
        }
        if !has(Field::Target) {
            return Err(TemplateError::NoRequest("cs-uri-stem"));
        }
        Ok(Format::single("w3c_columns", Engine::Columns(plan)))
    }

    /// Returns a JSON format with the user's own keys. `keys` maps the name of each field to its key; nested keys have
    /// dots.
    pub fn json(keys: &BTreeMap<String, String>, zone: &TimeZone) -> Result<Format, TemplateError> {
        let engine = Engine::Keyed(KeyedPlan::of_keys(keys, zone).map_err(|name| {
            let known = Field::NAMES.map(|(name, _)| name).join(", ");
            TemplateError::NoField { name, known }
        })?);
        let has = |field: &str| keys.contains_key(field);
        if !has("time") {
            return Err(TemplateError::NoTime("time = \"…\""));
        }
        if !has("request") && !has("uri") {
            return Err(TemplateError::NoRequest("uri = \"…\", or request = \"…\""));
        }
        Ok(Format::single(JSON_KEYS, engine))
    }

    /// Returns the preset or family of presets with a name. `zone` is for times that carry none.
    pub fn named(name: &str, zone: &TimeZone) -> Option<Format> {
        known::by_name(name, zone).or_else(|| known::by_server_name(name, zone)).map(Format::of)
    }

    /// Returns every name that [`Format::named`] accepts.
    pub fn preset_names() -> Vec<&'static str> {
        known::names()
    }

    /// Returns the format's name: that of a preset or family, `nginx` or `apache`, and its wrappers, as in
    /// `ncsa in docker`.
    pub fn name(&self) -> String {
        let wrappers = self.wrappers.iter().rev().map(|wrapper| format!(" in {}", wrapper.name()));
        self.family.name.to_owned() + &wrappers.collect::<String>()
    }

    /// Returns the columns that are in force after `text` if it declares any, as only W3C and CSV logs do.
    pub fn columns(&self, text: &[u8]) -> Option<Columns> {
        self.family.columns_plan()?.declared_in(text)
    }

    /// Returns whether logs of this format declare their columns.
    pub fn has_columns(&self) -> bool {
        self.family.columns_plan().is_some()
    }

    /// Returns where a log of this format may be cut.
    pub fn cut(&self) -> Cut {
        match self.wrappers.first() {
            Some(wrapper) => wrapper.runtime().map_or(Cut::Line, Cut::Container),
            None if self.family.is_json() => Cut::Object,
            None => Cut::Line,
        }
    }

    /// Writes the format, with the keys or columns of the log, as a text for [`Format::restore`].
    pub fn save(&self, columns: &Columns) -> String {
        let learned = self.family.common_keys().and_then(KeyedPlan::learned);
        let names = columns.names().or(learned);
        let names = names.map(|names| format!(" {names}")).unwrap_or_default();
        let wrappers = self.wrappers.iter().map(|wrapper| format!("{}>", wrapper.name()));
        wrappers.collect::<String>() + self.family.name + &names
    }

    /// Parses the format and columns that [`Format::save`] wrote. `None` for a server's own directive, which is in the
    /// config.
    pub fn restore(saved: &str, zone: &TimeZone) -> Option<(Format, Columns)> {
        let (name, names) = saved.split_once(' ').unwrap_or((saved, ""));
        let mut wrappers: Vec<&str> = name.split('>').collect();
        let mut format = Format::detected(known::by_name(wrappers.pop()?, zone)?, zone);
        format.wrappers = wrappers.into_iter().map(Wrapper::named).collect::<Option<_>>()?;
        if let Some(plan) = format.family.common_keys().and_then(|plan| plan.restored(names)) {
            format.family = format.family.with_keys(plan);
        }
        let plan = format.family.columns_plan().filter(|_| !names.is_empty());
        let columns = plan.map(|plan| plan.named(names)).unwrap_or_default();
        Some((format, columns))
    }

    /// Reads a request header, such as `X-Forwarded-For` in any case, into [`Record::forwarded`](super::Record).
    #[must_use]
    pub fn with_header(mut self, header: &str) -> Format {
        self.family.set_forwarded_header(&dashed(header));
        self
    }

    /// Reads lines in this format only.
    #[must_use]
    pub fn without_fallback(mut self) -> Format {
        self.fallback = None;
        self
    }

    /// Returns the format with the keys that a log's first lines have, if it accepts common keys.
    #[must_use]
    pub fn learned_from(mut self, text: &[u8]) -> Format {
        const LEARNED_LINES_MAX: usize = 200;
        let is_learned = self.wrappers.is_empty() && self.family.name != JSON_KEYS;
        if let Some(plan) = self.family.common_keys().filter(|_| is_learned) {
            let lines = text.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
            let lines: Vec<&[u8]> = lines.take(LEARNED_LINES_MAX).collect();
            self.family = self.family.with_keys(plan.learned_from(&lines, true));
        }
        self
    }

    /// Reads times without an offset in the zone that the format was made for, whatever a wrapper says.
    #[must_use]
    pub fn with_given_zone(mut self) -> Format {
        self.has_given_zone = true;
        self
    }

    /// Returns whether lines may have the header of [`Format::with_header`].
    pub fn may_have_header(&self) -> bool {
        self.family.may_have_header()
    }

    /// Returns whether lines may have a user agent. Without one no crawler can be named.
    pub fn may_have_user_agent(&self) -> bool {
        self.family.may_have_user_agent()
    }

    /// Returns the setting of the server that adds the user agent, to follow the word "add".
    pub fn user_agent_advice(&self) -> &'static str {
        user_agent_advice(self.family.first_name())
    }

    /// Returns what may go wrong with a user's own directive, one sentence for each problem.
    pub fn warnings(&self) -> Vec<String> {
        self.family.warnings()
    }
}
