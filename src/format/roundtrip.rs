//! Writes requests in the format of every template, escaped like the servers do, and reads them back.

use jiff::Timestamp;
use jiff::tz::{Offset, TimeZone};
use proptest::prelude::*;

use super::engine::{Engine, Item, TemplatePlan};
use super::known::families;
use super::record::{Encoding, Field, Record, TimeFormat};

/// A request as it was sent.
#[derive(Clone, Debug)]
struct SentRequest {
    second: i64,
    /// The UTC offset of the server's clock, in quarters of an hour east of Greenwich.
    offset: i8,
    ip: String,
    host: String,
    method: String,
    path: Vec<u8>,
    query: Option<Vec<u8>>,
    status: u16,
    bytes: u64,
    referrer: Option<Vec<u8>>,
    user_agent: Vec<u8>,
    /// True if quotes and backslashes are escaped by a backslash, as in Apache, and not as `\x22`, as in nginx.
    is_apache: bool,
}

fn any_bytes(start: &'static str) -> impl Strategy<Value = Vec<u8>> {
    let bytes = prop_oneof![8 => 0x20..0x7f_u8, 1 => any::<u8>()];
    proptest::collection::vec(bytes, 0..60)
        .prop_map(move |bytes| [start.as_bytes(), &bytes].concat())
}

fn any_request() -> impl Strategy<Value = SentRequest> {
    let ip = prop_oneof![
        any::<[u8; 4]>().prop_map(|ip| std::net::Ipv4Addr::from(ip).to_string()),
        any::<[u16; 8]>().prop_map(|ip| std::net::Ipv6Addr::from(ip).to_string()),
    ];
    let method = prop_oneof![Just("GET"), Just("POST"), Just("M-SEARCH"), Just("PROPFIND")];
    let target = (method, any_bytes("/"), proptest::option::of(any_bytes("")));
    let headers = (proptest::option::of(any_bytes("https://")), any_bytes("Bot/1 "), any::<bool>());
    let rest = ("[a-z]{1,9}\\.example", 100..600_u16, 0..1_000_000_000_000_u64);
    (631_152_000..4_102_444_800_i64, -48..56_i8, ip, target, headers, rest).prop_map(
        |(second, offset, ip, (method, path, query), (referrer, user_agent, is_apache), rest)| {
            let (host, status, bytes) = rest;
            let path = path.into_iter().filter(|byte| *byte != b'?').collect();
            let query = query.filter(|query| !matches!(query[..], [] | [b'?', ..]));
            SentRequest {
                second,
                offset,
                ip,
                host,
                method: method.into(),
                path,
                query,
                status,
                bytes,
                referrer,
                user_agent,
                is_apache,
            }
        },
    )
}

impl SentRequest {
    fn target(&self) -> Vec<u8> {
        match &self.query {
            Some(query) => [&self.path[..], b"?", query].concat(),
            None => self.path.clone(),
        }
    }

    /// Returns the text as the server writes it. Bytes that are not allowed are escaped, and so is the first byte of
    /// the delimiter after the item.
    fn escaped(&self, text: &[u8], encoding: Encoding, until: &[u8]) -> Vec<u8> {
        let mut written = Vec::new();
        for &byte in text {
            let is_end = until.first() == Some(&byte) || (until.is_empty() && byte == b' ');
            match encoding {
                Encoding::Hash
                    if is_end || !byte.is_ascii_graphic() || b"#\"{|}".contains(&byte) =>
                {
                    written.extend(format!("#{byte:02X}").bytes());
                }
                Encoding::Hash => written.push(byte),
                _ if self.is_apache && b"\"\\".contains(&byte) => written.extend([b'\\', byte]),
                _ if is_end || b"\"\\".contains(&byte) || !(0x20..0x7f).contains(&byte) => {
                    written.extend(format!("\\x{byte:02X}").bytes());
                }
                _ => written.push(byte),
            }
        }
        written
    }

    fn time(&self, format: &TimeFormat) -> String {
        let time = Timestamp::from_second(self.second).unwrap();
        let seconds = i32::from(self.offset) * 900;
        let local = time.to_zoned_datetime(Offset::from_seconds(seconds).unwrap().to_time_zone());
        match format {
            TimeFormat::Common(_) => local.strftime("%d/%b/%Y:%H:%M:%S %z").to_string(),
            TimeFormat::Iso(_) => local.strftime("%Y-%m-%dT%H:%M:%S.000%:z").to_string(),
            TimeFormat::Epoch(_) => format!("{}.000", self.second),
            TimeFormat::American(zone) => {
                time.to_zoned_datetime(zone.clone()).strftime("%-m/%-d/%Y, %H:%M:%S").to_string()
            }
            TimeFormat::Any(_) => format!("{}", self.second * 1000),
            TimeFormat::Strftime(pattern, _) if pattern.contains("%z") => {
                local.strftime(pattern).to_string()
            }
            TimeFormat::Strftime(pattern, zone) => {
                time.to_zoned_datetime(zone.clone()).strftime(pattern).to_string()
            }
        }
    }

    /// Returns the line that a server with this template writes.
    fn line(&self, plan: &TemplatePlan) -> Vec<u8> {
        let has_query = plan.steps.iter().any(|step| matches!(step.item, Item::Is(Field::Query)));
        let mut line = plan.prefix.clone();
        for step in &plan.steps {
            let text = |text: &[u8]| self.escaped(text, plan.encoding, &step.until);
            line.extend(match &step.item {
                Item::Time(format) => self.time(format).into_bytes(),
                Item::Client if self.ip.contains(':') => format!("[{}]:443", self.ip).into_bytes(),
                Item::Client => format!("{}:443", self.ip).into_bytes(),
                Item::Captured => [b"glossary.example|", &*text(&self.user_agent)].concat(),
                Item::Is(field) => match field {
                    Field::Ip => self.ip.clone().into_bytes(),
                    Field::Host => self.host.clone().into_bytes(),
                    Field::Method => self.method.clone().into_bytes(),
                    Field::Request => {
                        let target = text(&self.target());
                        // Servers do not escape spaces in the target, so a space does not mark its end.
                        [self.method.as_bytes(), b" ", &target, b" HTTP/1.1"].concat()
                    }
                    Field::Target if has_query => text(&self.path),
                    Field::Target => text(&self.target()),
                    Field::Query => self.query.as_deref().map_or(b"-".to_vec(), text),
                    Field::Status => self.status.to_string().into_bytes(),
                    Field::Bytes => self.bytes.to_string().into_bytes(),
                    Field::Referrer => self.referrer.as_deref().map_or(b"-".to_vec(), text),
                    Field::UserAgent => text(&self.user_agent),
                    _ => b"HTTP/1.1".to_vec(),
                },
                Item::Vhost => self.host.clone().into_bytes(),
                Item::Peer => self.ip.clone().into_bytes(),
                Item::Padded => b"   12".to_vec(),
                _ => b"-".to_vec(),
            });
            line.extend_from_slice(&step.until);
        }
        line
    }
}

/// Returns whether every text can be read back: the engine trims space at the ends, `-` means no value, and `|`
/// separates captured headers.
fn is_restorable(sent: &SentRequest) -> bool {
    let texts =
        [Some(&sent.path), sent.query.as_ref(), sent.referrer.as_ref(), Some(&sent.user_agent)];
    texts
        .into_iter()
        .flatten()
        .all(|text| text.trim_ascii() == &text[..] && text != b"-" && !text.contains(&b'|'))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn written_lines_are_read_back(sent in any_request().prop_filter("trimmed", is_restorable)) {
        let families = families(&TimeZone::UTC);
        let engines = families.iter().cloned().flat_map(|family| family.engines);
        let mut read = 0;
        for named in engines {
            let Engine::Template(plan) = &named.engine else { continue };
            let line = sent.line(plan);
            let text = String::from_utf8_lossy(&line);
            let result = Record::filled(|record| plan.read(&line, record));
            let (record, ()) = result.map_err(|reason| {
                TestCaseError::fail(format!("{}: {reason}: {text}", named.name))
            })?;
            let has = |field| plan.steps.iter().any(|step| {
                matches!((&step.item, field), (Item::Client | Item::Peer, Field::Ip)
                    | (Item::Vhost, Field::Host) | (Item::Captured, Field::UserAgent))
                    || matches!(&step.item, Item::Is(found) if *found == field)
            });
            let plain = |text: Option<&[u8]>| text.map(|text| record.plain(text).into_owned());
            prop_assert_eq!(record.time.as_second(), sent.second, "{}: {}", named.name, text);
            prop_assert_eq!(plain(record.path), Some(sent.path.clone()), "{}: {}", named.name, text);
            prop_assert_eq!(plain(record.query), sent.query.clone(), "{}: {}", named.name, text);
            prop_assert_eq!(record.status, Some(sent.status));
            if has(Field::Ip) {
                let ip = plain(record.ip).unwrap_or_default();
                let mapped = sent.ip.strip_prefix("::ffff:").filter(|ip| ip.contains('.'));
                prop_assert_eq!(&ip, mapped.unwrap_or(&sent.ip).as_bytes(), "{}: {}", named.name, text);
            }
            if has(Field::Host) {
                prop_assert_eq!(record.host, Some(sent.host.as_bytes()));
            }
            if has(Field::Bytes) {
                prop_assert_eq!(record.bytes, Some(sent.bytes));
            }
            if has(Field::Referrer) {
                prop_assert_eq!(plain(record.referrer), sent.referrer.clone(), "{}: {}", named.name, text);
            }
            if has(Field::UserAgent) {
                let user_agent = plain(record.user_agent);
                prop_assert_eq!(user_agent, Some(sent.user_agent.clone()), "{}: {}", named.name, text);
            }
            read += 1;
        }
        prop_assert!(read > 20);
    }
}
