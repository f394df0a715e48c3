//! Recognizes a request header by the names that servers give it in logs.

/// Returns a header's name in the form that is compared: in lower case, with dashes instead of underscores, since
/// nginx's variables can't have dashes.
pub(crate) fn dashed(name: &str) -> String {
    name.trim().to_ascii_lowercase().replace('_', "-")
}

/// Returns whether an item, key or column is the request header `header` (in lower case, with dashes).
///
/// Servers name it `$http_x_real_ip`, `%{X-Real-IP}i`, `cs(X-Real-IP)`, `request.headers.X-Real-Ip` or
/// `request_X-Real-Ip`. Forms that keep the header's original name distinguish underscores from dashes.
pub(crate) fn is_of_header(name: &str, header: &str) -> bool {
    let is_original_name = name.starts_with("%{") || name.contains('(') || name.contains("eaders.");
    let name = if is_original_name { name.to_ascii_lowercase() } else { dashed(name) };
    let name = name.trim_end_matches("}i").trim_end_matches(')');
    let prefix = name.strip_suffix(header);
    prefix.is_some_and(|prefix| {
        ["", "$http-", "$proxy-add-", "%{", "cs(", "cs-", "http-", "request-"].contains(&prefix)
            || prefix.ends_with("headers.")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_is_recognized_by_the_names_that_servers_give_it() {
        for name in [
            "$http_x_real_ip",
            "%{X-Real-IP}i",
            "cs(X-Real-IP)",
            "request.headers.X-Real-Ip",
            "request_X-Real-Ip",
            "x_real_ip",
            "http_x_real_ip",
        ] {
            assert!(is_of_header(name, "x-real-ip"), "{name}");
        }
        for name in [
            "$http_my_x_real_ip",
            "%{X-Real-IP}o",
            "%{X_Real_IP}i",
            "cs(X_Real-IP)",
            "$remote_addr",
            "ip",
            "x_real_ips",
        ] {
            assert!(!is_of_header(name, "x-real-ip"), "{name}");
        }
    }
}
