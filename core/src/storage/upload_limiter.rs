//! The limits that the uploads of one call share: how many go at once, and how much memory their parts may
//! fill.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::pace::{Pace, UploadEnd, UploadStart};
use super::part_plan::PartPlan;
use crate::error::{Error, Result};
use crate::job::JobContext;
use crate::options::Options;
use crate::progress::Counters;
use crate::source::BufferReserve;

pub(crate) struct UploadLimiter {
    slots: Arc<Semaphore>,
    state: Mutex<LimiterState>,
    progress: Arc<Counters>,
    memory: Arc<Semaphore>,
    budget: u32,
}

struct LimiterState {
    pace: Pace,
    /// Slots given out or to be had.
    slots: usize,
    /// Uploads that wait for a slot.
    waiting: usize,
    /// How often requests of the call are known to have been crowded out.
    crowded: u32,
}

const MIB: u64 = 1024 * 1024;

impl UploadLimiter {
    pub(crate) fn new(options: &Options, ctx: &JobContext) -> Self {
        let budget = in_mib(options.memory_budget);
        let pace = options.concurrency.map_or_else(Pace::adaptive, Pace::fixed);
        let slots = pace.width();
        Self {
            slots: Arc::new(Semaphore::new(slots)),
            state: Mutex::new(LimiterState { pace, slots, waiting: 0, crowded: 0 }),
            progress: Arc::clone(&ctx.progress),
            memory: Arc::new(Semaphore::new(budget as usize)),
            budget,
        }
    }

    /// How many uploads go at once, as it stands. It may change whenever one ends.
    pub(crate) fn width(&self) -> usize {
        self.state().pace.width()
    }

    /// Waits for a turn to send.
    pub(crate) async fn slot(&self) -> Result<UploadSlot<'_>> {
        Ok(UploadSlot { limiter: self, held: Mutex::new(self.turn().await?) })
    }

    async fn turn(&self) -> Result<SlotPermit> {
        let waiting = WaitingCount::begin(self);
        let permit = Arc::clone(&self.slots).acquire_owned().await.map_err(closed)?;
        drop(waiting);
        Ok(SlotPermit { turn: self.state().pace.begin(Instant::now()), permit: Some(permit) })
    }

    fn state(&self) -> MutexGuard<'_, LimiterState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for room for `bytes`. More than the whole budget waits for all of it: one part is sent whatever
    /// the budget says.
    pub(crate) async fn memory_permit(&self, bytes: u64) -> Result<OwnedSemaphorePermit> {
        let count = in_mib(bytes).min(self.budget);
        Arc::clone(&self.memory).acquire_many_owned(count).await.map_err(closed)
    }

    /// Keeps buffers for as much as parts of `plan` can fill: the budget, or a part that is larger. Memory
    /// that is not kept goes back to the allocator, which may hold on to it and give the next part other
    /// memory.
    pub(crate) fn reserve(&self, plan: &PartPlan) -> BufferReserve {
        let at_once = (u64::from(self.budget) * MIB).max(plan.part_size());
        BufferReserve::bytes(plan.size().min(at_once))
    }
}

/// A turn to send. Dropping it gives the turn to the next.
pub(crate) struct UploadSlot<'a> {
    limiter: &'a UploadLimiter,
    held: Mutex<SlotPermit>,
}

struct SlotPermit {
    turn: UploadStart,
    permit: Option<OwnedSemaphorePermit>,
}

impl UploadSlot<'_> {
    /// The upload it was for ended well, and `bytes` of it are there.
    pub(crate) fn finish(self, bytes: u64) {
        let (limiter, turn) = (self.limiter, self.held().turn);
        let mut state = limiter.state();
        state.see_crowding(&limiter.progress, turn);
        let waiting = state.waiting > 0;
        state.pace.ended(turn, UploadEnd { at: Instant::now(), bytes, waiting });
        let more = state.pace.width().saturating_sub(state.slots);
        state.slots += more;
        limiter.slots.add_permits(more);
    }

    /// A request of the upload is about to be repeated. Where that makes fewer go at once, this one waits
    /// until so many of the others are done: they would only be in each other's way.
    pub(crate) async fn wait_before_retry(&self) -> Result<()> {
        if self.narrows() {
            let held = self.limiter.turn().await?;
            *self.held() = held;
        }
        Ok(())
    }

    /// Whether the turn had to be given back.
    fn narrows(&self) -> bool {
        let mut held = self.held();
        let mut state = self.limiter.state();
        state.pace.pushed_back(held.turn);
        let narrower = state.give_back(&mut held);
        if !narrower {
            held.turn = state.pace.begin(Instant::now());
        }
        narrower
    }

    fn held(&self) -> MutexGuard<'_, SlotPermit> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl LimiterState {
    /// Gives a slot up if there are more than the width allows.
    fn give_back(&mut self, held: &mut SlotPermit) -> bool {
        let narrower = self.slots > self.pace.width();
        if narrower && let Some(permit) = held.permit.take() {
            self.slots -= 1;
            permit.forget();
        }
        narrower
    }

    /// A request that others crowded out tells that there are too many of them, though it goes on.
    fn see_crowding(&mut self, progress: &Counters, turn: UploadStart) {
        let times = progress.times_crowded();
        if times > self.crowded {
            self.crowded = times;
            self.pace.pushed_back(turn);
        }
    }
}

impl Drop for UploadSlot<'_> {
    fn drop(&mut self) {
        let mut state = self.limiter.state();
        let held = self.held.get_mut().unwrap_or_else(PoisonError::into_inner);
        state.give_back(held);
    }
}

/// Counts one that waits, until it has its turn or is given up.
struct WaitingCount<'a>(&'a UploadLimiter);

impl<'a> WaitingCount<'a> {
    fn begin(limiter: &'a UploadLimiter) -> Self {
        limiter.state().waiting += 1;
        Self(limiter)
    }
}

impl Drop for WaitingCount<'_> {
    fn drop(&mut self) {
        self.0.state().waiting -= 1;
    }
}

/// Rounded up: a semaphore counts in 32 bits.
fn in_mib(bytes: u64) -> u32 {
    u32::try_from(bytes.div_ceil(MIB)).unwrap_or(u32::MAX)
}

fn closed(_: tokio::sync::AcquireError) -> Error {
    Error::internal("the upload limiter was closed")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::future::Future as _;
    use std::pin::pin;
    use std::task::{Context, Poll, Waker};

    /// Takes a slot if there is one.
    fn take(limiter: &UploadLimiter) -> Option<UploadSlot<'_>> {
        match pin!(limiter.slot()).poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(slot) => Some(slot.expect("an open limiter")),
            Poll::Pending => None,
        }
    }

    fn take_all(limiter: &UploadLimiter) -> Vec<UploadSlot<'_>> {
        std::iter::from_fn(|| take(limiter)).collect()
    }

    #[test]
    fn slots_are_as_many_as_the_width_however_it_changes() {
        let ctx = JobContext::new(None);
        let limiter = UploadLimiter::new(&Options::new(), &ctx);
        let mut slots = take_all(&limiter);
        assert_eq!((slots.len(), limiter.width()), (4, 4));
        // Another one waits all the time.
        let mut next = pin!(limiter.slot());
        assert!(next.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
        for slot in slots.drain(..3) {
            slot.finish(1000);
        }
        let fifth = next.poll(&mut Context::from_waker(Waker::noop()));
        assert!(matches!(fifth, Poll::Ready(Ok(_))), "its turn came");
        slots.extend(take_all(&limiter));
        let mut waits = Box::pin(limiter.slot());
        assert!(waits.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
        slots.remove(0).finish(1000);
        assert_eq!(limiter.width(), 8, "a round of four is over");

        drop(waits);
        slots.extend(take_all(&limiter));
        assert_eq!(slots.len(), 8 - usize::from(matches!(fifth, Poll::Ready(_))));
        let failed = slots.pop().expect("one that began at this width");
        assert!(failed.narrows());
        assert_eq!(limiter.width(), 4, "pushed back");
        drop((slots, fifth, failed));
        assert_eq!(take_all(&limiter).len(), 4, "what is given back beyond the width is gone");
    }

    #[test]
    fn a_request_that_is_repeated_waits_until_as_many_are_done_as_were_too_many() {
        let ctx = JobContext::new(None);
        let limiter = UploadLimiter::new(&Options::new(), &ctx);
        let mut slots = take_all(&limiter);
        let failed = slots.remove(0);
        let mut again = pin!(failed.wait_before_retry());
        let mut poll = || again.as_mut().poll(&mut Context::from_waker(Waker::noop()));
        assert!(poll().is_pending());
        assert_eq!(limiter.width(), 2);
        slots.pop();
        assert!(poll().is_pending(), "two others are under way");
        slots.pop();
        assert!(matches!(poll(), Poll::Ready(Ok(()))), "one is");
        assert!(take(&limiter).is_none());
    }

    #[test]
    fn the_last_one_does_not_wait_for_its_own_turn() {
        let ctx = JobContext::new(None);
        let limiter = UploadLimiter::new(&Options::new(), &ctx);
        let mut slots = take_all(&limiter);
        slots.truncate(1);
        let failed = slots.remove(0);
        for _ in 0..3 {
            let again = pin!(failed.wait_before_retry());
            assert!(again.poll(&mut Context::from_waker(Waker::noop())).is_ready());
        }
        assert_eq!(limiter.width(), 1);
    }

    #[test]
    fn who_is_crowded_out_makes_it_narrower_too() {
        let ctx = JobContext::new(None);
        let limiter = UploadLimiter::new(&Options::new(), &ctx);
        let mut slots = take_all(&limiter);
        ctx.progress.crowded();
        slots.remove(0).finish(1000);
        assert_eq!(limiter.width(), 2);
        slots.remove(0).finish(1000);
        assert_eq!(limiter.width(), 2, "that is known");
    }

    #[test]
    fn a_number_of_the_callers_stays() {
        let ctx = JobContext::new(None);
        let options = Options::new().concurrency(7).expect("in range");
        let limiter = UploadLimiter::new(&options, &ctx);
        for _ in 0..5 {
            let slots = take_all(&limiter);
            assert_eq!(slots.len(), 7);
            ctx.progress.crowded();
            assert!(!slots[0].narrows());
            slots.into_iter().for_each(|slot| slot.finish(1));
        }
    }
}
