//! Giving user data back from a thread that moves bytes.
//!
//! The last bytes of a source are dropped wherever they were last used, often on a worker of the runtime. A finalizer
//! is the caller's code and may block, so it is called there by a thread of its own: one, which lives while there is
//! something to give back.

use std::ffi::c_void;
use std::sync::{Mutex, PoisonError, TryLockError};
use std::{mem, ptr, thread};

use crate::callback::UserData;
use crate::guard;

static WAITING: Mutex<Waiting> = Mutex::new(Waiting { pid: 0, given: Vec::new(), drained: false });

struct Waiting {
    /// A fork copies no threads: what waits in the parent is the parent's.
    pid: u32,
    given: Vec<UserData>,
    /// A thread looks after `given`.
    drained: bool,
}

/// User data of a source. Dropping it gives it back: here, if the caller's own call is what drops it.
pub(crate) struct Lent(Option<UserData>);

impl Lent {
    pub(crate) fn new(user_data: UserData) -> Self {
        Self(Some(user_data))
    }
    pub(crate) fn pointer(&self) -> *mut c_void {
        self.0.as_ref().map_or(ptr::null_mut(), UserData::pointer)
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        match self.0.take() {
            Some(user_data) if !guard::is_in_a_call() => hand_over(user_data),
            _ => {}
        }
    }
}

fn hand_over(user_data: UserData) {
    // A lock that another thread held at a fork stays locked in the child, so it is never waited for.
    let mut waiting = match WAITING.try_lock() {
        Ok(waiting) => waiting,
        Err(TryLockError::Poisoned(poisoned)) => poisoned.into_inner(),
        Err(TryLockError::WouldBlock) => {
            // If no thread can be started, the closure and what it holds are dropped here.
            start(move || drop(user_data));
            return;
        }
    };
    if waiting.pid != std::process::id() {
        let inherited = Waiting { pid: std::process::id(), given: Vec::new(), drained: false };
        mem::forget(mem::replace(&mut *waiting, inherited));
    }
    waiting.given.push(user_data);
    if !mem::replace(&mut waiting.drained, true) {
        drop(waiting);
        if !start(drain) {
            drain();
        }
    }
}

fn drain() {
    loop {
        let given = {
            let mut waiting = WAITING.lock().unwrap_or_else(PoisonError::into_inner);
            waiting.drained = !waiting.given.is_empty();
            mem::take(&mut waiting.given)
        };
        if given.is_empty() {
            return;
        }
        drop(given);
    }
}

fn start(work: impl FnOnce() + Send + 'static) -> bool {
    thread::Builder::new().name("dropoff-release".to_owned()).spawn(work).is_ok()
}
