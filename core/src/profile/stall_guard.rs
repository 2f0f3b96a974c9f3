//! Guards work on a folder that may be large, on a slow disk, or on a mount that does not answer: the work
//! stops when nobody waits for it any more, and is given up when it does not move.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use crate::error::{Error, ErrorKind, Result};
use crate::source::no_answer;

/// Shared by the work, which passes checkpoints, and by its caller, who looks whether it does.
#[derive(Default)]
pub(super) struct StallGuard {
    stop: AtomicBool,
    steps: AtomicU64,
}

impl StallGuard {
    /// Records that the work moved. An error if nobody waits for it any more.
    pub(super) fn checkpoint(&self) -> Result<()> {
        self.steps.fetch_add(1, Relaxed);
        match self.stop.load(Relaxed) {
            true => Err(Error::new(ErrorKind::Cancelled, "cancelled by the caller")),
            false => Ok(()),
        }
    }

    /// A guard of work that nobody waits for.
    #[cfg(test)]
    pub(super) fn stopped() -> Self {
        Self { stop: AtomicBool::new(true), steps: AtomicU64::new(0) }
    }

    pub(super) fn is_stopped(&self) -> bool {
        self.stop.load(Relaxed)
    }
}

/// The checks within one `io_timeout`. Time in which this process was stopped counts as one of them.
const CHECKS_PER_TIMEOUT: u32 = 8;

/// Does the work on the blocking pool. Dropping the future stops it at its next checkpoint. No checkpoint
/// within `io_timeout` is an error, though a thread that waits for a dead mount stays there.
pub(super) async fn run_guarded<T: Send + 'static>(
    folder: PathBuf,
    io_timeout: Duration,
    work: impl FnOnce(&Path, &StallGuard) -> Result<T> + Send + 'static,
) -> Result<T> {
    struct StopOnDrop(Arc<StallGuard>);
    impl Drop for StopOnDrop {
        fn drop(&mut self) {
            self.0.stop.store(true, Relaxed);
        }
    }
    let guard = Arc::new(StallGuard::default());
    let _guard = StopOnDrop(Arc::clone(&guard));
    let theirs = (Arc::clone(&guard), folder.clone());
    let working = crate::runtime::blocking("packing", move || work(&theirs.1, &theirs.0));
    tokio::pin!(working);
    let (mut seen, mut stood) = (0, 0);
    while stood < CHECKS_PER_TIMEOUT {
        if let Ok(result) = tokio::time::timeout(io_timeout / CHECKS_PER_TIMEOUT, &mut working).await {
            return result;
        }
        let steps = guard.steps.load(Relaxed);
        stood = if steps == seen { stood + 1 } else { 0 };
        seen = steps;
    }
    Err(no_answer(Some(&folder), io_timeout))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn work_that_moves_is_waited_for_and_work_that_does_not_is_left() {
        let moment = Duration::from_millis(400);
        let moving = run_guarded("f".into(), moment, move |_, guard| {
            for _ in 0..20 {
                guard.checkpoint()?;
                std::thread::sleep(Duration::from_millis(10));
            }
            Ok(7)
        });
        assert_eq!(moving.await.expect("it moves"), 7);
        let (freed, stuck) = std::sync::mpsc::channel::<()>();
        let stands = run_guarded("a-dead-mount".into(), moment, move |_, guard| {
            guard.checkpoint()?;
            let _ = stuck.recv();
            guard.checkpoint()
        });
        let error = stands.await.expect_err("it stands");
        assert!(error.message().contains("a-dead-mount"), "{error}");
        drop(freed);
    }
}
