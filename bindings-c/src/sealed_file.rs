//! AgentDrop: opening what was sealed
//!
//! Opens a file that was downloaded sealed. It needs no client and no network.

use std::ffi::c_char;
use std::mem::MaybeUninit;
use std::path::PathBuf;

use dropoff::{OpenedFile, Result, start_open_sealed};

use crate::caller_struct::given_struct;
use crate::error::{dropoff_error, dropoff_status};
use crate::fields::fields;
use crate::generated::sealed_file::{dropoff_opened_file, dropoff_sealed_file};
use crate::guard;
use crate::handle::needed;
use crate::job::{self, dropoff_job, started};
use crate::key_pair::dropoff_key_pair;
use crate::text::os_path;

fn open(sealed: &dropoff_sealed_file, to: PathBuf, key_pair: &dropoff_key_pair) -> Result<dropoff_job> {
    let sealed = sealed.into_core(&fields!("sealed"))?;
    started(None, || start_open_sealed(&sealed, to, &key_pair.pair))
}

/// Opens a sealed file with the recipient's key pair and waits. The file appears at `to`, where nothing may
/// be yet, whole and readable by its owner alone, after its tag was checked, or not at all. A leading ~/ is
/// the home folder. To be told its progress, start it and use dropoff_job_on_progress. The result is yours to
/// free.
///
/// DROPOFF_ENCRYPTION if it is not what the sender sealed for these keys, DROPOFF_SOURCE_UNREADABLE,
/// DROPOFF_INVALID_INPUT if there is something at `to` or nothing can be written there, DROPOFF_DISK_FULL.
///
/// Threads: any.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dropoff_open_sealed(
    sealed: *const dropoff_sealed_file,
    to: *const c_char,
    key_pair: Option<&dropoff_key_pair>,
    opened: Option<&mut MaybeUninit<*mut dropoff_opened_file>>,
    error: Option<&mut MaybeUninit<*mut dropoff_error>>,
) -> dropoff_status {
    guard::run(error, || {
        let sealed = given_struct!(sealed)?;
        let (to, key_pair) = (os_path!(to)?, needed!(key_pair)?);
        job::finish::<OpenedFile>(needed!(opened), || open(&sealed, to, key_pair))
    })
}

/// Starts dropoff_open_sealed. The job is yours to free.
///
/// Threads: any.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dropoff_start_open_sealed(
    sealed: *const dropoff_sealed_file,
    to: *const c_char,
    key_pair: Option<&dropoff_key_pair>,
    job: Option<&mut MaybeUninit<*mut dropoff_job>>,
    error: Option<&mut MaybeUninit<*mut dropoff_error>>,
) -> dropoff_status {
    guard::run(error, || {
        let sealed = given_struct!(sealed)?;
        let (to, key_pair) = (os_path!(to)?, needed!(key_pair)?);
        job::give_started(needed!(job), || open(&sealed, to, key_pair))
    })
}
