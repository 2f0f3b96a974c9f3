//! Both upload services on loopback, strict as their documents, over storage that checks signatures
//! for real, with faults on order.
//!
//! ```no_run
//! let sandbox = dropoff_sandbox::Sandbox::start(Default::default())?;
//! println!("{} {}", sandbox.api_url(), sandbox.h_api_key());
//! sandbox.order(serde_json::json!({"on": "put", "do": {"reset_after": 65536}})).expect("a known fault");
//! # Ok::<(), std::io::Error>(())
//! ```
//!
//! A request goes from `server` (connections, faults) to `hcompany` or `agentdrop` (the API), or to
//! `storage` (refusals, then the S3 library over `s3_backend`). `agentdrop` leaves uploads in parts to
//! `multipart`, files that come with the request to `create`, and agents, their keys and channels to
//! `agents`; `transfer` reads what all of them are asked. `presign` makes the tickets, `store` and `parts`
//! remember, `external` asks an S3 endpoint elsewhere, `log` records, `control` lets a test look and order.
//!
//! What can be set and ordered, and what each operation is called: `sandbox/README.md`.

mod agentdrop;
mod config;
mod control;
mod faults;
mod hcompany;
mod http;
mod presign;
mod server;
mod storage;

use std::io;
use std::net::{Ipv4Addr, TcpListener};
use std::path::PathBuf;
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::Value;
use tokio::runtime::Runtime;

use crate::agentdrop::{agents, routes as agentdrop_routes};
use crate::config::Settings;
use crate::faults::{hostile, orders};
use crate::http::log;
use crate::presign::Signer;
use crate::server::listener::{App, Role};
use crate::server::{listener, tls};
use crate::storage::external::External;
use crate::storage::handler::Storage;
use crate::storage::objects::Objects;
use crate::storage::s3_backend;

pub use crate::config::{Config, StorageConfig};

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
        let api = TcpListener::bind((Ipv4Addr::LOCALHOST, api_port))?;
        let control = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let api_url = format!("http://{}", api.local_addr()?);
        let control_url = format!("http://{}", control.local_addr()?);

        let settings = Settings::from_config(&config);
        let objects = Arc::new(Objects::new(folder.path().to_path_buf()));
        let mut ca_pem = None;
        let mut storage_listeners = Vec::new();
        let mut untrusted_origin = None;
        let (signer, storage) = match config.storage {
            StorageConfig::External { endpoint, bucket, access_key, secret_key, region } => {
                let signer = Signer {
                    origin: endpoint.trim_end_matches('/').to_string(),
                    bucket,
                    access_key,
                    secret_key,
                    region,
                };
                let external = External::new(signer.clone())?;
                (signer, Storage::External(external))
            }
            local => {
                let bound = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
                let scheme = if config.tls { "https" } else { "http" };
                let signer = Signer {
                    origin: format!("{scheme}://{}", bound.local_addr()?),
                    bucket: "dropoff-sandbox".into(),
                    access_key: "AKIASANDBOX000000001".into(),
                    secret_key: uuid::Uuid::new_v4().simple().to_string(),
                    region: "eu-west-1".into(),
                };
                let mut tls = None;
                if config.tls {
                    let (acceptor, pem) = tls::make()?;
                    std::fs::write(folder.path().join("ca.pem"), &pem)?;
                    tls = Some(acceptor);
                    ca_pem = Some(pem);
                }
                storage_listeners.push((bound, tls));
                // An authority of its own, which no client is told of.
                let untrusted = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
                untrusted_origin = Some(format!("https://{}", untrusted.local_addr()?));
                storage_listeners.push((untrusted, Some(tls::make()?.0)));
                let storage = match local {
                    StorageConfig::Discard => Storage::Discard,
                    _ => Storage::Embedded(s3_backend::service(objects.clone(), &signer)),
                };
                (signer, storage)
            }
        };

        let app = Arc::new(App {
            first_settings: settings.clone(),
            settings: Mutex::new(settings),
            storage,
            signer,
            untrusted_origin,
            objects,
            state: Mutex::default(),
            log: log::Log::default(),
            faults: orders::Faults::default(),
            hostile: hostile::Hostile::default(),
            api_url,
            connections: AtomicU64::new(0),
            completing: tokio::sync::Mutex::new(()),
        });
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .thread_name("dropoff-sandbox")
            .enable_all()
            .build()?;
        {
            let _entered = runtime.enter();
            let mut listeners = vec![(Role::Api, api, None), (Role::Control, control, None)];
            listeners
                .extend(storage_listeners.into_iter().map(|(listener, tls)| (Role::Storage, listener, tls)));
            for (role, bound, tls) in listeners {
                let bound = listener::listen(bound)?;
                runtime.spawn(listener::serve(app.clone(), role, bound, tls));
            }
        }
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
        hcompany::routes::API_KEY
    }

    /// The one key the AgentDrop API takes.
    pub fn agentdrop_api_key(&self) -> &str {
        agentdrop_routes::API_KEY
    }

    /// The authority behind storage's certificate, if storage is served over TLS.
    pub fn ca_pem(&self) -> Option<String> {
        self.ca_pem.clone()
    }

    /// The same as a file, which lives as long as the sandbox.
    pub fn ca_file(&self) -> Option<PathBuf> {
        self.ca_pem.as_ref().map(|_| self.folder.path().join("ca.pem"))
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
    pub fn be_hostile(&self, wanted: Value) -> Result<(), String> {
        self.app.hostile.set(wanted)
    }

    /// Changes settings, as `POST /settings` does.
    pub fn change_settings(&self, changes: Value) -> Result<(), String> {
        log::lock(&self.app.settings).change(&changes)
    }

    /// Makes an agent, or each of a list, known to `resolve`, as `POST /agents` does.
    pub fn register_agent(&self, agent: Value) -> Result<(), String> {
        agents::register(&mut log::lock(&self.app.state), &agent)
    }

    /// Every request so far, as `GET /requests` shows them.
    pub fn requests(&self) -> Value {
        self.app.log.to_json()
    }

    /// What storage holds under this key, as `GET /objects/{key}/content` gives it.
    pub fn content(&self, key: &str) -> Option<Vec<u8>> {
        std::fs::read(self.app.objects.get(key)?.path?).ok()
    }

    /// Forgets the requests so far, as `DELETE /requests` does.
    pub fn forget_requests(&self) {
        self.app.log.clear();
    }

    /// Every stored object, as `GET /objects` shows them.
    pub fn objects(&self) -> Value {
        self.app.objects.to_json()
    }

    /// Every registered profile.
    pub fn profiles(&self) -> Value {
        self.app.profiles()
    }

    /// Every transfer, pending ones too.
    pub fn transfers(&self) -> Value {
        self.app.transfers()
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
