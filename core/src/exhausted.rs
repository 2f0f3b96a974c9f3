//! Errors for what the operating system has no more of: threads and descriptors. They are made here, and so
//! the same wherever one is refused: as the caller's side, and never as the network's, a service's or a
//! defect.

use std::io;

use crate::error::{Error, ErrorKind, Side};
use crate::os_limits::{is_out_of_descriptors, os_errno, why_no_descriptors};
use crate::sys;

impl Error {
    /// A thread that the operating system refused to start, for a binding too.
    #[must_use]
    pub fn no_thread(error: &io::Error) -> Self {
        let why = sys::why_no_thread(error.raw_os_error());
        refused(format!("no thread could be started ({error}), {why}"), error)
    }

    /// The same, for a language that says no more than that one was refused.
    #[must_use]
    pub fn no_more_threads() -> Self {
        Self::no_thread(&io::Error::from_raw_os_error(sys::os_error::NO_THREAD))
    }

    /// A socket or the like that the operating system refused, for a binding too; `doing` is what needs it,
    /// to wait for sockets or for a call.
    #[must_use]
    pub fn no_descriptor(doing: &str, error: &io::Error) -> Self {
        if is_out_of_descriptors(error) {
            return Self::too_many_open_files(doing, error);
        }
        refused(format!("{doing} failed ({error}); allow this program {}", sys::WAITING_NEEDS), error)
    }

    /// No descriptor for something that is no file of the caller's.
    pub(crate) fn too_many_open_files(doing: &str, error: &io::Error) -> Self {
        refused(format!("{doing} failed, {}", why_no_descriptors(error)), error)
    }

    /// Whether it is about descriptors, whatever was to be opened.
    pub(crate) fn is_out_of_descriptors(&self) -> bool {
        self.side() == Side::Caller && self.errno().is_some_and(sys::is_out_of_descriptors)
    }
}

fn refused(message: String, error: &io::Error) -> Error {
    // Calling again is of no use before somebody closes or ends something.
    Error::new(ErrorKind::Unavailable, message)
        .side_is(Side::Caller)
        .retryable_is(false)
        .errno_is(os_errno(error))
        .cause(error)
}
