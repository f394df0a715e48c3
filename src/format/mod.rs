//! Line → record. A format is data: a template that is read into a plan, and a table of presets.

mod address;
mod advice;
mod column_names;
mod columns;
mod detect;
mod escape;
mod field;
mod header;
mod header_name;
mod keyed;
mod line;
mod lines;
mod marks;
mod ncsa;
mod part;
mod plan;
mod preset;
mod record;
mod request;
#[cfg(test)]
mod roundtrip;
mod sink;
mod stray;
mod sureness;
mod template;
mod time;
mod usual;
mod values;
mod wrapper;

use std::collections::BTreeMap;

use jiff::tz::TimeZone;

pub use columns::Columns;
use columns::ColumnsPlan;
pub use detect::{Detection, Fit, SURE_LINES, detect, fit};
pub use escape::percent_decode;
use field::Field;
use keyed::KeyedPlan;
pub use line::{Content, Line};
pub use lines::LineReader;
pub use part::whole_lines;
use plan::Plan;
pub use record::{Encoding, Malformed, Record};
pub use sink::Sink;
use stray::Others;
pub use stray::is_error_log;
pub use template::TemplateError;
use wrapper::Wrapper;

/// A way to read lines: one template, or a family of them that may mix in one log.
#[derive(Clone, Debug)]
pub struct Format {
    name: &'static str,
    readers: Vec<Reader>,
    /// What stands around the lines, outermost first.
    wrappers: Vec<Wrapper>,
    /// What is tried on lines that do not fit; nothing where the user named the format.
    others: Option<Others>,
}

/// One preset of a format, or a server's own directive.
#[derive(Clone, Debug)]
struct Reader {
    name: &'static str,
    engine: Engine,
}

/// How a line is taken apart.
#[derive(Clone, Debug)]
enum Engine {
    /// By the literals between its fields.
    Template(Plan),
    /// By the keys of a JSON object, of LTSV or of logfmt.
    Keyed(KeyedPlan),
    /// By the marks of the NCSA family. The zone is for times that carry none.
    Ncsa(TimeZone),
    /// By the columns that the log declares.
    Columns(ColumnsPlan),
}

impl Format {
    /// Reads an nginx `log_format`: the whole directive as it stands in the server's config, or the
    /// string alone. `zone` is for times that carry none.
    pub fn nginx(directive: &str, zone: &TimeZone) -> Result<Format, TemplateError> {
        Ok(Format::single("nginx", Engine::Template(template::nginx(directive, zone)?)))
    }

    /// Reads an Apache `LogFormat`: the whole directive, or the string alone.
    pub fn apache(directive: &str, zone: &TimeZone) -> Result<Format, TemplateError> {
        Ok(Format::single("apache", Engine::Template(template::apache(directive, zone)?)))
    }

    /// Reads GoAccess's `--log-format`, `--date-format` and `--time-format`; the first may be one of its
    /// names, or the JSON that it takes for a format.
    pub fn goaccess(
        log: &str,
        date: &str,
        time: &str,
        zone: &TimeZone,
    ) -> Result<Format, TemplateError> {
        if let Some(format) = preset::of_goaccess(log, zone) {
            return Ok(format);
        }
        if let Some(keys) = template::goaccess_keys(log) {
            return Format::json(&keys, zone);
        }
        let plan = template::goaccess(log, date, time, zone)?;
        Ok(Format::single("goaccess", Engine::Template(plan)))
    }

    /// The columns of a log that declares none, by their W3C names, as of CloudFront's real-time logs.
    pub fn w3c(names: &str, zone: &TimeZone) -> Result<Format, TemplateError> {
        let plan = ColumnsPlan::of_names(names, zone);
        let has = |wanted: &[Field]| plan.fields().any(|field| wanted.contains(&field));
        if !has(&[Field::Time]) {
            return Err(TemplateError::NoTime("date and time, or timestamp"));
        }
        if !has(&[Field::Target]) {
            return Err(TemplateError::NoRequest("cs-uri-stem"));
        }
        Ok(Format::single("w3c_columns", Engine::Columns(plan)))
    }

    /// A JSON format by the user's own keys: each field's name with the key that holds it, nested ones
    /// with dots.
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
        Ok(Format::single("json_keys", engine))
    }

    /// The preset or family of presets with this name, if there is one. `zone` is for times that carry
    /// none.
    pub fn named(name: &str, zone: &TimeZone) -> Option<Format> {
        preset::format(name, zone)
    }

    /// Every name that [`Format::named`] knows.
    pub fn known() -> Vec<&'static str> {
        preset::known()
    }

    fn single(name: &'static str, engine: Engine) -> Format {
        Format::of(name, vec![Reader { name, engine }])
    }

    fn of(name: &'static str, readers: Vec<Reader>) -> Format {
        Format { name, readers, wrappers: Vec::new(), others: None }
    }

    /// What the format is called: a preset's or family's name, `nginx` or `apache`; and what the lines
    /// are wrapped in, as in `ncsa in docker`.
    pub fn name(&self) -> String {
        let wrappers = self.wrappers.iter().rev().map(|wrapper| format!(" in {}", wrapper.name()));
        self.name.to_owned() + &wrappers.collect::<String>()
    }

    /// Reads lines, beginning where `columns` are in force: those that [`Format::columns`] told of the
    /// text before.
    pub fn reader(&self, columns: Columns) -> LineReader<'_> {
        LineReader::new(self, columns)
    }

    /// The columns that are in force after `text`, if it declares any: only logs of columns do.
    pub fn columns(&self, text: &[u8]) -> Option<Columns> {
        self.columns_plan()?.declared_in(text)
    }

    fn columns_plan(&self) -> Option<&ColumnsPlan> {
        self.readers.iter().find_map(|reader| match &reader.engine {
            Engine::Columns(plan) => Some(plan),
            _ => None,
        })
    }

    /// The format and columns as a text, by which [`Format::recalled`] finds them again.
    pub fn memo(&self, columns: &Columns) -> String {
        let names = columns.names().map(|names| format!(" {names}")).unwrap_or_default();
        let wrappers = self.wrappers.iter().map(|wrapper| format!("{}>", wrapper.name()));
        wrappers.collect::<String>() + self.name + &names
    }

    /// The format and columns that [`Format::memo`] wrote down; `None` for a server's own directive,
    /// which stands in the config.
    pub fn recalled(memo: &str, zone: &TimeZone) -> Option<(Format, Columns)> {
        let (name, names) = memo.split_once(' ').unwrap_or((memo, ""));
        let mut wrappers: Vec<&str> = name.split('>').collect();
        let mut format = Format::named(wrappers.pop()?, zone)?;
        format.wrappers = wrappers.into_iter().map(Wrapper::named).collect::<Option<_>>()?;
        format.others = Some(Others::new(zone));
        let plan = format.columns_plan().filter(|_| !names.is_empty());
        let columns = plan.map(|plan| plan.named(names)).unwrap_or_default();
        Some((format, columns))
    }
}

impl Format {
    /// Reads a line into a record that is still empty; returns the preset that the line fits.
    fn read_bare<'a>(
        &self,
        line: &'a [u8],
        columns: &Columns,
        record: &mut Record<'a>,
    ) -> Result<&'static str, Malformed> {
        let mut reason = None;
        for reader in &self.readers {
            let read = match &reader.engine {
                Engine::Template(plan) => plan.read(line, record),
                Engine::Keyed(plan) => plan.read(line, record),
                Engine::Ncsa(zone) => ncsa::read(line, zone, record),
                Engine::Columns(plan) => plan.read(line, columns, record),
            };
            match read {
                Ok(()) => return Ok(reader.name),
                Err(other) => reason = reason.or(Some(other)),
            }
            *record = Record::default();
        }
        Err(reason.unwrap_or(Malformed::Shape))
    }

    /// Reads a line that does not fit, in another format than the log's own.
    fn read_stray<'a>(
        &self,
        line: &'a [u8],
        reason: Malformed,
    ) -> Option<(Record<'a>, &'static str)> {
        self.others.as_ref()?.read(line, reason)
    }

    /// The template that is tried first, if it is one.
    fn first_template(&self) -> Option<&Plan> {
        match &self.readers.first()?.engine {
            Engine::Template(plan) => Some(plan),
            _ => None,
        }
    }

    fn is_json(&self) -> bool {
        self.readers.iter().any(|reader| match &reader.engine {
            Engine::Keyed(plan) => plan.is_json(),
            _ => false,
        })
    }

    /// Whether it takes any line that has a time and a request by the names that people give them, so
    /// that programs' own logs fit it too.
    fn takes_any_names(&self) -> bool {
        self.readers.iter().any(|reader| match &reader.engine {
            Engine::Keyed(plan) => !plan.has_marks(),
            _ => false,
        })
    }
}
