//! SealMode one transfer is sealed: its key, for whom, and what the service is told of it.

use http::Method;

use super::encryption::{Encryption, SealMode};
use super::request::Terms;
use super::wire::Agent;
use crate::error::{Error, ErrorKind, Result};
use crate::http::api::{CallFailure, Repeat};
use crate::job::JobContext;
use crate::progress::Phase;
use crate::seal::{FileKey, KeyPair, Nonce, PublicKey, WrapKey, encryption};
use crate::secret::Secret;
use crate::service::{self, Service};

/// Keeps the uses of one key pair apart; the SDK's own words.
const INFO: &[u8] = b"agentdrop-file-transfer-v1";

/// How a transfer's files are sealed, or that they are not.
#[derive(Clone)]
pub(crate) enum TransferSealing {
    Open,
    Sealed(Sealed),
    /// The files came sealed.
    Presealed {
        encrypted_key: Secret,
        algorithm: String,
    },
}

/// The key of one transfer, and how it travels.
#[derive(Clone)]
pub(crate) struct Sealed {
    pub(super) key: FileKey,
    pub(super) encrypted_key: Secret,
    pub(super) algorithm: String,
    pub(super) recipient: PublicKey,
    pub(super) from: KeySource,
}

/// Whose word it is that a public key is the recipient's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Deserialize, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum KeySource {
    Caller,
    Service,
}

impl KeySource {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Caller => "caller",
            Self::Service => "service",
        }
    }
}

impl TransferSealing {
    /// A sealing for a new transfer. Asks the service for the recipient's key if the caller gave none.
    pub(super) async fn new(service: &Service, terms: &Terms, ctx: &JobContext) -> Result<Self> {
        let Some(Encryption { mode, algorithm }) = &terms.encryption else { return Ok(Self::Open) };
        let (pair, recipient, from) = match mode {
            SealMode::Presealed { encrypted_key } => {
                let (encrypted_key, algorithm) = (encrypted_key.clone(), algorithm.clone());
                return Ok(Self::Presealed { encrypted_key, algorithm });
            }
            SealMode::Seal { pair, recipient: Some(key) } => (pair, *key, KeySource::Caller),
            SealMode::Seal { pair, recipient: None } => {
                (pair, resolved(service, terms, ctx).await?, KeySource::Service)
            }
        };
        let wrap = wrap_key(pair, &recipient)?;
        let key = FileKey::random()?;
        let encrypted_key = Secret::new(wrap.wrap(&key, Nonce::random()?)?);
        Ok(Self::Sealed(Sealed { key, encrypted_key, algorithm: algorithm.clone(), recipient, from }))
    }

    /// Whether files are sealed here.
    pub(super) fn sealed(&self) -> Option<&Sealed> {
        match self {
            Self::Sealed(sealed) => Some(sealed),
            _ => None,
        }
    }

    pub(super) fn is_open(&self) -> bool {
        matches!(self, Self::Open)
    }

    /// The fields `encrypted_key` and `encryption_algorithm`.
    pub(super) fn wire_key_fields(&self) -> Option<(&Secret, &str)> {
        match self {
            Self::Open => None,
            Self::Sealed(sealed) => Some((&sealed.encrypted_key, &sealed.algorithm)),
            Self::Presealed { encrypted_key, algorithm } => Some((encrypted_key, algorithm)),
        }
    }
}

/// The key that wraps file keys between two agents. It is the same from both sides.
pub(super) fn wrap_key(pair: &KeyPair, other: &PublicKey) -> Result<WrapKey> {
    pair.agree(other, INFO)
}

/// The recipient's public key, as the service has it.
async fn resolved(service: &Service, terms: &Terms, ctx: &JobContext) -> Result<PublicKey> {
    ctx.progress.enter(Phase::Requesting);
    let clients = service.clients.get()?;
    let mut call = service.call("resolve", Method::GET, &["agents", "resolve"], None)?;
    {
        let mut query = call.url.query_pairs_mut();
        query.append_pair("agent_id", &terms.recipient);
        if let Some(account) = &terms.recipient_account {
            query.append_pair("account", account);
        }
    }
    let mut retry = service.retry(&clients, ctx);
    let reply =
        clients.api.call(&call, Repeat::Always, &mut retry).await.map_err(|f| unresolved(f, terms))?;
    let agent: Agent = service::parse("resolve", &reply)?;
    let whose = format!("the recipient {:?}", terms.recipient);
    let Some(key) = agent.public_key.filter(|key| !key.trim().is_empty()) else {
        return Err(encryption(&format!(
            "the service knows no public key of {whose}, so nothing can be sealed for it; have the agent register one, or give recipient_public_key"
        ))
        .with_operation("resolve"));
    };
    if let Some(other) = agent.public_key_algorithm.filter(|a| !a.eq_ignore_ascii_case("X25519")) {
        return Err(encryption(&format!(
            "the public key of {whose} is for {other:?} and not for X25519; give recipient_public_key"
        ))
        .with_operation("resolve"));
    }
    PublicKey::parse(&key, &whose).map_err(|e| e.with_operation("resolve"))
}

fn unresolved(failure: CallFailure, terms: &Terms) -> Error {
    let error = failure.into_error();
    match (error.kind(), error.service_code()) {
        (ErrorKind::NotFound, _) => {
            error.context(&format!("looking for the public key of the recipient {:?}", terms.recipient))
        }
        (_, Some("AMBIGUOUS_RECIPIENT")) => error.with_note("set recipient_account to one of them"),
        _ => error,
    }
}
