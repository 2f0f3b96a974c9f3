//! How long an attempt waits: for a source, for a socket that takes nothing, for a reply.
//!
//! Knows what was written and when, and nothing of what is sent or how a reply is read.

use std::future::Future;
use std::task::Poll;
use std::time::Duration;

use hyper::body::Incoming;
use tokio::time::Instant;

use super::body::{BodyState, CONTINUE_WAIT};
use super::pool::Connection;
use super::{Target, transport_error};
use crate::error::{Error, ErrorKind, Result, Side};
use crate::options::Options;

#[derive(Clone, Copy)]
pub(super) struct Limits {
    stall: Duration,
    pub(super) response: Duration,
}

impl Limits {
    pub(super) fn new(options: &Options) -> Self {
        Self { stall: options.stall_timeout, response: options.response_timeout }
    }

    fn shortest(self) -> Duration {
        self.stall.min(self.response)
    }
}

/// Waits for the head of the reply, but not for a peer that stopped reading or never answers.
pub(super) async fn within_limits(
    sending: impl Future<Output = hyper::Result<http::Response<Incoming>>>,
    connection: &Connection,
    state: &BodyState,
    target: &Target,
    limits: Limits,
) -> Result<http::Response<Incoming>> {
    tokio::pin!(sending);
    // What is waited for changes without a wake-up here, and then another limit counts from a later
    // write: a part of the shortest of them is how long may pass unseen.
    let step = limits.shortest() / LOOKS;
    let mut idle = Idle::since(connection.meter.last_write());
    let (mut now, mut late, mut excused) = (Instant::now(), false, false);
    loop {
        let waited = idle.time(connection.meter.last_write(), now);
        let (limit, waiting_for) = current_limit(connection, state, limits);
        let mut wait = limit.saturating_sub(waited).min(step);
        if waited >= limit {
            // Of a process that is just back, the connection's own task may not have run yet. Once: a machine
            // that is always late must come to an end too.
            if !late || std::mem::replace(&mut excused, true) {
                return Err(too_slow(target, waiting_for, limits));
            }
            wait = step;
        }
        let next_look = now + wait;
        tokio::select! {
            biased;
            head = &mut sending => {
                return head.map_err(|e| transport_error::sending(target, &e));
            }
            () = connection.ended.cancelled() => {
                // What it told last may have come just now.
                let told = std::future::poll_fn(|cx| Poll::Ready(sending.as_mut().poll(cx))).await;
                return match told {
                    Poll::Ready(head) => head.map_err(|e| transport_error::sending(target, &e)),
                    Poll::Pending => Err(transport_error::gone(target)),
                };
            }
            () = tokio::time::sleep_until(next_look) => {
                now = Instant::now();
                late = idle.looked(connection.meter.last_write(), next_look, now);
            }
        }
    }
}

/// How many looks at least a limit takes: the share of it that a stop of this process may count for.
const LOOKS: u32 = 8;

/// As late as a timer may be where nothing else is to be done (Windows: 15.6 ms).
const GRAIN: Duration = Duration::from_millis(20);

/// For how long nothing has been written, as far as this process was there to write. One that was stopped (a
/// suspended job, a paused container, a machine with no time for it) wakes to timers that ran out while nobody
/// looked at the socket; that says nothing about the peer.
struct Idle {
    last_write: Instant,
    absent: Duration,
}

impl Idle {
    fn since(last_write: Instant) -> Self {
        Self { last_write, absent: Duration::ZERO }
    }

    fn time(&mut self, last_write: Instant, now: Instant) -> Duration {
        if last_write != self.last_write {
            *self = Self::since(last_write);
        }
        (now - last_write).saturating_sub(self.absent)
    }

    /// A look that was due earlier takes place now. Whether so late that the process must have been stopped.
    fn looked(&mut self, last_write: Instant, due: Instant, now: Instant) -> bool {
        let idle = self.time(last_write, now);
        let stopped = (now - due).saturating_sub(GRAIN);
        self.absent += stopped.min(idle);
        !stopped.is_zero()
    }
}

#[derive(Clone, Copy)]
enum WaitingFor {
    Source,
    Socket,
    Reply,
}

fn current_limit(connection: &Connection, state: &BodyState, limits: Limits) -> (Duration, WaitingFor) {
    if state.is_complete() && !connection.meter.is_blocked() {
        (limits.response, WaitingFor::Reply)
    } else if state.is_reading() && !connection.meter.is_blocked() {
        (limits.stall, WaitingFor::Source)
    } else if state.is_held() {
        (limits.stall + CONTINUE_WAIT, WaitingFor::Socket)
    } else {
        (limits.stall, WaitingFor::Socket)
    }
}

fn too_slow(target: &Target, waiting_for: WaitingFor, limits: Limits) -> Error {
    let host = target.host();
    let message = match waiting_for {
        WaitingFor::Source => {
            let text = format!(
                "the source could not be read for {:.1} s (stall_timeout); check the disk or network mount it is on",
                limits.stall.as_secs_f64()
            );
            return Error::new(ErrorKind::Timeout, text).side_is(Side::Caller);
        }
        WaitingFor::Socket => format!(
            "no byte could be sent to {host} for {:.1} s (stall_timeout); check the connection or allow more time",
            limits.stall.as_secs_f64()
        ),
        WaitingFor::Reply => format!(
            "{host} took all bytes but gave no answer for {:.1} s (response_timeout); try again or allow more time",
            limits.response.as_secs_f64()
        ),
    };
    Error::new(ErrorKind::Timeout, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    const STEP: Duration = Duration::from_millis(125);
    const HOUR: Duration = Duration::from_secs(3600);

    #[test]
    fn time_in_which_nothing_is_written_counts() {
        let write = Instant::now();
        let mut idle = Idle::since(write);
        for looks in 1..=8 {
            let now = write + STEP * looks;
            assert!(!idle.looked(write, now - GRAIN.min(STEP), now));
            assert_eq!(idle.time(write, now), STEP * looks);
        }
    }

    #[test]
    fn time_in_which_nobody_looked_does_not() {
        let write = Instant::now();
        let mut idle = Idle::since(write);
        let mut now = write;
        for looks in 1..=8 {
            let due = now + STEP;
            now = due + HOUR;
            assert!(idle.looked(write, due, now));
            assert_eq!(idle.time(write, now), (STEP + GRAIN) * looks);
        }
    }

    #[test]
    fn a_write_begins_anew() {
        let first = Instant::now();
        let mut idle = Idle::since(first);
        // Written, and then stopped for an hour before the next look.
        let (write, due) = (first + STEP / 2, first + STEP);
        idle.looked(write, due, due + HOUR);
        assert_eq!(idle.time(write, due + HOUR), STEP / 2 + GRAIN);
        // Stopped for an hour, and written before the look.
        let (due, write) = (due + HOUR + STEP, due + HOUR * 2);
        idle.looked(write, due, write);
        assert_eq!(idle.time(write, write + STEP), STEP);
    }
}
