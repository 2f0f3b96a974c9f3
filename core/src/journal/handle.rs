//! An open journal, and what a call does with it.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use serde_json::Value;

use super::errors::io_failed;
use super::format::{append, peek, read, start_anew, sync_folder};
use super::lock::{is_at, lock_file};
use crate::error::Result;
use crate::runtime::{PendingWork, blocking};

/// An open journal, locked. Dropping the last handle unlocks it.
#[derive(Clone)]
pub(crate) struct Journal {
    locked: Arc<Mutex<LockedFile>>,
    path: Arc<Path>,
    writes: PendingWork,
}

struct LockedFile {
    file: File,
    pid: u32,
}

impl Drop for LockedFile {
    fn drop(&mut self) {
        // Said and not left to closing: a forked child has the file open too, and the lock would stay with
        // it.
        if self.pid == std::process::id() {
            let _ = self.file.unlock();
        }
    }
}

/// A journal as it was found.
pub(crate) struct OpenedJournal {
    pub(crate) journal: Journal,
    pub(crate) records: Vec<Value>,
    /// Another call had it first. If that has ended it meanwhile, its last record is all there is, and the
    /// journal is of no more use.
    pub(crate) waited: bool,
}

/// How long a journal in use is waited for. A call that was cancelled a moment ago may be writing its last
/// record.
const LOCK_WAIT: Duration = Duration::from_secs(2);

impl Journal {
    /// Opens or makes the journal at `path`, and reads its records.
    pub(crate) async fn open(path: PathBuf) -> Result<OpenedJournal> {
        let path: Arc<Path> = path.into();
        blocking("writing the journal", move || {
            let (file, waited) = lock_file(&path, LOCK_WAIT)?;
            let mut locked = LockedFile { file, pid: std::process::id() };
            let records = read(&mut locked.file, &path)?;
            let journal = Self { locked: Arc::new(Mutex::new(locked)), path, writes: PendingWork::default() };
            Ok(OpenedJournal { journal, records, waited })
        })
        .await
    }

    /// The records that earlier calls left at `path`; none where it cannot be read. For what is to be said
    /// before it is opened.
    pub(crate) async fn left_at(path: PathBuf) -> Vec<Value> {
        blocking("reading the journal", move || Ok(peek(&path))).await.unwrap_or_default()
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// What was begun with it, which goes on when whoever began it is dropped.
    pub(crate) fn writes(&self) -> PendingWork {
        self.writes.clone()
    }

    /// Appends a record. It outlives this process, but perhaps not a loss of power.
    pub(crate) async fn append(&self, record: Value) -> Result<()> {
        self.write(record, false).await
    }

    /// Appends a record that outlives a loss of power too.
    pub(crate) async fn append_for_good(&self, record: Value) -> Result<()> {
        self.write(record, true).await
    }

    async fn write(&self, record: Value, sync: bool) -> Result<()> {
        self.with(move |file, path| {
            append(file, &record, sync).map_err(|e| io_failed(path, "writing", &e))?;
            if sync {
                sync_folder(path);
            }
            Ok(())
        })
        .await
    }

    /// Does something with the file, while nothing else does.
    async fn with<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut File, &Path) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let (journal, pending) = (self.clone(), self.writes.begin());
        blocking("writing the journal", move || {
            let _pending = pending;
            let mut locked = journal.locked.lock().unwrap_or_else(PoisonError::into_inner);
            work(&mut locked.file, &journal.path)
        })
        .await
    }

    /// Forgets every record.
    pub(crate) async fn clear(&self) -> Result<()> {
        self.with(|file, path| start_anew(file).map_err(|e| io_failed(path, "writing", &e))).await
    }

    /// Appends a last record and removes the file, in one go: a cancel in between would leave it. The record
    /// stays in the file that has no name by then, for whoever waits with it open.
    pub(crate) async fn end(&self, record: Value) -> Result<()> {
        self.with(move |file, path| {
            // If it can be removed it does not matter that nothing could be said in it.
            let said = append(file, &record, false).map_err(|e| io_failed(path, "writing", &e));
            remove_file(file, path, Some(&record)).map_err(|e| said.err().unwrap_or(e))
        })
        .await
    }

    /// Removes the file: what it was for is done. It is emptied first, so that another name of it holds no
    /// live URLs; and what has its name by now, if that is another file, is left alone.
    pub(crate) async fn remove(&self) -> Result<()> {
        self.with(|file, path| remove_file(file, path, None)).await
    }
}

pub(super) fn remove_file(file: &mut File, path: &Path, last: Option<&Value>) -> Result<()> {
    let removed = start_anew(file).and_then(|()| {
        if let Some(last) = last {
            // Not worth a failure: it is for those who wait.
            let _ = append(file, last, false);
        }
        match is_at(file, path)? {
            true => std::fs::remove_file(path),
            false => Ok(()),
        }
    });
    removed.map_err(|e| io_failed(path, "removing", &e))
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt as _;
    use serde_json::json;
    use tokio::runtime::Builder;

    use super::Journal;

    #[test]
    fn a_record_is_written_though_who_wanted_it_is_gone() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("j");
        let runtime = Builder::new_current_thread().build().expect("a runtime");
        let journal = runtime.block_on(Journal::open(path.clone())).expect("a journal").journal;
        let held = journal.locked.lock().expect("no panic");
        assert!(journal.append(json!({"part": 1})).now_or_never().is_none());
        let writes = journal.writes();
        assert!(writes.ended().now_or_never().is_none(), "it is on its way");
        drop(held);
        runtime.block_on(writes.ended());
        assert!(std::fs::read_to_string(path).expect("read").contains(r#"{"part":1}"#));
    }
}
