//! The names that come nearest to one that does not exist.

/// How many are offered.
const OFFERED: usize = 3;

/// Below this likeness (Jaro-Winkler, 0 to 1) a name is no help.
const LIKENESS_MIN: f64 = 0.7;

pub(super) fn nearest<'n>(wanted: &str, names: impl Iterator<Item = &'n str>) -> Vec<String> {
    let wanted = wanted.to_lowercase();
    let mut scored: Vec<(f64, &str)> = names
        .map(|name| (strsim::jaro_winkler(&wanted, &name.to_lowercase()), name))
        .filter(|(likeness, _)| *likeness >= LIKENESS_MIN)
        .collect();
    scored.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(b.1)));
    scored.dedup_by_key(|(_, name)| *name);
    scored.into_iter().take(OFFERED).map(|(_, name)| name.to_owned()).collect()
}

/// The end of the message that a name does not exist.
pub(super) fn hint(nearest: &[String]) -> String {
    if nearest.is_empty() {
        return ": `guestbook report` lists the terms there are".into();
    }
    let names: Vec<String> = nearest.iter().map(|name| format!("{name:?}")).collect();
    format!("; the nearest are {}", names.join(", "))
}
