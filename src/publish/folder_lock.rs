//! Lets one process at a time publish to a folder.

use std::fs::{self, File, TryLockError};
use std::path::Path;
use std::thread;
use std::time::Duration;

use super::error::PublishError;

/// The longest wait for another process is this many attempts, with this time between them: two minutes.
const ATTEMPTS_MAX: u32 = 1200;
const ATTEMPT: Duration = Duration::from_millis(100);

/// The lock of a folder of reports. The system releases it when the process ends, however it ends.
pub(super) struct FolderLock {
    _folder: File,
}

impl FolderLock {
    /// Acquires the lock, and creates the folder if there is none. Waits while another process has it.
    pub(super) fn acquire(folder: &Path) -> Result<FolderLock, PublishError> {
        let failed = |error| PublishError::Write { path: folder.into(), error };
        fs::create_dir_all(folder).map_err(failed)?;
        // The folder itself is locked, so that no file of ours is left in it.
        let file = File::open(folder).map_err(failed)?;
        for _ in 0..ATTEMPTS_MAX {
            match file.try_lock() {
                Ok(()) => return Ok(FolderLock { _folder: file }),
                Err(TryLockError::WouldBlock) => thread::sleep(ATTEMPT),
                Err(TryLockError::Error(error)) => return Err(failed(error)),
            }
        }
        Err(PublishError::Busy(folder.into()))
    }
}
