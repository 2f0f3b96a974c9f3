//! What only tests need; not in the header and not in release builds.

use crate::encryption::dropoff_encryption;
use crate::error::dropoff_status;
use crate::guard::{self, ErrorPlace};
use crate::handle::needed;
use crate::hcompany::dropoff_hcompany;
use crate::key_pair::dropoff_key_pair;
use crate::put::dropoff_put;
use crate::sealed_file::dropoff_sealed_file;

/// Panics behind the boundary, so that a test can see what C gets.
#[unsafe(no_mangle)]
pub extern "C" fn dropoff_debug_panic(error: ErrorPlace<'_>) -> dropoff_status {
    guard::run(error, || panic!("asked for"))
}

/// Panics with all there is to print of handles that hold secrets, as a careless defect of ours might. A form cannot
/// be printed at all.
#[unsafe(no_mangle)]
pub extern "C" fn dropoff_debug_panic_with(
    client: Option<&dropoff_hcompany>,
    put: Option<&dropoff_put>,
    error: ErrorPlace<'_>,
) -> dropoff_status {
    guard::run(error, || {
        let (client, put) = (needed!(client)?, needed!(put)?);
        panic!("asked for with {:?}, {:?}", client.shown(), put.shown())
    })
}

/// The same for what seals and opens.
#[unsafe(no_mangle)]
pub extern "C" fn dropoff_debug_panic_with_keys(
    key_pair: Option<&dropoff_key_pair>,
    encryption: Option<&dropoff_encryption>,
    sealed: Option<&dropoff_sealed_file>,
    error: ErrorPlace<'_>,
) -> dropoff_status {
    guard::run(error, || {
        let (key_pair, encryption, sealed) = (needed!(key_pair)?, needed!(encryption)?, needed!(sealed)?);
        panic!("asked for with {:?}, {:?}, {:?}", key_pair.shown(), encryption.shown(), sealed.shown())
    })
}
