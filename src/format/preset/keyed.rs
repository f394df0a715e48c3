//! The presets of formats with keys and values.

use crate::format::record::{Encoding, Field};

use super::key_names::ANY_NAMES;

/// A format with keys and values.
#[derive(Debug)]
pub(crate) struct KeyedPreset {
    /// The name in config and in the output of `parse`.
    pub(crate) name: &'static str,
    /// Keys that only this format has. A line with none of them is not a request.
    pub(crate) signature_keys: &'static [&'static str],
    /// The field of each key; nested keys have dots. Of two keys for one field, the first is preferred.
    pub(crate) keys: &'static [(&'static str, Field)],
    /// The encoding of values, in addition to the notation's escapes.
    pub(crate) encoding: Encoding,
    pub(crate) notation: PairNotation,
}

/// The notation of keys and values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PairNotation {
    Json,
    /// `key:value`, separated by tabs (ltsv.org).
    Ltsv,
    /// `key=value`, separated by spaces, where a value may be quoted.
    Logfmt,
}

/// Returns the field of a key with a common name or a service's own.
pub(crate) fn key_named(name: &str) -> Option<Field> {
    // Common names take precedence. They are in the last presets, the names of services in the others.
    let keys = KEYED.iter().rev().flat_map(|preset| preset.keys);
    keys.into_iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, field)| *field)
}

/// All presets. The last of each notation has no signature, and accepts common key names.
pub(crate) const KEYED: &[KeyedPreset] = &[
    KeyedPreset {
        // caddyserver.com/docs/logging; up to version 2.4 the key of the address was remote_addr.
        name: "caddy",
        signature_keys: &["request.remote_ip", "request.remote_addr"],
        encoding: Encoding::Backslash,
        notation: PairNotation::Json,
        keys: &[
            ("ts", Field::Time),
            ("time", Field::Time),
            ("request.client_ip", Field::Ip),
            ("request.remote_ip", Field::Ip),
            ("request.remote_addr", Field::Ip),
            ("request.host", Field::Host),
            ("request.method", Field::Method),
            ("request.uri", Field::Target),
            ("request.proto", Field::Protocol),
            ("status", Field::Status),
            ("size", Field::Bytes),
            ("request.headers.Referer", Field::Referrer),
            ("request.headers.User-Agent", Field::UserAgent),
            ("request.headers.Accept", Field::Accept),
            ("logger", Field::Logger),
            ("msg", Field::Message),
        ],
    },
    KeyedPreset {
        // doc.traefik.io, access logs; headers are dropped unless they are configured.
        name: "traefik_json",
        signature_keys: &["DownstreamStatus", "RequestPath"],
        encoding: Encoding::Backslash,
        notation: PairNotation::Json,
        keys: &[
            ("StartUTC", Field::Time),
            ("StartLocal", Field::Time),
            ("time", Field::Time),
            ("ClientHost", Field::Ip),
            ("ClientAddr", Field::Ip),
            ("RequestHost", Field::Host),
            ("RequestMethod", Field::Method),
            ("RequestPath", Field::Target),
            ("RequestProtocol", Field::Protocol),
            ("DownstreamStatus", Field::Status),
            ("OriginStatus", Field::Status),
            ("DownstreamContentSize", Field::Bytes),
            ("request_Referer", Field::Referrer),
            ("request_User-Agent", Field::UserAgent),
            ("request_Accept", Field::Accept),
        ],
    },
    KeyedPreset {
        // developers.cloudflare.com/logs, dataset http_requests; only the selected fields are logged.
        name: "cloudflare",
        signature_keys: &["EdgeStartTimestamp", "EdgeEndTimestamp", "ClientRequestURI", "RayID"],
        encoding: Encoding::Backslash,
        notation: PairNotation::Json,
        keys: &[
            ("EdgeStartTimestamp", Field::Time),
            ("EdgeEndTimestamp", Field::Time),
            ("ClientIP", Field::Ip),
            ("ClientRequestHost", Field::Host),
            ("ClientRequestMethod", Field::Method),
            ("ClientRequestURI", Field::Target),
            ("ClientRequestPath", Field::Target),
            ("ClientRequestProtocol", Field::Protocol),
            ("EdgeResponseStatus", Field::Status),
            ("EdgeResponseBytes", Field::Bytes),
            ("ClientRequestReferer", Field::Referrer),
            ("ClientRequestUserAgent", Field::UserAgent),
        ],
    },
    KeyedPreset {
        // docs.aws.amazon.com, CloudFront standard logging (v2), JSON.
        name: "cloudfront_json",
        signature_keys: &["x-edge-location", "cs(User-Agent)"],
        encoding: Encoding::Percent,
        notation: PairNotation::Json,
        keys: &[
            ("timestamp", Field::Time),
            ("time", Field::Time),
            ("date", Field::Date),
            ("c-ip", Field::Ip),
            ("x-host-header", Field::Host),
            ("cs(Host)", Field::Host),
            ("cs-method", Field::Method),
            ("cs-uri-stem", Field::Target),
            ("cs-uri-query", Field::Query),
            ("cs-protocol-version", Field::Protocol),
            ("sc-status", Field::Status),
            ("sc-bytes", Field::Bytes),
            ("cs(Referer)", Field::Referrer),
            ("cs(User-Agent)", Field::UserAgent),
        ],
    },
    KeyedPreset {
        // cloud.google.com/logging, LogEntry.httpRequest: load balancing, CDN, App Engine, Cloud Run.
        name: "google_cloud",
        signature_keys: &["httpRequest.requestUrl"],
        encoding: Encoding::Backslash,
        notation: PairNotation::Json,
        keys: &[
            ("timestamp", Field::Time),
            ("receiveTimestamp", Field::Time),
            ("httpRequest.remoteIp", Field::Ip),
            ("httpRequest.requestMethod", Field::Method),
            ("httpRequest.requestUrl", Field::Target),
            ("httpRequest.protocol", Field::Protocol),
            ("httpRequest.status", Field::Status),
            ("httpRequest.responseSize", Field::Bytes),
            ("httpRequest.referer", Field::Referrer),
            ("httpRequest.userAgent", Field::UserAgent),
        ],
    },
    KeyedPreset {
        // learn.microsoft.com, Azure Front Door and Application Gateway access logs.
        name: "azure",
        signature_keys: &["properties.httpStatusCode", "properties.httpStatus"],
        encoding: Encoding::Backslash,
        notation: PairNotation::Json,
        keys: &[
            ("time", Field::Time),
            ("timeStamp", Field::Time),
            ("properties.socketIp", Field::Ip),
            ("properties.clientIp", Field::Ip),
            ("properties.hostName", Field::Host),
            ("properties.host", Field::Host),
            ("properties.httpMethod", Field::Method),
            ("properties.requestUri", Field::Target),
            ("properties.requestQuery", Field::Query),
            ("properties.httpVersion", Field::Protocol),
            ("properties.httpStatusCode", Field::Status),
            ("properties.httpStatus", Field::Status),
            ("properties.responseBytes", Field::Bytes),
            ("properties.sentBytes", Field::Bytes),
            ("properties.referer", Field::Referrer),
            ("properties.userAgent", Field::UserAgent),
        ],
    },
    KeyedPreset {
        // learn.microsoft.com, table AppServiceHTTPLogs.
        name: "azure_app_service",
        signature_keys: &["CsUriStem", "properties.CsUriStem"],
        encoding: Encoding::Plus,
        notation: PairNotation::Json,
        keys: &[
            ("TimeGenerated", Field::Time),
            ("EventTime", Field::Time),
            ("time", Field::Time),
            ("CIp", Field::Ip),
            ("CsHost", Field::Host),
            ("CsMethod", Field::Method),
            ("CsUriStem", Field::Target),
            ("CsUriQuery", Field::Query),
            ("Protocol", Field::Protocol),
            ("ScStatus", Field::Status),
            ("ScBytes", Field::Bytes),
            ("Referer", Field::Referrer),
            ("UserAgent", Field::UserAgent),
            ("properties.CIp", Field::Ip),
            ("properties.CsHost", Field::Host),
            ("properties.CsMethod", Field::Method),
            ("properties.CsUriStem", Field::Target),
            ("properties.CsUriQuery", Field::Query),
            ("properties.ScStatus", Field::Status),
            ("properties.ScBytes", Field::Bytes),
            ("properties.Referer", Field::Referrer),
            ("properties.UserAgent", Field::UserAgent),
        ],
    },
    KeyedPreset {
        // vercel.com/docs/drains; only objects with a proxy are requests.
        name: "vercel",
        signature_keys: &["proxy.userAgent", "proxy.path"],
        encoding: Encoding::Backslash,
        notation: PairNotation::Json,
        keys: &[
            ("proxy.timestamp", Field::Time),
            ("timestamp", Field::Time),
            ("proxy.clientIp", Field::Ip),
            ("proxy.host", Field::Host),
            ("proxy.method", Field::Method),
            ("proxy.path", Field::Target),
            ("proxy.statusCode", Field::Status),
            ("proxy.responseByteSize", Field::Bytes),
            ("proxy.referer", Field::Referrer),
            ("proxy.userAgent", Field::UserAgent),
        ],
    },
    KeyedPreset {
        // techdocs.akamai.com, DataStream 2; the user agent is optional.
        name: "akamai",
        signature_keys: &["reqTimeSec", "cliIP"],
        encoding: Encoding::Percent,
        notation: PairNotation::Json,
        keys: &[
            ("reqTimeSec", Field::Time),
            ("cliIP", Field::Ip),
            ("reqHost", Field::Host),
            ("reqMethod", Field::Method),
            ("reqPath", Field::Target),
            ("queryStr", Field::Query),
            ("proto", Field::Protocol),
            ("statusCode", Field::Status),
            ("bytes", Field::Bytes),
            ("totalBytes", Field::Bytes),
            ("referer", Field::Referrer),
            ("UA", Field::UserAgent),
        ],
    },
    KeyedPreset {
        // nginx's escape=json, Netlify, Fastly, Envoy and all logs whose keys the user names.
        name: "json",
        signature_keys: &[],
        encoding: Encoding::Backslash,
        notation: PairNotation::Json,
        keys: ANY_NAMES,
    },
    KeyedPreset {
        // ltsv.org, with the labels that it recommends.
        name: "ltsv",
        signature_keys: &[],
        encoding: Encoding::Backslash,
        notation: PairNotation::Ltsv,
        keys: &[
            ("time", Field::Time),
            ("time_local", Field::Time),
            ("time_iso8601", Field::Time),
            ("remote_addr", Field::Ip),
            ("host", Field::Ip),
            ("http_host", Field::Host),
            ("server_name", Field::Host),
            ("request", Field::Request),
            ("request_method", Field::Method),
            ("request_uri", Field::Target),
            ("query_string", Field::Query),
            ("body_bytes_sent", Field::Bytes),
            ("http_referer", Field::Referrer),
            ("http_user_agent", Field::UserAgent),
            ("useragent", Field::UserAgent),
            ("vhost", Field::Host),
            ("req", Field::Request),
            ("method", Field::Method),
            ("uri", Field::Target),
            ("protocol", Field::Protocol),
            ("status", Field::Status),
            ("size", Field::Bytes),
            ("referer", Field::Referrer),
            ("ua", Field::UserAgent),
        ],
    },
    KeyedPreset {
        name: "logfmt",
        signature_keys: &[],
        encoding: Encoding::Backslash,
        notation: PairNotation::Logfmt,
        keys: ANY_NAMES,
    },
];
