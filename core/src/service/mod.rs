//! The part that the clients of both services share: where the API is, where the key comes from, and what a
//! reply means that is a refusal or cannot be read.

mod api_key;
mod check;
mod client;
mod refusal;
mod reply;

pub(crate) use api_key::{Login, api_key};
pub use check::ServiceCheck;
pub(crate) use check::check;
pub(crate) use client::{Service, base_url};
pub(crate) use refusal::refusal;
pub(crate) use reply::parse;
