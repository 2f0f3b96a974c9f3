//! An object that storage has after an upload, its parts, and storage's reply.

use serde_json::{Map, Value};

use crate::digest::{Algorithm, Digests, crc64_of_parts};

/// An object that storage has after an upload.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Deserialize, serde::Serialize)]
pub struct StoredObject {
    /// Bytes of the source that storage took.
    pub bytes: u64,
    /// Storage's ETag, without quotes, if it sent one.
    pub etag: Option<String>,
    /// SHA-256 of what was sent, in hex, if it was computed.
    pub sha256: Option<String>,
    /// MD5 of what was sent, in hex, if it was computed.
    pub md5: Option<String>,
    /// Whether storage answered with a digest that equals that of what was sent.
    pub verified: bool,
    /// Requests it took, the successful one included.
    pub attempts: u32,
    /// Doubts that are left all the same, each a sentence: a success that bears no sign of being storage's
    /// own.
    #[serde(default)]
    pub warnings: Vec<String>,
    /// The digest that verified it: `crc32`, `crc32c`, `crc64nvme`, `md5`, `sha1` or `sha256`. A CRC finds
    /// damage on the way, and is no proof against somebody who means to deceive.
    pub verified_by: Option<String>,
    /// CRC-64/NVME of what was sent, in base64, as S3 takes it as `x-amz-checksum-crc64nvme`; unless
    /// `integrity_check` is false.
    pub crc64nvme: Option<String>,
    /// The parts that it was sent in, by number; none of an object that went whole.
    #[serde(default)]
    pub parts: Vec<StoredPart>,
    /// Storage's reply, in which some services say what they made of the bytes. That of the commit, where a
    /// plan has one.
    #[serde(default)]
    pub reply: Option<StorageReply>,
}

/// Storage's reply to a success. What the ticket held is hidden in it.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Deserialize, serde::Serialize)]
pub struct StorageReply {
    /// The HTTP status.
    pub status: u32,
    /// The headers about the object and the exchange, by their names in lower case.
    pub headers: Map<String, Value>,
    /// The body as text, at most 64 KiB of it.
    pub body: String,
}

/// One part that storage has.
#[derive(Debug, Clone, PartialEq, Eq, serde::Deserialize, serde::Serialize)]
pub struct StoredPart {
    /// Its number, from 1.
    pub part_number: u32,
    /// Bytes of it.
    pub bytes: u64,
    /// Storage's ETag of it, without quotes: completing the upload needs it. Empty where storage gives none
    /// and needs none, as for Azure's blocks.
    pub etag: String,
    /// MD5 of what was sent, in hex, if it was computed.
    pub md5: Option<String>,
    /// Whether storage answered with a digest that equals that of what was sent.
    pub verified: bool,
    /// Requests it took, the successful one included.
    pub attempts: u32,
    /// The digest that verified it, as in [`StoredObject`].
    pub verified_by: Option<String>,
    /// CRC-64/NVME of what was sent, in base64: completing an upload that was begun with this checksum needs
    /// it. Unless `integrity_check` is false.
    pub crc64nvme: Option<String>,
}

/// The parts that storage has after [`Storage::put_parts`](crate::Storage::put_parts).
#[derive(Debug, Clone, PartialEq, Eq, serde::Deserialize, serde::Serialize)]
pub struct StoredParts {
    /// Bytes of the source that storage took.
    pub bytes: u64,
    /// Bytes of each part but the last.
    pub part_size: u64,
    /// The parts, by number. Completing the upload needs their ETags.
    pub parts: Vec<StoredPart>,
    /// Whether every part is verified.
    pub verified: bool,
    /// The weakest digest that verified a part, if every part is verified.
    pub verified_by: Option<String>,
    /// CRC-64/NVME of the whole, in base64: completing the upload with it as `x-amz-checksum-crc64nvme` has
    /// S3 compare it. Unless `integrity_check` is false.
    pub crc64nvme: Option<String>,
    /// Doubts that are left all the same, each a sentence: a part that was taken without any sign of
    /// storage's own.
    #[serde(default)]
    pub warnings: Vec<String>,
}

impl StoredObject {
    /// The digests of what was sent.
    pub(crate) fn digests(&self) -> Digests {
        Digests::of_result(self.md5.as_deref(), self.sha256.as_deref(), self.crc64nvme.as_deref())
    }
}

impl StoredPart {
    /// The digests of what was sent.
    pub(crate) fn digests(&self) -> Digests {
        Digests::of_result(self.md5.as_deref(), None, self.crc64nvme.as_deref())
    }
}

/// The weakest digest that verified a part; `None` unless each is verified.
pub(crate) fn all_verified_by(parts: &[StoredPart]) -> Option<String> {
    let kinds = parts.iter().map(|part| part.verified_by.as_deref().and_then(Algorithm::of_key));
    let kinds: Option<Vec<Algorithm>> = kinds.collect();
    let weakest = kinds?.into_iter().min_by_key(|kind| kind.strength());
    weakest.map(|kind| kind.key().to_owned())
}

/// CRC-64/NVME of all parts together.
pub(crate) fn crc64_of_all(parts: &[StoredPart]) -> Option<String> {
    crc64_of_parts(parts.iter().map(|part| (part.bytes, part.crc64nvme.as_deref())))
}
