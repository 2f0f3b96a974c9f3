//! Consistent copies of databases while a browser writes to them: a SQLite file together with its logs, a LevelDB
//! folder as a whole with the files beside it that it names. Each is copied until it did not change meanwhile. The
//! copies have no name, and the folder is only read: no lock is taken, since SQLite's own backup waits for a browser
//! that never lets go.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::fs::{self, File};
use std::io;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use super::choice::Filter;
use super::family::Folder;
use super::open::open_plain;
use super::rules::without_sidecar;
use super::walk::{Entry, fits_a_zip};
use super::watch::Watch;
use crate::error::{Error, ErrorKind, Result};
use crate::source::{Identity, Spool};

/// Copies of files, by their path inside the folder. All are in one file: a LevelDB folder may have more files than a
/// process may open.
pub(super) struct Copies {
    file: Option<Arc<File>>,
    places: HashMap<String, Place>,
    spool: Option<Spool>,
    /// What could not be copied.
    pub(super) remarks: Vec<String>,
}

#[derive(Clone, Copy)]
struct Place {
    start: u64,
    len: u64,
}

impl Copies {
    pub(super) fn none() -> Self {
        Self { file: None, places: HashMap::new(), spool: None, remarks: Vec::new() }
    }

    pub(super) fn len(&self, path: &str) -> Option<u64> {
        self.places.get(path).map(|place| place.len)
    }

    pub(super) fn file(&self, path: &str) -> Option<(Arc<File>, u64)> {
        let place = self.places.get(path)?;
        Some((Arc::clone(self.file.as_ref()?), place.start))
    }

    pub(super) fn failed(&self, error: &io::Error) -> Error {
        match &self.spool {
            Some(spool) => spool.failed("reading", error),
            None => Error::internal("a copy could not be read").cause(error),
        }
    }
}

/// How often one database is copied anew, and how long is waited in between: some 3 s in all.
const TRIES: u32 = 30;
const PAUSE: Duration = Duration::from_millis(100);
/// A file system's times move in ticks (up to 10 ms on Linux), so two changes within one look like none. What is
/// copied must not have changed for longer than that.
const TICK: Duration = Duration::from_millis(20);

/// Copies every database among `entries`. Returns the entries as they are by then: a database's files change.
pub(super) fn take(
    folder: &Folder,
    filter: &Filter,
    entries: Vec<Entry>,
    spool: &Spool,
    watch: &Watch,
) -> Result<(Vec<Entry>, Copies)> {
    let file = spool.create()?;
    let mut taker =
        Taker { folder, filter, spool, watch, file, end: 0, places: HashMap::new(), remarks: Vec::new() };
    let mut rest = Vec::new();
    let mut leveldbs: BTreeMap<String, Vec<Entry>> = BTreeMap::new();
    let mut sqlite: Vec<Entry> = Vec::new();
    let paths: HashSet<String> = entries.iter().map(|entry| entry.path.clone()).collect();
    for entry in entries {
        let base = without_sidecar(&entry.path);
        if entry.file.is_none() {
            rest.push(entry);
        } else if entry.leveldb {
            leveldbs.entry(parent(&entry.path).to_owned()).or_default().push(entry);
        } else if base != entry.path && paths.contains(base) && is_sqlite(&folder.root.join(base)) {
            // A log goes with its database, and is looked for anew then.
        } else if is_sqlite(&folder.root.join(&entry.path)) {
            sqlite.push(entry);
        } else {
            rest.push(entry);
        }
    }
    for entry in sqlite {
        rest.extend(taker.until_quiet(&entry.path, |taker| taker.sqlite(&entry))?);
    }
    for (path, known) in leveldbs {
        let beside = beside(&path);
        // What is beside it is copied with it, as it is by then.
        rest.retain(|entry| entry.file.is_none() || !is_beside(beside.as_deref(), &path, &entry.path));
        rest.extend(taker.until_quiet(&path, |taker| taker.leveldb(&path, beside.as_deref(), &known))?);
    }
    rest.sort_by(|a, b| a.path.as_bytes().cmp(b.path.as_bytes()));
    let Taker { file, places, remarks, .. } = taker;
    let copies = Copies { file: Some(Arc::new(file)), places, spool: Some(spool.clone()), remarks };
    Ok((rest, copies))
}

fn parent(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(parent, _)| parent)
}

/// Where a database's own large values are: Chromium keeps those of IndexedDB above 64 KiB, and the files of a site's
/// own file system, beside the LevelDB that names them.
fn beside(leveldb: &str) -> Option<String> {
    match leveldb.strip_suffix(".indexeddb.leveldb") {
        Some(base) => Some(format!("{base}.indexeddb.blob")),
        None if leveldb.ends_with("/Paths") && leveldb.contains("File System/") => {
            Some(parent(leveldb).to_owned())
        }
        None => None,
    }
}

fn is_beside(folder: Option<&str>, leveldb: &str, path: &str) -> bool {
    let below = |folder: &str| path.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/'));
    folder.is_some_and(below) && !below(leveldb)
}

/// The logs of a SQLite database: of changes not yet in it, and of what to undo after a crash.
const LOGS: [&str; 2] = ["-wal", "-journal"];

fn is_sqlite(path: &Path) -> bool {
    let mut head = [0; 16];
    let read = open_plain(path).and_then(|file| file.read_exact_at(&mut head, 0));
    read.is_ok() && &head == b"SQLite format 3\0"
}

struct Taker<'a> {
    folder: &'a Folder,
    filter: &'a Filter,
    spool: &'a Spool,
    watch: &'a Watch,
    file: File,
    end: u64,
    places: HashMap<String, Place>,
    remarks: Vec<String>,
}

/// A try that has to be made again.
enum Again {
    Changed,
    Failed(Error),
}

impl From<Error> for Again {
    fn from(error: Error) -> Self {
        Self::Failed(error)
    }
}

impl Taker<'_> {
    fn until_quiet(
        &mut self,
        path: &str,
        mut copy: impl FnMut(&mut Self) -> Result<Vec<Entry>, Again>,
    ) -> Result<Vec<Entry>> {
        for _ in 0..TRIES {
            self.watch.step()?;
            let start = self.end;
            match copy(self) {
                Ok(entries) => return Ok(entries),
                Err(Again::Failed(error)) => return Err(error),
                Err(Again::Changed) => {
                    self.end = start;
                    std::thread::sleep(PAUSE);
                }
            }
        }
        Err(Error::new(
            ErrorKind::BrowserRunning,
            format!(
                "{} kept changing while it was copied; try again when the browser does less, or close it",
                self.folder.shown(path)
            ),
        )
        .retryable_is(true)
        .about(&self.folder.root))
    }

    /// The database and its logs, whichever there are now.
    fn sqlite(&mut self, entry: &Entry) -> Result<Vec<Entry>, Again> {
        let logs = LOGS.map(|log| format!("{}{log}", entry.path));
        let mut paths = vec![entry.path.clone()];
        paths.extend(logs.into_iter().filter(|log| !self.filter.excludes(log)));
        let before = self.stamps(&paths)?;
        quiet(&before)?;
        let mut entries = Vec::new();
        for (path, stamp) in paths.iter().zip(&before) {
            let Some(stamp) = stamp else { continue };
            match self.copy(path, stamp.size) {
                // Like any other file that may not be read; its logs are of no use without it.
                Err(Again::Failed(e)) if e.kind() == ErrorKind::SourceUnreadable && !entry.critical => {
                    return Ok(self.left(entry, "could not be read and is left out"));
                }
                copied => copied?,
            }
            entries.push(Entry { path: path.clone(), file: Some(*stamp), ..entry.clone() });
        }
        if !self.folder.are_same(&before, &self.stamps(&paths)?) {
            return Err(Again::Changed);
        }
        match before[0] {
            Some(_) => Ok(entries),
            None if entry.critical => Err(Again::Changed),
            None => Ok(self.left(entry, "was gone when it was to be copied")),
        }
    }

    fn left(&mut self, entry: &Entry, why: &str) -> Vec<Entry> {
        self.remarks.push(format!("{} {why}", self.folder.shown(&entry.path)));
        Vec::new()
    }

    /// `CURRENT` names the manifest, which lists the tables; as long as the two are the same, so is the database,
    /// but for the log, which is only ever added to and whose end may be cut anywhere.
    ///
    /// What is beside it is written before the log names it, and removed after the log drops it. So it is copied
    /// before the database; what is new after that is copied too, while the log stands still.
    fn leveldb(&mut self, path: &str, beside: Option<&str>, known: &[Entry]) -> Result<Vec<Entry>, Again> {
        let critical = known.iter().any(|entry| entry.critical);
        let mut entries = Vec::new();
        let mut taken = HashSet::new();
        if let Some(folder) = beside {
            for file in self.files_below(folder, path)? {
                match self.copied(&file, critical, false) {
                    Ok(entry) => entries.push(entry),
                    // Dropped by now, and so it is in the log.
                    Err(Again::Changed) => continue,
                    Err(failed) => return Err(failed),
                }
                taken.insert(file);
            }
        }
        let listed = self.list(path)?;
        let inside = |name: &String| if path.is_empty() { name.clone() } else { format!("{path}/{name}") };
        let is_state = |name: &&String| name.as_str() == "CURRENT" || name.starts_with("MANIFEST-");
        let state: Vec<String> = listed.iter().filter(is_state).map(inside).collect();
        let before = self.stamps(&state)?;
        quiet(&before)?;
        let logs: Vec<String> = listed.iter().filter(|name| name.ends_with(".log")).map(inside).collect();
        let log_before = self.stamps(&logs)?;
        for name in &listed {
            entries.push(self.copied(&inside(name), critical, true)?);
        }
        if let Some(folder) = beside {
            for file in self.files_below(folder, path)? {
                if !taken.contains(&file) {
                    entries.push(self.copied(&file, critical, false)?);
                }
            }
            if !self.folder.are_same(&log_before, &self.stamps(&logs)?) {
                return Err(Again::Changed);
            }
        }
        if !self.folder.are_same(&before, &self.stamps(&state)?) || self.list(path)? != listed {
            return Err(Again::Changed);
        }
        Ok(entries)
    }

    /// Copies a file as long as it is now.
    fn copied(&mut self, path: &str, critical: bool, leveldb: bool) -> Result<Entry, Again> {
        let Some(stamp) = self.stamps(&[path.to_owned()])?[0] else { return Err(Again::Changed) };
        self.copy(path, stamp.size)?;
        Ok(Entry { path: path.to_owned(), file: Some(stamp), critical, leveldb })
    }

    /// Files below a folder, if there is one, but for those of the database itself.
    fn files_below(&self, folder: &str, leveldb: &str) -> Result<Vec<String>, Again> {
        let mut files = Vec::new();
        let mut waiting = vec![folder.to_owned()];
        while let Some(folder) = waiting.pop() {
            self.watch.step()?;
            let entries = match fs::read_dir(self.folder.root.join(&folder)) {
                Ok(entries) => entries,
                Err(e) if e.kind() == io::ErrorKind::NotFound => continue,
                Err(e) => return Err(self.folder.unreadable(&folder, "listing", &e).into()),
            };
            for entry in entries {
                let entry = entry.map_err(|_| Again::Changed)?;
                let Some(path) = self.wanted(&folder, &entry) else { continue };
                match entry.file_type() {
                    Ok(kind) if kind.is_file() => files.push(path),
                    Ok(kind) if kind.is_dir() && path != leveldb => waiting.push(path),
                    _ => {}
                }
            }
        }
        files.sort();
        Ok(files)
    }

    /// A name's path, if the name can go and the caller does not exclude it.
    fn wanted(&self, folder: &str, entry: &fs::DirEntry) -> Option<String> {
        let name = entry.file_name().into_string().ok().filter(|name| fits_a_zip(name))?;
        let path = if folder.is_empty() { name } else { format!("{folder}/{name}") };
        (!self.filter.excludes(&path)).then_some(path)
    }

    /// The database's own files; other names were sorted out by the rules.
    fn list(&self, path: &str) -> Result<Vec<String>, Again> {
        let mut names = Vec::new();
        for entry in fs::read_dir(self.folder.root.join(path)).map_err(|_| Again::Changed)? {
            let entry = entry.map_err(|_| Again::Changed)?;
            let is_file = entry.file_type().is_ok_and(|kind| kind.is_file());
            let Some(wanted) = self.wanted(path, &entry).filter(|_| is_file) else { continue };
            let name = wanted.rsplit('/').next().unwrap_or_default().to_owned();
            if !matches!(name.as_str(), "LOCK" | "LOG" | "LOG.old") && !name.ends_with(".dbtmp") {
                names.push(name);
            }
        }
        names.sort();
        Ok(names)
    }

    fn stamps(&self, paths: &[String]) -> Result<Vec<Option<Identity>>, Again> {
        let look = |path: &String| match fs::symlink_metadata(self.folder.root.join(path)) {
            Ok(meta) if meta.is_file() => Ok(Some(Identity::of(&meta))),
            Ok(_) => Err(Again::Changed),
            Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(e) => Err(Again::Failed(self.folder.unreadable(path, "looking at", &e))),
        };
        paths.iter().map(look).collect()
    }

    /// The first `len` bytes.
    fn copy(&mut self, path: &str, len: u64) -> Result<(), Again> {
        let at = self.folder.root.join(path);
        let source = match open_plain(&at) {
            Ok(file) => file,
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Err(Again::Changed),
            Err(e) => return Err(self.folder.unreadable(path, "opening", &e).into()),
        };
        let mut buffer = vec![0; 256 * 1024];
        let mut done = 0;
        while done < len {
            let most = usize::try_from(len - done).unwrap_or(usize::MAX).min(buffer.len());
            match source.read_at(&mut buffer[..most], done) {
                Ok(0) => return Err(Again::Changed),
                Ok(count) => {
                    self.watch.step()?;
                    let written = self.file.write_all_at(&buffer[..count], self.end + done);
                    written.map_err(|e| self.spool.failed("writing", &e))?;
                    done += count as u64;
                }
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                Err(e) => return Err(self.folder.unreadable(path, "reading", &e).into()),
            }
        }
        self.places.insert(path.to_owned(), Place { start: self.end, len });
        self.end += len;
        Ok(())
    }
}

/// Waits for times to say something; a file that is written right now is looked at again later.
fn quiet(stamps: &[Option<Identity>]) -> Result<(), Again> {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    let newest = stamps.iter().flatten().map(|stamp| stamp.last_change()).max().unwrap_or_default();
    let newest = Duration::new(u64::try_from(newest.0).unwrap_or(0), u32::try_from(newest.1).unwrap_or(0));
    // A disk that counts in whole seconds.
    let tick = if newest.subsec_nanos() == 0 { Duration::from_secs(2) } else { TICK };
    // A time in the future is somebody's doing, and says nothing.
    match now.checked_sub(newest) {
        Some(age) if age < tick => Err(Again::Changed),
        _ => Ok(()),
    }
}
