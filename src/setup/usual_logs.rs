//! The places where web servers usually write their logs.

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

/// Returns the patterns of a log and of the files that it is rotated to.
pub(super) fn with_rotated(path: &str) -> Vec<String> {
    let name = path.rsplit('/').next().unwrap_or(path);
    // rotatelogs names each file by its time.
    if name.contains('*') && name.ends_with('*') {
        return vec![path.to_owned()];
    }
    match path.strip_suffix(".log") {
        // Caddy and others put the time before the extension: access-2026-05-20T12-00-00.000.log.gz.
        Some(stem) => vec![format!("{path}*"), format!("{stem}-[0-9]*.log*")],
        None if name.contains("log") => vec![format!("{path}*")],
        // A log that is named after a host: a star would also match other hosts' logs.
        None => vec![path.to_owned(), format!("{path}[.-][0-9]*")],
    }
}
