//! Maps the names of columns to fields.

use crate::format::preset::key_named;
use crate::format::record::Field;

use super::learned_keys::similar_key;

/// Returns the field of a W3C column.
pub(crate) fn named(name: &str) -> Option<Field> {
    Some(match name.to_ascii_lowercase().as_str() {
        "date" | "date-local" => Field::Date,
        "time" | "time-local" | "timestamp" | "timestamp(ms)" => Field::Time,
        "c-ip" => Field::Ip,
        "cs-host" | "cs(host)" | "x-host-header" => Field::Host,
        "cs-method" => Field::Method,
        "cs-uri-stem" | "cs-uri" => Field::Target,
        "cs-uri-query" => Field::Query,
        "cs-version" | "cs-protocol-version" => Field::Protocol,
        "sc-status" | "c-status" => Field::Status,
        "sc-bytes" | "bytes" => Field::Bytes,
        "cs(referer)" | "cs(referrer)" | "cs-referer" | "cs-referred" => Field::Referrer,
        "cs(user-agent)" | "cs-user-agent" | "c-agent" => Field::UserAgent,
        "cs(accept)" | "cs-accept" => Field::Accept,
        _ => return None,
    })
}

/// Returns the field of a CSV column, which may have W3C's name, Google Cloud Storage's, or that of a key in JSON logs.
pub(crate) fn csv_field(name: &str) -> Option<Field> {
    Some(match name.to_ascii_lowercase().as_str() {
        "time_micros" => Field::Time,
        "c_ip" => Field::Ip,
        "cs_host" => Field::Host,
        "cs_method" => Field::Method,
        "cs_uri" => Field::Target,
        "sc_status" => Field::Status,
        "sc_bytes" => Field::Bytes,
        "cs_referer" => Field::Referrer,
        "cs_user_agent" => Field::UserAgent,
        other => {
            // `request_time` is a duration, so a time must have a known name.
            let similar = || similar_key(other).filter(|(_, field)| *field != Field::Time);
            let similar = || similar().map(|(_, field)| field);
            return named(other).or_else(|| key_named(other)).or_else(similar);
        }
    })
}
