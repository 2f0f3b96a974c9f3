//! Giving user data back from a thread that moves bytes.
//!
//! The last bytes of a source are dropped wherever they were last used, often on a worker of the runtime. A
//! finalizer is the caller's code and may block, so it is called there by a thread of its own: one, which
//! lives while there is something to give back.

use std::ffi::c_void;
use std::sync::{Mutex, PoisonError, TryLockError};
use std::{mem, ptr, thread};

use crate::callback::UserData;
use crate::guard;

static QUEUE: Mutex<ReleaseQueue> =
    Mutex::new(ReleaseQueue { pid: 0, user_data: Vec::new(), has_thread: false });

struct ReleaseQueue {
    /// A fork copies no threads: what waits in the parent is the parent's.
    pid: u32,
    user_data: Vec<UserData>,
    /// A thread looks after `user_data`.
    has_thread: bool,
}

/// User data of a source. Dropping it gives it back: here, if the caller's own call is what drops it.
pub(crate) struct CallerMemory(Option<UserData>);

impl CallerMemory {
    pub(crate) fn new(user_data: UserData) -> Self {
        Self(Some(user_data))
    }
    pub(crate) fn pointer(&self) -> *mut c_void {
        self.0.as_ref().map_or(ptr::null_mut(), UserData::pointer)
    }
}

impl Drop for CallerMemory {
    fn drop(&mut self) {
        match self.0.take() {
            Some(user_data) if !guard::is_in_a_call() => release_on_thread(user_data),
            _ => {}
        }
    }
}

fn release_on_thread(user_data: UserData) {
    // A lock that another thread held at a fork stays locked in the child, so it is never waited for.
    let mut queue = match QUEUE.try_lock() {
        Ok(queue) => queue,
        Err(TryLockError::Poisoned(poisoned)) => poisoned.into_inner(),
        Err(TryLockError::WouldBlock) => {
            // If no thread can be started, the closure and what it holds are dropped here.
            spawn_thread(move || drop(user_data));
            return;
        }
    };
    if queue.pid != std::process::id() {
        let fresh = ReleaseQueue { pid: std::process::id(), user_data: Vec::new(), has_thread: false };
        mem::forget(mem::replace(&mut *queue, fresh));
    }
    queue.user_data.push(user_data);
    if !mem::replace(&mut queue.has_thread, true) {
        drop(queue);
        if !spawn_thread(release_all) {
            release_all();
        }
    }
}

fn release_all() {
    loop {
        let user_data = {
            let mut queue = QUEUE.lock().unwrap_or_else(PoisonError::into_inner);
            queue.has_thread = !queue.user_data.is_empty();
            mem::take(&mut queue.user_data)
        };
        if user_data.is_empty() {
            return;
        }
        drop(user_data);
    }
}

fn spawn_thread(work: impl FnOnce() + Send + 'static) -> bool {
    thread::Builder::new().name("dropoff-release".to_owned()).spawn(work).is_ok()
}
