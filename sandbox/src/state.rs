//! Profiles, transfers, agents and channels, as both services remember them. Knows no HTTP and no storage.

use serde_json::Value;
use time::OffsetDateTime;

/// Everything but the objects.
#[derive(Default)]
pub(crate) struct State {
    pub pending: Vec<PendingProfile>,
    pub profiles: Vec<Profile>,
    pub transfers: Vec<Transfer>,
    pub agents: Vec<Agent>,
    pub channels: Vec<Channel>,
}

/// A browser profile ticket that was handed out and not used up.
#[derive(Debug, Clone)]
pub(crate) struct PendingProfile {
    pub id: String,
    pub key: String,
}

/// A registered browser profile.
#[derive(Debug, Clone)]
pub(crate) struct Profile {
    pub id: String,
    /// Where the bytes are now, which an external store keeps under the pending key.
    pub object_key: String,
    /// As the service shows it.
    pub shown: Value,
}

#[derive(Debug, Clone)]
pub(crate) struct Transfer {
    pub id: String,
    pub confirmed: bool,
    pub deleted: bool,
    pub mode: String,
    pub sender: String,
    pub recipient: String,
    pub recipient_account: Option<String>,
    pub files: Vec<TransferFile>,
    pub max_downloads: u64,
    pub downloads: u64,
    pub message: Option<String>,
    pub metadata: Option<Value>,
    pub auto_delete: bool,
    pub is_encrypted: bool,
    pub encrypted_key: Option<String>,
    pub encryption_algorithm: Option<String>,
    pub channel_id: Option<String>,
    pub encryption_salt: Option<String>,
    pub created_at: OffsetDateTime,
    pub expires_at: OffsetDateTime,
}

#[derive(Debug, Clone)]
pub(crate) struct TransferFile {
    pub id: String,
    pub name: String,
    pub size: u64,
    pub content_type: String,
    pub encryption_iv: Option<String>,
    pub key: String,
    /// As it was asked for; only for an upload in parts.
    pub part_size: Option<u64>,
    pub upload: Option<FileUpload>,
}

/// A file that is uploaded in parts.
#[derive(Debug, Clone)]
pub(crate) struct FileUpload {
    pub id: String,
    /// How many there must be.
    pub parts: u64,
    pub state: UploadState,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum UploadState {
    Open,
    Complete,
    Aborted,
}

/// The account that the API key belongs to.
pub(crate) const OWN_ACCOUNT: [&str; 3] =
    ["7d3f0a52-4c1e-4b7a-9a7e-2f9b6c1d5e01", "Sandbox", "owner@sandbox.test"];

#[derive(Debug, Clone)]
pub(crate) struct Agent {
    pub id: String,
    pub uuid: String,
    pub account_id: String,
    pub account_name: String,
    pub email: String,
    /// As `resolve` shows it.
    pub shown: Value,
}

impl Agent {
    pub fn key(&self) -> &Value {
        &self.shown["public_key"]
    }

    pub fn is_own(&self) -> bool {
        self.account_id == OWN_ACCOUNT[0]
    }

    /// An account goes by its id, its address or its name.
    pub fn is_of(&self, account: &str) -> bool {
        self.account_id.eq_ignore_ascii_case(account)
            || self.email.eq_ignore_ascii_case(account)
            || self.account_name == account
    }
}

/// Two agents of which each knows the other's key.
#[derive(Debug, Clone)]
pub(crate) struct Channel {
    pub id: String,
    pub ends: [Agent; 2],
}
