//! Made by dropoff-generate from the core's sources. Do not edit.

use crate::generated::prelude::*;

/// The result of packing a folder.
///
/// Threads: it never changes, so any number of threads may read it at once.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct dropoff_pack_report {
    pub size: usize,
    /// Files in the archive.
    pub files: u64,
    /// Their size before packing.
    pub bytes: u64,
    /// Size of the archive.
    pub archive_bytes: u64,
    /// Files and folders left out: locks, sockets, symlinks, caches, and those that the level or a pattern
    /// excludes; a folder counts once.
    pub left_out: u64,
    /// Whether the files belong together. "clean": nothing changed while they were packed. "snapshot": a
    /// browser was using them, and its databases were copied at one moment each. "forced": a browser was
    /// using them, or they changed, and they were packed as they were.
    pub consistency: *const c_char,
    /// Whether the browser's name or version was taken from the folder, because the caller did not give it.
    pub browser_guessed: bool,
    /// Names that no rule knows; they are in the archive.
    pub unknown: *const *const c_char,
    pub unknown_count: usize,
    /// Warnings about the profile elsewhere, and about files that could not be packed, a sentence each.
    pub warnings: *const *const c_char,
    pub warnings_count: usize,
}

impl Described for dropoff::PackReport {
    type Facts = dropoff_pack_report;
    fn facts(&self, arena: &mut Arena) -> dropoff_pack_report {
        dropoff_pack_report {
            size: size_of::<dropoff_pack_report>(),
            files: self.files,
            bytes: self.bytes,
            archive_bytes: self.archive_bytes,
            left_out: self.left_out,
            consistency: arena.text(self.consistency.as_str()),
            browser_guessed: self.browser_guessed,
            unknown: arena.texts(&self.unknown),
            unknown_count: self.unknown.len(),
            warnings: arena.texts(&self.warnings),
            warnings_count: self.warnings.len(),
        }
    }
}

/// A browser profile as the service reports it, and what was proved about it.
///
/// Threads: it never changes, so any number of threads may read it at once.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct dropoff_profile {
    pub size: usize,
    /// Every field as one JSON object, the same in all languages.
    pub json: *const c_char,
    /// The profile's id, a UUID.
    pub id: *const c_char,
    /// Its name.
    pub name: *const c_char,
    /// The browser it belongs to.
    pub browser_name: *const c_char,
    /// That browser's version.
    pub browser_version: *const c_char,
    /// A text for people. Or NULL.
    pub description: *const c_char,
    /// Labels; the service types their values freely. As the text of a JSON object, or NULL.
    pub labels_json: *const c_char,
    /// The service's internal place of the archive. Or NULL.
    pub s3_path: *const c_char,
    /// Size of the stored archive in bytes. Otherwise UINT64_MAX.
    pub file_size_bytes: u64,
    /// SHA-256 of the stored archive, in hex or base64. Or NULL.
    pub checksum: *const c_char,
    /// How often it was used.
    pub usage_count: u64,
    /// When it was last used, RFC 3339. Or NULL.
    pub last_used_at: *const c_char,
    /// Whether it is the default for its browser.
    pub is_default: bool,
    /// The user it belongs to. Or NULL.
    pub user_id: *const c_char,
    /// The organization it belongs to. Or NULL.
    pub org_id: *const c_char,
    /// When it was made, RFC 3339. Or NULL.
    pub created_at: *const c_char,
    /// When it was last changed, RFC 3339. Or NULL.
    pub updated_at: *const c_char,
    /// Whether the service's checksum equals the SHA-256 of what was sent, or would have been if it were not
    /// unchanged. False also when the service reports none, or this call had nothing to compare.
    pub verified: bool,
    /// Nothing was sent: this is the earlier profile, which the archive equals.
    pub unchanged: bool,
    /// The object that this call sent to storage. Or NULL.
    pub upload: *const dropoff_stored_object,
    /// The report on packing, if a folder was given. Or NULL.
    pub packed: *const dropoff_pack_report,
    /// Ids that were reserved and given up because their ticket ran out; the service removes them.
    pub abandoned_profile_ids: *const *const c_char,
    pub abandoned_profile_ids_count: usize,
    /// The digest that verified it: "sha256", or none. Or NULL.
    pub verified_by: *const c_char,
}

impl Described for dropoff::Profile {
    type Facts = dropoff_profile;
    fn facts(&self, arena: &mut Arena) -> dropoff_profile {
        dropoff_profile {
            size: size_of::<dropoff_profile>(),
            json: arena.json(self),
            id: arena.text(&self.id),
            name: arena.text(&self.name),
            browser_name: arena.text(&self.browser_name),
            browser_version: arena.text(&self.browser_version),
            description: arena.text_or_null(self.description.as_deref()),
            labels_json: arena.json_or_null(self.labels.as_ref()),
            s3_path: arena.text_or_null(self.s3_path.as_deref()),
            file_size_bytes: self.file_size_bytes.unwrap_or(u64::MAX),
            checksum: arena.text_or_null(self.checksum.as_deref()),
            usage_count: self.usage_count,
            last_used_at: arena.text_or_null(self.last_used_at.as_deref()),
            is_default: self.is_default,
            user_id: arena.text_or_null(self.user_id.as_deref()),
            org_id: arena.text_or_null(self.org_id.as_deref()),
            created_at: arena.text_or_null(self.created_at.as_deref()),
            updated_at: arena.text_or_null(self.updated_at.as_deref()),
            verified: self.verified,
            unchanged: self.unchanged,
            upload: arena.record_or_null(self.upload.as_ref()),
            packed: arena.record_or_null(self.packed.as_ref()),
            abandoned_profile_ids: arena.texts(&self.abandoned_profile_ids),
            abandoned_profile_ids_count: self.abandoned_profile_ids.len(),
            verified_by: arena.text_or_null(self.verified_by.as_deref()),
        }
    }
}

impl Outcome for dropoff::Profile {
    type Handle = dropoff_profile;
    const NAME: &'static str = "profile";
    fn handle(self) -> *mut dropoff_profile {
        arena::give(&self)
    }
}

/// Waits for a job that results in a dropoff_profile, and gives that, which is yours to free; or the job's error.
///
/// Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn dropoff_job_profile(
    job: Option<&dropoff_job>,
    profile: Option<&mut MaybeUninit<*mut dropoff_profile>>,
    error: Option<&mut MaybeUninit<*mut dropoff_error>>,
) -> dropoff_status {
    guard::run(error, || job::give_result::<dropoff::Profile>(job, needed!(profile)))
}

/// Frees a dropoff_profile with all that belongs to it. NULL is fine.
///
/// Threads: one at a time.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dropoff_profile_free(profile: *mut dropoff_profile) {
    // SAFETY: the header says that it is one that a function gave, and that it is freed once.
    unsafe { arena::free(profile) }
}
