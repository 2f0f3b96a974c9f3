//! Replies that a fault makes or alters.

use bytes::Bytes;
use hyper::StatusCode;
use hyper::header::{CONTENT_LENGTH, HeaderName, HeaderValue};
use hyper::http::response::Parts;
use serde_json::{Map, Value};

use crate::faults::OrderedReply;
use crate::http::reply::{self, Reply};

pub(crate) fn ordered(order: &OrderedReply) -> Reply {
    let status = StatusCode::from_u16(order.status).unwrap_or(StatusCode::SERVICE_UNAVAILABLE);
    let mut reply = if order.content_type.is_empty() {
        reply::empty(status)
    } else {
        reply::with_type(status, order.content_type, order.body.clone())
    };
    set_headers(&mut reply, &order.headers);
    reply
}

pub(crate) async fn patched(
    reply: Reply,
    changes: &Map<String, Value>,
    headers: &Map<String, Value>,
) -> Reply {
    let mut reply = if changes.is_empty() {
        reply
    } else {
        let (mut head, mut body) = reply::collect(reply).await;
        if let Ok(Value::Object(mut map)) = serde_json::from_slice(&body) {
            for (name, value) in changes {
                if value.is_null() {
                    map.shift_remove(name);
                } else {
                    map.insert(name.clone(), value.clone());
                }
            }
            body = Value::Object(map).to_string().into();
            head.headers.remove(CONTENT_LENGTH);
        }
        Reply::from_parts(head, reply::body(body))
    };
    set_headers(&mut reply, headers);
    reply
}

/// A reply as bytes: the whole length is declared, the first `sent` bytes of the body follow.
pub(crate) fn as_bytes(head: &Parts, body: &Bytes, sent: usize) -> Vec<u8> {
    let mut bytes = format!(
        "HTTP/1.1 {} {}\r\n",
        head.status.as_u16(),
        head.status.canonical_reason().unwrap_or("Status")
    )
    .into_bytes();
    for (name, value) in &head.headers {
        if name != CONTENT_LENGTH {
            bytes.extend_from_slice(name.as_str().as_bytes());
            bytes.extend_from_slice(b": ");
            bytes.extend_from_slice(value.as_bytes());
            bytes.extend_from_slice(b"\r\n");
        }
    }
    bytes.extend_from_slice(format!("content-length: {}\r\n\r\n", body.len()).as_bytes());
    bytes.extend_from_slice(&body[..sent]);
    bytes
}

/// Sets headers, or removes those given as null.
fn set_headers(reply: &mut Reply, headers: &Map<String, Value>) {
    for (name, value) in headers {
        let Ok(name) = HeaderName::from_bytes(name.as_bytes()) else {
            continue;
        };
        let text = match value {
            Value::Null => {
                reply.headers_mut().remove(name);
                continue;
            }
            Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        if let Ok(value) = HeaderValue::from_bytes(text.as_bytes()) {
            reply.headers_mut().insert(name, value);
        }
    }
}
