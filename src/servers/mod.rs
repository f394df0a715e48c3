//! Finds sites and their access logs in the configs of web servers.

mod apache;
mod caddy;
mod nginx;
mod site;
mod tree;
mod word;

pub use site::{ServedSite, Server, ServerLog, ServersFound};
pub use tree::Tree;

use nginx::nginx_sites;

/// The config files that packages and images of each server install.
const CONFIGS: [(Server, &[&str]); 3] = [
    (
        Server::Nginx,
        &[
            "/etc/nginx/nginx.conf",
            "/usr/local/nginx/conf/nginx.conf",
            "/usr/local/openresty/nginx/conf/nginx.conf",
            "/usr/local/etc/nginx/nginx.conf",
            "/opt/homebrew/etc/nginx/nginx.conf",
        ],
    ),
    (
        Server::Caddy,
        &["/etc/caddy/Caddyfile", "/usr/local/etc/caddy/Caddyfile", "/opt/homebrew/etc/Caddyfile"],
    ),
    (
        Server::Apache,
        &[
            "/etc/apache2/apache2.conf",
            "/etc/httpd/conf/httpd.conf",
            "/etc/apache2/conf/httpd.conf",
            "/etc/apache2/httpd.conf",
            "/usr/local/apache2/conf/httpd.conf",
            "/usr/local/apache/conf/httpd.conf",
            "/usr/local/etc/apache24/httpd.conf",
            "/opt/bitnami/apache/conf/httpd.conf",
        ],
    ),
];

/// Returns the sites that the configs of the web servers below a tree's root name. Files that can't be read are told in
/// the remarks.
pub fn find_servers(tree: &Tree) -> ServersFound {
    let mut found = ServersFound::default();
    for (server, paths) in CONFIGS {
        let Some(path) = paths.iter().find(|path| tree.path(path).is_file()) else { continue };
        let sites = match server {
            Server::Nginx => nginx_sites(tree, path, &mut found.remarks),
            Server::Caddy => caddy::caddy_sites(tree, path, &mut found.remarks),
            Server::Apache => apache::apache_sites(tree, path, &mut found.remarks),
        };
        found.configs.push((server, tree.path(path)));
        found.sites.extend(sites);
    }
    found.sites = site::merged(std::mem::take(&mut found.sites));
    found
}
