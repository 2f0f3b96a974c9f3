//! The most bytes a second that all uploads of a client send together. They take turns, a small piece each,
//! in the order in which they ask.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use tokio::sync::Mutex;
use tokio::time::Instant;

/// The bytes a client may send a second; its clones share it, and a child of a fork has it too. It may change
/// at any time.
#[derive(Debug, Clone)]
pub(crate) struct BandwidthLimit(Arc<AtomicU64>);

impl BandwidthLimit {
    /// In bytes per second; `None`: as many as there can be.
    pub(crate) fn new(limit: Option<u64>) -> Self {
        Self(Arc::new(AtomicU64::new(limit.unwrap_or(0))))
    }

    pub(crate) fn set(&self, limit: Option<u64>) {
        self.0.store(limit.unwrap_or(0), Relaxed);
    }

    fn get(&self) -> Option<u64> {
        Some(self.0.load(Relaxed)).filter(|rate| *rate > 0)
    }
}

/// Gives out pieces at the rate of the limit, to all uploads of a client in one process.
pub(super) struct Bandwidth {
    limit: BandwidthLimit,
    /// Whoever holds it is next; the others stand in line for the lock.
    next: Mutex<Schedule>,
}

impl Bandwidth {
    pub(super) fn new(limit: BandwidthLimit) -> Self {
        Self { limit, next: Mutex::new(Schedule { free: Instant::now() }) }
    }

    pub(super) fn is_limited(&self) -> bool {
        self.limit.get().is_some()
    }

    /// Waits until some of `wanted` bytes may go, and tells how many. Giving up gives the turn to the next.
    pub(super) async fn take(self: Arc<Self>, wanted: usize) -> usize {
        let mut schedule = self.next.lock().await;
        // A piece lasts a second at most, so a limit that changed is seen soon enough.
        while let Some(rate) = self.limit.get() {
            match schedule.take(wanted, rate, Instant::now()) {
                Ok(bytes) => return bytes,
                Err(due) => tokio::time::sleep_until(due).await,
            }
        }
        wanted
    }
}

/// How many pieces a second, where they are neither too small nor too large.
const PIECES_PER_SECOND: u64 = 8;
/// A segment is not filled by less; at the lowest limit it takes a second.
const MIN_PIECE: u64 = 1024;
/// As sources give them.
const MAX_PIECE: u64 = 256 * 1024;
/// The time that a late timer, or a source that was slow for a moment, may catch up with.
const CATCH_UP_LIMIT: Duration = Duration::from_millis(125);

struct Schedule {
    /// When all that was given out has had its time.
    free: Instant,
}

impl Schedule {
    /// Some of `wanted` bytes, or when there will be some.
    fn take(&mut self, wanted: usize, rate: u64, now: Instant) -> Result<usize, Instant> {
        if self.free > now {
            return Err(self.free);
        }
        let piece = (rate / PIECES_PER_SECOND).clamp(MIN_PIECE, MAX_PIECE);
        let bytes = wanted.min(usize::try_from(piece).unwrap_or(usize::MAX));
        let earliest = now.checked_sub(CATCH_UP_LIMIT).unwrap_or(now);
        self.free = self.free.max(earliest) + Duration::from_secs_f64(bytes as f64 / rate as f64);
        Ok(bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::pin::pin;
    use std::task::{Context, Poll, Waker};

    const SECOND: Duration = Duration::from_secs(1);

    /// The bytes that go in `time` to somebody who always wants more, and asks `late` after there is some.
    fn sent(schedule: &mut Schedule, rate: u64, start: Instant, time: Duration, late: Duration) -> u64 {
        let (mut now, mut bytes) = (start, 0);
        while now < start + time {
            match schedule.take(1 << 20, rate, now) {
                Ok(count) => bytes += count as u64,
                Err(due) => now = due + late,
            }
        }
        bytes
    }

    #[test]
    fn a_limit_is_kept_and_used_at_every_rate_though_timers_are_late() {
        for rate in [1024, 10_000, 1_000_000, 125_000_000] {
            for late in [Duration::ZERO, Duration::from_millis(3)] {
                let start = Instant::now();
                let mut schedule = Schedule { free: start };
                let bytes = sent(&mut schedule, rate, start, 60 * SECOND, late);
                let most = 60 * rate + rate / 8 + MAX_PIECE.min(rate);
                assert!((59 * rate..=most).contains(&bytes), "{rate} a second, {late:?} late: {bytes}");
            }
        }
    }

    #[test]
    fn time_in_which_nothing_was_sent_is_not_saved_up() {
        let start = Instant::now();
        let mut schedule = Schedule { free: start };
        let bytes = sent(&mut schedule, 100_000, start + 3600 * SECOND, SECOND, Duration::ZERO);
        assert!(bytes <= 100_000 + 12_500 + 12_500, "{bytes}");
    }

    fn poll<T>(future: std::pin::Pin<&mut impl Future<Output = T>>) -> Poll<T> {
        future.poll(&mut Context::from_waker(Waker::noop()))
    }

    #[tokio::test]
    async fn uploads_take_turns_and_a_limit_that_is_lifted_holds_nobody() {
        let limit = BandwidthLimit::new(Some(1024));
        let bandwidth = Arc::new(Bandwidth::new(limit.clone()));
        assert_eq!(Arc::clone(&bandwidth).take(5000).await, 1024, "a piece, not all of it");
        let mut first = pin!(Arc::clone(&bandwidth).take(5000));
        let mut second = pin!(Arc::clone(&bandwidth).take(5000));
        assert!(poll(first.as_mut()).is_pending() && poll(second.as_mut()).is_pending());
        limit.set(None);
        assert!(!bandwidth.is_limited());
        assert!(poll(second.as_mut()).is_pending(), "the first is before it");
        assert_eq!(first.await, 5000);
        assert_eq!(second.await, 5000);
    }

    #[tokio::test]
    async fn who_gives_up_keeps_nobody_waiting() {
        let bandwidth = Arc::new(Bandwidth::new(BandwidthLimit::new(Some(1024))));
        Arc::clone(&bandwidth).take(1024).await;
        let mut first = Box::pin(Arc::clone(&bandwidth).take(10));
        let mut second = pin!(Arc::clone(&bandwidth).take(10));
        assert!(poll(first.as_mut()).is_pending() && poll(second.as_mut()).is_pending());
        drop(first);
        assert_eq!(second.await, 10);
    }
}
