//! Made by dropoff-generate from the core's sources. Do not edit.

use crate::generated::prelude::*;

/// One kind of file in a folder.
///
/// Threads: it never changes, so any number of threads may read it at once.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct dropoff_category_size {
    pub size: usize,
    /// "login" (cookies and what sites store), "settings", "extensions", "apps" (installed web apps),
    /// "passwords", "autofill", "bookmarks", "history", "cache", "runtime", "other_profile" or "unknown".
    pub category: *const c_char,
    /// How many files.
    pub files: u64,
    /// Their size.
    pub bytes: u64,
    /// Whether this kind is packed at the level asked for.
    pub packed: bool,
}

impl Described for dropoff::CategorySize {
    type Facts = dropoff_category_size;
    fn facts(&self, arena: &mut Arena) -> dropoff_category_size {
        dropoff_category_size {
            size: size_of::<dropoff_category_size>(),
            category: arena.text(&self.category),
            files: self.files,
            bytes: self.bytes,
            packed: self.packed,
        }
    }
}

/// A file and its size.
///
/// Threads: it never changes, so any number of threads may read it at once.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct dropoff_file_size {
    pub size: usize,
    /// Inside the folder; what names a site is not shown.
    pub path: *const c_char,
    /// Its size.
    pub bytes: u64,
}

impl Described for dropoff::FileSize {
    type Facts = dropoff_file_size;
    fn facts(&self, arena: &mut Arena) -> dropoff_file_size {
        dropoff_file_size {
            size: size_of::<dropoff_file_size>(),
            path: arena.text(&self.path),
            bytes: self.bytes,
        }
    }
}

/// Something that would not be packed.
///
/// Threads: it never changes, so any number of threads may read it at once.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct dropoff_left_out {
    pub size: usize,
    /// Inside the folder; what names a site is not shown.
    pub path: *const c_char,
    /// Its category, as in dropoff_category_size.
    pub category: *const c_char,
    /// Why it is left out.
    pub reason: *const c_char,
    /// How many files are in it.
    pub files: u64,
    /// Their size.
    pub bytes: u64,
}

impl Described for dropoff::LeftOut {
    type Facts = dropoff_left_out;
    fn facts(&self, arena: &mut Arena) -> dropoff_left_out {
        dropoff_left_out {
            size: size_of::<dropoff_left_out>(),
            path: arena.text(&self.path),
            category: arena.text(&self.category),
            reason: arena.text(&self.reason),
            files: self.files,
            bytes: self.bytes,
        }
    }
}

/// How a profile's cookies are encrypted.
///
/// Threads: it never changes, so any number of threads may read it at once.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct dropoff_cookie_keys {
    pub size: usize,
    /// The system they were written on, if the folder shows it: "linux", "macos", "windows", otherwise
    /// "unknown".
    pub system: *const c_char,
    /// Prefixes of those of the profile that opens: "v10", "v11", "v12", "v20", "plain", "other"; the most
    /// frequent first.
    pub key_versions: *const *const c_char,
    pub key_versions_count: usize,
}

impl Described for dropoff::CookieKeys {
    type Facts = dropoff_cookie_keys;
    fn facts(&self, arena: &mut Arena) -> dropoff_cookie_keys {
        dropoff_cookie_keys {
            size: size_of::<dropoff_cookie_keys>(),
            system: arena.text(&self.system),
            key_versions: arena.texts(&self.key_versions),
            key_versions_count: self.key_versions.len(),
        }
    }
}

/// The contents of a browser's folder, and whether it will sign in elsewhere.
///
/// Threads: it never changes, so any number of threads may read it at once.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct dropoff_profile_inspection {
    pub size: usize,
    /// Every field as one JSON object, the same in all languages.
    pub json: *const c_char,
    /// "chrome" (Chrome, Chromium, Edge, Brave and the like) or "firefox".
    pub family: *const c_char,
    /// The browser that wrote it, as far as the folder tells: "Chromium", Google Chrome, "Firefox", ...
    pub product: *const c_char,
    /// The name a profile of it is registered under by default: "chromium" or "firefox".
    pub browser_name: *const c_char,
    /// Its version, if the folder tells. Or NULL.
    pub browser_version: *const c_char,
    /// Names of the profiles in it.
    pub profiles: *const *const c_char,
    pub profiles_count: usize,
    /// Files that would be packed.
    pub files: u64,
    /// Their size.
    pub bytes: u64,
    /// Everything in the folder by what it is.
    pub sizes: *const *const dropoff_category_size,
    pub sizes_count: usize,
    /// The ten largest files that would be packed.
    pub largest: *const *const dropoff_file_size,
    pub largest_count: usize,
    /// Files and folders that would be left out, the largest first; a folder counts once.
    pub left_out: *const *const dropoff_left_out,
    pub left_out_count: usize,
    /// Names that no rule knows; they would be packed.
    pub unknown: *const *const c_char,
    pub unknown_count: usize,
    /// Whether a browser is using it, by its lock and those on its databases. "none": no lock was seen, which
    /// proves nothing. "live": a browser is, or another program has one of its databases locked. "stale": the
    /// browser is gone and left its lock. "foreign": the lock is from another machine or container, where its
    /// process cannot be looked for.
    pub lock: *const c_char,
    /// The process that holds the lock, if that is known: not of one in another container. Otherwise -1.
    pub lock_process: i32,
    /// How cookies are encrypted.
    pub cookies: *const dropoff_cookie_keys,
    /// Whether it will sign in on Linux. "likely": its cookies can be read there. "unlikely": they cannot.
    /// "unknown": there are none, or they tell nothing.
    pub verdict: *const c_char,
    /// The same as a sentence, with the reason and what to do.
    pub advice: *const c_char,
    /// Warnings, a sentence each.
    pub warnings: *const *const c_char,
    pub warnings_count: usize,
}

impl Described for dropoff::ProfileInspection {
    type Facts = dropoff_profile_inspection;
    fn facts(&self, arena: &mut Arena) -> dropoff_profile_inspection {
        dropoff_profile_inspection {
            size: size_of::<dropoff_profile_inspection>(),
            json: arena.json(self),
            family: arena.text(&self.family),
            product: arena.text(&self.product),
            browser_name: arena.text(&self.browser_name),
            browser_version: arena.text_or_null(self.browser_version.as_deref()),
            profiles: arena.texts(&self.profiles),
            profiles_count: self.profiles.len(),
            files: self.files,
            bytes: self.bytes,
            sizes: arena.records(&self.sizes),
            sizes_count: self.sizes.len(),
            largest: arena.records(&self.largest),
            largest_count: self.largest.len(),
            left_out: arena.records(&self.left_out),
            left_out_count: self.left_out.len(),
            unknown: arena.texts(&self.unknown),
            unknown_count: self.unknown.len(),
            lock: arena.text(self.lock.as_str()),
            lock_process: self.lock_process.unwrap_or(-1),
            cookies: arena.record(&self.cookies),
            verdict: arena.text(self.verdict.as_str()),
            advice: arena.text(&self.advice),
            warnings: arena.texts(&self.warnings),
            warnings_count: self.warnings.len(),
        }
    }
}

impl Outcome for dropoff::ProfileInspection {
    type Handle = dropoff_profile_inspection;
    const NAME: &'static str = "profile_inspection";
    fn handle(self) -> *mut dropoff_profile_inspection {
        arena::give(&self)
    }
}

/// Waits for a job that results in a dropoff_profile_inspection, and gives that, which is yours to free; or the job's error.
///
/// Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn dropoff_job_profile_inspection(
    job: Option<&dropoff_job>,
    profile_inspection: Option<&mut MaybeUninit<*mut dropoff_profile_inspection>>,
    error: Option<&mut MaybeUninit<*mut dropoff_error>>,
) -> dropoff_status {
    guard::run(error, || job::give_result::<dropoff::ProfileInspection>(job, needed!(profile_inspection)))
}

/// Frees a dropoff_profile_inspection with all that belongs to it. NULL is fine.
///
/// Threads: one at a time.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dropoff_profile_inspection_free(
    profile_inspection: *mut dropoff_profile_inspection,
) {
    // SAFETY: the header says that it is one that a function gave, and that it is freed once.
    unsafe { arena::free(profile_inspection) }
}
