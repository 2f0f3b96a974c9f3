//! Key pairs on Curve25519, and the agreement between two of them.

use std::fmt;
use std::io::{self, Write as _};
use std::path::Path;

use aws_lc_rs::agreement::{self, UnparsedPublicKey, X25519};
use aws_lc_rs::hkdf::{HKDF_SHA256, Salt};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

use super::errors::{encryption, missing, no_randomness};
use super::wrap::{FileKey, WrapKey};
use crate::error::{Error, Result};
use crate::sys;

const LEN: usize = 32;

/// The long-term key pair of an agent. Printing shows the public half alone; memory is wiped on drop.
#[derive(Clone)]
pub struct KeyPair {
    private: Zeroizing<[u8; LEN]>,
    public: PublicKey,
}

/// The public half.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct PublicKey([u8; LEN]);

impl KeyPair {
    /// A new one, from the operating system's randomness.
    ///
    /// # Errors
    /// `internal` if there is none.
    pub fn generate() -> Result<Self> {
        let mut private = Zeroizing::new([0; LEN]);
        aws_lc_rs::rand::fill(private.as_mut_slice()).map_err(|_| no_randomness())?;
        Self::from_bytes(private)
    }

    /// The pair of a private key: standard base64 of 32 raw bytes, as the service's SDKs keep it.
    ///
    /// # Errors
    /// `encryption` for anything else. The message does not hold it.
    pub fn from_private_key(base64: &str) -> Result<Self> {
        if base64.trim().is_empty() {
            return Err(missing("the private key", "the standard base64 of its 32 bytes"));
        }
        let raw = Zeroizing::new(STANDARD.decode(base64.trim()).unwrap_or_default());
        let Ok(private) = <[u8; LEN]>::try_from(raw.as_slice()) else {
            return Err(encryption("the private key is not the base64 of 32 bytes; check how it is read"));
        };
        Self::from_bytes(Zeroizing::new(private))
    }

    fn from_bytes(private: Zeroizing<[u8; LEN]>) -> Result<Self> {
        let key = parsed(&private)?;
        let public =
            key.compute_public_key().map_err(|_| encryption("the private key gives no public one"))?;
        let public = PublicKey(public.as_ref().try_into().map_err(|_| no_randomness())?);
        Ok(Self { private, public })
    }

    /// The public key: standard base64 of 32 raw bytes. Not a secret.
    #[must_use]
    pub fn public_key(&self) -> String {
        self.public.base64()
    }

    /// SHA-256 of the raw public key, in hex: short enough to compare by eye.
    #[must_use]
    pub fn fingerprint(&self) -> String {
        self.public.fingerprint()
    }

    /// The private key in the same form. Keep it secret; do not log it.
    #[must_use]
    pub fn reveal_private_key(&self) -> Zeroizing<String> {
        Zeroizing::new(STANDARD.encode(self.private.as_slice()))
    }

    /// Writes the private key to a new file that its owner alone may read. Where that fails, no file is
    /// left.
    ///
    /// # Errors
    /// `invalid_input` where something is at the path already, or nothing can be written there.
    pub fn save(&self, path: &Path) -> Result<()> {
        let failed = |error: io::Error| {
            Error::invalid(match error.kind() {
                io::ErrorKind::AlreadyExists => format!(
                    "there is something at {} already, and a key is never replaced; give another path",
                    path.display()
                ),
                _ => format!("{} cannot be written ({error}); give another path", path.display()),
            })
            .of_file(path, &error)
        };
        if sys::is_misread(path) {
            return Err(Error::invalid(format!("the key's path {}", crate::paths::names_no_file(path))));
        }
        let mut file = sys::create_private(path).map_err(failed)?;
        let written =
            writeln!(file, "{}", self.reveal_private_key().as_str()).and_then(|()| sys::sync_all(&file));
        drop(file);
        written.map_err(|error| {
            // Of this error there is enough to tell.
            let _ = std::fs::remove_file(path);
            failed(error)
        })
    }

    /// Whether this is the private half.
    pub(crate) fn is_private(&self, base64: &str) -> bool {
        self.reveal_private_key().as_str() == base64.trim()
    }

    /// The key that wraps file keys between this pair and another's public key: X25519, then
    /// HKDF-SHA256 without salt over the shared secret. `info` keeps the uses of one pair apart.
    pub(crate) fn agree(&self, other: &PublicKey, info: &[u8]) -> Result<WrapKey> {
        self.derive(other, &[], info).map(WrapKey::new)
    }

    /// A key that seals files itself, as older schemes have it: the same with a salt for each transfer.
    pub(crate) fn agree_on_file_key(&self, other: &PublicKey, salt: &[u8], info: &[u8]) -> Result<FileKey> {
        self.derive(other, salt, info).map(FileKey)
    }

    fn derive(&self, other: &PublicKey, salt: &[u8], info: &[u8]) -> Result<Zeroizing<[u8; LEN]>> {
        let key = parsed(&self.private)?;
        let other = UnparsedPublicKey::new(&X25519, other.0);
        // Refused for a point of small order, whose shared secret would be all zero (RFC 7748, 6.1).
        let refused = encryption(
            "the other agent's public key is not one that can be agreed with; check where it is from",
        );
        agreement::agree(&key, other, refused, |shared| {
            let mut key = Zeroizing::new([0; LEN]);
            let derived = Salt::new(HKDF_SHA256, salt).extract(shared);
            derived
                .expand(&[info], HKDF_SHA256)
                .and_then(|okm| okm.fill(key.as_mut_slice()))
                .map_err(|_| Error::internal("no key could be derived"))?;
            Ok(key)
        })
    }
}

fn parsed(private: &Zeroizing<[u8; LEN]>) -> Result<agreement::PrivateKey> {
    agreement::PrivateKey::from_private_key(&X25519, private.as_slice())
        .map_err(|_| encryption("the private key is not one of X25519"))
}

impl PublicKey {
    /// Reads one; `whose` is for the message.
    pub(crate) fn parse(base64: &str, whose: &str) -> Result<Self> {
        if base64.trim().is_empty() {
            return Err(missing(
                &format!("the public key of {whose}"),
                "the standard base64 of its 32 bytes",
            ));
        }
        let raw = STANDARD.decode(base64.trim()).unwrap_or_default();
        raw.try_into().map(Self).map_err(|_| {
            encryption(&format!(
                "the public key of {whose} is not the base64 of 32 bytes; check where it is from"
            ))
        })
    }

    pub(crate) fn base64(&self) -> String {
        STANDARD.encode(self.0)
    }

    /// SHA-256 of the raw key, in hex: short enough to compare by eye.
    pub(crate) fn fingerprint(&self) -> String {
        crate::digest::sha256(&self.0).hex()
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.base64())
    }
}

impl fmt::Debug for KeyPair {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KeyPair({})", self.public.base64())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_kept_in_a_new_file_of_its_owner() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("my.key");
        let pair = KeyPair::generate().expect("a pair");
        pair.save(&path).expect("kept");
        let text = std::fs::read_to_string(&path).expect("there");
        assert_eq!(KeyPair::from_private_key(&text).expect("a key").public_key(), pair.public_key());
        assert!(sys::testing::is_private(&path));
        let error = pair.save(&path).expect_err("taken");
        assert!(error.message().contains("is never replaced"), "{error}");
        assert_eq!(std::fs::read_to_string(&path).expect("there"), text);
    }

    /// Shared secrets are not given out, so what is compared is a key wrapped with what follows from them.
    #[test]
    fn wycheproof_vectors() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/vectors/crypto/wycheproof_x25519.json");
        let vectors: Vec<serde_json::Value> =
            serde_json::from_slice(&std::fs::read(path).expect("the vectors")).expect("JSON");
        let (file_key, nonce) =
            (super::super::FileKey::random().expect("a key"), super::super::Nonce([7; 12]));
        let mut agreed = 0;
        for vector in &vectors {
            let raw = |name: &str| -> [u8; LEN] {
                let hex = vector[name].as_str().expect("text");
                std::array::from_fn(|at| u8::from_str_radix(&hex[2 * at..2 * at + 2], 16).expect("hex"))
            };
            let pair = KeyPair::from_bytes(Zeroizing::new(raw("private"))).expect("any 32 bytes are a key");
            let shared = raw("shared");
            let ours = pair.agree(&PublicKey(raw("public")), b"info");
            if shared == [0; LEN] {
                ours.err().expect("a secret that everybody knows");
                continue;
            }
            let mut wrap = Zeroizing::new([0; LEN]);
            Salt::new(HKDF_SHA256, &[])
                .extract(&shared)
                .expand(&[b"info"], HKDF_SHA256)
                .and_then(|okm| okm.fill(wrap.as_mut_slice()))
                .expect("derived");
            let theirs = WrapKey::new(wrap).wrap(&file_key, nonce).expect("wrapped");
            assert_eq!(ours.expect("agreed").wrap(&file_key, nonce).expect("wrapped"), theirs, "{vector}");
            agreed += 1;
        }
        assert!(agreed > 400);
    }
}
