//! The databases among the files that go.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::Path;

use crate::profile::folder::Folder;
use crate::profile::names::without_sidecar;
use crate::profile::open_nofollow::open_plain;
use crate::profile::pack_options::{Filter, Pack};
use crate::profile::rules::{self, Name};
use crate::profile::stores::{self, Kind, Store};
use crate::profile::walk::Entry;

/// A database among the files that go.
pub(super) struct Database {
    pub(super) kind: Kind,
    pub(super) path: String,
    pub(super) critical: bool,
    /// The files it names, in this folder.
    pub(super) files: Option<(&'static Store, String)>,
}

/// Tells the databases from the rest. What belongs to one is looked for anew when it is copied.
pub(super) fn sorted(
    folder: &Folder,
    pack: &Pack,
    filter: &Filter,
    entries: Vec<Entry>,
) -> (Vec<Entry>, Vec<Database>) {
    let is_below = |path: &str| {
        let below = format!("{path}/");
        let at = entries.partition_point(|entry| entry.path.as_bytes() < below.as_bytes());
        entries.get(at).is_some_and(|entry| entry.path.starts_with(&below))
    };
    // The level may take a database and leave out what it names.
    let goes = |files: &str| {
        let name = Name { path: files, in_profile: folder.in_profile(files), in_leveldb: false };
        let rule = rules::of(folder.family, &name);
        !filter.excludes(files)
            && (is_below(files) || rule.is_none_or(|rule| rule.class(false).goes(pack.level)))
    };
    let files_of =
        |kind: Kind, path: &str| stores::of(folder.family, kind, path).filter(|(_, files)| goes(files));
    let paths: HashSet<&str> = entries.iter().map(|entry| entry.path.as_str()).collect();
    let is_log = |entry: &Entry| {
        let base = without_sidecar(&entry.path);
        base != entry.path && paths.contains(base) && is_sqlite(&folder.root.join(base))
    };
    let mut leveldbs: BTreeMap<String, bool> = BTreeMap::new();
    let mut databases = Vec::new();
    let mut rest = Vec::new();
    for entry in &entries {
        let (path, critical) = (&entry.path, entry.critical);
        if entry.file.is_none() {
            rest.push(entry);
        } else if entry.leveldb {
            *leveldbs.entry(parent(path).to_owned()).or_default() |= critical;
        } else if is_log(entry) {
            // Goes with its database.
        } else if is_sqlite(&folder.root.join(path)) {
            let (kind, files) = (Kind::Sqlite, files_of(Kind::Sqlite, path));
            databases.push(Database { kind, path: path.clone(), critical, files });
        } else if let Some(files) = files_of(Kind::List, path) {
            databases.push(Database { kind: Kind::List, path: path.clone(), critical, files: Some(files) });
        } else {
            rest.push(entry);
        }
    }
    for (path, critical) in leveldbs {
        let (kind, files) = (Kind::LevelDb, files_of(Kind::LevelDb, &path));
        databases.push(Database { kind, path, critical, files });
    }
    let named: HashMap<String, String> = databases.iter().filter_map(Database::named).collect();
    let is_named = |path: &str, itself: Option<&str>| {
        let above = path.match_indices('/').map(|(at, _)| &path[..at]);
        above.filter_map(|folder| named.get(folder)).any(|by| Some(by.as_str()) != itself)
    };
    rest.retain(|entry| entry.file.is_none() || !is_named(&entry.path, None));
    let rest = rest.into_iter().cloned().collect();
    // A site may keep a database in its own file system.
    let is_own = |database: &Database| is_named(&database.path, Some(&database.path));
    let own: HashSet<String> =
        databases.iter().filter(|database| is_own(database)).map(|database| database.path.clone()).collect();
    databases.retain(|database| !own.contains(&database.path));
    (rest, databases)
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
            Kind::LevelDb => rest.is_empty() || rest.starts_with('/'),
            Kind::Sqlite => rest.is_empty() || LOGS.contains(&rest) || rest == "-shm",
            Kind::List => rest.is_empty(),
        };
        path.strip_prefix(&self.path).is_some_and(inside)
    }
}

fn parent(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(parent, _)| parent)
}

/// The logs of a SQLite database: of changes not yet in it, and of what to undo after a crash.
pub(super) const WAL: &str = "-wal";
pub(super) const LOGS: [&str; 2] = [WAL, "-journal"];

fn is_sqlite(path: &Path) -> bool {
    use std::os::unix::fs::FileExt;
    let mut head = [0; 16];
    let read = open_plain(path).and_then(|file| file.read_exact_at(&mut head, 0));
    read.is_ok() && &head == b"SQLite format 3\0"
}
