//! Line → record. A format is data: a template that is read into a plan, and a table of presets.

mod detect;
mod escape;
mod keyed;
mod plan;
mod preset;
mod record;
mod request;
mod template;
mod time;
mod w3c;

use jiff::tz::TimeZone;

pub use detect::{Detection, detect, fits};
pub use escape::{percent_decode, unescape};
use keyed::KeyedPreset;
use plan::Plan;
pub use record::{Encoding, Malformed, Record};
pub use template::TemplateError;
pub use w3c::Columns;

/// A way to read lines: one template, or a family of them that may mix in one log.
#[derive(Clone, Debug)]
pub struct Format {
    name: &'static str,
    readers: Vec<Reader>,
}

/// One template of a format.
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
    /// By the keys of a JSON object, of LTSV or of logfmt; times without a zone are in the given one.
    Keyed(&'static KeyedPreset, TimeZone),
    /// By the columns that the log declares.
    W3c,
}

impl Format {
    /// Reads an nginx `log_format`: the whole directive as it stands in the server's config, or the
    /// string alone. `zone` is for times that carry none.
    pub fn nginx(directive: &str, zone: &TimeZone) -> Result<Format, TemplateError> {
        Ok(Format::single("nginx", template::nginx(directive, zone)?))
    }

    /// Reads an Apache `LogFormat`: the whole directive, or the string alone.
    pub fn apache(directive: &str, zone: &TimeZone) -> Result<Format, TemplateError> {
        Ok(Format::single("apache", template::apache(directive, zone)?))
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

    fn single(name: &'static str, plan: Plan) -> Format {
        Format { name, readers: vec![Reader { name, engine: Engine::Template(plan) }] }
    }

    /// What the format is called: a preset's or family's name, `nginx` or `apache`.
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// Whether its lines can say who asked: without a user agent no crawler can be named.
    pub fn has_user_agent(&self) -> bool {
        self.readers.iter().any(|reader| match &reader.engine {
            Engine::Template(plan) => plan.has_user_agent(),
            // Whether the server was asked for it, only the lines tell.
            Engine::Keyed(..) | Engine::W3c => true,
        })
    }

    /// Reads lines, beginning where `columns` are in force: those that [`Format::columns`] told of the
    /// text before.
    pub fn reader(&self, columns: Columns) -> LineReader<'_> {
        LineReader { format: self, columns }
    }

    /// The columns that are in force after `text`, if it declares any. Only W3C logs do.
    pub fn columns(&self, text: &[u8]) -> Option<Columns> {
        let declares = self.readers.iter().any(|reader| matches!(reader.engine, Engine::W3c));
        declares.then(|| Columns::last_in(text)).flatten()
    }

    /// The format and columns as a text, by which [`Format::recalled`] finds them again.
    pub fn memo(&self, columns: &Columns) -> String {
        let names = columns.names().map(|names| format!(" {names}")).unwrap_or_default();
        format!("{}{names}", self.name)
    }

    /// The format and columns that [`Format::memo`] wrote down; `None` for a server's own directive,
    /// which stands in the config.
    pub fn recalled(memo: &str, zone: &TimeZone) -> Option<(Format, Columns)> {
        let (name, names) = memo.split_once(' ').unwrap_or((memo, ""));
        let columns = if names.is_empty() { Columns::default() } else { Columns::named(names) };
        Some((Format::named(name, zone)?, columns))
    }
}

/// Reads the lines of a stream, one after the other.
#[derive(Clone, Debug)]
pub struct LineReader<'f> {
    format: &'f Format,
    columns: Columns,
}

impl LineReader<'_> {
    /// Takes note of a comment line: in a W3C log it may say what the columns are from here on.
    pub fn note(&mut self, comment: &[u8]) {
        if let Some(columns) = self.format.columns(comment) {
            self.columns = columns;
        }
    }

    /// Reads one line, without its line end.
    pub fn read<'a>(&self, line: &'a [u8]) -> Result<Record<'a>, Malformed> {
        self.read_named(line).map(|(record, _)| record)
    }

    /// Reads one line, and tells which preset of the family it fits.
    ///
    /// The reason for a line that fits none is that of the preset that got furthest.
    pub fn read_named<'a>(&self, line: &'a [u8]) -> Result<(Record<'a>, &'static str), Malformed> {
        let mut reason = Malformed::Shape;
        for reader in &self.format.readers {
            let read = match &reader.engine {
                Engine::Template(plan) => plan.read(line),
                Engine::Keyed(preset, zone) => preset.read(line, zone),
                Engine::W3c => self.columns.read(line),
            };
            match read {
                Ok(record) => return Ok((record, reader.name)),
                Err(other) => reason = reason.max(other),
            }
        }
        Err(reason)
    }
}
