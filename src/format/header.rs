//! The header by which proxies pass on who asked, wherever a log has it.

use super::columns::Columns;
use super::plan::{Item, Plan};
use super::record::Encoding;
use super::{Engine, Format};

impl Format {
    /// The same format, which takes what the log has of a header for [`Record::forwarded`](super::Record): a name as
    /// `X-Forwarded-For`, in any case.
    #[must_use]
    pub fn with_header(mut self, header: &str) -> Format {
        let header = dashed(header);
        for reader in &mut self.readers {
            match &mut reader.engine {
                Engine::Template(plan) => plan.take_header(&header),
                Engine::Keyed(plan) => plan.take_header(&header),
                Engine::Columns(plan) => plan.take_header(&header),
                Engine::Ncsa(_) => {}
            }
        }
        self
    }

    /// Whether lines may have the header. Columns are known only when the log declares them.
    pub fn may_have_header(&self) -> bool {
        self.readers.iter().any(|reader| match &reader.engine {
            Engine::Template(plan) => plan.header_at().is_some(),
            Engine::Keyed(_) | Engine::Columns(_) => true,
            Engine::Ncsa(_) => false,
        })
    }
}

impl Columns {
    /// The columns as [`Format::with_header`] has them.
    #[must_use]
    pub fn with_header(self, header: &str) -> Columns {
        self.taking_header(&dashed(header))
    }
}

impl Plan {
    fn take_header(&mut self, header: &str) {
        // Without quotes, or where quotes are not escaped, a visitor can write the text that ends it.
        let is_escaped = self.encoding != Encoding::None;
        for step in self.steps.iter_mut().filter(|step| step.quoted && is_escaped) {
            if is_of_header(&step.name, header) && step.item.is_passed_over() {
                step.item = Item::Passed;
            }
        }
        self.header_at = self.header_at();
    }

    fn header_at(&self) -> Option<usize> {
        self.steps.iter().position(|step| matches!(step.item, Item::Passed | Item::Clients))
    }
}

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
