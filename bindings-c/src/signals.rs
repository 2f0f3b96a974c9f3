//! Threads of ours take no signals.
//!
//! A program's handlers then run on its own threads, where it expects them. And SIGPIPE, which would end a
//! program that did not ask for it: a write to a connection that the peer has closed raises it on the thread
//! that writes, unless that thread blocks it, and then the write fails with EPIPE as it should. (Rust's own
//! programs ignore SIGPIPE, and so do Python and Node; a C program does not.)

use std::mem::MaybeUninit;
use std::ptr;

/// Runs `start` with every signal blocked on this thread; the threads it starts, and theirs, inherit that.
pub(crate) fn blocked<T>(start: impl FnOnce() -> T) -> T {
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
            // A fault of this very thread must stay what it is: blocked, the kernel would kill the process
            // without asking a handler, such as that of a sanitizer or of Rust's own stack guard.
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
