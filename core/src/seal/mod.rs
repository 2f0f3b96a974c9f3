//! Sealing: AES-256-GCM over files of any size, and the key agreement that lets one recipient open them.
//! Knows keys, nonces and bytes; no file, no HTTP, and no service's JSON.

mod errors;
mod file;
mod gcm;
mod keys;
mod wrap;

pub(crate) use errors::{encryption, missing};
pub(crate) use file::{BlockError, BlockSealer, FileSeal};
pub(crate) use gcm::{MAX_SEALED_LEN, NONCE_LEN, Nonce, Opener, TAG_LEN};
pub use keys::KeyPair;
pub(crate) use keys::PublicKey;
pub(crate) use wrap::{FileKey, WrapKey, wrapped};
