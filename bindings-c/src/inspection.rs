//! H Company: looking at a folder
//!
//! What a browser's folder holds, what of it would be packed, whether a browser is using it, and whether it will sign
//! in on Linux, where the agents' browsers run. It needs no client, no key and no network, and the folder is only read.
//! No site and no cookie is named.

use std::ffi::{c_char, c_int};
use std::mem::MaybeUninit;
use std::path::PathBuf;
use std::ptr;

use dropoff::{CategorySize, FileSize, LeftOut, ProfileInspection, Result, start_inspect_profile};

use crate::error::{dropoff_error, dropoff_status};
use crate::guard;
use crate::handle::{LiveHandle, needed};
use crate::job::{self, Outcome, dropoff_job, started};
use crate::pack::dropoff_pack;
use crate::text::{Json, Text, os_path};

/// What was seen of a browser's folder. Free it with dropoff_inspection_free. `index` counts from 0; one that is not
/// below the list's count gives NULL, 0 or false.
///
/// Threads: it never changes, so any number of threads may read it at once.
pub struct dropoff_inspection {
    inspection: ProfileInspection,
    family: Text,
    product: Text,
    browser_name: Text,
    browser_version: Text,
    profiles: Vec<Text>,
    sizes: Vec<Text>,
    largest: Vec<Text>,
    left_out: Vec<Left>,
    unknown: Vec<Text>,
    lock: Text,
    cookies_system: Text,
    cookies_key_versions: Vec<Text>,
    verdict: Text,
    advice: Text,
    warnings: Vec<Text>,
    json: Json,
    _live: LiveHandle,
}

struct Left {
    path: Text,
    category: Text,
    reason: Text,
}

impl Outcome for ProfileInspection {
    type Handle = dropoff_inspection;
    const NAME: &'static str = "inspection";
    fn handle(self) -> dropoff_inspection {
        let left = |left: &LeftOut| Left {
            path: Text::new(&left.path),
            category: Text::new(&left.category),
            reason: Text::new(&left.reason),
        };
        dropoff_inspection {
            family: Text::new(&self.family),
            product: Text::new(&self.product),
            browser_name: Text::new(&self.browser_name),
            browser_version: Text::maybe(self.browser_version.as_deref()),
            profiles: Text::all(&self.profiles),
            sizes: self.sizes.iter().map(|size| Text::new(&size.category)).collect(),
            largest: self.largest.iter().map(|file| Text::new(&file.path)).collect(),
            left_out: self.left_out.iter().map(left).collect(),
            unknown: Text::all(&self.unknown),
            lock: Text::new(self.lock.as_str()),
            cookies_system: Text::new(&self.cookies.system),
            cookies_key_versions: Text::all(&self.cookies.key_versions),
            verdict: Text::new(self.verdict.as_str()),
            advice: Text::new(&self.advice),
            warnings: Text::all(&self.warnings),
            json: Json::new(),
            inspection: self,
            _live: LiveHandle::new(),
        }
    }
}

impl dropoff_inspection {
    fn size<T: Default>(&self, index: usize, read: impl FnOnce(&CategorySize) -> T) -> T {
        self.inspection.sizes.get(index).map_or_else(T::default, read)
    }
    fn large(&self, index: usize, read: impl FnOnce(&FileSize) -> u64) -> u64 {
        self.inspection.largest.get(index).map_or(0, read)
    }
    fn left(&self, index: usize, read: impl FnOnce(&LeftOut) -> u64) -> u64 {
        self.inspection.left_out.get(index).map_or(0, read)
    }
    fn left_text(&self, index: usize, read: impl FnOnce(&Left) -> &Text) -> *const c_char {
        self.left_out.get(index).map_or(ptr::null(), |left| read(left).as_ptr())
    }
}

fn look(folder: PathBuf, pack: Option<&dropoff_pack>) -> Result<dropoff_job> {
    let pack = dropoff_pack::of(pack);
    started(None, || start_inspect_profile(folder, &pack))
}

/// Looks at a browser's user-data folder as dropoff_hcompany_upload_profile would, and waits. `folder` is the path that
/// chrome://version or about:profiles tells; a leading ~/ is the home folder. `pack` is what it would be packed with;
/// NULL for the defaults. The result is yours to free.
///
/// DROPOFF_INVALID_INPUT for what is no browser's folder, DROPOFF_SOURCE_UNREADABLE.
///
/// May be NULL: pack.
/// Threads: any.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dropoff_inspect_profile(
    folder: *const c_char,
    pack: Option<&dropoff_pack>,
    inspection: Option<&mut MaybeUninit<*mut dropoff_inspection>>,
    error: Option<&mut MaybeUninit<*mut dropoff_error>>,
) -> dropoff_status {
    guard::run(error, || {
        let folder = os_path!(folder)?;
        job::finish::<ProfileInspection>(needed!(inspection), || look(folder, pack))
    })
}

/// Starts dropoff_inspect_profile. The job is yours to free.
///
/// May be NULL: pack.
/// Threads: any.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dropoff_start_inspect_profile(
    folder: *const c_char,
    pack: Option<&dropoff_pack>,
    job: Option<&mut MaybeUninit<*mut dropoff_job>>,
    error: Option<&mut MaybeUninit<*mut dropoff_error>>,
) -> dropoff_status {
    guard::run(error, || {
        let folder = os_path!(folder)?;
        job::give_started(needed!(job), || look(folder, pack))
    })
}

/// Waits for a job of dropoff_start_inspect_profile and gives its result, which is yours to free; or what the job
/// failed with.
///
/// Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn dropoff_job_inspection(
    job: Option<&dropoff_job>,
    inspection: Option<&mut MaybeUninit<*mut dropoff_inspection>>,
    error: Option<&mut MaybeUninit<*mut dropoff_error>>,
) -> dropoff_status {
    guard::run(error, || job::give_result::<ProfileInspection>(job, needed!(inspection)))
}

/// Frees an inspection. NULL is fine.
///
/// Threads: one at a time.
#[unsafe(no_mangle)]
pub extern "C" fn dropoff_inspection_free(inspection: Option<Box<dropoff_inspection>>) {
    guard::free(inspection);
}

/// "chrome" (Chrome, Chromium, Edge, Brave and the like) or "firefox". Lives as long as the inspection.
///
/// Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn dropoff_inspection_family(inspection: Option<&dropoff_inspection>) -> *const c_char {
    guard::get(inspection, ptr::null(), |i| i.family.as_ptr())
}

/// The browser that wrote the folder, as far as it tells: "Chromium", "Google Chrome", "Firefox", ... Lives as long as
/// the inspection.
///
/// Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn dropoff_inspection_product(inspection: Option<&dropoff_inspection>) -> *const c_char {
    guard::get(inspection, ptr::null(), |i| i.product.as_ptr())
}

/// What a profile of it is registered as by default: "chromium" or "firefox". Lives as long as the inspection.
///
/// Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn dropoff_inspection_browser_name(inspection: Option<&dropoff_inspection>) -> *const c_char {
    guard::get(inspection, ptr::null(), |i| i.browser_name.as_ptr())
}

/// The browser's version; NULL if the folder does not tell. Lives as long as the inspection.
///
/// Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn dropoff_inspection_browser_version(
    inspection: Option<&dropoff_inspection>,
) -> *const c_char {
    guard::get(inspection, ptr::null(), |i| i.browser_version.as_ptr())
}

/// How many profiles are in it.
///
/// Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn dropoff_inspection_profiles_count(inspection: Option<&dropoff_inspection>) -> usize {
    guard::get(inspection, 0, |i| i.profiles.len())
}

/// The name of one of them, as dropoff_pack_set_profile takes it. Lives as long as the inspection.
///
/// Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn dropoff_inspection_profiles_name(
    inspection: Option<&dropoff_inspection>,
    index: usize,
) -> *const c_char {
    guard::get(inspection, ptr::null(), |i| Text::at(&i.profiles, index))
}

/// Files that would be packed.
///
/// Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn dropoff_inspection_files(inspection: Option<&dropoff_inspection>) -> u64 {
    guard::get(inspection, 0, |i| i.inspection.files)
}

/// Their size.
///
/// Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn dropoff_inspection_bytes(inspection: Option<&dropoff_inspection>) -> u64 {
    guard::get(inspection, 0, |i| i.inspection.bytes)
}

/// How many kinds of files there are in the folder.
///
/// Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn dropoff_inspection_sizes_count(inspection: Option<&dropoff_inspection>) -> usize {
    guard::get(inspection, 0, |i| i.sizes.len())
}

/// A kind: "login" (cookies and what sites store), "settings", "extensions", "apps" (installed web apps), "passwords",
/// "autofill", "bookmarks", "history", "cache", "runtime", "other_profile" or "unknown". Lives as long as the inspection.
///
/// Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn dropoff_inspection_sizes_category(
    inspection: Option<&dropoff_inspection>,
    index: usize,
) -> *const c_char {
    guard::get(inspection, ptr::null(), |i| Text::at(&i.sizes, index))
}

/// How many files of that kind there are.
///
/// Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn dropoff_inspection_sizes_files(
    inspection: Option<&dropoff_inspection>,
    index: usize,
) -> u64 {
    guard::get(inspection, 0, |i| i.size(index, |size| size.files))
}

/// Their size.
///
/// Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn dropoff_inspection_sizes_bytes(
    inspection: Option<&dropoff_inspection>,
    index: usize,
) -> u64 {
    guard::get(inspection, 0, |i| i.size(index, |size| size.bytes))
}

/// Whether that kind is packed at the level asked for.
///
/// Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn dropoff_inspection_sizes_packed(
    inspection: Option<&dropoff_inspection>,
    index: usize,
) -> bool {
    guard::get(inspection, false, |i| i.size(index, |size| size.packed))
}

/// How many of the largest files that would be packed are listed: 10 at most.
///
/// Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn dropoff_inspection_largest_count(inspection: Option<&dropoff_inspection>) -> usize {
    guard::get(inspection, 0, |i| i.largest.len())
}

/// The path of one inside the folder, the largest first; "(a site)" stands for a name that tells a site. Lives as long
/// as the inspection.
///
/// Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn dropoff_inspection_largest_path(
    inspection: Option<&dropoff_inspection>,
    index: usize,
) -> *const c_char {
    guard::get(inspection, ptr::null(), |i| Text::at(&i.largest, index))
}

/// Its size.
///
/// Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn dropoff_inspection_largest_bytes(
    inspection: Option<&dropoff_inspection>,
    index: usize,
) -> u64 {
    guard::get(inspection, 0, |i| i.large(index, |file| file.bytes))
}

/// How many things would be left out; a folder counts once.
///
/// Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn dropoff_inspection_left_out_count(inspection: Option<&dropoff_inspection>) -> usize {
    guard::get(inspection, 0, |i| i.left_out.len())
}

/// The path of one inside the folder, the largest first; "(a site)" stands for a name that tells a site. Lives as long
/// as the inspection.
///
/// Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn dropoff_inspection_left_out_path(
    inspection: Option<&dropoff_inspection>,
    index: usize,
) -> *const c_char {
    guard::get(inspection, ptr::null(), |i| i.left_text(index, |left| &left.path))
}

/// What kind it is, as dropoff_inspection_sizes_category. Lives as long as the inspection.
///
/// Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn dropoff_inspection_left_out_category(
    inspection: Option<&dropoff_inspection>,
    index: usize,
) -> *const c_char {
    guard::get(inspection, ptr::null(), |i| i.left_text(index, |left| &left.category))
}

/// Why it is left out. Lives as long as the inspection.
///
/// Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn dropoff_inspection_left_out_reason(
    inspection: Option<&dropoff_inspection>,
    index: usize,
) -> *const c_char {
    guard::get(inspection, ptr::null(), |i| i.left_text(index, |left| &left.reason))
}

/// How many files are in it.
///
/// Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn dropoff_inspection_left_out_files(
    inspection: Option<&dropoff_inspection>,
    index: usize,
) -> u64 {
    guard::get(inspection, 0, |i| i.left(index, |left| left.files))
}

/// Their size.
///
/// Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn dropoff_inspection_left_out_bytes(
    inspection: Option<&dropoff_inspection>,
    index: usize,
) -> u64 {
    guard::get(inspection, 0, |i| i.left(index, |left| left.bytes))
}

/// How many names no rule knows; they would be packed.
///
/// Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn dropoff_inspection_unknown_count(inspection: Option<&dropoff_inspection>) -> usize {
    guard::get(inspection, 0, |i| i.unknown.len())
}

/// One such name. Lives as long as the inspection.
///
/// Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn dropoff_inspection_unknown_name(
    inspection: Option<&dropoff_inspection>,
    index: usize,
) -> *const c_char {
    guard::get(inspection, ptr::null(), |i| Text::at(&i.unknown, index))
}

/// Whether a browser is using the folder, by its lock and those on its databases. "none": no lock was seen, which proves
/// nothing. "if_running": one is, or another program has one of its databases locked. "stale": the browser is gone and left
/// its lock. "foreign": the lock is from another machine or container, where its process cannot be looked for. Lives as
/// long as the inspection.
///
/// Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn dropoff_inspection_lock(inspection: Option<&dropoff_inspection>) -> *const c_char {
    guard::get(inspection, ptr::null(), |i| i.lock.as_ptr())
}

/// The process that holds the lock; 0 if the lock does not say.
///
/// Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn dropoff_inspection_lock_process(inspection: Option<&dropoff_inspection>) -> c_int {
    guard::get(inspection, 0, |i| i.inspection.lock_process.unwrap_or(0))
}

/// The system its cookies were written on, if the folder shows it: "linux", "macos" or "windows", otherwise "unknown".
/// Lives as long as the inspection.
///
/// Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn dropoff_inspection_cookies_system(
    inspection: Option<&dropoff_inspection>,
) -> *const c_char {
    guard::get(inspection, ptr::null(), |i| i.cookies_system.as_ptr())
}

/// In how many ways they are encrypted, by the first rows.
///
/// Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn dropoff_inspection_cookies_key_versions_count(
    inspection: Option<&dropoff_inspection>,
) -> usize {
    guard::get(inspection, 0, |i| i.cookies_key_versions.len())
}

/// What rows begin with that are encrypted in one of these ways, the most frequent first: "v10", "v11", "v12", "v20",
/// "plain" or "other". Lives as long as the inspection.
///
/// Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn dropoff_inspection_cookies_key_versions_text(
    inspection: Option<&dropoff_inspection>,
    index: usize,
) -> *const c_char {
    guard::get(inspection, ptr::null(), |i| Text::at(&i.cookies_key_versions, index))
}

/// Whether it will sign in on Linux: "likely", "unlikely", or "unknown" if there are no cookies or they tell nothing.
/// Lives as long as the inspection.
///
/// Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn dropoff_inspection_verdict(inspection: Option<&dropoff_inspection>) -> *const c_char {
    guard::get(inspection, ptr::null(), |i| i.verdict.as_ptr())
}

/// The same as a sentence, with the reason and what to do. Lives as long as the inspection.
///
/// Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn dropoff_inspection_advice(inspection: Option<&dropoff_inspection>) -> *const c_char {
    guard::get(inspection, ptr::null(), |i| i.advice.as_ptr())
}

/// How many things may go wrong.
///
/// Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn dropoff_inspection_warnings_count(inspection: Option<&dropoff_inspection>) -> usize {
    guard::get(inspection, 0, |i| i.warnings.len())
}

/// One of them, as a sentence. Lives as long as the inspection.
///
/// Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn dropoff_inspection_warnings_text(
    inspection: Option<&dropoff_inspection>,
    index: usize,
) -> *const c_char {
    guard::get(inspection, ptr::null(), |i| Text::at(&i.warnings, index))
}

/// Every field as one JSON object, the same in all languages. Lives as long as the inspection.
///
/// Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn dropoff_inspection_to_json(inspection: Option<&dropoff_inspection>) -> *const c_char {
    guard::get(inspection, ptr::null(), |i| i.json.of(&i.inspection))
}
