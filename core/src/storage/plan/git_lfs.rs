//! A Git LFS server's reply to a batch request, or its entry for one object: `actions` with `upload` and
//! `verify`, or with the `init`, `parts`, `commit` and `abort` of giftless' transfer `multipart-basic`.
//! Servers may add members of their own, so those that nobody knows are passed over.

use http::Method;
use serde_json::json;

use super::cursor::{Cursor, at_place};
use super::headers::headers;
use super::model::{
    Delivery, Placed, Plan, PlannedParts, PlannedRange, PlannedRanges, PlannedRequest, Step, StepBody,
};
use super::own::{ready_body, sha256};
use super::presigned::{self, FORM, REQUEST};
use super::want_digest;
use crate::error::{Error, ErrorKind, Result};
use crate::secret::Secret;
use crate::storage::part_plan::MOST_PARTS;

const MEDIA_TYPE: &str = "application/vnd.git-lfs+json";
/// The members of an object that is there already, and of the reply around it.
const ENTRY: &[&str] = &["oid", "size", "authenticated", "actions", "error"];
const REPLY: &[&str] = &["transfer", "hash_algo"];

/// Whether it is such a reply or entry. Others call files by their digest, too: an `oid` makes a request no
/// entry.
pub(super) fn is_it(root: &Cursor<'_>) -> bool {
    let is_request = || root.any(&[REQUEST, FORM, &["parts"]].concat()).is_some();
    root.any(&["objects", "actions"]).is_some() || (root.get("oid").is_some() && !is_request())
}

pub(super) fn plan(root: &Cursor<'_>) -> Result<Plan> {
    let Some(objects) = root.get("objects") else { return object(root, root) };
    let found = objects.items(10_000)?;
    match &found[..] {
        [one] => object(root, one),
        others => Err(objects.wrong(&format!("has {} objects, and one source is to be sent", others.len()))),
    }
}

fn object(root: &Cursor<'_>, at: &Cursor<'_>) -> Result<Plan> {
    if let Some(error) = at.get("error") {
        return Err(refused(&error));
    }
    let kind = root.get("hash_algo").map(|kind| kind.text()).transpose()?;
    let oid = at.get("oid").filter(|_| kind.is_none_or(|kind| kind == "sha256"));
    let oid = oid.map(|oid| sha256(&oid)).transpose()?;
    let size = at.get("size").map(|size| Ok(Placed { value: size.number()?, at: size.at })).transpose()?;
    let Some(actions) = at.get("actions") else {
        // Nothing would be sent, and the call succeed, so nothing of it may be misread.
        at.knows_only(&[ENTRY, if root.at == at.at { REPLY } else { &[] }].concat())?;
        let (size, oid) = (size.ok_or_else(|| missing(at, "size"))?, oid.ok_or_else(|| missing(at, "oid"))?);
        return Ok(plan_of(Delivery::AlreadyThere, Some(size), Some(oid)));
    };
    let delivery = match (actions.get("upload"), actions.get("parts")) {
        (Some(upload), _) => {
            if let Some(step) = actions.any(&["init", "parts", "commit", "abort"]) {
                return Err(step.wrong("is of an upload in parts, and stands beside upload, which is whole"));
            }
            let mut upload = action(&upload, &Method::PUT)?;
            if !upload.headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("content-type")) {
                let binary = Secret::new("application/octet-stream");
                upload.headers.push(("Content-Type".to_owned(), binary));
            }
            Delivery::Whole(upload)
        }
        (None, parts) => {
            let around = actions.any(&["init", "parts", "commit"]);
            if around.is_none() {
                let why = "is missing, and there are no parts; a download cannot be sent to";
                return Err(super::cursor::wrong(&format!("{}/upload", actions.at), why));
            }
            Delivery::Parts(self::parts(&actions, parts.as_ref())?)
        }
    };
    let step = |name| actions.get(name).map(|at| self::step(&at)).transpose();
    let verify = actions.get("verify").map(|verify| self::verify(&verify, at)).transpose()?;
    let (init, commit, abort) = (step("init")?, step("commit")?, step("abort")?);
    Ok(Plan { init, commit, abort, verify, ..plan_of(delivery, size, oid) })
}

fn missing(at: &Cursor<'_>, name: &str) -> Error {
    let why = "is missing or not SHA-256's, so whether the server has the source cannot be told";
    super::cursor::wrong(&format!("{}/{name}", at.at), why)
}

fn plan_of(delivery: Delivery, size: Option<Placed<u64>>, sha256: Option<Placed<String>>) -> Plan {
    Plan { delivery, size, sha256, init: None, commit: None, abort: None, verify: None }
}

/// The server's own refusal of this object, inside of a success.
fn refused(at: &Cursor<'_>) -> Error {
    let said = at.get("message").and_then(|text| text.value.as_str().map(str::to_owned)).unwrap_or_default();
    let code = at.get("code").and_then(|code| code.value.as_u64());
    let code = code.map(|code| code.to_string()).unwrap_or_default();
    let said: String = said.chars().take(300).collect();
    let error = Error::new(
        ErrorKind::Rejected,
        format!(
            "the server refuses this object ({code} {said}); have that mended there and ask for a new plan"
        ),
    );
    at_place(&at.at, error.retryable_is(false))
}

/// `href`, `header` and when it ends; `method` is giftless'.
fn action(at: &Cursor<'_>, default: &Method) -> Result<PlannedRequest> {
    let href = at.needed("href")?;
    let mut request = presigned::bare(&href, default)?;
    if let Some(header) = at.get("header") {
        request.headers = headers(&header)?;
        request.headers_at = header.at;
    }
    if let Some(method) = at.get("method") {
        request.method = presigned::method(&method)?;
        request.method_at = method.at;
    }
    // Zero stands for "not told".
    let untold = at.get("expires_in").is_some_and(|seconds| seconds.value.as_i64() == Some(0));
    if !untold {
        request.expiry = presigned::expiry(at)?;
    }
    Ok(request)
}

fn parts(actions: &Cursor<'_>, listed: Option<&Cursor<'_>>) -> Result<PlannedParts> {
    let (mut requests, mut parts) = (Vec::new(), Vec::new());
    for item in listed.map(|listed| listed.items(MOST_PARTS as usize)).transpose()?.unwrap_or_default() {
        let mut request = action(&item, &Method::PUT)?;
        if let Some(wanted) = item.get("want_digest") {
            want_digest::take(&wanted, &mut request)?;
        }
        let number = |name| item.get(name).map(|number| number.number()).transpose();
        let (offset, length) = (number("pos")?.or(Some(0)), number("size")?);
        requests.push(request);
        parts.push(PlannedRange { at: item.at.clone(), offset, length });
    }
    let at = listed.map_or_else(|| actions.at.clone(), |listed| listed.at.clone());
    let ranges = PlannedRanges { at, parts, part_size: None, may_leave_out: true };
    Ok(PlannedParts { requests, ranges })
}

fn step(at: &Cursor<'_>) -> Result<Step> {
    let mut request = action(at, &Method::POST)?;
    let body = match at.get("body") {
        Some(body) => ready_body(&body, &mut request.headers)?,
        None => StepBody::Ready(Secret::new("")),
    };
    Ok(Step { at: at.at.clone(), request, body })
}

/// Tells the server the object's name and size, as its specification wants.
fn verify(at: &Cursor<'_>, object: &Cursor<'_>) -> Result<Step> {
    let mut step = step(at)?;
    if at.get("body").is_none() {
        let told = json!({"oid": object.needed("oid")?.text()?, "size": object.needed("size")?.number()?});
        step.body = StepBody::Ready(Secret::new(told.to_string()));
    }
    for name in ["Accept", "Content-Type"] {
        if !step.request.headers.iter().any(|(given, _)| given.eq_ignore_ascii_case(name)) {
            step.request.headers.push((name.to_owned(), Secret::new(MEDIA_TYPE)));
        }
    }
    Ok(step)
}
