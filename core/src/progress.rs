//! How far a job is: atomics that workers bump, and the snapshot callers read.

use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU32, AtomicU64, Ordering::Relaxed};
use std::time::{Duration, Instant};

/// What a job is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
#[repr(u8)]
pub enum Phase {
    /// Looking at the sources.
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
}

impl Phase {
    /// `preparing`, `packing`, `requesting`, `sending`, `completing` or `done`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Preparing => "preparing",
            Self::Packing => "packing",
            Self::Requesting => "requesting",
            Self::Sending => "sending",
            Self::Completing => "completing",
            Self::Done => "done",
        }
    }

    fn from_u8(value: u8) -> Self {
        match value {
            0 => Self::Preparing,
            1 => Self::Packing,
            2 => Self::Requesting,
            3 => Self::Sending,
            4 => Self::Completing,
            _ => Self::Done,
        }
    }
}

/// A snapshot of a job.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Progress {
    /// What the job is doing.
    pub phase: Phase,
    /// Source bytes handed to the network in attempts that still count; goes back when one fails.
    pub bytes_done: u64,
    /// Source bytes to send in all; 0 until known.
    pub bytes_total: u64,
    /// Files storage has accepted.
    pub files_done: u32,
    /// Files in all.
    pub files_total: u32,
    /// Requests that were repeated so far.
    pub retries: u32,
    /// Time since the job started.
    pub elapsed: Duration,
}

impl Progress {
    /// Average rate since the start, in bytes per second.
    #[must_use]
    pub fn bytes_per_second(&self) -> f64 {
        let seconds = self.elapsed.as_secs_f64();
        if seconds > 0.0 { self.bytes_done as f64 / seconds } else { 0.0 }
    }
}

/// The counters behind [`Progress`].
#[derive(Debug)]
pub(crate) struct Counters {
    phase: AtomicU8,
    bytes_done: AtomicU64,
    bytes_total: AtomicU64,
    files_done: AtomicU32,
    files_total: AtomicU32,
    retries: AtomicU32,
    body_sent: AtomicBool,
    started: Instant,
}

impl Counters {
    pub(crate) fn new() -> Self {
        Self {
            phase: AtomicU8::new(Phase::Preparing as u8),
            bytes_done: AtomicU64::new(0),
            bytes_total: AtomicU64::new(0),
            files_done: AtomicU32::new(0),
            files_total: AtomicU32::new(0),
            retries: AtomicU32::new(0),
            body_sent: AtomicBool::new(false),
            started: Instant::now(),
        }
    }

    pub(crate) fn enter(&self, phase: Phase) {
        self.phase.store(phase as u8, Relaxed);
    }
    pub(crate) fn expect(&self, files: usize, bytes: u64) {
        self.files_total.store(u32::try_from(files).unwrap_or(u32::MAX), Relaxed);
        self.bytes_total.store(bytes, Relaxed);
    }
    pub(crate) fn add_bytes(&self, count: u64) {
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
    pub(crate) fn was_body_sent(&self) -> bool {
        self.body_sent.load(Relaxed)
    }
    pub(crate) fn retried(&self) {
        self.retries.fetch_add(1, Relaxed);
    }

    pub(crate) fn snapshot(&self) -> Progress {
        Progress {
            phase: Phase::from_u8(self.phase.load(Relaxed)),
            bytes_done: self.bytes_done.load(Relaxed),
            bytes_total: self.bytes_total.load(Relaxed),
            files_done: self.files_done.load(Relaxed),
            files_total: self.files_total.load(Relaxed),
            retries: self.retries.load(Relaxed),
            elapsed: self.started.elapsed(),
        }
    }
}
