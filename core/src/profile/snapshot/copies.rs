//! Copies of files that are in use, all in one file without a name: a database may have more files than a
//! process may open. A copy knows what the file looked like, and whether it still does.

use std::collections::HashMap;
use std::fs::{self, File};
use std::io;
use std::os::unix::fs::FileExt;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use crate::error::{Error, Result};
use crate::profile::folder::Folder;
use crate::profile::open_nofollow::open_plain;
use crate::profile::stall_guard::Watch;
use crate::source::{Identity, Spool};

/// Copies, by the path of the file inside the folder.
pub(crate) struct Copies {
    file: Option<Arc<File>>,
    places: HashMap<String, Place>,
    spool: Option<Spool>,
    /// What could not be copied, or not as it should be.
    pub(crate) remarks: Vec<String>,
}

#[derive(Debug, Clone, Copy)]
pub(super) struct Place {
    start: u64,
    len: u64,
}

impl Copies {
    pub(crate) fn none() -> Self {
        Self { file: None, places: HashMap::new(), spool: None, remarks: Vec::new() }
    }

    pub(crate) fn len(&self, path: &str) -> Option<u64> {
        self.places.get(path).map(|place| place.len)
    }

    pub(crate) fn file(&self, path: &str) -> Option<(Arc<File>, u64)> {
        let place = self.places.get(path)?;
        Some((Arc::clone(self.file.as_ref()?), place.start))
    }

    pub(crate) fn failed(&self, error: &io::Error) -> Error {
        match &self.spool {
            Some(spool) => spool.failed("reading", error),
            None => Error::internal("a copy could not be read").cause(error),
        }
    }
}

/// A try that has to be made again.
pub(super) enum Again {
    Changed,
    Failed(Error),
}

impl From<Error> for Again {
    fn from(error: Error) -> Self {
        Self::Failed(error)
    }
}

/// A file, or none, as it was at one moment.
#[derive(Debug, Clone, Copy)]
pub(super) struct Seen {
    pub(super) file: Option<Identity>,
    /// Its times would tell of any later change. They move in ticks (up to 10 ms on Linux), so two changes
    /// within one look like one.
    pub(super) times_tell: bool,
    /// It was made a moment ago, and nothing is in it yet.
    pub(super) is_begun: bool,
}

const TICK: Duration = Duration::from_millis(20);
/// Whoever makes a file writes to it within that time.
const BEGUN: Duration = Duration::from_secs(1);
/// Of a disk that counts in whole seconds, FAT's in two.
const COARSE_TICK: Duration = Duration::from_secs(3);

impl Seen {
    fn of(file: Option<Identity>) -> Self {
        let Some((seconds, nanos)) = file.map(|file| file.last_change()) else {
            return Self { file, times_tell: true, is_begun: false };
        };
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        let changed = Duration::new(u64::try_from(seconds).unwrap_or(0), u32::try_from(nanos).unwrap_or(0));
        let tick = if nanos == 0 { COARSE_TICK } else { TICK };
        let age = now.checked_sub(changed);
        let is_empty = file.is_some_and(|file| file.size == 0);
        Self {
            file,
            times_tell: age.is_some_and(|age| age > tick),
            is_begun: is_empty && age.is_some_and(|age| age < BEGUN),
        }
    }
}

/// A copy and what the file looked like when it was begun.
#[derive(Debug, Clone, Copy)]
pub(super) struct Copy {
    pub(super) seen: Seen,
    place: Place,
}

/// Makes copies.
pub(super) struct Copier<'a> {
    folder: &'a Folder,
    spool: &'a Spool,
    watch: &'a Watch,
    file: File,
    end: u64,
    buffer: Vec<u8>,
}

/// How much is read at once.
const PIECE: usize = 256 * 1024;

impl<'a> Copier<'a> {
    pub(super) fn new(folder: &'a Folder, spool: &'a Spool, watch: &'a Watch) -> Result<Self> {
        let file = spool.create()?;
        Ok(Self { folder, spool, watch, file, end: 0, buffer: vec![0; 2 * PIECE] })
    }

    pub(super) fn finished(self, places: HashMap<String, Place>, remarks: Vec<String>) -> Copies {
        Copies { file: Some(Arc::new(self.file)), places, spool: Some(self.spool.clone()), remarks }
    }

    /// Where the next copy goes.
    pub(super) fn end(&self) -> u64 {
        self.end
    }

    /// Gives up all copies from there on.
    pub(super) fn back_to(&mut self, end: u64) {
        self.end = end;
    }

    /// What a file looks like now; one that is no plain file is not at rest.
    pub(super) fn look(&self, path: &str) -> Result<Seen, Again> {
        self.watch.step()?;
        match fs::symlink_metadata(self.folder.root.join(path)) {
            Ok(meta) if meta.is_file() => Ok(Seen::of(Some(Identity::of(&meta)))),
            Ok(_) => Err(Again::Changed),
            Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(Seen::of(None)),
            Err(e) => Err(Again::Failed(self.folder.unreadable(path, "looking at", &e))),
        }
    }

    /// Copies a file as long as it is now.
    pub(super) fn copy(&mut self, path: &str) -> Result<Copy, Again> {
        let seen = self.look(path)?;
        let Some(stamp) = seen.file else { return Err(Again::Changed) };
        let (source, len) = (self.open(path)?, stamp.size);
        let mut done = 0;
        while done < len {
            let count = self.read(&source, path, done, len)?;
            let written = self.file.write_all_at(&self.buffer[..count], self.end + done);
            written.map_err(|e| self.spool.failed("writing", &e))?;
            done += count as u64;
        }
        let place = Place { start: self.end, len };
        self.end += len;
        Ok(Copy { seen, place })
    }

    /// Whether the file is still what it was when it was copied: by its times, or by its bytes if these do
    /// not tell. Two reads in the same order that find the same were not written between.
    pub(super) fn is_same(&mut self, path: &str, copy: &Copy) -> Result<bool, Again> {
        if !self.looks_same(path, &copy.seen)? {
            return Ok(false);
        }
        if copy.seen.times_tell {
            return Ok(true);
        }
        let source = self.open(path)?;
        let mut done = 0;
        while done < copy.place.len {
            let count = self.read(&source, path, done, copy.place.len)?;
            let (now, then) = self.buffer.split_at_mut(PIECE);
            let read = self.file.read_exact_at(&mut then[..count], copy.place.start + done);
            read.map_err(|e| self.spool.failed("reading", &e))?;
            if now[..count] != then[..count] {
                return Ok(false);
            }
            done += count as u64;
        }
        self.looks_same(path, &copy.seen)
    }

    /// Whether a file, or its absence, looks as it did.
    pub(super) fn looks_same(&self, path: &str, seen: &Seen) -> Result<bool, Again> {
        Ok(self.folder.is_same(seen.file, self.look(path)?.file))
    }

    /// The first bytes of a file; fewer if it is shorter.
    pub(super) fn head<const N: usize>(&self, path: &str) -> Result<Option<[u8; N]>, Again> {
        let mut head = [0; N];
        match open_plain(&self.folder.root.join(path)) {
            Ok(file) => Ok(file.read_exact_at(&mut head, 0).is_ok().then_some(head)),
            Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(e) => Err(self.folder.unreadable(path, "opening", &e).into()),
        }
    }

    fn open(&self, path: &str) -> Result<File, Again> {
        open_plain(&self.folder.root.join(path)).map_err(|e| match e.kind() {
            io::ErrorKind::NotFound => Again::Changed,
            _ => self.folder.unreadable(path, "opening", &e).into(),
        })
    }

    /// Reads into the first half of the buffer, at most to `len`; a file that ends before that changed.
    fn read(&mut self, source: &File, path: &str, at: u64, len: u64) -> Result<usize, Again> {
        let most = usize::try_from(len - at).unwrap_or(usize::MAX).min(PIECE);
        loop {
            self.watch.step()?;
            match source.read_at(&mut self.buffer[..most], at) {
                Ok(0) => return Err(Again::Changed),
                Ok(count) => return Ok(count),
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                Err(e) => return Err(self.folder.unreadable(path, "reading", &e).into()),
            }
        }
    }
}

impl Copy {
    pub(super) fn place(&self) -> Place {
        self.place
    }
}
