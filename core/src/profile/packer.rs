//! Packs a folder: several threads read and compress, one writes the archive in the order of the names. What is in
//! memory at once is bounded, and the archive is given up the moment it passes its limit.

use std::collections::{BTreeMap, HashSet};
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{SyncSender, sync_channel};
use std::sync::{Arc, Condvar, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::archive::{Archive, Facts, Failure, Method};
use super::compress::{self, Packer};
use super::copies::Copies;
use super::doctor::{Browser, Look};
use super::open::open_plain;
use super::remarks::Remarks;
use super::rules::without_sidecar;
use super::snapshot;
use super::walk::Entry;
use super::watch::{Watch, watched};
use super::{Live, Pack, lock};
use crate::error::{Error, ErrorKind, Result};
use crate::progress::{Counters, Phase};
use crate::source::{Identity, Spool, Spooled};

/// What packing a folder did.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
pub struct PackReport {
    /// Files in the archive.
    pub files: u64,
    /// Their size before packing.
    pub bytes: u64,
    /// Size of the archive.
    pub archive_bytes: u64,
    /// What was left out: locks, sockets, symlinks, caches, and what the level or a pattern says; a folder counts once.
    pub left_out: u64,
    /// Whether the files belong together.
    pub consistency: Consistency,
    /// The browser's name was taken from the folder, because the caller gave none.
    pub browser_guessed: bool,
    /// Names that no rule knows; they are in the archive.
    pub unknown: Vec<String>,
    /// What may go wrong with the profile elsewhere, and what could not be packed, a sentence each.
    pub warnings: Vec<String>,
}

/// Whether the files of an archive belong together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Consistency {
    /// Nothing changed while they were packed.
    Clean,
    /// Its databases were copied at one moment each, as is done while a browser is using them.
    Snapshot,
    /// A browser was using them, or they changed, and they were packed as they were.
    Forced,
}

impl Consistency {
    /// `clean`, `snapshot` or `forced`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Clean => "clean",
            Self::Snapshot => "snapshot",
            Self::Forced => "forced",
        }
    }
}

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

struct Packing<'a> {
    pack: &'a Pack,
    limit: Limit,
    room: &'a Room,
    watch: &'a Watch,
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

/// One thing to do for one thread.
struct Work<'a> {
    entry: &'a Entry,
    kind: Kind<'a>,
}

enum Kind<'a> {
    Folder,
    Whole,
    Piece { of: Arc<Large<'a>>, start: u64, len: u64, is_last: bool },
}

/// A file that is compressed in pieces: opened once, and stored or deflated as a whole.
struct Large<'a> {
    entry: &'a Entry,
    /// Closed again once the last piece is written.
    opened: Mutex<Option<Opened>>,
    method: OnceLock<Result<Method>>,
}

fn work_of<'a>(entries: &'a [Entry], reader: &Reader<'_>) -> Vec<Work<'a>> {
    let mut work = Vec::with_capacity(entries.len());
    for entry in entries {
        match reader.len(entry) {
            None => work.push(Work { entry, kind: Kind::Folder }),
            Some(len) if len <= compress::WHOLE => work.push(Work { entry, kind: Kind::Whole }),
            Some(len) => {
                let large = Arc::new(Large { entry, opened: Mutex::new(None), method: OnceLock::new() });
                let mut start = 0;
                while start < len {
                    let piece = compress::PIECE.min(len - start);
                    let is_last = start + piece == len;
                    let kind = Kind::Piece { of: Arc::clone(&large), start, len: piece, is_last };
                    work.push(Work { entry, kind });
                    start += piece;
                }
            }
        }
    }
    work
}

impl Work<'_> {
    /// Memory it takes at most: what is read, and what becomes of it.
    fn needs(&self, reader: &Reader<'_>) -> u64 {
        match &self.kind {
            Kind::Folder => 0,
            Kind::Whole => 2 * reader.len(self.entry).unwrap_or(0),
            Kind::Piece { len, .. } => 2 * len + compress::WINDOW,
        }
    }
}

/// Hands out work in its order, as long as there is room for it.
struct Queue<'a> {
    work: &'a [Work<'a>],
    most: u64,
    state: Mutex<State>,
    changed: Condvar,
    watch: &'a Watch,
}

struct State {
    next: usize,
    used: u64,
    closed: bool,
}

impl<'a> Queue<'a> {
    fn new(work: &'a [Work<'a>], most: u64, watch: &'a Watch) -> Self {
        let state = Mutex::new(State { next: 0, used: 0, closed: false });
        Self { work, most, state, changed: Condvar::new(), watch }
    }

    /// The next, and its place; waits for room. What needs more than there is goes alone.
    fn next(&self, reader: &Reader<'_>) -> Option<(usize, &'a Work<'a>)> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            let work = self.work.get(state.next).filter(|_| !state.closed && !self.watch.is_stopped())?;
            let needs = work.needs(reader);
            if state.used == 0 || state.used + needs <= self.most {
                state.used += needs;
                state.next += 1;
                return Some((state.next - 1, work));
            }
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn give_back(&self, bytes: u64) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.used = state.used.saturating_sub(bytes);
        drop(state);
        self.changed.notify_all();
    }

    fn close(&self) {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).closed = true;
        self.changed.notify_all();
    }
}

/// What became of one piece of work.
enum Done {
    Folder,
    /// It could not be read and is left out; others may not fit together without it.
    Left {
        remark: String,
        torn: bool,
    },
    Whole {
        facts: Facts,
        bytes: Vec<u8>,
        changed: bool,
    },
    Piece {
        method: Method,
        bytes: Vec<u8>,
        crc: crc32fast::Hasher,
    },
}

/// What became of one piece of work after the other, in any order; `None` at the end.
type Results<'a> = dyn FnMut() -> Option<(usize, Result<Done>)> + 'a;

fn compress_all(queue: &Queue<'_>, reader: &Reader<'_>, done: &SyncSender<(usize, Result<Done>)>) {
    let mut packer = Packer::new();
    // Otherwise the others would wait for the room that a thread took with it.
    let _ends = CloseOnPanic(queue);
    while let Some(result) = compress_next(queue, reader, &mut packer) {
        if done.send(result).is_err() {
            return;
        }
    }
}

fn compress_next(
    queue: &Queue<'_>,
    reader: &Reader<'_>,
    packer: &mut Result<Packer>,
) -> Option<(usize, Result<Done>)> {
    let (at, work) = queue.next(reader)?;
    let result = match packer {
        Ok(packer) => reader.compress(work, packer),
        Err(error) => Err(error.clone()),
    };
    let kept = match &result {
        Ok(Done::Whole { bytes, .. } | Done::Piece { bytes, .. }) => bytes.len() as u64,
        _ => 0,
    };
    // What is kept waits for the writer, who gives its room back.
    queue.give_back(work.needs(reader).saturating_sub(kept));
    Some((at, result))
}

struct CloseOnPanic<'a>(&'a Queue<'a>);

impl Drop for CloseOnPanic<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.close();
        }
    }
}

struct Written {
    archive: (File, u64),
    files: u64,
    bytes: u64,
    changed: u64,
    remarks: Remarks,
}

struct Writer<'a> {
    packing: &'a Packing<'a>,
    reader: &'a Reader<'a>,
    queue: &'a Queue<'a>,
    work: &'a [Work<'a>],
    entries: &'a [Entry],
}

impl Writer<'_> {
    fn run(&self, mut archive: Archive, results: &mut Results<'_>) -> Result<Written> {
        let (mut files, mut bytes, mut changed, mut remarks) = (0, 0, 0, Remarks::default());
        let mut early = BTreeMap::new();
        let mut open = None;
        let mut left_out: HashSet<&str> = HashSet::new();
        for (at, work) in self.work.iter().enumerate() {
            let done = self.result(at, results, &mut early)?;
            let name = self.packing.pack.prefixed(&work.entry.path)?;
            let failed = |failure| self.failed(failure);
            match (done, &work.kind) {
                (Done::Folder, _) => archive.folder(&name).map_err(failed)?,
                (Done::Left { remark, torn }, _) => {
                    if left_out.insert(&work.entry.path) {
                        remarks.push(remark);
                        changed += u64::from(torn);
                    }
                }
                (Done::Whole { facts, bytes: packed, changed: was_changed }, _) => {
                    archive.file(&name, facts, &packed).map_err(failed)?;
                    self.queue.give_back(packed.len() as u64);
                    self.packing.room.progress.add_bytes(facts.size);
                    files += 1;
                    bytes += facts.size;
                    changed += u64::from(was_changed);
                }
                (Done::Piece { method, bytes: packed, crc }, Kind::Piece { of, start, len, is_last }) => {
                    if *start == 0 {
                        let size = self.reader.len(work.entry).unwrap_or(0);
                        open = Some((archive.begin(&name, size).map_err(failed)?, crc32fast::Hasher::new()));
                    }
                    let Some((entry, whole)) = &mut open else {
                        return Err(Error::internal("a piece came before its file"));
                    };
                    archive.piece(&packed).map_err(failed)?;
                    self.queue.give_back(packed.len() as u64);
                    self.packing.room.progress.add_bytes(*len);
                    whole.combine(&crc);
                    if *is_last {
                        archive.end(entry, method, whole.clone().finalize(), start + len).map_err(failed)?;
                        files += 1;
                        bytes += start + len;
                        changed += u64::from(self.reader.check_large(of)?);
                    }
                }
                (Done::Piece { .. }, _) => return Err(Error::internal("a piece of a whole file")),
            }
        }
        let archive = archive.finish().map_err(|failure| self.failed(failure))?;
        Ok(Written { archive, files, bytes, changed, remarks })
    }

    /// What became of the work at this place; others are kept until it is their turn.
    fn result(
        &self,
        at: usize,
        results: &mut Results<'_>,
        early: &mut BTreeMap<usize, Result<Done>>,
    ) -> Result<Done> {
        loop {
            self.packing.watch.step()?;
            if let Some(done) = early.remove(&at) {
                return done;
            }
            match results() {
                Some((number, done)) => {
                    early.insert(number, done);
                }
                None if self.packing.watch.is_stopped() => {}
                None => return Err(Error::internal("packing stopped on its own")),
            }
        }
    }

    fn failed(&self, failure: Failure) -> Error {
        match failure {
            Failure::Io(error) => self.packing.room.spool.failed("writing", &error),
            Failure::TooLarge => {
                let limit = self.packing.limit;
                let whose =
                    if limit.by_ticket { "the service allows" } else { "the service documents as its limit" };
                Error::new(
                    ErrorKind::TooLarge,
                    format!(
                        "the packed profile is larger than the {} bytes {whose}, and nothing was sent; leave out what is not needed (the largest files: {})",
                        limit.bytes,
                        self.reader.look.largest_listed(self.entries)
                    ),
                )
            }
        }
    }
}

/// Reads entries, and says what a failure to do so means.
struct Reader<'a> {
    look: &'a Look,
    copies: &'a Copies,
    live: Live,
}

/// A file that was opened, or why it is left out.
#[derive(Clone)]
enum Opened {
    File(Arc<File>, u64),
    Left { remark: String, torn: bool },
    Failed(Error),
}

/// How often a file that changes while a browser runs is read again.
const READS: u32 = 5;

impl Reader<'_> {
    /// None: it is a folder.
    fn len(&self, entry: &Entry) -> Option<u64> {
        self.copies.len(&entry.path).or(entry.file.map(|stamp| stamp.size))
    }

    fn compress(&self, work: &Work<'_>, packer: &mut Packer) -> Result<Done> {
        match &work.kind {
            Kind::Folder => Ok(Done::Folder),
            Kind::Whole => {
                let (bytes, changed) = match self.whole(work.entry)? {
                    Whole::Read(bytes, changed) => (bytes, changed),
                    Whole::Left { remark, torn } => return Ok(Done::Left { remark, torn }),
                };
                let (crc, size) = (crc32fast::hash(&bytes), bytes.len() as u64);
                let (method, packed) = match packer.whole(&bytes) {
                    Some(packed) => (Method::Deflated, packed),
                    None => (Method::Stored, bytes),
                };
                let facts = Facts { method, crc, packed: packed.len() as u64, size };
                Ok(Done::Whole { facts, bytes: packed, changed })
            }
            Kind::Piece { of, start, len, is_last } => self.piece(of, *start, *len, *is_last, packer),
        }
    }

    fn piece(
        &self,
        large: &Large<'_>,
        start: u64,
        len: u64,
        is_last: bool,
        packer: &mut Packer,
    ) -> Result<Done> {
        let opened = {
            let mut opened = large.opened.lock().unwrap_or_else(PoisonError::into_inner);
            let open = || self.open(large.entry).unwrap_or_else(Opened::Failed);
            opened.get_or_insert_with(open).clone()
        };
        let (file, offset) = match opened {
            Opened::File(file, offset) => (file, offset),
            Opened::Left { remark, torn } => return Ok(Done::Left { remark, torn }),
            Opened::Failed(error) => return Err(error),
        };
        let read = |start: u64, len: u64| {
            let mut bytes = vec![0; usize::try_from(len).unwrap_or(usize::MAX)];
            match file.read_exact_at(&mut bytes, offset + start) {
                Ok(()) => Ok(bytes),
                Err(e) if e.kind() == io::ErrorKind::UnexpectedEof => Err(self.changed(large.entry)),
                Err(e) => Err(self.unreadable(large.entry, "reading", &e)),
            }
        };
        let method = large.method.get_or_init(|| {
            let len = usize::try_from(self.len(large.entry).unwrap_or(0)).unwrap_or(usize::MAX);
            let sample = |at: usize| read(at as u64, compress::sample_len(len) as u64);
            let [one, two] = compress::sample_places(len).map(sample);
            let (one, two) = (one?, two?);
            Ok(if packer.is_worth_it(&[&one, &two]) { Method::Deflated } else { Method::Stored })
        });
        let method = *method.as_ref().map_err(Clone::clone)?;
        let back = if method == Method::Deflated { start.min(compress::WINDOW) } else { 0 };
        let bytes = read(start - back, back + len)?;
        let (before, bytes) = bytes.split_at(usize::try_from(back).unwrap_or(0));
        let mut crc = crc32fast::Hasher::new();
        crc.update(bytes);
        let packed = match method {
            Method::Stored => bytes.to_vec(),
            Method::Deflated => compress::piece(before, bytes, is_last)?,
        };
        Ok(Done::Piece { method, bytes: packed, crc })
    }

    /// Whether a large file changed while it was read, where that is no error.
    fn check_large(&self, large: &Large<'_>) -> Result<bool> {
        let opened = large.opened.lock().unwrap_or_else(PoisonError::into_inner).take();
        let (Some(Opened::File(file, _)), None) = (opened, self.copies.len(&large.entry.path)) else {
            return Ok(false);
        };
        let stamp = self.stamp(large.entry, &file)?;
        match self.live {
            _ if self.look.folder.is_same(large.entry.file, Some(stamp)) => Ok(false),
            Live::Refuse => Err(self.changed(large.entry)),
            Live::Snapshot | Live::Force => Ok(true),
        }
    }

    fn whole(&self, entry: &Entry) -> Result<Whole> {
        for read in 1.. {
            let (file, offset) = match self.open(entry)? {
                Opened::File(file, offset) => (file, offset),
                Opened::Left { remark, torn } => return Ok(Whole::Left { remark, torn }),
                Opened::Failed(error) => return Err(error),
            };
            if let Some(len) = self.copies.len(&entry.path) {
                let mut bytes = vec![0; usize::try_from(len).unwrap_or(usize::MAX)];
                file.read_exact_at(&mut bytes, offset).map_err(|e| self.copies.failed(&e))?;
                return Ok(Whole::Read(bytes, false));
            }
            let before = self.stamp(entry, &file)?;
            let folder = &self.look.folder;
            let is_another = !folder.is_same(entry.file, Some(before));
            // One that was small when room was made for it, and is not any more, has no place here.
            if before.size > compress::WHOLE {
                return Err(self.changed(entry));
            }
            let bytes = match self.read_all(&file, before.size) {
                Ok(bytes) => bytes,
                Err(e) if self.needs(entry) => return Err(self.unreadable(entry, "reading", &e)),
                Err(e) => {
                    let remark = self.remark(entry, &format!("could not be read ({e}) and is left out"));
                    return Ok(Whole::Left { remark, torn: false });
                }
            };
            let after = self.stamp(entry, &file)?;
            let quiet = folder.is_same(Some(before), Some(after)) && bytes.len() as u64 == after.size;
            match self.live {
                Live::Refuse if !quiet || !folder.is_same(entry.file, Some(after)) => {
                    return Err(self.changed(entry));
                }
                Live::Snapshot if !quiet && read < READS => {}
                Live::Force => return Ok(Whole::Read(bytes, !quiet || is_another)),
                _ => return Ok(Whole::Read(bytes, !quiet)),
            }
        }
        Err(Error::internal("a file was read too often"))
    }

    /// All there is, at most a little more than expected: one that grows for ever is not followed.
    fn read_all(&self, file: &File, expected: u64) -> io::Result<Vec<u8>> {
        use io::Read as _;
        let mut bytes = Vec::with_capacity(usize::try_from(expected).unwrap_or(0) + 1);
        file.take(expected + 1).read_to_end(&mut bytes)?;
        Ok(bytes)
    }

    /// Whether others in the archive are of no use without it: it signs in, or is a part of a database.
    fn needs(&self, entry: &Entry) -> bool {
        entry.critical || entry.leveldb || without_sidecar(&entry.path) != entry.path
    }

    fn open(&self, entry: &Entry) -> Result<Opened> {
        if let Some((file, offset)) = self.copies.file(&entry.path) {
            return Ok(Opened::File(file, offset));
        }
        let needed = self.needs(entry);
        match open_plain(&self.look.folder.root.join(&entry.path)) {
            Ok(file) => Ok(Opened::File(Arc::new(file), 0)),
            Err(e) if crate::room::is_out_of_files(&e) => Err(self.unreadable(entry, "opening", &e)),
            // Volatile files come and go, and a remark is enough for those.
            Err(e) if e.kind() == io::ErrorKind::NotFound => match self.live {
                Live::Refuse if needed => Err(self.changed(entry)),
                _ if entry.critical => Err(self.changed(entry)),
                _ => {
                    let remark = self.remark(entry, "was gone when it was to be packed");
                    Ok(Opened::Left { remark, torn: needed })
                }
            },
            Err(e) if needed => Err(self.unreadable(entry, "opening", &e)),
            Err(e) => {
                let remark = self.remark(entry, &format!("could not be opened ({e}) and is left out"));
                Ok(Opened::Left { remark, torn: false })
            }
        }
    }

    fn stamp(&self, entry: &Entry, file: &File) -> Result<Identity> {
        let meta = file.metadata().map_err(|e| self.unreadable(entry, "looking at", &e))?;
        Ok(Identity::of(&meta))
    }

    fn changed(&self, entry: &Entry) -> Error {
        let way_out = match self.live {
            Live::Refuse => "close the browser that uses it, or choose live \"snapshot\"",
            Live::Snapshot | Live::Force => "try again when the browser that uses it does less, or close it",
        };
        let shown = self.look.folder.shown(&entry.path);
        Error::new(
            ErrorKind::SourceChanged,
            format!("{shown} changed while the folder was packed; {way_out}"),
        )
        .with_path(&self.look.folder.root.join(&shown))
    }

    fn unreadable(&self, entry: &Entry, doing: &str, error: &io::Error) -> Error {
        self.look.folder.unreadable(&entry.path, doing, error)
    }

    fn remark(&self, entry: &Entry, what: &str) -> String {
        format!("{} {what}", self.look.folder.shown(&entry.path))
    }
}

enum Whole {
    /// Its bytes, and whether it changed meanwhile.
    Read(Vec<u8>, bool),
    Left {
        remark: String,
        torn: bool,
    },
}
