//! Storage's reply to a success, kept for the caller: some services say there what they made of the bytes.

use std::sync::{Mutex, PoisonError};

use http::HeaderMap;
use serde_json::{Map, Value};

use super::result::StorageReply;
use crate::http::{Reply, page};
use crate::secret::Mask;

/// The place for a reply.
#[derive(Default)]
pub(super) struct KeptReply(Mutex<Option<StorageReply>>);

impl KeptReply {
    pub(super) fn keep(&self, reply: &Reply, mask: &Mask) {
        let body = page::decoded(&reply.headers, &reply.body).unwrap_or_default();
        let kept = StorageReply {
            status: u32::from(reply.status.as_u16()),
            headers: headers(&reply.headers, mask),
            body: mask.hidden(&String::from_utf8_lossy(&body)),
        };
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(kept);
    }

    pub(super) fn take(&self) -> Option<StorageReply> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

/// The headers that say something of the object or of the exchange. Cookies and whatever else a server sets
/// for browsers are nobody's business here.
fn headers(all: &HeaderMap, mask: &Mask) -> Map<String, Value> {
    const PLAIN: [&str; 7] =
        ["content-type", "date", "digest", "etag", "last-modified", "location", "x-request-id"];
    const VENDORS: [&str; 5] = ["x-amz-", "x-goog-", "x-guploader-", "x-ms-", "x-oss-"];
    let told = |name: &str| PLAIN.contains(&name) || VENDORS.iter().any(|vendor| name.starts_with(vendor));
    let mut kept = Map::new();
    for (name, value) in all {
        let (name, value) = (name.as_str(), String::from_utf8_lossy(value.as_bytes()));
        if told(name) && !kept.contains_key(name) {
            kept.insert(name.to_owned(), mask.hidden(&value).into());
        }
    }
    kept
}
