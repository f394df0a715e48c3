//! Fetches lists over HTTP, with conditional requests and limits on time and size, or reads copies from a folder.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::time::Duration;

use thiserror::Error;
use ureq::http::HeaderMap;
use ureq::http::header::{ETAG, IF_MODIFIED_SINCE, IF_NONE_MATCH, LAST_MODIFIED};

/// The longest time for one response, with redirects.
const TIME_MAX: Duration = Duration::from_secs(30);

/// The largest response. The longest known list, with all addresses of a large cloud, has 3 MB.
const BYTES_MAX: u64 = 16 << 20;

const REDIRECTS_MAX: u32 = 5;

/// The validators of a stored version, for conditional requests (RFC 9110, 8.8).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Validators {
    /// The server's entity tag.
    pub etag: Option<String>,
    /// The server's Last-Modified header, as it was sent.
    pub last_modified: Option<String>,
}

/// The result of a conditional request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fetched {
    /// The stored version is current.
    Unchanged,
    Changed {
        text: String,
        validators: Validators,
    },
}

/// An error while fetching.
#[derive(Debug, Error)]
pub enum FetchError {
    /// The server could not be reached, or did not answer in time.
    #[error("no answer: {0}")]
    Http(#[from] ureq::Error),
    /// The status is neither 200 nor 304.
    #[error("the server answered with status {0}")]
    Status(u16),
    /// The response could not be read to its end.
    #[error("the answer broke off: {0}")]
    Broken(#[from] std::io::Error),
    /// The copy of a list can't be read.
    #[error("can't read {}: {source}", path.display())]
    Copy { path: PathBuf, source: std::io::Error },
    /// The response is larger than 16 MB.
    #[error("the answer is larger than {} MiB", BYTES_MAX >> 20)]
    TooLong,
}

/// An HTTP client for lists.
#[derive(Clone, Debug)]
pub struct Fetcher {
    agent: ureq::Agent,
}

impl Fetcher {
    /// Returns a fetcher with the default timeout.
    pub fn new() -> Fetcher {
        Fetcher::with_timeout(TIME_MAX)
    }

    /// Returns a fetcher with another timeout for one response.
    pub fn with_timeout(time_max: Duration) -> Fetcher {
        let agent = ureq::Agent::config_builder()
            .timeout_global(Some(time_max))
            .max_redirects(REDIRECTS_MAX)
            .http_status_as_error(false)
            .user_agent(concat!("guestbook/", env!("CARGO_PKG_VERSION")))
            .build();
        Fetcher { agent: agent.into() }
    }

    /// Fetches a URL, unless its content is unchanged since the version with these validators.
    pub fn fetch(&self, url: &str, validators: &Validators) -> Result<Fetched, FetchError> {
        let mut request = self.agent.get(url);
        if let Some(etag) = &validators.etag {
            request = request.header(IF_NONE_MATCH, etag);
        } else if let Some(time) = &validators.last_modified {
            request = request.header(IF_MODIFIED_SINCE, time);
        }
        let mut response = request.call()?;
        match response.status().as_u16() {
            200 => {}
            304 => return Ok(Fetched::Unchanged),
            status => return Err(FetchError::Status(status)),
        }
        let validators = Validators {
            etag: header(response.headers(), &ETAG),
            last_modified: header(response.headers(), &LAST_MODIFIED),
        };
        let text = read_bounded(response.body_mut().as_reader())??;
        Ok(Fetched::Changed { text, validators })
    }
}

/// Returns the path of the copy of a URL in a folder, as `wget --force-directories` names it: the host, then the path,
/// with `index.html` for a path that ends with a slash. Returns `None` for anything but an HTTP URL without `..`.
pub fn copy_path(folder: &Path, url: &str) -> Option<PathBuf> {
    let path = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"))?;
    let is_inside = path.split('/').all(|part| !matches!(part, "." | ".."));
    let ending = if path.ends_with('/') { "index.html" } else { "" };
    is_inside.then(|| folder.join(format!("{path}{ending}")))
}

/// Reads the copy of a list.
pub fn read_copy(path: &Path) -> Result<Fetched, FetchError> {
    let failed = |source| FetchError::Copy { path: path.to_owned(), source };
    let text = read_bounded(File::open(path).map_err(failed)?).map_err(failed)??;
    Ok(Fetched::Changed { text, validators: Validators::default() })
}

/// Reads a text to its end. The inner error is that it is too long.
fn read_bounded(text: impl Read) -> std::io::Result<Result<String, FetchError>> {
    let mut bytes = Vec::new();
    text.take(BYTES_MAX + 1).read_to_end(&mut bytes)?;
    Ok(match bytes.len() as u64 {
        ..=BYTES_MAX => Ok(String::from_utf8_lossy(&bytes).into_owned()),
        _ => Err(FetchError::TooLong),
    })
}

impl Default for Fetcher {
    fn default() -> Fetcher {
        Fetcher::new()
    }
}

fn header(headers: &HeaderMap, name: &ureq::http::HeaderName) -> Option<String> {
    headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned)
}
