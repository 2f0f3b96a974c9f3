//! The databases among the files that go.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::Path;

use crate::profile::folder::Folder;
use crate::profile::names::without_sidecar;
use crate::profile::open_nofollow::open_plain;
use crate::profile::pack_options::{Filter, Pack};
use crate::profile::rules::{self, Name};
use crate::profile::stores::{self, DatabaseKind, Store};
use crate::profile::walk::TreeEntry;
use crate::sys::PositionalIo as _;

/// A database among the files that go.
pub(super) struct Database {
    pub(super) kind: DatabaseKind,
    pub(super) path: String,
    pub(super) critical: bool,
    /// The files it names, in this folder.
    pub(super) files: Option<(&'static Store, String)>,
}

/// Tells the databases from the rest. The files that belong to a database are listed anew when it is copied.
pub(super) fn split_databases(
    folder: &Folder,
    pack: &Pack,
    filter: &Filter,
    entries: &[TreeEntry],
) -> (Vec<TreeEntry>, Vec<Database>) {
    let (mut rest, mut databases) = Split { folder, pack, filter, entries }.split();
    let named: HashMap<String, String> = databases.iter().filter_map(Database::named).collect();
    let is_named = |path: &str, itself: Option<&str>| {
        let above = path.match_indices('/').map(|(at, _)| &path[..at]);
        above.filter_map(|folder| named.get(folder)).any(|by| Some(by.as_str()) != itself)
    };
    rest.retain(|entry| entry.file.is_none() || !is_named(&entry.path, None));
    // A site may keep a database in its own file system.
    databases.retain(|database| !is_named(&database.path, Some(&database.path)));
    (rest.into_iter().cloned().collect(), databases)
}

struct Split<'a> {
    folder: &'a Folder,
    pack: &'a Pack,
    filter: &'a Filter,
    /// Sorted by path.
    entries: &'a [TreeEntry],
}

impl<'a> Split<'a> {
    fn split(&self) -> (Vec<&'a TreeEntry>, Vec<Database>) {
        let paths: HashSet<&str> = self.entries.iter().map(|entry| entry.path.as_str()).collect();
        let is_log = |entry: &TreeEntry| {
            let base = without_sidecar(&entry.path);
            base != entry.path && paths.contains(base) && is_sqlite(&self.folder.root.join(base))
        };
        let mut leveldbs: BTreeMap<String, bool> = BTreeMap::new();
        let (mut rest, mut databases) = (Vec::new(), Vec::new());
        for entry in self.entries {
            let (path, critical) = (entry.path.as_str(), entry.critical);
            if entry.file.is_none() {
                rest.push(entry);
            } else if entry.leveldb {
                *leveldbs.entry(parent(path).to_owned()).or_default() |= critical;
            } else if is_log(entry) {
                // Goes with its database.
            } else if is_sqlite(&self.folder.root.join(path)) {
                databases.push(self.database(DatabaseKind::Sqlite, path, critical));
            } else {
                let list = self.database(DatabaseKind::List, path, critical);
                if list.files.is_some() { databases.push(list) } else { rest.push(entry) }
            }
        }
        for (path, critical) in leveldbs {
            databases.push(self.database(DatabaseKind::LevelDb, &path, critical));
        }
        (rest, databases)
    }

    fn database(&self, kind: DatabaseKind, path: &str, critical: bool) -> Database {
        let files = stores::of(self.folder.family, kind, path).filter(|(_, files)| self.takes(files));
        Database { kind, path: path.to_owned(), critical, files }
    }

    /// Whether a folder of named files goes. A level may take a database and leave out the files it names.
    fn takes(&self, files: &str) -> bool {
        let name = Name { path: files, in_profile: self.folder.in_profile(files), in_leveldb: false };
        let rule = rules::of(self.folder.family, &name);
        !self.filter.excludes(files)
            && (self.is_below(files)
                || rule.is_none_or(|rule| rule.class(false).is_packed_at(self.pack.level)))
    }

    /// Whether an entry is below this folder.
    fn is_below(&self, folder: &str) -> bool {
        let below = format!("{folder}/");
        let at = self.entries.partition_point(|entry| entry.path.as_bytes() < below.as_bytes());
        self.entries.get(at).is_some_and(|entry| entry.path.starts_with(&below))
    }
}

impl Database {
    /// The folder of the files it names, and itself.
    pub(super) fn named(&self) -> Option<(String, String)> {
        self.files.as_ref().map(|(_, folder)| (folder.clone(), self.path.clone()))
    }

    /// A name in its folder.
    pub(super) fn inside(&self, name: &str) -> String {
        if self.path.is_empty() { name.to_owned() } else { format!("{}/{name}", self.path) }
    }

    /// Whether a file is its own and none that it names.
    pub(super) fn owns(&self, path: &str) -> bool {
        let inside = |rest: &str| match self.kind {
            DatabaseKind::LevelDb => rest.is_empty() || rest.starts_with('/'),
            DatabaseKind::Sqlite => rest.is_empty() || LOG_SUFFIXES.contains(&rest) || rest == "-shm",
            DatabaseKind::List => rest.is_empty(),
        };
        path.strip_prefix(&self.path).is_some_and(inside)
    }
}

fn parent(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(parent, _)| parent)
}

/// The logs of a SQLite database: of changes not yet in it, and of what to undo after a crash.
pub(super) const WAL_SUFFIX: &str = "-wal";
pub(super) const LOG_SUFFIXES: [&str; 2] = [WAL_SUFFIX, "-journal"];

fn is_sqlite(path: &Path) -> bool {
    let mut head = [0; 16];
    let read = open_plain(path).and_then(|file| file.read_exact_at(&mut head, 0));
    read.is_ok() && &head == b"SQLite format 3\0"
}
