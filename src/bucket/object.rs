//! An object of a bucket.

use std::cmp::Ordering;
use std::hash::{Hash, Hasher};

/// An object of a bucket, or a file of a web server.
#[derive(Clone, Debug)]
pub struct Object {
    /// The URL, such as `s3://logs/2026/05/access.log.gz`. The key is not percent-encoded.
    pub url: String,
    /// The size in bytes, if the object was listed.
    pub size: Option<u64>,
    /// The entity tag, which differs once the object has other content, if the server has told one.
    pub etag: Option<String>,
}

impl Object {
    /// Returns the object of a URL, of which nothing else is known.
    pub fn named(url: &str) -> Object {
        Object { url: url.to_owned(), size: None, etag: None }
    }
}

// An object is the same whatever its content is.
impl PartialEq for Object {
    fn eq(&self, other: &Object) -> bool {
        self.url == other.url
    }
}

impl Eq for Object {}

impl PartialOrd for Object {
    fn partial_cmp(&self, other: &Object) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Object {
    fn cmp(&self, other: &Object) -> Ordering {
        self.url.cmp(&other.url)
    }
}

impl Hash for Object {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.url.hash(state);
    }
}

/// The schemes of URLs that name objects.
const SCHEMES: [&str; 6] = ["s3://", "gs://", "az://", "abfss://", "https://", "http://"];

/// Returns the URL without a user and a password, if it has them.
pub fn without_user(url: &str) -> Option<String> {
    let (scheme, rest) = url.split_once("://")?;
    let host = rest.split('/').next()?;
    let user = host.rfind('@')?;
    Some(format!("{scheme}://{}", &rest[user + 1..]))
}

/// Returns where the pattern in a URL begins. A web server has no listing, so its URLs have none.
pub fn pattern_start(url: &str) -> Option<usize> {
    url.find(['*', '?', '[', '{']).filter(|_| !is_web(url))
}

/// Returns whether a URL is of a web server.
pub(super) fn is_web(url: &str) -> bool {
    url.starts_with("https://") || url.starts_with("http://")
}

/// Returns whether a path is the URL of an object, or a pattern of such.
pub fn is_url(path: &str) -> bool {
    SCHEMES.iter().any(|scheme| path.starts_with(scheme))
}
