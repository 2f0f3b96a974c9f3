//! Starts the listeners: the API, the control endpoint, and storage unless that is elsewhere.

use std::io;
use std::net::{Ipv4Addr, TcpListener};
use std::path::Path;
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex};

use tokio::runtime::Runtime;

use crate::app::App;
use crate::config::{Config, StorageConfig};
use crate::faults::{Faults, Hostile};
use crate::http::log::Log;
use crate::operation::Role;
use crate::presign::Signer;
use crate::server::{self, Acceptors};
use crate::settings::Settings;
use crate::storage::{self, Backend, External, Objects, Storage, Uploads};

/// Where the authority of storage's certificate stands in the sandbox's folder.
pub(crate) const CA_FILE: &str = "ca.pem";

pub(crate) struct Server {
    pub app: Arc<App>,
    pub runtime: Runtime,
    pub control_url: String,
    pub ca_pem: Option<String>,
}

struct Listener {
    role: Role,
    bound: TcpListener,
    tls: Option<Acceptors>,
}

impl Listener {
    fn bind(role: Role, port: u16, tls: Option<Acceptors>) -> io::Result<Self> {
        Ok(Listener { role, bound: TcpListener::bind((Ipv4Addr::LOCALHOST, port))?, tls })
    }

    fn origin(&self) -> io::Result<String> {
        let scheme = if self.tls.is_some() { "https" } else { "http" };
        Ok(format!("{scheme}://{}", self.bound.local_addr()?))
    }
}

pub(crate) fn start(config: Config, api_port: u16, folder: &Path) -> io::Result<Server> {
    let api = Listener::bind(Role::Api, api_port, None)?;
    let control = Listener::bind(Role::Control, 0, None)?;
    let api_url = api.origin()?;
    let control_url = control.origin()?;
    let settings = Settings::from_config(&config);
    let objects = Arc::new(Objects::new(folder.to_path_buf()));
    let setup = match config.storage {
        StorageConfig::External { endpoint, bucket, access_key, secret_key, region } => {
            let origin = endpoint.trim_end_matches('/').to_string();
            external_storage(Signer { origin, bucket, access_key, secret_key, region }, objects)?
        }
        StorageConfig::Embedded => local_storage(false, config.tls, objects, folder)?,
        StorageConfig::Discard => local_storage(true, config.tls, objects, folder)?,
    };

    let app = Arc::new(App {
        first_settings: settings.clone(),
        settings: Mutex::new(settings),
        storage: setup.storage,
        signer: setup.signer,
        untrusted_origin: setup.untrusted_origin,
        state: Mutex::default(),
        log: Log::default(),
        faults: Faults::default(),
        hostile: Hostile::default(),
        api_url,
        connections: AtomicU64::new(0),
        completing: tokio::sync::Mutex::new(()),
    });
    let listeners = [api, control].into_iter().chain(setup.listeners);
    Ok(Server { runtime: serve(&app, listeners)?, app, control_url, ca_pem: setup.ca_pem })
}

struct StorageSetup {
    storage: Storage,
    signer: Signer,
    listeners: Vec<Listener>,
    untrusted_origin: Option<String>,
    ca_pem: Option<String>,
}

fn external_storage(signer: Signer, objects: Arc<Objects>) -> io::Result<StorageSetup> {
    let backend = Backend::External(External::new(signer.clone())?);
    let storage = Storage::new(backend, objects, Arc::default());
    Ok(StorageSetup { storage, signer, listeners: Vec::new(), untrusted_origin: None, ca_pem: None })
}

fn local_storage(discard: bool, tls: bool, objects: Arc<Objects>, folder: &Path) -> io::Result<StorageSetup> {
    let (mut acceptors, mut ca_pem) = (None, None);
    if tls {
        let (made, pem) = server::make_certificates()?;
        std::fs::write(folder.join(CA_FILE), &pem)?;
        (acceptors, ca_pem) = (Some(made), Some(pem));
    }
    let listener = Listener::bind(Role::Storage, 0, acceptors)?;
    // Under an authority of its own, of which no client is told.
    let untrusted = Listener::bind(Role::Storage, 0, Some(server::make_certificates()?.0))?;
    let untrusted_origin = Some(untrusted.origin()?);
    let signer = Signer {
        origin: listener.origin()?,
        bucket: "dropoff-sandbox".into(),
        access_key: "AKIASANDBOX000000001".into(),
        secret_key: uuid::Uuid::new_v4().simple().to_string(),
        region: "eu-west-1".into(),
    };
    let uploads = Arc::<Uploads>::default();
    let backend = if discard {
        Backend::Discard { bucket: signer.bucket.clone() }
    } else {
        Backend::Embedded(storage::service(objects.clone(), uploads.clone(), &signer))
    };
    let storage = Storage::new(backend, objects, uploads);
    Ok(StorageSetup { storage, signer, listeners: vec![listener, untrusted], untrusted_origin, ca_pem })
}

fn serve(app: &Arc<App>, listeners: impl Iterator<Item = Listener>) -> io::Result<Runtime> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .thread_name("dropoff-sandbox")
        .enable_all()
        .build()?;
    {
        let _entered = runtime.enter();
        for Listener { role, bound, tls } in listeners {
            let listener = server::listen(bound)?;
            runtime.spawn(server::serve(app.clone(), role, listener, tls));
        }
    }
    Ok(runtime)
}
