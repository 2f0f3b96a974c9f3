//! The errors of a journal, each of which names its path.

use std::io::ErrorKind as Io;
use std::path::Path;

use crate::error::{Error, ErrorKind, Side};
use crate::{os_limits, sys};

pub(super) fn in_use(path: &Path) -> Error {
    Error::new(
        ErrorKind::Conflict,
        format!(
            "the journal {} is in use by another call; wait for it to end, or give another path",
            path.display()
        ),
    )
    .side_is(Side::Caller)
    .with_path(path)
}

pub(super) fn damaged(path: &Path, line: usize) -> Error {
    Error::invalid(format!(
        "the journal {} is damaged in line {line} and was left as it is; remove it to begin anew",
        path.display()
    ))
    .with_path(path)
}

pub(super) fn io_failed(path: &Path, doing: &str, error: &std::io::Error) -> Error {
    let shown = path.display();
    match error.kind() {
        Io::StorageFull | Io::QuotaExceeded => Error::new(
            ErrorKind::DiskFull,
            format!("no room left to write the journal {shown}; free some or give another path"),
        )
        .of_file(path, error),
        _ if sys::is_held_elsewhere(error) => Error::new(
            ErrorKind::Conflict,
            format!(
                "another program has the journal {shown} open and does not share it; close that program, or give another path"
            ),
        )
        .side_is(Side::Caller)
        .of_file(path, error),
        _ if os_limits::is_out_of_descriptors(error) => {
            Error::too_many_open_files(&format!("{doing} the journal {shown}"), error).with_path(path)
        }
        _ => Error::invalid(format!(
            "{doing} the journal {shown} failed ({error}); give a path in a folder that can be written to"
        ))
        .of_file(path, error),
    }
}
