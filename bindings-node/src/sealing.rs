//! Key pairs, how a transfer is sealed, and opening what came sealed.

use dropoff::SealedFile;
use napi::{Either, Env};
use napi_derive::napi;

use crate::errors::{Failed, guarded};
use crate::job::Job;

/// An agent's key pair.
#[napi]
pub struct KeyPair(dropoff::KeyPair);

/// A new pair.
#[napi]
pub fn generate_key_pair() -> Either<KeyPair, Failed> {
    guarded(|| Ok(KeyPair(dropoff::KeyPair::generate()?)))
}

/// The pair of a private key in base64.
#[napi]
pub fn key_pair_of(private_key: String) -> Either<KeyPair, Failed> {
    guarded(|| Ok(KeyPair(dropoff::KeyPair::from_private_key(&private_key)?)))
}

/// The pair that the official SDK keeps.
#[napi]
pub fn key_pair_of_config(path: String) -> Either<KeyPair, Failed> {
    guarded(|| Ok(KeyPair(dropoff::KeyPair::from_agentdrop_config(path)?)))
}

#[napi]
impl KeyPair {
    /// The public half in base64.
    #[napi(getter)]
    pub fn public_key(&self) -> String {
        self.0.public_key()
    }
    /// The private half in base64.
    #[napi]
    pub fn reveal(&self) -> String {
        self.0.reveal_private_key().to_string()
    }
}

/// How the files of a transfer are sealed.
#[napi]
pub struct Encryption(pub(crate) dropoff::Encryption);

/// For files that are sealed here.
#[napi]
pub fn encryption(
    key_pair: &KeyPair,
    recipient_public_key: Option<String>,
    algorithm: Option<String>,
) -> Either<Encryption, Failed> {
    guarded(|| {
        let mut encryption = dropoff::Encryption::new(key_pair.0.clone());
        if let Some(key) = recipient_public_key {
            encryption = encryption.recipient_public_key(&key)?;
        }
        Ok(Encryption(named(encryption, algorithm)))
    })
}

/// For files that came sealed.
#[napi]
pub fn presealed(encrypted_key: String, algorithm: Option<String>) -> Either<Encryption, Failed> {
    guarded(|| Ok(Encryption(named(dropoff::Encryption::presealed(encrypted_key), algorithm))))
}

fn named(encryption: dropoff::Encryption, algorithm: Option<String>) -> dropoff::Encryption {
    match algorithm {
        Some(name) => encryption.algorithm(name),
        None => encryption,
    }
}

/// A sealed file and where its content goes.
#[napi(object, object_to_js = false)]
pub struct OpenRequest {
    /// The file as it was downloaded.
    pub path: String,
    /// Where the opened one appears.
    pub to: String,
    /// Base64 of 32 bytes.
    pub sender_public_key: Option<String>,
    /// Base64 of 60 bytes.
    pub encrypted_key: Option<String>,
    /// Base64 of 12 bytes.
    pub encryption_iv: Option<String>,
    /// Base64 of 32 bytes.
    pub encryption_salt: Option<String>,
}

/// Opens a sealed file.
#[napi]
pub fn start_open_sealed(env: &Env, request: OpenRequest, key_pair: &KeyPair) -> Either<Job, Failed> {
    Job::start(env, || {
        let sealed = SealedFile::new(request.path)
            // A reply has null where a scheme has no such field, and to the core that is an empty one.
            .sender_public_key(request.sender_public_key.unwrap_or_default())
            .encrypted_key(request.encrypted_key.unwrap_or_default())
            .encryption_iv(request.encryption_iv.unwrap_or_default())
            .encryption_salt(request.encryption_salt.unwrap_or_default());
        dropoff::start_open_sealed(&sealed, request.to, &key_pair.0)
    })
}
