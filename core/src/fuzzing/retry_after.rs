//! The value of `Retry-After`.

use http::header::RETRY_AFTER;
use http::{HeaderMap, HeaderValue};
use tokio::time::Instant;

use crate::http::retry::retry_after;

/// Any value of the header gives a time to wait or none.
pub fn fuzz_retry_after(data: &[u8]) {
    if let Ok(value) = HeaderValue::from_bytes(data) {
        let asked = retry_after(&HeaderMap::from_iter([(RETRY_AFTER, value)]));
        // The result is added to a clock.
        assert!(asked.is_none_or(|asked| Instant::now().checked_add(asked).is_some()));
    }
}
