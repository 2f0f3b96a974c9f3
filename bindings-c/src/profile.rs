//! H Company: profiles
//!
//! A browser profile as the service reports it, and what was proved about it.

use std::ffi::c_char;
use std::mem::MaybeUninit;
use std::ptr;

use dropoff::{PackReport, Profile};

use crate::error::{dropoff_error, dropoff_status};
use crate::guard;
use crate::handle::{LiveHandle, needed};
use crate::job::{self, Outcome, dropoff_job};
use crate::stored_object::dropoff_stored_object;
use crate::text::{Json, Text};

/// A browser profile as the service reports it. Free it with dropoff_profile_free.
///
/// Threads: it never changes, so any number of threads may read it at once.
pub struct dropoff_profile {
    profile: Profile,
    id: Text,
    name: Text,
    browser_name: Text,
    browser_version: Text,
    description: Text,
    s3_path: Text,
    checksum: Text,
    last_used_at: Text,
    user_id: Text,
    org_id: Text,
    created_at: Text,
    updated_at: Text,
    labels_json: Text,
    stored: Option<dropoff_stored_object>,
    packed: Option<Packed>,
    abandoned: Vec<Text>,
    json: Json,
    _live: LiveHandle,
}

/// The texts of a [`PackReport`].
struct Packed {
    consistency: Text,
    unknown: Vec<Text>,
    warnings: Vec<Text>,
}

impl Packed {
    fn new(report: &PackReport) -> Self {
        Self {
            consistency: Text::new(report.consistency.as_str()),
            unknown: Text::all(&report.unknown),
            warnings: Text::all(&report.warnings),
        }
    }
}

impl dropoff_profile {
    fn report<T: Default>(&self, read: impl FnOnce(&PackReport) -> T) -> T {
        self.profile.packed.as_ref().map_or_else(T::default, read)
    }
    fn packed(&self, read: impl FnOnce(&Packed) -> *const c_char) -> *const c_char {
        self.packed.as_ref().map_or(ptr::null(), read)
    }
}

impl Outcome for Profile {
    type Handle = dropoff_profile;
    const NAME: &'static str = "profile";
    fn handle(self) -> dropoff_profile {
        let labels = self.labels.as_ref().and_then(|labels| serde_json::to_string(labels).ok());
        dropoff_profile {
            id: Text::new(&self.id),
            name: Text::new(&self.name),
            browser_name: Text::new(&self.browser_name),
            browser_version: Text::new(&self.browser_version),
            description: Text::maybe(self.description.as_deref()),
            s3_path: Text::maybe(self.s3_path.as_deref()),
            checksum: Text::maybe(self.checksum.as_deref()),
            last_used_at: Text::maybe(self.last_used_at.as_deref()),
            user_id: Text::maybe(self.user_id.as_deref()),
            org_id: Text::maybe(self.org_id.as_deref()),
            created_at: Text::maybe(self.created_at.as_deref()),
            updated_at: Text::maybe(self.updated_at.as_deref()),
            labels_json: Text::maybe(labels.as_deref()),
            stored: self.upload.clone().map(Outcome::handle),
            packed: self.packed.as_ref().map(Packed::new),
            abandoned: Text::all(&self.abandoned_profile_ids),
            json: Json::new(),
            profile: self,
            _live: LiveHandle::new(),
        }
    }
}

/// Waits for a job of dropoff_hcompany_start_upload_profile, dropoff_hcompany_start_complete_upload or
/// dropoff_hcompany_start_get_profile and gives its result, which is yours to free; or what the job failed with.
///
/// Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn dropoff_job_profile(
    job: Option<&dropoff_job>,
    profile: Option<&mut MaybeUninit<*mut dropoff_profile>>,
    error: Option<&mut MaybeUninit<*mut dropoff_error>>,
) -> dropoff_status {
    guard::run(error, || job::give_result::<Profile>(job, needed!(profile)))
}

/// Frees a profile, with the stored object that is its own. NULL is fine.
///
/// Threads: one at a time.
#[unsafe(no_mangle)]
pub extern "C" fn dropoff_profile_free(profile: Option<Box<dropoff_profile>>) {
    guard::free(profile);
}

/// The profile's id, a UUID. Lives as long as the profile.
///
/// Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn dropoff_profile_id(profile: Option<&dropoff_profile>) -> *const c_char {
    guard::get(profile, ptr::null(), |p| p.id.as_ptr())
}

/// Its name. Lives as long as the profile.
///
/// Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn dropoff_profile_name(profile: Option<&dropoff_profile>) -> *const c_char {
    guard::get(profile, ptr::null(), |p| p.name.as_ptr())
}

/// The browser it belongs to. Lives as long as the profile.
///
/// Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn dropoff_profile_browser_name(profile: Option<&dropoff_profile>) -> *const c_char {
    guard::get(profile, ptr::null(), |p| p.browser_name.as_ptr())
}

/// That browser's version. Lives as long as the profile.
///
/// Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn dropoff_profile_browser_version(profile: Option<&dropoff_profile>) -> *const c_char {
    guard::get(profile, ptr::null(), |p| p.browser_version.as_ptr())
}

/// A text for people; NULL if there is none. Lives as long as the profile.
///
/// Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn dropoff_profile_description(profile: Option<&dropoff_profile>) -> *const c_char {
    guard::get(profile, ptr::null(), |p| p.description.as_ptr())
}

/// Its labels as one JSON object, since the service types their values freely; NULL if it tells none. Lives as
/// long as the profile.
///
/// Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn dropoff_profile_labels_json(profile: Option<&dropoff_profile>) -> *const c_char {
    guard::get(profile, ptr::null(), |p| p.labels_json.as_ptr())
}

/// The service's internal place of the archive; NULL if it does not tell. Lives as long as the profile.
///
/// Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn dropoff_profile_s3_path(profile: Option<&dropoff_profile>) -> *const c_char {
    guard::get(profile, ptr::null(), |p| p.s3_path.as_ptr())
}

/// Size of the stored archive in bytes. False if the service does not tell; then `bytes` is not written.
///
/// May be NULL: bytes.
/// Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn dropoff_profile_file_size_bytes(
    profile: Option<&dropoff_profile>,
    bytes: Option<&mut MaybeUninit<u64>>,
) -> bool {
    guard::get(profile, false, |p| {
        let Some(value) = p.profile.file_size_bytes else { return false };
        if let Some(bytes) = bytes {
            bytes.write(value);
        }
        true
    })
}

/// SHA-256 of the stored archive, in hex or base64; NULL if the service does not tell. Lives as long as the
/// profile.
///
/// Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn dropoff_profile_checksum(profile: Option<&dropoff_profile>) -> *const c_char {
    guard::get(profile, ptr::null(), |p| p.checksum.as_ptr())
}

/// How often it was used.
///
/// Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn dropoff_profile_usage_count(profile: Option<&dropoff_profile>) -> u64 {
    guard::get(profile, 0, |p| p.profile.usage_count)
}

/// When it was last used, RFC 3339; NULL if never. Lives as long as the profile.
///
/// Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn dropoff_profile_last_used_at(profile: Option<&dropoff_profile>) -> *const c_char {
    guard::get(profile, ptr::null(), |p| p.last_used_at.as_ptr())
}

/// Whether it is the default for its browser.
///
/// Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn dropoff_profile_is_default(profile: Option<&dropoff_profile>) -> bool {
    guard::get(profile, false, |p| p.profile.is_default)
}

/// The user it belongs to; NULL if the service does not tell. Lives as long as the profile.
///
/// Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn dropoff_profile_user_id(profile: Option<&dropoff_profile>) -> *const c_char {
    guard::get(profile, ptr::null(), |p| p.user_id.as_ptr())
}

/// The organization it belongs to; NULL if the service does not tell. Lives as long as the profile.
///
/// Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn dropoff_profile_org_id(profile: Option<&dropoff_profile>) -> *const c_char {
    guard::get(profile, ptr::null(), |p| p.org_id.as_ptr())
}

/// When it was made, RFC 3339; NULL if the service does not tell. Lives as long as the profile.
///
/// Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn dropoff_profile_created_at(profile: Option<&dropoff_profile>) -> *const c_char {
    guard::get(profile, ptr::null(), |p| p.created_at.as_ptr())
}

/// When it was last changed, RFC 3339; NULL if the service does not tell. Lives as long as the profile.
///
/// Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn dropoff_profile_updated_at(profile: Option<&dropoff_profile>) -> *const c_char {
    guard::get(profile, ptr::null(), |p| p.updated_at.as_ptr())
}

/// Whether the service's checksum equals the SHA-256 of what was sent, or would have been if it were not unchanged.
/// False also when the service reports none, or this call had nothing to compare.
///
/// Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn dropoff_profile_verified(profile: Option<&dropoff_profile>) -> bool {
    guard::get(profile, false, |p| p.profile.verified)
}

/// Whether nothing was sent because the archive equals the earlier profile of
/// dropoff_profile_upload_set_if_changed_from: this is that profile.
///
/// Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn dropoff_profile_unchanged(profile: Option<&dropoff_profile>) -> bool {
    guard::get(profile, false, |p| p.profile.unchanged)
}

/// What was sent to storage in this call; NULL if nothing was. It belongs to the profile: do not free it, it lives as
/// long as that.
///
/// Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn dropoff_profile_stored_object(
    profile: Option<&dropoff_profile>,
) -> *const dropoff_stored_object {
    guard::get(profile, ptr::null(), |p| p.stored.as_ref().map_or(ptr::null(), ptr::from_ref))
}

/// Whether a folder was given and packed; otherwise what dropoff_profile_packed_... tells is NULL, 0 or false.
///
/// Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn dropoff_profile_was_packed(profile: Option<&dropoff_profile>) -> bool {
    guard::get(profile, false, |p| p.profile.packed.is_some())
}

/// Files in the archive that was packed.
///
/// Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn dropoff_profile_packed_files(profile: Option<&dropoff_profile>) -> u64 {
    guard::get(profile, 0, |p| p.report(|report| report.files))
}

/// Their size before packing.
///
/// Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn dropoff_profile_packed_bytes(profile: Option<&dropoff_profile>) -> u64 {
    guard::get(profile, 0, |p| p.report(|report| report.bytes))
}

/// Size of the archive.
///
/// Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn dropoff_profile_packed_archive_bytes(profile: Option<&dropoff_profile>) -> u64 {
    guard::get(profile, 0, |p| p.report(|report| report.archive_bytes))
}

/// What was left out: locks, sockets, symlinks, caches, and what the level or a glob says; a folder counts once.
///
/// Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn dropoff_profile_packed_left_out(profile: Option<&dropoff_profile>) -> u64 {
    guard::get(profile, 0, |p| p.report(|report| report.left_out))
}

/// Whether the files in the archive belong together. "clean": nothing changed while they were packed. "snapshot": the
/// databases were copied at one moment each, as dropoff_pack_set_if_running asked. "forced": a browser was using them, or they
/// changed, and they were packed as they were. NULL if nothing was packed. Lives as long as the profile.
///
/// Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn dropoff_profile_packed_consistency(profile: Option<&dropoff_profile>) -> *const c_char {
    guard::get(profile, ptr::null(), |p| p.packed(|packed| packed.consistency.as_ptr()))
}

/// Whether the browser's name and version were taken from the folder, because the caller gave none.
///
/// Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn dropoff_profile_packed_browser_guessed(profile: Option<&dropoff_profile>) -> bool {
    guard::get(profile, false, |p| p.report(|report| report.browser_guessed))
}

/// How many names no rule knows; they are in the archive.
///
/// Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn dropoff_profile_packed_unknown_count(profile: Option<&dropoff_profile>) -> usize {
    guard::get(profile, 0, |p| p.report(|report| report.unknown.len()))
}

/// One such name; NULL if `index` is not below the count. Lives as long as the profile.
///
/// Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn dropoff_profile_packed_unknown_name(
    profile: Option<&dropoff_profile>,
    index: usize,
) -> *const c_char {
    guard::get(profile, ptr::null(), |p| p.packed(|packed| Text::at(&packed.unknown, index)))
}

/// How many things may go wrong with the profile elsewhere, or could not be packed.
///
/// Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn dropoff_profile_packed_warnings_count(profile: Option<&dropoff_profile>) -> usize {
    guard::get(profile, 0, |p| p.report(|report| report.warnings.len()))
}

/// One of them, as a sentence; NULL if `index` is not below the count. Lives as long as the profile.
///
/// Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn dropoff_profile_packed_warnings_text(
    profile: Option<&dropoff_profile>,
    index: usize,
) -> *const c_char {
    guard::get(profile, ptr::null(), |p| p.packed(|packed| Text::at(&packed.warnings, index)))
}

/// How many ids were reserved and given up because their ticket ran out; the service removes them.
///
/// Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn dropoff_profile_abandoned_count(profile: Option<&dropoff_profile>) -> usize {
    guard::get(profile, 0, |p| p.abandoned.len())
}

/// One such id; NULL if `index` is not below the count. Lives as long as the profile.
///
/// Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn dropoff_profile_abandoned_id(
    profile: Option<&dropoff_profile>,
    index: usize,
) -> *const c_char {
    guard::get(profile, ptr::null(), |p| Text::at(&p.abandoned, index))
}

/// Every field as one JSON object, the same in all languages. Lives as long as the profile.
///
/// Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn dropoff_profile_to_json(profile: Option<&dropoff_profile>) -> *const c_char {
    guard::get(profile, ptr::null(), |p| p.json.of(&p.profile))
}
