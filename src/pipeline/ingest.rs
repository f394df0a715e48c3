//! Runs the workers of an ingest until all logs are read.

use std::sync::Arc;

use tokio::task::JoinSet;

use crate::store::Store;

use super::error::IngestError;
use super::job::Ingest;
use super::scheduler::Scheduler;
use super::summary::Summary;

/// Reads the new lines of every log into the store, each byte exactly once.
///
/// A source that fails is reported in the summary, and the others are still read. If the run is asked to stop, it
/// commits everything that was read so far, and the summary is marked as interrupted. Returns the store too.
pub async fn ingest(ingest: Ingest, store: Store) -> Result<(Summary, Store), IngestError> {
    let (threads, stop) = (ingest.threads.max(1), ingest.stop.clone());
    let scheduler = Arc::new(Scheduler::new(ingest, store)?);
    let mut workers = JoinSet::new();
    for _ in 0..threads {
        let scheduler = Arc::clone(&scheduler);
        workers.spawn_blocking(move || scheduler.run_worker());
    }
    let mut requested = std::pin::pin!(stop.requested());
    loop {
        tokio::select! {
            worker = workers.join_next() => match worker {
                // Workers catch their own panics, so a task only fails if the runtime shuts down.
                Some(_) => {}
                None => return Arc::into_inner(scheduler).expect("all workers have ended").finish(),
            },
            () = &mut requested, if !scheduler.is_stopped() => scheduler.stop(),
        }
    }
}
