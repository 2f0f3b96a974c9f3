//! AgentDrop: opening what was sealed
//!
//! Opens a file that was downloaded sealed. It needs no client and no network.

use std::ffi::c_char;
use std::mem::MaybeUninit;
use std::path::PathBuf;

use dropoff::{OpenedFile, Result, SealedFile, start_open_sealed};

use crate::error::{dropoff_error, dropoff_status};
use crate::guard;
use crate::handle::{LiveHandle, give, needed};
use crate::job::{self, dropoff_job, started};
use crate::key_pair::dropoff_key_pair;
use crate::opened_file::dropoff_opened_file;
use crate::text::{os_path, text};

/// A sealed file and what opens it besides the recipient's key pair: texts from the transfer's download reply. Set all
/// that it has. Opening does not use it up. Free it with dropoff_sealed_file_free.
///
/// Threads: one at a time; a call that was given it does not look at it again.
pub struct dropoff_sealed_file {
    sealed: SealedFile,
    _live: LiveHandle,
}

impl dropoff_sealed_file {
    #[cfg(debug_assertions)]
    pub(crate) fn shown(&self) -> &dyn std::fmt::Debug {
        &self.sealed
    }
    fn change(&mut self, change: impl FnOnce(SealedFile) -> SealedFile) {
        self.sealed = change(self.sealed.clone());
    }
    fn open(&self, to: PathBuf, key_pair: &dropoff_key_pair) -> Result<dropoff_job> {
        started(None, || start_open_sealed(&self.sealed, to, &key_pair.pair))
    }
}

/// `path` is the file as it was downloaded; a leading ~/ is the home folder.
///
/// Threads: any.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dropoff_sealed_file_new(
    path: *const c_char,
    sealed: Option<&mut MaybeUninit<*mut dropoff_sealed_file>>,
    error: Option<&mut MaybeUninit<*mut dropoff_error>>,
) -> dropoff_status {
    guard::run(error, || {
        let (path, place) = (os_path!(path)?, needed!(sealed)?);
        give(place, dropoff_sealed_file { sealed: SealedFile::new(path), _live: LiveHandle::new() });
        Ok(())
    })
}

/// The sender's public key: standard base64 of 32 raw bytes. Not needed for what is sealed for a person.
///
/// Threads: one at a time.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dropoff_sealed_file_set_sender_public_key(
    sealed: Option<&mut dropoff_sealed_file>,
    public_key: *const c_char,
    error: Option<&mut MaybeUninit<*mut dropoff_error>>,
) -> dropoff_status {
    guard::run(error, || {
        let (sealed, public_key) = (needed!(sealed)?, text!(public_key)?);
        sealed.change(|sealed| sealed.sender_public_key(public_key));
        Ok(())
    })
}

/// The transfer's wrapped key: base64 of 60 bytes. A transfer without one has a salt.
///
/// Threads: one at a time.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dropoff_sealed_file_set_encrypted_key(
    sealed: Option<&mut dropoff_sealed_file>,
    encrypted_key: *const c_char,
    error: Option<&mut MaybeUninit<*mut dropoff_error>>,
) -> dropoff_status {
    guard::run(error, || {
        let (sealed, encrypted_key) = (needed!(sealed)?, text!(encrypted_key)?);
        sealed.change(|sealed| sealed.encrypted_key(encrypted_key));
        Ok(())
    })
}

/// The transfer's salt, where it has one: base64 of 32 bytes.
///
/// Threads: one at a time.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dropoff_sealed_file_set_encryption_salt(
    sealed: Option<&mut dropoff_sealed_file>,
    encryption_salt: *const c_char,
    error: Option<&mut MaybeUninit<*mut dropoff_error>>,
) -> dropoff_status {
    guard::run(error, || {
        let (sealed, encryption_salt) = (needed!(sealed)?, text!(encryption_salt)?);
        sealed.change(|sealed| sealed.encryption_salt(encryption_salt));
        Ok(())
    })
}

/// The file's nonce: base64 of 12 bytes. What is sealed for a person holds its own.
///
/// Threads: one at a time.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dropoff_sealed_file_set_encryption_iv(
    sealed: Option<&mut dropoff_sealed_file>,
    encryption_iv: *const c_char,
    error: Option<&mut MaybeUninit<*mut dropoff_error>>,
) -> dropoff_status {
    guard::run(error, || {
        let (sealed, encryption_iv) = (needed!(sealed)?, text!(encryption_iv)?);
        sealed.change(|sealed| sealed.encryption_iv(encryption_iv));
        Ok(())
    })
}

/// Frees it, used or not; the file is left alone. NULL is fine.
///
/// Threads: one at a time.
#[unsafe(no_mangle)]
pub extern "C" fn dropoff_sealed_file_free(sealed: Option<Box<dropoff_sealed_file>>) {
    guard::free(sealed);
}

/// Opens a sealed file with the recipient's key pair and waits. The file appears at `to`, where nothing may be yet,
/// whole and readable by its owner alone, after its tag was checked, or not at all. A leading ~/ is the home folder. To
/// be told its progress, start it and use dropoff_job_on_progress. The result is yours to free.
///
/// DROPOFF_ENCRYPTION if it is not what the sender sealed for these keys, DROPOFF_SOURCE_UNREADABLE,
/// DROPOFF_INVALID_INPUT if there is something at `to` or nothing can be written there, DROPOFF_DISK_FULL.
///
/// Threads: any.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dropoff_open_sealed(
    sealed: Option<&dropoff_sealed_file>,
    to: *const c_char,
    key_pair: Option<&dropoff_key_pair>,
    opened: Option<&mut MaybeUninit<*mut dropoff_opened_file>>,
    error: Option<&mut MaybeUninit<*mut dropoff_error>>,
) -> dropoff_status {
    guard::run(error, || {
        let (sealed, to, key_pair) = (needed!(sealed)?, os_path!(to)?, needed!(key_pair)?);
        job::finish::<OpenedFile>(needed!(opened), || sealed.open(to, key_pair))
    })
}

/// Starts dropoff_open_sealed. The job is yours to free.
///
/// Threads: any.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dropoff_start_open_sealed(
    sealed: Option<&dropoff_sealed_file>,
    to: *const c_char,
    key_pair: Option<&dropoff_key_pair>,
    job: Option<&mut MaybeUninit<*mut dropoff_job>>,
    error: Option<&mut MaybeUninit<*mut dropoff_error>>,
) -> dropoff_status {
    guard::run(error, || {
        let (sealed, to, key_pair) = (needed!(sealed)?, os_path!(to)?, needed!(key_pair)?);
        job::give_started(needed!(job), || sealed.open(to, key_pair))
    })
}
