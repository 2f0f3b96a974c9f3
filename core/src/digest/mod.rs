//! The digests of a body: those that stores know one by, computed while it is sent. Knows no HTTP.

mod algorithm;
mod answered;
mod hasher;
mod tap;
mod value;

pub(crate) use algorithm::{Algorithm, AlgorithmSet};
pub(crate) use answered::AnsweredDigests;
pub(crate) use hasher::Hasher;
pub(crate) use tap::{DigestTap, PendingDigests};
pub(crate) use value::{Digest, Digests, crc64_of_parts, md5_of_md5s, same_sha256, sha256};
