//! Lets one process at a time write to a store.

use std::fs::{File, TryLockError};
use std::io::{self, Read, Seek, Write};
use std::path::Path;
use std::thread;
use std::time::Duration;

use jiff::Timestamp;

use super::error::StoreError;

/// The extension of the lock's file, which is beside the store.
pub(super) const EXTENSION: &str = "lock";

/// The time between two attempts.
const ATTEMPT: Duration = Duration::from_millis(100);

/// The lock of the one process that writes to a store. The system releases it when the process ends, however it ends.
#[derive(Debug)]
pub struct WriteLock {
    _file: File,
}

impl WriteLock {
    /// Acquires the lock of the store at `store`, a file beside it that has the id of the process. Waits up to `wait` while
    /// another process has it.
    pub(super) fn acquire(store: &Path, wait: Duration) -> Result<WriteLock, StoreError> {
        let path = store.with_added_extension(EXTENSION);
        let failed = |error| StoreError::Lock { path: path.clone(), error };
        let open = File::options().create(true).truncate(false).read(true).write(true).open(&path);
        let mut file = open.map_err(failed)?;
        let mut waited = Duration::ZERO;
        loop {
            match file.try_lock() {
                Ok(()) => break,
                Err(TryLockError::WouldBlock) if waited < wait => {
                    thread::sleep(ATTEMPT);
                    waited += ATTEMPT;
                }
                Err(TryLockError::WouldBlock) => {
                    let store = store.to_owned();
                    return Err(StoreError::Busy { store, holder: holder(&mut file), wait });
                }
                Err(TryLockError::Error(error)) => return Err(failed(error)),
            }
        }
        write_holder(&mut file).map_err(failed)?;
        Ok(WriteLock { _file: file })
    }
}

/// Writes the id of this process into the file. The file system adds the time.
fn write_holder(file: &mut File) -> io::Result<()> {
    file.set_len(0)?;
    file.rewind()?;
    writeln!(file, "{}", std::process::id())
}

/// Returns which process has the lock and since when, as far as the file tells.
fn holder(file: &mut File) -> String {
    const BYTES_MAX: u64 = 20;
    let mut text = String::new();
    let modified = file.metadata().and_then(|metadata| metadata.modified());
    let since = modified.ok().and_then(|time| Timestamp::try_from(time).ok());
    let _ = file.take(BYTES_MAX).read_to_string(&mut text);
    match (text.trim().parse::<u32>(), since) {
        (Ok(id), Some(since)) => {
            format!("process {id}, since {}", since.strftime("%Y-%m-%d %H:%M:%S UTC"))
        }
        _ => "another process".into(),
    }
}
