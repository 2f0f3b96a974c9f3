//! AgentDrop: which files to send
//!
//! The request of dropoff_agentdrop_upload, the second step of the flow done step by step.

use std::ffi::c_char;
use std::mem::MaybeUninit;

use dropoff::{Error, File, Result};

use crate::error::{dropoff_error, dropoff_status};
use crate::guard;
use crate::handle::{LiveHandle, UseOnce, give, needed};
use crate::source::dropoff_source;
use crate::text::{optional_text, text};

/// Files that were presigned, in the same order. The call that takes them uses them up, also if that fails; the handle is
/// still yours to free.
///
/// Threads: one at a time.
pub struct dropoff_files {
    files: UseOnce<Vec<File>>,
    _live: LiveHandle,
}

impl dropoff_files {
    pub(crate) fn take(&mut self) -> Result<Vec<File>> {
        self.files.take()
    }
}

/// One file of a transfer; empties the source.
pub(crate) fn file(
    source: &mut dropoff_source,
    name: Option<&str>,
    content_type: Option<&str>,
) -> Result<File> {
    let mut file = File::new(source.take()?);
    if let Some(name) = name {
        file = file.name(name);
    }
    if let Some(media_type) = content_type {
        file = file.content_type(media_type);
    }
    Ok(file)
}

/// Gives the file at `index` its nonce.
pub(crate) fn set_encryption_iv(files: &mut Vec<File>, index: usize, encryption_iv: &str) -> Result<()> {
    let count = files.len();
    if index >= count {
        return Err(Error::bad_argument(&format!(
            "index is {index} and {count} files were added; add the file first, and count from 0"
        )));
    }
    // The core's builders go in and come out by value.
    let file = files.remove(index).encryption_iv(encryption_iv);
    files.insert(index, file);
    Ok(())
}

/// Makes a list without files.
///
/// Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn dropoff_files_new(
    files: Option<&mut MaybeUninit<*mut dropoff_files>>,
    error: Option<&mut MaybeUninit<*mut dropoff_error>>,
) -> dropoff_status {
    guard::run(error, || {
        give(
            needed!(files)?,
            dropoff_files { files: UseOnce::new("files", Vec::new()), _live: LiveHandle::new() },
        );
        Ok(())
    })
}

/// Adds a file, and empties `source`. `name` and `content_type` as in dropoff_transfer_add_file.
///
/// May be NULL: name, content_type.
/// Threads: one at a time.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dropoff_files_add(
    files: Option<&mut dropoff_files>,
    source: Option<&mut dropoff_source>,
    name: *const c_char,
    content_type: *const c_char,
    error: Option<&mut MaybeUninit<*mut dropoff_error>>,
) -> dropoff_status {
    guard::run(error, || {
        let (files, source) = (needed!(files)?, needed!(source)?);
        let (name, content_type) = (optional_text!(name)?, optional_text!(content_type)?);
        let list = files.files.get()?;
        list.push(file(source, name, content_type)?);
        Ok(())
    })
}

/// As dropoff_transfer_set_file_encryption_iv.
///
/// Threads: one at a time.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dropoff_files_set_encryption_iv(
    files: Option<&mut dropoff_files>,
    index: usize,
    encryption_iv: *const c_char,
    error: Option<&mut MaybeUninit<*mut dropoff_error>>,
) -> dropoff_status {
    guard::run(error, || {
        let (files, encryption_iv) = (needed!(files)?, text!(encryption_iv)?);
        set_encryption_iv(files.files.get()?, index, encryption_iv)
    })
}

/// Frees a list, used or not. NULL is fine.
///
/// Threads: one at a time.
#[unsafe(no_mangle)]
pub extern "C" fn dropoff_files_free(files: Option<Box<dropoff_files>>) {
    guard::free(files);
}
