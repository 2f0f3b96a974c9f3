//! Storage that checks nothing and keeps nothing but sizes, to measure a client.

use hyper::header::{ETAG, HeaderValue};
use hyper::{Method, Request, StatusCode};

use super::backends::Storage;
use super::form_upload::{file_size, open_form};
use super::objects::Object;
use super::s3_reply::s3_error;
use super::uploads::{DISCARDED, NO_SUCH_UPLOAD};
use crate::http::query::{part_number, query_value};
use crate::http::reply::{self, Reply};
use crate::http::request::{RequestBody, content_length, drain};

/// Reads to the end and forgets. Only the key is looked at, and which part of what it is, to know what
/// was "stored".
pub(crate) async fn discard(storage: &Storage, bucket: &str, request: Request<RequestBody>) -> Reply {
    let (head, mut body) = request.into_parts();
    let content_length = content_length(&head);
    let (key, size, status) = match head.method {
        Method::PUT => {
            let path = percent_encoding::percent_decode_str(head.uri.path()).decode_utf8_lossy();
            let prefix = format!("/{}/", bucket);
            let key = path.strip_prefix(&prefix).unwrap_or(&path).to_string();
            (key, content_length.unwrap_or(0), StatusCode::OK)
        }
        Method::POST => {
            let start = match open_form(&head, body).await {
                Ok(start) => start,
                Err(refusal) => return refusal,
            };
            body = start.body;
            let preamble = start.preamble;
            let size = file_size(content_length, preamble.file_at, &start.boundary);
            let key = preamble.fields.into_iter().find(|(name, _)| name == "key");
            let key = key.map(|(_, key)| key).unwrap_or_default();
            (key, size, StatusCode::NO_CONTENT)
        }
        _ => return reply::empty(StatusCode::METHOD_NOT_ALLOWED),
    };
    if !drain(&mut body).await {
        return reply::empty(StatusCode::BAD_REQUEST);
    }
    let query = head.uri.query();
    match (part_number(query), query_value(query, "uploadId")) {
        (Some(number), Some(id)) => {
            if storage.uploads.put_size(&id, &key, number, size).is_err() {
                return s3_error(StatusCode::NOT_FOUND, "NoSuchUpload", NO_SUCH_UPLOAD, &[]);
            }
        }
        _ => {
            let etag = Some(DISCARDED.to_string());
            storage.objects.put(&key, Object { size, etag, ..Object::default() });
        }
    }
    let mut reply = reply::empty(status);
    if let Ok(value) = HeaderValue::from_str(&format!("\"{DISCARDED}\"")) {
        reply.headers_mut().insert(ETAG, value);
    }
    reply
}
