//! What the uploads of one call share: how many go at once, and how much memory their parts may fill.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore, SemaphorePermit};

use super::part_plan::PartPlan;
use crate::error::{Error, Result};
use crate::options::Options;
use crate::source::Reserve;

pub(crate) struct Window {
    slots: Semaphore,
    width: usize,
    memory: Arc<Semaphore>,
    budget: u32,
}

const MIB: u64 = 1024 * 1024;

impl Window {
    pub(crate) fn new(options: &Options) -> Self {
        let budget = in_mib(options.memory_budget);
        Self {
            slots: Semaphore::new(options.concurrency),
            width: options.concurrency,
            memory: Arc::new(Semaphore::new(budget as usize)),
            budget,
        }
    }

    /// How many uploads go at once.
    pub(crate) fn width(&self) -> usize {
        self.width
    }

    /// Waits for a turn to send.
    pub(crate) async fn slot(&self) -> Result<SemaphorePermit<'_>> {
        self.slots.acquire().await.map_err(closed)
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

/// Rounded up: a semaphore counts in 32 bits.
fn in_mib(bytes: u64) -> u32 {
    u32::try_from(bytes.div_ceil(MIB)).unwrap_or(u32::MAX)
}

fn closed(_: tokio::sync::AcquireError) -> Error {
    Error::internal("the upload window was closed")
}
