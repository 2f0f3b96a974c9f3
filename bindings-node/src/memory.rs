//! Bytes that belong to JavaScript and are sent from where they are.
//!
//! A reference keeps them from being collected, but nothing keeps them when their environment ends (a
//! worker that is terminated), so [`crate::teardown`] waits for every one to be given back before that.

use std::sync::Arc;

use bytes::Bytes;
use dropoff::Error;
use napi::Env;
use napi::bindgen_prelude::Buffer;

use crate::errors::refused;
use crate::teardown::{self, Lent};

/// Shares the memory of `buffer`. Giving it back on another thread is safe: napi sends the reference
/// home for that.
pub(crate) fn shared(env: &Env, buffer: Buffer) -> Result<Bytes, Error> {
    let lent = teardown::of(env).map_err(|e| refused(&e))?.lent();
    lent.more();
    Ok(Bytes::from_owner(Shared { buffer, lent }))
}

struct Shared {
    buffer: Buffer,
    lent: Arc<Lent>,
}

impl AsRef<[u8]> for Shared {
    fn as_ref(&self) -> &[u8] {
        &self.buffer
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        self.lent.less();
    }
}
