//! Finds the IP of a visitor behind the site's own proxies.

use std::net::IpAddr;

use crate::ip::is_private;

use super::networks::{Networks, NetworksError};

/// The config value for a server that is only reachable through its proxies.
const ALL: &str = "all";

/// The site's own proxies.
#[derive(Clone, Debug, Default)]
pub struct Proxies {
    networks: Networks,
    /// True if every peer is a proxy.
    are_all: bool,
    /// True if the log has a header in which the proxies forward IPs.
    has_header: bool,
}

impl Proxies {
    /// Parses addresses and networks. `all` among them means that every peer is a proxy. `has_header` is whether the
    /// log has a header in which the proxies forward IPs.
    pub fn new(texts: &[String], has_header: bool) -> Result<Proxies, NetworksError> {
        let (all, listed): (Vec<&str>, Vec<&str>) =
            texts.iter().map(String::as_str).partition(|text| text.eq_ignore_ascii_case(ALL));
        let networks = if listed.is_empty() {
            Networks::default()
        } else {
            Networks::parse(&listed.join("\n"))?
        };
        Ok(Proxies { networks, are_all: !all.is_empty(), has_header })
    }

    /// Returns whether an IP cannot be a visitor's: a proxy's, or one that is private, loopback or link-local.
    pub fn is_internal(&self, ip: IpAddr) -> bool {
        is_private(ip) || self.networks.contains(ip)
    }

    /// Returns the visitor's IP: that of the peer, or if the peer is a proxy, the last forwarded IP that is not a
    /// proxy's.
    ///
    /// Each proxy appends the IP of its own peer to the header. Anything that a visitor has written there is therefore
    /// at the front and is ignored. Returns `None` if the IP is unknown.
    pub fn visitor(
        &self,
        peer: Option<IpAddr>,
        forwarded: impl FnOnce() -> Vec<Option<IpAddr>>,
    ) -> Option<IpAddr> {
        let is_proxy = self.are_all || peer.is_some_and(|ip| self.networks.contains(ip));
        if !is_proxy {
            return peer;
        }
        if !self.has_header {
            return None;
        }
        let mut ips = forwarded().into_iter().rev();
        ips.find(|ip| ip.is_none_or(|ip| !self.networks.contains(ip))).flatten()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_ips_that_proxies_appended_are_used() {
        let ip = |text: &str| text.parse::<IpAddr>().ok();
        let forwarded =
            |text: &'static str| move || text.split(',').map(|part| ip(part.trim())).collect();
        let texts = ["192.0.2.0/24", "10.0.0.0/24"].map(str::to_owned);
        let proxies = Proxies::new(&texts, true).unwrap();
        for (peer, header, expected) in [
            ("192.0.2.1", "203.0.113.9", "203.0.113.9"),
            // The visitor has written the first IP.
            ("192.0.2.1", "198.51.100.1, 203.0.113.9", "203.0.113.9"),
            // Two public proxies and a private one.
            ("192.0.2.1", "198.51.100.1, 203.0.113.9, 192.0.2.7, 10.0.0.1", "203.0.113.9"),
            ("::ffff:192.0.2.1", "2001:db8::9", "2001:db8::9"),
            // The visitor is unknown.
            ("192.0.2.1", "203.0.113.9, unknown", ""),
            ("192.0.2.1", "10.0.0.1", ""),
            // An internal IP that is not a proxy's. It may have written the rest.
            ("192.0.2.1", "198.51.100.1, 10.0.9.1", "10.0.9.1"),
            ("192.0.2.1", "", ""),
            // The peer is not a proxy, so its header is ignored.
            ("203.0.113.1", "198.51.100.1", "203.0.113.1"),
            ("10.0.9.1", "198.51.100.1", "10.0.9.1"),
            ("", "198.51.100.1", ""),
        ] {
            let visitor = proxies.visitor(ip(peer), forwarded(header));
            assert_eq!(visitor, ip(expected), "{peer}: {header}");
        }
        let without_header = Proxies::new(&texts, false).unwrap();
        assert_eq!(without_header.visitor(ip("192.0.2.1"), forwarded("203.0.113.9")), None);
        let all_and_private =
            Proxies::new(&["ALL".to_owned(), "10.0.0.1".to_owned()], true).unwrap();
        assert_eq!(
            all_and_private.visitor(None, forwarded("198.51.100.1, 203.0.113.9, 10.0.0.1")),
            ip("203.0.113.9")
        );
        let all = Proxies::new(&["all".to_owned()], true).unwrap();
        assert_eq!(all.visitor(None, forwarded("203.0.113.9")), ip("203.0.113.9"));
        assert_eq!(all.visitor(ip("198.51.100.1"), forwarded("203.0.113.9")), ip("203.0.113.9"));
        assert_eq!(all.visitor(ip("198.51.100.1"), forwarded("")), None);
    }
}
