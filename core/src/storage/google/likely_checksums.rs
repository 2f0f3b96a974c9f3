//! The checksums that Google answers, for what looks like a ticket of its.

use super::super::upload::Upload;
use crate::digest::{Algorithm, AlgorithmSet};

/// What signs a URL or a form of Google's, by its names in lower case:
/// <https://docs.cloud.google.com/storage/docs/authentication/signatures>.
const SIGNED_BY: [&str; 2] = ["x-goog-signature", "googleaccessid"];

/// CRC-32C, which Google answers for every upload, if the upload is one to Google; none otherwise.
pub(in crate::storage) fn likely_checksums(upload: &Upload<'_>) -> AlgorithmSet {
    let is_googles = upload.host().ends_with(".googleapis.com")
        || SIGNED_BY.into_iter().any(|name| upload.says(name).is_some());
    if is_googles { AlgorithmSet::of(Algorithm::Crc32c) } else { AlgorithmSet::NONE }
}
