//! Guards work on a folder that may be large, on a slow disk, or on a mount that does not answer: the work
//! stops when nobody waits for it any more, and is given up when it does not move.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use crate::error::{Error, ErrorKind, Result};
use crate::source::no_answer_within;

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

/// The checks within one limit. Time in which this process was stopped counts as one of them.
const CHECKS_PER_LIMIT: u32 = 8;

/// How long nothing may move.
#[derive(Clone, Copy)]
pub(super) struct StallLimit {
    pub(super) time: Duration,
    /// Where it is from, for the error: in brackets, after a blank; empty where no caller can change it.
    pub(super) origin: &'static str,
}

/// Does the work on the blocking pool. Dropping the future stops it at its next checkpoint. No checkpoint
/// within the limit is an error, though a thread that waits for a dead mount stays there.
pub(super) async fn run_guarded<T: Send + 'static>(
    folder: PathBuf,
    limit: StallLimit,
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
    let (work_guard, path) = (Arc::clone(&guard), folder.clone());
    let working = crate::runtime::blocking("packing", move || work(&path, &work_guard));
    tokio::pin!(working);
    let mut movement = Movement::default();
    loop {
        if let Ok(result) = tokio::time::timeout(limit.time / CHECKS_PER_LIMIT, &mut working).await {
            return result;
        }
        if movement.has_stalled(guard.steps.load(Relaxed)) {
            return Err(no_answer_within(Some(&folder), limit.time, limit.origin));
        }
    }
}

/// The last checkpoint that was seen, and how many checks in a row have seen no other.
#[derive(Default)]
struct Movement {
    steps: u64,
    checks_without: u32,
}

impl Movement {
    fn has_stalled(&mut self, steps: u64) -> bool {
        self.checks_without = if steps == self.steps { self.checks_without + 1 } else { 0 };
        self.steps = steps;
        self.checks_without >= CHECKS_PER_LIMIT
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn work_has_stalled_once_the_limit_has_passed_since_it_moved() {
        let mut movement = Movement::default();
        let checks = |movement: &mut Movement, steps| (1..).find(|_| movement.has_stalled(steps));
        for steps in 1..=100 {
            assert!(!movement.has_stalled(steps), "it moves");
        }
        assert_eq!(checks(&mut movement, 100), Some(CHECKS_PER_LIMIT));
        // A movement between two checks is seen by the second, and the limit counts from there.
        assert_eq!(checks(&mut movement, 101), Some(CHECKS_PER_LIMIT + 1));
        assert_eq!(checks(&mut Movement::default(), 0), Some(CHECKS_PER_LIMIT), "it never began");
    }

    #[tokio::test]
    async fn work_that_moves_is_waited_for_and_work_that_does_not_is_left() {
        let moment = StallLimit { time: Duration::from_millis(400), origin: " (of this test)" };
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
        assert!(error.message().contains("a-dead-mount within 0.4 s (of this test);"), "{error}");
        drop(freed);
    }
}
