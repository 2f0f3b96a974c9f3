//! AgentDrop: sealing
//!
//! How a transfer's files are sealed before they leave, so that only the recipient can read them: a random key per
//! transfer, wrapped for the one recipient, and AES-256-GCM, as the official SDKs do it. File names, sizes and their
//! order are not sealed, and nothing binds a sealed file to its transfer. Sealing that is asked for and not possible is
//! DROPOFF_ENCRYPTION: nothing is then sent as it is.

use std::ffi::c_char;
use std::mem::MaybeUninit;

use dropoff::{Encryption, Result};

use crate::error::{dropoff_error, dropoff_status};
use crate::guard;
use crate::handle::{LiveHandle, give, needed};
use crate::key_pair::dropoff_key_pair;
use crate::text::text;

/// How files are sealed. Transfers copy it, so one can serve many and be freed at once. Free it with
/// dropoff_encryption_free.
///
/// Threads: one at a time; a transfer that was given it does not look at it again.
pub struct dropoff_encryption {
    pub(crate) encryption: Encryption,
    _live: LiveHandle,
}

impl dropoff_encryption {
    #[cfg(debug_assertions)]
    pub(crate) fn shown(&self) -> &dyn std::fmt::Debug {
        &self.encryption
    }
    fn new(encryption: Encryption) -> Self {
        Self { encryption, _live: LiveHandle::new() }
    }
    /// A copy is changed, so that a refused change leaves everything as it was.
    fn change(&mut self, change: impl FnOnce(Encryption) -> Result<Encryption>) -> Result<()> {
        self.encryption = change(self.encryption.clone())?;
        Ok(())
    }
}

/// Seals with the sender's key pair, which is copied, for whichever public key the service names for the recipient.
/// That trusts the service to name the right one: compare dropoff_sent_transfer_recipient_key_fingerprint, or give the
/// key with dropoff_encryption_set_recipient_public_key.
///
/// Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn dropoff_encryption_new(
    key_pair: Option<&dropoff_key_pair>,
    encryption: Option<&mut MaybeUninit<*mut dropoff_encryption>>,
    error: Option<&mut MaybeUninit<*mut dropoff_error>>,
) -> dropoff_status {
    guard::run(error, || {
        let (key_pair, place) = (needed!(key_pair)?, needed!(encryption)?);
        give(place, dropoff_encryption::new(Encryption::new(key_pair.pair.clone())));
        Ok(())
    })
}

/// The files are sealed already, all with the key that is wrapped in `encrypted_key` (base64 of 60 bytes), and pass
/// through as they are. Each needs the encryption_iv it was sealed with: dropoff_transfer_set_file_encryption_iv.
///
/// Threads: any.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dropoff_encryption_presealed(
    encrypted_key: *const c_char,
    encryption: Option<&mut MaybeUninit<*mut dropoff_encryption>>,
    error: Option<&mut MaybeUninit<*mut dropoff_error>>,
) -> dropoff_status {
    guard::run(error, || {
        let (encrypted_key, place) = (text!(encrypted_key)?, needed!(encryption)?);
        give(place, dropoff_encryption::new(Encryption::presealed(encrypted_key)));
        Ok(())
    })
}

/// The recipient's public key, known from elsewhere: standard base64 of 32 raw bytes. The service is then not asked for
/// it. DROPOFF_ENCRYPTION if it is none, DROPOFF_INVALID_INPUT for files that are sealed already.
///
/// Threads: one at a time.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dropoff_encryption_set_recipient_public_key(
    encryption: Option<&mut dropoff_encryption>,
    public_key: *const c_char,
    error: Option<&mut MaybeUninit<*mut dropoff_error>>,
) -> dropoff_status {
    guard::run(error, || {
        let (encryption, public_key) = (needed!(encryption)?, text!(public_key)?);
        encryption.change(|encryption| encryption.recipient_public_key(public_key))
    })
}

/// Another name for the scheme in the transfer's field encryption_algorithm; the scheme stays the same. Default
/// "X25519-HKDF-AES-256-GCM", which the official SDKs look for. An empty one is refused by the call.
///
/// Threads: one at a time.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dropoff_encryption_set_algorithm(
    encryption: Option<&mut dropoff_encryption>,
    name: *const c_char,
    error: Option<&mut MaybeUninit<*mut dropoff_error>>,
) -> dropoff_status {
    guard::run(error, || {
        let (encryption, name) = (needed!(encryption)?, text!(name)?);
        encryption.change(|encryption| Ok(encryption.algorithm(name)))
    })
}

/// Frees it, used or not. NULL is fine.
///
/// Threads: one at a time.
#[unsafe(no_mangle)]
pub extern "C" fn dropoff_encryption_free(encryption: Option<Box<dropoff_encryption>>) {
    guard::free(encryption);
}
