//! How long an attempt waits: for a source, for a peer that takes nothing, for a reply.
//!
//! Knows what was written and acknowledged and when, and nothing of what is sent or how a reply is read.

use std::future::Future;
use std::task::Poll;
use std::time::Duration;

use hyper::body::Incoming;
use tokio::time::Instant;

use super::body::{BodyState, CONTINUE_WAIT};
use super::line::LinePosition;
use super::meter::Meter;
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
    let _share = connection.meter.line().share();
    let mut guard = StallGuard::new(&connection.meter, state, limits);
    let mut now = Instant::now();
    loop {
        let wait =
            guard.time_to_checkpoint(now).map_err(|waiting_for| too_slow(target, waiting_for, limits))?;
        let next_checkpoint = now + wait;
        tokio::select! {
            biased;
            head = &mut sending => {
                return head.map_err(|e| transport_error::sending(target, &connection.meter, &e));
            }
            () = connection.ended.cancelled() => {
                // The last news may have come just now.
                let told = std::future::poll_fn(|cx| Poll::Ready(sending.as_mut().poll(cx))).await;
                return match told {
                    Poll::Ready(head) => head.map_err(|e| transport_error::sending(target, &connection.meter, &e)),
                    Poll::Pending => Err(transport_error::gone(target)),
                };
            }
            () = tokio::time::sleep_until(next_checkpoint) => {
                now = Instant::now();
                guard.checkpoint(next_checkpoint, now);
            }
        }
    }
}

/// Looks now and then whether an attempt still gets on.
struct StallGuard<'a> {
    meter: &'a Meter,
    state: &'a BodyState,
    limits: Limits,
    idle: IdleTime,
    /// The same for the line as a whole.
    line_idle: IdleTime,
    /// The bytes the line had carried when this connection last got on.
    line_position: LinePosition,
    /// Until when TCP tries again what others crowded out, from when this connection last got on: it waits
    /// twice as long each time, and does not know that the line has become free.
    next_try: Duration,
    /// Bytes that the peer has not acknowledged.
    unacknowledged: u64,
    late: bool,
    excused: bool,
    waits_for_others: bool,
}

impl<'a> StallGuard<'a> {
    fn new(meter: &'a Meter, state: &'a BodyState, limits: Limits) -> Self {
        Self {
            meter,
            state,
            limits,
            idle: IdleTime::since(meter.last_progress()),
            line_idle: IdleTime::since(meter.line().last_moved()),
            line_position: meter.line().position(),
            next_try: Duration::ZERO,
            // Not asked yet: most attempts are over before the first look.
            unacknowledged: 0,
            late: false,
            excused: false,
            waits_for_others: false,
        }
    }

    /// How long until the next look, or what was waited for too long.
    fn time_to_checkpoint(&mut self, now: Instant) -> Result<Duration, WaitingFor> {
        // The thing that is waited for changes without a wake-up here, and then another limit counts from a
        // later write: a part of the shortest of them is how long may pass unseen.
        let interval = self.limits.shortest() / CHECKPOINTS_PER_LIMIT;
        let (limit, waiting_for) = self.current_limit();
        let waited = self.idle.time(self.meter.last_progress(), now);
        if waited < limit {
            return Ok((limit - waited).min(interval));
        }
        if waiting_for == WaitingFor::Socket && (self.others_move(waited, now) || waited < self.next_try) {
            return Ok(interval);
        }
        // Of a process that is just back, the connection's own task may not have run yet. Once: a machine
        // that is always late must come to an end too.
        if self.late && !std::mem::replace(&mut self.excused, true) {
            return Ok(interval);
        }
        Err(waiting_for)
    }

    /// A look that was due earlier takes place now.
    fn checkpoint(&mut self, due: Instant, now: Instant) {
        self.unacknowledged = self.meter.ask_kernel();
        if self.state.is_paced() && self.unacknowledged == 0 && !self.meter.is_blocked() {
            // The caller's own limit is what is waited for.
            self.meter.touch();
        }
        if self.meter.last_progress() != self.idle.progress {
            self.line_position = self.meter.line().position();
            self.next_try = Duration::ZERO;
        }
        self.late = self.idle.looked(self.meter.last_progress(), due, now);
        self.line_idle.looked(self.meter.line().last_moved(), due, now);
    }

    /// Whether this connection may only not have had its turn: others get on, on a line so slow that one may
    /// go without for long, the longer the more there are. Beginning anew would send again what has arrived,
    /// and crowd the line more.
    fn others_move(&mut self, waited: Duration, now: Instant) -> bool {
        let line = self.meter.line();
        let moving = self.line_idle.time(line.last_moved(), now) < self.limits.stall
            && waited < self.limits.stall.saturating_mul(line.sharers() + 1);
        let waits = moving && line.is_crowded(self.line_position);
        if waits {
            self.next_try = waited * 2;
        }
        if waits && !std::mem::replace(&mut self.waits_for_others, true) {
            self.state.waits_for_others();
        }
        waits
    }

    fn current_limit(&self) -> (Duration, WaitingFor) {
        let free = !self.meter.is_blocked();
        if self.state.is_complete() && free && self.unacknowledged == 0 {
            (self.limits.response, WaitingFor::Reply)
        } else if self.state.is_reading() && free {
            (self.limits.stall, WaitingFor::Source)
        } else if self.state.is_held_back() {
            (self.limits.stall + CONTINUE_WAIT, WaitingFor::Socket)
        } else {
            (self.limits.stall, WaitingFor::Socket)
        }
    }
}

/// How many looks at least a limit takes: the share of it that a stop of this process may count for.
const CHECKPOINTS_PER_LIMIT: u32 = 8;

/// As late as a timer may be where nothing else is to be done (Windows: 15.6 ms).
const TIMER_SLACK: Duration = Duration::from_millis(20);

/// For how long there was no progress, as far as this process was there to see some. One that was stopped (a
/// suspended job, a paused container, a machine with no time for it) wakes to timers that ran out while
/// nobody looked at the socket; that says nothing about the peer.
struct IdleTime {
    progress: Instant,
    absent: Duration,
}

impl IdleTime {
    fn since(progress: Instant) -> Self {
        Self { progress, absent: Duration::ZERO }
    }

    fn time(&mut self, progress: Instant, now: Instant) -> Duration {
        if progress != self.progress {
            *self = Self::since(progress);
        }
        (now.saturating_duration_since(progress)).saturating_sub(self.absent)
    }

    /// A look that was due earlier takes place now. Whether so late that the process must have been stopped.
    fn looked(&mut self, progress: Instant, due: Instant, now: Instant) -> bool {
        let idle = self.time(progress, now);
        let stopped = now.saturating_duration_since(due).saturating_sub(TIMER_SLACK);
        self.absent += stopped.min(idle);
        !stopped.is_zero()
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum WaitingFor {
    Source,
    Socket,
    Reply,
}

fn too_slow(target: &Target, waiting_for: WaitingFor, limits: Limits) -> Error {
    let host = target.host();
    let message = match waiting_for {
        WaitingFor::Source => {
            let text = format!(
                "the source could not be read for {:.1} s (stall_timeout); check the disk or network mount it is on{}",
                limits.stall.as_secs_f64(),
                crate::sys::MAY_BE_ELSEWHERE
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
        let mut idle = IdleTime::since(write);
        for looks in 1..=8 {
            let now = write + STEP * looks;
            assert!(!idle.looked(write, now - TIMER_SLACK.min(STEP), now));
            assert_eq!(idle.time(write, now), STEP * looks);
        }
    }

    #[test]
    fn time_in_which_nobody_looked_does_not() {
        let write = Instant::now();
        let mut idle = IdleTime::since(write);
        let mut now = write;
        for looks in 1..=8 {
            let due = now + STEP;
            now = due + HOUR;
            assert!(idle.looked(write, due, now));
            assert_eq!(idle.time(write, now), (STEP + TIMER_SLACK) * looks);
        }
    }

    #[test]
    fn a_write_begins_anew() {
        let first = Instant::now();
        let mut idle = IdleTime::since(first);
        // Written, and then stopped for an hour before the next look.
        let (write, due) = (first + STEP / 2, first + STEP);
        idle.looked(write, due, due + HOUR);
        assert_eq!(idle.time(write, due + HOUR), STEP / 2 + TIMER_SLACK);
        // Stopped for an hour, and written before the look.
        let (due, write) = (due + HOUR + STEP, due + HOUR * 2);
        idle.looked(write, due, write);
        assert_eq!(idle.time(write, write + STEP), STEP);
    }
}
