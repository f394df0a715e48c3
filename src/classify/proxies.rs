//! Who asked, where the site's own proxies stand between.

use std::net::IpAddr;

use super::networks::{Networks, NetworksError};

/// Stands for every address: nobody reaches the server but by its proxies.
const ALL: &str = "all";

/// The site's own proxies, and whether they are believed in what they say of who asked.
#[derive(Clone, Debug, Default)]
pub struct Proxies {
    networks: Networks,
    are_all: bool,
    has_header: bool,
}

impl Proxies {
    /// The proxies with some addresses and networks; `all` among them says that nobody else connects. `has_header`
    /// says whether the log has a header of theirs.
    pub fn new(texts: &[String], has_header: bool) -> Result<Proxies, NetworksError> {
        let (all, named): (Vec<&str>, Vec<&str>) =
            texts.iter().map(String::as_str).partition(|text| text.eq_ignore_ascii_case(ALL));
        let networks =
            if named.is_empty() { Networks::default() } else { Networks::read(&named.join("\n"))? };
        Ok(Proxies { networks, are_all: !all.is_empty(), has_header })
    }

    /// Whether an address is no visitor's own: a proxy's, or one that no visitor can come from.
    pub(super) fn is_passed_on(&self, ip: IpAddr) -> bool {
        let is_inner = match ip.to_canonical() {
            IpAddr::V4(ip) => ip.is_private() || ip.is_loopback() || ip.is_link_local(),
            IpAddr::V6(ip) => {
                ip.is_loopback() || ip.is_unique_local() || ip.is_unicast_link_local()
            }
        };
        is_inner || self.networks.contains(ip)
    }

    /// Who asked: `peer`, who has connected, or if that is a proxy, whom it named. Each proxy adds at the end of
    /// the header whom it was asked by, so that what a visitor has written there stands at the front and is not
    /// looked at: the first from the end that is no proxy's counts. `None` where that can't be told.
    pub(super) fn visitor(
        &self,
        peer: Option<IpAddr>,
        named: impl FnOnce() -> Vec<Option<IpAddr>>,
    ) -> Option<IpAddr> {
        let is_proxy = self.are_all || peer.is_some_and(|ip| self.networks.contains(ip));
        if !is_proxy {
            return peer;
        }
        if !self.has_header {
            return None;
        }
        let mut named = named().into_iter().rev();
        named.find(|ip| ip.is_none_or(|ip| !self.networks.contains(ip))).flatten()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_proxies_are_believed_and_only_in_what_they_added() {
        let ip = |text: &str| text.parse::<IpAddr>().ok();
        let named =
            |text: &'static str| move || text.split(',').map(|part| ip(part.trim())).collect();
        let texts = ["192.0.2.0/24", "10.0.0.0/24"].map(str::to_owned);
        let proxies = Proxies::new(&texts, true).unwrap();
        for (peer, header, expected) in [
            ("192.0.2.1", "203.0.113.9", "203.0.113.9"),
            // A visitor wrote the first.
            ("192.0.2.1", "198.51.100.1, 203.0.113.9", "203.0.113.9"),
            // By way of two proxies, and of an inner one.
            ("192.0.2.1", "198.51.100.1, 203.0.113.9, 192.0.2.7, 10.0.0.1", "203.0.113.9"),
            ("::ffff:192.0.2.1", "2001:db8::9", "2001:db8::9"),
            // Nobody that can be told.
            ("192.0.2.1", "203.0.113.9, unknown", ""),
            ("192.0.2.1", "10.0.0.1", ""),
            // Somebody inside, who is no proxy, and may have written the rest.
            ("192.0.2.1", "198.51.100.1, 10.0.9.1", "10.0.9.1"),
            ("192.0.2.1", "", ""),
            // Who is no proxy can say what it likes.
            ("203.0.113.1", "198.51.100.1", "203.0.113.1"),
            ("10.0.9.1", "198.51.100.1", "10.0.9.1"),
            ("", "198.51.100.1", ""),
        ] {
            let visitor = proxies.visitor(ip(peer), named(header));
            assert_eq!(visitor, ip(expected), "{peer}: {header}");
        }
        let unread = Proxies::new(&texts, false).unwrap();
        assert_eq!(unread.visitor(ip("192.0.2.1"), named("203.0.113.9")), None);
        let inner = Proxies::new(&["ALL".to_owned(), "10.0.0.1".to_owned()], true).unwrap();
        assert_eq!(
            inner.visitor(None, named("198.51.100.1, 203.0.113.9, 10.0.0.1")),
            ip("203.0.113.9")
        );
        let all = Proxies::new(&["all".to_owned()], true).unwrap();
        assert_eq!(all.visitor(None, named("203.0.113.9")), ip("203.0.113.9"));
        assert_eq!(all.visitor(ip("198.51.100.1"), named("203.0.113.9")), ip("203.0.113.9"));
        assert_eq!(all.visitor(ip("198.51.100.1"), named("")), None);
    }
}
