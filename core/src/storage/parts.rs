//! Sending one object in parts, several at once, each retried alone.
//!
//! Parts of a plain source are read as they are sent. Those of a sealed one are produced in order, since a
//! cipher's state is that of everything before, and each is held in memory until storage has it, within the
//! call's budget.

use std::borrow::Cow;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{OnceLock, PoisonError};

use futures_util::StreamExt as _;
use futures_util::future::BoxFuture;
use futures_util::stream::FuturesUnordered;
use tokio::sync::{Mutex, OwnedSemaphorePermit};

use super::part_plan::PartPlan;
use super::put::PutTarget;
use super::result::StoredPart;
use super::send::{Sender, stored_all_the_same};
use super::upload_limiter::UploadLimiter;
use crate::digest::Digests;
use crate::error::{Error, ErrorKind, Outcome, Result, Side};
use crate::source::{Prepared, SentRange, SequentialReader};

/// One object to be sent in parts.
pub(crate) struct PartUpload<'a> {
    pub(crate) plan: PartPlan,
    /// Whether completing it takes the parts' ETags, so that a part without one is of no use.
    pub(crate) needs_etags: bool,
    pub(crate) targets: PartTargets<'a>,
    pub(crate) source: &'a Prepared,
    /// Parts that storage has already.
    pub(crate) done: Vec<StoredPart>,
    /// The warning about the first part of which nothing but a status shows that storage has it.
    pub(crate) doubt: &'a OnceLock<String>,
}

/// Where each part goes.
#[derive(Clone, Copy)]
pub(crate) enum PartTargets<'a> {
    /// In order of part number. Storage gives each part an ETag.
    Given(&'a [PutTarget]),
    /// Made of the part's number when its turn comes, since there may be very many. Such parts have no ETag.
    Made(&'a (dyn Fn(u64) -> Result<PutTarget> + Sync)),
}

impl PartTargets<'_> {
    fn fit(&self, count: usize) -> bool {
        match self {
            Self::Given(targets) => targets.len() == count,
            Self::Made(_) => true,
        }
    }

    fn of_part(&self, number: u64) -> Result<Cow<'_, PutTarget>> {
        let missing = || Error::internal("a part has no target");
        match self {
            Self::Given(targets) => {
                let target = usize::try_from(number - 1).ok().and_then(|at| targets.get(at));
                target.map(Cow::Borrowed).ok_or_else(missing)
            }
            Self::Made(make) => make(number).map(Cow::Owned),
        }
    }

    /// The word for one of them.
    fn noun(&self) -> &'static str {
        match self {
            Self::Given(_) => "part",
            Self::Made(_) => "block",
        }
    }
}

/// The action for each part as soon as storage has it.
pub(crate) type OnStored<'a> = &'a (dyn Fn(StoredPart) -> BoxFuture<'a, Result<()>> + Sync);

/// Sends the parts that are not there yet. All of them are given back, in order.
pub(crate) async fn send_parts(
    upload: PartUpload<'_>,
    sender: &Sender<'_>,
    limiter: &UploadLimiter,
    on_stored: OnStored<'_>,
) -> Result<Vec<StoredPart>> {
    let PartUpload { plan, needs_etags, targets, source, done, doubt } = upload;
    let count = usize::try_from(plan.count()).unwrap_or(usize::MAX);
    if !targets.fit(count) || source.len() != plan.size() {
        return Err(Error::internal("a plan of parts does not fit its targets"));
    }
    let mut stored = by_number(done, count);
    let missing: Vec<u64> =
        (1..).zip(&stored).filter(|(_, part)| part.is_none()).map(|(number, _)| number).collect();
    let mut waiting = missing.len();
    let sealed = source.part(0, 0).is_none();
    let _buffers = sealed.then(|| limiter.reserve(&plan));
    let parts = Parts {
        plan,
        needs_etags,
        doubt,
        targets,
        source,
        order: sealed.then(|| Mutex::new(InOrder { reader: SequentialReader::new(source.clone()), next: 1 })),
        waiting: std::sync::Mutex::new(missing.into_iter()),
        asked: AtomicBool::new(false),
        sender,
        limiter,
        on_stored,
    };
    let mut running = FuturesUnordered::new();
    loop {
        // One more than have a turn, so that it is sealed while others are under way, and that it is known
        // that one waits.
        while waiting > 0 && running.len() <= limiter.width() {
            running.push(parts.send_next());
            waiting -= 1;
        }
        let Some(part) = running.next().await else { break };
        let part = part.map_err(|e| e.unless_all_is_done(stored.iter().flatten().count() + 1 == count))?;
        let index = part.part_number as usize - 1;
        stored[index] = Some(part);
    }
    drop(running);
    let all: Option<Vec<StoredPart>> = stored.into_iter().collect();
    let all = all.ok_or_else(|| Error::internal("a part was forgotten"))?;
    parts.prove(&all).await?;
    Ok(all)
}

/// The parts that are there, each in the place of its number.
fn by_number(done: Vec<StoredPart>, count: usize) -> Vec<Option<StoredPart>> {
    let mut stored = vec![None; count];
    for part in done {
        let index = (part.part_number as usize).wrapping_sub(1);
        if let Some(place) = stored.get_mut(index) {
            *place = Some(part);
        }
    }
    stored
}

/// The digests of the bytes of these parts.
pub(crate) fn sent_ranges(plan: &PartPlan, parts: &[StoredPart]) -> Vec<SentRange> {
    let range = |part: &StoredPart| {
        let (start, len) = plan.part(u64::from(part.part_number));
        SentRange { start, len, digests: part.digests() }
    };
    parts.iter().map(range).collect()
}

struct Parts<'a, 'o> {
    plan: PartPlan,
    needs_etags: bool,
    doubt: &'a OnceLock<String>,
    targets: PartTargets<'a>,
    source: &'a Prepared,
    order: Option<Mutex<InOrder>>,
    /// Numbers of the parts that nobody has taken up.
    waiting: std::sync::Mutex<std::vec::IntoIter<u64>>,
    asked: AtomicBool,
    sender: &'a Sender<'a>,
    limiter: &'a UploadLimiter,
    on_stored: OnStored<'o>,
}

/// A source that is read once, from its beginning.
struct InOrder {
    reader: SequentialReader,
    /// The part that it stands before.
    next: u64,
}

impl Parts<'_, '_> {
    async fn send_next(&self) -> Result<StoredPart> {
        let (number, source) = match &self.order {
            None => {
                let number = self.next_number()?;
                let (start, len) = self.plan.part(number);
                let part = self.source.part(start, len);
                (number, part.ok_or_else(|| Error::internal("a part could not be cut"))?)
            }
            // Under the lock from number to cut, so that parts are cut in order. Room is waited for there
            // too: a later part that took the last room would wait for an earlier one for ever.
            Some(order) => {
                let mut order = order.lock().await;
                let number = self.next_number()?;
                let permit = self.limiter.memory_permit(self.plan.part(number).1).await?;
                (number, order.cut(&self.plan, number, permit).await?)
            }
        };
        let slot = self.limiter.slot().await?;
        // Storage wants the same of all parts; a round trip for each would be felt.
        let expect_continue = !self.asked.swap(true, Relaxed);
        let target = self.targets.of_part(number)?;
        let context =
            |e: Error| e.context(&format!("{} {number} of {}", self.targets.noun(), self.plan.count()));
        let sender = self.sender.with_slot(&slot);
        let stored =
            sender.put(&target, &source, self.plan.size(), expect_continue).await.map_err(context)?;
        let etag = stored.etag.unwrap_or_default();
        if etag.is_empty() && self.needs_etags {
            return Err(context(no_etag()));
        }
        if let Some(warning) = stored.warnings.into_iter().next() {
            // One sentence for all of them.
            let _ = self.doubt.set(warning);
        }
        let part = StoredPart {
            part_number: u32::try_from(number).unwrap_or(u32::MAX),
            bytes: stored.bytes,
            etag,
            md5: stored.md5,
            verified: stored.verified,
            attempts: stored.attempts,
            verified_by: stored.verified_by,
            crc64nvme: stored.crc64nvme,
        };
        // Before the next one starts: if that fails, what is stored must be known.
        (self.on_stored)(part.clone()).await?;
        slot.finish(part.bytes);
        Ok(part)
    }
}

impl Parts<'_, '_> {
    /// Fails if the source was not one and the same while its parts were read.
    async fn prove(self, all: &[StoredPart]) -> Result<()> {
        let proved = match self.order {
            // A part that was cut is not looked at again after it was read.
            Some(order) => {
                let reading = order.into_inner().reader.reading();
                self.source.prove(reading.as_ref(), &Digests::default()).await
            }
            None => self.source.prove_parts(&sent_ranges(&self.plan, all)).await,
        };
        proved.map_err(|e| stored_all_the_same(e).outcome_is(Outcome::Completed))
    }

    fn next_number(&self) -> Result<u64> {
        let next = self.waiting.lock().unwrap_or_else(PoisonError::into_inner).next();
        next.ok_or_else(|| Error::internal("more parts were begun than there are"))
    }
}

impl InOrder {
    async fn cut(&mut self, plan: &PartPlan, number: u64, permit: OwnedSemaphorePermit) -> Result<Prepared> {
        while self.next < number {
            self.reader.skip(plan.part(self.next).1).await?;
            self.next += 1;
        }
        if self.next != number {
            return Err(Error::internal("a part was cut twice"));
        }
        self.next += 1;
        self.reader.cut(plan.part(number).1, permit).await
    }
}

fn no_etag() -> Error {
    Error::new(
        ErrorKind::StorageRefused,
        "storage took it and gave no ETag, which completing the upload needs; check for a proxy that removes headers",
    )
    .side_is(Side::Storage)
}
