//! Joins source, format, classify, dns, tally and store: readers, workers, merge, commit.

mod desk;
mod job;
mod ledger;
mod refusal;
mod run;
mod start;
mod summary;

use std::sync::Arc;
use std::time::Duration;

use jiff::tz::TimeZone;
use thiserror::Error;
use tokio::task::JoinSet;

use crate::classify::Rules;
use crate::dns::Resolver;
use crate::format::Format;
use crate::source::Place;
use crate::store::{Store, StoreError};

pub use desk::Desk;
pub use refusal::no_format;
use run::Run;
pub use summary::{Outcome, SourceSummary, Summary, Trusted};

/// What to read, and how.
#[derive(Debug)]
pub struct Ingest {
    /// The places to read.
    pub work: Vec<Work>,
    /// How requests are judged.
    pub rules: Rules,
    /// The site's time zone.
    pub zone: TimeZone,
    /// How many threads read and count.
    pub threads: usize,
    /// Who is asked what an address is called, where that is to be asked.
    pub resolver: Option<Resolver>,
}

/// One place to read.
#[derive(Clone, Debug)]
pub struct Work {
    /// Where.
    pub place: Place,
    /// The format of its lines; `None` where it is to be found out.
    pub format: Option<Format>,
    /// The zone of times that carry none.
    pub zone: TimeZone,
    /// The virtual hosts to keep; all, where empty.
    pub hosts: Vec<String>,
    /// The header in which proxies pass on who asked, where they are believed in one.
    pub header: Option<String>,
}

impl Work {
    /// A format of this place, which knows the header in which proxies pass on who asked.
    #[must_use]
    pub fn with_header(&self, format: Format) -> Format {
        match &self.header {
            Some(header) => format.with_header(header),
            None => format,
        }
    }
}

/// Why reading stopped for good. What was committed before stays.
#[derive(Debug, Error)]
pub enum IngestError {
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The counts do not add up: a defect of this program, which must not reach the store.
    #[error(
        "the lines of {0} do not add up; nothing of this step was kept. This is a defect of guestbook: \
         please report it"
    )]
    Unbalanced(String),
    /// A worker panicked: a defect of this program too.
    #[error(
        "reading {0} failed in a way that it must not. This is a defect of guestbook: please report it"
    )]
    Panicked(String),
}

/// Reads what is new at every place into the store, each byte once.
///
/// A source that fails is told in the summary, and the others are read all the same. On Ctrl-C or
/// SIGTERM what was read so far is committed, and the summary says that it was interrupted.
pub async fn ingest(ingest: Ingest, store: Store) -> Result<Summary, IngestError> {
    let threads = ingest.threads.max(1);
    let run = Arc::new(Run::new(ingest, store)?);
    let mut workers = JoinSet::new();
    for _ in 0..threads {
        let run = Arc::clone(&run);
        workers.spawn_blocking(move || run.work());
    }
    let mut interrupt = std::pin::pin!(interrupted());
    loop {
        tokio::select! {
            worker = workers.join_next() => match worker {
                // Workers catch their own panics; what else ends a task is the runtime's end.
                Some(_) => {}
                None => return run.finish(),
            },
            () = &mut interrupt, if !run.is_stopped() => {
                run.stop();
                // A worker may wait for a pipe that says nothing. What it has counted is not committed, and
                // is read again by the next run.
                tokio::spawn(async {
                    let _ = tokio::time::timeout(GRACE, exit_when_interrupted()).await;
                    std::process::exit(INTERRUPTED);
                });
            }
        }
    }
}

/// Ends the program at the next Ctrl-C or SIGTERM. Once tokio has listened for a signal, it no longer
/// ends a program by itself, so this must follow for as long as the program runs.
pub async fn exit_when_interrupted() {
    interrupted().await;
    std::process::exit(INTERRUPTED);
}

/// How long committing may take after a signal; it takes a second at the most.
const GRACE: Duration = Duration::from_secs(5);

/// The exit code of a program that was told to stop at once: 128 and SIGINT's number, by custom.
const INTERRUPTED: i32 = 130;

/// Waits for Ctrl-C, or for the signal by which a service manager ends a program.
async fn interrupted() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if let Ok(mut terminate) = signal(SignalKind::terminate()) {
            tokio::select! {
                _ = tokio::signal::ctrl_c() => {}
                _ = terminate.recv() => {}
            }
            return;
        }
    }
    // Without a handler the signal ends the process, which the store survives.
    if tokio::signal::ctrl_c().await.is_err() {
        std::future::pending::<()>().await;
    }
}
