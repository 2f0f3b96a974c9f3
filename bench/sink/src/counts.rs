//! What was counted since the last reset.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use serde_json::{Value, json};

/// Shared by all connections. Whatever belongs to a request is counted before its answer leaves, so a client
/// that has its answer finds it here.
#[derive(Default)]
pub(crate) struct Counts {
    /// Apart from the rest: it changes with each piece of a body.
    bytes: AtomicU64,
    rest: Mutex<Rest>,
}

#[derive(Default)]
struct Rest {
    connections: u64,
    resumed: u64,
    requests: u64,
    busy: u64,
    checked: u64,
    refused: u64,
    in_flight: u64,
    most_at_once: u64,
    first_byte_at: Option<Instant>,
}

impl Counts {
    fn rest(&self) -> MutexGuard<'_, Rest> {
        self.rest.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A client has connected.
    pub(crate) fn connection(&self) {
        self.rest().connections += 1;
    }

    /// A TLS session went on from an earlier one.
    pub(crate) fn resumed(&self) {
        self.rest().resumed += 1;
    }

    /// The first byte of a request's head is here; the first such moment counts.
    pub(crate) fn first_byte(&self, at: Instant) {
        self.rest().first_byte_at.get_or_insert(at);
    }

    /// This much of a body was dropped.
    pub(crate) fn body(&self, bytes: u64) {
        self.bytes.fetch_add(bytes, Ordering::Relaxed);
    }

    /// A request begins. It is in flight until what this returns is dropped.
    pub(crate) fn begin(&self) -> InFlight<'_> {
        let mut rest = self.rest();
        rest.requests += 1;
        rest.in_flight += 1;
        rest.most_at_once = rest.most_at_once.max(rest.in_flight);
        InFlight { counts: self, at_once: rest.in_flight }
    }

    /// A request was turned away.
    pub(crate) fn busy(&self) {
        self.rest().busy += 1;
    }

    /// A body came with a checksum, and is that.
    pub(crate) fn checked(&self) {
        self.rest().checked += 1;
    }

    /// A request was refused for what is in it.
    pub(crate) fn refused(&self) {
        self.rest().refused += 1;
    }

    /// All to zero, but for what is in flight.
    pub(crate) fn reset(&self) {
        let mut rest = self.rest();
        let in_flight = rest.in_flight;
        *rest = Rest { in_flight, most_at_once: in_flight, ..Rest::default() };
        self.bytes.store(0, Ordering::Relaxed);
    }

    /// As the control port gives it.
    pub(crate) fn report(&self) -> Value {
        let rest = self.rest();
        json!({
            "connections": rest.connections,
            "requests": rest.requests,
            "bytes": self.bytes.load(Ordering::Relaxed),
            "most_at_once": rest.most_at_once,
            "busy": rest.busy,
            "checked": rest.checked,
            "refused": rest.refused,
            "first_byte_at": rest.first_byte_at.and_then(monotonic_seconds),
            "resumed": rest.resumed,
        })
    }
}

/// A request whose answer has not left yet.
pub(crate) struct InFlight<'a> {
    counts: &'a Counts,
    /// How many there were when this one came, with itself.
    pub(crate) at_once: u64,
}

impl Drop for InFlight<'_> {
    fn drop(&mut self) {
        self.counts.rest().in_flight -= 1;
    }
}

/// The moment on the clock that other programs call CLOCK_MONOTONIC. `Instant` is that clock on Linux and
/// keeps it to itself, so it is read off `Instant { tv_sec: 12, tv_nsec: 345 }`; a test compares the two,
/// should that ever change.
fn monotonic_seconds(at: Instant) -> Option<f64> {
    let text = format!("{at:?}");
    let number = |name: &str| -> Option<f64> {
        let (_, rest) = text.split_once(name)?;
        let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
        rest[..end].parse().ok()
    };
    Some(number("tv_sec: ")? + number("tv_nsec: ")? / 1e9)
}
