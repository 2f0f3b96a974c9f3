//! Replies as hyper wants them: JSON, S3 XML, empty. Knows no service and no route.

use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, Full};
use hyper::body::{Body, Frame};
use hyper::header::{CONTENT_TYPE, HeaderValue};
use hyper::http::response::Parts;
use hyper::{Response, StatusCode};
use serde_json::Value;

pub(crate) type BoxError = Box<dyn std::error::Error + Send + Sync>;
pub(crate) type ReplyBody = UnsyncBoxBody<Bytes, BoxError>;
pub(crate) type Reply = Response<ReplyBody>;

/// A body held in memory.
pub(crate) fn body(bytes: impl Into<Bytes>) -> ReplyBody {
    Full::new(bytes.into()).map_err(|never| match never {}).boxed_unsync()
}

/// A reply without a body.
pub(crate) fn empty(status: StatusCode) -> Reply {
    let mut reply = Response::new(body(Bytes::new()));
    *reply.status_mut() = status;
    reply
}

/// A success whose body goes on and on, for 256 MiB: far beyond what a client should read of a reply, and
/// bounded all the same.
pub(crate) fn endless() -> Reply {
    let mut reply = Response::new(Endless(4096).boxed_unsync());
    reply.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    reply
}

/// That many frames of blanks, 64 KiB each.
struct Endless(u32);

impl Body for Endless {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        static BLANKS: [u8; 64 * 1024] = [b' '; 64 * 1024];
        let Some(left) = self.0.checked_sub(1) else { return Poll::Ready(None) };
        self.0 = left;
        Poll::Ready(Some(Ok(Frame::data(Bytes::from_static(&BLANKS)))))
    }
}

/// A JSON reply.
pub(crate) fn json(status: StatusCode, value: &Value) -> Reply {
    with_type(status, "application/json", value.to_string())
}

pub(crate) fn with_type(status: StatusCode, content_type: &'static str, bytes: impl Into<Bytes>) -> Reply {
    let mut reply = Response::new(body(bytes));
    *reply.status_mut() = status;
    reply.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    reply
}

/// Reads a reply's body to its end.
pub(crate) async fn collect(reply: Reply) -> (Parts, Bytes) {
    let (parts, body) = reply.into_parts();
    let bytes = match body.collect().await {
        Ok(collected) => collected.to_bytes(),
        Err(_) => Bytes::new(),
    };
    (parts, bytes)
}
