//! One runtime per process generation.
//!
//! A `fork` copies memory but not threads: the child inherits a runtime whose workers do not exist,
//! and both using and dropping it hang. So everything that owns threads or sockets belongs to a
//! *generation*, which is over when the process id changes. The child makes a new one and leaks the
//! old one on purpose.

use std::sync::Arc;

use arc_swap::ArcSwapOption;
use tokio::runtime::{Builder, Handle, Runtime};

use crate::error::{Error, Result};

const MAX_WORKERS: usize = 4;
/// Cold file reads, packing and name lookup run here, on threads that exist only while they are needed.
/// A dead network mount keeps each thread that waits for it, so there are many more than a disk needs:
/// with 32, that many stuck reads stopped every name lookup as well.
const MAX_BLOCKING: usize = 256;

struct Generation {
    pid: u32,
    runtime: Option<Runtime>,
}

impl Drop for Generation {
    fn drop(&mut self) {
        let Some(runtime) = self.runtime.take() else { return };
        if self.pid == std::process::id() {
            // Only a loser of the race below is ever dropped, perhaps on another runtime's thread,
            // where a plain drop would panic.
            runtime.shutdown_background();
        } else {
            std::mem::forget(runtime);
        }
    }
}

// Lock-free on purpose: a mutex held by another thread at the moment of a fork stays locked for
// ever in the child.
static CURRENT: ArcSwapOption<Generation> = ArcSwapOption::const_empty();

/// The runtime of this process, made on first use.
pub(crate) fn handle() -> Result<Handle> {
    let pid = std::process::id();
    let current = CURRENT.load();
    if let Some(runtime) = current.as_ref().filter(|g| g.pid == pid).and_then(|g| g.runtime.as_ref()) {
        return Ok(runtime.handle().clone());
    }
    let made = Arc::new(Generation { pid, runtime: Some(build()?) });
    let previous = CURRENT.compare_and_swap(&current, Some(made));
    let replaced = match (previous.as_ref(), current.as_ref()) {
        (None, None) => true,
        (Some(a), Some(b)) => Arc::ptr_eq(a, b),
        _ => false,
    };
    if replaced && let Some(inherited) = previous.as_ref() {
        std::mem::forget(Arc::clone(inherited));
    }
    drop(previous);
    drop(current);
    match CURRENT.load().as_ref().and_then(|g| g.runtime.as_ref()) {
        Some(runtime) => Ok(runtime.handle().clone()),
        None => Err(Error::internal("the runtime vanished while it was made")),
    }
}

fn build() -> Result<Runtime> {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    Builder::new_multi_thread()
        .worker_threads(cores.min(MAX_WORKERS))
        .max_blocking_threads(MAX_BLOCKING)
        .thread_name("dropoff")
        .enable_all()
        .build()
        .map_err(|e| Error::internal("the operating system refused to start worker threads").cause(&e))
}

/// Work that may wait for a disk, on a thread that may. It goes on if nobody waits for it any more.
pub(crate) async fn blocking<T: Send + 'static>(
    doing: &str,
    work: impl FnOnce() -> Result<T> + Send + 'static,
) -> Result<T> {
    let done = tokio::task::spawn_blocking(work).await;
    done.unwrap_or_else(|e| Err(Error::internal(&format!("{doing} panicked")).cause(&e)))
}

/// A value that belongs to a generation, such as a connection pool. A child of a fork makes its own.
pub(crate) struct PerGeneration<T> {
    held: ArcSwapOption<(u32, Arc<T>)>,
}

impl<T> PerGeneration<T> {
    pub(crate) const fn new() -> Self {
        Self { held: ArcSwapOption::const_empty() }
    }

    /// The value of this process, made by `make` if there is none yet.
    pub(crate) fn get(&self, make: impl FnOnce() -> Result<T>) -> Result<Arc<T>> {
        let pid = std::process::id();
        let current = self.held.load_full();
        if let Some(held) = current.as_ref().filter(|held| held.0 == pid) {
            return Ok(Arc::clone(&held.1));
        }
        let made = Arc::new(make()?);
        self.held.store(Some(Arc::new((pid, Arc::clone(&made)))));
        // Closing an inherited socket is harmless, but waking a runtime that does not exist is not.
        std::mem::forget(current);
        Ok(made)
    }
}

impl<T> Drop for PerGeneration<T> {
    fn drop(&mut self) {
        if let Some(held) = self.held.swap(None)
            && held.0 != std::process::id()
        {
            std::mem::forget(held);
        }
    }
}
