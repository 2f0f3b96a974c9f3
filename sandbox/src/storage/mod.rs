//! Storage: what holds the uploaded bytes, and how it answers. Knows no service.

mod answered_checksums;
mod backends;
mod discard;
mod external;
mod form_upload;
mod handler;
mod objects;
mod s3_backend;
mod s3_errors;
mod s3_reply;
mod uploads;

pub(crate) use answered_checksums::AnsweredChecksums;
pub(crate) use backends::{Backend, Storage};
pub(crate) use external::External;
pub(crate) use handler::handle;
pub(crate) use objects::{Object, Objects};
pub(crate) use s3_backend::service;
pub(crate) use uploads::{MAX_PART, MAX_PARTS, MIN_PART, Refusal, Uploads};
