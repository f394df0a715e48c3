//! Moves a stream to a checkpoint of an earlier run.

use std::io;
use std::mem::take;

use super::{CHUNK_BYTES, Chunks};
use crate::source::cursor::Checkpoint;
use crate::source::hole::read_some;

impl Chunks {
    /// Returns the size of the hole of NUL bytes before the first byte of the stream.
    pub(in crate::source) fn hole(&self) -> u64 {
        self.hole
    }

    /// Reads and discards decoded bytes up to a checkpoint, in order to continue a compressed stream. Returns whether
    /// the bytes before it match its tail, or `None` if the stream ends before it.
    pub(in crate::source) fn skip_to(
        &mut self,
        checkpoint: Checkpoint,
    ) -> io::Result<Option<bool>> {
        let mut text = take(&mut self.buffer);
        text.truncate(self.filled);
        self.filled = 0;
        let mut buffer = vec![0; CHUNK_BYTES];
        loop {
            let wanted = usize::try_from(checkpoint.offset - self.offset).unwrap_or(usize::MAX);
            let taken = wanted.min(text.len());
            self.advance(taken as u64, &text[..taken]);
            if self.offset == checkpoint.offset {
                self.buffer = text.split_off(taken);
                self.filled = self.buffer.len();
                return Ok(Some(checkpoint.has_tail(&self.tail)));
            }
            text.clear();
            let read = match self.head_failure.take() {
                Some(failure) => Err(failure),
                None => read_some(&mut self.input, &mut buffer),
            };
            let count = match read {
                Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => 0,
                count => count?,
            };
            if count == 0 {
                self.has_ended = true;
                return Ok(None);
            }
            text.extend_from_slice(&buffer[..count]);
        }
    }

    /// Continues at a checkpoint to which the input was moved by seeking. `tail` are the bytes before it. Returns
    /// whether they match the checkpoint's tail.
    pub(in crate::source) fn continue_at(&mut self, checkpoint: Checkpoint, tail: Vec<u8>) -> bool {
        self.filled = 0;
        self.offset = checkpoint.offset;
        self.tail = tail;
        checkpoint.has_tail(&self.tail)
    }

    /// Sets the checkpoints to those of the cursor from which the stream is continued.
    pub(in crate::source) fn set_checkpoints(&mut self, checkpoints: Vec<Checkpoint>) {
        self.checkpoints = checkpoints;
    }
}
