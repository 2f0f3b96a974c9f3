//! The server over standard input and output, from its start to the end of the client's input.

use std::fs::File;
use std::pin::pin;
use std::time::Duration;

use dropoff::{Error, Result};
use rmcp::ServiceExt as _;
use rmcp::service::{QuitReason, ServerInitializeError};
use tokio::runtime::Builder;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use crate::pipes::{Input, Output};
use crate::server::Server;
use crate::settings::Settings;

/// A cancelled call has this long to clean up; the core's own limit is 5 s.
const CLEANUP_TIME: Duration = Duration::from_secs(10);
/// A client that is leaving has this long to read what is left for it. The protocol's library waits for 5 s
/// of them, and then for as long as the client reads nothing.
const LAST_ANSWERS_TIME: Duration = Duration::from_secs(6);

/// A server, ready to serve its one client.
pub struct McpServer {
    server: Server,
    stop: CancellationToken,
}

/// Stops a server from another thread. What runs is cancelled, and cleans up.
#[derive(Clone)]
pub struct Stopper(CancellationToken);

impl Stopper {
    /// Stops it. Never blocks.
    pub fn stop(&self) {
        self.0.cancel();
    }
}

impl McpServer {
    /// # Errors
    /// `invalid_input` for settings that do not fit each other.
    pub fn new(settings: Settings) -> Result<Self> {
        Ok(Self { server: Server::new(settings)?, stop: CancellationToken::new() })
    }

    /// Sentences about tools that are not offered and folders that are not there, for whoever starts the
    /// server.
    #[must_use]
    pub fn notes(&self) -> Vec<String> {
        self.server.notes()
    }

    /// What stops it.
    #[must_use]
    pub fn stopper(&self) -> Stopper {
        Stopper(self.stop.clone())
    }

    /// Serves the client on standard input and output until the input ends, or until it is stopped. Standard
    /// output is the protocol's alone.
    ///
    /// # Errors
    /// `invalid_input` for what is no client of the protocol; `unavailable` if there is no thread or
    /// descriptor for it.
    pub fn serve(self) -> Result<()> {
        let runtime = Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(|error| Error::no_descriptor("setting up the server", &error))?;
        let served = runtime.block_on(self.run());
        // What is left waits for a client that reads nothing.
        runtime.shutdown_background();
        served
    }

    async fn run(self) -> Result<()> {
        let Self { server, stop } = self;
        let (ended, calls) = (server.ended.clone(), server.calls.clone());
        let written = CancellationToken::new();
        let output = standard_output().map_err(|e| Error::no_descriptor("opening standard output", &e))?;
        let output = Output::start(output, written.clone()).map_err(|e| Error::no_thread(&e))?;
        let input = Input::start(std::io::stdin(), ended.clone()).map_err(|e| Error::no_thread(&e))?;
        let stopped = tokio::spawn({
            let (stop, ended) = (stop.clone(), ended.clone());
            async move {
                stop.cancelled().await;
                ended.cancel();
            }
        });
        let mut serving = pin!(serve_client(server, input, output, stop));
        let served = tokio::select! {
            served = &mut serving => Some(served),
            () = ended.cancelled() => timeout(LAST_ANSWERS_TIME, &mut serving).await.ok(),
        };
        calls.close();
        // Whoever does not make it in time would not make it at all.
        let _ = timeout(CLEANUP_TIME, calls.wait()).await;
        if served.is_some() {
            let _ = timeout(LAST_ANSWERS_TIME, written.cancelled()).await;
        }
        stopped.abort();
        served.unwrap_or(Ok(()))
    }
}

async fn serve_client(server: Server, input: Input, output: Output, stop: CancellationToken) -> Result<()> {
    use ServerInitializeError as Failed;
    let lost = |error: &dyn std::fmt::Display| Error::internal(&format!("the server ended: {error}"));
    match server.serve_with_ct((input, output), stop).await {
        Ok(service) => match service.waiting().await {
            Ok(QuitReason::JoinError(error)) | Err(error) => Err(lost(&error)),
            Ok(_) => Ok(()),
        },
        // Nobody ever spoke, or waited for an answer.
        Err(Failed::ConnectionClosed(_) | Failed::Cancelled | Failed::TransportError { .. }) => Ok(()),
        Err(Failed::ExpectedInitializeRequest(_)) => Err(Error::bad_argument(
            "standard input holds no client of the Model Context Protocol, it begins with something else \
            than initialize; start this command from a client's settings",
        )),
        Err(other) => Err(lost(&other)),
    }
}

/// One that nobody locks: whoever prints at the end of the process would wait for the client.
fn standard_output() -> std::io::Result<File> {
    #[cfg(unix)]
    let owned = std::os::fd::AsFd::as_fd(&std::io::stdout()).try_clone_to_owned();
    #[cfg(windows)]
    let owned = std::os::windows::io::AsHandle::as_handle(&std::io::stdout()).try_clone_to_owned();
    owned.map(File::from)
}
