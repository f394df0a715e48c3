//! Parses lists of networks, and looks addresses up in them.

use std::net::{IpAddr, Ipv6Addr};

use serde_json::Value;
use thiserror::Error;

/// The shortest accepted prefixes. Broader networks are a mistake or an attack, since half the world would be verified.
const V4_PREFIX_MIN: u8 = 8;
const V6_PREFIX_MIN: u8 = 16;

/// IPv4 addresses are converted to IPv4-mapped IPv6 addresses, `::ffff:192.0.2.1`, which have these first 96 bits.
const V4_MAPPED_BITS: u8 = 96;
const V4_MAPPED_PREFIX: u128 = 0xffff;

/// A set of networks, as sorted and disjoint ranges of addresses for binary search.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Networks {
    ranges: Vec<(u128, u128)>,
}

/// An error in a list of networks.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum NetworksError {
    #[error("it lists no networks")]
    Empty,
    #[error("it lists {0}, which is too broad for one operator")]
    Broad(String),
}

impl Networks {
    /// Parses a list in any of the formats that operators use: JSON, with networks and addresses as strings under any
    /// keys; CSV with a column of them, such as a geofeed (RFC 8805); HTML; or plain lines.
    pub fn parse(text: &str) -> Result<Networks, NetworksError> {
        let mut found = Vec::new();
        match serde_json::from_str::<Value>(text) {
            Ok(value) => find_in_json(&value, &mut found),
            Err(_) => find_in_text(text, &mut found),
        }
        Networks::new(found)
    }

    fn new(mut networks: Vec<Network>) -> Result<Networks, NetworksError> {
        if networks.is_empty() {
            return Err(NetworksError::Empty);
        }
        if let Some(broad) = networks.iter().find(|network| network.is_broad()) {
            return Err(NetworksError::Broad(broad.text.clone()));
        }
        networks.sort_by_key(|network| network.range);
        let mut ranges: Vec<(u128, u128)> = Vec::new();
        for (first, last) in networks.iter().map(|network| network.range) {
            match ranges.last_mut() {
                Some(before) if first <= before.1.saturating_add(1) => {
                    before.1 = before.1.max(last);
                }
                _ => ranges.push((first, last)),
            }
        }
        Ok(Networks { ranges })
    }

    /// Returns whether an address is in one of the networks.
    pub fn contains(&self, ip: IpAddr) -> bool {
        let ip = to_bits(ip);
        let after = self.ranges.partition_point(|range| range.0 <= ip);
        after > 0 && ip <= self.ranges[after - 1].1
    }

    /// Returns the networks as text, sorted and disjoint. [`Networks::parse`] reads them back.
    pub fn lines(&self) -> Vec<String> {
        self.ranges.iter().flat_map(|(first, last)| lines_of(*first, *last)).collect()
    }
}

/// Returns the fewest networks that make up a range.
fn lines_of(mut first: u128, last: u128) -> Vec<String> {
    let mut lines = Vec::new();
    loop {
        // The largest network that the first address is aligned to and that fits into the rest of the range.
        let rest_bits = (last - first).checked_add(1).map_or(128, u128::ilog2);
        let host_bits = first.trailing_zeros().min(rest_bits);
        let ip = IpAddr::V6(Ipv6Addr::from_bits(first)).to_canonical();
        let width = if ip.is_ipv4() { 32 } else { 128 };
        lines.push(format!("{ip}/{}", width - host_bits));
        let network_last = first | u128::MAX.checked_shr(128 - host_bits).unwrap_or(0);
        if network_last >= last {
            return lines;
        }
        first = network_last + 1;
    }
}

/// A parsed network.
struct Network {
    text: String,
    /// The first and the last address.
    range: (u128, u128),
    /// The length of the prefix of the IPv6 form, in bits.
    prefix: u8,
}

impl Network {
    /// Parses `192.0.2.0/24`, `2001:db8::/32`, or a single address.
    fn parse(text: &str) -> Option<Network> {
        let (ip, prefix) = match text.split_once('/') {
            Some((ip, prefix)) => (ip, Some(prefix.parse::<u8>().ok()?)),
            None => (text, None),
        };
        let ip: IpAddr = ip.parse().ok()?;
        let width = if ip.is_ipv4() { 128 - V4_MAPPED_BITS } else { 128 };
        let prefix = prefix.unwrap_or(width);
        if prefix > width || ip.is_unspecified() && prefix == width {
            return None;
        }
        let prefix = 128 - width + prefix;
        let host_mask = u128::MAX.checked_shr(u32::from(prefix)).unwrap_or(0);
        let first = to_bits(ip) & !host_mask;
        Some(Network { text: text.to_owned(), range: (first, first | host_mask), prefix })
    }

    fn is_broad(&self) -> bool {
        let is_v4 = self.prefix >= V4_MAPPED_BITS && self.range.0 >> 32 == V4_MAPPED_PREFIX;
        self.prefix < if is_v4 { V4_MAPPED_BITS + V4_PREFIX_MIN } else { V6_PREFIX_MIN }
    }
}

fn to_bits(ip: IpAddr) -> u128 {
    match ip {
        IpAddr::V4(ip) => ip.to_ipv6_mapped().to_bits(),
        IpAddr::V6(ip) => ip.to_bits(),
    }
}

fn find_in_json(value: &Value, found: &mut Vec<Network>) {
    match value {
        Value::String(text) => found.extend(Network::parse(text.trim())),
        Value::Array(values) => values.iter().for_each(|value| find_in_json(value, found)),
        Value::Object(values) => values.values().for_each(|value| find_in_json(value, found)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// Finds every run of the characters of networks that parses as one. A version number such as `1.2.3.4` is taken for an
/// address, so the catalogue refers to web pages only if an operator has nothing better.
fn find_in_text(text: &str, found: &mut Vec<Network>) {
    let is_separator = |c: char| !c.is_ascii_hexdigit() && !matches!(c, '.' | ':' | '/');
    for word in text.split(is_separator) {
        let trimmed = word.trim_matches(['.', ':', '/']);
        found.extend(Network::parse(word).or_else(|| Network::parse(trimmed)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(list: &str, inside: &[&str], outside: &[&str]) {
        let networks = Networks::parse(list).unwrap();
        let is_in = |ip: &&str| networks.contains(ip.parse().unwrap());
        assert!(inside.iter().all(is_in), "{list}");
        assert!(!outside.iter().any(is_in), "{list}");
    }

    #[test]
    fn lists_of_all_formats_are_parsed() {
        let openai = r#"{"creationTime":"2026-05-20","prefixes":[{"ipv4Prefix":"192.0.2.0/28"},{"ipv6Prefix":"2001:db8:a::/48"}]}"#;
        check(
            openai,
            &["192.0.2.0", "192.0.2.15", "2001:db8:a:ffff::1", "::ffff:192.0.2.3"],
            &["192.0.2.16", "192.0.1.255", "2001:db8:b::", "0.0.0.0"],
        );
        check(r#"["192.0.2.7", "2001:db8::7"]"#, &["192.0.2.7", "2001:db8::7"], &["192.0.2.8"]);
        check(r#"{"ips":[{"ip_address":"192.0.2.7"}]}"#, &["192.0.2.7"], &["192.0.2.6"]);
        let geofeed = "# updated\n192.0.2.0/25,US,US-CA,Somewhere,\n2001:db8::/32,DE,,,\n";
        check(geofeed, &["192.0.2.127", "2001:db8:1::"], &["192.0.2.128", "2001:db9::"]);
        let page = "<li>192.0.2.0/25</li><li>Addresses: 198.51.100.7.</li><p>a::b, see 3.2</p>";
        check(page, &["192.0.2.1", "198.51.100.7"], &["198.51.100.8", "3.2.0.0"]);
        check("192.0.2.1\r\n192.0.2.2\r\n", &["192.0.2.1", "192.0.2.2"], &["192.0.2.3"]);
        // Adjacent and nested networks are merged.
        let merged = Networks::parse("192.0.2.0/25 192.0.2.128/25 192.0.2.7/32").unwrap();
        assert_eq!(merged.lines(), ["192.0.2.0/24"]);
    }

    #[test]
    fn texts_that_are_no_lists_are_rejected() {
        for empty in ["", "{}", "<html>404: not found</html>", r#"{"prefixes":[]}"#, "192.0.2.0/33"]
        {
            assert_eq!(Networks::parse(empty), Err(NetworksError::Empty), "{empty}");
        }
        for broad in ["0.0.0.0/0", "10.0.0.0/7", "::/0", "2000::/3", r#"["192.0.2.1", "::/8"]"#] {
            assert!(matches!(Networks::parse(broad), Err(NetworksError::Broad(_))), "{broad}");
        }
    }

    #[test]
    fn a_network_contains_its_addresses_and_not_its_neighbours() {
        let mut texts = Vec::new();
        for n in 0..500_u32 {
            texts.push(format!("{}.{}.{}.0/24", 1 + n % 200, n % 256, (n * 7) % 256));
        }
        let networks = Networks::parse(&texts.join("\n")).unwrap();
        assert_eq!(Networks::parse(&networks.lines().join("\n")).unwrap(), networks);
        let unaligned = "192.0.2.3 192.0.2.4/30 192.0.2.8 2001:db8::/33 2001:db8:8000::1";
        let lines = [
            "192.0.2.3/32",
            "192.0.2.4/30",
            "192.0.2.8/32",
            "2001:db8::/33",
            "2001:db8:8000::1/128",
        ];
        assert_eq!(Networks::parse(unaligned).unwrap().lines(), lines);
        for text in &texts {
            let base: u32 =
                u32::from(text.trim_end_matches("/24").parse::<std::net::Ipv4Addr>().unwrap());
            for ip in [base, base + 255] {
                assert!(networks.contains(IpAddr::V4(ip.into())), "{text}");
            }
            let next = format!("{}/24", std::net::Ipv4Addr::from(base + 256));
            assert_eq!(networks.contains(IpAddr::V4((base + 256).into())), texts.contains(&next));
        }
    }
}
