//! The encryption that a request for a transfer declares.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde_json::{Map, Value};

use super::reader::{Reader, UploadKind};

/// The documents name this one, the official SDK sends the others.
const DOCUMENTED: &str = "AES-256-GCM";
const WRAPPED: &str = "X25519-HKDF-AES-256-GCM";
const TO_HUMAN: &str = "X25519-HKDF-AES-256-GCM-A2H";
/// Kept by the form endpoint alone, which stores what it needs.
pub(crate) const CHANNEL: &str = "X25519-CHANNEL-HKDF-AES-256-GCM";
/// A nonce, a key of 32 bytes and a tag.
const WRAPPED_KEY_BYTES: usize = 60;
/// Bytes that sealing adds: the tag of AES-GCM.
const TAG_BYTES: u64 = 16;
const NONCE_BYTES: u64 = 12;

/// The effect of sealing on each file.
#[derive(Clone, Copy)]
pub(crate) struct Sealing {
    pub nonce_apart: bool,
    pub adds: u64,
}

/// The encryption of all files of a request.
pub(crate) struct Encryption {
    pub is_encrypted: bool,
    pub key: Option<String>,
    pub algorithm: Option<String>,
    pub channel_id: Option<String>,
    pub salt: Option<String>,
    /// None without encryption.
    pub sealing: Option<Sealing>,
}

impl Reader {
    pub fn encryption(&mut self, map: &Map<String, Value>) -> Encryption {
        let is_encrypted = self.flag(map, "is_encrypted");
        let key = self.optional_text(map, "", "encrypted_key");
        let algorithm = self.optional_text(map, "", "encryption_algorithm");
        let channel_id = self.optional_text(map, "", "channel_id");
        let salt = self.optional_text(map, "", "encryption_salt");
        let scheme = algorithm.as_deref().unwrap_or(DOCUMENTED);
        let supported = match scheme {
            DOCUMENTED | WRAPPED | TO_HUMAN => true,
            CHANNEL => self.kind == UploadKind::Form,
            _ => false,
        };
        if !supported {
            self.reject("encryption_algorithm", "not supported");
        }
        if is_encrypted {
            self.check_keys(scheme, key.as_deref(), channel_id.as_deref(), salt.as_deref());
        } else if key.as_ref().is_some_and(|key| key.is_empty() || BASE64.decode(key).is_err()) {
            self.reject("encrypted_key", "expected base64");
        }
        // A person's browser finds the nonce at the start of the file.
        let sealing = is_encrypted.then_some(if self.kind == UploadKind::Form && scheme == TO_HUMAN {
            Sealing { nonce_apart: false, adds: NONCE_BYTES + TAG_BYTES }
        } else {
            Sealing { nonce_apart: true, adds: TAG_BYTES }
        });
        Encryption { is_encrypted, key, algorithm, channel_id, salt, sealing }
    }

    /// Each scheme needs something else to be opened again.
    fn check_keys(&mut self, scheme: &str, key: Option<&str>, channel: Option<&str>, salt: Option<&str>) {
        let bytes =
            |text: Option<&str>| text.and_then(|text| BASE64.decode(text).ok()).map(|bytes| bytes.len());
        if scheme == CHANNEL {
            if channel.is_none_or(str::is_empty) {
                self.reject("channel_id", "required for this encryption_algorithm");
            }
            if key.is_some() {
                self.reject("encrypted_key", "a channel has its key already");
            }
        } else {
            match (key, bytes(key)) {
                (None, _) => self.reject("encrypted_key", "required when is_encrypted is true"),
                (_, None | Some(0)) => self.reject("encrypted_key", "expected base64"),
                (_, Some(length)) if scheme == WRAPPED && length != WRAPPED_KEY_BYTES => {
                    self.reject("encrypted_key", "expected base64 of 60 bytes");
                }
                (_, Some(length)) if scheme == TO_HUMAN && self.kind == UploadKind::Form && length != 32 => {
                    self.reject("encrypted_key", "expected base64 of 32 bytes");
                }
                _ => {}
            }
        }
        let salted = self.kind == UploadKind::Form && [CHANNEL, TO_HUMAN].contains(&scheme);
        if salted && bytes(salt) != Some(32) {
            self.reject("encryption_salt", "expected base64 of 32 bytes");
        }
    }
}
