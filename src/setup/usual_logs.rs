//! The places where web servers usually write their logs.

use crate::servers::Server;

/// Patterns of access logs, without those that were rotated, by the software that writes there.
pub(super) const USUAL_LOGS: [&str; 21] = [
    "/var/log/nginx/*access*log",
    "/var/log/apache2/*access*log",
    "/var/log/httpd/*access*log",
    "/var/log/caddy/*.log",
    "/var/log/lighttpd/access.log",
    "/var/log/haproxy.log",
    "/var/log/traefik/*.log",
    "/var/log/openresty/*access*log",
    "/usr/local/lsws/logs/access.log",
    "/usr/local/nginx/logs/*access*log",
    "/usr/local/apache2/logs/*access*log",
    "/usr/local/apache/domlogs/*",
    "/etc/apache2/logs/domlogs/*",
    "/var/www/vhosts/system/*/logs/*access*log",
    "/var/log/httpd-access.log",
    "/var/log/varnish/varnishncsa.log",
    "/var/log/squid/access.log",
    "/opt/homebrew/var/log/nginx/access.log",
    "/opt/bitnami/*/logs/access*log",
    "/var/lib/docker/containers/*/*-json.log",
    "/var/log/containers/*.log",
];

/// Returns the pattern of a log and of all files that it may be rotated to, now or later.
pub(super) fn with_rotated(path: &str, server: Option<Server>) -> String {
    let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
    match name.strip_suffix(".log") {
        // rotatelogs names each file by its time.
        _ if name.contains('*') && name.ends_with('*') => path.to_owned(),
        // Caddy puts the time before the extension: access-2026-05-20T12-00-00.000.log.gz.
        Some(stem) if server == Some(Server::Caddy) => {
            format!("{folder}/{{{name}*,{stem}-[0-9][0-9][0-9][0-9]-*.log*}}")
        }
        Some(_) => format!("{path}*"),
        // A log may be named after a host: a star alone would also match other hosts' logs.
        None => format!("{folder}/{{{name},{name}[.-][0-9]*}}"),
    }
}
