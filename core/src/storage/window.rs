//! What the uploads of one call share: how many go at once, and how much memory their parts may fill.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use tokio::sync::{OwnedSemaphorePermit, Semaphore, SemaphorePermit};

use super::pace::Pace;
use super::part_plan::PartPlan;
use crate::error::{Error, Result};
use crate::job::Ctx;
use crate::options::Options;
use crate::progress::Counters;
use crate::source::Reserve;

pub(crate) struct Window {
    slots: Semaphore,
    lanes: Mutex<Lanes>,
    progress: Arc<Counters>,
    memory: Arc<Semaphore>,
    budget: u32,
}

struct Lanes {
    pace: Pace,
    /// Slots given out or to be had.
    slots: usize,
    /// Uploads that wait for a slot.
    waiting: usize,
}

const MIB: u64 = 1024 * 1024;

impl Window {
    pub(crate) fn new(options: &Options, ctx: &Ctx) -> Self {
        let budget = in_mib(options.memory_budget);
        let pace = options.concurrency.map_or_else(Pace::adaptive, Pace::fixed);
        let slots = pace.width();
        Self {
            slots: Semaphore::new(slots),
            lanes: Mutex::new(Lanes { pace, slots, waiting: 0 }),
            progress: Arc::clone(&ctx.progress),
            memory: Arc::new(Semaphore::new(budget as usize)),
            budget,
        }
    }

    /// How many uploads go at once, as it stands. It may change whenever one ends.
    pub(crate) fn width(&self) -> usize {
        self.lanes().pace.width()
    }

    /// Waits for a turn to send.
    pub(crate) async fn slot(&self) -> Result<Slot<'_>> {
        let waiting = Waiting::begin(self);
        let permit = self.slots.acquire().await.map_err(closed)?;
        drop(waiting);
        Ok(Slot { window: self, permit: Some(permit) })
    }

    fn lanes(&self) -> MutexGuard<'_, Lanes> {
        self.lanes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for room for `bytes`. More than the whole budget waits for all of it: one part is sent whatever
    /// the budget says.
    pub(crate) async fn room(&self, bytes: u64) -> Result<OwnedSemaphorePermit> {
        let count = in_mib(bytes).min(self.budget);
        Arc::clone(&self.memory).acquire_many_owned(count).await.map_err(closed)
    }

    /// Keeps buffers for as much as parts of `plan` can fill: the budget, or a part that is larger. What is not kept
    /// goes back to the allocator, which may hold on to it and give the next part other memory.
    pub(crate) fn reserve(&self, plan: &PartPlan) -> Reserve {
        let at_once = (u64::from(self.budget) * MIB).max(plan.part_size());
        Reserve::bytes(plan.size().min(at_once))
    }
}

/// A turn to send. Dropping it gives the turn to the next.
pub(crate) struct Slot<'a> {
    window: &'a Window,
    permit: Option<SemaphorePermit<'a>>,
}

impl Slot<'_> {
    /// The upload it was for ended well, and `bytes` of it are there.
    pub(crate) fn sent(self, bytes: u64) {
        let window = self.window;
        let mut lanes = window.lanes();
        let waiting = lanes.waiting > 0;
        lanes.pace.ended(Instant::now(), bytes, waiting, window.progress.retries());
        let more = lanes.pace.width().saturating_sub(lanes.slots);
        lanes.slots += more;
        window.slots.add_permits(more);
    }
}

impl Drop for Slot<'_> {
    fn drop(&mut self) {
        let mut lanes = self.window.lanes();
        let Some(permit) = self.permit.take() else { return };
        if lanes.slots > lanes.pace.width() {
            lanes.slots -= 1;
            permit.forget();
        }
    }
}

/// Counts one that waits, until it has its turn or is given up.
struct Waiting<'a>(&'a Window);

impl<'a> Waiting<'a> {
    fn begin(window: &'a Window) -> Self {
        window.lanes().waiting += 1;
        Self(window)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.lanes().waiting -= 1;
    }
}

/// Rounded up: a semaphore counts in 32 bits.
fn in_mib(bytes: u64) -> u32 {
    u32::try_from(bytes.div_ceil(MIB)).unwrap_or(u32::MAX)
}

fn closed(_: tokio::sync::AcquireError) -> Error {
    Error::internal("the upload window was closed")
}
