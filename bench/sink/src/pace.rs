//! How fast may be read, and waiting until it may be.

use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// What may be caught up on after a sleep that took too long, or a client that was slow for a moment. Without
/// it each late wake-up would take from the rate for good; with much of it a pause would buy a burst.
const CATCH_UP: Duration = Duration::from_millis(10);

/// Shorter sleeps are saved up: TLS records alone would ask for thousands in a second.
const SHORTEST_SLEEP: Duration = Duration::from_millis(1);

/// The rates of the command line, shared by all connections.
pub(crate) struct Limits {
    each: u64,
    total: Option<Arc<Mutex<Schedule>>>,
    slice: usize,
}

impl Limits {
    /// In bytes per second; 0 is no limit.
    pub(crate) fn new(each: u64, total: u64) -> Self {
        let slowest = [each, total].into_iter().filter(|rate| *rate > 0).min();
        // About 100 steps in a second, of at least a page.
        let slice = slowest.map_or(usize::MAX, |rate| (rate / 100).clamp(4 << 10, 256 << 10) as usize);
        let total = (total > 0).then(|| Arc::new(Mutex::new(Schedule::new(total))));
        Self { each, total, slice }
    }

    /// Whether anything is limited.
    pub(crate) fn any(&self) -> bool {
        self.slice != usize::MAX
    }

    /// What a connection that opens now has to keep to.
    pub(crate) fn pace(&self) -> Pace {
        let own = (self.each > 0).then(|| Schedule::new(self.each));
        Pace { own, total: self.total.clone(), slice: self.slice }
    }
}

/// The limits of one connection.
pub(crate) struct Pace {
    own: Option<Schedule>,
    total: Option<Arc<Mutex<Schedule>>>,
    slice: usize,
}

impl Pace {
    /// As fast as it comes.
    pub(crate) fn unlimited() -> Self {
        Self { own: None, total: None, slice: usize::MAX }
    }

    /// The most that may be read at once.
    pub(crate) fn slice(&self) -> usize {
        self.slice
    }

    /// Waits until `bytes`, which were just read, were due, or nearly so.
    pub(crate) fn wait_for(&mut self, bytes: usize) {
        let own = self.own.as_mut().map(|schedule| schedule.take(bytes));
        let total = self
            .total
            .as_ref()
            .map(|schedule| schedule.lock().unwrap_or_else(PoisonError::into_inner).take(bytes));
        match own.max(total) {
            Some(due) if due > Instant::now() + SHORTEST_SLEEP => sleep_until(due),
            _ => {}
        }
    }
}

struct Schedule {
    per_second: u64,
    free_at: Instant,
}

impl Schedule {
    fn new(per_second: u64) -> Self {
        Self { per_second, free_at: Instant::now() }
    }

    /// When the last of these bytes is due. The next ones come after them.
    fn take(&mut self, bytes: usize) -> Instant {
        let now = Instant::now();
        let earliest = now.checked_sub(CATCH_UP).unwrap_or(now);
        self.free_at =
            self.free_at.max(earliest) + Duration::from_secs_f64(bytes as f64 / self.per_second as f64);
        self.free_at
    }
}

/// Sleeps, if that is still to come.
pub(crate) fn sleep_until(due: Instant) {
    let left = due.saturating_duration_since(Instant::now());
    if !left.is_zero() {
        std::thread::sleep(left);
    }
}

/// Has the kernel wake this thread, and all that it starts from now on, when their sleeps end and not up to
/// 50 microseconds later.
pub(crate) fn wake_on_time() -> io::Result<()> {
    std::fs::write("/proc/self/timerslack_ns", "1")
}
