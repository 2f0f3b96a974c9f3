//! Sources
//!
//! What to send: a file, a folder where a browser profile is due, a range of memory, or a stream.

use std::ffi::{c_char, c_int, c_void};
use std::io::{self, Read, Seek, SeekFrom};
use std::mem::MaybeUninit;
use std::slice;

use bytes::Bytes;
use dropoff::{Error, Result, Source};

use crate::callback::{UserData, dropoff_finalizer};
use crate::caller_memory::CallerMemory;
use crate::error::{dropoff_error, dropoff_status};
use crate::guard;
use crate::handle::{LiveHandle, UseOnce, give, needed};
use crate::text::os_path;

/// What to send. The call that takes it empties it: it cannot be used again, and is still yours to free, at
/// any time after. A plan and a presign send nothing, and empty streams alone.
///
/// Threads: one at a time.
pub struct dropoff_source {
    source: UseOnce<Source>,
    _live: LiveHandle,
}

impl dropoff_source {
    fn new(source: Source) -> Self {
        Self { source: UseOnce::new("source", source), _live: LiveHandle::new() }
    }
    /// Empties it. Call this after every check that can refuse the call.
    pub(crate) fn take(&mut self) -> Result<Source> {
        self.source.take()
    }
    /// The source for a call that sends nothing: shared, but for a stream, which this empties.
    pub(crate) fn share(&mut self) -> Result<Source> {
        match self.source.get()?.again() {
            Some(source) => Ok(source),
            None => self.take(),
        }
    }
    /// Refuses one that was used already.
    pub(crate) fn check(&self) -> Result<()> {
        self.source.get().map(drop)
    }
}

/// Reads the next bytes of a stream into `buffer`, at most `capacity`, and says in `read_out` how many; none
/// is the end. Returns 0, or another number if it failed: that ends the call with DROPOFF_SOURCE_UNREADABLE,
/// and the number, best one of errno.h, is told in the error's cause. `buffer` and `read_out` are valid until
/// it returns.
///
/// Threads: it is called on one thread of dropoff's own, one call at a time, and may block for as long as it
/// likes. It may call dropoff, but not wait for the job that reads it. After a cancel it is called no more;
/// the call that is under way then is not waited for.
pub type dropoff_read_fn = Option<
    unsafe extern "C" fn(
        user_data: *mut c_void,
        buffer: *mut u8,
        capacity: usize,
        read_out: *mut usize,
    ) -> c_int,
>;

/// Sets a stream back to where it stood before the first read. Returns 0, or another number if it cannot.
///
/// Threads: as a dropoff_read_fn, after the last read.
pub type dropoff_rewind_fn = Option<unsafe extern "C" fn(user_data: *mut c_void) -> c_int>;

/// A file, or a folder where a browser profile is due. A leading ~/ is the home folder; a relative path is
/// one from the current folder of this moment. Nothing is opened yet: a missing file is the error of the
/// call that sends it.
///
/// Threads: any.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dropoff_source_from_path(
    path: *const c_char,
    source: Option<&mut MaybeUninit<*mut dropoff_source>>,
    error: Option<&mut MaybeUninit<*mut dropoff_error>>,
) -> dropoff_status {
    guard::run(error, || {
        let place = needed!(source)?;
        give(place, dropoff_source::new(Source::path(os_path!(path)?)));
        Ok(())
    })
}

/// `length` bytes in memory. Without a `release` they are copied. With one they are borrowed: they must stay
/// as they are until `release(user_data)` is called, exactly once, when nothing needs them any more; that may
/// be a little after the call that sent them has returned. `data` may be NULL if `length` is 0.
///
/// May be NULL: data, user_data, release.
/// Threads: any; `release` is called on any thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dropoff_source_from_memory(
    data: *const u8,
    length: usize,
    user_data: *mut c_void,
    release: dropoff_finalizer,
    source: Option<&mut MaybeUninit<*mut dropoff_source>>,
    error: Option<&mut MaybeUninit<*mut dropoff_error>>,
) -> dropoff_status {
    // First of all, so that it is released whatever happens.
    let owner = UserData::new(user_data, release);
    guard::run(error, || {
        let place = needed!(source)?;
        if data.is_null() && length > 0 {
            return Err(Error::bad_argument(&format!(
                "data is NULL where {length} bytes are due; pass them"
            )));
        }
        if isize::try_from(length).is_err() {
            return Err(Error::bad_argument("length is more than memory can hold; pass the number of bytes"));
        }
        let range = Range { data, length, _owner: CallerMemory::new(owner) };
        let bytes = match release {
            Some(_) => Bytes::from_owner(range),
            None => Bytes::copy_from_slice(range.as_ref()),
        };
        give(place, dropoff_source::new(Source::memory(bytes)));
        Ok(())
    })
}

/// A stream of unknown length. It is read once, into an unnamed temporary file (option spool_dir), so that a
/// retry can send it again. A call that fails after it was read is not retryable: the stream has to be opened
/// anew.
///
/// May be NULL: user_data, finalizer.
/// Threads: any.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dropoff_source_from_reader(
    read: dropoff_read_fn,
    user_data: *mut c_void,
    finalizer: dropoff_finalizer,
    source: Option<&mut MaybeUninit<*mut dropoff_source>>,
    error: Option<&mut MaybeUninit<*mut dropoff_error>>,
) -> dropoff_status {
    let user_data = UserData::new(user_data, finalizer);
    guard::run(error, || {
        let place = needed!(source)?;
        let reader = Reader { read: needed!(read)?, user_data: CallerMemory::new(user_data) };
        give(place, dropoff_source::new(Source::reader(reader)));
        Ok(())
    })
}

/// The same for a stream that can go back: when a call fails that has read of it, `rewind` is called, and
/// then the same call can be made again with a new source of the same stream. If `rewind` fails, or a read
/// that is under way does not end within 2 s, the error is not retryable.
///
/// May be NULL: user_data, finalizer.
/// Threads: any.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dropoff_source_from_rewindable_reader(
    read: dropoff_read_fn,
    rewind: dropoff_rewind_fn,
    user_data: *mut c_void,
    finalizer: dropoff_finalizer,
    source: Option<&mut MaybeUninit<*mut dropoff_source>>,
    error: Option<&mut MaybeUninit<*mut dropoff_error>>,
) -> dropoff_status {
    let user_data = UserData::new(user_data, finalizer);
    guard::run(error, || {
        let place = needed!(source)?;
        let reader = Reader { read: needed!(read)?, user_data: CallerMemory::new(user_data) };
        give(place, dropoff_source::new(Source::seekable(Rewindable { reader, rewind: needed!(rewind)? })));
        Ok(())
    })
}

/// Frees a source, used or not. NULL is fine.
///
/// Threads: one at a time.
#[unsafe(no_mangle)]
pub extern "C" fn dropoff_source_free(source: Option<Box<dropoff_source>>) {
    guard::free(source);
}

/// Memory that C lent.
struct Range {
    data: *const u8,
    length: usize,
    _owner: CallerMemory,
}

// SAFETY: nobody changes the bytes until they are released, so any thread may read them.
unsafe impl Send for Range {}

impl AsRef<[u8]> for Range {
    fn as_ref(&self) -> &[u8] {
        if self.length == 0 {
            return &[];
        }
        // SAFETY: not NULL and not too long, which was checked; the header says that the range stays valid
        // and unchanged until it is released, which dropping this does.
        unsafe { slice::from_raw_parts(self.data, self.length) }
    }
}

type ReadFn = unsafe extern "C" fn(
    user_data: *mut c_void,
    buffer: *mut u8,
    capacity: usize,
    read_out: *mut usize,
) -> c_int;

/// A stream that C reads.
struct Reader {
    read: ReadFn,
    user_data: CallerMemory,
}

/// A stream that C reads and sets back.
struct Rewindable {
    reader: Reader,
    rewind: unsafe extern "C" fn(user_data: *mut c_void) -> c_int,
}

impl Read for Rewindable {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        self.reader.read(into)
    }
}

impl Seek for Rewindable {
    /// Where it stands is the beginning, and back to there is all that can be asked for.
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        if to == SeekFrom::Current(0) {
            return Ok(0);
        }
        // SAFETY: the function C gave for this user_data, on the thread that reads or after it.
        match unsafe { (self.rewind)(self.reader.user_data.pointer()) } {
            0 => Ok(0),
            failed => Err(io::Error::from_raw_os_error(failed)),
        }
    }
}

impl Read for Reader {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let mut count = 0;
        // SAFETY: the function C gave for this user_data; `into` and `count` outlive the call.
        let failed =
            unsafe { (self.read)(self.user_data.pointer(), into.as_mut_ptr(), into.len(), &raw mut count) };
        if failed != 0 {
            // Not as the error number itself: EINTR would be tried again, and perhaps for ever.
            let words = io::Error::from_raw_os_error(failed);
            return Err(io::Error::other(format!("the read callback returned {failed}: {words}")));
        }
        if count > into.len() {
            let room = into.len();
            return Err(io::Error::other(format!(
                "the read callback said {count} bytes where {room} had room"
            )));
        }
        Ok(count)
    }
}
