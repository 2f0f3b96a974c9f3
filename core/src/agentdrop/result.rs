//! The results of sending and confirming.

/// A transfer that is active, file by file.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct SentTransfer {
    /// The transfer's id.
    pub id: String,
    /// `active`, as the service reported it.
    pub status: String,
    /// Whether its files were sealed before they left.
    pub encrypted: bool,
    /// When the service says the upload URLs (or the transfer) expire, RFC 3339; its documents disagree.
    pub expires_at: Option<String>,
    /// SHA-256, in hex, of the public key that files were sealed for, if they were sealed here; compare it
    /// with the recipient's.
    pub recipient_key_fingerprint: Option<String>,
    /// Whose word it is that this key is the recipient's, `caller` or `service`, if files were sealed here.
    pub recipient_key_source: Option<String>,
    /// The files, in the order given.
    pub files: Vec<SentFile>,
}

/// One file of a [`SentTransfer`].
#[derive(Debug, Clone, PartialEq, Eq, serde::Deserialize, serde::Serialize)]
pub struct SentFile {
    /// The service's id of it.
    pub file_id: String,
    /// Its name.
    pub name: String,
    /// Bytes sent: 16 more than the file has if it was sealed here.
    pub bytes: u64,
    /// Storage's ETag; for a file in parts the one that S3 and R2 make of the parts' ETags.
    pub etag: Option<String>,
    /// MD5 of what was sent, in hex, if it was computed. A file in parts has none.
    pub md5: Option<String>,
    /// SHA-256 of what was sent, in hex, if it was computed. A file in parts has none.
    pub sha256: Option<String>,
    /// Whether storage answered with a digest, for every part if it went in parts, that equals that of what
    /// was sent.
    pub verified: bool,
    /// Requests it took, over all its parts.
    pub attempts: u32,
    /// How many parts it was sent in; 0 if it went whole.
    pub parts: u32,
    /// The digest that verified it, `crc32`, `crc32c`, `crc64nvme`, `md5`, `sha1` or `sha256`; for a file in
    /// parts the weakest of theirs. A CRC finds damage on the way, and is no proof against somebody who means
    /// to deceive.
    pub verified_by: Option<String>,
    /// CRC-64/NVME of what was sent, in base64, unless `integrity_check` is false.
    pub crc64nvme: Option<String>,
}

/// The service's answer to a confirm.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Confirmed {
    /// The transfer's id.
    pub id: String,
    /// `active`, as the service reported it.
    pub status: String,
}
