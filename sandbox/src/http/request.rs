//! A request as its handlers read it: the body, which the log sees go by, and what the head says of key, type
//! and length.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt;
use hyper::body::{Body, Frame, Incoming};
use hyper::header::CONTENT_TYPE;
use hyper::http::request::Parts;

use super::log::Entry;
use super::reply::BoxError;

/// A request body whose bytes the log sees as they are read.
pub(crate) struct RequestBody {
    pub inner: Incoming,
    pub entry: Option<Arc<Entry>>,
    /// Bytes before the one that is damaged on the way, if one is to be.
    pub damage_after: Option<u64>,
}

impl RequestBody {
    /// The lowest bit of the byte that is due becomes another.
    fn damaged(&mut self, data: Bytes) -> Bytes {
        let (Some(before), len) = (self.damage_after, data.len() as u64) else { return data };
        self.damage_after = before.checked_sub(len);
        match usize::try_from(before).ok().filter(|_| before < len) {
            Some(at) => {
                let mut data = BytesMut::from(&data[..]);
                data[at] ^= 1;
                data.freeze()
            }
            None => data,
        }
    }
}

impl Body for RequestBody {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        let frame = ready!(Pin::new(&mut self.inner).poll_frame(cx));
        if let (Some(entry), Some(Ok(frame))) = (&self.entry, &frame)
            && let Some(data) = frame.data_ref()
        {
            entry.record_body(data);
        }
        let frame = frame.map(|frame| frame.map(|frame| frame.map_data(|data| self.damaged(data))));
        Poll::Ready(frame.map(|frame| frame.map_err(BoxError::from)))
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> hyper::body::SizeHint {
        self.inner.size_hint()
    }
}

/// Reads the rest of a body; `false` if it broke off.
pub(crate) async fn drain(body: &mut RequestBody) -> bool {
    while let Some(frame) = body.frame().await {
        if frame.is_err() {
            return false;
        }
    }
    true
}

/// A body of at most `limit` bytes. Of a longer one `cut` gives the start, once all of it has been read.
pub(crate) async fn read_up_to(mut body: RequestBody, limit: usize, cut: bool) -> Result<Bytes, ()> {
    let mut read = BytesMut::new();
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(drop)?;
        let data = frame.data_ref().map_or(&[][..], |data| data);
        let room = limit - read.len();
        if data.len() > room && !cut {
            return Err(());
        }
        read.extend_from_slice(&data[..data.len().min(room)]);
    }
    Ok(read.freeze())
}

/// Whether the request carries this bearer key.
pub(crate) fn has_key(head: &Parts, key: &str) -> bool {
    head.headers
        .get("authorization")
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.split_once(' '))
        .is_some_and(|(scheme, given)| scheme.eq_ignore_ascii_case("bearer") && given.trim() == key)
}

/// Whether the request says it carries JSON.
pub(crate) fn is_json(head: &Parts) -> bool {
    head.headers
        .get(CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.split(';').next())
        .is_some_and(|kind| kind.trim().eq_ignore_ascii_case("application/json"))
}

pub(crate) fn content_length(head: &Parts) -> Option<u64> {
    let value = head.headers.get("content-length")?;
    value.to_str().ok()?.parse().ok()
}
