//! Suggests names that are similar to one that does not exist.

/// The most names that are suggested.
const SUGGESTIONS_MAX: usize = 3;

/// The least similarity (Jaro-Winkler, 0 to 1) at which a name is suggested.
const SIMILARITY_MIN: f64 = 0.7;

/// Returns the names that are most similar to `wanted`, the nearest first.
pub(crate) fn nearest<'n>(wanted: &str, names: impl Iterator<Item = &'n str>) -> Vec<String> {
    let wanted = wanted.to_lowercase();
    let mut scored: Vec<(f64, &str)> = names
        .map(|name| (strsim::jaro_winkler(&wanted, &name.to_lowercase()), name))
        .filter(|(similarity, _)| *similarity >= SIMILARITY_MIN)
        .collect();
    scored.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(b.1)));
    scored.dedup_by_key(|(_, name)| *name);
    scored.into_iter().take(SUGGESTIONS_MAX).map(|(_, name)| name.to_owned()).collect()
}
