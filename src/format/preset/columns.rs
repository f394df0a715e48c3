//! The presets of formats with declared columns.

/// All presets with declared columns.
pub(crate) const COLUMNS: &[ColumnsPreset] = &[
    // w3.org/TR/WD-logfile; learn.microsoft.com, W3C logging.
    ColumnsPreset { name: "w3c", notation: ColumnNotation::W3c, names: None },
    // docs.aws.amazon.com, CloudFront standard logs (v1): the columns, for a file that lost its header.
    ColumnsPreset {
        name: "cloudfront",
        notation: ColumnNotation::W3c,
        names: Some(
            "date time x-edge-location sc-bytes c-ip cs-method cs(Host) cs-uri-stem sc-status \
             cs(Referer) cs(User-Agent) cs-uri-query cs(Cookie) x-edge-result-type x-edge-request-id \
             x-host-header cs-protocol cs-bytes time-taken x-forwarded-for",
        ),
    },
    // learn.microsoft.com: the default columns of IIS 10, for a file that lost its header.
    ColumnsPreset {
        name: "iis",
        notation: ColumnNotation::W3c,
        names: Some(
            "date time s-ip cs-method cs-uri-stem cs-uri-query s-port cs-username c-ip \
             cs(User-Agent) cs(Referer) sc-status sc-substatus sc-win32-status time-taken",
        ),
    },
    // RFC 4180, with a first row of names: cloud.google.com/storage/docs/access-logs, and exports of
    // databases and spreadsheets.
    ColumnsPreset { name: "csv", notation: ColumnNotation::Csv, names: None },
];

/// A format with columns that the log declares.
#[derive(Debug)]
pub(crate) struct ColumnsPreset {
    /// The name in config and in the output of `parse`.
    pub(crate) name: &'static str,
    pub(crate) notation: ColumnNotation,
    /// The columns if the log declares none.
    pub(crate) names: Option<&'static str>,
}

/// The notation of a format with columns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ColumnNotation {
    /// The columns are declared by `#Fields:`, and separated by spaces or tabs.
    W3c,
    /// The columns are declared by a row of names, and separated like those names.
    Csv,
}
