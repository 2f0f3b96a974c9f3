//! Made by dropoff-generate from the core's sources. Do not edit.

use crate::generated::prelude::*;

/// One part that storage has.
///
/// Threads: it never changes, so any number of threads may read it at once.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct dropoff_stored_part {
    pub size: usize,
    /// Its number, from 1.
    pub part_number: u32,
    /// Bytes of it.
    pub bytes: u64,
    /// Storage's ETag of it, without quotes: completing the upload needs it. Empty where storage gives none
    /// and needs none, as for Azure's blocks.
    pub etag: *const c_char,
    /// MD5 of what was sent, in hex, if it was computed. Or NULL.
    pub md5: *const c_char,
    /// Whether storage answered with a digest that equals that of what was sent.
    pub verified: bool,
    /// Requests it took, the successful one included.
    pub attempts: u32,
    /// The digest that verified it, as in dropoff_stored_object. Or NULL.
    pub verified_by: *const c_char,
    /// CRC-64/NVME of what was sent, in base64: completing an upload that was begun with this checksum needs
    /// it. Unless integrity_check is false. Or NULL.
    pub crc64nvme: *const c_char,
}

impl Described for dropoff::StoredPart {
    type Facts = dropoff_stored_part;
    fn facts(&self, arena: &mut Arena) -> dropoff_stored_part {
        dropoff_stored_part {
            size: size_of::<dropoff_stored_part>(),
            part_number: self.part_number,
            bytes: self.bytes,
            etag: arena.text(&self.etag),
            md5: arena.text_or_null(self.md5.as_deref()),
            verified: self.verified,
            attempts: self.attempts,
            verified_by: arena.text_or_null(self.verified_by.as_deref()),
            crc64nvme: arena.text_or_null(self.crc64nvme.as_deref()),
        }
    }
}

/// Storage's reply to a success. What the ticket held is hidden in it.
///
/// Threads: it never changes, so any number of threads may read it at once.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct dropoff_storage_reply {
    pub size: usize,
    /// The HTTP status.
    pub status: u32,
    /// The headers about the object and the exchange, by their names in lower case. As the text of a JSON
    /// object.
    pub headers_json: *const c_char,
    /// The body as text, at most 64 KiB of it.
    pub body: *const c_char,
}

impl Described for dropoff::StorageReply {
    type Facts = dropoff_storage_reply;
    fn facts(&self, arena: &mut Arena) -> dropoff_storage_reply {
        dropoff_storage_reply {
            size: size_of::<dropoff_storage_reply>(),
            status: self.status,
            headers_json: arena.json(&self.headers),
            body: arena.text(&self.body),
        }
    }
}

/// An object that storage has after an upload.
///
/// Threads: it never changes, so any number of threads may read it at once.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct dropoff_stored_object {
    pub size: usize,
    /// Every field as one JSON object, the same in all languages.
    pub json: *const c_char,
    /// Bytes of the source that storage took.
    pub bytes: u64,
    /// Storage's ETag, without quotes, if it sent one. Or NULL.
    pub etag: *const c_char,
    /// SHA-256 of what was sent, in hex, if it was computed. Or NULL.
    pub sha256: *const c_char,
    /// MD5 of what was sent, in hex, if it was computed. Or NULL.
    pub md5: *const c_char,
    /// Whether storage answered with a digest that equals that of what was sent.
    pub verified: bool,
    /// Requests it took, the successful one included.
    pub attempts: u32,
    /// Doubts that are left all the same, each a sentence: a success that bears no sign of being storage's
    /// own.
    pub warnings: *const *const c_char,
    pub warnings_count: usize,
    /// The digest that verified it: "crc32", "crc32c", "crc64nvme", "md5", "sha1" or "sha256". A CRC finds
    /// damage on the way, and is no proof against somebody who means to deceive. Or NULL.
    pub verified_by: *const c_char,
    /// CRC-64/NVME of what was sent, in base64, as S3 takes it as "x-amz-checksum-crc64nvme"; unless
    /// integrity_check is false. Or NULL.
    pub crc64nvme: *const c_char,
    /// The parts that it was sent in, by number; none of an object that went whole.
    pub parts: *const *const dropoff_stored_part,
    pub parts_count: usize,
    /// Storage's reply, in which some services say what they made of the bytes. That of the commit, where a
    /// plan has one. Or NULL.
    pub reply: *const dropoff_storage_reply,
}

impl Described for dropoff::StoredObject {
    type Facts = dropoff_stored_object;
    fn facts(&self, arena: &mut Arena) -> dropoff_stored_object {
        dropoff_stored_object {
            size: size_of::<dropoff_stored_object>(),
            json: arena.json(self),
            bytes: self.bytes,
            etag: arena.text_or_null(self.etag.as_deref()),
            sha256: arena.text_or_null(self.sha256.as_deref()),
            md5: arena.text_or_null(self.md5.as_deref()),
            verified: self.verified,
            attempts: self.attempts,
            warnings: arena.texts(&self.warnings),
            warnings_count: self.warnings.len(),
            verified_by: arena.text_or_null(self.verified_by.as_deref()),
            crc64nvme: arena.text_or_null(self.crc64nvme.as_deref()),
            parts: arena.records(&self.parts),
            parts_count: self.parts.len(),
            reply: arena.record_or_null(self.reply.as_ref()),
        }
    }
}

impl Outcome for dropoff::StoredObject {
    type Handle = dropoff_stored_object;
    const NAME: &'static str = "stored_object";
    fn handle(self) -> *mut dropoff_stored_object {
        arena::give(&self)
    }
}

/// Waits for a job that results in a dropoff_stored_object, and gives that, which is yours to free; or the job's error.
///
/// Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn dropoff_job_stored_object(
    job: Option<&dropoff_job>,
    stored_object: Option<&mut MaybeUninit<*mut dropoff_stored_object>>,
    error: Option<&mut MaybeUninit<*mut dropoff_error>>,
) -> dropoff_status {
    guard::run(error, || job::give_result::<dropoff::StoredObject>(job, needed!(stored_object)))
}

/// Frees a dropoff_stored_object with all that belongs to it. NULL is fine.
///
/// Threads: one at a time.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dropoff_stored_object_free(stored_object: *mut dropoff_stored_object) {
    // SAFETY: the header says that it is one that a function gave, and that it is freed once.
    unsafe { arena::free(stored_object) }
}
