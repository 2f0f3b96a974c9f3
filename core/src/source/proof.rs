//! Whether what was sent of a file is what the file held, where its size and time leave that in doubt:
//! decided by the bytes. Storage is to hold a state that the file had, and no mixture of two.

use std::fs::File;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;

use serde_json::Value;

use super::files::{blocking_with_timeout, changed, open_regular};
use super::identity::{FileChange, Identity, Reading};
use super::plain_reader::PlainReader;
use super::prepared::{Backing, InspectedFile, Prepared};
use super::reader::SourceReader;
use crate::digest::{AlgorithmSet, Digests, Hasher};
use crate::error::{Error, ErrorKind, Result};
use crate::logs;
use crate::sys::{self, FileSystem};

/// Bytes that were sent, and their digests.
pub(crate) struct SentRange {
    pub(crate) start: u64,
    pub(crate) len: u64,
    pub(crate) digests: Digests,
}

/// The relation of a source to one that an earlier process looked at.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum SourceComparison {
    Same,
    /// Its bytes decide. How it differs, in words that follow on its name.
    Doubtful(String),
    Other(String),
}

impl Prepared {
    /// Fails with `source_changed` if the file was not one and the same while this was read of it. `reading`
    /// is that of the attempt that storage took; what becomes of the file later is not what was sent.
    pub(crate) async fn prove(&self, reading: Option<&Arc<Reading>>, digests: &Digests) -> Result<()> {
        let Some(reading) = reading else { return Ok(()) };
        if let Backing::Path(file) = &self.backing
            && (self.start, self.len) != (0, file.identity.size)
        {
            let (change, how) = reading.change_since(&file.identity);
            return match change {
                FileChange::None => Ok(()),
                // With the other parts, once all are there.
                _ if !digests.is_empty() => {
                    file.doubtful.store(true, Relaxed);
                    Ok(())
                }
                _ => Err(changed(&file.path, &how)),
            };
        }
        let (change, how) = reading.change();
        if change == FileChange::None {
            return Ok(());
        }
        let sent = SentRange { start: 0, len: self.len, digests: digests.clone() };
        let same = match &self.backing {
            Backing::Sealed { plain, seal } => {
                let again = PlainReader::again(&reading.file, reading.system, 0..plain.len);
                let sealed = SourceReader::sealed(again, Arc::clone(seal), None)?;
                self.read_through(sealed, |_| {}).await.is_ok()
            }
            _ => self.is_held_by(&reading.file, reading.system, &[sent]).await,
        };
        if !same {
            return Err(changed(&reading.path, &how));
        }
        let file = reading.path.display().to_string();
        tracing::warn!(target: logs::TARGET, file, how, "the file changed while it was sent; what was sent is what it holds");
        Ok(())
    }

    /// Fails with `source_changed` if the file's record was another while parts of it were read, and these
    /// are not what it holds now.
    pub(crate) async fn prove_parts(&self, parts: &[SentRange]) -> Result<()> {
        match &self.backing {
            Backing::Path(file) if file.doubtful.load(Relaxed) => self.hold_or_fail(file, parts).await,
            _ => Ok(()),
        }
    }

    /// Fails with `source_changed` if a file has not the bytes that were sent of it.
    pub(crate) async fn prove_sent(&self, parts: &[SentRange]) -> Result<()> {
        match &self.backing {
            Backing::Path(file) => self.hold_or_fail(file, parts).await,
            _ => Ok(()),
        }
    }

    /// The error for a file that was written to after it was looked at.
    pub(crate) fn was_written_to(&self) -> Error {
        match &self.backing {
            Backing::Path(file) => changed(&file.path, "was written to"),
            _ => Error::internal("what cannot change was sent as something else"),
        }
    }

    /// Fails with `source_changed` if a file has other bytes than those of these digests by now.
    pub(crate) async fn still_holds(&self, digests: &Digests) -> Result<()> {
        let Backing::Path(file) = &self.backing else { return Ok(()) };
        self.hold_or_fail(file, &[SentRange { start: self.start, len: self.len, digests: digests.clone() }])
            .await
    }

    async fn hold_or_fail(&self, file: &InspectedFile, ranges: &[SentRange]) -> Result<()> {
        if self.holds(ranges).await? {
            return Ok(());
        }
        let now = look_again(&file.path, self.io_timeout).await?;
        Err(changed(&file.path, &file.identity.difference(&now)))
    }

    /// Whether the source holds just these bytes. A range without a digest is not proved.
    pub(crate) async fn holds(&self, sent: &[SentRange]) -> Result<bool> {
        let inspected = match &self.backing {
            Backing::Path(file) => file,
            // The marks of its blocks tell.
            Backing::Sealed { .. } => match self.mark_blocks().await {
                Ok(()) => return Ok(true),
                Err(error) if error.kind() == ErrorKind::SourceChanged => return Ok(false),
                Err(error) => return Err(error),
            },
            _ => return Ok(false),
        };
        let path = Arc::clone(&inspected.path);
        // Opened once, so that all is compared with one file.
        let opened = move || {
            let (file, _) = open_regular(&path)?;
            let system = sys::file_system_of(&file);
            Ok((Arc::new(file), system))
        };
        let (file, system) = blocking_with_timeout(self.io_timeout, &inspected.path, opened).await?;
        Ok(self.is_held_by(&file, system, sent).await)
    }

    async fn is_held_by(&self, file: &Arc<File>, system: FileSystem, sent: &[SentRange]) -> bool {
        for piece in sent {
            let Some((algorithm, digest)) = piece.digests.strongest() else { return false };
            let mut hasher = Hasher::new(AlgorithmSet::of(algorithm));
            let again = PlainReader::again(file, system, piece.start..piece.start + piece.len);
            let again = SourceReader::plain(again);
            if self.read_through(again, |bytes| hasher.update(bytes)).await.is_err() {
                return false;
            }
            if hasher.finish().get(algorithm) != Some(digest) {
                return false;
            }
        }
        true
    }

    /// Compares with what [`Prepared::lasting_identity`] was in another process.
    pub(crate) async fn since(&self, kept: &Value) -> Result<SourceComparison> {
        let inspected = match &self.backing {
            Backing::Path(file) => file,
            Backing::Sealed { plain, .. } => match &plain.backing {
                Backing::Path(file) => file,
                _ => return self.same_bytes_as(kept).await,
            },
            _ => return self.same_bytes_as(kept).await,
        };
        let (path, identity) = (Arc::clone(&inspected.path), inspected.identity);
        let system =
            blocking_with_timeout(self.io_timeout, &inspected.path, move || Ok(sys::file_system_at(&path)))
                .await?;
        Ok(match identity.since(kept, system) {
            Ok(()) => SourceComparison::Same,
            Err((FileChange::Doubtful, how)) => SourceComparison::Doubtful(how),
            Err((_, how)) => SourceComparison::Other(how),
        })
    }

    async fn same_bytes_as(&self, kept: &Value) -> Result<SourceComparison> {
        match self.lasting_identity().await?.as_ref() == Some(kept) {
            true => Ok(SourceComparison::Same),
            false => Ok(SourceComparison::Other("holds other bytes".to_owned())),
        }
    }
}

async fn look_again(path: &Arc<Path>, io_timeout: std::time::Duration) -> Result<Identity> {
    let there = Arc::clone(path);
    let look = move || {
        let looked = std::fs::metadata(&there).and_then(|meta| Identity::at(&there, &meta));
        looked.map_err(|e| Error::local_io(&there, "looking at", &e))
    };
    blocking_with_timeout(io_timeout, path, look).await
}
