//! What only tests need; not in the header and not in release builds.

use std::mem::MaybeUninit;

use crate::caller_struct::given_struct;
use crate::error::{dropoff_error, dropoff_status};
use crate::fields::fields;
use crate::generated::sealed_file::dropoff_sealed_file;
use crate::generated::storage_requests::dropoff_put_request;
use crate::generated::transfer::dropoff_encryption;
use crate::guard;
use crate::handle::needed;
use crate::hcompany::dropoff_hcompany;
use crate::key_pair::dropoff_key_pair;

/// Panics behind the boundary, so that a test can see what C gets.
#[unsafe(no_mangle)]
pub extern "C" fn dropoff_debug_panic(error: Option<&mut MaybeUninit<*mut dropoff_error>>) -> dropoff_status {
    guard::run(error, || panic!("asked for"))
}

/// Panics with all there is to print of what holds secrets, as a careless defect of ours might. A form cannot
/// be printed at all.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dropoff_debug_panic_with(
    client: Option<&dropoff_hcompany>,
    put: *const dropoff_put_request,
    error: Option<&mut MaybeUninit<*mut dropoff_error>>,
) -> dropoff_status {
    guard::run(error, || {
        let (client, put) = (needed!(client)?, given_struct!(put)?.into_core(&fields!("put"))?);
        panic!("asked for with {:?}, {put:?}", client.shown())
    })
}

/// The same for what seals and opens.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dropoff_debug_panic_with_keys(
    key_pair: Option<&dropoff_key_pair>,
    encryption: *const dropoff_encryption,
    sealed: *const dropoff_sealed_file,
    error: Option<&mut MaybeUninit<*mut dropoff_error>>,
) -> dropoff_status {
    guard::run(error, || {
        let key_pair = needed!(key_pair)?;
        let encryption = given_struct!(encryption)?.into_core(&fields!("encryption"))?;
        let sealed = given_struct!(sealed)?.into_core(&fields!("sealed"))?;
        panic!("asked for with {:?}, {encryption:?}, {sealed:?}", key_pair.shown())
    })
}
