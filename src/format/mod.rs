//! Line → record. A format is data: a template that is read into a plan, and a table of presets.

mod detect;
mod escape;
mod plan;
mod preset;
mod record;
mod request;
mod template;
mod time;

use jiff::tz::TimeZone;

pub use detect::{Detection, detect, fits};
pub use escape::{percent_decode, unescape};
use plan::Plan;
pub use preset::{PRESETS, Preset};
pub use record::{Malformed, Record};
pub use template::TemplateError;

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
    plan: Plan,
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

    /// The preset or family of presets with this name, if there is one.
    pub fn named(name: &str) -> Option<Format> {
        preset::format(name)
    }

    fn single(name: &'static str, plan: Plan) -> Format {
        Format { name, readers: vec![Reader { name, plan }] }
    }

    /// What the format is called: a preset's or family's name, `nginx` or `apache`.
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// Whether its lines say who asked: without a user agent no crawler can be named.
    pub fn has_user_agent(&self) -> bool {
        self.readers.iter().any(|reader| reader.plan.has_user_agent())
    }

    /// Reads one line, without its line end.
    pub fn read<'a>(&self, line: &'a [u8]) -> Result<Record<'a>, Malformed> {
        self.read_named(line).map(|(record, _)| record)
    }

    /// Reads one line, and tells which template of the family it fits.
    ///
    /// The reason for a line that fits none is that of the template that got furthest.
    pub fn read_named<'a>(&self, line: &'a [u8]) -> Result<(Record<'a>, &'static str), Malformed> {
        let mut reason = Malformed::Shape;
        for reader in &self.readers {
            match reader.plan.read(line) {
                Ok(record) => return Ok((record, reader.name)),
                Err(other) => reason = reason.max(other),
            }
        }
        Err(reason)
    }
}
