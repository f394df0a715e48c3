//! Reads an object as a stream.

use std::io::{self, Read};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::{Buf, Bytes};
use futures_util::StreamExt;
use object_store::{GetOptions, GetRange, ObjectStore, ObjectStoreExt};
use tokio::sync::mpsc::{Receiver, channel};

use super::client::{Place, place_of, runtime, wait};
use super::error::io_error;
use super::object::Object;

/// The parts of an object that are received before they are read. Each has up to some 400 kB.
const PARTS_AHEAD: usize = 16;

/// A reader of an object. Handles share one position, as those of a file do.
pub struct ObjectReader {
    object: Arc<Object>,
    place: Place,
    size: u64,
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    offset: u64,
    /// The rest of the last part.
    part: Bytes,
    /// The parts from the offset on, if they were requested.
    parts: Option<Receiver<io::Result<Bytes>>>,
}

impl ObjectReader {
    /// Opens an object. Fails if it is not there, or not the one that was listed.
    pub fn open(object: &Object) -> io::Result<ObjectReader> {
        let place = place_of(&object.url)?;
        let mut object = object.clone();
        let size = match object.size {
            Some(size) => size,
            None => {
                let Place { store, key, .. } = place.clone();
                let meta = wait(async move { store.head(&key).await })?
                    .map_err(|error| io_error(&error, &object.url))?;
                object.etag = meta.e_tag;
                meta.size
            }
        };
        let mut reader =
            ObjectReader { object: Arc::new(object), place, size, state: Arc::default() };
        if size > 0 {
            // The first part is awaited, so that an object that can't be read fails when it is opened.
            let state = Arc::clone(&reader.state);
            let mut state = state.lock().unwrap_or_else(PoisonError::into_inner);
            reader.next_part(&mut state)?;
        }
        Ok(reader)
    }

    /// Returns the size in bytes, as it was listed.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Returns the position of all handles.
    pub fn offset(&self) -> u64 {
        self.state().offset
    }

    /// Returns another handle with the same position.
    pub fn handle(&self) -> ObjectReader {
        ObjectReader {
            object: Arc::clone(&self.object),
            place: self.place.clone(),
            size: self.size,
            state: Arc::clone(&self.state),
        }
    }

    /// Moves all handles to an offset, from which the object is requested again.
    pub fn seek_to(&mut self, offset: u64) {
        *self.state() = State { offset, ..State::default() };
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Receives the next part, and requests the object first if that was not done.
    fn next_part(&mut self, state: &mut State) -> io::Result<()> {
        let parts = match &mut state.parts {
            Some(parts) => parts,
            None => state.parts.insert(self.request(state.offset)?),
        };
        match parts.blocking_recv() {
            Some(part) => {
                state.part = part?;
                Ok(())
            }
            None => Err(io::Error::new(
                io::ErrorKind::UnexpectedEof,
                format!("ends after {} of {} bytes", state.offset, self.size),
            )),
        }
    }

    /// Requests the object from an offset on.
    fn request(&self, offset: u64) -> io::Result<Receiver<io::Result<Bytes>>> {
        let (sender, receiver) = channel(PARTS_AHEAD);
        let (Place { store, key, .. }, object) = (self.place.clone(), Arc::clone(&self.object));
        let options = GetOptions {
            if_match: object.etag.clone(),
            range: (offset > 0).then_some(GetRange::Offset(offset)),
            ..GetOptions::default()
        };
        runtime()?.spawn(async move {
            let mut stream = match store.get_opts(&key, options).await {
                Ok(got) => got.into_stream(),
                Err(error) => {
                    let _ = sender.send(Err(io_error(&error, &object.url))).await;
                    return;
                }
            };
            while let Some(part) = stream.next().await {
                let part = part.map_err(|error| io_error(&error, &object.url));
                let is_last = part.is_err();
                // The reader may have been dropped, or moved.
                if sender.send(part).await.is_err() || is_last {
                    return;
                }
            }
        });
        Ok(receiver)
    }
}

impl Read for ObjectReader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let shared = Arc::clone(&self.state);
        let mut state = shared.lock().unwrap_or_else(PoisonError::into_inner);
        while state.part.is_empty() {
            if state.offset >= self.size {
                return Ok(0);
            }
            self.next_part(&mut state)?;
        }
        // Bytes that were appended after the listing are left for the next run, which lists them.
        let left = usize::try_from(self.size - state.offset).unwrap_or(usize::MAX);
        let count = buffer.len().min(state.part.len()).min(left);
        state.part.copy_to_slice(&mut buffer[..count]);
        state.offset += count as u64;
        if state.offset >= self.size {
            state.part = Bytes::new();
        }
        Ok(count)
    }
}
