//! Requests and replies, with no service's rules.

pub(crate) mod form;
pub(crate) mod log;
pub(crate) mod query;
pub(crate) mod reply;
pub(crate) mod request;
