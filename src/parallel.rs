//! Runs work on all cores of the processor.

use std::panic::resume_unwind;
use std::thread;

/// Splits `items` into at most one chunk per core and runs `work` on each in a thread of its own. Returns the results
/// in order. All chunks but the last have at least `chunk_len_min` items.
pub(crate) fn map_chunks<'i, T: Sync, R: Send>(
    items: &'i [T],
    chunk_len_min: usize,
    work: impl Fn(&'i [T]) -> R + Sync,
) -> Vec<R> {
    let chunk_len = items.len().div_ceil(cores()).max(chunk_len_min);
    let work = &work;
    thread::scope(|scope| {
        let workers: Vec<_> =
            items.chunks(chunk_len).map(|chunk| scope.spawn(move || work(chunk))).collect();
        let results = workers.into_iter().map(|worker| worker.join());
        results.map(|result| result.unwrap_or_else(|panic| resume_unwind(panic))).collect()
    })
}

/// Returns how many threads can run at once.
pub(crate) fn cores() -> usize {
    thread::available_parallelism().map_or(1, usize::from)
}
