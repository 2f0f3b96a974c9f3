//! The description of a stored object in JSON, which a session ends with where its URL is of the JSON API:
//! there digests and size are in it and in no header.

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue};
use serde_json::Value;

const HASH: HeaderName = HeaderName::from_static("x-goog-hash");

/// The size that storage says it has, if it says one.
pub(in crate::storage) fn size(body: &Bytes) -> Option<u64> {
    let described: Value = serde_json::from_slice(body).ok()?;
    let size = &described["size"];
    size.as_u64().or_else(|| size.as_str()?.parse().ok())
}

/// Adds the digests of the description to the headers, in which every other answer has them.
pub(in crate::storage) fn add_digests(headers: &mut HeaderMap, body: &Bytes) {
    let Ok(described) = serde_json::from_slice::<Value>(body) else { return };
    if headers.contains_key(HASH) {
        return;
    }
    let told = [("crc32c", "crc32c"), ("md5Hash", "md5")];
    let told =
        told.iter().filter_map(|(member, name)| Some(format!("{name}={}", described[*member].as_str()?)));
    let list = told.collect::<Vec<_>>().join(",");
    if let Some(value) = HeaderValue::from_str(&list).ok().filter(|value| !value.is_empty()) {
        headers.insert(HASH, value);
    }
}
