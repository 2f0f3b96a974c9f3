//! Our own form, which `docs/plan.schema.json` describes: one request or form, or parts with the steps around
//! them, and what tells whoever made the plan that all is there.

use http::Method;

use super::cursor::Cursor;
use super::model::{Delivery, Placed, Plan, PlannedParts, PlannedRange, PlannedRanges, Step, StepBody};
use super::presigned::{self, FORM, REQUEST};
use crate::error::Result;
use crate::secret::Secret;
use crate::storage::part_plan::MOST_PARTS;

/// A block list of 10,000 blocks has half of that.
const BODY_LIMIT: usize = 1024 * 1024;
const AROUND: &[&str] =
    &["version", "size", "sha256", "parts", "part_size", "init", "commit", "abort", "verify"];

pub(super) fn plan(root: &Cursor<'_>) -> Result<Plan> {
    let known = [REQUEST, FORM, AROUND].concat();
    root.knows_only(&known)?;
    if let Some(version) = root.get("version").filter(|version| version.value.as_u64() != Some(1)) {
        return Err(version.wrong("is not a version that is known here (1)"));
    }
    let in_parts = root.get("parts");
    let delivery = match &in_parts {
        Some(parts) => Delivery::Parts(self::parts(root, parts)?),
        None => presigned::whole(root, &known)?,
    };
    let step = |name, default: &Method| root.get(name).map(|at| self::step(&at, default)).transpose();
    let alone = ["init", "commit", "abort", "part_size"];
    if let (None, Some(step)) = (&in_parts, root.any(&alone)) {
        return Err(step.wrong("is for a plan with parts, and this one has none"));
    }
    Ok(Plan {
        delivery,
        size: root.get("size").map(|size| Ok(Placed { value: size.number()?, at: size.at })).transpose()?,
        sha256: root.get("sha256").map(|digest| sha256(&digest)).transpose()?,
        init: step("init", &Method::POST)?,
        commit: step("commit", &Method::POST)?.map(completing_s3),
        abort: step("abort", &Method::DELETE)?,
        verify: step("verify", &Method::POST)?,
    })
}

/// SHA-256 in hex.
pub(super) fn sha256(at: &Cursor<'_>) -> Result<Placed<String>> {
    let text = at.text()?;
    if text.len() != 64 || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Err(at.wrong("must be a SHA-256 in hex (64 digits)"));
    }
    Ok(Placed { value: text.to_ascii_lowercase(), at: at.at.clone() })
}

fn parts(root: &Cursor<'_>, at: &Cursor<'_>) -> Result<PlannedParts> {
    if let Some(other) = root.any(&["url", "uri", "method", "fields", "file_field", "file_name"]) {
        return Err(other.wrong("is for a plan without parts, and this one has some"));
    }
    let common_at = root.get("headers");
    let common = common_at.as_ref().map(super::headers::headers).transpose()?;
    let expiry = presigned::expiry(root)?;
    let known = [REQUEST, &["offset", "length"]].concat();
    let (mut requests, mut parts) = (Vec::new(), Vec::new());
    for item in at.items(MOST_PARTS as usize)? {
        let mut request = presigned::request(&item, &Method::PUT, &known)?;
        if let Some(at) = common_at.as_ref().filter(|_| request.headers.is_empty()) {
            request.headers_at.clone_from(&at.at);
        }
        // Those of the part itself stand in their place.
        for (name, value) in common.iter().flatten() {
            if !request.headers.iter().any(|(own, _)| own.eq_ignore_ascii_case(name)) {
                request.headers.push((name.clone(), value.clone()));
            }
        }
        if request.expiry.at.is_empty() {
            request.expiry = expiry.clone();
        }
        let number = |name| item.get(name).map(|number| number.number()).transpose();
        let (offset, length) = (number("offset")?, number("length")?);
        requests.push(request);
        parts.push(PlannedRange { at: item.at.clone(), offset, length });
    }
    if parts.is_empty() {
        return Err(at.wrong("is empty; an empty file has one part, which is empty"));
    }
    let part_size = match root.get("part_size") {
        Some(size) => match size.number()? {
            0 => return Err(size.wrong("must be more than zero")),
            bytes => Some(bytes),
        },
        None => None,
    };
    let ranges = PlannedRanges { at: at.at.clone(), parts, part_size, may_leave_out: false };
    Ok(PlannedParts { requests, ranges })
}

/// A URL that was signed for `CompleteMultipartUpload` says so, and nothing else of it is needed.
fn completing_s3(step: Step) -> Step {
    let Step { at, request, body } = step;
    let url = url::Url::parse(request.url.reveal()).ok();
    let names: Vec<String> =
        url.iter().flat_map(|url| url.query_pairs()).map(|(name, _)| name.into_owned()).collect();
    let has = |wanted: &str| names.iter().any(|name| name == wanted);
    let is_one = request.method == Method::POST && has("uploadId") && !has("partNumber");
    let is_empty = matches!(&body, StepBody::Ready(text) if text.reveal().is_empty());
    let body = if is_one && is_empty { StepBody::S3Parts } else { body };
    Step { at, request, body }
}

/// A request that sends none of the bytes.
fn step(at: &Cursor<'_>, default: &Method) -> Result<Step> {
    let known = [REQUEST, &["body", "format"]].concat();
    let mut request = presigned::request(at, default, &known)?;
    let format = at.get("format").map(|format| match format.text()? {
        "s3" => Ok(StepBody::S3Parts),
        "json" => Ok(StepBody::JsonParts),
        _ => Err(format.wrong("is not a format that is known here (s3, json)")),
    });
    let body = match (format.transpose()?, at.get("body")) {
        (Some(_), Some(body)) => return Err(body.wrong("stands beside a format, which makes the body")),
        (Some(made), None) => made,
        (None, Some(body)) => ready_body(&body, &mut request.headers)?,
        (None, None) => StepBody::Ready(Secret::new("")),
    };
    Ok(Step { at: at.at.clone(), request, body })
}

/// A body that is text goes as it is, any other as the JSON that it is.
pub(super) fn ready_body(at: &Cursor<'_>, headers: &mut Vec<(String, Secret)>) -> Result<StepBody> {
    let text = match at.value.as_str() {
        Some(text) => text.to_owned(),
        None => {
            if !headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("content-type")) {
                headers.push(("Content-Type".to_owned(), Secret::new("application/json")));
            }
            at.value.to_string()
        }
    };
    if text.len() > BODY_LIMIT {
        return Err(at.wrong(&format!("has more than {BODY_LIMIT} bytes")));
    }
    Ok(StepBody::Ready(Secret::new(text)))
}
