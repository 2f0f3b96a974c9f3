//! Copies of files that are in use, all in one file without a name: a database may have more files than a
//! process may open. A copy knows what the file looked like, and whether it still does.

use std::collections::HashMap;
use std::fs::{self, File};
use std::io;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use crate::error::{Error, Result};
use crate::profile::folder::Folder;
use crate::profile::open_nofollow::open_plain;
use crate::profile::stall_guard::StallGuard;
use crate::source::{Identity, Spool};
use crate::sys::PositionalIo as _;

/// Copies, by the path of the file inside the folder.
pub(crate) struct DatabaseCopies {
    file: Option<Arc<File>>,
    ranges: HashMap<String, CopyRange>,
    spool: Option<Spool>,
    /// Sentences about databases that were not copied, or not as they should be.
    pub(crate) warnings: Vec<String>,
}

#[derive(Debug, Clone, Copy)]
pub(super) struct CopyRange {
    start: u64,
    len: u64,
}

impl DatabaseCopies {
    pub(crate) fn none() -> Self {
        Self { file: None, ranges: HashMap::new(), spool: None, warnings: Vec::new() }
    }

    pub(crate) fn len(&self, path: &str) -> Option<u64> {
        self.ranges.get(path).map(|range| range.len)
    }

    pub(crate) fn file(&self, path: &str) -> Option<(Arc<File>, u64)> {
        let range = self.ranges.get(path)?;
        Some((Arc::clone(self.file.as_ref()?), range.start))
    }

    pub(crate) fn failed(&self, error: &io::Error) -> Error {
        match &self.spool {
            Some(spool) => spool.failed("reading", error),
            None => Error::internal("a copy could not be read").cause(error),
        }
    }
}

/// A copy failed, or has to be made again because its file changed.
pub(super) enum CopyError {
    Changed,
    Failed(Error),
}

impl From<Error> for CopyError {
    fn from(error: Error) -> Self {
        Self::Failed(error)
    }
}

/// The state of a file, or of its absence, at one moment.
#[derive(Debug, Clone, Copy)]
pub(super) struct FileState {
    pub(super) file: Option<Identity>,
    /// Its times would show any later change. They move in ticks (up to 10 ms on Linux), so two changes
    /// within one tick look like one.
    pub(super) time_is_settled: bool,
    /// It was created a moment ago and is still empty.
    pub(super) is_just_created: bool,
}

const TIMESTAMP_TICK: Duration = Duration::from_millis(20);
/// Whoever makes a file writes to it within that time.
const JUST_CREATED: Duration = Duration::from_secs(1);
/// Of a disk that counts in whole seconds, FAT's in two.
const COARSE_TIMESTAMP_TICK: Duration = Duration::from_secs(3);

impl FileState {
    fn of(file: Option<Identity>) -> Self {
        let Some((seconds, nanos)) = file.map(|file| file.last_change()) else {
            return Self { file, time_is_settled: true, is_just_created: false };
        };
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        let changed = Duration::new(u64::try_from(seconds).unwrap_or(0), u32::try_from(nanos).unwrap_or(0));
        let tick = if nanos == 0 { COARSE_TIMESTAMP_TICK } else { TIMESTAMP_TICK };
        let age = now.checked_sub(changed);
        let is_empty = file.is_some_and(|file| file.size == 0);
        Self {
            file,
            time_is_settled: age.is_some_and(|age| age > tick),
            is_just_created: is_empty && age.is_some_and(|age| age < JUST_CREATED),
        }
    }
}

/// A copy, and the state of its file when copying began.
#[derive(Debug, Clone, Copy)]
pub(super) struct FileCopy {
    pub(super) state: FileState,
    range: CopyRange,
}

/// Makes copies.
pub(super) struct FileCopier<'a> {
    folder: &'a Folder,
    spool: &'a Spool,
    guard: &'a StallGuard,
    file: File,
    end: u64,
    buffer: Vec<u8>,
}

/// Bytes read at once.
const COPY_BUFFER: usize = 256 * 1024;

impl<'a> FileCopier<'a> {
    pub(super) fn new(folder: &'a Folder, spool: &'a Spool, guard: &'a StallGuard) -> Result<Self> {
        let file = spool.create()?;
        Ok(Self { folder, spool, guard, file, end: 0, buffer: vec![0; 2 * COPY_BUFFER] })
    }

    pub(super) fn finished(
        self,
        ranges: HashMap<String, CopyRange>,
        warnings: Vec<String>,
    ) -> DatabaseCopies {
        DatabaseCopies { file: Some(Arc::new(self.file)), ranges, spool: Some(self.spool.clone()), warnings }
    }

    /// Where the next copy goes.
    pub(super) fn end(&self) -> u64 {
        self.end
    }

    /// Gives up all copies from there on.
    pub(super) fn discard_from(&mut self, end: u64) {
        self.end = end;
    }

    /// The state of a file now; anything but a plain file counts as changed.
    pub(super) fn state_of(&self, path: &str) -> Result<FileState, CopyError> {
        self.guard.checkpoint()?;
        let at = self.folder.root.join(path);
        let looked = fs::symlink_metadata(&at)
            .and_then(|meta| meta.is_file().then(|| Identity::at(&at, &meta)).transpose());
        match looked {
            Ok(Some(file)) => Ok(FileState::of(Some(file))),
            Ok(None) => Err(CopyError::Changed),
            Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(FileState::of(None)),
            Err(e) => Err(CopyError::Failed(self.folder.unreadable(path, "looking at", &e))),
        }
    }

    /// Copies a file as long as it is now.
    pub(super) fn copy(&mut self, path: &str) -> Result<FileCopy, CopyError> {
        let state = self.state_of(path)?;
        let Some(stamp) = state.file else { return Err(CopyError::Changed) };
        let (source, len) = (self.open(path)?, stamp.size);
        let mut done = 0;
        while done < len {
            let count = self.read(&source, path, done, len)?;
            let written = self.file.write_all_at(&self.buffer[..count], self.end + done);
            written.map_err(|e| self.spool.failed("writing", &e))?;
            done += count as u64;
        }
        let range = CopyRange { start: self.end, len };
        self.end += len;
        Ok(FileCopy { state, range })
    }

    /// Whether the file is still what it was when it was copied: by its times, or by its bytes if these do
    /// not tell. Two reads in the same order that find the same were not written between.
    pub(super) fn is_same(&mut self, path: &str, copy: &FileCopy) -> Result<bool, CopyError> {
        if !self.is_in_state(path, &copy.state)? {
            return Ok(false);
        }
        if copy.state.time_is_settled {
            return Ok(true);
        }
        let source = self.open(path)?;
        let mut done = 0;
        while done < copy.range.len {
            let count = self.read(&source, path, done, copy.range.len)?;
            let (now, then) = self.buffer.split_at_mut(COPY_BUFFER);
            let read = self.file.read_exact_at(&mut then[..count], copy.range.start + done);
            read.map_err(|e| self.spool.failed("reading", &e))?;
            if now[..count] != then[..count] {
                return Ok(false);
            }
            done += count as u64;
        }
        self.is_in_state(path, &copy.state)
    }

    /// Whether a file, or its absence, looks as it did.
    pub(super) fn is_in_state(&self, path: &str, state: &FileState) -> Result<bool, CopyError> {
        Ok(self.folder.is_same(state.file, self.state_of(path)?.file))
    }

    /// The first bytes of a file; fewer if it is shorter.
    pub(super) fn head<const N: usize>(&self, path: &str) -> Result<Option<[u8; N]>, CopyError> {
        let mut head = [0; N];
        match open_plain(&self.folder.root.join(path)) {
            Ok(file) => Ok(file.read_exact_at(&mut head, 0).is_ok().then_some(head)),
            Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(e) => Err(self.folder.unreadable(path, "opening", &e).into()),
        }
    }

    fn open(&self, path: &str) -> Result<File, CopyError> {
        open_plain(&self.folder.root.join(path)).map_err(|e| match e.kind() {
            io::ErrorKind::NotFound => CopyError::Changed,
            _ => self.folder.unreadable(path, "opening", &e).into(),
        })
    }

    /// Reads into the first half of the buffer, at most to `len`; a file that ends before that changed.
    fn read(&mut self, source: &File, path: &str, at: u64, len: u64) -> Result<usize, CopyError> {
        let most = usize::try_from(len - at).unwrap_or(usize::MAX).min(COPY_BUFFER);
        loop {
            self.guard.checkpoint()?;
            match source.read_at(&mut self.buffer[..most], at) {
                Ok(0) => return Err(CopyError::Changed),
                Ok(count) => return Ok(count),
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                Err(e) => return Err(self.folder.unreadable(path, "reading", &e).into()),
            }
        }
    }
}

impl FileCopy {
    pub(super) fn range(&self) -> CopyRange {
        self.range
    }
}
