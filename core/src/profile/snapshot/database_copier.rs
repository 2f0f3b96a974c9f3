//! Copies a database's own files, so that they are a database together.

use super::databases::{Database, LOG_SUFFIXES, WAL_SUFFIX};
use super::file_copier::{CopyError, FileCopier, FileCopy, FileState};
use super::listing::Listing;
use crate::error::{ErrorKind, Result};
use crate::profile::stores::DatabaseKind;

pub(super) type CopiedFiles = Vec<(String, FileCopy)>;

/// A copied database, and the files that must not change until all that belongs to it is copied too.
#[derive(Default)]
pub(super) struct CopiedDatabase {
    pub(super) files: CopiedFiles,
    /// The copy is a database as long as these stay the same.
    pub(super) fixed_for_database: CopiedFiles,
    absent_logs: Vec<(String, FileState)>,
    leveldb_names: Option<Vec<String>>,
    /// The copy names just the files beside it as long as these stay the same.
    pub(super) fixed_for_files: CopiedFiles,
    /// The reason if there is no copy, for a warning.
    pub(super) left_out: Option<&'static str>,
}

pub(super) struct DatabaseCopier<'a> {
    pub(super) listing: Listing<'a>,
    pub(super) files: FileCopier<'a>,
}

/// One of LevelDB's files that say which others are the database.
fn lists_tables(name: &str) -> bool {
    name == "CURRENT" || name.starts_with("MANIFEST-")
}

impl DatabaseCopier<'_> {
    pub(super) fn copy(&mut self, database: &Database) -> Result<CopiedDatabase, CopyError> {
        match database.kind {
            DatabaseKind::LevelDb => self.leveldb(database),
            DatabaseKind::Sqlite => self.sqlite(database),
            DatabaseKind::List => self.list(database),
        }
    }

    /// Whether a database was not written to for a while.
    pub(super) fn is_at_rest(&self, database: &Database) -> Result<bool, CopyError> {
        let mut own = vec![database.path.clone()];
        match database.kind {
            DatabaseKind::LevelDb => {
                // Of one alone the log may be cut anywhere.
                let counts = |name: &&String| database.files.is_some() || lists_tables(name);
                let names = self.listing.leveldb_names(&database.path)?;
                own = names.iter().filter(counts).map(|name| database.inside(name)).collect();
            }
            DatabaseKind::Sqlite => own.extend(LOG_SUFFIXES.map(|log| format!("{}{log}", database.path))),
            DatabaseKind::List => {}
        }
        for path in own {
            if !self.files.state_of(&path)?.time_is_settled {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// An error if the copied files are no database any more.
    pub(super) fn check_is_database(
        &mut self,
        database: &Database,
        copied: &CopiedDatabase,
    ) -> Result<(), CopyError> {
        self.check_unchanged(&copied.fixed_for_database)?;
        for (path, state) in &copied.absent_logs {
            if !self.files.is_in_state(path, state)? {
                return Err(CopyError::Changed);
            }
        }
        match &copied.leveldb_names {
            Some(names) if self.listing.leveldb_names(&database.path).ok().as_ref() != Some(names) => {
                Err(CopyError::Changed)
            }
            _ => Ok(()),
        }
    }

    pub(super) fn check_unchanged(&mut self, files: &CopiedFiles) -> Result<(), CopyError> {
        for (path, copy) in files {
            if !self.files.is_same(path, copy)? {
                return Err(CopyError::Changed);
            }
        }
        Ok(())
    }

    /// Copies the database and the logs that it has now.
    fn sqlite(&mut self, database: &Database) -> Result<CopiedDatabase, CopyError> {
        let path = &database.path;
        let logs = LOG_SUFFIXES.map(|log| format!("{path}{log}"));
        let logs: Vec<String> = logs.into_iter().filter(|log| !self.listing.filter.excludes(log)).collect();
        let log_in_use = self.log_in_use(path, &logs)?;
        let mut copied = CopiedDatabase::default();
        match self.files.copy(path) {
            Ok(copy) => copied.files.push((path.clone(), copy)),
            // Like any other file that may not be read; its logs are of no use without it.
            Err(CopyError::Failed(e)) if e.kind() == ErrorKind::SourceUnreadable && !database.critical => {
                copied.left_out = Some("could not be read and is left out");
                return Ok(copied);
            }
            Err(CopyError::Changed) if !database.critical && self.files.state_of(path)?.file.is_none() => {
                copied.left_out = Some("was gone when it was to be copied");
                return Ok(copied);
            }
            Err(error) => return Err(error),
        }
        if let Some((log, head)) = log_in_use {
            let copy = self.files.copy(&log)?;
            if self.files.head(&log)? != Some(head) {
                return Err(CopyError::Changed);
            }
            copied.files.push((log.clone(), copy));
            copied.fixed_for_files.push((log, copy));
            return Ok(copied);
        }
        for log in logs {
            let state = self.files.state_of(&log)?;
            match state.file {
                None => copied.absent_logs.push((log, state)),
                Some(_) => copied.files.push((log.clone(), self.files.copy(&log)?)),
            }
        }
        copied.fixed_for_database = copied.files.clone();
        Ok(copied)
    }

    /// The write-ahead log of a database that has one in use, with its head.
    ///
    /// Such a database is changed by copying pages from the log, and the log is only added to until all of it
    /// was copied and it begins anew with another head. So a log that is copied after the database makes up
    /// for whatever changed in that, as long as the head is the same; and where its end is cut, its checksums
    /// say so. From sqlite.org/fileformat2.html#walformat and sqlite.org/wal.html.
    fn log_in_use(&self, path: &str, logs: &[String]) -> Result<Option<(String, [u8; 32])>, CopyError> {
        let Some(log) = logs.iter().find(|log| log.ends_with(WAL_SUFFIX)) else { return Ok(None) };
        for other in logs.iter().filter(|other| *other != log) {
            if self.files.state_of(other)?.file.is_some() {
                return Ok(None);
            }
        }
        let is_wal_mode = |head: [u8; 20]| head[18..] == [2, 2];
        if !self.files.head(path)?.is_some_and(is_wal_mode) {
            return Ok(None);
        }
        let head = self.files.head(log)?.filter(|head: &[u8; 32]| {
            matches!(u32::from_be_bytes([head[0], head[1], head[2], head[3]]), 0x377f_0682 | 0x377f_0683)
        });
        Ok(head.map(|head| (log.clone(), head)))
    }

    /// `CURRENT` names the manifest, which lists the tables; as long as the two are the same, so is the
    /// database, but for the log, which is only ever added to and whose end may be cut anywhere.
    fn leveldb(&mut self, database: &Database) -> Result<CopiedDatabase, CopyError> {
        let names = self.listing.leveldb_names(&database.path)?;
        let is_log = |name: &&String| name.ends_with(".log");
        let mut copied = CopiedDatabase::default();
        // The log last: it has the least time to grow.
        for name in names.iter().filter(|name| !is_log(name)).chain(names.iter().filter(is_log)) {
            let path = database.inside(name);
            let copy = self.files.copy(&path)?;
            if lists_tables(name) {
                copied.fixed_for_database.push((path.clone(), copy));
            } else if is_log(&name) {
                copied.fixed_for_files.push((path.clone(), copy));
            }
            copied.files.push((path, copy));
        }
        copied.leveldb_names = Some(names);
        Ok(copied)
    }

    /// A file that lists others.
    fn list(&mut self, database: &Database) -> Result<CopiedDatabase, CopyError> {
        let mut copied = CopiedDatabase::default();
        if self.files.state_of(&database.path)?.file.is_none() {
            copied.left_out = Some("was gone when it was to be copied");
            return Ok(copied);
        }
        let copy = self.files.copy(&database.path)?;
        copied.files.push((database.path.clone(), copy));
        copied.fixed_for_files = copied.files.clone();
        Ok(copied)
    }
}
