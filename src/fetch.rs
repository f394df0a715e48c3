//! Fetches a list over HTTP: only if it has changed, and within limits of time and size.

use std::io::Read;
use std::time::Duration;

use thiserror::Error;
use ureq::http::HeaderMap;
use ureq::http::header::{ETAG, IF_MODIFIED_SINCE, IF_NONE_MATCH, LAST_MODIFIED};

/// How long one answer may take, redirects included.
const TIME_MAX: Duration = Duration::from_secs(30);

/// The longest list that is known, of all addresses of a large cloud, has 3 MB.
const BYTES_MAX: u64 = 16 << 20;

const REDIRECTS_MAX: u32 = 5;

/// What tells a server which version is known already.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Known {
    /// The tag that it gave.
    pub etag: Option<String>,
    /// The time that it gave.
    pub last_modified: Option<String>,
}

/// What a server answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// What is known is what there is.
    Unchanged,
    /// Another text, and what to know it by.
    Changed {
        /// The text.
        text: String,
        /// What the server will know it by.
        known: Known,
    },
}

/// Why there is no answer.
#[derive(Debug, Error)]
pub enum FetchError {
    /// The server could not be asked, or did not answer in time.
    #[error("no answer: {0}")]
    Http(#[from] ureq::Error),
    /// It says that it has none.
    #[error("the server answers with status {0}")]
    Status(u16),
    /// It could not be read to its end.
    #[error("the answer broke off: {0}")]
    Broken(#[from] std::io::Error),
    /// It is larger than any list.
    #[error("the answer is larger than {} MiB", BYTES_MAX >> 20)]
    TooLong,
}

/// Asks servers for lists.
#[derive(Clone, Debug)]
pub struct Fetcher {
    agent: ureq::Agent,
}

impl Fetcher {
    /// A fetcher that waits as long as is reasonable.
    pub fn new() -> Fetcher {
        Fetcher::with_patience(TIME_MAX)
    }

    /// A fetcher that waits no longer than this for one answer.
    pub fn with_patience(time_max: Duration) -> Fetcher {
        let agent = ureq::Agent::config_builder()
            .timeout_global(Some(time_max))
            .max_redirects(REDIRECTS_MAX)
            .http_status_as_error(false)
            .user_agent(concat!("guestbook/", env!("CARGO_PKG_VERSION")))
            .build();
        Fetcher { agent: agent.into() }
    }

    /// Fetches what stands at a URL, unless it is what is known.
    pub fn fetch(&self, url: &str, known: &Known) -> Result<Answer, FetchError> {
        let mut request = self.agent.get(url);
        if let Some(etag) = &known.etag {
            request = request.header(IF_NONE_MATCH, etag);
        } else if let Some(time) = &known.last_modified {
            request = request.header(IF_MODIFIED_SINCE, time);
        }
        let mut response = request.call()?;
        match response.status().as_u16() {
            200 => {}
            304 => return Ok(Answer::Unchanged),
            status => return Err(FetchError::Status(status)),
        }
        let known = Known {
            etag: header(response.headers(), &ETAG),
            last_modified: header(response.headers(), &LAST_MODIFIED),
        };
        let mut bytes = Vec::new();
        response.body_mut().as_reader().take(BYTES_MAX + 1).read_to_end(&mut bytes)?;
        if bytes.len() as u64 > BYTES_MAX {
            return Err(FetchError::TooLong);
        }
        Ok(Answer::Changed { text: String::from_utf8_lossy(&bytes).into_owned(), known })
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
