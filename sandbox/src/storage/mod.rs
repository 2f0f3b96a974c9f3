//! Storage: what holds the uploaded bytes, and how it answers. Knows no service.

mod answered_checksums;
mod backends;
mod blocks;
mod discard;
mod external;
mod form_upload;
mod handler;
mod objects;
mod s3_backend;
mod s3_errors;
mod s3_reply;
mod sessions;
mod uploads;

pub(crate) use answered_checksums::AnsweredChecksums;
pub(crate) use backends::{Backend, Storage};
pub(crate) use blocks::BlockRefusal;
pub(crate) use external::External;
pub(crate) use handler::handle;
pub(crate) use objects::{Digests, Incoming, Object, Objects, digest_matches};
pub(crate) use s3_backend::service;
pub(crate) use s3_reply::s3_error;
pub(crate) use sessions::StoredFacts;
pub(crate) use uploads::{MAX_PART, MAX_PARTS, MIN_PART, Refusal, Uploads};
