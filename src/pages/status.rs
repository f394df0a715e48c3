//! Classes of HTTP status codes.

use serde::{Deserialize, Serialize};

/// The class of a response's status code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StatusClass {
    /// 2xx.
    Ok,
    /// 304.
    NotModified,
    /// Other 3xx.
    Redirect,
    /// 4xx.
    ClientError,
    /// 5xx.
    ServerError,
    /// No status, 1xx, or a number that is not an HTTP status.
    Unknown,
}

impl StatusClass {
    /// Every value. The index is the number that is stored.
    pub const ALL: [StatusClass; 6] = [
        StatusClass::Ok,
        StatusClass::NotModified,
        StatusClass::Redirect,
        StatusClass::ClientError,
        StatusClass::ServerError,
        StatusClass::Unknown,
    ];

    /// Returns the name in the store and the config.
    pub fn name(self) -> &'static str {
        match self {
            StatusClass::Ok => "ok",
            StatusClass::NotModified => "not_modified",
            StatusClass::Redirect => "redirect",
            StatusClass::ClientError => "client_error",
            StatusClass::ServerError => "server_error",
            StatusClass::Unknown => "unknown",
        }
    }

    /// Returns whether the visitor did not get what it asked for: it was redirected, or the answer is an error.
    pub fn is_failure(self) -> bool {
        matches!(self, StatusClass::Redirect | StatusClass::ClientError | StatusClass::ServerError)
    }

    /// Returns the class of a status code.
    pub fn of(status: Option<u16>) -> StatusClass {
        const BY_HUNDREDS: [StatusClass; 6] = [
            StatusClass::Unknown,
            StatusClass::Unknown,
            StatusClass::Ok,
            StatusClass::Redirect,
            StatusClass::ClientError,
            StatusClass::ServerError,
        ];
        match status {
            Some(304) => StatusClass::NotModified,
            Some(status @ ..600) => BY_HUNDREDS[usize::from(status / 100)],
            _ => StatusClass::Unknown,
        }
    }
}
