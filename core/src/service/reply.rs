//! A success of the service as JSON, or what to do about one that is none.

use serde::de::DeserializeOwned;

use crate::error::{Error, ErrorKind, Result};
use crate::http::api::ApiReply;
use crate::http::page::Page;

/// Reads a success. One that cannot be read is the service's failure, not the caller's.
pub(crate) fn parse<T: DeserializeOwned>(operation: &'static str, reply: &ApiReply) -> Result<T> {
    if reply.cut {
        return Err(Error::new(
            ErrorKind::Unavailable,
            format!(
                "the service's reply is longer than the {} bytes that are read; ask for less at once",
                reply.body.len()
            ),
        )
        .with_operation(operation)
        .status_is(reply.status.as_u16())
        .retryable_is(false));
    }
    // By way of a value: a repeated key is then no error, the last one counts.
    let value = serde_json::from_slice::<serde_json::Value>(&reply.body);
    value.and_then(serde_json::from_value).map_err(|e| {
        let what = if reply.body.is_empty() {
            "an empty reply".to_owned()
        } else if let Some(page) = Page::of(&reply.headers, &reply.body) {
            let message = format!(
                "the answer of the service was {page} with {} instead of JSON, so something in between may have answered; check base_url, whether the network wants you to sign in first, or try again",
                reply.status.as_u16()
            );
            let error = Error::new(ErrorKind::Unavailable, message);
            return error.with_operation(operation).status_is(reply.status.as_u16());
        } else {
            // The parser's own words quote the value, and that may be a signed URL.
            format!("JSON that cannot be read ({:?} error)", e.classify())
        };
        Error::new(
            ErrorKind::Unavailable,
            format!(
                "the service answered {} with {what}; check base_url, or try again",
                reply.status.as_u16()
            ),
        )
        .with_operation(operation)
        .status_is(reply.status.as_u16())
    })
}
