//! AgentDrop: key pairs
//!
//! The long-term keys of an agent, on Curve25519. The official SDKs keep one for each agent they registered.

use std::ffi::c_char;
use std::mem::MaybeUninit;
use std::ptr;
use std::sync::OnceLock;

use dropoff::{KeyPair, Result};
use zeroize::Zeroizing;

use crate::error::{dropoff_error, dropoff_status};
use crate::guard;
use crate::handle::{LiveHandle, give, needed};
use crate::text::{Text, os_path, text};

/// An agent's key pair. Free it with dropoff_key_pair_free, which wipes the private half from memory.
///
/// Threads: it never changes, so any number of threads may use it at once.
pub struct dropoff_key_pair {
    pub(crate) pair: KeyPair,
    public_key: Text,
    /// What was asked for; with its NUL, and wiped with the handle.
    revealed: OnceLock<Zeroizing<Vec<u8>>>,
    _live: LiveHandle,
}

impl dropoff_key_pair {
    #[cfg(debug_assertions)]
    pub(crate) fn shown(&self) -> &dyn std::fmt::Debug {
        &self.pair
    }
    fn new(pair: KeyPair) -> Self {
        Self {
            public_key: Text::new(&pair.public_key()),
            revealed: OnceLock::new(),
            pair,
            _live: LiveHandle::new(),
        }
    }
    fn reveal(&self) -> *const c_char {
        let write = || {
            let key = self.pair.reveal_private_key();
            // Room for all of it at once: what a growing vector leaves behind would not be wiped.
            let mut text = Zeroizing::new(Vec::with_capacity(key.len() + 1));
            text.extend_from_slice(key.as_bytes());
            text.push(0);
            text
        };
        self.revealed.get_or_init(write).as_ptr().cast()
    }
}

fn give_pair(
    key_pair: Option<&mut MaybeUninit<*mut dropoff_key_pair>>,
    make: impl FnOnce() -> Result<KeyPair>,
) -> Result<()> {
    let place = needed!(key_pair)?;
    give(place, dropoff_key_pair::new(make()?));
    Ok(())
}

/// A new pair, from the operating system's randomness. Free it with dropoff_key_pair_free.
///
/// Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn dropoff_key_pair_generate(
    key_pair: Option<&mut MaybeUninit<*mut dropoff_key_pair>>,
    error: Option<&mut MaybeUninit<*mut dropoff_error>>,
) -> dropoff_status {
    guard::run(error, || give_pair(key_pair, KeyPair::generate))
}

/// The pair of a private key: standard base64 of 32 raw bytes, as the service's SDKs keep it. The copy that
/// was passed is yours to wipe. Free the pair with dropoff_key_pair_free. DROPOFF_ENCRYPTION if it is no such
/// key; no error holds what was passed.
///
/// Threads: any.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dropoff_key_pair_from_private_key(
    private_key: *const c_char,
    key_pair: Option<&mut MaybeUninit<*mut dropoff_key_pair>>,
    error: Option<&mut MaybeUninit<*mut dropoff_error>>,
) -> dropoff_status {
    guard::run(error, || {
        let private_key = text!(private_key)?;
        give_pair(key_pair, || KeyPair::from_private_key(private_key))
    })
}

/// The pair that the official SDK keeps: `path` is its folder .agentdrop, or the config.json in it; a leading
/// ~/ is the home folder. Free it with dropoff_key_pair_free. DROPOFF_SOURCE_UNREADABLE if it cannot be read,
/// DROPOFF_ENCRYPTION if it holds no key.
///
/// Threads: any. It reads the file on this one.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dropoff_key_pair_from_agentdrop_config(
    path: *const c_char,
    key_pair: Option<&mut MaybeUninit<*mut dropoff_key_pair>>,
    error: Option<&mut MaybeUninit<*mut dropoff_error>>,
) -> dropoff_status {
    guard::run(error, || {
        let path = os_path!(path)?;
        give_pair(key_pair, || KeyPair::from_agentdrop_config(path))
    })
}

/// Frees a pair and wipes its private half, the text that was revealed included. NULL is fine.
///
/// Threads: one at a time.
#[unsafe(no_mangle)]
pub extern "C" fn dropoff_key_pair_free(key_pair: Option<Box<dropoff_key_pair>>) {
    guard::free(key_pair);
}

/// The public key: standard base64 of 32 raw bytes. Not a secret. Lives as long as the pair.
///
/// Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn dropoff_key_pair_public_key(key_pair: Option<&dropoff_key_pair>) -> *const c_char {
    guard::get(key_pair, ptr::null(), |k| k.public_key.as_ptr())
}

/// The private key in the same form: who has it can open what is sealed for this agent, and seal in its name.
/// Do not log it. Lives as long as the pair.
///
/// Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn dropoff_key_pair_reveal_private_key(key_pair: Option<&dropoff_key_pair>) -> *const c_char {
    guard::get(key_pair, ptr::null(), dropoff_key_pair::reveal)
}
