//! Packs a folder: several threads read and compress, one writes the archive in the order of the names. What is in
//! memory at once is bounded, and the archive is given up the moment it passes its limit.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{SyncSender, sync_channel};
use std::time::Duration;

use super::archive::Archive;
use super::compress::Packer;
use super::queue::{CloseOnPanic, Queue};
use super::read::Reader;
use super::report::{Consistency, PackReport};
use super::tasks::work_of;
use super::worker::{compress_all, compress_next};
use super::write::{Writer, Written};
use crate::error::{Error, Result};
use crate::profile::inspection::{Browser, Look};
use crate::profile::lock;
use crate::profile::pack_options::{Live, Pack};
use crate::profile::snapshot::{self, Copies};
use crate::profile::stall_guard::{Watch, watched};
use crate::profile::walk::Entry;
use crate::progress::{Counters, Phase};
use crate::source::{Spool, Spooled};

pub(crate) struct Packed {
    pub(crate) spooled: Spooled,
    pub(crate) report: PackReport,
    pub(crate) browser: Browser,
    /// The largest files in it, for an error that says it is too large.
    pub(crate) largest: String,
}

/// How large an archive may be.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limit {
    pub(crate) bytes: u64,
    /// The ticket says so; otherwise it is what the service documents.
    pub(crate) by_ticket: bool,
}

pub(crate) type Accepts = Box<dyn Fn(&Browser) -> Result<()> + Send>;

/// Where and within what a folder is packed.
pub(crate) struct Room {
    pub(crate) spool: Spool,
    pub(crate) memory: u64,
    /// How long the disk may not answer.
    pub(crate) patience: Duration,
    /// Says whether the browser that the folder is of will do, before it is packed.
    pub(crate) accepts: Accepts,
    pub(crate) progress: Arc<Counters>,
}

/// Packs a folder. Dropping the future stops it.
pub(crate) async fn pack_folder(folder: PathBuf, pack: Pack, limit: Limit, room: Room) -> Result<Packed> {
    let patience = room.patience.max(ONE_STEP);
    let work =
        move |folder: &Path, watch: &Watch| Packing { pack: &pack, limit, room: &room, watch }.run(folder);
    watched(folder, patience, work).await
}

pub(super) struct Packing<'a> {
    pub(super) pack: &'a Pack,
    pub(super) limit: Limit,
    pub(super) room: &'a Room,
    pub(super) watch: &'a Watch,
}

/// Compressing the largest file that goes in one piece may take this long on a busy machine, and is one step.
const ONE_STEP: Duration = Duration::from_secs(5);
/// More threads than this only wait for the disk, and for memory.
const MOST_THREADS: usize = 4;
/// More memory than this makes it no faster.
const MOST_MEMORY: u64 = 64 << 20;

impl Packing<'_> {
    fn run(self, folder: &Path) -> Result<Packed> {
        self.room.progress.enter(Phase::Inspecting);
        let look = Look::at(folder, self.pack, self.watch)?;
        if look.lock.state == lock::State::Live && self.pack.live == Live::Refuse {
            return Err(look.in_use());
        }
        (self.room.accepts)(&look.browser())?;
        let (mut entries, mut warnings) = (look.tree.entries.clone(), look.warnings());
        if let Some(error) = &look.tree.bad_name {
            return Err(error.clone());
        }
        if !entries.iter().any(|entry| entry.file.is_some()) {
            return Err(Error::invalid(format!(
                "nothing of {} would be packed; give a user-data folder that a browser has used, or exclude less",
                folder.display()
            )));
        }
        let total: u64 = entries.iter().filter_map(|e| e.file).map(|stamp| stamp.size).sum();
        self.room.progress.packing(total);
        let mut copies = Copies::none();
        if self.pack.live == Live::Snapshot {
            (entries, copies) =
                snapshot::take(&look.folder, self.pack, entries, &self.room.spool, self.watch)?;
        }
        let reader = Reader { look: &look, copies: &copies, live: self.pack.live };
        let written = self.write(&reader, &entries)?;
        let (file, len) = written.archive;
        warnings.extend(written.remarks.sentences());
        warnings.extend(copies.remarks.iter().cloned());
        // A browser that was started meanwhile may have written to what is packed already.
        let new_user = look.new_user(self.pack, self.watch)?;
        match &new_user {
            Some(lock) if self.pack.live == Live::Refuse => return Err(look.came_into_use(lock)),
            Some(lock) => warnings.push(look.is_using(lock)),
            None => {}
        }
        let in_use = new_user.is_some() || look.lock.state == lock::State::Live;
        if written.changed > 0 {
            warnings.push(format!(
                "{} files changed while they were packed and may not fit together",
                written.changed
            ));
        }
        let consistency = match self.pack.live {
            Live::Snapshot => Consistency::Snapshot,
            Live::Force if in_use || written.changed > 0 => Consistency::Forced,
            _ => Consistency::Clean,
        };
        let report = PackReport {
            files: written.files,
            bytes: written.bytes,
            archive_bytes: len,
            left_out: look.tree.left_out.len() as u64,
            consistency,
            browser_guessed: false,
            unknown: look.tree.unknown.clone(),
            warnings,
        };
        let largest = look.largest_listed(&entries);
        Ok(Packed { spooled: self.room.spool.finished(file, len), report, browser: look.browser(), largest })
    }

    /// Compresses side by side, and writes in order.
    fn write(&self, reader: &Reader<'_>, entries: &[Entry]) -> Result<Written> {
        let work = work_of(entries, reader);
        let threads = std::thread::available_parallelism().map_or(2, usize::from).clamp(1, MOST_THREADS);
        let queue = Queue::new(&work, self.room.memory.min(MOST_MEMORY), self.watch);
        let archive = Archive::new(self.room.spool.create()?, self.limit.bytes);
        let (done, results) = sync_channel(2 * threads);
        std::thread::scope(|scope| {
            let started = (0..threads).take_while(|_| {
                let (queue, done) = (&queue, SyncSender::clone(&done));
                let thread = std::thread::Builder::new().name("dropoff-pack".to_owned());
                thread.spawn_scoped(scope, move || compress_all(queue, reader, &done)).is_ok()
            });
            let alone = started.count() == 0;
            drop(done);
            // If the writer panics, nobody gives room back either.
            let _ends = CloseOnPanic(&queue);
            let writer = Writer { packing: self, reader, queue: &queue, work: &work, entries };
            let mut packer = alone.then(Packer::new);
            let written = writer.run(archive, &mut || match &mut packer {
                // In the order of the writer, who has given all room back by the time it wants the next.
                Some(packer) => compress_next(&queue, reader, packer),
                None => results.recv().ok(),
            });
            // The threads are waiting for room, or for somebody to take what they have.
            queue.close();
            drop(results);
            written
        })
    }
}
