//! Fetches lists over HTTP, with conditional requests and limits on time and size.

use std::io::Read;
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
        let mut bytes = Vec::new();
        response.body_mut().as_reader().take(BYTES_MAX + 1).read_to_end(&mut bytes)?;
        if bytes.len() as u64 > BYTES_MAX {
            return Err(FetchError::TooLong);
        }
        Ok(Fetched::Changed { text: String::from_utf8_lossy(&bytes).into_owned(), validators })
    }
}

impl Default for Fetcher {
    fn default() -> Fetcher {
        Fetcher::new()
    }
}

fn header(headers: &HeaderMap, name: &ureq::http::HeaderName) -> Option<String> {
    headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned)
}
