//! Requests and replies, with no service's rules.

pub(crate) mod form_body;
pub(crate) mod form_fields;
pub(crate) mod form_parts;
pub(crate) mod log;
pub(crate) mod query;
pub(crate) mod reply;
pub(crate) mod request;
