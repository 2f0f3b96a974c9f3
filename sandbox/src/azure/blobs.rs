//! Put Blob, Put Block and Put Block List.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use http_body_util::BodyExt as _;
use hyper::header::{CONTENT_LENGTH, CONTENT_TYPE, ETAG, HeaderValue};
use hyper::{HeaderMap, Method, Request, StatusCode};

use super::refusals::{Refusal, stamp};
use super::sas;
use crate::app::App;
use crate::http::log::Entry;
use crate::http::query::query_value;
use crate::http::reply::{self, Reply};
use crate::http::request::RequestBody;
use crate::storage::{BlockRefusal, Digests, Incoming, digest_matches};

/// The largest list of blocks that is read.
const MAX_LIST: usize = 8 * 1024 * 1024;
/// A text that is no digest.
const BLOB_ETAG: &str = "\"0x8DCBLOB";

pub(crate) async fn handle(app: &Arc<App>, request: Request<RequestBody>, entry: &Entry) -> Reply {
    match answer(app, request, entry).await {
        Ok(mut reply) => {
            stamp(&mut reply);
            reply
        }
        Err(refusal) => refusal.reply(),
    }
}

async fn answer(app: &Arc<App>, request: Request<RequestBody>, entry: &Entry) -> Result<Reply, Refusal> {
    let (head, body) = request.into_parts();
    if entry.authorization {
        return Err(Refusal::Signature);
    }
    if head.method != Method::PUT {
        return Err(Refusal::Permission);
    }
    let query = head.uri.query();
    let comp = query_value(query, "comp");
    // A block alone makes no blob, so that creating is not enough.
    let wanted: &[char] = if comp.as_deref() == Some("block") { &['w'] } else { &['c', 'w'] };
    let key = sas::check(&app.signer, head.uri.path(), query, wanted)?;
    if entry.chunked || entry.content_length.is_none() {
        return Err(Refusal::MissingHeader("Content-Length"));
    }
    match comp.as_deref() {
        None => put_blob(app, &key, &head.headers, body).await,
        Some("block") => put_block(app, &key, query, &head.headers, body).await,
        Some("blocklist") => put_block_list(app, &key, &head.headers, body).await,
        Some(_) => Err(Refusal::QueryValue("comp")),
    }
}

async fn put_blob(
    app: &Arc<App>,
    key: &str,
    headers: &HeaderMap,
    body: RequestBody,
) -> Result<Reply, Refusal> {
    match text(headers, "x-ms-blob-type") {
        Some("BlockBlob") => {}
        Some(_) => return Err(Refusal::HeaderValue("x-ms-blob-type")),
        None => return Err(Refusal::MissingHeader("x-ms-blob-type")),
    }
    let (incoming, digests) = receive(app, headers, body).await?;
    check_conditions(app, key, headers)?;
    app.storage.blocks.forget(key);
    let content_type = text(headers, CONTENT_TYPE.as_str()).map(str::to_string);
    keep(app, key, incoming, &digests, content_type)?;
    Ok(created(headers, &digests, true))
}

async fn put_block(
    app: &Arc<App>,
    key: &str,
    query: Option<&str>,
    headers: &HeaderMap,
    body: RequestBody,
) -> Result<Reply, Refusal> {
    let id = query_value(query, "blockid").filter(|id| BASE64.decode(id).is_ok_and(|id| id.len() <= 64));
    let id = id.filter(|id| !id.is_empty()).ok_or(Refusal::QueryValue("blockid"))?;
    if headers.contains_key("if-none-match") || headers.contains_key("x-ms-blob-type") {
        return Err(Refusal::HeaderValue("If-None-Match"));
    }
    let (incoming, digests) = receive(app, headers, body).await?;
    if digests.size == 0 {
        return Err(Refusal::HeaderValue("Content-Length"));
    }
    app.storage.blocks.put(key, &id, incoming)?;
    Ok(created(headers, &digests, false))
}

async fn put_block_list(
    app: &Arc<App>,
    key: &str,
    headers: &HeaderMap,
    body: RequestBody,
) -> Result<Reply, Refusal> {
    let (incoming, digests) = receive(app, headers, body).await?;
    if digests.size > MAX_LIST as u64 {
        return Err(Refusal::InvalidBlockList);
    }
    let xml = std::fs::read_to_string(incoming.into_path()).map_err(|_| Refusal::InvalidBlockList)?;
    let ids = listed(&xml).ok_or(Refusal::InvalidBlockList)?;
    check_conditions(app, key, headers)?;
    let (shared, of) = (app.clone(), key.to_string());
    let joined =
        tokio::task::spawn_blocking(move || shared.storage.blocks.commit(&shared.storage.objects, &of, &ids));
    let mut whole = joined.await.map_err(|error| Refusal::Internal(error.to_string()))??;
    let of_whole = whole.digests();
    let content_type = text(headers, "x-ms-blob-content-type").map(str::to_string);
    keep(app, key, whole, &of_whole, content_type)?;
    Ok(created(headers, &digests, true))
}

/// The ids in a list of blocks, each of which may wait or be committed.
fn listed(xml: &str) -> Option<Vec<String>> {
    let (_, inside) = xml.split_once("<BlockList>")?;
    let (mut rest, _) = inside.split_once("</BlockList>")?;
    let mut ids = Vec::new();
    while !rest.trim().is_empty() {
        let (id, after) = rest.trim_start().strip_prefix("<Latest>")?.split_once("</Latest>")?;
        ids.push(id.to_string());
        rest = after;
    }
    Some(ids)
}

/// The body, once it is what its checksums say.
async fn receive(
    app: &App,
    headers: &HeaderMap,
    mut body: RequestBody,
) -> Result<(Incoming, Digests), Refusal> {
    let internal = |error: std::io::Error| Refusal::Internal(error.to_string());
    let mut incoming = app.storage.objects.receive().map_err(internal)?;
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|_| Refusal::IncompleteBody)?;
        incoming.write(frame.data_ref().map_or(&[], |data| data)).map_err(internal)?;
    }
    let digests = incoming.digests();
    if text(headers, CONTENT_LENGTH.as_str()).and_then(|text| text.parse().ok()) != Some(digests.size) {
        return Err(Refusal::IncompleteBody);
    }
    let checks = [
        ("content-md5", digests.checksum("content-md5"), Refusal::Md5Mismatch),
        ("x-ms-content-crc64", crc64(&digests), Refusal::Crc64Mismatch),
    ];
    for (name, actual, mismatch) in checks {
        let Some(claimed) = text(headers, name) else { continue };
        if digest_matches(claimed, &actual.unwrap_or_default()) != Some(true) {
            return Err(mismatch);
        }
    }
    Ok((incoming, digests))
}

fn check_conditions(app: &App, key: &str, headers: &HeaderMap) -> Result<(), Refusal> {
    let there = app.storage.objects.get(key);
    if text(headers, "if-none-match") == Some("*") && there.is_some() {
        return Err(Refusal::BlobAlreadyExists);
    }
    match text(headers, "if-match") {
        Some(_) if there.is_none() => Err(Refusal::ConditionNotMet),
        Some(wanted) if wanted != "*" && !wanted.starts_with(BLOB_ETAG) => Err(Refusal::ConditionNotMet),
        _ => Ok(()),
    }
}

fn keep(
    app: &App,
    key: &str,
    incoming: Incoming,
    digests: &Digests,
    content_type: Option<String>,
) -> Result<(), Refusal> {
    let kept = app.storage.objects.keep(key, incoming, digests, content_type, None);
    kept.map_err(|error| Refusal::Internal(error.to_string()))
}

/// Azure says the CRC-64 of a request's content, unless it was sent the MD5.
fn created(headers: &HeaderMap, digests: &Digests, is_blob: bool) -> Reply {
    let mut reply = reply::empty(StatusCode::CREATED);
    let answer = match text(headers, "content-md5") {
        Some(_) => ("content-md5", digests.checksum("content-md5")),
        None => ("x-ms-content-crc64", crc64(digests)),
    };
    let etag = format!("{BLOB_ETAG}{}\"", &uuid::Uuid::new_v4().simple().to_string()[..6]);
    let etag = is_blob.then_some((ETAG.as_str(), Some(etag)));
    for (name, value) in [Some(answer), etag].into_iter().flatten() {
        if let Some(value) = value.and_then(|value| HeaderValue::from_str(&value).ok()) {
            reply.headers_mut().insert(name, value);
        }
    }
    reply
}

/// Azure writes the number from its least significant byte on.
fn crc64(digests: &Digests) -> Option<String> {
    let mut bytes = BASE64.decode(digests.checksum("x-amz-checksum-crc64nvme")?).ok()?;
    bytes.reverse();
    Some(BASE64.encode(bytes))
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}

impl From<BlockRefusal> for Refusal {
    fn from(refusal: BlockRefusal) -> Self {
        match refusal {
            BlockRefusal::OtherIds => Self::InvalidBlobOrBlock,
            BlockRefusal::Missing => Self::InvalidBlockList,
            BlockRefusal::Failed(why) => Self::Internal(why),
        }
    }
}
