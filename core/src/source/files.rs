//! Opening a caller's file, and the errors of one that cannot be read, changes, or does not answer.

use std::fs::File;
use std::path::Path;
use std::time::Duration;

use crate::error::{Error, ErrorKind, Result};
use crate::runtime::blocking;
use crate::sys::{self, FileFacts, PositionalIo as _, os_error};

/// Opening and looking at a file can wait for a network file system for ever; a worker that waits with
/// it would take every timer and every other upload along.
pub(crate) async fn blocking_with_timeout<T: Send + 'static>(
    io_timeout: Duration,
    path: &Path,
    work: impl FnOnce() -> Result<T> + Send + 'static,
) -> Result<T> {
    let looking = blocking("looking at a file", work);
    tokio::time::timeout(io_timeout, looking).await.unwrap_or_else(|_| Err(no_answer(Some(path), io_timeout)))
}

/// The error for a disk or a mount that does not answer within the caller's `stall_timeout`.
pub(super) fn no_answer(path: Option<&Path>, io_timeout: Duration) -> Error {
    no_answer_within(path, io_timeout, " (stall_timeout)")
}

/// The same for another limit. `origin` says in brackets where that is from, or nothing where no caller can
/// change it.
pub(crate) fn no_answer_within(path: Option<&Path>, limit: Duration, origin: &str) -> Error {
    let what = path.map_or_else(|| "the temporary file".to_owned(), |path| path.display().to_string());
    let error = Error::new(
        ErrorKind::SourceUnreadable,
        format!(
            "the file system did not answer for {what} within {:.1} s{origin}; check the disk or network mount it is on{}",
            limit.as_secs_f64(),
            sys::MAY_BE_ELSEWHERE
        ),
    );
    let error = error.errno_of(os_error::TIMED_OUT);
    match path {
        Some(path) => error.with_path(path),
        None => error,
    }
}

/// `what` follows on the file's name, and says how it differs.
pub(crate) fn changed(path: &Path, what: &str) -> Error {
    let shown = path.display();
    // A stream is read to wherever it ends.
    let or = if what.starts_with("grew") { ", or give it as a stream" } else { "" };
    Error::new(
        ErrorKind::SourceChanged,
        format!("{shown} {what} while it was being sent; send it again when nothing writes to it{or}"),
    )
    .with_path(path)
}

pub(super) fn read_start(file: &File, path: &Path, count: usize) -> Result<Vec<u8>> {
    let mut start = vec![0; count];
    file.read_exact_at(&mut start, 0).map_err(|e| Error::local_io(path, "reading", &e))?;
    Ok(start)
}

/// Files of /proc say that they are empty and are not, and those of /sys that they have a page. To send
/// nothing would be a lie, and what is shorter than its size never ends.
pub(super) fn refuse_made_up(file: &File, path: &Path, facts: &FileFacts) -> Result<()> {
    let size = facts.size;
    let at = match size.checked_sub(1) {
        None => 0,
        Some(last) if facts.takes_no_room => last,
        Some(_) => return Ok(()),
    };
    let there = file.read_at(&mut [0], at).map_err(|e| Error::local_io(path, "reading", &e))?;
    if (there > 0) == (size > 0) { Ok(()) } else { Err(made_up(path, size)) }
}

/// The error for a file whose size is not its own.
pub(super) fn made_up(path: &Path, size: u64) -> Error {
    let says = match size {
        0 => "does not tell its size".to_owned(),
        _ => format!("says that it has {size} bytes and gives fewer"),
    };
    let shown = path.display();
    Error::new(
        ErrorKind::SourceUnreadable,
        format!("{shown} {says}, as files the system makes up do; read it and send the bytes"),
    )
    .with_path(path)
    .errno_of(os_error::INVALID)
}

/// Opens a regular file.
pub(super) fn open_regular(path: &Path) -> Result<(File, FileFacts)> {
    let unreadable = |e: std::io::Error| Error::local_io(path, "opening", &e);
    let file = sys::open_to_read(path).map_err(unreadable)?;
    let meta = if sys::is_device(&file) { None } else { Some(file.metadata().map_err(unreadable)?) };
    if let Some(meta) = meta.as_ref().filter(|meta| meta.is_file()) {
        let facts = sys::facts_of(&file, meta).map_err(unreadable)?;
        return Ok((file, facts));
    }
    let (errno, what) = match meta.is_some_and(|meta| meta.is_dir()) {
        true => (os_error::IS_A_FOLDER, "a folder; name a file in it, or zip it first"),
        false => (os_error::INVALID, "not a regular file; name a file, or give it as a stream"),
    };
    let shown = path.display();
    Err(Error::new(ErrorKind::SourceUnreadable, format!("{shown} is {what}")).with_path(path).errno_of(errno))
}
