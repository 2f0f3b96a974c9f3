//! Made by dropoff-generate from the core's sources. Do not edit.

use crate::generated::prelude::*;

/// The parts that storage has after dropoff_storage_put_parts.
///
/// Threads: it never changes, so any number of threads may read it at once.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct dropoff_stored_parts {
    pub size: usize,
    /// Every field as one JSON object, the same in all languages.
    pub json: *const c_char,
    /// Bytes of the source that storage took.
    pub bytes: u64,
    /// Bytes of each part but the last.
    pub part_size: u64,
    /// The parts, by number. Completing the upload needs their ETags.
    pub parts: *const *const dropoff_stored_part,
    pub parts_count: usize,
    /// Whether every part is verified.
    pub verified: bool,
    /// The weakest digest that verified a part, if every part is verified. Or NULL.
    pub verified_by: *const c_char,
    /// CRC-64/NVME of the whole, in base64: completing the upload with it as "x-amz-checksum-crc64nvme" has
    /// S3 compare it. Unless integrity_check is false. Or NULL.
    pub crc64nvme: *const c_char,
    /// Doubts that are left all the same, each a sentence: a part that was taken without any sign of
    /// storage's own.
    pub warnings: *const *const c_char,
    pub warnings_count: usize,
}

impl Described for dropoff::StoredParts {
    type Facts = dropoff_stored_parts;
    fn facts(&self, arena: &mut Arena) -> dropoff_stored_parts {
        dropoff_stored_parts {
            size: size_of::<dropoff_stored_parts>(),
            json: arena.json(self),
            bytes: self.bytes,
            part_size: self.part_size,
            parts: arena.records(&self.parts),
            parts_count: self.parts.len(),
            verified: self.verified,
            verified_by: arena.text_or_null(self.verified_by.as_deref()),
            crc64nvme: arena.text_or_null(self.crc64nvme.as_deref()),
            warnings: arena.texts(&self.warnings),
            warnings_count: self.warnings.len(),
        }
    }
}

impl Outcome for dropoff::StoredParts {
    type Handle = dropoff_stored_parts;
    const NAME: &'static str = "stored_parts";
    fn handle(self) -> *mut dropoff_stored_parts {
        arena::give(&self)
    }
}

/// Waits for a job that results in a dropoff_stored_parts, and gives that, which is yours to free; or the job's error.
///
/// Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn dropoff_job_stored_parts(
    job: Option<&dropoff_job>,
    stored_parts: Option<&mut MaybeUninit<*mut dropoff_stored_parts>>,
    error: Option<&mut MaybeUninit<*mut dropoff_error>>,
) -> dropoff_status {
    guard::run(error, || job::give_result::<dropoff::StoredParts>(job, needed!(stored_parts)))
}

/// Frees a dropoff_stored_parts with all that belongs to it. NULL is fine.
///
/// Threads: one at a time.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dropoff_stored_parts_free(stored_parts: *mut dropoff_stored_parts) {
    // SAFETY: the header says that it is one that a function gave, and that it is freed once.
    unsafe { arena::free(stored_parts) }
}
