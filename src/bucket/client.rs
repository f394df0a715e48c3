//! Connects to buckets, and waits for them.

use std::collections::HashMap;
use std::future::Future;
use std::io;
use std::sync::{Arc, LazyLock, Mutex, PoisonError, mpsc};
use std::time::Duration;

use object_store::aws::AmazonS3Builder;
use object_store::azure::MicrosoftAzureBuilder;
use object_store::gcp::GoogleCloudStorageBuilder;
use object_store::http::HttpBuilder;
use object_store::path::Path;
use object_store::{ClientOptions, ObjectStore, RetryConfig};
use tokio::runtime::{Builder, Runtime};

use super::object::is_web;

/// The longest time for a connection.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// The longest time in which the server sends nothing.
const READ_TIMEOUT: Duration = Duration::from_secs(60);

/// A request that fails is retried at most this often, and for this long.
const RETRIES_MAX: usize = 6;
const RETRY_TIMEOUT: Duration = Duration::from_secs(120);

/// The threads that talk to servers. Those that read and count wait for them.
static RUNTIME: LazyLock<io::Result<Runtime>> =
    LazyLock::new(|| Builder::new_multi_thread().worker_threads(1).enable_all().build());

/// The connections, by scheme and bucket.
static STORES: LazyLock<Mutex<HashMap<String, Arc<dyn ObjectStore>>>> =
    LazyLock::new(Mutex::default);

/// A bucket and the key of an object in it.
#[derive(Clone)]
pub(super) struct Place {
    pub(super) store: Arc<dyn ObjectStore>,
    pub(super) key: Path,
    /// The scheme and the bucket: `s3://logs/`.
    pub(super) bucket: String,
}

/// Returns the threads that talk to servers.
pub(super) fn runtime() -> io::Result<&'static Runtime> {
    RUNTIME.as_ref().map_err(|error| io::Error::other(format!("no threads: {error}")))
}

/// Waits for work on the threads that talk to servers.
pub(super) fn wait<T: Send + 'static>(
    work: impl Future<Output = T> + Send + 'static,
) -> io::Result<T> {
    let (sender, receiver) = mpsc::channel();
    runtime()?.spawn(async move {
        let _ = sender.send(work.await);
    });
    receiver.recv().map_err(|_| io::Error::other("the request was given up"))
}

/// Splits a URL into its scheme with the bucket, and the key.
pub(super) fn split(url: &str) -> Option<(&str, &str)> {
    let host = url.find("://")? + 3;
    let end = url[host..].find('/').map_or(url.len(), |at| host + at + 1);
    Some(url.split_at(end))
}

/// Finds the bucket of a URL and the key of its object.
pub(super) fn place_of(url: &str) -> io::Result<Place> {
    let invalid = |text: String| io::Error::new(io::ErrorKind::InvalidInput, text);
    let (bucket, key) = split(url).ok_or_else(|| invalid(format!("{url} is no URL")))?;
    let key = match is_web(url) {
        true => Path::from_url_path(key).map_err(|error| invalid(error.to_string()))?,
        false => Path::parse(key).map_err(|error| invalid(error.to_string()))?,
    };
    let mut stores = STORES.lock().unwrap_or_else(PoisonError::into_inner);
    let store = match stores.get(bucket) {
        Some(store) => Arc::clone(store),
        None => {
            let store = connect(bucket).map_err(|error| invalid(error.to_string()))?;
            stores.insert(bucket.to_owned(), Arc::clone(&store));
            store
        }
    };
    Ok(Place { store, key, bucket: bucket.to_owned() })
}

/// Connects to a bucket, with the credentials, the region and the endpoint of the standard environment variables.
fn connect(bucket: &str) -> object_store::Result<Arc<dyn ObjectStore>> {
    let retry = RetryConfig {
        max_retries: RETRIES_MAX,
        retry_timeout: RETRY_TIMEOUT,
        ..RetryConfig::default()
    };
    let options = ClientOptions::new()
        .with_connect_timeout(CONNECT_TIMEOUT)
        .with_read_timeout(READ_TIMEOUT)
        .with_timeout_disabled();
    let url = bucket.trim_end_matches('/');
    let is_plain = |variables: &[&str]| {
        let values = variables.iter().filter_map(|name| std::env::var(name).ok());
        values.into_iter().any(|value| value.starts_with("http://"))
    };
    Ok(match bucket.split("://").next() {
        Some("s3") => {
            let variables = ["AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL", "AWS_ENDPOINT"];
            let builder = AmazonS3Builder::from_env().with_url(url).with_retry(retry);
            let options = options.with_allow_http(is_plain(&variables));
            Arc::new(builder.with_client_options(options).build()?)
        }
        Some("gs") => {
            let builder = GoogleCloudStorageBuilder::from_env().with_url(url).with_retry(retry);
            let options = options.with_allow_http(is_plain(&["GOOGLE_BASE_URL"]));
            Arc::new(builder.with_client_options(options).build()?)
        }
        Some("az" | "abfss") => {
            let options = options.with_allow_http(is_plain(&["AZURE_ENDPOINT"]));
            let builder = MicrosoftAzureBuilder::from_env().with_url(url).with_retry(retry);
            Arc::new(builder.with_client_options(options).build()?)
        }
        _ => {
            let options = options.with_allow_http(bucket.starts_with("http://"));
            let builder = HttpBuilder::new().with_url(url).with_retry(retry);
            Arc::new(builder.with_client_options(options).build()?)
        }
    })
}
