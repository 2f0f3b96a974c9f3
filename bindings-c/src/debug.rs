//! What only tests need; not in the header and not in release builds.

use crate::error::dropoff_status;
use crate::guard::{self, ErrorPlace};

/// Panics behind the boundary, so that a test can see what C gets.
#[unsafe(no_mangle)]
pub extern "C" fn dropoff_debug_panic(error: ErrorPlace<'_>) -> dropoff_status {
    guard::run(error, || panic!("asked for"))
}
