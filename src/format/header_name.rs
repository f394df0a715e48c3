//! What servers call a request's header in a log.

/// A header's name as it is compared: in lower case, with dashes, as nginx's variables can't have them.
pub(super) fn dashed(name: &str) -> String {
    name.trim().to_ascii_lowercase().replace('_', "-")
}

/// Whether an item, a key or a column is the request's header of this name (in lower case, with dashes), by what
/// servers call it: `$http_x_real_ip`, `%{X-Real-IP}i`, `cs(X-Real-IP)`, `request.headers.X-Real-Ip`,
/// `request_X-Real-Ip`. Where that is the header's own name, one with underscores is another header.
pub(super) fn is_of_header(name: &str, header: &str) -> bool {
    let is_own_name = name.starts_with("%{") || name.contains('(') || name.contains("eaders.");
    let name = if is_own_name { name.to_ascii_lowercase() } else { dashed(name) };
    let name = name.trim_end_matches("}i").trim_end_matches(')');
    let before = name.strip_suffix(header);
    before.is_some_and(|before| {
        ["", "$http-", "$proxy-add-", "%{", "cs(", "cs-", "http-", "request-"].contains(&before)
            || before.ends_with("headers.")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_is_known_by_what_servers_call_it() {
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
