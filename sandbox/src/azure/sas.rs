//! Service SAS: made, and checked as Azure does.
//! <https://learn.microsoft.com/rest/api/storageservices/create-service-sas>

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use hmac::{Hmac, KeyInit, Mac};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use sha2::Sha256;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use time::macros::format_description;

use super::refusals::{Refusal, VERSION};
use crate::http::query::query_value;
use crate::presign::Signer;

pub(super) const ACCOUNT: &str = "sandboxaccount";

const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');
const ENCODED_PATH: &AsciiSet = &ENCODED.remove(b'/');

/// Whether a request to storage is signed in this way.
pub(crate) fn is_signed(query: Option<&str>) -> bool {
    query_value(query, "sig").is_some() && query_value(query, "sv").is_some()
}

/// A SAS URL for one blob.
pub(crate) fn url(
    signer: &Signer,
    key: &str,
    permissions: &str,
    expires_in: u64,
    now: OffsetDateTime,
) -> String {
    let life = time::Duration::seconds(i64::try_from(expires_in).unwrap_or(i64::MAX));
    let (start, end) = (stamp(now), stamp(now.saturating_add(life)));
    let signature = signature(signer, key, [permissions, &start, &end]);
    let query = [
        ("sv", VERSION),
        ("st", &start),
        ("se", &end),
        ("sr", "b"),
        ("sp", permissions),
        ("sig", &signature),
    ];
    let query: Vec<String> =
        query.iter().map(|(name, value)| format!("{name}={}", utf8_percent_encode(value, ENCODED))).collect();
    let path = utf8_percent_encode(key, ENCODED_PATH);
    format!("{}/{ACCOUNT}/{}/{path}?{}", signer.origin, signer.bucket, query.join("&"))
}

/// The key of the blob that a URL is for, if the URL permits one of `wanted`.
pub(super) fn check(
    signer: &Signer,
    path: &str,
    query: Option<&str>,
    wanted: &[char],
) -> Result<String, Refusal> {
    let get = |name: &str| query_value(query, name).unwrap_or_default();
    let key = path.strip_prefix(&format!("/{ACCOUNT}/{}/", signer.bucket)).map(percent_decode_str);
    let key = key.ok_or(Refusal::ContainerNotFound)?.decode_utf8_lossy().into_owned();
    let (permissions, start, end) = (get("sp"), get("st"), get("se"));
    // A plus that was not encoded is a blank by now, and one of the signature's own.
    let signature = signature(signer, &key, [&permissions, &start, &end]);
    if get("sv") != VERSION || get("sr") != "b" || get("sig").replace(' ', "+") != signature {
        return Err(Refusal::Signature);
    }
    let at = |text: &str| OffsetDateTime::parse(text, &Rfc3339).map_err(|_| Refusal::Signature);
    let now = OffsetDateTime::now_utc();
    if now < at(&start)? || now >= at(&end)? {
        return Err(Refusal::Time { start, end, now: stamp(now) });
    }
    if !permissions.contains(wanted) {
        return Err(Refusal::Permission);
    }
    Ok(key)
}

fn signature(signer: &Signer, key: &str, [permissions, start, end]: [&str; 3]) -> String {
    let resource = format!("/blob/{ACCOUNT}/{}/{key}", signer.bucket);
    // After the resource: policy, addresses, protocols; after the kind: snapshot, encryption scope, and five
    // headers of a download.
    let signed =
        [permissions, start, end, &resource, "", "", "", VERSION, "b", "", "", "", "", "", "", ""].join("\n");
    let mut mac = Hmac::<Sha256>::new_from_slice(signer.secret_key.as_bytes()).expect("HMAC takes any key");
    mac.update(signed.as_bytes());
    BASE64.encode(mac.finalize().into_bytes())
}

fn stamp(at: OffsetDateTime) -> String {
    at.format(format_description!("[year]-[month]-[day]T[hour]:[minute]:[second]Z")).expect("a date formats")
}
