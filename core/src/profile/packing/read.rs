//! Reads the entries of a folder, and says what a failure to do so means.

use std::fs::File;
use std::io;
use std::sync::Arc;

use super::compress;
use crate::error::{Error, ErrorKind, Result};
use crate::profile::inspection::FolderScan;
use crate::profile::names::without_sidecar;
use crate::profile::open_nofollow::open_plain;
use crate::profile::pack_options::IfRunning;
use crate::profile::snapshot::DatabaseCopies;
use crate::profile::stall_guard::StallGuard;
use crate::profile::walk::TreeEntry;
use crate::source::Identity;
use crate::sys::PositionalIo as _;

/// Reads entries, and says what a failure to do so means.
pub(super) struct EntryReader<'a> {
    pub(super) scan: &'a FolderScan,
    pub(super) copies: &'a DatabaseCopies,
    pub(super) if_running: IfRunning,
    pub(super) guard: &'a StallGuard,
}

/// A file that was opened, or why it is left out.
#[derive(Clone)]
pub(super) enum OpenedEntry {
    File(Arc<File>, u64),
    LeftOut { warning: String, torn: bool },
    Failed(Error),
}

/// How often a file that changes while a browser runs is read again.
const MAX_READS: u32 = 5;

impl EntryReader<'_> {
    /// None: it is a folder.
    pub(super) fn len(&self, entry: &TreeEntry) -> Option<u64> {
        self.copies.len(&entry.path).or(entry.file.map(|stamp| stamp.size))
    }

    pub(super) fn whole(&self, entry: &TreeEntry) -> Result<WholeFile> {
        for read in 1.. {
            let (file, offset) = match self.open(entry)? {
                OpenedEntry::File(file, offset) => (file, offset),
                OpenedEntry::LeftOut { warning, torn } => return Ok(WholeFile::LeftOut { warning, torn }),
                OpenedEntry::Failed(error) => return Err(error),
            };
            if let Some(len) = self.copies.len(&entry.path) {
                let mut bytes = vec![0; usize::try_from(len).unwrap_or(usize::MAX)];
                file.read_exact_at(&mut bytes, offset).map_err(|e| self.copies.failed(&e))?;
                return Ok(WholeFile::Read(bytes, false));
            }
            let before = self.stamp(entry, &file)?;
            let folder = &self.scan.folder;
            let is_another = !folder.is_same(entry.file, Some(before));
            // Memory was set aside for a small file; one that has grown beyond that does not fit.
            if before.size > compress::MAX_WHOLE_FILE {
                return Err(self.changed(entry));
            }
            let bytes = match self.read_all(&file, before.size) {
                Ok(bytes) => bytes,
                Err(e) if self.is_needed(entry) => return Err(self.unreadable(entry, "reading", &e)),
                Err(e) => {
                    let warning = self.warning(entry, &format!("could not be read ({e}) and is left out"));
                    return Ok(WholeFile::LeftOut { warning, torn: false });
                }
            };
            let after = self.stamp(entry, &file)?;
            let is_unchanged = folder.is_same(Some(before), Some(after)) && bytes.len() as u64 == after.size;
            match self.if_running {
                IfRunning::Refuse if !is_unchanged || !folder.is_same(entry.file, Some(after)) => {
                    return Err(self.changed(entry));
                }
                IfRunning::Snapshot if !is_unchanged && read < MAX_READS => {}
                IfRunning::Force => return Ok(WholeFile::Read(bytes, !is_unchanged || is_another)),
                _ => return Ok(WholeFile::Read(bytes, !is_unchanged)),
            }
        }
        Err(Error::internal("a file was read too often"))
    }

    /// All there is, at most a little more than expected: one that grows for ever is not followed.
    fn read_all(&self, file: &File, expected: u64) -> io::Result<Vec<u8>> {
        use io::Read as _;
        let mut bytes = Vec::with_capacity(usize::try_from(expected).unwrap_or(0) + 1);
        let mut file = file.take(expected + 1);
        loop {
            let read = file.by_ref().take(compress::PIECE_LEN).read_to_end(&mut bytes)? as u64;
            // A slow disk moves all the same.
            self.guard.checkpoint().map_err(io::Error::other)?;
            if read < compress::PIECE_LEN {
                return Ok(bytes);
            }
        }
    }

    /// Whether others in the archive are of no use without it: it signs in, or is a part of a database.
    fn is_needed(&self, entry: &TreeEntry) -> bool {
        entry.critical || entry.leveldb || without_sidecar(&entry.path) != entry.path
    }

    pub(super) fn open(&self, entry: &TreeEntry) -> Result<OpenedEntry> {
        if let Some((file, offset)) = self.copies.file(&entry.path) {
            return Ok(OpenedEntry::File(file, offset));
        }
        let needed = self.is_needed(entry);
        match open_plain(&self.scan.folder.root.join(&entry.path)) {
            Ok(file) => Ok(OpenedEntry::File(Arc::new(file), 0)),
            Err(e) if crate::os_limits::is_out_of_descriptors(&e) => {
                Err(self.unreadable(entry, "opening", &e))
            }
            // Volatile files come and go, so a warning is enough for those.
            Err(e) if e.kind() == io::ErrorKind::NotFound => match self.if_running {
                IfRunning::Refuse if needed => Err(self.changed(entry)),
                _ if entry.critical => Err(self.changed(entry)),
                _ => {
                    let warning = self.warning(entry, "was gone when it was to be packed");
                    Ok(OpenedEntry::LeftOut { warning, torn: needed })
                }
            },
            Err(e) if needed => Err(self.unreadable(entry, "opening", &e)),
            Err(e) => {
                let warning = self.warning(entry, &format!("could not be opened ({e}) and is left out"));
                Ok(OpenedEntry::LeftOut { warning, torn: false })
            }
        }
    }

    pub(super) fn stamp(&self, entry: &TreeEntry, file: &File) -> Result<Identity> {
        Identity::of(file).map_err(|e| self.unreadable(entry, "looking at", &e))
    }

    pub(super) fn changed(&self, entry: &TreeEntry) -> Error {
        let way_out = match self.if_running {
            IfRunning::Refuse => "close the browser that uses it, or choose if_running \"snapshot\"",
            IfRunning::Snapshot | IfRunning::Force => {
                "try again when the browser that uses it does less, or close it"
            }
        };
        let shown = self.scan.folder.display_path(&entry.path);
        Error::new(
            ErrorKind::SourceChanged,
            format!("{shown} changed while the folder was packed; {way_out}"),
        )
        .with_path(&self.scan.folder.root.join(&shown))
    }

    pub(super) fn unreadable(&self, entry: &TreeEntry, doing: &str, error: &io::Error) -> Error {
        self.scan.folder.unreadable(&entry.path, doing, error)
    }

    fn warning(&self, entry: &TreeEntry, what: &str) -> String {
        format!("{} {what}", self.scan.folder.display_path(&entry.path))
    }
}

pub(super) enum WholeFile {
    /// Its bytes, and whether it changed meanwhile.
    Read(Vec<u8>, bool),
    LeftOut {
        warning: String,
        torn: bool,
    },
}
