//! The names that are in the folder by now, as far as they may go.

use std::fs;
use std::io;

use super::databases::Database;
use super::file_copier::CopyError;
use crate::profile::folder::Folder;
use crate::profile::pack_options::Filter;
use crate::profile::stall_guard::StallGuard;
use crate::profile::walk::fits_a_zip;

pub(super) struct Listing<'a> {
    pub(super) folder: &'a Folder,
    pub(super) filter: &'a Filter,
    pub(super) guard: &'a StallGuard,
}

impl Listing<'_> {
    /// Files below a folder, if there is one, but for those of the database itself.
    pub(super) fn files_below(&self, folder: &str, database: &Database) -> Result<Vec<String>, CopyError> {
        let mut files = Vec::new();
        let mut waiting = vec![folder.to_owned()];
        while let Some(folder) = waiting.pop() {
            self.guard.checkpoint()?;
            let entries = match fs::read_dir(self.folder.root.join(&folder)) {
                Ok(entries) => entries,
                Err(e) if e.kind() == io::ErrorKind::NotFound => continue,
                Err(e) => return Err(self.folder.unreadable(&folder, "listing", &e).into()),
            };
            for entry in entries {
                let entry = entry.map_err(|_| CopyError::Changed)?;
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

    /// The names of a LevelDB's own files.
    pub(super) fn leveldb_names(&self, path: &str) -> Result<Vec<String>, CopyError> {
        let mut names = Vec::new();
        for entry in fs::read_dir(self.folder.root.join(path)).map_err(|_| CopyError::Changed)? {
            let entry = entry.map_err(|_| CopyError::Changed)?;
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

    /// A name's path, if a zip can hold the name and the caller does not exclude it.
    fn wanted(&self, folder: &str, entry: &fs::DirEntry) -> Option<String> {
        let name = entry.file_name().into_string().ok().filter(|name| fits_a_zip(name))?;
        let path = if folder.is_empty() { name } else { format!("{folder}/{name}") };
        (!self.filter.excludes(&path)).then_some(path)
    }
}
