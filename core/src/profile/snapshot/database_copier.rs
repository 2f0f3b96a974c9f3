//! Copies one database after the other, each as often as it takes.

use std::collections::HashMap;
use std::fs;
use std::io;
use std::time::Duration;

use super::copies::{Again, Copier, Copies, Copy, Place, Seen};
use super::databases::{Database, LOGS, WAL, sorted};
use crate::error::{Error, ErrorKind, Result};
use crate::profile::folder::Folder;
use crate::profile::pack_options::{Filter, Pack};
use crate::profile::stall_guard::Watch;
use crate::profile::stores::Kind;
use crate::profile::walk::{Entry, fits_a_zip};
use crate::source::Spool;

/// What a copy of a database is to fit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fit {
    /// The files it names, at a moment when nothing was written for a while: a page is between two things it
    /// does.
    AtRest,
    /// The files it names, at any moment.
    Files,
    /// Itself alone; its files are as they are.
    Itself,
}

/// How often a database is copied anew for each, and how long is waited in between: some 2 s each.
const TRIES: [(Fit, u32); 3] = [(Fit::AtRest, 100), (Fit::Files, 40), (Fit::Itself, 40)];

/// Never the same twice in a row: a page may write in the same rhythm.
fn pause(fit: Fit, tried: u32) -> Duration {
    let (least, more) = if fit == Fit::AtRest { (5, 30) } else { (20, 60) };
    Duration::from_millis(u64::from(least + 23 * tried % more))
}

/// Copies every database among `entries`. Returns the entries as they are by then: a database's files change.
pub(crate) fn take(
    folder: &Folder,
    pack: &Pack,
    entries: Vec<Entry>,
    spool: &Spool,
    watch: &Watch,
) -> Result<(Vec<Entry>, Copies)> {
    let filter = pack.filter()?;
    let (mut rest, databases) = sorted(folder, pack, &filter, entries);
    let copier = Copier::new(folder, spool, watch)?;
    let (places, remarks) = (HashMap::new(), Vec::new());
    let mut taker = Taker { folder, filter: &filter, watch, copier, places, remarks };
    for database in &databases {
        rest.extend(taker.take(database)?);
    }
    rest.sort_by(|a, b| a.path.as_bytes().cmp(b.path.as_bytes()));
    let Taker { copier, places, remarks, .. } = taker;
    Ok((rest, copier.finished(places, remarks)))
}

/// Whether one of LevelDB's files says which others are the database.
fn is_state(name: &str) -> bool {
    name == "CURRENT" || name.starts_with("MANIFEST-")
}

struct Taker<'a> {
    folder: &'a Folder,
    filter: &'a Filter,
    watch: &'a Watch,
    copier: Copier<'a>,
    places: HashMap<String, Place>,
    remarks: Vec<String>,
}

type Files = Vec<(String, Copy)>;

/// A database that was copied, and what of it must not change until all that belongs to it is copied too.
#[derive(Default)]
struct Taken {
    files: Files,
    /// For the copy to be a database.
    still: Files,
    absent: Vec<(String, Seen)>,
    names: Option<Vec<String>>,
    /// For it to name just the files beside it.
    with_files: Files,
    /// Why there is none.
    gone: Option<&'static str>,
}

impl Taker<'_> {
    fn take(&mut self, database: &Database) -> Result<Vec<Entry>> {
        let mut kept = HashMap::new();
        // One without files has none to fit.
        let counts = |fit| fit != Fit::Files || database.files.is_some();
        for (fit, tries) in TRIES.into_iter().filter(|(fit, _)| counts(*fit)) {
            for tried in 0..tries {
                self.watch.step()?;
                match self.once(database, &mut kept, fit) {
                    Ok(entries) => return Ok(entries),
                    Err(Again::Failed(error)) => return Err(error),
                    Err(Again::Changed) => std::thread::sleep(pause(fit, tried)),
                }
            }
        }
        Err(Error::new(
            ErrorKind::BrowserRunning,
            format!(
                "{} kept changing while it was copied; try again when the browser does less, or close it",
                self.folder.shown(&database.path)
            ),
        )
        .retryable_is(true)
        .with_path(&self.folder.root))
    }

    /// The files it names are copied first, then the database, then what is new of its files, and nothing of
    /// all that may have changed since: so what the copy names is in the archive.
    fn once(
        &mut self,
        database: &Database,
        kept: &mut HashMap<String, Copy>,
        fit: Fit,
    ) -> Result<Vec<Entry>, Again> {
        if let Some((store, folder)) = &database.files {
            let listed = self.files_below(folder, database)?;
            kept.retain(|path, _| listed.binary_search(path).is_ok());
            for path in listed {
                self.keep(path, kept)?;
            }
            let rests = |copy: &Copy| copy.seen.times_tell && !copy.seen.is_begun;
            if fit == Fit::AtRest && store.in_place && !kept.values().all(rests) {
                return Err(Again::Changed);
            }
        }
        if fit == Fit::AtRest && !self.is_at_rest(database)? {
            return Err(Again::Changed);
        }
        // What was copied up to here serves the next try as well.
        let end = self.copier.end();
        let entries = self.database_and_files(database, kept, fit);
        if entries.is_err() {
            self.copier.back_to(end);
        }
        entries
    }

    fn keep(&mut self, path: String, kept: &mut HashMap<String, Copy>) -> Result<(), Again> {
        if let Some(copy) = kept.get(&path)
            && copy.seen.times_tell
            && !copy.seen.is_begun
            && self.copier.looks_same(&path, &copy.seen)?
        {
            return Ok(());
        }
        match self.copier.copy(&path) {
            Ok(copy) => drop(kept.insert(path, copy)),
            // Removed by now, or just being written.
            Err(Again::Changed) => drop(kept.remove(&path)),
            Err(failed) => return Err(failed),
        }
        Ok(())
    }

    fn database_and_files(
        &mut self,
        database: &Database,
        kept: &HashMap<String, Copy>,
        fit: Fit,
    ) -> Result<Vec<Entry>, Again> {
        let taken = match database.kind {
            Kind::LevelDb => self.leveldb(database)?,
            Kind::Sqlite => self.sqlite(database)?,
            Kind::List => self.list(database)?,
        };
        if let Some(why) = taken.gone {
            self.remarks.push(format!("{} {why}", self.folder.shown(&database.path)));
            return Ok(Vec::new());
        }
        // It may have been written to since it was found at rest.
        let rests = |files: &Files| files.iter().all(|(_, copy)| copy.seen.times_tell);
        let counts = database.files.is_some();
        if fit == Fit::AtRest && !(rests(&taken.still) && (!counts || rests(&taken.with_files))) {
            return Err(Again::Changed);
        }
        let mut files = Files::new();
        let mut listed = Vec::new();
        if let Some((_, folder)) = &database.files {
            listed = self.files_below(folder, database)?;
            for path in &listed {
                match kept.get(path) {
                    Some(copy) if copy.seen.times_tell && self.copier.looks_same(path, &copy.seen)? => {
                        files.push((path.clone(), *copy));
                    }
                    _ => match self.copier.copy(path) {
                        Ok(copy) => files.push((path.clone(), copy)),
                        Err(Again::Changed) if fit == Fit::Itself => {}
                        Err(again) => return Err(again),
                    },
                }
            }
        }
        self.must_be_same(&taken.still)?;
        for (path, seen) in &taken.absent {
            if !self.copier.looks_same(path, seen)? {
                return Err(Again::Changed);
            }
        }
        if taken.names.is_some_and(|names| self.names(&database.path).ok() != Some(names)) {
            return Err(Again::Changed);
        }
        match &database.files {
            Some((store, folder)) if fit != Fit::Itself => {
                self.must_be_same(&taken.with_files)?;
                if store.in_place {
                    self.must_be_same(&files)?;
                    if self.files_below(folder, database)? != listed {
                        return Err(Again::Changed);
                    }
                }
            }
            Some(_) => self.remarks.push(format!(
                "{} kept changing while it was copied, and files that belong to it may be missing or not fit it; pack again when the browser does less, or close it",
                self.folder.shown(&database.path)
            )),
            None => {}
        }
        let leveldb = database.kind == Kind::LevelDb;
        let own = taken.files.into_iter().map(|file| (file, database.critical, leveldb));
        let all = own.chain(files.into_iter().map(|file| (file, false, false)));
        let mut entries = Vec::new();
        for ((path, copy), critical, leveldb) in all {
            self.places.insert(path.clone(), copy.place());
            entries.push(Entry { path, file: copy.seen.file, critical, leveldb });
        }
        Ok(entries)
    }

    /// Whether a database was not written to for a while.
    fn is_at_rest(&self, database: &Database) -> Result<bool, Again> {
        let mut own = vec![database.path.clone()];
        match database.kind {
            Kind::LevelDb => {
                // Of one alone the log may be cut anywhere.
                let counts = |name: &&String| database.files.is_some() || is_state(name);
                let names = self.names(&database.path)?;
                own = names.iter().filter(counts).map(|name| database.inside(name)).collect();
            }
            Kind::Sqlite => own.extend(LOGS.map(|log| format!("{}{log}", database.path))),
            Kind::List => {}
        }
        for path in own {
            if !self.copier.look(&path)?.times_tell {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn must_be_same(&mut self, files: &Files) -> Result<(), Again> {
        for (path, copy) in files {
            if !self.copier.is_same(path, copy)? {
                return Err(Again::Changed);
            }
        }
        Ok(())
    }

    /// The database and its logs, whichever there are now.
    fn sqlite(&mut self, database: &Database) -> Result<Taken, Again> {
        let path = &database.path;
        let logs = LOGS.map(|log| format!("{path}{log}"));
        let logs: Vec<String> = logs.into_iter().filter(|log| !self.filter.excludes(log)).collect();
        let begun = self.log_in_use(path, &logs)?;
        let mut taken = Taken::default();
        match self.copier.copy(path) {
            Ok(copy) => taken.files.push((path.clone(), copy)),
            // Like any other file that may not be read; its logs are of no use without it.
            Err(Again::Failed(e)) if e.kind() == ErrorKind::SourceUnreadable && !database.critical => {
                taken.gone = Some("could not be read and is left out");
                return Ok(taken);
            }
            Err(Again::Changed) if !database.critical && self.copier.look(path)?.file.is_none() => {
                taken.gone = Some("was gone when it was to be copied");
                return Ok(taken);
            }
            Err(again) => return Err(again),
        }
        if let Some((log, head)) = begun {
            let copy = self.copier.copy(&log)?;
            if self.copier.head(&log)? != Some(head) {
                return Err(Again::Changed);
            }
            taken.files.push((log.clone(), copy));
            taken.with_files.push((log, copy));
            return Ok(taken);
        }
        for log in logs {
            let seen = self.copier.look(&log)?;
            match seen.file {
                None => taken.absent.push((log, seen)),
                Some(_) => taken.files.push((log.clone(), self.copier.copy(&log)?)),
            }
        }
        taken.still = taken.files.clone();
        Ok(taken)
    }

    /// The write-ahead log of a database that has one in use, with its head.
    ///
    /// Such a database is changed by copying pages from the log, and the log is only added to until all of it
    /// was copied and it begins anew with another head. So a log that is copied after the database makes up
    /// for whatever changed in that, as long as the head is the same; and where its end is cut, its checksums
    /// say so. From sqlite.org/fileformat2.html#walformat and sqlite.org/wal.html.
    fn log_in_use(&self, path: &str, logs: &[String]) -> Result<Option<(String, [u8; 32])>, Again> {
        let Some(log) = logs.iter().find(|log| log.ends_with(WAL)) else { return Ok(None) };
        for other in logs.iter().filter(|other| *other != log) {
            if self.copier.look(other)?.file.is_some() {
                return Ok(None);
            }
        }
        let is_wal_mode = |head: [u8; 20]| head[18..] == [2, 2];
        if !self.copier.head(path)?.is_some_and(is_wal_mode) {
            return Ok(None);
        }
        let head = self.copier.head(log)?.filter(|head: &[u8; 32]| {
            matches!(u32::from_be_bytes([head[0], head[1], head[2], head[3]]), 0x377f_0682 | 0x377f_0683)
        });
        Ok(head.map(|head| (log.clone(), head)))
    }

    /// `CURRENT` names the manifest, which lists the tables; as long as the two are the same, so is the
    /// database, but for the log, which is only ever added to and whose end may be cut anywhere.
    fn leveldb(&mut self, database: &Database) -> Result<Taken, Again> {
        let names = self.names(&database.path)?;
        let is_log = |name: &&String| name.ends_with(".log");
        let mut taken = Taken::default();
        // The log last: it has the least time to grow.
        for name in names.iter().filter(|name| !is_log(name)).chain(names.iter().filter(is_log)) {
            let path = database.inside(name);
            let copy = self.copier.copy(&path)?;
            if is_state(name) {
                taken.still.push((path.clone(), copy));
            } else if is_log(&name) {
                taken.with_files.push((path.clone(), copy));
            }
            taken.files.push((path, copy));
        }
        taken.names = Some(names);
        Ok(taken)
    }

    /// A file that lists others.
    fn list(&mut self, database: &Database) -> Result<Taken, Again> {
        let mut taken = Taken::default();
        if self.copier.look(&database.path)?.file.is_none() {
            taken.gone = Some("was gone when it was to be copied");
            return Ok(taken);
        }
        let copy = self.copier.copy(&database.path)?;
        taken.files.push((database.path.clone(), copy));
        taken.with_files = taken.files.clone();
        Ok(taken)
    }

    /// Files below a folder, if there is one, but for those of the database itself.
    fn files_below(&self, folder: &str, database: &Database) -> Result<Vec<String>, Again> {
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
                let wanted = self.wanted(&folder, &entry).filter(|path| !database.owns(path));
                let Some(path) = wanted else { continue };
                match entry.file_type() {
                    Ok(kind) if kind.is_file() => files.push(path),
                    Ok(kind) if kind.is_dir() => waiting.push(path),
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

    /// A LevelDB's own files; other names were sorted out by the rules.
    fn names(&self, path: &str) -> Result<Vec<String>, Again> {
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
}
