//! The encodings in which servers write what they received.

/// A server's encoding of the texts that it received.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Encoding {
    /// Backslash escapes in all texts.
    #[default]
    Backslash,
    /// No encoding (nginx's `escape=none`).
    None,
    /// `#` and two hexadecimal digits (HAProxy).
    Hash,
    /// Doubled quotes (CSV).
    Doubled,
    /// Percent-encoded headers (CloudFront and Akamai). Older CloudFront logs encode them twice.
    Percent,
    /// Headers with `+` for a space (IIS). A `+` itself is not escaped, so decoding is ambiguous.
    Plus,
}
