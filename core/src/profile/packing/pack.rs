//! Packs a folder: several threads read and compress, one writes the archive in the order of the names.
//! Memory is bounded, and the archive is given up the moment it passes its limit.

use std::path::{Path, PathBuf};
use std::sync::mpsc::{SyncSender, sync_channel};
use std::time::Duration;

use super::archive::Archive;
use super::compress::FileCompressor;
use super::context::{ArchiveLimit, FolderPacking, PackContext};
use super::queue::{CloseOnPanic, TaskQueue};
use super::read::EntryReader;
use super::report::{Consistency, PackReport};
use super::tasks::tasks_of;
use super::worker::{compress_all, compress_next};
use super::write::{ArchiveWriter, WrittenArchive};
use crate::error::{Error, Result};
use crate::profile::inspection::{Browser, FolderScan};
use crate::profile::lock::LockState;
use crate::profile::pack_options::{IfRunning, Pack};
use crate::profile::snapshot::{DatabaseCopies, copy_databases};
use crate::profile::stall_guard::{StallGuard, StallLimit, run_guarded};
use crate::profile::walk::TreeEntry;
use crate::progress::Phase;
use crate::source::Spooled;

pub(crate) struct PackedFolder {
    pub(crate) spooled: Spooled,
    pub(crate) report: PackReport,
    pub(crate) browser: Browser,
    /// The largest files in it, for an error that says it is too large.
    pub(crate) largest: String,
}

/// Packs a folder. Dropping the future stops it.
pub(crate) async fn pack_folder(
    folder: PathBuf,
    pack: Pack,
    limit: ArchiveLimit,
    context: PackContext,
) -> Result<PackedFolder> {
    let stall_limit = match context.io_timeout {
        time if time < LONGEST_STEP => StallLimit { time: LONGEST_STEP, origin: " (the least for a folder)" },
        time => StallLimit { time, origin: " (stall_timeout)" },
    };
    let work = move |folder: &Path, guard: &StallGuard| {
        FolderPacking { pack: &pack, limit, context: &context, guard }.pack(folder)
    };
    run_guarded(folder, stall_limit, work).await
}

/// Compressing the largest whole file is one step, and may take this long on a busy machine.
const LONGEST_STEP: Duration = Duration::from_secs(10);
/// More threads than this only wait for the disk, and for memory.
const MAX_THREADS: usize = 4;
/// More memory than this makes it no faster.
const MAX_MEMORY_BYTES: u64 = 64 << 20;

impl FolderPacking<'_> {
    fn pack(self, folder: &Path) -> Result<PackedFolder> {
        self.context.progress.enter(Phase::Inspecting);
        let scan = FolderScan::of(folder, self.pack, self.guard)?;
        let mut warnings = self.checked(&scan, folder)?;
        let mut entries = scan.tree.entries.clone();
        let total: u64 = entries.iter().filter_map(|e| e.file).map(|stamp| stamp.size).sum();
        self.context.progress.packing(total);
        let mut copies = DatabaseCopies::none();
        if self.pack.if_running == IfRunning::Snapshot {
            let (spool, guard) = (&self.context.spool, self.guard);
            (entries, copies) = copy_databases(&scan.folder, self.pack, entries, spool, guard)?;
        }
        let reader =
            EntryReader { scan: &scan, copies: &copies, if_running: self.pack.if_running, guard: self.guard };
        let written = self.write(&reader, &entries)?;
        warnings.extend(written.warnings.sentences());
        warnings.extend(copies.warnings.iter().cloned());
        let consistency = self.consistency(&scan, written.changed, &mut warnings)?;
        let (file, len) = written.archive;
        let report = PackReport {
            files: written.files,
            bytes: written.bytes,
            archive_bytes: len,
            left_out: scan.tree.left_out.len() as u64,
            consistency,
            browser_guessed: false,
            unknown: scan.tree.unknown.clone(),
            warnings,
        };
        let largest = scan.largest_listed(&entries);
        let spooled = self.context.spool.finished(file, len);
        Ok(PackedFolder { spooled, report, browser: scan.browser(), largest })
    }

    /// The warnings before anything is packed, or an error if it cannot be.
    fn checked(&self, scan: &FolderScan, folder: &Path) -> Result<Vec<String>> {
        if scan.lock.state == LockState::Live && self.pack.if_running == IfRunning::Refuse {
            return Err(scan.in_use());
        }
        (self.context.accepts)(&scan.browser())?;
        let warnings = scan.warnings();
        if let Some(error) = &scan.tree.bad_name {
            return Err(error.clone());
        }
        if !scan.tree.entries.iter().any(|entry| entry.file.is_some()) {
            return Err(Error::invalid(format!(
                "nothing of {} would be packed; give a user-data folder that a browser has used, or exclude less",
                folder.display()
            )));
        }
        Ok(warnings)
    }

    /// Whether the files of the written archive belong together. A browser that was started meanwhile may
    /// have written to files that were packed by then.
    fn consistency(
        &self,
        scan: &FolderScan,
        changed: u64,
        warnings: &mut Vec<String>,
    ) -> Result<Consistency> {
        let new_user = scan.new_user(self.pack, self.guard)?;
        match &new_user {
            Some(lock) if self.pack.if_running == IfRunning::Refuse => return Err(scan.came_into_use(lock)),
            Some(lock) => warnings.push(scan.is_using(lock)),
            None => {}
        }
        let in_use = new_user.is_some() || scan.lock.state == LockState::Live;
        if changed > 0 {
            warnings.push(format!("{changed} files changed while they were packed and may not fit together"));
        }
        Ok(match self.pack.if_running {
            IfRunning::Snapshot => Consistency::Snapshot,
            IfRunning::Force if in_use || changed > 0 => Consistency::Forced,
            _ => Consistency::Clean,
        })
    }

    /// Compresses side by side, and writes in order.
    fn write(&self, reader: &EntryReader<'_>, entries: &[TreeEntry]) -> Result<WrittenArchive> {
        let tasks = tasks_of(entries, reader);
        let threads = std::thread::available_parallelism().map_or(2, usize::from).clamp(1, MAX_THREADS);
        let queue = TaskQueue::new(&tasks, self.context.memory_limit.min(MAX_MEMORY_BYTES), self.guard);
        let archive = Archive::new(self.context.spool.create()?, self.limit.bytes);
        let (done, results) = sync_channel(2 * threads);
        std::thread::scope(|scope| {
            let started = (0..threads).take_while(|_| {
                let (queue, done) = (&queue, SyncSender::clone(&done));
                let thread = std::thread::Builder::new().name("dropoff-pack".to_owned());
                thread.spawn_scoped(scope, move || compress_all(queue, reader, &done)).is_ok()
            });
            let alone = started.count() == 0;
            drop(done);
            // A writer that panics gives no memory back either.
            let _close = CloseOnPanic(&queue);
            let writer = ArchiveWriter::new(self, reader, &queue, entries, archive);
            let mut compressor = alone.then(FileCompressor::new);
            let written = writer.write(&tasks, &mut || match &mut compressor {
                // Without threads the writer compresses the next itself, and has given all memory back by
                // then.
                Some(compressor) => compress_next(&queue, reader, compressor),
                None => results.recv().ok(),
            });
            // The threads wait for memory, or for the writer to take their results.
            queue.close();
            drop(results);
            written
        })
    }
}
