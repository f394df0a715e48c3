//! Lets one process at a time publish to a folder.

use std::fs::{self, File, TryLockError};
use std::io::{Read, Seek, Write};
use std::path::Path;
use std::thread;
use std::time::Duration;

use super::error::PublishError;

/// The name of the lock's file, which web servers do not show by default.
const NAME: &str = ".guestbook.lock";

/// The longest wait for another process, and the time between two attempts.
const ATTEMPTS_MAX: u32 = 1200;
const ATTEMPT: Duration = Duration::from_millis(100);

/// The lock of a folder of reports. The system releases it when the process ends, however it ends.
pub(super) struct FolderLock {
    _file: File,
}

impl FolderLock {
    /// Acquires the lock, and creates the folder if there is none. Waits while another process has it, two minutes at
    /// most.
    pub(super) fn acquire(folder: &Path) -> Result<FolderLock, PublishError> {
        let path = folder.join(NAME);
        let failed = |error| PublishError::Write { path: path.clone(), error };
        fs::create_dir_all(folder).map_err(failed)?;
        let open = File::options().create(true).truncate(false).read(true).write(true).open(&path);
        let mut file = open.map_err(failed)?;
        for _ in 0..ATTEMPTS_MAX {
            match file.try_lock() {
                Ok(()) => {
                    let _ = file.set_len(0).and_then(|()| write!(file, "{}", std::process::id()));
                    return Ok(FolderLock { _file: file });
                }
                Err(TryLockError::WouldBlock) => thread::sleep(ATTEMPT),
                Err(TryLockError::Error(error)) => return Err(failed(error)),
            }
        }
        let mut holder = String::new();
        let _ = file.rewind().and_then(|()| file.read_to_string(&mut holder));
        let holder = if holder.is_empty() { holder } else { format!(" (process {holder})") };
        Err(PublishError::Busy { folder: folder.into(), holder })
    }
}
