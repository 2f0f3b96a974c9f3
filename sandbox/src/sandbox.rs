//! The sandbox as its caller sees it.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use tokio::runtime::Runtime;

use crate::agentdrop::{self, all_transfers};
use crate::app::App;
use crate::config::Config;
use crate::hcompany::{self, all_profiles};
use crate::lock::lock;
use crate::start::{CA_FILE, Server, start};

/// Both services, running. Dropping it stops them and removes everything that was stored.
pub struct Sandbox {
    app: Arc<App>,
    runtime: Option<Runtime>,
    control_url: String,
    ca_pem: Option<String>,
    folder: tempfile::TempDir,
}

impl Sandbox {
    /// Starts on free loopback ports, on threads of its own; any thread may call this.
    pub fn start(config: Config) -> io::Result<Sandbox> {
        Sandbox::start_on(config, 0)
    }

    /// Like [`Sandbox::start`], with the API on this port; 0 takes a free one.
    pub fn start_on(config: Config, api_port: u16) -> io::Result<Sandbox> {
        let folder = tempfile::Builder::new().prefix("dropoff-sandbox-").tempdir()?;
        let Server { app, runtime, control_url, ca_pem } = start(config, api_port, folder.path())?;
        Ok(Sandbox { app, runtime: Some(runtime), control_url, ca_pem, folder })
    }

    /// Origin of both APIs, `http://127.0.0.1:port`.
    pub fn api_url(&self) -> String {
        self.app.api_url.clone()
    }

    /// Origin of storage, where tickets point.
    pub fn storage_url(&self) -> String {
        self.app.signer.origin.clone()
    }

    /// Origin of storage as the setting `storage_over_tls` gives it: with a certificate of an authority that
    /// nobody knows. None for external storage.
    pub fn untrusted_storage_url(&self) -> Option<String> {
        self.app.untrusted_origin.clone()
    }

    /// Origin of the control endpoint.
    pub fn control_url(&self) -> String {
        self.control_url.clone()
    }

    /// The one key the H Company API takes.
    pub fn h_api_key(&self) -> &str {
        hcompany::API_KEY
    }

    /// The one key the AgentDrop API takes.
    pub fn agentdrop_api_key(&self) -> &str {
        agentdrop::API_KEY
    }

    /// The authority behind storage's certificate, if storage is served over TLS.
    pub fn ca_pem(&self) -> Option<String> {
        self.ca_pem.clone()
    }

    /// The same as a file, which lives as long as the sandbox.
    pub fn ca_file(&self) -> Option<PathBuf> {
        self.ca_pem.as_ref().map(|_| self.folder.path().join(CA_FILE))
    }

    /// Orders a fault, as `POST /faults` does; the error says what is wrong with the order.
    pub fn order(&self, fault: Value) -> Result<(), String> {
        self.app.faults.order(fault)
    }

    /// Forgets the faults that were ordered, as `DELETE /faults` does.
    pub fn clear_faults(&self) {
        self.app.faults.clear();
    }

    /// Begins or ends hostile mode, as `POST /hostile` does.
    pub fn set_hostile_mode(&self, wanted: Value) -> Result<(), String> {
        self.app.hostile.set(wanted)
    }

    /// Changes settings, as `POST /settings` does.
    pub fn change_settings(&self, changes: Value) -> Result<(), String> {
        lock(&self.app.settings).change(&changes)
    }

    /// Makes an agent, or each of a list, known to `resolve`, as `POST /agents` does.
    pub fn register_agent(&self, agent: Value) -> Result<(), String> {
        agentdrop::register(&mut lock(&self.app.state), &agent)
    }

    /// Every request so far, as `GET /requests` shows them.
    pub fn requests(&self) -> Value {
        self.app.log.to_json()
    }

    /// The bytes that storage holds under this key, as `GET /objects/{key}/content` gives it.
    pub fn content(&self, key: &str) -> Option<Vec<u8>> {
        std::fs::read(self.app.storage.objects.get(key)?.path?).ok()
    }

    /// Forgets the requests so far, as `DELETE /requests` does.
    pub fn forget_requests(&self) {
        self.app.log.clear();
    }

    /// Every stored object, as `GET /objects` shows them.
    pub fn objects(&self) -> Value {
        self.app.storage.objects.to_json()
    }

    /// Every registered profile.
    pub fn profiles(&self) -> Value {
        all_profiles(&self.app)
    }

    /// Every transfer, pending ones too.
    pub fn transfers(&self) -> Value {
        all_transfers(&self.app)
    }

    /// As if just started: settings, requests, faults and everything stored.
    pub fn reset(&self) {
        self.app.reset();
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        let Some(runtime) = self.runtime.take() else {
            return;
        };
        // Waiting is not allowed inside another runtime, where a test may well drop us.
        if tokio::runtime::Handle::try_current().is_ok() {
            runtime.shutdown_background();
        } else {
            runtime.shutdown_timeout(Duration::from_secs(1));
        }
    }
}

impl std::fmt::Debug for Sandbox {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Sandbox")
            .field("api_url", &self.app.api_url)
            .field("storage_url", &self.app.signer.origin)
            .finish_non_exhaustive()
    }
}
