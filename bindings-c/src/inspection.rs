//! H Company: looking at a folder
//!
//! What a browser's folder holds, what of it would be packed, whether a browser is using it, and whether it
//! will sign in on Linux, where the agents' browsers run. It needs no client, no key and no network, and the
//! folder is only read. No site and no cookie is named.

use std::ffi::c_char;
use std::mem::MaybeUninit;
use std::path::PathBuf;

use dropoff::{Pack, ProfileInspection, Result, start_inspect_profile};

use crate::caller_struct::optional_struct;
use crate::error::{dropoff_error, dropoff_status};
use crate::generated::inspection::dropoff_profile_inspection;
use crate::generated::profile_upload::dropoff_pack;
use crate::guard;
use crate::handle::needed;
use crate::hcompany::pack_or_default;
use crate::job::{self, dropoff_job, started};
use crate::text::os_path;

fn inspect(folder: PathBuf, pack: &Pack) -> Result<dropoff_job> {
    started(None, || start_inspect_profile(folder, pack))
}

/// Looks at a browser's user-data folder as dropoff_hcompany_upload_profile would, and waits. `folder` is the
/// path that chrome://version or about:profiles tells; a leading ~/ is the home folder. `pack` is what it
/// would be packed with; if_running and prefix make no difference. The result is yours to free.
///
/// DROPOFF_INVALID_INPUT for what is no browser's folder, DROPOFF_SOURCE_UNREADABLE.
///
/// May be NULL: pack.
/// Threads: any.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dropoff_inspect_profile(
    folder: *const c_char,
    pack: *const dropoff_pack,
    inspection: Option<&mut MaybeUninit<*mut dropoff_profile_inspection>>,
    error: Option<&mut MaybeUninit<*mut dropoff_error>>,
) -> dropoff_status {
    guard::run(error, || {
        let folder = os_path!(folder)?;
        let pack = pack_or_default(optional_struct!(pack)?)?;
        job::finish::<ProfileInspection>(needed!(inspection), || inspect(folder, &pack))
    })
}

/// Starts dropoff_inspect_profile. The job is yours to free.
///
/// May be NULL: pack.
/// Threads: any.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dropoff_start_inspect_profile(
    folder: *const c_char,
    pack: *const dropoff_pack,
    job: Option<&mut MaybeUninit<*mut dropoff_job>>,
    error: Option<&mut MaybeUninit<*mut dropoff_error>>,
) -> dropoff_status {
    guard::run(error, || {
        let folder = os_path!(folder)?;
        let pack = pack_or_default(optional_struct!(pack)?)?;
        job::give_started(needed!(job), || inspect(folder, &pack))
    })
}
