//! The key that seals a transfer, and its recipient. The recipe is the official SDK's: a random key per
//! transfer, wrapped for the one recipient with a key that both agents can derive.

use std::path::Path;

use serde::{Serialize as _, Serializer};
use serde_json::{Value, json};

use crate::error::{Error, Result};
use crate::seal::{KeyPair, Nonce, PublicKey, encryption, wrapped};
use crate::secret::Secret;

/// The scheme's name as the official SDK sends and expects it. The API reference names plain `AES-256-GCM`
/// instead, which the SDK's receiver does not look for.
const ALGORITHM: &str = "X25519-HKDF-AES-256-GCM";

/// How a transfer's files are sealed, so that only the recipient can read them. File names, sizes and
/// their order are not sealed, and nothing binds a sealed file to its transfer.
#[derive(Debug, Clone)]
pub struct Encryption {
    pub(super) mode: SealMode,
    pub(super) algorithm: String,
}

#[derive(Debug, Clone)]
pub(super) enum SealMode {
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
        Self { mode: SealMode::Seal { pair: key_pair, recipient: None }, algorithm: ALGORITHM.to_owned() }
    }

    /// The recipient's public key, known from elsewhere: standard base64 of 32 raw bytes. Default: the one
    /// that the service names, which trusts the service to name the right one; compare
    /// [`SentTransfer::recipient_key_fingerprint`](crate::SentTransfer::recipient_key_fingerprint).
    ///
    /// # Errors
    /// `encryption` if it is none; `invalid_input` for files that are sealed already.
    pub fn recipient_public_key(mut self, base64: &str) -> Result<Self> {
        match &mut self.mode {
            // A slip that would put the private key where public ones are printed.
            SealMode::Seal { pair, .. } if pair.is_private(base64) => {
                return Err(encryption(
                    "recipient_public_key is the private key of the pair given; give the recipient's public key",
                ));
            }
            SealMode::Seal { recipient, .. } => *recipient = Some(PublicKey::parse(base64, "the recipient")?),
            SealMode::Presealed { .. } => {
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
            mode: SealMode::Presealed { encrypted_key: Secret::new(encrypted_key) },
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
            crate::paths::local_path(path.as_ref().to_owned(), "the configuration of the official SDK")?;
        let path = if given.is_dir() { given.join("config.json") } else { given };
        let text = std::fs::read(&path).map_err(|e| Error::local_io(&path, "reading", &e))?;
        let text = zeroize::Zeroizing::new(text);
        let mut config: Value = serde_json::from_slice(&text).unwrap_or(Value::Null);
        let Some(Value::String(key)) = config.get_mut("private_key").map(Value::take) else {
            return Err(encryption(&format!(
                "{} holds no private_key; register the agent with the official SDK first, or give another file",
                path.display()
            ))
            .with_path(&path));
        };
        let key = Secret::new(key);
        Self::from_private_key(key.reveal())
            .map_err(|e| e.context(&path.display().to_string()).with_path(&path))
    }
}

/// Refuses without a network. `nonces` are those that the files were given with.
pub(super) fn check(given: Option<&Encryption>, mode: &str, nonces: &[Option<&str>]) -> Result<()> {
    let Some(given) = given else {
        return match nonces.iter().flatten().next() {
            Some(_) => Err(Error::invalid(
                "a file has an encryption_iv and the transfer is not encrypted; give the encryption, or leave it out",
            )),
            None => Ok(()),
        };
    };
    if mode == "agent-to-human" {
        return Err(encryption(
            "a transfer to a person cannot be sealed for a key, since a person has none; send it without encryption, or to an agent",
        ));
    }
    if given.algorithm.trim().is_empty() {
        return Err(Error::invalid("algorithm is empty; leave it out for the default"));
    }
    nonces.iter().try_for_each(|nonce| check_nonce(*nonce, &given.mode))?;
    distinct(nonces.iter().copied().flatten())?;
    match &given.mode {
        SealMode::Presealed { encrypted_key } => wrapped(encrypted_key.reveal()).map(drop),
        SealMode::Seal { .. } => Ok(()),
    }
}

/// Two files of one transfer share a key, so they must not share a nonce.
pub(super) fn distinct<'a>(nonces: impl IntoIterator<Item = &'a str>) -> Result<()> {
    let mut seen = std::collections::HashSet::new();
    match nonces.into_iter().find(|nonce| !seen.insert(nonce.trim())) {
        None => Ok(()),
        Some(_) => Err(encryption(
            "two files have the same encryption_iv, and under one key that breaks the encryption of both; seal each with its own",
        )),
    }
}

fn check_nonce(nonce: Option<&str>, mode: &SealMode) -> Result<()> {
    match (mode, nonce) {
        (SealMode::Presealed { .. }, Some(nonce)) => Nonce::parse(nonce).map(drop),
        (SealMode::Presealed { .. }, None) => Err(encryption(
            "a file that is sealed already needs the encryption_iv it was sealed with; give it with the file",
        )),
        (SealMode::Seal { .. }, Some(_)) => Err(Error::invalid(
            "a file has an encryption_iv and is to be sealed here, with a new one; leave it out, or say that the files are presealed",
        )),
        (SealMode::Seal { .. }, None) => Ok(()),
    }
}

/// The facts that make two encryptions the same. Not a `Serialize` of its own, which would let anybody print
/// it.
pub(super) fn identity<S: Serializer>(
    given: &Option<Encryption>,
    to: S,
) -> std::result::Result<S::Ok, S::Error> {
    let identity = given.as_ref().map(|encryption| match &encryption.mode {
        SealMode::Seal { pair, recipient } => json!({
            "sender_public_key": pair.public_key(),
            "recipient_public_key": recipient.map(|key| key.base64()),
            "algorithm": encryption.algorithm,
        }),
        SealMode::Presealed { encrypted_key } => json!({
            "encrypted_key": encrypted_key.reveal(),
            "algorithm": encryption.algorithm,
        }),
    });
    identity.serialize(to)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::ErrorKind;

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
