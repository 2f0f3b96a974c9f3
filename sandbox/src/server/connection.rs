//! One connection: hyper over a stream that can be slowed down or taken back, and the record of each request.

use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use hyper::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::sync::mpsc;

use super::dispatch::dispatch;
use super::fault_injection::Exchange;
use super::faulty_io::{FaultyIo, Socket};
use super::takeover::{Connection, perform};
use crate::app::App;
use crate::http::reply::Reply;
use crate::http::request::RequestBody;
use crate::lock::lock;
use crate::operation::{Role, operation};
use crate::storage::Backend;

/// The S3 library fails on a form whose frames are larger than its own buffer whenever one of them
/// ends in something that looks like the start of the boundary.
const STORAGE_BUFFER: usize = 32 * 1024;

/// Without the library there is no such limit, and larger reads cost less.
const DISCARD_BUFFER: usize = 256 * 1024;

pub(crate) async fn serve_connection<S: Socket>(app: Arc<App>, role: Role, socket: S) {
    let (take, mut taken) = mpsc::channel(1);
    let connection =
        Connection { id: app.connections.fetch_add(1, Ordering::Relaxed) + 1, pace: Arc::default(), take };
    let io = FaultyIo::new(socket, connection.pace.clone());
    let mut http = http1::Builder::new();
    if role == Role::Storage {
        // For what is read before the first request is known.
        connection.pace.set_connection_rate(lock(&app.settings).connection_rate);
        http.max_buf_size(match app.storage.backend {
            Backend::Discard { .. } => DISCARD_BUFFER,
            _ => STORAGE_BUFFER,
        });
    }
    let service = service_fn(move |request| {
        let (app, connection) = (app.clone(), connection.clone());
        async move { Ok::<_, Infallible>(respond(&app, role, &connection, request).await) }
    });
    let mut serving = http.serve_connection(TokioIo::new(io), service);
    let takeover = tokio::select! {
        biased;
        Some(takeover) = taken.recv() => takeover,
        _ = &mut serving => return,
    };
    let socket = serving.into_parts().io.into_inner().into_socket();
    perform(socket, takeover).await;
}

async fn respond(app: &Arc<App>, role: Role, connection: &Connection, request: Request<Incoming>) -> Reply {
    let (head, inner) = request.into_parts();
    if role == Role::Control {
        return dispatch(
            app,
            role,
            Request::from_parts(head, RequestBody { inner, entry: None, damage_after: None }),
            None,
        )
        .await;
    }
    if role == Role::Storage {
        connection.pace.set_connection_rate(lock(&app.settings).connection_rate);
    }
    let op = operation(role, &head);
    let entry = app.log.begin(op, &head, connection.id);
    let fault = app.faults.take(op).or_else(|| app.hostile.draw(op));
    let body = RequestBody { inner, entry: Some(entry.clone()), damage_after: None };
    let request = Request::from_parts(head, body);
    let exchange = Exchange { app, role, connection, entry: &entry };
    let reply = match fault {
        None => exchange.dispatch(request).await,
        Some(fault) => {
            entry.set_fault(fault.ordered.clone());
            exchange.inject(request, fault).await
        }
    };
    entry.set_status(reply.status().as_u16());
    reply
}
