//! How far a job is: atomics that workers bump, and the snapshot callers read.

use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU32, AtomicU64, Ordering::Relaxed};
use std::time::{Duration, Instant};

/// The step that a call is at. Later versions may add steps.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
#[repr(u8)]
pub enum Phase {
    /// Looking at the sources.
    #[default]
    Preparing = 0,
    /// Packing a profile folder.
    Packing = 1,
    /// Asking the service for a presigned target.
    Requesting = 2,
    /// Sending bytes to storage.
    Sending = 3,
    /// Telling the service, and asking it what happened.
    Completing = 4,
    /// Over, one way or the other.
    Done = 5,
    /// Opening a sealed file.
    Opening = 6,
    /// Looking at a profile folder.
    Inspecting = 7,
}

impl Phase {
    /// `preparing`, `packing`, `requesting`, `sending`, `completing`, `done`, `opening` or `inspecting`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Preparing => "preparing",
            Self::Packing => "packing",
            Self::Requesting => "requesting",
            Self::Sending => "sending",
            Self::Completing => "completing",
            Self::Done => "done",
            Self::Opening => "opening",
            Self::Inspecting => "inspecting",
        }
    }

    fn from_u8(value: u8) -> Self {
        match value {
            0 => Self::Preparing,
            1 => Self::Packing,
            2 => Self::Requesting,
            3 => Self::Sending,
            4 => Self::Completing,
            6 => Self::Opening,
            7 => Self::Inspecting,
            _ => Self::Done,
        }
    }
}

/// A snapshot of a call on its way.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Progress {
    /// The step that the call is at.
    pub phase: Phase,
    /// Source bytes handed to the network in attempts that still count; goes back when one fails. While a
    /// folder is packed: bytes of it that are packed.
    pub bytes_done: u64,
    /// Source bytes to send in all, or to pack while a folder is packed; 0 until known.
    pub bytes_total: u64,
    /// Files storage has accepted.
    pub files_done: u32,
    /// Files in all; 0 until known.
    pub files_total: u32,
    /// Requests that were repeated so far.
    pub retries: u32,
    /// Time since the call started.
    pub elapsed: Duration,
    /// How long the bytes have been counted: since packing began, and later since sending began; 0 before.
    pub active_for: Duration,
    /// How long uploads may still start with the presigned ticket in use, while sending. One that has started
    /// may finish.
    pub ticket_left: Option<Duration>,
    /// How long sending the rest takes at the rate so far, after 2 s of sending.
    pub time_needed: Option<Duration>,
}

/// A rate says something after this long.
const MIN_MEASURED_TIME: Duration = Duration::from_secs(2);

impl Progress {
    /// A likely failure if it goes on like this, as a sentence: sending needs more time than the ticket has,
    /// so uploads that have to start over or have not started by then fail.
    #[must_use]
    pub fn warning(&self) -> Option<String> {
        let (needed, left) = (self.time_needed?, self.ticket_left?);
        (needed > left).then(|| {
            format!(
                "sending needs about {} more and the upload ticket lasts {}; what has not started by then fails",
                roughly(needed),
                roughly(left)
            )
        })
    }

    /// Average rate of packing or sending, in bytes per second; 0 before.
    #[must_use]
    pub fn bytes_per_second(&self) -> f64 {
        let seconds = self.active_for.as_secs_f64();
        if seconds > 0.0 { self.bytes_done as f64 / seconds } else { 0.0 }
    }
}

/// A length of time as people say it.
pub(crate) fn roughly(time: Duration) -> String {
    match time.as_secs() {
        s @ 0..120 => format!("{s} s"),
        s @ 120..7200 => format!("{} min", s / 60),
        s => format!("{} h", s / 3600),
    }
}

/// A limit as people say it: tenths of a second, or milliseconds where those would be none.
pub(crate) fn exactly(time: Duration) -> String {
    match time.as_millis() {
        ms @ 0..100 => format!("{ms} ms"),
        _ => format!("{:.1} s", time.as_secs_f64()),
    }
}

/// The counters behind [`Progress`].
#[derive(Debug)]
pub(crate) struct Counters {
    /// Tells the jobs of a process apart in its logs.
    job: u64,
    phase: AtomicU8,
    bytes_done: AtomicU64,
    /// Bytes of attempts that failed too: what the connection can carry does not go back.
    bytes_moved: AtomicU64,
    bytes_total: AtomicU64,
    files_done: AtomicU32,
    files_total: AtomicU32,
    retries: AtomicU32,
    /// Requests that got nothing through for a while, since others filled the line.
    crowded: AtomicU32,
    body_sent: AtomicBool,
    /// In milliseconds since the start; 0 is "not yet".
    sending_since: AtomicU64,
    packing_since: AtomicU64,
    ticket_ends: AtomicU64,
    started: Instant,
}

impl Counters {
    pub(crate) fn new() -> Self {
        static JOBS: AtomicU64 = AtomicU64::new(1);
        Self {
            job: JOBS.fetch_add(1, Relaxed),
            phase: AtomicU8::new(Phase::Preparing as u8),
            bytes_done: AtomicU64::new(0),
            bytes_moved: AtomicU64::new(0),
            bytes_total: AtomicU64::new(0),
            files_done: AtomicU32::new(0),
            files_total: AtomicU32::new(0),
            retries: AtomicU32::new(0),
            crowded: AtomicU32::new(0),
            body_sent: AtomicBool::new(false),
            sending_since: AtomicU64::new(0),
            packing_since: AtomicU64::new(0),
            ticket_ends: AtomicU64::new(0),
            started: Instant::now(),
        }
    }

    /// For requests of the same job whose bytes are none of the source's.
    pub(crate) fn beside(&self) -> Self {
        Self { job: self.job, ..Self::new() }
    }

    pub(crate) fn job(&self) -> u64 {
        self.job
    }
    pub(crate) fn enter(&self, phase: Phase) {
        self.phase.store(phase as u8, Relaxed);
    }
    /// Packing of this many bytes begins.
    pub(crate) fn packing(&self, bytes: u64) {
        self.enter(Phase::Packing);
        self.bytes_total.store(bytes, Relaxed);
        self.packing_since.store(millis(self.started.elapsed()), Relaxed);
    }
    /// From here on the bytes that are sent count.
    pub(crate) fn packed(&self) {
        self.packing_since.store(0, Relaxed);
        for counter in [&self.bytes_done, &self.bytes_moved, &self.bytes_total] {
            counter.store(0, Relaxed);
        }
    }
    /// How long the bytes have been counted.
    fn active_for(&self, now: Duration) -> Duration {
        let since = self.packing_since.load(Relaxed).max(self.sending_since.load(Relaxed));
        if since == 0 { Duration::ZERO } else { now.saturating_sub(Duration::from_millis(since)) }
    }
    /// Sending begins; `ticket_left` is how long it may still start.
    pub(crate) fn sending(&self, ticket_left: Option<Duration>) {
        self.enter(Phase::Sending);
        let now = self.started.elapsed();
        // The first file's beginning and the latest ticket's end; a race between files costs nothing.
        let _ = self.sending_since.compare_exchange(0, millis(now), Relaxed, Relaxed);
        if let Some(left) = ticket_left {
            self.ticket_ends.store(millis(now.saturating_add(left)), Relaxed);
        }
    }

    fn ticket_left(&self, now: Duration) -> Option<Duration> {
        let ends = self.ticket_ends.load(Relaxed);
        (ends > 0).then(|| Duration::from_millis(ends).saturating_sub(now))
    }

    /// How long sending `bytes` takes at the rate so far.
    fn time_for(&self, bytes: u64) -> Option<Duration> {
        let since = self.sending_since.load(Relaxed);
        let elapsed = self.started.elapsed().saturating_sub(Duration::from_millis(since));
        let moved = self.bytes_moved.load(Relaxed);
        if since == 0 || moved == 0 || elapsed < MIN_MEASURED_TIME {
            return None;
        }
        Duration::try_from_secs_f64(elapsed.as_secs_f64() * bytes as f64 / moved as f64).ok()
    }

    /// How long sending all of it takes at the rate so far.
    pub(crate) fn time_for_all(&self) -> Option<Duration> {
        self.time_for(self.bytes_total.load(Relaxed))
    }

    fn time_needed(&self) -> Option<Duration> {
        let (done, total) = (self.bytes_done.load(Relaxed), self.bytes_total.load(Relaxed));
        self.time_for(total.saturating_sub(done))
    }

    pub(crate) fn expect(&self, files: usize, bytes: u64) {
        self.files_total.store(u32::try_from(files).unwrap_or(u32::MAX), Relaxed);
        self.bytes_total.store(bytes, Relaxed);
    }
    pub(crate) fn add_bytes(&self, count: u64) {
        self.bytes_done.fetch_add(count, Relaxed);
        self.bytes_moved.fetch_add(count, Relaxed);
    }
    /// Bytes that an earlier call sent.
    pub(crate) fn already_there(&self, count: u64) {
        self.bytes_done.fetch_add(count, Relaxed);
    }
    /// Takes back what a failed attempt had added.
    pub(crate) fn take_back(&self, count: u64) {
        let less = |done: u64| Some(done.saturating_sub(count));
        // The closure always gives a value, so this cannot fail.
        let _ = self.bytes_done.fetch_update(Relaxed, Relaxed, less);
    }
    pub(crate) fn file_done(&self) {
        self.files_done.fetch_add(1, Relaxed);
    }
    /// A file that storage turned out not to hold is sent again.
    pub(crate) fn start_over(&self) {
        self.files_done.store(0, Relaxed);
        self.bytes_done.store(0, Relaxed);
    }
    /// Some attempt handed over its last byte.
    pub(crate) fn body_sent(&self) {
        self.body_sent.store(true, Relaxed);
    }
    /// No last byte that was handed over so far counts.
    pub(crate) fn body_is_not_taken(&self) {
        self.body_sent.store(false, Relaxed);
    }
    pub(crate) fn was_body_sent(&self) -> bool {
        self.body_sent.load(Relaxed)
    }
    pub(crate) fn retried(&self) {
        self.retries.fetch_add(1, Relaxed);
    }

    pub(crate) fn times_crowded(&self) -> u32 {
        self.crowded.load(Relaxed)
    }
    pub(crate) fn crowded(&self) {
        self.crowded.fetch_add(1, Relaxed);
    }

    pub(crate) fn snapshot(&self) -> Progress {
        let (phase, now) = (Phase::from_u8(self.phase.load(Relaxed)), self.started.elapsed());
        let sending = phase == Phase::Sending;
        Progress {
            phase,
            ticket_left: self.ticket_left(now).filter(|_| sending),
            time_needed: self.time_needed().filter(|_| sending),
            bytes_done: self.bytes_done.load(Relaxed),
            bytes_total: self.bytes_total.load(Relaxed),
            files_done: self.files_done.load(Relaxed),
            files_total: self.files_total.load(Relaxed),
            retries: self.retries.load(Relaxed),
            elapsed: now,
            active_for: self.active_for(now),
        }
    }
}

/// At least 1, since 0 stands for "not yet".
fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ticket_shorter_than_the_upload_is_foreseen() {
        let minute = Duration::from_secs(60);
        let snapshot = Progress {
            ticket_left: Some(5 * minute),
            time_needed: Some(14 * minute),
            ..Counters::new().snapshot()
        };
        let warning = snapshot.warning().expect("a warning");
        assert!(warning.contains("14 min") && warning.contains("5 min"), "{warning}");
        assert_eq!(Progress { time_needed: Some(4 * minute), ..snapshot }.warning(), None);
        assert_eq!(Progress { ticket_left: None, ..snapshot }.warning(), None);
    }

    #[test]
    fn a_short_limit_is_not_told_as_none() {
        let told = |ms| exactly(Duration::from_millis(ms));
        assert_eq!([told(1), told(99), told(100), told(1500)], ["1 ms", "99 ms", "0.1 s", "1.5 s"]);
    }

    #[test]
    fn the_rate_so_far_tells_the_time_for_all() {
        let mut counters = Counters::new();
        counters.started = Instant::now().checked_sub(Duration::from_secs(21)).expect("a clock that ran");
        counters.expect(1, 1000);
        assert_eq!(counters.snapshot().time_needed, None);
        counters.sending_since.store(1000, Relaxed);
        counters.phase.store(Phase::Sending as u8, Relaxed);
        counters.add_bytes(100);
        let all = counters.time_for_all().expect("measured").as_secs_f64();
        assert!((199.0..202.0).contains(&all), "20 s for a tenth: {all}");
        let needed = counters.snapshot().time_needed.expect("measured").as_secs_f64();
        assert!((178.0..182.0).contains(&needed), "{needed}");
    }
}
