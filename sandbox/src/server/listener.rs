//! Connections: accepting them, giving each request to its service, and carrying out faults, for
//! which the raw stream is taken back from hyper. Knows no service's rules.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt;
use hyper::body::{Body, Frame, Incoming};
use hyper::header::{CONTENT_LENGTH, CONTENT_TYPE, HeaderName, HeaderValue};
use hyper::http::request::Parts;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, StatusCode};
use hyper_util::rt::TokioIo;
use serde_json::{Map, Value};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpListener;
use tokio::sync::mpsc;

use crate::agentdrop::{create, routes as agentdrop};
use crate::config::Settings;
use crate::control;
use crate::faults::hostile::Hostile;
use crate::faults::orders::{Action, Canned, Fault, Faults};
use crate::hcompany::routes as hcompany;
use crate::http::log::{Entry, Log, lock};
use crate::http::reply::{self, BoxError, Reply};
use crate::presign::Signer;
use crate::server::faulty_io::{FaultyIo, Pace, Socket};
use crate::server::tls::Acceptors;
use crate::storage::handler::{self as storage, Storage};
use crate::storage::objects::{Objects, State};

/// Longest a stalled connection is held open.
const STALL: Duration = Duration::from_secs(600);
/// The S3 library fails on a form whose frames are larger than its own buffer whenever one of them
/// ends in something that looks like the start of the boundary.
const STORAGE_BUFFER: usize = 32 * 1024;
/// Without the library there is no such limit, and larger reads cost less.
const DISCARD_BUFFER: usize = 256 * 1024;
/// No API request is larger, but one that carries files.
const MAX_API_BODY: usize = 1024 * 1024;

/// Every operation a request can be, other than those of the control endpoint.
pub(crate) const OPS: &[&str] = &[
    "initiate_upload",
    "post_form",
    "complete_upload",
    "get_profile",
    "list_profiles",
    "delete_profile",
    "presign",
    "presign_multipart",
    "put",
    "put_part",
    "complete_multipart",
    "abort_multipart",
    "confirm",
    "create_transfer",
    "get_transfer",
    "download",
    "resolve",
    "register_agent",
    "inbox",
    "channel",
    "get_object",
    "other",
];

/// Everything the listeners share.
pub(crate) struct App {
    pub settings: Mutex<Settings>,
    /// What a reset goes back to.
    pub first_settings: Settings,
    pub storage: Storage,
    pub signer: Signer,
    /// Storage once more, behind a certificate that nobody trusts.
    pub untrusted_origin: Option<String>,
    pub objects: Arc<Objects>,
    pub state: Mutex<State>,
    pub log: Log,
    pub faults: Faults,
    pub hostile: Hostile,
    pub api_url: String,
    pub connections: AtomicU64,
    /// Held while an upload in parts is being ended.
    pub completing: tokio::sync::Mutex<()>,
}

impl App {
    pub fn storage_is_external(&self) -> bool {
        matches!(self.storage, Storage::External(_))
    }

    /// Signs tickets for where the settings say that storage is.
    pub fn ticket_signer(&self, settings: &Settings) -> Signer {
        let mut signer = self.signer.clone();
        if let (true, Some(origin)) = (settings.storage_over_tls.is_some(), &self.untrusted_origin) {
            signer.origin.clone_from(origin);
        }
        signer
    }

    pub fn profiles(&self) -> Value {
        lock(&self.state).profiles.iter().map(|profile| profile.shown.clone()).collect()
    }

    pub fn transfers(&self) -> Value {
        lock(&self.state)
            .transfers
            .iter()
            .map(|transfer| agentdrop::show_all(transfer, &self.api_url))
            .collect()
    }

    /// As if just started.
    pub fn reset(&self) {
        *lock(&self.settings) = self.first_settings.clone();
        *lock(&self.state) = State::default();
        self.objects.clear();
        self.faults.clear();
        self.hostile.end();
        self.log.clear();
    }
}

/// What a listener serves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    Api,
    Storage,
    Control,
}

/// Accepts connections until the runtime ends.
pub(crate) async fn serve(app: Arc<App>, role: Role, listener: TcpListener, tls: Option<Acceptors>) {
    loop {
        let Ok((socket, _)) = listener.accept().await else {
            // Out of file descriptors, most likely: it passes.
            tokio::time::sleep(Duration::from_millis(50)).await;
            continue;
        };
        let app = app.clone();
        let tls = tls.clone();
        tokio::spawn(async move {
            // Latency only; a reply is correct without it.
            let _ = socket.set_nodelay(true);
            match tls {
                None => connection(app, role, socket).await,
                Some(tls) => {
                    let certificate = lock(&app.settings).storage_over_tls;
                    // A client that does not trust us ends the handshake: nothing to do.
                    if let Ok(socket) = tls.showing(certificate).accept(socket).await {
                        connection(app, role, socket).await;
                    }
                }
            }
        });
    }
}

/// What to do with the raw stream once hyper has let go of it.
enum Takeover {
    /// RST.
    Reset,
    /// FIN, or RST if something was left unread.
    Close,
    /// Hold it open, read nothing.
    Stall,
    /// These bytes, then drop it at once.
    WriteAndDrop(Vec<u8>),
    /// These bytes, then close in order.
    WriteAndClose(Vec<u8>),
}

/// What a request handler knows of its connection.
#[derive(Clone)]
struct Wire {
    id: u64,
    pace: Arc<Pace>,
    take: mpsc::Sender<Takeover>,
}

impl Wire {
    /// Hands the stream over. Never returns: this future ends with the connection.
    async fn take_over<T>(&self, how: Takeover) -> T {
        // Nobody to take it means the connection is gone already.
        let _ = self.take.send(how).await;
        std::future::pending().await
    }
}

async fn connection<S: Socket>(app: Arc<App>, role: Role, socket: S) {
    let (take, mut taken) = mpsc::channel(1);
    let wire = Wire { id: app.connections.fetch_add(1, Ordering::Relaxed) + 1, pace: Arc::default(), take };
    let io = FaultyIo::new(socket, wire.pace.clone());
    let mut http = http1::Builder::new();
    if role == Role::Storage {
        // For what is read before the first request is known.
        wire.pace.hold(lock(&app.settings).connection_rate);
        http.max_buf_size(match app.storage {
            Storage::Discard => DISCARD_BUFFER,
            _ => STORAGE_BUFFER,
        });
    }
    let service = service_fn(move |request| {
        let (app, wire) = (app.clone(), wire.clone());
        async move { Ok::<_, Infallible>(respond(&app, role, &wire, request).await) }
    });
    let mut serving = http.serve_connection(TokioIo::new(io), service);
    let how = tokio::select! {
        biased;
        Some(how) = taken.recv() => how,
        _ = &mut serving => return,
    };
    let socket = serving.into_parts().io.into_inner().into_socket();
    perform(socket, how).await;
}

async fn perform<S: Socket>(mut socket: S, how: Takeover) {
    // The client may be gone by now, and every one of these errors means just that.
    match how {
        Takeover::Reset => {
            let _ = socket2::SockRef::from(socket.tcp()).set_linger(Some(Duration::ZERO));
        }
        Takeover::Close => {
            let _ = socket.shutdown().await;
        }
        Takeover::Stall => tokio::time::sleep(STALL).await,
        Takeover::WriteAndDrop(bytes) => {
            let _ = socket.write_all(&bytes).await;
            let _ = socket.flush().await;
        }
        Takeover::WriteAndClose(bytes) => {
            let _ = socket.write_all(&bytes).await;
            let _ = socket.flush().await;
            let _ = socket.shutdown().await;
        }
    }
}

/// A request body whose bytes the log sees as they are read.
pub(crate) struct RequestBody {
    inner: Incoming,
    entry: Option<Arc<Entry>>,
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
            entry.saw(data);
        }
        Poll::Ready(frame.map(|frame| frame.map_err(BoxError::from)))
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> hyper::body::SizeHint {
        self.inner.size_hint()
    }
}

async fn respond(app: &Arc<App>, role: Role, wire: &Wire, request: Request<Incoming>) -> Reply {
    let (head, inner) = request.into_parts();
    if role == Role::Control {
        return dispatch(app, role, Request::from_parts(head, RequestBody { inner, entry: None }), None)
            .await;
    }
    if role == Role::Storage {
        wire.pace.hold(lock(&app.settings).connection_rate);
    }
    let op = operation(role, &head);
    let entry = app.log.begin(op, &head, wire.id);
    let fault = app.faults.take(op).or_else(|| app.hostile.draw(op));
    let body = RequestBody { inner, entry: Some(entry.clone()) };
    let request = Request::from_parts(head, body);
    let reply = match fault {
        None => dispatch(app, role, request, Some(&entry)).await,
        Some(fault) => {
            entry.set_fault(fault.ordered.clone());
            misbehave(app, role, wire, request, &entry, fault).await
        }
    };
    entry.set_status(reply.status().as_u16());
    reply
}

async fn misbehave(
    app: &Arc<App>,
    role: Role,
    wire: &Wire,
    request: Request<RequestBody>,
    entry: &Arc<Entry>,
    fault: Fault,
) -> Reply {
    if fault.delay_ms > 0 {
        tokio::time::sleep(Duration::from_millis(fault.delay_ms)).await;
    }
    match fault.action {
        Action::Nothing => dispatch(app, role, request, Some(entry)).await,
        Action::Reply { reply, early } => {
            if !early {
                storage::drain(&mut request.into_body()).await;
            }
            canned(&reply)
        }
        Action::LoseReply => {
            let reply = dispatch(app, role, request, Some(entry)).await;
            reply::collect(reply).await;
            wire.take_over(Takeover::Close).await
        }
        Action::ResetAfter(bytes) => {
            wire.pace.narrow();
            // Kept until the end, here and below: hyper would drain an abandoned body.
            let mut body = request.into_body();
            read_at_least(&mut body, bytes).await;
            wire.take_over(Takeover::Reset).await
        }
        Action::RefuseAfter { bytes, reply } => {
            wire.pace.narrow();
            let mut body = request.into_body();
            read_at_least(&mut body, bytes).await;
            entry.set_status(reply.status);
            let (head, body_bytes) = reply::collect(canned(&reply)).await;
            let bytes = raw(&head, &body_bytes, body_bytes.len());
            wire.take_over(Takeover::WriteAndDrop(bytes)).await
        }
        Action::StallAfter(bytes) => {
            wire.pace.narrow();
            let mut body = request.into_body();
            read_at_least(&mut body, bytes).await;
            wire.take_over(Takeover::Stall).await
        }
        Action::Slow(rate) => {
            wire.pace.narrow();
            wire.pace.slow(rate);
            let reply = dispatch(app, role, request, Some(entry)).await;
            wire.pace.slow(0);
            reply
        }
        Action::TruncateReply(bytes) => {
            let reply = dispatch(app, role, request, Some(entry)).await;
            entry.set_status(reply.status().as_u16());
            let (head, body) = reply::collect(reply).await;
            let bytes = raw(&head, &body, bytes.min(body.len()));
            wire.take_over(Takeover::WriteAndClose(bytes)).await
        }
        Action::EndlessReply => {
            storage::drain(&mut request.into_body()).await;
            reply::endless()
        }
        Action::RawReply(bytes) => {
            storage::drain(&mut request.into_body()).await;
            wire.take_over(Takeover::WriteAndClose(bytes)).await
        }
        Action::Patch { json, headers } => {
            let reply = dispatch(app, role, request, Some(entry)).await;
            if !reply.status().is_success() {
                return reply;
            }
            patched(reply, &json, &headers).await
        }
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

fn canned(canned: &Canned) -> Reply {
    let status = StatusCode::from_u16(canned.status).unwrap_or(StatusCode::SERVICE_UNAVAILABLE);
    let mut reply = if canned.content_type.is_empty() {
        reply::empty(status)
    } else {
        reply::with_type(status, canned.content_type, canned.body.clone())
    };
    set_headers(&mut reply, &canned.headers);
    reply
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

async fn patched(reply: Reply, changes: &Map<String, Value>, headers: &Map<String, Value>) -> Reply {
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
fn raw(head: &hyper::http::response::Parts, body: &Bytes, sent: usize) -> Vec<u8> {
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

async fn dispatch(
    app: &Arc<App>,
    role: Role,
    request: Request<RequestBody>,
    entry: Option<&Arc<Entry>>,
) -> Reply {
    if let (Role::Storage, Some(entry)) = (role, entry) {
        return storage::handle(app, request, entry).await;
    }
    let (head, body) = request.into_parts();
    // One byte more than allowed, for the endpoint to refuse in its own words.
    let with_files = operation(role, &head) == "create_transfer";
    let limit = if with_files { create::MAX_FORM + 1 } else { MAX_API_BODY };
    let Ok(body) = up_to(body, limit, with_files).await else {
        return reply::empty(StatusCode::PAYLOAD_TOO_LARGE);
    };
    let path = head.uri.path();
    if role == Role::Control {
        control::handle(app, &head, &body).await
    } else if path.starts_with(hcompany::PREFIX) {
        hcompany::handle(app, &head, &body).await
    } else if path.starts_with("/v1/") {
        agentdrop::handle(app, &head, &body).await
    } else {
        reply::empty(StatusCode::NOT_FOUND)
    }
}

/// A body of at most `limit` bytes. Of a longer one `cut` gives the start, once all of it has been read.
async fn up_to(mut body: RequestBody, limit: usize, cut: bool) -> Result<Bytes, ()> {
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

/// Which operation a request is, by method and path alone.
fn operation(role: Role, head: &Parts) -> &'static str {
    let method = &head.method;
    if role == Role::Storage {
        return match *method {
            Method::PUT if storage::part_number(head.uri.query()).is_some() => "put_part",
            Method::PUT => "put",
            Method::POST => "post_form",
            Method::GET | Method::HEAD => "get_object",
            _ => "other",
        };
    }
    let path = head.uri.path().trim_start_matches('/');
    let segments: Vec<&str> = path.split('/').collect();
    match (method, segments.as_slice()) {
        (&Method::POST, ["api", "v2", "browser-profiles", "initiate-upload"]) => "initiate_upload",
        (&Method::POST, ["api", "v2", "browser-profiles", _, "complete-upload"]) => "complete_upload",
        (&Method::GET, ["api", "v2", "browser-profiles"]) => "list_profiles",
        (&Method::GET, ["api", "v2", "browser-profiles", _]) => "get_profile",
        (&Method::DELETE, ["api", "v2", "browser-profiles", _]) => "delete_profile",
        (&Method::POST, ["v1", "transfers", "presigned"]) => "presign",
        (&Method::POST, ["v1", "transfers"]) => "create_transfer",
        (&Method::POST, ["v1", "transfers", "presigned", "multipart"]) => "presign_multipart",
        (&Method::POST, ["v1", "transfers", _, "files", _, "complete-multipart"]) => "complete_multipart",
        (&Method::POST, ["v1", "transfers", _, "files", _, "abort-multipart"]) => "abort_multipart",
        (&Method::POST, ["v1", "transfers", _, "confirm"]) => "confirm",
        (&Method::GET, ["v1", "transfers", _]) => "get_transfer",
        (&Method::GET, ["v1", "transfers", _, "download"]) => "download",
        (&Method::GET, ["v1", "agents", "resolve"]) => "resolve",
        (&Method::POST, ["v1", "agents", "register"]) => "register_agent",
        (&Method::GET, ["v1", "agents", _, "inbox"]) => "inbox",
        (_, ["v1", "channels", ..]) => "channel",
        _ => "other",
    }
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

/// Turns a bound listener into one the runtime knows.
pub(crate) fn listen(listener: std::net::TcpListener) -> std::io::Result<TcpListener> {
    listener.set_nonblocking(true)?;
    TcpListener::from_std(listener)
}
