//! Reads the entries of a folder, and says what a failure to do so means.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::sync::Arc;

use super::compress;
use crate::error::{Error, ErrorKind, Result};
use crate::profile::inspection::Look;
use crate::profile::names::without_sidecar;
use crate::profile::open_nofollow::open_plain;
use crate::profile::pack_options::Live;
use crate::profile::snapshot::Copies;
use crate::profile::walk::Entry;
use crate::source::Identity;

/// Reads entries, and says what a failure to do so means.
pub(super) struct Reader<'a> {
    pub(super) look: &'a Look,
    pub(super) copies: &'a Copies,
    pub(super) live: Live,
}

/// A file that was opened, or why it is left out.
#[derive(Clone)]
pub(super) enum Opened {
    File(Arc<File>, u64),
    Left { remark: String, torn: bool },
    Failed(Error),
}

/// How often a file that changes while a browser runs is read again.
const READS: u32 = 5;

impl Reader<'_> {
    /// None: it is a folder.
    pub(super) fn len(&self, entry: &Entry) -> Option<u64> {
        self.copies.len(&entry.path).or(entry.file.map(|stamp| stamp.size))
    }

    pub(super) fn whole(&self, entry: &Entry) -> Result<Whole> {
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

    pub(super) fn open(&self, entry: &Entry) -> Result<Opened> {
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

    pub(super) fn stamp(&self, entry: &Entry, file: &File) -> Result<Identity> {
        let meta = file.metadata().map_err(|e| self.unreadable(entry, "looking at", &e))?;
        Ok(Identity::of(&meta))
    }

    pub(super) fn changed(&self, entry: &Entry) -> Error {
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

    pub(super) fn unreadable(&self, entry: &Entry, doing: &str, error: &io::Error) -> Error {
        self.look.folder.unreadable(&entry.path, doing, error)
    }

    fn remark(&self, entry: &Entry, what: &str) -> String {
        format!("{} {what}", self.look.folder.shown(&entry.path))
    }
}

pub(super) enum Whole {
    /// Its bytes, and whether it changed meanwhile.
    Read(Vec<u8>, bool),
    Left {
        remark: String,
        torn: bool,
    },
}
