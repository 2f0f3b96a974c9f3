//! Which key seals a transfer, and for whom. The recipe is the official SDK's: a random key per transfer, wrapped
//! for the one recipient with a key that both agents can derive.

use std::path::Path;

use http::Method;
use serde_json::Value;

use super::request::{File, Terms, Transfer};
use super::wire::Agent;
use crate::error::{Error, ErrorKind, Result};
use crate::http::api::{Failure, Repeat};
use crate::job::Ctx;
use crate::progress::Phase;
use crate::seal::{FileKey, KeyPair, Nonce, PublicKey, WrapKey, encryption, wrapped};
use crate::secret::Secret;
use crate::service::{self, Service};

/// Keeps the uses of one key pair apart; the SDK's own words.
pub(super) const INFO: &[u8] = b"agentdrop-file-transfer-v1";

/// The scheme's name as the official SDK sends and expects it. The API reference names plain `AES-256-GCM`
/// instead, which the SDK's receiver does not look for.
const ALGORITHM: &str = "X25519-HKDF-AES-256-GCM";

/// How a transfer's files are sealed, so that only the recipient can read them. File names, sizes and their
/// order are not sealed, and nothing binds a sealed file to its transfer.
#[derive(Debug, Clone)]
pub struct Encryption {
    pub(super) how: How,
    pub(super) algorithm: String,
}

#[derive(Debug, Clone)]
pub(super) enum How {
    Seal { pair: KeyPair, recipient: Option<PublicKey> },
    Presealed { encrypted_key: Secret },
}

impl Encryption {
    /// Seals with the sender's key pair for whichever public key the service names for the recipient. That
    /// trusts the service to name the right one; compare
    /// [`SentTransfer::recipient_key_fingerprint`](crate::SentTransfer::recipient_key_fingerprint), or give
    /// the key with [`Encryption::recipient_public_key`].
    #[must_use]
    pub fn new(key_pair: KeyPair) -> Self {
        Self { how: How::Seal { pair: key_pair, recipient: None }, algorithm: ALGORITHM.to_owned() }
    }

    /// The recipient's public key, known from elsewhere: standard base64 of 32 raw bytes.
    ///
    /// # Errors
    /// `encryption` if it is none; `invalid_input` for files that are sealed already.
    pub fn recipient_public_key(mut self, base64: &str) -> Result<Self> {
        match &mut self.how {
            // A slip that would put the private key where public ones are printed.
            How::Seal { pair, .. } if pair.is_private(base64) => {
                return Err(encryption(
                    "recipient_public_key is the private key of the pair given; give the recipient's public key",
                ));
            }
            How::Seal { recipient, .. } => *recipient = Some(PublicKey::parse(base64, "the recipient")?),
            How::Presealed { .. } => {
                return Err(Error::invalid(
                    "files that are sealed already have their recipient; leave recipient_public_key out",
                ));
            }
        }
        Ok(self)
    }

    /// The files are sealed already, all with the key in `encrypted_key`, and pass through as they are. Each
    /// needs its [`File::encryption_iv`](crate::File::encryption_iv).
    #[must_use]
    pub fn presealed(encrypted_key: impl Into<String>) -> Self {
        Self {
            how: How::Presealed { encrypted_key: Secret::new(encrypted_key) },
            algorithm: ALGORITHM.to_owned(),
        }
    }

    /// Another name for the scheme in the field `encryption_algorithm`. The scheme stays the same. Default
    /// `X25519-HKDF-AES-256-GCM`.
    #[must_use]
    pub fn algorithm(mut self, name: impl Into<String>) -> Self {
        self.algorithm = name.into();
        self
    }
}

impl KeyPair {
    /// The pair that the official SDK keeps: `path` is its folder `.agentdrop`, or the `config.json` in it.
    ///
    /// # Errors
    /// `source_unreadable` if it cannot be read, `encryption` if it holds no key.
    pub fn from_agentdrop_config(path: impl AsRef<Path>) -> Result<Self> {
        let given =
            crate::source::local_path(path.as_ref().to_owned(), "the configuration of the official SDK")?;
        let path = if given.is_dir() { given.join("config.json") } else { given };
        let text = std::fs::read(&path).map_err(|e| Error::local_io(&path, "reading", &e))?;
        let text = zeroize::Zeroizing::new(text);
        let mut config: Value = serde_json::from_slice(&text).unwrap_or(Value::Null);
        let Some(Value::String(key)) = config.get_mut("private_key").map(Value::take) else {
            return Err(encryption(&format!(
                "{} holds no private_key; register the agent with the official SDK first, or give another file",
                path.display()
            ))
            .about(&path));
        };
        let key = Secret::new(key);
        Self::from_private_key(key.reveal()).map_err(|e| e.context(&path.display().to_string()).about(&path))
    }
}

/// What can be refused without a network.
pub(super) fn check(transfer: &Transfer) -> Result<()> {
    let Some(encryption) = &transfer.terms.encryption else {
        return match transfer.files.iter().find(|f| f.encryption_iv.is_some()) {
            Some(_) => Err(Error::invalid(
                "a file has an encryption_iv and the transfer is not encrypted; give the encryption, or leave it out",
            )),
            None => Ok(()),
        };
    };
    if transfer.terms.mode == "agent-to-human" {
        return Err(self::encryption(
            "a transfer to a person cannot be sealed for a key, since a person has none; send it without encryption, or to an agent",
        ));
    }
    if encryption.algorithm.trim().is_empty() {
        return Err(Error::invalid("the encryption's algorithm is empty; leave it out for the default"));
    }
    transfer.files.iter().try_for_each(|file| check_file(file, &encryption.how))?;
    let nonces: Vec<&str> = transfer.files.iter().filter_map(|f| f.encryption_iv.as_deref()).collect();
    distinct(&nonces)?;
    match &encryption.how {
        How::Presealed { encrypted_key } => wrapped(encrypted_key.reveal()).map(drop),
        How::Seal { .. } => Ok(()),
    }
}

/// Two files of one transfer share a key, so they must not share a nonce.
pub(super) fn distinct(nonces: &[&str]) -> Result<()> {
    let mut seen = std::collections::HashSet::new();
    match nonces.iter().find(|nonce| !seen.insert(nonce.trim())) {
        None => Ok(()),
        Some(_) => Err(encryption(
            "two files have the same encryption_iv, and under one key that breaks the encryption of both; seal each with its own",
        )),
    }
}

fn check_file(file: &File, how: &How) -> Result<()> {
    match (how, &file.encryption_iv) {
        (How::Presealed { .. }, Some(iv)) => Nonce::parse(iv).map(drop),
        (How::Presealed { .. }, None) => Err(encryption(
            "a file that is sealed already needs the encryption_iv it was sealed with; give it with the file",
        )),
        (How::Seal { .. }, Some(_)) => Err(Error::invalid(
            "a file has an encryption_iv and is to be sealed here, with a new one; leave it out, or say that the files are presealed",
        )),
        (How::Seal { .. }, None) => Ok(()),
    }
}

/// What a transfer's files are covered with.
#[derive(Clone)]
pub(super) enum Cover {
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
pub(super) struct Sealed {
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

impl Cover {
    /// A cover for a new transfer. Asks the service for the recipient's key if the caller gave none.
    pub(super) async fn new(service: &Service, terms: &Terms, ctx: &Ctx) -> Result<Self> {
        let Some(Encryption { how, algorithm }) = &terms.encryption else { return Ok(Self::Open) };
        let (pair, recipient, from) = match how {
            How::Presealed { encrypted_key } => {
                let (encrypted_key, algorithm) = (encrypted_key.clone(), algorithm.clone());
                return Ok(Self::Presealed { encrypted_key, algorithm });
            }
            How::Seal { pair, recipient: Some(key) } => (pair, *key, KeySource::Caller),
            How::Seal { pair, recipient: None } => {
                (pair, resolved(service, terms, ctx).await?, KeySource::Service)
            }
        };
        let wrap = wrap_key(pair, &recipient)?;
        let key = FileKey::random()?;
        let encrypted_key = Secret::new(wrap.wrap(&key, Nonce::random()?)?);
        Ok(Self::Sealed(Sealed { key, encrypted_key, algorithm: algorithm.clone(), recipient, from }))
    }

    /// Whether files are sealed here.
    pub(super) fn seals(&self) -> Option<&Sealed> {
        match self {
            Self::Sealed(sealed) => Some(sealed),
            _ => None,
        }
    }

    pub(super) fn is_open(&self) -> bool {
        matches!(self, Self::Open)
    }

    /// The fields `encrypted_key` and `encryption_algorithm`.
    pub(super) fn told(&self) -> Option<(&Secret, &str)> {
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
async fn resolved(service: &Service, terms: &Terms, ctx: &Ctx) -> Result<PublicKey> {
    ctx.progress.enter(Phase::Requesting);
    let made = service.clients.get()?;
    let mut call = service.call("resolve", Method::GET, &["agents", "resolve"], None)?;
    {
        let mut query = call.url.query_pairs_mut();
        query.append_pair("agent_id", &terms.recipient);
        if let Some(account) = &terms.recipient_account {
            query.append_pair("account", account);
        }
    }
    let mut retry = service.retry(&made, ctx);
    let reply = made.api.call(&call, Repeat::Always, &mut retry).await.map_err(|f| unresolved(f, terms))?;
    let agent: Agent = service::parse("resolve", &reply)?;
    let whose = format!("the recipient {:?}", terms.recipient);
    let Some(key) = agent.public_key.filter(|key| !key.trim().is_empty()) else {
        return Err(encryption(&format!(
            "the service knows no public key of {whose}, so nothing can be sealed for it; have the agent register one, or give recipient_public_key"
        ))
        .during("resolve"));
    };
    if let Some(other) = agent.public_key_algorithm.filter(|a| !a.eq_ignore_ascii_case("X25519")) {
        return Err(encryption(&format!(
            "the public key of {whose} is for {other:?} and not for X25519; give recipient_public_key"
        ))
        .during("resolve"));
    }
    PublicKey::parse(&key, &whose).map_err(|e| e.during("resolve"))
}

fn unresolved(failure: Failure, terms: &Terms) -> Error {
    let error = failure.into_error();
    match (error.kind(), error.service_code()) {
        (ErrorKind::NotFound, _) => {
            error.context(&format!("looking for the public key of the recipient {:?}", terms.recipient))
        }
        (_, Some("AMBIGUOUS_RECIPIENT")) => error.addition("set recipient_account to one of them"),
        _ => error,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_official_config_is_a_key_source() {
        let folder = tempfile::tempdir().expect("a folder");
        let pair = KeyPair::generate().expect("a pair");
        let file = folder.path().join("config.json");
        let text = format!(r#"{{"agent_id": "a", "private_key": "{}"}}"#, *pair.reveal_private_key());
        std::fs::write(&file, text).expect("written");
        for path in [folder.path(), file.as_path()] {
            let read = KeyPair::from_agentdrop_config(path).expect("read");
            assert_eq!(read.public_key(), pair.public_key());
        }
        for bad in
            ["{}", "", "[]", "5", "\"x\"", r#"{"private_key": null}"#, r#"{"private_key": "canary-canary"}"#]
        {
            std::fs::write(&file, bad).expect("written");
            let error = KeyPair::from_agentdrop_config(folder.path()).expect_err("no key");
            assert_eq!(error.kind(), ErrorKind::Encryption);
            assert!(!format!("{error:?}").contains("canary"), "{error:?}");
        }
        let error = KeyPair::from_agentdrop_config("/nowhere/at/all").expect_err("no file");
        assert_eq!(error.kind(), ErrorKind::SourceUnreadable);
    }
}
