//! A family of formats that may be mixed in one log, and are distinguished line by line.

use jiff::tz::TimeZone;

use crate::format::record::{Field, Malformed, Record};

use super::columns::{Columns, ColumnsPlan};
use super::keyed::KeyedPlan;
use super::ncsa;
use super::template::{Item, TemplatePlan};

/// A method of parsing lines.
#[derive(Clone, Debug)]
pub(crate) enum Engine {
    /// Splits at the literals between fields.
    Template(TemplatePlan),
    /// Looks up the keys of JSON, LTSV or logfmt.
    Keyed(KeyedPlan),
    /// Looks for the parts that all formats of the NCSA family share. The zone is for times without an offset.
    Ncsa(TimeZone),
    /// Splits into the columns that the log declares.
    Columns(ColumnsPlan),
}

/// An engine with the name of its preset, or of the language in which its format string is written.
#[derive(Clone, Debug)]
pub(crate) struct NamedEngine {
    pub(crate) name: &'static str,
    pub(crate) engine: Engine,
}

/// A list of engines that are tried one after the other.
#[derive(Clone, Debug)]
pub(crate) struct Family {
    pub(crate) name: &'static str,
    pub(crate) engines: Vec<NamedEngine>,
}

impl Family {
    /// Returns a family of one engine.
    pub(crate) fn single(name: &'static str, engine: Engine) -> Family {
        Family { name, engines: vec![NamedEngine { name, engine }] }
    }

    /// Reads a line into an empty record. Returns the name of the engine that the line fits.
    ///
    /// If none fits, the error is that of the first engine.
    pub(crate) fn read<'a>(
        &self,
        line: &'a [u8],
        columns: &Columns,
        record: &mut Record<'a>,
    ) -> Result<&'static str, Malformed> {
        let mut reason = None;
        for NamedEngine { name, engine } in &self.engines {
            let read = match engine {
                Engine::Template(plan) => plan.read(line, record),
                Engine::Keyed(plan) => plan.read(line, record),
                Engine::Ncsa(zone) => ncsa::read(line, zone, record),
                Engine::Columns(plan) => plan.read(line, columns, record),
            };
            match read {
                Ok(()) => return Ok(name),
                Err(other) => reason = reason.or(Some(other)),
            }
            *record = Record::default();
        }
        Err(reason.unwrap_or(Malformed::Shape))
    }

    /// Returns the name of the first engine.
    pub(crate) fn first_name(&self) -> &'static str {
        self.engines.first().map_or("", |engine| engine.name)
    }

    /// Returns the first engine if it is a template.
    pub(crate) fn first_template(&self) -> Option<&TemplatePlan> {
        match &self.engines.first()?.engine {
            Engine::Template(plan) => Some(plan),
            _ => None,
        }
    }

    pub(crate) fn columns_plan(&self) -> Option<&ColumnsPlan> {
        self.engines.iter().find_map(|engine| match &engine.engine {
            Engine::Columns(plan) => Some(plan),
            _ => None,
        })
    }

    pub(crate) fn is_json(&self) -> bool {
        self.engines.iter().any(|engine| match &engine.engine {
            Engine::Keyed(plan) => plan.is_json(),
            _ => false,
        })
    }

    /// Returns whether any line with a time and a request under common names is accepted, so that the logs of
    /// applications also fit.
    pub(crate) fn has_no_signature(&self) -> bool {
        self.engines.iter().any(|engine| match &engine.engine {
            Engine::Keyed(plan) => !plan.has_signature(),
            _ => false,
        })
    }

    /// Sets the request header in which proxies forward the visitor's address. The name is in lower case with dashes.
    pub(crate) fn set_forwarded_header(&mut self, header: &str) {
        for engine in &mut self.engines {
            match &mut engine.engine {
                Engine::Template(plan) => plan.set_forwarded_header(header),
                Engine::Keyed(plan) => plan.set_forwarded_header(header),
                Engine::Columns(plan) => plan.set_forwarded_header(header),
                Engine::Ncsa(_) => {}
            }
        }
    }

    /// Returns whether lines may have the header of forwarded addresses. Columns are known only after the log declares
    /// them.
    pub(crate) fn may_have_header(&self) -> bool {
        self.engines.iter().any(|engine| match &engine.engine {
            Engine::Template(plan) => plan.header_at().is_some(),
            Engine::Keyed(_) | Engine::Columns(_) => true,
            Engine::Ncsa(_) => false,
        })
    }

    /// Returns whether lines may have a user agent. Without it, no crawler can be identified.
    pub(crate) fn may_have_user_agent(&self) -> bool {
        self.engines.iter().any(|engine| match &engine.engine {
            Engine::Template(plan) => plan
                .steps
                .iter()
                .any(|step| matches!(step.item, Item::Is(Field::UserAgent) | Item::Captured)),
            Engine::Columns(plan) if plan.is_fixed() => {
                plan.fields().any(|field| field == Field::UserAgent)
            }
            // Whether the server logs it is seen only in the lines.
            Engine::Keyed(_) | Engine::Columns(_) | Engine::Ncsa(_) => true,
        })
    }

    /// Returns warnings about a user's format string, one sentence each.
    pub(crate) fn warnings(&self) -> Vec<String> {
        let plans = self.engines.iter().filter_map(|engine| match &engine.engine {
            Engine::Template(plan) => Some(plan),
            _ => None,
        });
        plans.flat_map(TemplatePlan::ambiguous).collect()
    }
}
