//! One attempt at sending one payload over one connection: when it starts, stalls and ends.
//!
//! An attempt ends once. A success counts only after the body gave out every declared byte; an
//! earlier one is a server (or a proxy) that did not read what we sent. Whenever an attempt ends
//! other than cleanly its connection is closed with it.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use http::header::{CONTENT_LENGTH, EXPECT, HOST, PROXY_AUTHORIZATION, TRANSFER_ENCODING};
use http::{HeaderMap, HeaderValue, Request, StatusCode, Uri};
use http_body::Body as _;
use http_body_util::BodyExt as _;
use hyper::body::Incoming;

use super::Target;
use super::bandwidth::Bandwidth;
use super::body::{AttemptBody, BodyState, ContinueGate};
use super::limits::{Limits, within_limits};
use super::messages::{Outgoing, Reply};
use super::page::Page;
use super::pool::Connection;
use super::tunnel;
use crate::digest::{Digests, PendingDigests};
use crate::error::{Error, ErrorKind, Result, Side};
use crate::options::Proxy;
use crate::progress::Counters;
use crate::secret::Mask;
use crate::source::Reading;

/// Bodies larger than this ask `Expect: 100-continue` first, so that a refusal costs no upload.
const EXPECT_ABOVE: u64 = 1024 * 1024;
/// Storage answers in a few hundred bytes of XML.
const MAX_REPLY_BYTES: usize = 64 * 1024;
const REPLY_BODY_TIMEOUT: Duration = Duration::from_secs(30);

/// An attempt that got no answer.
pub(super) struct Unanswered {
    pub(super) error: Error,
    /// If every byte was handed over, so that the object may be stored: the digests of what was sent.
    pub(super) sent_whole: Option<Digests>,
    /// The file it was read from, if that changed meanwhile.
    pub(super) changed: Option<Arc<Reading>>,
    /// Whether any byte of it left.
    pub(super) began: bool,
    /// For want of a user name and password that the proxy takes. It was not passed on.
    pub(super) login_refused: bool,
    /// The connection was an old one and died before a byte of a reply: the server had closed it
    /// while it was idle, which says nothing about this request.
    pub(super) stale_connection: bool,
}

/// Sends and reads the reply. Returns the connection too if it can carry another request.
pub(super) async fn run(
    mut connection: Connection,
    target: &Target,
    outgoing: &Outgoing,
    expect: bool,
    limits: Limits,
    bandwidth: &Arc<Bandwidth>,
    progress: &Arc<Counters>,
) -> Result<(Reply, Option<Connection>), Unanswered> {
    let (gate, open) = (expect && outgoing.payload.len() > EXPECT_ABOVE).then(ContinueGate::new).unzip();
    let opened = AttemptBody::open(&outgoing.payload, outgoing.digests, gate, bandwidth, progress).await;
    let (body, state, pending) = opened.map_err(Unanswered::of)?;
    let mut request = request(target, outgoing, &connection, body).map_err(Unanswered::of)?;
    if let Some(open) = open {
        ask_for_continue(&mut request, open, &connection, &state);
    }

    let undo = UndoUnlessKept { state: &state, kept: false };
    let before = MeterReading::of(&connection);
    connection.meter.touch();
    let sending = connection.sender.send_request(request);
    let head = match within_limits(sending, &connection, &state, target, limits).await {
        Ok(head) => head,
        Err(error) => return Err(unanswered(error, &connection, &state, before, pending).await),
    };
    let complete = has_left(outgoing, &connection, &state, before);
    if complete {
        connection.meter.answered();
    }
    state.stop();
    let proxy = connection.absolute_form.as_ref();
    if let Some(proxy) = proxy.filter(|_| head.status() == StatusCode::PROXY_AUTHENTICATION_REQUIRED) {
        return Err(Unanswered::login_refused(tunnel::login_wanted(proxy, head.headers())));
    }
    let hides = proxy.and_then(Proxy::secrets).cloned();
    let last_may_have_left = state.is_complete();
    let done = outgoing.is_done(head.status(), head.headers());
    if (done || head.status().is_success()) && !complete {
        return Err(success_too_early(target, &head, hides.as_ref(), last_may_have_left));
    }
    let unread = has_stray_body(&head);
    let wait = ReplyWait::of(outgoing, limits);
    let mut reply = receive(head, wait, pending.filter(|_| done), done.then_some(undo)).await;
    reply.complete = complete;
    reply.last_may_have_left = last_may_have_left;
    reply.ignores_expect = state.was_sent_unasked();
    reply.file.clone_from(&state.file);
    reply.hide_login(hides, done);
    let reusable = complete && reply.whole && !unread && connection.is_ready_again().await;
    Ok((reply, reusable.then_some(connection)))
}

/// Whether every byte has left this machine's buffers.
fn has_left(outgoing: &Outgoing, connection: &Connection, state: &BodyState, before: MeterReading) -> bool {
    // Bytes that hyper and TLS hold in their buffers have not left. Head and TLS make the count larger, so
    // that it is reached while the last of a large body still waits; but then the socket would take no more.
    let left = MeterReading::of(connection).written - before.written;
    state.is_complete() && left >= outgoing.payload.len() && !connection.meter.is_blocked()
}

/// A success that came before the last byte had left.
fn success_too_early(
    target: &Target,
    head: &http::Response<Incoming>,
    hides: Option<&Mask>,
    last_may_have_left: bool,
) -> Unanswered {
    let error = answered_early(target, head);
    let error = error.hiding(|text| hides.map_or_else(|| text.to_owned(), |hides| hides.hidden(text)));
    let sent_whole = last_may_have_left.then(Digests::default);
    Unanswered { sent_whole, began: true, ..Unanswered::of(error) }
}

/// The bytes a connection had carried at some moment.
#[derive(Clone, Copy)]
struct MeterReading {
    written: u64,
    reply: u64,
}

impl MeterReading {
    fn of(connection: &Connection) -> Self {
        Self { written: connection.meter.bytes_written(), reply: connection.meter.reply_bytes() }
    }
}

impl Unanswered {
    fn login_refused(error: Error) -> Self {
        Self { began: true, login_refused: true, ..Self::of(error) }
    }

    fn of(error: Error) -> Self {
        let (sent_whole, changed) = (None, None);
        Self { error, sent_whole, changed, began: false, login_refused: false, stale_connection: false }
    }
}

async fn unanswered(
    error: Error,
    connection: &Connection,
    state: &BodyState,
    before: MeterReading,
    pending: Option<PendingDigests>,
) -> Unanswered {
    let now = MeterReading::of(connection);
    let began = now.written > before.written;
    if let Some(failure) = state.take_failure() {
        return Unanswered { began, ..Unanswered::of(failure) };
    }
    let no_reply_byte = now.reply == before.reply;
    let broke = error.kind() == ErrorKind::Network;
    let sent_whole = match pending {
        // A connection that was over before it took anything took no last byte either.
        _ if !state.is_complete() || (broke && !began) => None,
        // Nor does a server that refuses the handshake meanwhile: it has not answered anything on this
        // connection.
        _ if error.kind() == ErrorKind::Tls => None,
        Some(pending) => Some(pending.digests().await),
        None => Some(Digests::default()),
    };
    let stale_connection = connection.reused && no_reply_byte && broke;
    // Only such a one is held open until it is compared.
    let changed = state.file.clone().filter(|file| sent_whole.is_some() && file.changed());
    Unanswered { sent_whole, changed, began, stale_connection, ..Unanswered::of(error) }
}

/// The rest of the reply, and the digest of a success.
async fn receive(
    head: http::Response<Incoming>,
    wait: ReplyWait,
    pending: Option<PendingDigests>,
    undo: Option<UndoUnlessKept<'_>>,
) -> Reply {
    let (parts, incoming) = head.into_parts();
    // A refusal is known by its status even if its text is lost; a success is known by its headers,
    // once every byte was sent.
    let (body, end) = read_reply(incoming, wait).await;
    let digests = match pending {
        Some(pending) => pending.digests().await,
        None => Digests::default(),
    };
    let counted = undo.map_or(0, UndoUnlessKept::keep);
    Reply {
        status: parts.status,
        headers: parts.headers,
        body,
        whole: end == ReplyEnd::Whole,
        lost: end == ReplyEnd::Lost,
        digests,
        complete: true,
        last_may_have_left: true,
        ignores_expect: false,
        file: None,
        counted,
        hides: None,
    }
}

/// Progress counts bytes of attempts that still may succeed.
struct UndoUnlessKept<'a> {
    state: &'a BodyState,
    kept: bool,
}

impl UndoUnlessKept<'_> {
    fn keep(mut self) -> u64 {
        self.kept = true;
        self.state.source_bytes()
    }
}

impl Drop for UndoUnlessKept<'_> {
    fn drop(&mut self) {
        // A connection that is being closed may ask for a last chunk.
        self.state.stop();
        if !self.kept {
            self.state.undo_progress();
        }
    }
}

fn request(
    target: &Target,
    outgoing: &Outgoing,
    connection: &Connection,
    body: AttemptBody,
) -> Result<Request<AttemptBody>> {
    let unusable = || Error::internal("a checked target did not make a request");
    let uri = match &connection.absolute_form {
        None => Uri::from(target.path_and_query().clone()),
        Some(_) => Uri::builder()
            .scheme("http")
            .authority(target.authority())
            .path_and_query(target.path_and_query().clone())
            .build()
            .map_err(|_| unusable())?,
    };
    let mut request = Request::new(body);
    *request.method_mut() = outgoing.method.clone();
    *request.uri_mut() = uri;
    let headers = request.headers_mut();
    *headers = HeaderMap::clone(&outgoing.headers);
    headers.insert(HOST, HeaderValue::from_str(target.authority()).map_err(|_| unusable())?);
    headers.insert(CONTENT_LENGTH, HeaderValue::from(outgoing.payload.len()));
    if let Some(auth) = connection.absolute_form.as_ref().and_then(Proxy::authorization) {
        headers.insert(PROXY_AUTHORIZATION, auth.clone());
    }
    debug_assert_eq!(request.body().size_hint().exact(), Some(outgoing.payload.len()));
    Ok(request)
}

/// Asks the server whether it wants the body, which goes when it says so.
fn ask_for_continue(
    request: &mut Request<AttemptBody>,
    open: tokio::sync::oneshot::Sender<()>,
    connection: &Connection,
    state: &Arc<BodyState>,
) {
    request.headers_mut().insert(EXPECT, HeaderValue::from_static("100-continue"));
    let open = Mutex::new(Some(open));
    let (meter, state) = (Arc::clone(&connection.meter), Arc::clone(state));
    hyper::ext::on_informational(request, move |response| {
        if response.status() != StatusCode::CONTINUE {
            return;
        }
        // Later than a body waits for it where the line is slow; the server says it all the same.
        state.note_continue();
        if let Some(open) = open.lock().unwrap_or_else(PoisonError::into_inner).take() {
            // Only the first one is progress; a server may say it for ever.
            meter.touch();
            // The body may be gone already.
            let _ = open.send(());
        }
    });
}

/// A 204 that tells of a body: what comes after it would be read as the next answer on this connection.
fn has_stray_body(head: &http::Response<Incoming>) -> bool {
    let length = head.headers().get(CONTENT_LENGTH);
    head.status() == StatusCode::NO_CONTENT
        && (length.is_some_and(|length| length != "0") || head.headers().contains_key(TRANSFER_ENCODING))
}

fn answered_early(target: &Target, head: &http::Response<Incoming>) -> Error {
    let status = head.status();
    if let Some(page) = Page::announced(head.headers()) {
        let message = format!(
            "{page} answered {} to the upload to {} before the file was sent, so something in between answered, not storage, and the file is not there; have the proxy, filter or sign-in page in between let uploads through",
            status.as_u16(),
            target.host()
        );
        return Error::new(ErrorKind::Network, message).retryable_is(false).status_is(status.as_u16());
    }
    Error::new(
        ErrorKind::Network,
        format!(
            "{} answered {} before it had the whole file, so the file is not there; check for a proxy in between and try again",
            target.host(),
            status.as_u16()
        ),
    )
    .side_is(Side::Storage)
    .status_is(status.as_u16())
}

/// How long the body of a reply may take.
#[derive(Debug, Clone, Copy)]
struct ReplyWait {
    limit: Duration,
    /// Whether that is from one piece to the next, and not for all of it.
    for_each: bool,
}

impl ReplyWait {
    fn of(outgoing: &Outgoing, limits: Limits) -> Self {
        match outgoing.handling.by_service {
            true => Self { limit: limits.response, for_each: true },
            // The head was the answer.
            false => Self { limit: limits.response.min(REPLY_BODY_TIMEOUT), for_each: false },
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum ReplyEnd {
    Whole,
    /// The rest is left unread.
    TooLong,
    Lost,
}

/// The reply's body, up to a limit, and how it ended.
async fn read_reply<B>(mut incoming: B, wait: ReplyWait) -> (Bytes, ReplyEnd)
where
    B: http_body::Body<Data = Bytes> + Unpin,
{
    let mut read = Vec::new();
    let mut until = tokio::time::Instant::now() + wait.limit;
    let end = loop {
        let data = match tokio::time::timeout_at(until, incoming.frame()).await {
            Ok(None) => break ReplyEnd::Whole,
            Ok(Some(Ok(frame))) => frame.into_data(),
            Ok(Some(Err(_))) | Err(_) => break ReplyEnd::Lost,
        };
        let Ok(data) = data else { continue };
        let room = MAX_REPLY_BYTES - read.len();
        read.extend_from_slice(&data[..data.len().min(room)]);
        if data.len() > room {
            // Blanks alone are no answer yet.
            break if read.trim_ascii().is_empty() { ReplyEnd::Lost } else { ReplyEnd::TooLong };
        }
        if wait.for_each {
            until = tokio::time::Instant::now() + wait.limit;
        }
    };
    (read.into(), end)
}
