//! An object that storage has after an upload.

/// An object that storage has after an upload.
#[derive(Debug, Clone, PartialEq, Eq, serde::Deserialize, serde::Serialize)]
pub struct StoredObject {
    /// Bytes of the source that storage took.
    pub bytes: u64,
    /// Storage's ETag, without quotes, if it sent one.
    pub etag: Option<String>,
    /// SHA-256 of what was sent, in hex, if it was computed.
    pub sha256: Option<String>,
    /// MD5 of what was sent, in hex, if it was computed.
    pub md5: Option<String>,
    /// Whether storage's ETag equals the MD5 of what was sent.
    pub verified: bool,
    /// Requests it took, the successful one included.
    pub attempts: u32,
    /// Doubts that are left all the same, each a sentence: a success that bears no sign of being storage's
    /// own.
    #[serde(default)]
    pub warnings: Vec<String>,
}

/// One part that storage has.
#[derive(Debug, Clone, PartialEq, Eq, serde::Deserialize, serde::Serialize)]
pub struct StoredPart {
    /// Its number, from 1.
    pub part_number: u32,
    /// Bytes of it.
    pub bytes: u64,
    /// Storage's ETag of it, without quotes: completing the upload needs it.
    pub etag: String,
    /// MD5 of what was sent, in hex, if it was computed.
    pub md5: Option<String>,
    /// Whether the ETag equals it.
    pub verified: bool,
    /// Requests it took, the successful one included.
    pub attempts: u32,
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
    /// Whether every part's ETag equals the MD5 of what was sent.
    pub verified: bool,
}
