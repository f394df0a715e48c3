//! The errors of publishing.

use std::io;
use std::path::PathBuf;

use thiserror::Error;

use crate::render::RenderError;
use crate::report::ReportError;

/// An error while publishing.
#[derive(Debug, Error)]
pub enum PublishError {
    #[error(transparent)]
    Report(#[from] ReportError),
    #[error(transparent)]
    Render(#[from] RenderError),
    /// The site's page would replace one that guestbook did not write.
    #[error(
        "{} was not written by guestbook, which would replace it: choose another folder under \
         [reports] out",
        .0.display()
    )]
    Foreign(PathBuf),
    #[error("can't write {}: {error}", .path.display())]
    Write { path: PathBuf, error: io::Error },
    #[error("another guestbook is publishing to {}: wait until it is done", .0.display())]
    Busy(PathBuf),
}
