//! A signal that asks a run to stop early.

use std::sync::Arc;

use tokio::sync::watch;

/// A request to commit what was read so far and to end. Clones share it.
#[derive(Clone, Debug)]
pub struct StopSignal(Arc<watch::Sender<bool>>);

impl StopSignal {
    pub fn new() -> StopSignal {
        StopSignal(Arc::new(watch::Sender::new(false)))
    }

    /// Asks the run to stop.
    pub fn request(&self) {
        self.0.send_replace(true);
    }

    pub(super) fn is_requested(&self) -> bool {
        *self.0.borrow()
    }

    /// Waits until the run is asked to stop.
    pub(super) async fn requested(&self) {
        // This can't fail, since `self` holds the sender.
        let _ = self.0.subscribe().wait_for(|requested| *requested).await;
    }
}

impl Default for StopSignal {
    fn default() -> StopSignal {
        StopSignal::new()
    }
}
