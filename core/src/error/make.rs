//! Errors that are made in many places, each with its sentence.

use std::any::Any;
use std::path::Path;

use super::kind::ErrorKind;
use super::value::Error;
use crate::os_limits::{is_out_of_descriptors, why_no_descriptors};
use crate::sys;
use crate::threads::panic_text;

impl Error {
    pub(crate) fn invalid(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::InvalidInput, message)
    }

    /// A defect of ours, reported instead of a panic. Bindings use it for panics they caught.
    #[must_use]
    pub fn internal(what: &str) -> Self {
        Self::new(
            ErrorKind::Internal,
            format!("a defect in dropoff: {what}; please report it with what led here"),
        )
    }

    /// The defect behind a panic that was caught; `payload` is what it unwound with.
    #[must_use]
    pub fn from_panic(payload: &(dyn Any + Send)) -> Self {
        Self::internal(&panic_text(payload))
    }

    /// An argument a binding could not convert; `message` names the argument and what it may be.
    #[must_use]
    pub fn bad_argument(message: &str) -> Self {
        Self::invalid(message)
    }

    /// A local file that a program over this library could not read, told as those are that the library
    /// reads.
    #[must_use]
    pub fn unreadable(path: &Path, error: &std::io::Error) -> Self {
        Self::local_io(path, "reading", error)
    }

    /// A local I/O failure on `path`, told the way the operating system tells it.
    pub(crate) fn local_io(path: &Path, doing: &str, error: &std::io::Error) -> Self {
        use std::io::ErrorKind as Io;
        let shown = path.display();
        if let Some(why) = sys::why_unreadable(error) {
            let message = format!("{shown} cannot be read, {why}");
            return Self::new(ErrorKind::SourceUnreadable, message).of_file(path, error);
        }
        let (kind, message) = match error.kind() {
            Io::NotFound => (
                ErrorKind::SourceUnreadable,
                format!("there is no file or folder at {shown}; check the path"),
            ),
            Io::PermissionDenied => (
                ErrorKind::SourceUnreadable,
                format!("{shown} may not be read by this user; check its permissions"),
            ),
            Io::StorageFull | Io::QuotaExceeded => (
                ErrorKind::DiskFull,
                format!(
                    "no room left in {shown} for a temporary file; free some or set spool_dir to a folder with more"
                ),
            ),
            _ if sys::is_held_elsewhere(error) => (
                ErrorKind::SourceUnreadable,
                format!("another program has {shown} open and does not share it; close that program"),
            ),
            _ if is_out_of_descriptors(error) => (
                ErrorKind::SourceUnreadable,
                format!("{shown} cannot be opened, {}", why_no_descriptors(error)),
            ),
            _ => (
                ErrorKind::SourceUnreadable,
                format!("{doing} {shown} failed ({error}); check the file and its disk"),
            ),
        };
        Self::new(kind, message).of_file(path, error)
    }
}
