//! Leaves out the objects of buckets that have not changed since they were read.

use std::collections::HashSet;

use crate::bucket::Object;
use crate::day::Day;
use crate::pipeline::{LogInput, Summary};
use crate::source::Location;
use crate::store::{Store, StoreError};

/// The objects that were listed for a run.
#[derive(Debug, Default)]
pub(super) struct ListedObjects {
    /// Those that are read.
    read: Vec<Object>,
    /// Those that were read before, and have the same size and entity tag.
    pub(super) unchanged: Vec<Object>,
}

impl ListedObjects {
    /// Takes the objects that have not changed out of the inputs.
    pub(super) fn divide(
        inputs: &mut Vec<LogInput>,
        store: &Store,
    ) -> Result<ListedObjects, StoreError> {
        let mut objects = ListedObjects::default();
        if !inputs.iter().any(|input| matches!(input.location, Location::Object(_))) {
            return Ok(objects);
        }
        let known = store.read_objects()?;
        inputs.retain(|input| {
            let Location::Object(object) = &input.location else { return true };
            let is_known = known.get(&object.url).is_some_and(|(size, etag)| {
                object.size == Some(*size) && object.etag.as_ref() == Some(etag)
            });
            let list = if is_known { &mut objects.unchanged } else { &mut objects.read };
            list.push(object.clone());
            !is_known
        });
        Ok(objects)
    }

    /// Remembers the objects that were read to their end.
    pub(super) fn remember(
        &self,
        summary: &Summary,
        store: &mut Store,
        today: Day,
    ) -> Result<(), StoreError> {
        if self.read.is_empty() && self.unchanged.is_empty() {
            return Ok(());
        }
        let sources = summary.sources.iter().filter(|source| source.outcome.is_whole());
        let done: HashSet<&str> = match summary.interrupted {
            true => HashSet::new(),
            false => sources.map(|source| &*source.name).collect(),
        };
        let read = self.read.iter().filter(|object| done.contains(&*object.url));
        store.remember_objects(read.chain(&self.unchanged), today)
    }
}
