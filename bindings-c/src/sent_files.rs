//! AgentDrop: files that were sent
//!
//! What storage has of each file of a transfer, in the order the files were given.

use std::ffi::c_char;
use std::mem::MaybeUninit;
use std::ptr;

use dropoff::SentFile;

use crate::error::{dropoff_error, dropoff_status};
use crate::guard;
use crate::handle::{LiveHandle, needed};
use crate::job::{self, Outcome, dropoff_job};
use crate::text::{Json, Text};

/// Files that were sent. Free it with dropoff_sent_files_free, unless it is a sent transfer's own. `index` counts from
/// 0; one that is not below dropoff_sent_files_count gives NULL, 0 or false.
///
/// Threads: it never changes, so any number of threads may read it at once.
pub struct dropoff_sent_files {
    files: Vec<File>,
    json: Json,
    _live: LiveHandle,
}

struct File {
    sent: SentFile,
    file_id: Text,
    name: Text,
    etag: Text,
    md5: Text,
    sha256: Text,
}

impl File {
    fn new(sent: SentFile) -> Self {
        Self {
            file_id: Text::new(&sent.file_id),
            name: Text::new(&sent.name),
            etag: Text::maybe(sent.etag.as_deref()),
            md5: Text::maybe(sent.md5.as_deref()),
            sha256: Text::maybe(sent.sha256.as_deref()),
            sent,
        }
    }
}

impl Outcome for Vec<SentFile> {
    type Handle = dropoff_sent_files;
    const NAME: &'static str = "sent_files";
    fn handle(self) -> dropoff_sent_files {
        dropoff_sent_files {
            files: self.into_iter().map(File::new).collect(),
            json: Json::new(),
            _live: LiveHandle::new(),
        }
    }
}

/// Waits for a job of dropoff_agentdrop_start_upload and gives its result, which is yours to free; or what the
/// job failed with.
///
/// Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn dropoff_job_sent_files(
    job: Option<&dropoff_job>,
    files: Option<&mut MaybeUninit<*mut dropoff_sent_files>>,
    error: Option<&mut MaybeUninit<*mut dropoff_error>>,
) -> dropoff_status {
    guard::run(error, || job::give_result::<Vec<SentFile>>(job, needed!(files)))
}

/// Frees a list of sent files. NULL is fine.
///
/// Threads: one at a time.
#[unsafe(no_mangle)]
pub extern "C" fn dropoff_sent_files_free(files: Option<Box<dropoff_sent_files>>) {
    guard::free(files);
}

/// How many files it holds.
///
/// Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn dropoff_sent_files_count(files: Option<&dropoff_sent_files>) -> usize {
    guard::get(files, 0, |f| f.files.len())
}

/// The service's id of the file. Lives as long as the list.
///
/// Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn dropoff_sent_files_file_id(
    files: Option<&dropoff_sent_files>,
    index: usize,
) -> *const c_char {
    guard::get(files, ptr::null(), |f| f.files.get(index).map_or(ptr::null(), |file| file.file_id.as_ptr()))
}

/// Its name. Lives as long as the list.
///
/// Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn dropoff_sent_files_name(files: Option<&dropoff_sent_files>, index: usize) -> *const c_char {
    guard::get(files, ptr::null(), |f| f.files.get(index).map_or(ptr::null(), |file| file.name.as_ptr()))
}

/// Bytes sent.
///
/// Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn dropoff_sent_files_size(files: Option<&dropoff_sent_files>, index: usize) -> u64 {
    guard::get(files, 0, |f| f.files.get(index).map_or(0, |file| file.sent.size))
}

/// Storage's ETag; NULL if it sent none. For a file in parts it is the one that S3 and R2 make of the parts' ETags.
/// Lives as long as the list.
///
/// Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn dropoff_sent_files_etag(files: Option<&dropoff_sent_files>, index: usize) -> *const c_char {
    guard::get(files, ptr::null(), |f| f.files.get(index).map_or(ptr::null(), |file| file.etag.as_ptr()))
}

/// MD5 of what was sent, in hex; NULL if it was not computed, as for a file in parts. Lives as long as the list.
///
/// Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn dropoff_sent_files_md5(files: Option<&dropoff_sent_files>, index: usize) -> *const c_char {
    guard::get(files, ptr::null(), |f| f.files.get(index).map_or(ptr::null(), |file| file.md5.as_ptr()))
}

/// SHA-256 of what was sent, in hex: with integrity_check on, for a file sent whole. Otherwise NULL. Lives as long as the
/// list.
///
/// Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn dropoff_sent_files_sha256(
    files: Option<&dropoff_sent_files>,
    index: usize,
) -> *const c_char {
    guard::get(files, ptr::null(), |f| f.files.get(index).map_or(ptr::null(), |file| file.sha256.as_ptr()))
}

/// Whether storage's ETag, or that of every part, equals the MD5 of what was sent.
///
/// Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn dropoff_sent_files_verified(files: Option<&dropoff_sent_files>, index: usize) -> bool {
    guard::get(files, false, |f| f.files.get(index).is_some_and(|file| file.sent.verified))
}

/// How many parts it was sent in; 0 if it went whole.
///
/// Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn dropoff_sent_files_parts(files: Option<&dropoff_sent_files>, index: usize) -> u32 {
    guard::get(files, 0, |f| f.files.get(index).map_or(0, |file| file.sent.parts))
}

/// Requests it took, over all its parts.
///
/// Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn dropoff_sent_files_attempts(files: Option<&dropoff_sent_files>, index: usize) -> u32 {
    guard::get(files, 0, |f| f.files.get(index).map_or(0, |file| file.sent.attempts))
}

/// Every file as one JSON array of objects, the same in all languages. Lives as long as the list.
///
/// Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn dropoff_sent_files_to_json(files: Option<&dropoff_sent_files>) -> *const c_char {
    guard::get(files, ptr::null(), |f| f.json.of(&f.files.iter().map(|file| &file.sent).collect::<Vec<_>>()))
}
