//! Accepts connections.

use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;

use super::connection::serve_connection;
use super::tls::Acceptors;
use crate::app::App;
use crate::lock::lock;
use crate::operation::Role;

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
            // For latency only: a reply is correct without it.
            let _ = socket.set_nodelay(true);
            match tls {
                None => serve_connection(app, role, socket).await,
                Some(tls) => {
                    let certificate = lock(&app.settings).storage_over_tls;
                    // A client that does not trust us ends the handshake: nothing to do.
                    if let Ok(socket) = tls.showing(certificate).accept(socket).await {
                        serve_connection(app, role, socket).await;
                    }
                }
            }
        });
    }
}

/// Turns a bound listener into one the runtime knows.
pub(crate) fn listen(listener: std::net::TcpListener) -> std::io::Result<TcpListener> {
    listener.set_nonblocking(true)?;
    TcpListener::from_std(listener)
}
