//! Answers the requests to storage: what their heads alone give away, then the S3 library, or storage that
//! checks nothing.

use std::sync::Arc;

use http_body_util::BodyExt;
use hyper::{Method, Request, StatusCode};
use s3s::service::S3Service;

use super::answered_checksums::AnsweredChecksums;
use super::backends::{Backend, Storage};
use super::discard::discard;
use super::form_upload::{malformed, open_form, refuse_fields};
use super::s3_errors::{PolicyForm, as_s3_error};
use super::s3_reply::{request_id, s3_error, stamp};
use crate::http::form_body::FormBody;
use crate::http::log::Entry;
use crate::http::query::part_number;
use crate::http::reply::{self, BoxError, Reply};
use crate::http::request::RequestBody;

/// Answers one request to storage.
pub(crate) async fn handle(
    storage: &Storage,
    answered: &AnsweredChecksums,
    request: Request<RequestBody>,
    entry: &Arc<Entry>,
) -> Reply {
    if let Some(refusal) = refuse_head(request.headers(), request.uri().query(), entry, request.method()) {
        return refusal;
    }
    let mut reply = match &storage.backend {
        Backend::Discard { bucket } => discard(storage, bucket, request).await,
        Backend::Embedded(service) => {
            let is_part = part_number(request.uri().query()).is_some();
            let is_upload = request.method() == Method::PUT || request.method() == Method::POST;
            let mut reply = embedded(service, request, entry).await;
            if is_upload && reply.status().is_success() {
                answered.apply(&mut reply, is_part);
            }
            reply
        }
        Backend::External(_) => reply::empty(StatusCode::NOT_FOUND),
    };
    if !reply.headers().contains_key("x-amz-request-id") {
        let id = request_id();
        stamp(&mut reply, &id);
    }
    reply
}

/// Refuses what the head alone gives away.
fn refuse_head(
    headers: &hyper::HeaderMap,
    query: Option<&str>,
    entry: &Entry,
    method: &Method,
) -> Option<Reply> {
    if entry.authorization {
        // A key of either service has no business here, and a presigned request is signed already.
        return Some(s3_error(
            StatusCode::BAD_REQUEST,
            "InvalidArgument",
            "Only one auth mechanism allowed",
            &[],
        ));
    }
    let has_body = method == Method::PUT || method == Method::POST;
    if entry.chunked || (has_body && entry.content_length.is_none()) {
        return Some(s3_error(
            StatusCode::LENGTH_REQUIRED,
            "MissingContentLength",
            "You must provide the Content-Length HTTP header.",
            &[],
        ));
    }
    let checksums = headers.keys().filter(|name| name.as_str().starts_with("x-amz-checksum-"));
    if checksums.count() > 1 {
        return Some(s3_error(
            StatusCode::BAD_REQUEST,
            "InvalidRequest",
            "Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed.",
            &[],
        ));
    }
    // The library ignores unsigned x-amz- headers; S3 does not.
    let signed =
        query.unwrap_or_default().split('&').find_map(|pair| pair.strip_prefix("X-Amz-SignedHeaders="))?;
    let signed = signed.to_ascii_lowercase().replace("%3b", ";");
    let unsigned = headers.keys().find(|name| {
        name.as_str().starts_with("x-amz-")
            && name.as_str() != "x-amz-content-sha256"
            && !signed.split(';').any(|signed| signed == name.as_str())
    })?;
    Some(s3_error(
        StatusCode::FORBIDDEN,
        "AccessDenied",
        "There were headers present in the request which were not signed",
        &[("HeadersNotSigned", unsigned.to_string())],
    ))
}

async fn embedded(service: &S3Service, request: Request<RequestBody>, entry: &Entry) -> Reply {
    let expiry = query_expiry(request.uri().query());
    if request.method() != Method::POST {
        let request = request.map(s3s::Body::http_body_unsync);
        return as_s3_error(call(service, request).await, None, entry, expiry).await;
    }

    let (head, body) = request.into_parts();
    let start = match open_form(&head, body).await {
        Ok(start) => start,
        Err(refusal) => return refusal,
    };
    if let Some(refusal) = refuse_fields(&start.preamble) {
        return refusal;
    }
    let file_at = start.preamble.file_at;
    let (body, verdict) = FormBody::new(start.body, start.read.freeze(), file_at, &start.boundary);
    let request = Request::from_parts(head, s3s::Body::http_body_unsync(body));
    let reply = call(service, request).await;
    let verdict = verdict.lock().ok().and_then(|mut verdict| verdict.take());
    if let Some(why) = verdict {
        return malformed(why);
    }
    let form = PolicyForm { preamble: &start.preamble, boundary: &start.boundary };
    as_s3_error(reply, Some(form), entry, None).await
}

async fn call(service: &S3Service, request: Request<s3s::Body>) -> Reply {
    match service.call(request).await {
        Ok(reply) => reply.map(|body| body.map_err(BoxError::from).boxed_unsync()),
        Err(_) => s3_error(
            StatusCode::INTERNAL_SERVER_ERROR,
            "InternalError",
            "We encountered an internal error. Please try again.",
            &[],
        ),
    }
}

fn query_expiry(query: Option<&str>) -> Option<String> {
    query?.split('&').find_map(|pair| pair.strip_prefix("X-Amz-Expires=")).map(str::to_string)
}
