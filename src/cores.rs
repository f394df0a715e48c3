//! Shares work among the processor's cores.

use std::panic::resume_unwind;
use std::thread;

/// Does some work for all items, in as many parts as there are cores, none but the last of fewer than `least` items.
/// Returns what each part gave, in order.
pub(crate) fn in_parts<'i, T: Sync, R: Send>(
    items: &'i [T],
    least: usize,
    work: impl Fn(&'i [T]) -> R + Sync,
) -> Vec<R> {
    let threads = thread::available_parallelism().map_or(1, usize::from);
    let share = items.len().div_ceil(threads).max(least);
    let work = &work;
    thread::scope(|scope| {
        let workers: Vec<_> =
            items.chunks(share).map(|part| scope.spawn(move || work(part))).collect();
        let done = workers.into_iter().map(|worker| worker.join());
        done.map(|done| done.unwrap_or_else(|panic| resume_unwind(panic))).collect()
    })
}
