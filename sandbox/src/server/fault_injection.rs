//! Carries out the fault that a request meets.

use std::sync::Arc;

use bytes::Bytes;
use http_body_util::BodyExt;
use hyper::Request;

use super::altered_reply::{as_bytes, ordered, patched};
use super::dispatch::dispatch;
use super::takeover::{Connection, Takeover};
use crate::app::App;
use crate::faults::{Action, Fault, OrderedReply};
use crate::http::log::Entry;
use crate::http::reply::{self, Reply};
use crate::http::request::{RequestBody, drain};
use crate::operation::Role;

/// A request in progress: its connection, and its entry in the log.
pub(crate) struct Exchange<'a> {
    pub app: &'a Arc<App>,
    pub role: Role,
    pub connection: &'a Connection,
    pub entry: &'a Arc<Entry>,
}

impl Exchange<'_> {
    pub async fn dispatch(&self, request: Request<RequestBody>) -> Reply {
        dispatch(self.app, self.role, request, Some(self.entry)).await
    }

    /// Answers a request as its fault says.
    pub async fn inject(&self, request: Request<RequestBody>, mut fault: Fault) -> Reply {
        fault.wait().await;
        match fault.action {
            Action::Nothing => self.dispatch(request).await,
            Action::Reply { reply, early } => {
                if !early {
                    drain(&mut request.into_body()).await;
                }
                ordered(&reply)
            }
            Action::EndlessReply => {
                drain(&mut request.into_body()).await;
                reply::endless()
            }
            Action::RawReply(bytes) => {
                drain(&mut request.into_body()).await;
                self.connection.take_over(Takeover::WriteAndClose(bytes)).await
            }
            Action::ResetAfter(bytes) => {
                let _body = self.read_part(request, bytes).await;
                self.connection.take_over(Takeover::Reset).await
            }
            Action::StallAfter(bytes) => {
                let _body = self.read_part(request, bytes).await;
                self.connection.take_over(Takeover::Stall).await
            }
            Action::FlipBit(after) => {
                let damaged = request.map(|body| RequestBody { damage_after: Some(after), ..body });
                self.dispatch(damaged).await
            }
            Action::RefuseAfter { bytes, reply } => self.refuse_after(request, bytes, &reply).await,
            Action::LoseReply => self.lose_reply(request).await,
            Action::Slow(rate) => self.slow_down(request, rate).await,
            Action::TruncateReply(bytes) => self.truncate_reply(request, bytes).await,
            Action::Patch { json, headers } => {
                let reply = self.dispatch(request).await;
                if reply.status().is_success() { patched(reply, &json, &headers).await } else { reply }
            }
        }
    }

    /// Reads `bytes` of a body. The caller keeps the rest until the connection ends: hyper would drain a body
    /// that is dropped.
    async fn read_part(&self, request: Request<RequestBody>, bytes: u64) -> RequestBody {
        self.connection.pace.set_small_window(true);
        let mut body = request.into_body();
        read_at_least(&mut body, bytes).await;
        body
    }

    async fn refuse_after(&self, request: Request<RequestBody>, bytes: u64, order: &OrderedReply) -> Reply {
        let _body = self.read_part(request, bytes).await;
        self.entry.set_status(order.status);
        let (head, body) = reply::collect(ordered(order)).await;
        let bytes = as_bytes(&head, &body, body.len());
        self.connection.take_over(Takeover::WriteAndDrop(bytes)).await
    }

    async fn lose_reply(&self, request: Request<RequestBody>) -> Reply {
        let reply = self.dispatch(request).await;
        reply::collect(reply).await;
        self.connection.take_over(Takeover::Close).await
    }

    async fn slow_down(&self, request: Request<RequestBody>, rate: u64) -> Reply {
        self.connection.pace.set_small_window(true);
        self.connection.pace.set_fault_rate(rate);
        let reply = self.dispatch(request).await;
        self.connection.pace.set_fault_rate(0);
        self.connection.pace.set_small_window(false);
        reply
    }

    async fn truncate_reply(&self, request: Request<RequestBody>, bytes: usize) -> Reply {
        let reply = self.dispatch(request).await;
        self.entry.set_status(reply.status().as_u16());
        let (head, body) = reply::collect(reply).await;
        let bytes = as_bytes(&head, &body, bytes.min(body.len()));
        self.connection.take_over(Takeover::WriteAndClose(bytes)).await
    }
}

/// Reads until `bytes` have come, the body ends or the client is gone.
async fn read_at_least(body: &mut RequestBody, bytes: u64) {
    let mut read = 0;
    while read < bytes {
        match body.frame().await {
            Some(Ok(frame)) => read += frame.data_ref().map_or(0, Bytes::len) as u64,
            Some(Err(_)) | None => return,
        }
    }
}
