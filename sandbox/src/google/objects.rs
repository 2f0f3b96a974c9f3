//! Objects whole, the beginning of a session, and the requests of one.

use std::sync::Arc;

use http_body_util::BodyExt as _;
use hyper::header::{CONTENT_RANGE, CONTENT_TYPE, ETAG, HeaderName, HeaderValue, LOCATION, RANGE};
use hyper::{HeaderMap, Method, Request, StatusCode};

use super::signature;
use crate::app::App;
use crate::http::log::Entry;
use crate::http::query::query_value;
use crate::http::reply::{self, Reply};
use crate::http::request::{RequestBody, drain};
use crate::lock::lock;
use crate::storage::{Digests, Incoming, StoredFacts, digest_matches, s3_error};

const UPLOAD_ID: HeaderName = HeaderName::from_static("x-guploader-uploadid");

/// Whether a request to storage is in this dialect.
pub(crate) fn is_for(query: Option<&str>) -> bool {
    query_value(query, "X-Goog-Signature").is_some() || query_value(query, "upload_id").is_some()
}

pub(crate) async fn handle(app: &Arc<App>, request: Request<RequestBody>, entry: &Entry) -> Reply {
    let mut reply = answer(app, request, entry).await.unwrap_or_else(|refusal| refusal);
    if let Ok(id) = HeaderValue::from_str(&uuid::Uuid::new_v4().simple().to_string()) {
        reply.headers_mut().insert(UPLOAD_ID, id);
    }
    reply.headers_mut().remove("x-amz-request-id");
    reply
}

async fn answer(app: &Arc<App>, request: Request<RequestBody>, entry: &Entry) -> Result<Reply, Reply> {
    let (head, body) = request.into_parts();
    let (path, query, headers) = (head.uri.path(), head.uri.query(), &head.headers);
    if entry.authorization || entry.chunked || entry.content_length.is_none() {
        return Err(bad("InvalidArgument", "The request is not as it was signed."));
    }
    if let Some(id) = query_value(query, "upload_id") {
        return in_session(app, &id, entry.content_length, headers, body).await;
    }
    let key = signature::check(&app.signer, head.method.as_str(), path, query, headers)?;
    match (&head.method, text(headers, "x-goog-resumable")) {
        (&Method::POST, Some("start")) => {
            let content_type = text(headers, CONTENT_TYPE.as_str()).map(str::to_string);
            let id = app.storage.sessions.begin(&key, content_type);
            let mut reply = reply::empty(StatusCode::CREATED);
            let location = format!("{}{path}?upload_id={id}", app.signer.origin);
            if let Ok(location) = HeaderValue::from_str(&location) {
                reply.headers_mut().insert(LOCATION, location);
            }
            Ok(reply)
        }
        (&Method::PUT, None) => put_object(app, &key, headers, body).await,
        _ => Err(bad("InvalidArgument", "Invalid argument.")),
    }
}

async fn put_object(
    app: &App,
    key: &str,
    headers: &HeaderMap,
    mut body: RequestBody,
) -> Result<Reply, Reply> {
    let mut incoming = app.storage.objects.receive().map_err(internal)?;
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|_| bad("IncompleteBody", "The body is not whole."))?;
        incoming.write(frame.data_ref().map_or(&[], |data| data)).map_err(internal)?;
    }
    if let Some(refusal) = refused_range(headers, incoming.len()) {
        return Err(refusal);
    }
    let digests = incoming.digests();
    if let Some(claimed) = text(headers, "content-md5")
        && digest_matches(claimed, &digests.checksum("content-md5").unwrap_or_default()) != Some(true)
    {
        return Err(bad("BadDigest", "The Content-MD5 you specified did not match what we received."));
    }
    let content_type = text(headers, CONTENT_TYPE.as_str()).map(str::to_string);
    keep(app, key, incoming, &digests, content_type).map_err(internal).map(|facts| stored(&facts))
}

fn refused_range(headers: &HeaderMap, size: u64) -> Option<Reply> {
    let range = text(headers, "x-goog-content-length-range").and_then(|text| text.split_once(','));
    let (low, high) = range.and_then(|(low, high)| Some((low.parse().ok()?, high.parse().ok()?)))?;
    if size < low {
        return Some(bad("EntityTooSmall", "Your proposed upload is smaller than the minimum object size."));
    }
    let message = "Your proposed upload is larger than the maximum object size.";
    (size > high).then(|| bad("EntityTooLarge", message))
}

async fn in_session(
    app: &App,
    id: &str,
    length: Option<u64>,
    headers: &HeaderMap,
    mut body: RequestBody,
) -> Result<Reply, Reply> {
    let unknown = || s3_error(StatusCode::NOT_FOUND, "NoSuchUpload", "The session does not exist.", &[]);
    let (has, done) = app.storage.sessions.has(id).ok_or_else(unknown)?;
    if let Some(facts) = done {
        return Ok(stored(&facts));
    }
    let range = content_range(headers, length.unwrap_or_default());
    let (from, total) = range.ok_or_else(|| bad("InvalidArgument", "Bad Content-Range."))?;
    if let Some(from) = from {
        if from > has {
            // What answers early and closes is not heard by everybody: Windows drops what it has for a
            // connection that is reset.
            drain(&mut body).await;
            return Err(bad("InvalidArgument", "Bytes before the first one of this request are missing."));
        }
        app.storage.sessions.cut(id, from);
        let mut room = lock(&app.settings).session_keeps.unwrap_or(u64::MAX);
        while let Some(frame) = body.frame().await {
            let frame = frame.map_err(|_| bad("IncompleteBody", "The body is not whole."))?;
            let data = frame.data_ref().map_or(&[][..], |data| data);
            let kept = data.len().min(usize::try_from(room).unwrap_or(usize::MAX));
            app.storage.sessions.append(id, &data[..kept]);
            room -= kept as u64;
        }
    }
    if (from.is_some() || total == 0)
        && let Some((key, content_type, bytes)) = app.storage.sessions.take(id, total)
    {
        let mut incoming = app.storage.objects.receive().map_err(internal)?;
        incoming.write(&bytes).map_err(internal)?;
        let digests = incoming.digests();
        let facts = keep(app, &key, incoming, &digests, content_type).map_err(internal)?;
        app.storage.sessions.finish(id, facts.clone());
        return Ok(stored(&facts));
    }
    let mut reply = reply::empty(StatusCode::PERMANENT_REDIRECT);
    let has = app.storage.sessions.has(id).map_or(0, |(has, _)| has);
    if let Some(range) =
        has.checked_sub(1).and_then(|last| HeaderValue::from_str(&format!("bytes=0-{last}")).ok())
    {
        reply.headers_mut().insert(RANGE, range);
    }
    Ok(reply)
}

/// Where the bytes of a request begin, if there are any, and how many there are to be in all. `None`: there
/// is no such range, or it is not that of a body of this length.
fn content_range(headers: &HeaderMap, length: u64) -> Option<(Option<usize>, usize)> {
    let (range, total) = text(headers, CONTENT_RANGE.as_str())?.strip_prefix("bytes ")?.split_once('/')?;
    let total: usize = total.parse().ok()?;
    if range == "*" {
        return (length == 0).then_some((None, total));
    }
    let (from, last) = range.split_once('-')?;
    let (from, last): (usize, usize) = (from.parse().ok()?, last.parse().ok()?);
    let fits = from <= last && last < total && (last - from) as u64 + 1 == length;
    fits.then_some((Some(from), total))
}

fn keep(
    app: &App,
    key: &str,
    incoming: Incoming,
    digests: &Digests,
    content_type: Option<String>,
) -> std::io::Result<StoredFacts> {
    app.storage.objects.keep(key, incoming, digests, content_type, None)?;
    let of = |name: &str| digests.checksum(name).unwrap_or_default();
    let hash = format!("crc32c={},md5={}", of("x-amz-checksum-crc32c"), of("content-md5"));
    let length = digests.size.to_string();
    Ok(vec![
        ("x-goog-hash", hash),
        (ETAG.as_str(), "\"CJ0sandbox\"".to_string()),
        ("x-goog-stored-content-length", length),
    ])
}

/// The answer to an upload that is stored.
fn stored(facts: &StoredFacts) -> Reply {
    let mut reply = reply::empty(StatusCode::OK);
    for (name, value) in facts {
        if let (Ok(name), Ok(value)) = (HeaderName::from_bytes(name.as_bytes()), HeaderValue::from_str(value))
        {
            reply.headers_mut().insert(name, value);
        }
    }
    reply
}

fn bad(code: &str, message: &str) -> Reply {
    s3_error(StatusCode::BAD_REQUEST, code, message, &[])
}

fn internal(error: std::io::Error) -> Reply {
    s3_error(StatusCode::INTERNAL_SERVER_ERROR, "InternalError", &error.to_string(), &[])
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}
