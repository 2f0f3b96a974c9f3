//! The state that all listeners share.

use std::sync::Mutex;
use std::sync::atomic::AtomicU64;

use crate::faults::{Faults, Hostile};
use crate::http::log::Log;
use crate::lock::lock;
use crate::presign::Signer;
use crate::settings::Settings;
use crate::state::State;
use crate::storage::Storage;

pub(crate) struct App {
    pub settings: Mutex<Settings>,
    /// A reset goes back to these.
    pub first_settings: Settings,
    pub storage: Storage,
    pub signer: Signer,
    /// Storage once more, behind a certificate that nobody trusts.
    pub untrusted_origin: Option<String>,
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
    /// Signs tickets for where the settings say that storage is.
    pub fn ticket_signer(&self, settings: &Settings) -> Signer {
        let mut signer = self.signer.clone();
        if let (true, Some(origin)) = (settings.storage_over_tls.is_some(), &self.untrusted_origin) {
            signer.origin.clone_from(origin);
        }
        signer
    }

    /// As if just started.
    pub fn reset(&self) {
        *lock(&self.settings) = self.first_settings.clone();
        *lock(&self.state) = State::default();
        self.storage.clear();
        self.faults.clear();
        self.hostile.end();
        self.log.clear();
    }
}
