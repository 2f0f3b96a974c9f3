//! Copies the databases of a folder, each as often as it takes.

use std::collections::HashMap;
use std::time::Duration;

use super::database_copier::{CopiedDatabase, CopiedFiles, DatabaseCopier};
use super::databases::{Database, split_databases};
use super::file_copier::{CopyError, CopyRange, DatabaseCopies, FileCopier, FileCopy};
use super::listing::Listing;
use crate::error::{Error, ErrorKind, Result};
use crate::profile::folder::Folder;
use crate::profile::pack_options::Pack;
use crate::profile::stall_guard::StallGuard;
use crate::profile::stores::DatabaseKind;
use crate::profile::walk::TreeEntry;
use crate::source::Spool;

/// How far a copy of a database has to fit the files that the database names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Strictness {
    /// It fits them, at a moment when nothing was written for a while: a page is between two writes then.
    AtRest,
    /// It fits them, at any moment.
    WithFiles,
    /// It is a database; its files are as they are.
    DatabaseOnly,
}

/// How often a database is copied anew for each, with a pause in between: some 2 s each.
const TRIES: [(Strictness, u32); 3] =
    [(Strictness::AtRest, 100), (Strictness::WithFiles, 40), (Strictness::DatabaseOnly, 40)];

/// Pauses differ in length, since a page may write in a rhythm.
fn pause(strictness: Strictness, tried: u32) -> Duration {
    let (least, more) = if strictness == Strictness::AtRest { (5, 30) } else { (20, 60) };
    Duration::from_millis(u64::from(least + 23 * tried % more))
}

/// Copies every database among `entries`. Returns the entries as they are by then: a database's files change.
pub(crate) fn copy_databases(
    folder: &Folder,
    pack: &Pack,
    entries: Vec<TreeEntry>,
    spool: &Spool,
    guard: &StallGuard,
) -> Result<(Vec<TreeEntry>, DatabaseCopies)> {
    let filter = pack.filter()?;
    let (mut rest, databases) = split_databases(folder, pack, &filter, &entries);
    let files = FileCopier::new(folder, spool, guard)?;
    let copier = DatabaseCopier { listing: Listing { folder, filter: &filter, guard }, files };
    let mut snapshot = Snapshot { folder, guard, copier, ranges: HashMap::new(), warnings: Vec::new() };
    for database in &databases {
        rest.extend(snapshot.copy(database)?);
    }
    rest.sort_by(|a, b| a.path.as_bytes().cmp(b.path.as_bytes()));
    let Snapshot { copier, ranges, warnings, .. } = snapshot;
    Ok((rest, copier.files.finished(ranges, warnings)))
}

struct Snapshot<'a> {
    folder: &'a Folder,
    guard: &'a StallGuard,
    copier: DatabaseCopier<'a>,
    ranges: HashMap<String, CopyRange>,
    warnings: Vec<String>,
}

/// Whether a copied file stays as it is, as far as its times tell.
fn is_finished(copy: &FileCopy) -> bool {
    copy.state.time_is_settled && !copy.state.is_just_created
}

impl Snapshot<'_> {
    fn copy(&mut self, database: &Database) -> Result<Vec<TreeEntry>> {
        let mut file_copies = HashMap::new();
        // A database that names no files has none to fit.
        let counts = |strictness| strictness != Strictness::WithFiles || database.files.is_some();
        for (strictness, tries) in TRIES.into_iter().filter(|(strictness, _)| counts(*strictness)) {
            for tried in 0..tries {
                self.guard.checkpoint()?;
                match self.try_copy(database, &mut file_copies, strictness) {
                    Ok(entries) => return Ok(entries),
                    Err(CopyError::Failed(error)) => return Err(error),
                    Err(CopyError::Changed) => std::thread::sleep(pause(strictness, tried)),
                }
            }
        }
        Err(Error::new(
            ErrorKind::BrowserRunning,
            format!(
                "{} kept changing while it was copied; try again when the browser does less, or close it",
                self.folder.display_path(&database.path)
            ),
        )
        .retryable_is(true)
        .with_path(&self.folder.root))
    }

    /// Copies the files that the database names, then the database, then its new files. None of these may
    /// have changed since, so the archive holds every file that the copy names.
    fn try_copy(
        &mut self,
        database: &Database,
        file_copies: &mut HashMap<String, FileCopy>,
        strictness: Strictness,
    ) -> Result<Vec<TreeEntry>, CopyError> {
        if let Some((store, folder)) = &database.files {
            let listed = self.copier.listing.files_below(folder, database)?;
            file_copies.retain(|path, _| listed.binary_search(path).is_ok());
            for path in listed {
                self.copy_named_file(path, file_copies)?;
            }
            if strictness == Strictness::AtRest && store.in_place && !file_copies.values().all(is_finished) {
                return Err(CopyError::Changed);
            }
        }
        if strictness == Strictness::AtRest && !self.copier.is_at_rest(database)? {
            return Err(CopyError::Changed);
        }
        // The next try uses the copies made up to here as well.
        let end = self.copier.files.end();
        let entries = self.database_and_files(database, file_copies, strictness);
        if entries.is_err() {
            self.copier.files.discard_from(end);
        }
        entries
    }

    fn copy_named_file(
        &mut self,
        path: String,
        file_copies: &mut HashMap<String, FileCopy>,
    ) -> Result<(), CopyError> {
        if let Some(copy) = file_copies.get(&path)
            && is_finished(copy)
            && self.copier.files.is_in_state(&path, &copy.state)?
        {
            return Ok(());
        }
        match self.copier.files.copy(&path) {
            Ok(copy) => drop(file_copies.insert(path, copy)),
            // A browser removed it by now, or writes it.
            Err(CopyError::Changed) => drop(file_copies.remove(&path)),
            Err(failed) => return Err(failed),
        }
        Ok(())
    }

    fn database_and_files(
        &mut self,
        database: &Database,
        file_copies: &HashMap<String, FileCopy>,
        strictness: Strictness,
    ) -> Result<Vec<TreeEntry>, CopyError> {
        let copied = self.copier.copy(database)?;
        if let Some(why) = copied.left_out {
            self.warnings.push(format!("{} {why}", self.folder.display_path(&database.path)));
            return Ok(Vec::new());
        }
        // A browser may have written to it since it was found at rest.
        let at_rest = |files: &CopiedFiles| files.iter().all(|(_, copy)| copy.state.time_is_settled);
        let names_files = database.files.is_some();
        if strictness == Strictness::AtRest
            && !(at_rest(&copied.fixed_for_database) && (!names_files || at_rest(&copied.fixed_for_files)))
        {
            return Err(CopyError::Changed);
        }
        let files = self.named_files(database, file_copies, strictness)?;
        self.copier.check_is_database(database, &copied)?;
        if names_files {
            self.check_fits_files(database, &copied, &files, strictness)?;
        }
        Ok(self.entries(database, copied.files, files))
    }

    /// Copies of the files that a database names: those there are, and new ones for the rest.
    fn named_files(
        &mut self,
        database: &Database,
        file_copies: &HashMap<String, FileCopy>,
        strictness: Strictness,
    ) -> Result<CopiedFiles, CopyError> {
        let mut files = CopiedFiles::new();
        let Some((_, folder)) = &database.files else { return Ok(files) };
        for path in self.copier.listing.files_below(folder, database)? {
            let copy = match file_copies.get(&path) {
                Some(copy)
                    if copy.state.time_is_settled && self.copier.files.is_in_state(&path, &copy.state)? =>
                {
                    *copy
                }
                _ => match self.copier.files.copy(&path) {
                    Ok(copy) => copy,
                    Err(CopyError::Changed) if strictness == Strictness::DatabaseOnly => continue,
                    Err(error) => return Err(error),
                },
            };
            files.push((path, copy));
        }
        Ok(files)
    }

    /// An error if the copied database may not fit its copied files; a warning if it need not.
    fn check_fits_files(
        &mut self,
        database: &Database,
        copied: &CopiedDatabase,
        files: &CopiedFiles,
        strictness: Strictness,
    ) -> Result<(), CopyError> {
        let Some((store, folder)) = &database.files else { return Ok(()) };
        if strictness == Strictness::DatabaseOnly {
            self.warnings.push(format!(
                "{} kept changing while it was copied, and files that belong to it may be missing or not fit it; pack again when the browser does less, or close it",
                self.folder.display_path(&database.path)
            ));
            return Ok(());
        }
        self.copier.check_unchanged(&copied.fixed_for_files)?;
        if store.in_place {
            self.copier.check_unchanged(files)?;
            let now = self.copier.listing.files_below(folder, database)?;
            if !now.iter().eq(files.iter().map(|(path, _)| path)) {
                return Err(CopyError::Changed);
            }
        }
        Ok(())
    }

    /// The entries of the archive for a database; notes where its copies are.
    fn entries(&mut self, database: &Database, own: CopiedFiles, files: CopiedFiles) -> Vec<TreeEntry> {
        let leveldb = database.kind == DatabaseKind::LevelDb;
        let own = own.into_iter().map(|file| (file, database.critical, leveldb));
        let all = own.chain(files.into_iter().map(|file| (file, false, false)));
        let mut entries = Vec::new();
        for ((path, copy), critical, leveldb) in all {
            self.ranges.insert(path.clone(), copy.range());
            entries.push(TreeEntry { path, file: copy.state.file, critical, leveldb });
        }
        entries
    }
}
