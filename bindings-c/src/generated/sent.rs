//! Made by dropoff-generate from the core's sources. Do not edit.

use crate::generated::prelude::*;

/// One file of a dropoff_sent_transfer.
///
/// Threads: it never changes, so any number of threads may read it at once.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct dropoff_sent_file {
    pub size: usize,
    /// The service's id of it.
    pub file_id: *const c_char,
    /// Its name.
    pub name: *const c_char,
    /// Bytes sent: 16 more than the file has if it was sealed here.
    pub bytes: u64,
    /// Storage's ETag; for a file in parts the one that S3 and R2 make of the parts' ETags. Or NULL.
    pub etag: *const c_char,
    /// MD5 of what was sent, in hex, if it was computed. A file in parts has none. Or NULL.
    pub md5: *const c_char,
    /// SHA-256 of what was sent, in hex, if it was computed. A file in parts has none. Or NULL.
    pub sha256: *const c_char,
    /// Whether storage answered with a digest, for every part if it went in parts, that equals that of what
    /// was sent.
    pub verified: bool,
    /// Requests it took, over all its parts.
    pub attempts: u32,
    /// How many parts it was sent in; 0 if it went whole.
    pub parts: u32,
    /// The digest that verified it, "crc32", "crc32c", "crc64nvme", "md5", "sha1" or "sha256"; for a file in
    /// parts the weakest of theirs. A CRC finds damage on the way, and is no proof against somebody who means
    /// to deceive. Or NULL.
    pub verified_by: *const c_char,
    /// CRC-64/NVME of what was sent, in base64, unless integrity_check is false. Or NULL.
    pub crc64nvme: *const c_char,
}

impl Described for dropoff::SentFile {
    type Facts = dropoff_sent_file;
    fn facts(&self, arena: &mut Arena) -> dropoff_sent_file {
        dropoff_sent_file {
            size: size_of::<dropoff_sent_file>(),
            file_id: arena.text(&self.file_id),
            name: arena.text(&self.name),
            bytes: self.bytes,
            etag: arena.text_or_null(self.etag.as_deref()),
            md5: arena.text_or_null(self.md5.as_deref()),
            sha256: arena.text_or_null(self.sha256.as_deref()),
            verified: self.verified,
            attempts: self.attempts,
            parts: self.parts,
            verified_by: arena.text_or_null(self.verified_by.as_deref()),
            crc64nvme: arena.text_or_null(self.crc64nvme.as_deref()),
        }
    }
}

/// Several of dropoff_sent_file, in the order that they were given.
///
/// Threads: it never changes, so any number of threads may read it at once.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct dropoff_sent_files {
    pub size: usize,
    /// Every field as one JSON object, the same in all languages.
    pub json: *const c_char,
    /// The files.
    pub files: *const *const dropoff_sent_file,
    pub files_count: usize,
}

impl Described for Vec<dropoff::SentFile> {
    type Facts = dropoff_sent_files;
    fn facts(&self, arena: &mut Arena) -> dropoff_sent_files {
        dropoff_sent_files {
            size: size_of::<dropoff_sent_files>(),
            json: arena.json(self),
            files: arena.records(self),
            files_count: self.len(),
        }
    }
}

impl Outcome for Vec<dropoff::SentFile> {
    type Handle = dropoff_sent_files;
    const NAME: &'static str = "sent_files";
    fn handle(self) -> *mut dropoff_sent_files {
        arena::give(&self)
    }
}

/// Waits for a job that results in a dropoff_sent_files, and gives that, which is yours to free; or the job's error.
///
/// Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn dropoff_job_sent_files(
    job: Option<&dropoff_job>,
    sent_files: Option<&mut MaybeUninit<*mut dropoff_sent_files>>,
    error: Option<&mut MaybeUninit<*mut dropoff_error>>,
) -> dropoff_status {
    guard::run(error, || job::give_result::<Vec<dropoff::SentFile>>(job, needed!(sent_files)))
}

/// Frees a dropoff_sent_files with all that belongs to it. NULL is fine.
///
/// Threads: one at a time.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dropoff_sent_files_free(sent_files: *mut dropoff_sent_files) {
    // SAFETY: the header says that it is one that a function gave, and that it is freed once.
    unsafe { arena::free(sent_files) }
}

/// A transfer that is active, file by file.
///
/// Threads: it never changes, so any number of threads may read it at once.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct dropoff_sent_transfer {
    pub size: usize,
    /// Every field as one JSON object, the same in all languages.
    pub json: *const c_char,
    /// The transfer's id.
    pub id: *const c_char,
    /// "active", as the service reported it.
    pub status: *const c_char,
    /// Whether its files were sealed before they left.
    pub encrypted: bool,
    /// When the service says the upload URLs (or the transfer) expire, RFC 3339; its documents disagree. Or
    /// NULL.
    pub expires_at: *const c_char,
    /// SHA-256, in hex, of the public key that files were sealed for, if they were sealed here; compare it
    /// with the recipient's. Or NULL.
    pub recipient_key_fingerprint: *const c_char,
    /// Whose word it is that this key is the recipient's, "caller" or "service", if files were sealed here.
    /// Or NULL.
    pub recipient_key_source: *const c_char,
    /// The files, in the order given.
    pub files: *const *const dropoff_sent_file,
    pub files_count: usize,
}

impl Described for dropoff::SentTransfer {
    type Facts = dropoff_sent_transfer;
    fn facts(&self, arena: &mut Arena) -> dropoff_sent_transfer {
        dropoff_sent_transfer {
            size: size_of::<dropoff_sent_transfer>(),
            json: arena.json(self),
            id: arena.text(&self.id),
            status: arena.text(&self.status),
            encrypted: self.encrypted,
            expires_at: arena.text_or_null(self.expires_at.as_deref()),
            recipient_key_fingerprint: arena.text_or_null(self.recipient_key_fingerprint.as_deref()),
            recipient_key_source: arena.text_or_null(self.recipient_key_source.as_deref()),
            files: arena.records(&self.files),
            files_count: self.files.len(),
        }
    }
}

impl Outcome for dropoff::SentTransfer {
    type Handle = dropoff_sent_transfer;
    const NAME: &'static str = "sent_transfer";
    fn handle(self) -> *mut dropoff_sent_transfer {
        arena::give(&self)
    }
}

/// Waits for a job that results in a dropoff_sent_transfer, and gives that, which is yours to free; or the job's error.
///
/// Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn dropoff_job_sent_transfer(
    job: Option<&dropoff_job>,
    sent_transfer: Option<&mut MaybeUninit<*mut dropoff_sent_transfer>>,
    error: Option<&mut MaybeUninit<*mut dropoff_error>>,
) -> dropoff_status {
    guard::run(error, || job::give_result::<dropoff::SentTransfer>(job, needed!(sent_transfer)))
}

/// Frees a dropoff_sent_transfer with all that belongs to it. NULL is fine.
///
/// Threads: one at a time.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dropoff_sent_transfer_free(sent_transfer: *mut dropoff_sent_transfer) {
    // SAFETY: the header says that it is one that a function gave, and that it is freed once.
    unsafe { arena::free(sent_transfer) }
}

/// One file of a dropoff_transfer_plan.
///
/// Threads: it never changes, so any number of threads may read it at once.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct dropoff_planned_file {
    pub size: usize,
    /// Its name.
    pub name: *const c_char,
    /// Bytes that would be sent: 16 more than the file has if it is sealed here.
    pub bytes: u64,
    /// Its media type.
    pub content_type: *const c_char,
    /// How many parts it would be sent in; 0 if it goes whole.
    pub parts: u32,
    /// Bytes of each part but the last, if it goes in parts. Otherwise UINT64_MAX.
    pub part_size: u64,
}

impl Described for dropoff::PlannedFile {
    type Facts = dropoff_planned_file;
    fn facts(&self, arena: &mut Arena) -> dropoff_planned_file {
        dropoff_planned_file {
            size: size_of::<dropoff_planned_file>(),
            name: arena.text(&self.name),
            bytes: self.bytes,
            content_type: arena.text(&self.content_type),
            parts: self.parts,
            part_size: self.part_size.unwrap_or(u64::MAX),
        }
    }
}

/// The files and the first request that dropoff_agentdrop_send would send.
///
/// Threads: it never changes, so any number of threads may read it at once.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct dropoff_transfer_plan {
    pub size: usize,
    /// Every field as one JSON object, the same in all languages.
    pub json: *const c_char,
    /// Whether its files go in parts.
    pub multipart: bool,
    /// Whether they are sealed.
    pub encrypted: bool,
    /// Bytes that would be sent in all.
    pub total_bytes: u64,
    /// The files, in the order given.
    pub files: *const *const dropoff_planned_file,
    pub files_count: usize,
    /// The body of the first request. Secret and random values in it are [hidden]. As the text of a JSON
    /// object.
    pub request_json: *const c_char,
}

impl Described for dropoff::TransferPlan {
    type Facts = dropoff_transfer_plan;
    fn facts(&self, arena: &mut Arena) -> dropoff_transfer_plan {
        dropoff_transfer_plan {
            size: size_of::<dropoff_transfer_plan>(),
            json: arena.json(self),
            multipart: self.multipart,
            encrypted: self.encrypted,
            total_bytes: self.total_bytes,
            files: arena.records(&self.files),
            files_count: self.files.len(),
            request_json: arena.json(&self.request),
        }
    }
}

impl Outcome for dropoff::TransferPlan {
    type Handle = dropoff_transfer_plan;
    const NAME: &'static str = "transfer_plan";
    fn handle(self) -> *mut dropoff_transfer_plan {
        arena::give(&self)
    }
}

/// Waits for a job that results in a dropoff_transfer_plan, and gives that, which is yours to free; or the job's error.
///
/// Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn dropoff_job_transfer_plan(
    job: Option<&dropoff_job>,
    transfer_plan: Option<&mut MaybeUninit<*mut dropoff_transfer_plan>>,
    error: Option<&mut MaybeUninit<*mut dropoff_error>>,
) -> dropoff_status {
    guard::run(error, || job::give_result::<dropoff::TransferPlan>(job, needed!(transfer_plan)))
}

/// Frees a dropoff_transfer_plan with all that belongs to it. NULL is fine.
///
/// Threads: one at a time.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dropoff_transfer_plan_free(transfer_plan: *mut dropoff_transfer_plan) {
    // SAFETY: the header says that it is one that a function gave, and that it is freed once.
    unsafe { arena::free(transfer_plan) }
}

/// The service's answer to a confirm.
///
/// Threads: it never changes, so any number of threads may read it at once.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct dropoff_confirmed {
    pub size: usize,
    /// Every field as one JSON object, the same in all languages.
    pub json: *const c_char,
    /// The transfer's id.
    pub id: *const c_char,
    /// "active", as the service reported it.
    pub status: *const c_char,
}

impl Described for dropoff::Confirmed {
    type Facts = dropoff_confirmed;
    fn facts(&self, arena: &mut Arena) -> dropoff_confirmed {
        dropoff_confirmed {
            size: size_of::<dropoff_confirmed>(),
            json: arena.json(self),
            id: arena.text(&self.id),
            status: arena.text(&self.status),
        }
    }
}

impl Outcome for dropoff::Confirmed {
    type Handle = dropoff_confirmed;
    const NAME: &'static str = "confirmed";
    fn handle(self) -> *mut dropoff_confirmed {
        arena::give(&self)
    }
}

/// Waits for a job that results in a dropoff_confirmed, and gives that, which is yours to free; or the job's error.
///
/// Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn dropoff_job_confirmed(
    job: Option<&dropoff_job>,
    confirmed: Option<&mut MaybeUninit<*mut dropoff_confirmed>>,
    error: Option<&mut MaybeUninit<*mut dropoff_error>>,
) -> dropoff_status {
    guard::run(error, || job::give_result::<dropoff::Confirmed>(job, needed!(confirmed)))
}

/// Frees a dropoff_confirmed with all that belongs to it. NULL is fine.
///
/// Threads: one at a time.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dropoff_confirmed_free(confirmed: *mut dropoff_confirmed) {
    // SAFETY: the header says that it is one that a function gave, and that it is freed once.
    unsafe { arena::free(confirmed) }
}

/// A transfer as the service reports it.
///
/// Threads: it never changes, so any number of threads may read it at once.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct dropoff_transfer_info {
    pub size: usize,
    /// Every field as one JSON object, the same in all languages.
    pub json: *const c_char,
    /// The transfer's id.
    pub id: *const c_char,
    /// "pending", "active", "expired", "deleted", "downloaded", and whatever the service adds.
    pub status: *const c_char,
    /// Every field of the reply, these two included. As the text of a JSON object.
    pub fields_json: *const c_char,
}

impl Described for dropoff::TransferInfo {
    type Facts = dropoff_transfer_info;
    fn facts(&self, arena: &mut Arena) -> dropoff_transfer_info {
        dropoff_transfer_info {
            size: size_of::<dropoff_transfer_info>(),
            json: arena.json(self),
            id: arena.text(&self.id),
            status: arena.text(&self.status),
            fields_json: arena.json(&self.fields),
        }
    }
}

impl Outcome for dropoff::TransferInfo {
    type Handle = dropoff_transfer_info;
    const NAME: &'static str = "transfer_info";
    fn handle(self) -> *mut dropoff_transfer_info {
        arena::give(&self)
    }
}

/// Waits for a job that results in a dropoff_transfer_info, and gives that, which is yours to free; or the job's error.
///
/// Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn dropoff_job_transfer_info(
    job: Option<&dropoff_job>,
    transfer_info: Option<&mut MaybeUninit<*mut dropoff_transfer_info>>,
    error: Option<&mut MaybeUninit<*mut dropoff_error>>,
) -> dropoff_status {
    guard::run(error, || job::give_result::<dropoff::TransferInfo>(job, needed!(transfer_info)))
}

/// Frees a dropoff_transfer_info with all that belongs to it. NULL is fine.
///
/// Threads: one at a time.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dropoff_transfer_info_free(transfer_info: *mut dropoff_transfer_info) {
    // SAFETY: the header says that it is one that a function gave, and that it is freed once.
    unsafe { arena::free(transfer_info) }
}
