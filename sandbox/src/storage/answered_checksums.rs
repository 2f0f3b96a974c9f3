//! The checksums in an answer to an upload, in the dialects of three clouds. The S3 library's answer has all
//! of Amazon's that there are; the settings say which are told, and under whose names.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use hyper::HeaderMap;
use hyper::header::{ETAG, HeaderName, HeaderValue};

use super::objects::Digests;
use crate::http::reply::Reply;

const AMAZON: &str = "x-amz-checksum-";
/// Every header that may be asked for.
const NAMES: [&str; 8] = [
    "x-amz-checksum-crc32",
    "x-amz-checksum-crc32c",
    "x-amz-checksum-crc64nvme",
    "x-amz-checksum-sha1",
    "x-amz-checksum-sha256",
    GOOGLE_HASH,
    CONTENT_MD5,
    AZURE_CRC64,
];
const GOOGLE_HASH: &str = "x-goog-hash";
const CONTENT_MD5: &str = "content-md5";
const AZURE_CRC64: &str = "x-ms-content-crc64";

/// The checksums that storage answers with.
#[derive(Debug, Clone)]
pub(crate) struct AnsweredChecksums {
    pub names: Vec<&'static str>,
    /// Whether the ETag of an object that came whole is its MD5.
    pub md5_etags: bool,
}

impl Default for AnsweredChecksums {
    fn default() -> Self {
        AnsweredChecksums { names: Vec::new(), md5_etags: true }
    }
}

impl AnsweredChecksums {
    pub fn named(name: &str) -> Result<&'static str, String> {
        NAMES.into_iter().find(|known| known.eq_ignore_ascii_case(name)).ok_or_else(|| {
            format!("answered_checksums: unknown header {name:?}; one of {}", NAMES.join(", "))
        })
    }

    /// Leaves in an answer what is asked for. `is_part` is whether it is about a part, whose ETag completing
    /// needs as it is.
    pub fn apply(&self, reply: &mut Reply, is_part: bool) {
        let headers = reply.headers_mut();
        let all: Vec<(&str, String)> =
            NAMES.iter().filter_map(|name| value(headers, name).map(|v| (*name, v))).collect();
        for name in NAMES {
            headers.remove(name);
        }
        for (name, value) in all.into_iter().filter(|(name, _)| self.names.contains(name)) {
            if name.starts_with(AMAZON) {
                headers.insert("x-amz-checksum-type", HeaderValue::from_static("FULL_OBJECT"));
            }
            if let Ok(value) = HeaderValue::from_str(&value) {
                headers.insert(name, value);
            }
        }
        if !self.md5_etags && !is_part && headers.contains_key(ETAG) {
            headers.insert(ETAG, HeaderValue::from_static("\"0x8DA189D31324F31\""));
        }
    }
}

/// What storage would say under this name, from what the library's answer says.
fn value(headers: &HeaderMap, name: &str) -> Option<String> {
    let text = |name: &str| headers.get(name)?.to_str().ok().map(str::to_string);
    match name {
        GOOGLE_HASH => Some(format!("crc32c={},md5={}", text("x-amz-checksum-crc32c")?, text(CONTENT_MD5)?)),
        // Azure writes the number from its least significant byte on.
        AZURE_CRC64 => {
            let mut bytes = BASE64.decode(text("x-amz-checksum-crc64nvme")?).ok()?;
            bytes.reverse();
            Some(BASE64.encode(bytes))
        }
        _ => text(name),
    }
}

/// All that is known of a body, for [`AnsweredChecksums::apply`] to choose from.
pub(super) fn all(digests: &Digests) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for (name, value) in digests.checksums() {
        if let (Ok(name), Ok(value)) =
            (HeaderName::from_bytes(name.as_bytes()), HeaderValue::from_str(&value))
        {
            headers.insert(name, value);
        }
    }
    headers
}
