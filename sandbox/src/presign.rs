//! AWS signature version 4 as a presigner makes it: query URLs and POST policies.
//! Owns the signing key; knows no provider and sends nothing.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use hmac::{Hmac, KeyInit, Mac};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use time::OffsetDateTime;
use time::macros::format_description;

const ALGORITHM: &str = "AWS4-HMAC-SHA256";
/// The longest life a query signature may have: seven days.
const MAX_QUERY_LIFE: u64 = 604_800;

/// Everything but the unreserved characters of RFC 3986, as SigV4 asks.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');
const ENCODED_PATH: &AsciiSet = &ENCODED.remove(b'/');

/// Signs for one bucket of one endpoint.
#[derive(Clone)]
pub(crate) struct Signer {
    /// Scheme and authority, without a trailing slash.
    pub origin: String,
    pub bucket: String,
    pub access_key: String,
    pub secret_key: String,
    pub region: String,
}

impl Signer {
    fn host(&self) -> &str {
        self.origin.split_once("://").map_or(self.origin.as_str(), |(_, host)| host)
    }

    fn scope(&self, now: OffsetDateTime) -> String {
        format!("{}/{}/s3/aws4_request", day(now), self.region)
    }

    fn signature(&self, now: OffsetDateTime, string_to_sign: &str) -> String {
        let key = hmac(format!("AWS4{}", self.secret_key).as_bytes(), day(now).as_bytes());
        let key = hmac(&key, self.region.as_bytes());
        let key = hmac(&key, b"s3");
        let key = hmac(&key, b"aws4_request");
        hex(&hmac(&key, string_to_sign.as_bytes()))
    }

    /// A presigned URL. `headers` are those the sender must repeat exactly, by lower-case name.
    pub fn url(
        &self,
        method: &str,
        key: &str,
        headers: &[(&str, &str)],
        expires_in: u64,
        now: OffsetDateTime,
    ) -> String {
        self.url_with(method, key, &[], headers, expires_in, now)
    }

    /// The same with more in its query, which is signed with the rest.
    pub fn url_with(
        &self,
        method: &str,
        key: &str,
        more: &[(&str, &str)],
        headers: &[(&str, &str)],
        expires_in: u64,
        now: OffsetDateTime,
    ) -> String {
        let mut signed: Vec<(&str, String)> = headers
            .iter()
            // The canonical form of a value is trimmed, runs of spaces made one.
            .map(|(name, value)| (*name, value.split_whitespace().collect::<Vec<_>>().join(" ")))
            .collect();
        signed.push(("host", self.host().to_string()));
        signed.sort();
        let names = signed.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(";");
        let canonical_headers: String =
            signed.iter().map(|(name, value)| format!("{name}:{value}\n")).collect();

        let path = format!("/{}/{}", self.bucket, utf8_percent_encode(key, ENCODED_PATH));
        let mut query = vec![
            ("X-Amz-Algorithm", ALGORITHM.to_string()),
            ("X-Amz-Credential", format!("{}/{}", self.access_key, self.scope(now))),
            ("X-Amz-Date", stamp(now)),
            ("X-Amz-Expires", expires_in.clamp(1, MAX_QUERY_LIFE).to_string()),
            ("X-Amz-SignedHeaders", names.clone()),
        ];
        query.extend(more.iter().map(|(name, value)| (*name, value.to_string())));
        query.sort();
        let query = query
            .iter()
            .map(|(name, value)| format!("{name}={}", utf8_percent_encode(value, ENCODED)))
            .collect::<Vec<_>>()
            .join("&");

        let canonical = format!("{method}\n{path}\n{query}\n{canonical_headers}\n{names}\nUNSIGNED-PAYLOAD");
        let string_to_sign = format!(
            "{ALGORITHM}\n{}\n{}\n{}",
            stamp(now),
            self.scope(now),
            hex(&Sha256::digest(canonical.as_bytes()))
        );
        format!("{}{path}?{query}&X-Amz-Signature={}", self.origin, self.signature(now, &string_to_sign))
    }

    /// The target and the complete, ordered fields of a POST form. Every field becomes a condition; an empty
    /// checksum is one that the sender fills in.
    pub fn form(
        &self,
        mut fields: Vec<(String, String)>,
        max_bytes: u64,
        expires_in: u64,
        now: OffsetDateTime,
    ) -> (String, Vec<(String, String)>) {
        let credential = format!("{}/{}", self.access_key, self.scope(now));
        fields.push(("bucket".into(), self.bucket.clone()));
        let auth = [
            ("x-amz-algorithm", ALGORITHM.to_string()),
            ("x-amz-credential", credential),
            ("x-amz-date", stamp(now)),
        ];

        let mut conditions: Vec<Value> = fields
            .iter()
            .map(|(name, value)| json!([operator(name, value), format!("${name}"), value]))
            .collect();
        for (name, value) in &auth {
            conditions.push(json!(["eq", format!("${name}"), value]));
        }
        conditions.push(json!(["content-length-range", 1, max_bytes]));

        let expiration = now + time::Duration::seconds(expires_in.min(MAX_QUERY_LIFE) as i64);
        let policy = json!({ "expiration": rfc3339(expiration), "conditions": conditions });
        let policy = BASE64.encode(policy.to_string());

        let signature = self.signature(now, &policy);
        fields.push(("policy".into(), policy));
        fields.extend(auth.map(|(name, value)| (name.to_string(), value)));
        fields.push(("x-amz-signature".into(), signature));
        (format!("{}/{}", self.origin, self.bucket), fields)
    }
}

fn operator(name: &str, value: &str) -> &'static str {
    if value.is_empty() && name.starts_with("x-amz-checksum-") { "starts-with" } else { "eq" }
}

fn hmac(key: &[u8], message: &[u8]) -> Vec<u8> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes a key of any length");
    mac.update(message);
    mac.finalize().into_bytes().to_vec()
}

/// Lower-case hexadecimal.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn day(at: OffsetDateTime) -> String {
    at.format(format_description!("[year][month][day]")).expect("a date formats")
}

fn stamp(at: OffsetDateTime) -> String {
    at.format(format_description!("[year][month][day]T[hour][minute][second]Z")).expect("a date formats")
}

/// UTC with milliseconds, as both services and the policy write times.
pub(crate) fn rfc3339(at: OffsetDateTime) -> String {
    at.format(format_description!("[year]-[month]-[day]T[hour]:[minute]:[second].[subsecond digits:3]Z"))
        .expect("a date formats")
}
