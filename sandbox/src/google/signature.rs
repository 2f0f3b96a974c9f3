//! V4 signatures with an HMAC key: made, and checked as Google does.
//! <https://cloud.google.com/storage/docs/authentication/signatures>

use hmac::{Hmac, KeyInit, Mac};
use hyper::HeaderMap;
use hyper::StatusCode;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use sha2::{Digest, Sha256};
use time::OffsetDateTime;
use time::macros::format_description;

use crate::http::query::query_value;
use crate::http::reply::Reply;
use crate::presign::{Signer, hex};
use crate::storage::s3_error;

const ALGORITHM: &str = "GOOG4-HMAC-SHA256";
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');
const ENCODED_PATH: &AsciiSet = &ENCODED.remove(b'/');

/// The request that a URL is for.
pub(crate) struct Signed<'a> {
    pub method: &'a str,
    pub key: &'a str,
    /// Names in lower case, and values, without the host.
    pub headers: Vec<(&'a str, &'a str)>,
}

/// A presigned URL.
pub(crate) fn url(signer: &Signer, signed: &Signed<'_>, expires_in: u64, now: OffsetDateTime) -> String {
    let stamp =
        now.format(format_description!("[year][month][day]T[hour][minute][second]Z")).expect("formats");
    let expires = expires_in.clamp(1, 604_800).to_string();
    let mut headers = signed.headers.clone();
    let host = host(signer);
    headers.push(("host", host));
    headers.sort_unstable();
    let names = headers.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(";");
    let signature = signature(signer, signed.method, signed.key, &headers, [&stamp, &expires, &names]);
    let path = utf8_percent_encode(signed.key, ENCODED_PATH);
    let query = query(signer, [&stamp, &expires, &names]);
    format!("{}/{}/{path}?{query}&X-Goog-Signature={signature}", signer.origin, signer.bucket)
}

/// Why a URL is not good for a request.
pub(super) struct Refusal(StatusCode, &'static str, &'static str);

impl From<Refusal> for Reply {
    fn from(Refusal(status, code, message): Refusal) -> Self {
        s3_error(status, code, message, &[])
    }
}

/// The key of the object that a request is for, if its URL is good for it.
pub(super) fn check(
    signer: &Signer,
    method: &str,
    path: &str,
    query: Option<&str>,
    headers: &HeaderMap,
) -> Result<String, Refusal> {
    let get = |name: &str| query_value(query, name).unwrap_or_default();
    let key = path.strip_prefix(&format!("/{}/", signer.bucket)).map(percent_decode_str);
    let Some(key) = key.map(|key| key.decode_utf8_lossy().into_owned()) else {
        let message = "The specified bucket does not exist.";
        return Err(Refusal(StatusCode::NOT_FOUND, "NoSuchBucket", message));
    };
    let (stamp, expires, names) = (get("X-Goog-Date"), get("X-Goog-Expires"), get("X-Goog-SignedHeaders"));
    let value = |name: &str| match name {
        "host" => host(signer).to_string(),
        _ => headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().to_string(),
    };
    let signed: Vec<(&str, String)> = names.split(';').map(|name| (name, value(name))).collect();
    let signed: Vec<(&str, &str)> = signed.iter().map(|(name, value)| (*name, value.as_str())).collect();
    if get("X-Goog-Signature") != signature(signer, method, &key, &signed, [&stamp, &expires, &names]) {
        return Err(Refusal(StatusCode::FORBIDDEN, "SignatureDoesNotMatch", "Access denied."));
    }
    let format = format_description!("[year][month][day]T[hour][minute][second]Z");
    let from = time::PrimitiveDateTime::parse(&stamp, format).map(time::PrimitiveDateTime::assume_utc);
    let life = expires.parse().map(time::Duration::seconds);
    if let (Ok(from), Ok(life)) = (from, life)
        && from.saturating_add(life) <= OffsetDateTime::now_utc()
    {
        let message = "The provided token has expired.";
        return Err(Refusal(StatusCode::BAD_REQUEST, "ExpiredToken", message));
    }
    Ok(key)
}

fn query(signer: &Signer, [stamp, expires, names]: [&str; 3]) -> String {
    let credential =
        format!("{}/{}/auto/storage/goog4_request", signer.access_key, &stamp[..8.min(stamp.len())]);
    let all = [
        ("X-Goog-Algorithm", ALGORITHM),
        ("X-Goog-Credential", &credential),
        ("X-Goog-Date", stamp),
        ("X-Goog-Expires", expires),
        ("X-Goog-SignedHeaders", names),
    ];
    let pairs = all.iter().map(|(name, value)| format!("{name}={}", utf8_percent_encode(value, ENCODED)));
    pairs.collect::<Vec<_>>().join("&")
}

fn signature(
    signer: &Signer,
    method: &str,
    key: &str,
    headers: &[(&str, &str)],
    [stamp, expires, names]: [&str; 3],
) -> String {
    let path = format!("/{}/{}", signer.bucket, utf8_percent_encode(key, ENCODED_PATH));
    let query = query(signer, [stamp, expires, names]);
    let lines: String = headers.iter().map(|(name, value)| format!("{name}:{}\n", value.trim())).collect();
    let canonical = format!("{method}\n{path}\n{query}\n{lines}\n{names}\nUNSIGNED-PAYLOAD");
    let day = &stamp[..8.min(stamp.len())];
    let scope = format!("{day}/auto/storage/goog4_request");
    let text = format!("{ALGORITHM}\n{stamp}\n{scope}\n{}", hex(&Sha256::digest(canonical.as_bytes())));
    let first = format!("GOOG4{}", signer.secret_key).into_bytes();
    let steps = [day, "auto", "storage", "goog4_request", &text];
    hex(&steps.iter().fold(first, |key, step| hmac(&key, step.as_bytes())))
}

fn host(signer: &Signer) -> &str {
    signer.origin.split_once("://").map_or(signer.origin.as_str(), |(_, host)| host)
}

fn hmac(key: &[u8], message: &[u8]) -> Vec<u8> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes a key of any length");
    mac.update(message);
    mac.finalize().into_bytes().to_vec()
}
