//! Says what to do about errors of buckets.

use std::io;

use object_store::Error;

use super::object::is_web;

/// Returns an error of an object or a bucket as one of reading, which says what to do.
pub(super) fn io_error(error: &Error, url: &str) -> io::Error {
    let (kind, text) = words(error, url);
    io::Error::new(kind, text)
}

/// Returns what went wrong, and what to do.
pub(super) fn words(error: &Error, url: &str) -> (io::ErrorKind, String) {
    let detail = root(error);
    // Errors of listings have no kind of their own.
    let has_status = |status: &str| detail.contains(status);
    let other = |text: String| (io::ErrorKind::Other, text);
    match error {
        Error::InvalidPath { .. } => other(format!(
            "can't be listed, since a key has an empty part, `.`, `..` or a control character: narrow the pattern so that it leaves \
             that key out ({detail})"
        )),
        Error::Precondition { .. } | Error::NotModified { .. } => {
            (io::ErrorKind::NotFound, "was replaced after it was listed".into())
        }
        _ if matches!(error, Error::NotFound { .. }) || has_status("404 Not Found") => {
            let text = "is not there: check the bucket, the key and the endpoint";
            (io::ErrorKind::NotFound, text.into())
        }
        _ if matches!(error, Error::PermissionDenied { .. }) || has_status("403 Forbidden") => {
            other(format!(
                "permission denied: allow these credentials to list the bucket and to read its objects ({detail})"
            ))
        }
        _ if matches!(error, Error::Unauthenticated { .. }) || has_status("401 Unauthorized") => {
            other(format!("the credentials are not accepted: check {} ({detail})", variables(url)))
        }
        _ if asks_for_credentials(error) => other(format!(
            "there are no credentials: set {}, or run where the machine has a role ({detail})",
            variables(url)
        )),
        _ => other(format!("can't be read: {detail}{}", endpoint_advice(url))),
    }
}

/// Returns the variables that have the credentials for a URL.
fn variables(url: &str) -> &'static str {
    match url.split("://").next() {
        Some("s3") => "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY",
        Some("gs") => "GOOGLE_APPLICATION_CREDENTIALS",
        Some("az" | "abfss") => "AZURE_STORAGE_ACCOUNT_NAME and AZURE_STORAGE_ACCOUNT_KEY",
        _ => "that everybody may read it",
    }
}

fn endpoint_advice(url: &str) -> &'static str {
    match url.split("://").next() {
        Some("s3") => ". Check the network, AWS_ENDPOINT_URL and AWS_REGION",
        _ if is_web(url) => "",
        _ => ". Check the network and the bucket",
    }
}

/// Returns whether the request that failed is one for the credentials of the machine's role.
fn asks_for_credentials(error: &Error) -> bool {
    const PATHS: [&str; 4] =
        ["latest/api/token", "latest/meta-data", "computeMetadata", "metadata/identity"];
    causes(error).iter().any(|cause| PATHS.iter().any(|path| cause.contains(path)))
}

/// Returns an error and its causes, the innermost last.
fn causes(error: &Error) -> Vec<String> {
    let mut causes: Vec<String> = Vec::new();
    let mut source: Option<&dyn std::error::Error> = Some(error);
    while let Some(error) = source {
        causes.push(error.to_string());
        source = error.source();
    }
    causes
}

/// Returns the innermost causes of an error, on one line.
fn root(error: &Error) -> String {
    let causes = causes(error);
    // An error often has the words of its cause too.
    let last = causes.iter().rev().take(2).rev();
    let text = last.fold(String::new(), |text, cause| match text.contains(cause.as_str()) {
        true => text,
        false if text.is_empty() => cause.clone(),
        false => format!("{text}: {cause}"),
    });
    let words = text.split_whitespace().collect::<Vec<_>>().join(" ");
    without_markup(&words)
}

/// Returns a text with only the words of the XML in which servers explain errors.
fn without_markup(text: &str) -> String {
    let Some(start) = text.find('<') else { return text.to_owned() };
    let element = |name: &str| {
        let rest = text.split_once(&format!("<{name}>"))?.1;
        Some(rest.split_once('<')?.0)
    };
    let told = [element("Code"), element("Message")].into_iter().flatten();
    let told = told.collect::<Vec<_>>().join(": ");
    format!("{}{told}", &text[..start])
}
