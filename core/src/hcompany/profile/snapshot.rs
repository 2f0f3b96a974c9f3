//! Consistent copies of databases while a browser writes to them: a SQLite file together with its logs, a LevelDB
//! folder as a whole. Each is copied until it did not change meanwhile. The copies have no name, and the folder is
//! only read: no lock is taken, since SQLite's own backup waits for a browser that never lets go.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::fs::{self, File};
use std::io;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use super::family::Folder;
use super::walk::{Entry, Stamp};
use super::watch::Watch;
use crate::error::{Error, ErrorKind, Result};
use crate::source::Spool;

/// Copies of files, by their path inside the folder. All are in one file: a LevelDB folder may have more files than a
/// process may open.
pub(super) struct Copies {
    file: Option<Arc<File>>,
    places: HashMap<String, Place>,
    spool: Option<Spool>,
}

#[derive(Clone, Copy)]
struct Place {
    start: u64,
    len: u64,
}

impl Copies {
    pub(super) fn none() -> Self {
        Self { file: None, places: HashMap::new(), spool: None }
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

/// Copies every database among `entries`. Returns the entries as they are by then: a LevelDB folder's files change.
pub(super) fn take(
    folder: &Folder,
    entries: Vec<Entry>,
    spool: &Spool,
    watch: &Watch,
) -> Result<(Vec<Entry>, Copies)> {
    let mut taker = Taker { folder, spool, watch, file: spool.create()?, end: 0, places: HashMap::new() };
    let mut rest = Vec::new();
    let mut leveldbs: BTreeMap<String, Vec<Entry>> = BTreeMap::new();
    let paths: HashSet<String> = entries.iter().map(|entry| entry.path.clone()).collect();
    let mut sqlite: Vec<Entry> = Vec::new();
    for entry in entries {
        let base = base_of(&entry.path);
        if entry.file.is_none() {
            rest.push(entry);
        } else if entry.leveldb {
            let parent = entry.path.rsplit_once('/').map_or("", |(parent, _)| parent).to_owned();
            leveldbs.entry(parent).or_default().push(entry);
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
        rest.extend(taker.until_quiet(&path, |taker| taker.leveldb(&path, &known))?);
    }
    rest.sort_by(|a, b| a.path.as_bytes().cmp(b.path.as_bytes()));
    let (file, places) = (Some(Arc::new(taker.file)), taker.places);
    Ok((rest, Copies { file, places, spool: Some(spool.clone()) }))
}

/// The logs of a SQLite database: of changes not yet in it, and of what to undo after a crash.
const LOGS: [&str; 2] = ["-wal", "-journal"];

fn base_of(path: &str) -> &str {
    LOGS.iter().find_map(|log| path.strip_suffix(log)).unwrap_or(path)
}

fn is_sqlite(path: &Path) -> bool {
    let mut head = [0; 16];
    let read = File::open(path).and_then(|file| file.read_exact_at(&mut head, 0));
    read.is_ok() && &head == b"SQLite format 3\0"
}

struct Taker<'a> {
    folder: &'a Folder,
    spool: &'a Spool,
    watch: &'a Watch,
    file: File,
    end: u64,
    places: HashMap<String, Place>,
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
        let paths =
            [entry.path.clone(), format!("{}{}", entry.path, LOGS[0]), format!("{}{}", entry.path, LOGS[1])];
        let before = self.stamps(&paths)?;
        quiet(&before)?;
        let mut entries = Vec::new();
        for (path, stamp) in paths.iter().zip(&before) {
            let Some(stamp) = stamp else { continue };
            self.copy(path, stamp.size)?;
            entries.push(Entry { path: path.clone(), file: Some(*stamp), ..entry.clone() });
        }
        if self.stamps(&paths)? != before {
            return Err(Again::Changed);
        }
        Ok(entries)
    }

    /// `CURRENT` names the manifest, which lists the tables; as long as the two are the same, so is the database,
    /// but for the log, which is only ever added to and whose end may be cut anywhere.
    fn leveldb(&mut self, path: &str, known: &[Entry]) -> Result<Vec<Entry>, Again> {
        let listed = self.list(path)?;
        let is_state = |name: &str| name == "CURRENT" || name.starts_with("MANIFEST-");
        let inside = |name: &str| if path.is_empty() { name.to_owned() } else { format!("{path}/{name}") };
        let state: Vec<String> =
            listed.iter().filter(|name| is_state(name)).map(|name| inside(name)).collect();
        let before = self.stamps(&state)?;
        quiet(&before)?;
        let mut entries = Vec::new();
        let model = known.first();
        for name in &listed {
            let path = inside(name);
            let Some(stamp) = self.stamps(std::slice::from_ref(&path))?[0] else {
                return Err(Again::Changed);
            };
            self.copy(&path, stamp.size)?;
            let critical = model.is_some_and(|entry| entry.critical);
            entries.push(Entry { path, file: Some(stamp), critical, leveldb: true });
        }
        if self.stamps(&state)? != before || self.list(path)? != listed {
            return Err(Again::Changed);
        }
        Ok(entries)
    }

    /// The database's own files; other names were sorted out by the rules.
    fn list(&self, path: &str) -> Result<Vec<String>, Again> {
        let folder = self.folder.root.join(path);
        let mut names = Vec::new();
        for entry in fs::read_dir(&folder).map_err(|_| Again::Changed)? {
            let entry = entry.map_err(|_| Again::Changed)?;
            let is_file = entry.file_type().is_ok_and(|kind| kind.is_file());
            if let (true, Ok(name)) = (is_file, entry.file_name().into_string())
                && !matches!(name.as_str(), "LOCK" | "LOG" | "LOG.old")
                && !name.ends_with(".dbtmp")
            {
                names.push(name);
            }
        }
        names.sort();
        Ok(names)
    }

    fn stamps(&self, paths: &[String]) -> Result<Vec<Option<Stamp>>, Again> {
        let look = |path: &String| match fs::symlink_metadata(self.folder.root.join(path)) {
            Ok(meta) if meta.is_file() => Ok(Some(Stamp::of(&meta))),
            Ok(_) => Err(Again::Changed),
            Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(e) => Err(Again::Failed(Error::local_io(&self.folder.root.join(path), "looking at", &e))),
        };
        paths.iter().map(look).collect()
    }

    /// The first `len` bytes.
    fn copy(&mut self, path: &str, len: u64) -> Result<(), Again> {
        let at = self.folder.root.join(path);
        let source = match File::open(&at) {
            Ok(file) => file,
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Err(Again::Changed),
            Err(e) => return Err(Error::local_io(&at, "opening", &e).into()),
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
                Err(e) => return Err(Error::local_io(&at, "reading", &e).into()),
            }
        }
        self.places.insert(path.to_owned(), Place { start: self.end, len });
        self.end += len;
        Ok(())
    }
}

/// Waits for times to say something; a file that is written right now is looked at again later.
fn quiet(stamps: &[Option<Stamp>]) -> Result<(), Again> {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    let newest = stamps.iter().flatten().map(|stamp| stamp.modified()).max().unwrap_or_default();
    let newest = Duration::new(u64::try_from(newest.0).unwrap_or(0), u32::try_from(newest.1).unwrap_or(0));
    // A time in the future is somebody's doing, and says nothing.
    match now.checked_sub(newest) {
        Some(age) if age < TICK => Err(Again::Changed),
        _ => Ok(()),
    }
}
