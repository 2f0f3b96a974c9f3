//! Threads for the caller's code, which may take as long as it likes.

use std::sync::{Arc, Mutex, PoisonError};

/// Foreign code never runs on a thread that moves bytes, but where no other can be started: a call that
/// never comes would leave somebody waiting for ever.
pub(super) fn spawn_thread(name: &str, f: impl FnOnce() + Send + 'static) {
    let waiting = Arc::new(Mutex::new(Some(f)));
    let cloned = Arc::clone(&waiting);
    let started = std::thread::Builder::new().name(name.to_owned()).spawn(move || call_once(&cloned));
    if started.is_err() {
        call_once(&waiting);
    }
}

fn call_once(waiting: &Mutex<Option<impl FnOnce()>>) {
    let f = waiting.lock().unwrap_or_else(PoisonError::into_inner).take();
    if let Some(f) = f {
        f();
    }
}
