//! Linux alone.

use std::fs::File;
use std::io::IoSliceMut;

use rustix::io::{ReadWriteFlags, preadv2};

/// File systems that do not know `RWF_NOWAIT` may wait for ever (FUSE, a network), so a refused flag says
/// nothing. Nor does any other refusal: sandboxes answer calls they do not know with EPERM, EINVAL or ENOSYS,
/// and the plain read tells what is wrong with the file too.
pub(crate) fn read_cached(file: &File, into: &mut [u8], at: u64) -> Option<usize> {
    preadv2(file, &mut [IoSliceMut::new(into)], at, ReadWriteFlags::NOWAIT).ok()
}
