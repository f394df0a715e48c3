//! Finds the objects that a URL or a pattern names.

use futures_util::TryStreamExt;
use globset::GlobBuilder;
use object_store::path::Path;
use object_store::{ObjectMeta, ObjectStoreExt};

use super::client::{Place, place_of, split, wait};
use super::error::words;
use super::object::{Object, pattern_start};

/// Returns the objects that a URL names, in order: one, or all that match a pattern such as `s3://logs/**/access*.gz`.
///
/// A URL without a pattern is asked for its size. If nothing is there, it is returned all the same, so that opening it reports
/// the error. Fails with the reason if the bucket can't be listed.
pub fn find_objects(pattern: &str) -> Result<Vec<Object>, String> {
    let Some(start) = pattern_start(pattern) else { return Ok(vec![one(pattern)]) };
    let (bucket, key) = split(pattern).ok_or("is no URL")?;
    let glob = GlobBuilder::new(key).literal_separator(true).build();
    let matcher =
        glob.map_err(|error| format!("is not a valid pattern: {error}"))?.compile_matcher();
    // Objects are listed by folder.
    let folder = pattern[..start].rfind('/').map_or(bucket, |end| &pattern[..=end]);
    let folder = if folder.len() < bucket.len() { bucket } else { folder };
    let Place { store, key: prefix, bucket } =
        place_of(folder).map_err(|error| format!("can't be listed: {error}"))?;
    let prefix = Some(prefix).filter(|prefix| *prefix != Path::default());
    let listing = async move {
        let is_match = |meta: &ObjectMeta| matcher.is_match(meta.location.as_ref());
        let objects = store.list(prefix.as_ref()).try_filter_map(|meta| {
            let object = is_match(&meta).then(|| Object {
                url: format!("{bucket}{}", meta.location),
                size: Some(meta.size),
                etag: meta.e_tag,
            });
            std::future::ready(Ok(object))
        });
        objects.try_collect::<Vec<Object>>().await
    };
    let listed = wait(listing).map_err(|error| error.to_string())?;
    let mut objects = listed.map_err(|error| words(&error, pattern).1)?;
    objects.sort();
    Ok(objects)
}

fn one(url: &str) -> Object {
    let ask = || {
        let Place { store, key, .. } = place_of(url).ok()?;
        let meta = wait(async move { store.head(&key).await }).ok()?.ok()?;
        Some(Object { url: url.to_owned(), size: Some(meta.size), etag: meta.e_tag })
    };
    ask().unwrap_or_else(|| Object::named(url))
}
