//! `AgentDrop`: transfers.

use dropoff::{Error, Transfer};
use napi::{Either, Env};
use napi_derive::napi;

use crate::errors::{Failed, guarded};
use crate::inputs::{self, Files};
use crate::job::Job;
use crate::options::{self, GivenOption};
use crate::sealing::Encryption;
use crate::tickets::TransferTicket;

/// A client of transfers.
#[napi]
pub struct AgentDrop(dropoff::AgentDrop);

/// What a client is made from.
#[napi(object, object_to_js = false)]
pub struct AgentDropSettings {
    /// Default: the environment's.
    pub api_key: Option<String>,
    /// Another place for the API.
    pub base_url: Option<String>,
    /// The rest.
    pub options: Vec<GivenOption>,
}

/// A transfer but for its files.
#[napi(object, object_to_js = false)]
pub struct Terms {
    /// An agent's id.
    pub sender: String,
    /// An agent's id or an e-mail address.
    pub recipient: String,
    /// Who sends to whom.
    pub mode: Option<String>,
    /// How long it lives.
    pub expires_in: Option<String>,
    /// How often it may be downloaded.
    pub max_downloads: Option<f64>,
    /// A text for the recipient.
    pub message: Option<String>,
    /// Free data, as JSON text.
    pub metadata: Option<String>,
    /// Whether a download deletes it.
    pub auto_delete: Option<bool>,
    /// Where an agent's id alone is ambiguous.
    pub recipient_account: Option<String>,
    /// Whether files go in parts.
    pub multipart: Option<bool>,
    /// The path of a journal.
    pub journal: Option<String>,
    /// A limit for the whole call, in milliseconds.
    pub timeout: Option<f64>,
}

impl Terms {
    fn into_core(self, files: &Files, encryption: Option<&Encryption>) -> Result<Transfer, Error> {
        let mut transfer =
            Transfer::new(self.sender, self.recipient).auto_delete(self.auto_delete.unwrap_or_default());
        for file in files.take() {
            transfer = transfer.file(file);
        }
        if let Some(mode) = self.mode {
            transfer = transfer.mode(mode);
        }
        if let Some(time) = self.expires_in {
            transfer = transfer.expires_in(time);
        }
        if let Some(count) = self.max_downloads {
            let count = inputs::whole(count).ok_or_else(|| Error::internal("a count is none"))?;
            transfer = transfer.max_downloads(count);
        }
        if let Some(text) = self.message {
            transfer = transfer.message(text);
        }
        if let Some(data) = self.metadata {
            transfer = transfer.metadata(metadata(&data)?);
        }
        if let Some(account) = self.recipient_account {
            transfer = transfer.recipient_account(account);
        }
        if let Some(encryption) = encryption {
            transfer = transfer.encrypt(encryption.0.clone());
        }
        if let Some(parts) = self.multipart {
            transfer = transfer.multipart(parts);
        }
        if let Some(journal) = self.journal {
            transfer = transfer.journal(journal);
        }
        if let Some(limit) = inputs::timeout(self.timeout)? {
            transfer = transfer.timeout(limit);
        }
        Ok(transfer)
    }
}

/// What `JSON.stringify` wrote may still be too deep, or hold half a character.
fn metadata(text: &str) -> Result<serde_json::Map<String, serde_json::Value>, Error> {
    serde_json::from_str(text).map_err(|e| {
        let why = e.to_string();
        let why = why.split(" at line").next().unwrap_or_default();
        Error::bad_argument(&format!("metadata must be an object that JSON can hold: {why}"))
    })
}

/// Makes a client.
#[napi]
pub fn agentdrop(settings: AgentDropSettings) -> Either<AgentDrop, Failed> {
    guarded(|| {
        let mut builder = dropoff::AgentDrop::builder().options(options::options(settings.options)?);
        if let Some(key) = settings.api_key {
            builder = builder.api_key(key);
        }
        if let Some(url) = settings.base_url {
            builder = builder.base_url(url);
        }
        Ok(AgentDrop(builder.build()?))
    })
}

#[napi]
impl AgentDrop {
    /// Changes the limit of all uploads together.
    #[napi]
    pub fn set_bandwidth_limit(&self, limit: Option<GivenOption>) -> Either<(), Failed> {
        guarded(|| self.0.set_bandwidth_limit(options::bandwidth_limit(limit)?))
    }

    /// Sends files.
    #[napi]
    pub fn start_send(
        &self,
        env: &Env,
        files: &Files,
        terms: Terms,
        encryption: Option<&Encryption>,
    ) -> Either<Job, Failed> {
        Job::start(env, || self.0.start_send(terms.into_core(files, encryption)?))
    }

    /// Tells what would be sent.
    #[napi]
    pub fn start_plan(
        &self,
        env: &Env,
        files: &Files,
        terms: Terms,
        encryption: Option<&Encryption>,
    ) -> Either<Job, Failed> {
        Job::start(env, || self.0.start_plan(terms.into_core(files, encryption)?))
    }

    /// Step one.
    #[napi]
    pub fn start_presign(
        &self,
        env: &Env,
        files: &Files,
        terms: Terms,
        encryption: Option<&Encryption>,
    ) -> Either<Job, Failed> {
        Job::start(env, || self.0.start_presign(terms.into_core(files, encryption)?))
    }

    /// Step two.
    #[napi]
    pub fn start_upload(&self, env: &Env, files: &Files, ticket: &TransferTicket) -> Either<Job, Failed> {
        Job::start(env, || self.0.start_upload(&ticket.0, files.take()))
    }

    /// Step three.
    #[napi]
    pub fn start_confirm(&self, env: &Env, transfer_id: String) -> Either<Job, Failed> {
        Job::start(env, || self.0.start_confirm(&transfer_id))
    }

    /// The transfer as the service has it now.
    #[napi]
    pub fn start_get_transfer(&self, env: &Env, transfer_id: String) -> Either<Job, Failed> {
        Job::start(env, || self.0.start_get_transfer(&transfer_id))
    }

    /// As it may be printed.
    #[napi]
    pub fn shown(&self) -> String {
        format!("{:?}", self.0)
    }
}
