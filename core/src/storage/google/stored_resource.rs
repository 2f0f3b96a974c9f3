//! The description of a stored object in JSON, which a session ends with where its URL is of the JSON API:
//! there digests and size are in it and in no header.

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue};
use serde_json::Value;

use crate::http::Reply;

/// Of an answer without a description.
const STORED_LENGTH: &str = "x-goog-stored-content-length";
const HASH: HeaderName = HeaderName::from_static("x-goog-hash");

/// Whether an answer is such a description.
pub(in crate::storage) fn is_one(body: &Bytes) -> bool {
    let described = serde_json::from_slice::<Value>(body);
    described.is_ok_and(|described| described["kind"] == "storage#object")
}

/// The size that storage says it has, if it says one.
pub(in crate::storage) fn size(reply: &Reply) -> Option<u64> {
    let told = reply.headers.get(STORED_LENGTH).and_then(|told| told.to_str().ok());
    if let Some(size) = told.and_then(|told| told.parse().ok()) {
        return Some(size);
    }
    let described: Value = serde_json::from_slice(&reply.body).ok()?;
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
