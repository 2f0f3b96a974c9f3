//! One request: a bare URL (boto3's `generate_presigned_url`), `{url, fields}` (its
//! `generate_presigned_post`), `{method, url, headers}` (OpenDAL, and the `{method, uri, headers}` of its
//! Rust type), and Uppy Companion's `{method, url, fields, headers, expires}`. Our own form writes a request
//! the same way.

use std::time::Duration;

use http::Method;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::cursor::Cursor;
use super::headers::{headers, pairs};
use super::model::{Delivery, Placed, PlannedExpiry, PlannedForm, PlannedRequest};
use crate::error::Result;
use crate::secret::Secret;
use crate::storage::form::Fields;

/// Longer than any signer makes one.
const URL_LIMIT: usize = 32 * 1024;
pub(super) const REQUEST: &[&str] =
    &["method", "url", "uri", "headers", "expires", "expires_in", "expires_at"];
pub(super) const FORM: &[&str] = &["fields", "file_field", "file_name"];

/// A request that is written as a URL alone, or as an object.
pub(super) fn request(at: &Cursor<'_>, default: &Method, known: &[&str]) -> Result<PlannedRequest> {
    if at.value.is_string() {
        return bare(at, default);
    }
    at.knows_only(known)?;
    let url = match at.one_of(&["url", "uri"])? {
        Some(url) => url,
        None => at.needed("url")?,
    };
    let headers_at = at.get("headers");
    let mut request = bare(&url, default)?;
    if let Some(headers_at) = headers_at {
        request.headers = headers(&headers_at)?;
        request.headers_at = headers_at.at;
    }
    if let Some(method) = at.get("method") {
        request.method = self::method(&method)?;
        request.method_at = method.at;
    }
    request.expiry = expiry(at)?;
    Ok(request)
}

/// The request of a URL alone.
pub(super) fn bare(url: &Cursor<'_>, method: &Method) -> Result<PlannedRequest> {
    let text = url.filled_text()?;
    if text.len() > URL_LIMIT {
        return Err(url.wrong(&format!("is longer than any URL ({URL_LIMIT} bytes)")));
    }
    Ok(PlannedRequest {
        url_at: url.at.clone(),
        headers_at: url.at.clone(),
        method_at: url.at.clone(),
        url: Secret::new(text),
        method: method.clone(),
        headers: Vec::new(),
        expiry: PlannedExpiry::default(),
        digest: None,
    })
}

pub(super) fn method(at: &Cursor<'_>) -> Result<Method> {
    match at.text()?.to_ascii_uppercase().as_str() {
        "PUT" => Ok(Method::PUT),
        "POST" => Ok(Method::POST),
        "PATCH" => Ok(Method::PATCH),
        "DELETE" => Ok(Method::DELETE),
        _ => {
            Err(at.wrong("is not a method that a plan may use (PUT or POST; DELETE and PATCH for its steps)"))
        }
    }
}

/// The whole body in one request, or in one form.
pub(super) fn whole(at: &Cursor<'_>, known: &[&str]) -> Result<Delivery> {
    let fields_at = at.get("fields");
    let fields = fields_at.as_ref().map(pairs).transpose()?;
    let told = at.get("method").map(|told| method(&told)).transpose()?;
    // Companion adds an empty list of fields to a PUT.
    let is_form = match (&told, &fields) {
        (Some(method), Some(fields)) if *method != Method::POST => !fields.is_empty(),
        (_, fields) => fields.is_some() || at.any(&["file_field", "file_name"]).is_some(),
    };
    if !is_form {
        return Ok(Delivery::Whole(request(at, &Method::PUT, known)?));
    }
    if let (Some(method), Some(told)) = (at.get("method"), told)
        && told != Method::POST
    {
        return Err(method.wrong("must be POST for a plan with form fields"));
    }
    let request = request(at, &Method::POST, known)?;
    let text = |name| {
        let text = at.get(name).map(|text| Ok(Placed { value: text.filled_text()?.to_owned(), at: text.at }));
        text.transpose()
    };
    Ok(Delivery::Form(PlannedForm {
        fields_at: fields_at.map_or_else(|| at.at.clone(), |fields| fields.at),
        request,
        fields: Fields(fields.unwrap_or_default()),
        file_field: text("file_field")?,
        file_name: text("file_name")?,
    }))
}

/// Until when a request may be made: `expires_in` or `expires` in seconds, `expires_at` in RFC 3339. The
/// length of time counts, since it asks no clock.
pub(super) fn expiry(at: &Cursor<'_>) -> Result<PlannedExpiry> {
    let mut expiry = PlannedExpiry::default();
    if let Some(moment) = at.get("expires_at") {
        let until = OffsetDateTime::parse(moment.text()?, &Rfc3339);
        let until = until.map_err(|_| moment.wrong("must be a date and time as in RFC 3339"))?;
        // Go's zero time stands for none.
        if until.year() > 1 {
            expiry = PlannedExpiry { at: moment.at.clone(), lasts: None, until: Some(until) };
        }
    }
    if let Some(seconds) = at.one_of(&["expires_in", "expires"])? {
        let Some(left) = seconds.value.as_i64().or_else(|| seconds.value.as_f64().map(|s| s as i64)) else {
            return Err(seconds.wrong("must be a number of seconds"));
        };
        let lasts = Duration::from_secs(u64::try_from(left).unwrap_or(0));
        expiry = PlannedExpiry { at: seconds.at, lasts: Some(lasts), until: None };
    }
    Ok(expiry)
}
