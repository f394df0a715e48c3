//! A family of formats that may be mixed in one log, and are distinguished line by line.

use jiff::tz::{Offset, TimeZone};

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

    /// Returns whether the lines consist of keys and values.
    pub(crate) fn has_keys(&self) -> bool {
        self.engines.iter().any(|engine| matches!(engine.engine, Engine::Keyed(_)))
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

    /// Returns the plan of the only engine if it reads keys that no format has for itself.
    pub(crate) fn common_keys(&self) -> Option<&KeyedPlan> {
        match self.engines.as_slice() {
            [NamedEngine { engine: Engine::Keyed(plan), .. }] if !plan.has_signature() => {
                Some(plan)
            }
            _ => None,
        }
    }

    /// Replaces the plan of the only engine.
    pub(crate) fn with_keys(&self, plan: KeyedPlan) -> Family {
        Family::single(self.name, Engine::Keyed(plan))
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

    /// Returns the zone of the lines' times if they never have an offset.
    pub(crate) fn local_zone(&self) -> Option<&TimeZone> {
        let steps = &self.first_template()?.steps;
        steps.iter().find_map(|step| match &step.item {
            Item::Time(format) => format.local_zone(),
            _ => None,
        })
    }

    /// Corrects the time of a record that was read in [`Family::local_zone`]: its offset from UTC is known.
    pub(crate) fn set_offset(&self, offset: Offset, record: &mut Record<'_>) {
        let local = self.local_zone().map(|zone| zone.to_datetime(record.time));
        if let Some(time) = local.and_then(|local| offset.to_timestamp(local).ok()) {
            record.time = time;
        }
    }

    /// Sets the zone of times without an offset.
    pub(crate) fn set_zone(&mut self, zone: &TimeZone) {
        for engine in &mut self.engines {
            match &mut engine.engine {
                Engine::Template(plan) => {
                    for step in &mut plan.steps {
                        if let Item::Time(format) = &mut step.item {
                            format.set_zone(zone);
                        }
                    }
                }
                Engine::Keyed(plan) => plan.set_zone(zone),
                Engine::Columns(plan) => plan.set_zone(zone),
                Engine::Ncsa(old) => *old = zone.clone(),
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
            // Only the lines show whether the server logs it.
            Engine::Keyed(_) | Engine::Columns(_) | Engine::Ncsa(_) => true,
        })
    }

    /// Returns warnings about a user's format string, one sentence each.
    pub(crate) fn warnings(&self) -> Vec<String> {
        let plans = self.engines.iter().filter_map(|engine| match &engine.engine {
            // A preset's template is not the user's to change.
            Engine::Template(plan) if !plan.is_strict => Some(plan),
            _ => None,
        });
        plans.flat_map(TemplatePlan::ambiguous).collect()
    }
}
