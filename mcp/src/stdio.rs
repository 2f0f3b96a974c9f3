//! The server over standard input and output, from its start to the end of the client's input.

use std::time::Duration;

use dropoff::Result;
use rmcp::ServiceExt as _;
use rmcp::service::ServerInitializeError;
use rmcp::transport::io::stdio_pipes;
use tokio::runtime::Builder;
use tokio_util::sync::CancellationToken;

use crate::input::Input;
use crate::server::{Server, failed_here};
use crate::settings::Settings;

/// A cancelled call has this long to clean up; the core's own limit is 5 s.
const CLEANUP_TIME: Duration = Duration::from_secs(10);

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
    /// `invalid_input` for what is no client of the protocol; `unavailable` if there is no thread for it.
    pub fn serve(self) -> Result<()> {
        let runtime = Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(|error| failed_here("the server cannot start", &error))?;
        let served = runtime.block_on(self.run());
        // A read of the input may go on for ever.
        runtime.shutdown_background();
        served
    }

    async fn run(self) -> Result<()> {
        let (ended, calls) = (self.server.ended.clone(), self.server.calls.clone());
        let stopped = tokio::spawn({
            let (stop, ended) = (self.stop.clone(), ended.clone());
            async move {
                stop.cancelled().await;
                ended.cancel();
            }
        });
        let (input, output) = stdio_pipes();
        let served = match self
            .server
            .serve_with_ct((Input::new(input, ended), output), self.stop.clone())
            .await
        {
            Ok(service) => service.waiting().await.map(drop).map_err(|e| failed_here("the server ended", &e)),
            // Nobody ever spoke.
            Err(ServerInitializeError::ConnectionClosed(_) | ServerInitializeError::Cancelled) => Ok(()),
            Err(ServerInitializeError::ExpectedInitializeRequest(_)) => Err(failed_here(
                "standard input holds no client of the Model Context Protocol",
                &"it begins with something else than initialize; start this command from a client's settings",
            )),
            Err(other) => Err(failed_here("the client could not be answered", &other)),
        };
        calls.close();
        // Whoever does not make it in time would not make it at all.
        let _ = tokio::time::timeout(CLEANUP_TIME, calls.wait()).await;
        stopped.abort();
        served
    }
}
