//! Whether a failure means that there are no more descriptors, whoever put the operating system's error into
//! another one.

use std::io;

use crate::sys;

pub(crate) fn is_out_of_descriptors(error: &io::Error) -> bool {
    os_errno(error).is_some_and(sys::is_out_of_descriptors)
}

/// Its number, though somebody may have put the error into another one, with a path.
pub(crate) fn os_errno(error: &io::Error) -> Option<i32> {
    let inner = || error.get_ref().and_then(|e| errno_in(e));
    error.raw_os_error().or_else(inner)
}

fn errno_in(error: &(dyn std::error::Error + 'static)) -> Option<i32> {
    let here = error.downcast_ref::<io::Error>().and_then(os_errno);
    here.or_else(|| error.source().and_then(errno_in))
}

/// Why no more can be opened, and what to do about it.
pub(crate) fn why_no_descriptors(error: &io::Error) -> String {
    sys::why_no_descriptors(os_errno(error))
}
