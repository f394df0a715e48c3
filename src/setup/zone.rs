//! Finds the time zone of a machine.

use std::fs;

use jiff::tz::TimeZone;

use crate::servers::Tree;

/// Returns the name of the machine's time zone, `UTC` if it is not set.
pub fn system_zone(tree: &Tree) -> String {
    let own = || Some(TimeZone::system().iana_name()?.to_owned());
    let linked = || {
        let target = fs::read_link(tree.path("/etc/localtime")).ok()?;
        Some(target.to_str()?.split_once("zoneinfo/")?.1.to_owned())
    };
    let written = || Some(fs::read_to_string(tree.path("/etc/timezone")).ok()?.trim().to_owned());
    let found = if tree.is_this_machine() { own() } else { linked().or_else(written) };
    // `Etc/UTC` and the like have the same days as UTC.
    let is_utc = |name: &String| matches!(name.rsplit('/').next(), Some("UTC" | "UCT" | "Zulu"));
    let is_known = |name: &String| TimeZone::get(name).is_ok();
    found.filter(|name| !is_utc(name) && is_known(name)).unwrap_or_else(|| "UTC".into())
}
