//! What the operating system decides: paths as C writes them, and what threads of a library have to mind.

use std::path::{Path, PathBuf};

use dropoff::Result;

#[cfg(unix)]
use unix as family;
#[cfg(windows)]
use windows as family;

/// A path as it stands in a program's memory: any bytes, since file names need not be UTF-8; on Windows
/// UTF-8.
pub(crate) fn path_from_bytes(bytes: &[u8], name: &str) -> Result<PathBuf> {
    family::path_from_bytes(bytes, name)
}

/// The same, the other way round.
pub(crate) fn path_to_bytes(path: &Path) -> Vec<u8> {
    family::path_to_bytes(path)
}

/// Runs `start` so that threads that it starts, and theirs, take no signals, and keep their code.
///
/// Linux never unloads the library (build.rs), and Windows is asked not to. A program's handlers then run on its
/// own threads, where it expects them. And SIGPIPE, which would end a program that did not ask for it: a write
/// to a connection that the peer has closed raises it on the thread that writes, unless that thread blocks it,
/// and then the write fails with EPIPE as it should. (Rust's own programs ignore SIGPIPE, and so do Python and
/// Node; a C program does not.)
pub(crate) fn starting_threads<T>(start: impl FnOnce() -> T) -> T {
    family::starting_threads(start)
}

#[cfg(unix)]
mod unix {
    use std::ffi::OsStr;
    use std::mem::MaybeUninit;
    use std::os::unix::ffi::OsStrExt as _;
    use std::path::{Path, PathBuf};
    use std::ptr;

    use dropoff::Result;

    pub(super) fn path_from_bytes(bytes: &[u8], _: &str) -> Result<PathBuf> {
        Ok(OsStr::from_bytes(bytes).into())
    }

    pub(super) fn path_to_bytes(path: &Path) -> Vec<u8> {
        path.as_os_str().as_bytes().to_vec()
    }

    pub(super) fn starting_threads<T>(start: impl FnOnce() -> T) -> T {
        let _restored = Restore::new();
        start()
    }

    struct Restore(Option<libc::sigset_t>);

    impl Restore {
        fn new() -> Self {
            let mut all = MaybeUninit::<libc::sigset_t>::uninit();
            let mut before = MaybeUninit::<libc::sigset_t>::uninit();
            // SAFETY: both sets are ours; sigfillset makes the first one valid before it is read.
            let failed = unsafe {
                libc::sigfillset(all.as_mut_ptr());
                // A fault of this very thread must stay what it is: blocked, the kernel would kill the
                // process without asking a handler, such as that of a sanitizer or of Rust's own stack guard.
                for fault in
                    [libc::SIGSEGV, libc::SIGBUS, libc::SIGFPE, libc::SIGILL, libc::SIGTRAP, libc::SIGABRT]
                {
                    libc::sigdelset(all.as_mut_ptr(), fault);
                }
                libc::pthread_sigmask(libc::SIG_BLOCK, all.as_ptr(), before.as_mut_ptr())
            };
            // SAFETY: a pthread_sigmask that did not fail has written the set.
            Self((failed == 0).then(|| unsafe { before.assume_init() }))
        }
    }

    impl Drop for Restore {
        fn drop(&mut self) {
            if let Some(before) = &self.0 {
                // SAFETY: the set came from pthread_sigmask; the third argument may be NULL.
                unsafe { libc::pthread_sigmask(libc::SIG_SETMASK, before, ptr::null_mut()) };
            }
        }
    }
}

#[cfg(windows)]
mod windows {
    use std::path::{Path, PathBuf};
    use std::ptr::null_mut;
    use std::sync::Once;

    use dropoff::{Error, Result};
    use windows_sys::Win32::System::LibraryLoader::{
        GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS, GET_MODULE_HANDLE_EX_FLAG_PIN, GetModuleHandleExW,
    };

    static PINNED: Once = Once::new();

    pub(super) fn path_from_bytes(bytes: &[u8], name: &str) -> Result<PathBuf> {
        let text = std::str::from_utf8(bytes);
        let refused = |_| Error::bad_argument(&format!("{name} is not valid UTF-8; convert the path first"));
        text.map(PathBuf::from).map_err(refused)
    }

    pub(super) fn path_to_bytes(path: &Path) -> Vec<u8> {
        path.to_string_lossy().into_owned().into_bytes()
    }

    /// Windows sends a thread no signals. `FreeLibrary` would take the code away from under it.
    pub(super) fn starting_threads<T>(start: impl FnOnce() -> T) -> T {
        PINNED.call_once(|| {
            let flags = GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS | GET_MODULE_HANDLE_EX_FLAG_PIN;
            let mut module = null_mut();
            // SAFETY: the address is one of this library's, and the call writes one handle. One that fails
            // leaves what there was before: a program that must not unload it.
            unsafe { GetModuleHandleExW(flags, (&raw const PINNED).cast(), &raw mut module) };
        });
        start()
    }
}
