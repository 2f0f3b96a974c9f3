//! Databases that keep a part of their data in files beside them, as data: what belongs together, and how
//! those files are written. How they are copied is `snapshot`'s.

use std::sync::OnceLock;

use glob::Pattern;

use super::family::Family;

/// A kind of database and the files it names.
pub(super) struct Store {
    family: Family,
    kind: DatabaseKind,
    /// A glob on the database's path inside the folder.
    database: &'static str,
    files: Files,
    /// Written while the database names them. Otherwise a file is finished before its name is in the
    /// database, and removed after it is not any more.
    pub(super) in_place: bool,
    /// Where that is from.
    #[cfg_attr(not(test), expect(dead_code, reason = "for the reader of this file"))]
    source: &'static str,
}

/// A kind of database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum DatabaseKind {
    /// A folder.
    LevelDb,
    /// A file, with its logs.
    Sqlite,
    /// A file that lists the others.
    List,
}

/// Where the files are.
enum Files {
    /// In a folder named like the database, but for its end.
    Named { database: &'static str, folder: &'static str },
    /// In the folder of this name beside the database, or beside the folder it is in.
    Beside(&'static str),
    /// In the database's own folder, and in folders below it.
    Around,
}
use Files::{Around, Beside, Named};

const IDB: &str = "Chromium: content/browser/indexed_db/file_path_util.cc";
const IDB_SQLITE: &str = "Chromium: content/browser/indexed_db/instance/sqlite/database_connection.cc";
const SANDBOX: &str = "Chromium: storage/browser/file_system/sandbox_directory_database.cc, sandbox_file_system_backend_delegate.cc";
const CACHES: &str = "Chromium: content/browser/cache_storage/cache_storage.cc; net/disk_cache/simple/simple_synchronous_entry.cc";
const WORKERS: &str = "Chromium: content/browser/service_worker/service_worker_storage.cc";
const MOZ_IDB: &str = "Firefox: dom/indexedDB/ActorsParent.cpp";
const MOZ_CACHE: &str = "Firefox: dom/cache/FileUtils.cpp, dom/cache/QuotaClient.cpp";
const MOZ_FS: &str = "Firefox: dom/fs/parent/datamodel/FileSystemFileManager.cpp";

const fn store(
    family: Family,
    kind: DatabaseKind,
    database: &'static str,
    files: Files,
    in_place: bool,
    source: &'static str,
) -> Store {
    Store { family, kind, database, files, in_place, source }
}

use DatabaseKind::{LevelDb, List, Sqlite};
use Family::{Chrome, Firefox};
/// How the files are written.
const ONCE: bool = false;
const IN_PLACE: bool = true;

#[rustfmt::skip]
static STORES: &[Store] = &[
    // Values of IndexedDB above 64 KiB, and blobs. Of a site's own bucket, or of one site inside another, the
    // folder is `WebStorage/<number>/IndexedDB`, and the name is `indexeddb` alone.
    store(Chrome, LevelDb, "**/*indexeddb.leveldb", Named { database: ".leveldb", folder: ".blob" }, ONCE, IDB),
    store(Chrome, Sqlite, "**/IndexedDB/*/*", Named { database: "", folder: "_" }, ONCE, IDB_SQLITE),
    store(Chrome, Sqlite, "**/WebStorage/*/IndexedDB/*", Named { database: "", folder: "_" }, ONCE, IDB_SQLITE),
    // A site's own file system.
    store(Chrome, LevelDb, "**/File System/**/Paths", Around, IN_PLACE, SANDBOX),
    store(Chrome, LevelDb, "**/WebStorage/*/FileSystem/**/Paths", Around, IN_PLACE, SANDBOX),
    // Data that workers and pages keep by the Cache API.
    store(Chrome, List, "**/Service Worker/CacheStorage/*/index.txt", Around, IN_PLACE, CACHES),
    store(Chrome, List, "**/WebStorage/*/CacheStorage/index.txt", Around, IN_PLACE, CACHES),
    // Workers and their scripts.
    store(Chrome, LevelDb, "**/Service Worker/Database", Beside("ScriptCache"), IN_PLACE, WORKERS),

    store(Firefox, Sqlite, "storage/*/*/idb/*.sqlite", Named { database: ".sqlite", folder: ".files" }, ONCE, MOZ_IDB),
    store(Firefox, Sqlite, "storage/*/*/cache/caches.sqlite", Beside("morgue"), ONCE, MOZ_CACHE),
    store(Firefox, Sqlite, "storage/*/*/fs/metadata.sqlite", Around, IN_PLACE, MOZ_FS),
];

/// The store whose database this is, with the folder its files are in.
pub(super) fn of(family: Family, kind: DatabaseKind, database: &str) -> Option<(&'static Store, String)> {
    let is_it = |(store, pattern): &&(&'static Store, Pattern)| {
        (store.family, store.kind) == (family, kind)
            && pattern.matches_with(database, super::pack_options::AS_PATHS)
    };
    let (store, _) = compiled().iter().find(is_it)?;
    let inside = database.rsplit_once('/').map_or("", |(inside, _)| inside);
    let folder = match store.files {
        Named { database: end, folder } => format!("{}{folder}", database.strip_suffix(end)?),
        Beside(name) if inside.is_empty() => name.to_owned(),
        Beside(name) => format!("{inside}/{name}"),
        Around => inside.to_owned(),
    };
    Some((store, folder))
}

fn compiled() -> &'static [(&'static Store, Pattern)] {
    static COMPILED: OnceLock<Vec<(&'static Store, Pattern)>> = OnceLock::new();
    // A pattern that is none is found by the test below.
    COMPILED.get_or_init(|| {
        STORES.iter().filter_map(|store| Some((store, Pattern::new(store.database).ok()?))).collect()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_store_is_a_pattern_with_a_source_and_is_reached() {
        for store in STORES {
            Pattern::new(store.database).expect(store.database);
            assert!(!store.source.is_empty(), "{}", store.database);
            let example = store.database.replace("**", "a").replace('*', "x");
            let (found, folder) = of(store.family, store.kind, &example).expect(store.database);
            assert!(std::ptr::eq(found, store), "{} is hidden by {}", store.database, found.database);
            assert!(!folder.is_empty() && folder != example, "{folder}");
        }
    }

    #[test]
    fn a_databases_files_are_found() {
        let folder = |family, kind, database: &str| of(family, kind, database).map(|(_, folder)| folder);
        for (kind, database, files) in [
            (LevelDb, "IndexedDB/https_a_0.indexeddb.leveldb", "IndexedDB/https_a_0.indexeddb.blob"),
            (LevelDb, "WebStorage/2/IndexedDB/indexeddb.leveldb", "WebStorage/2/IndexedDB/indexeddb.blob"),
            (Sqlite, "IndexedDB/https_a_0/GEZDGNBV", "IndexedDB/https_a_0/GEZDGNBV_"),
            (Sqlite, "WebStorage/2/IndexedDB/GEZDGNBV", "WebStorage/2/IndexedDB/GEZDGNBV_"),
            (LevelDb, "File System/000/t/Paths", "File System/000/t"),
            (LevelDb, "WebStorage/2/FileSystem/t/Paths", "WebStorage/2/FileSystem/t"),
            (List, "Service Worker/CacheStorage/17d1/index.txt", "Service Worker/CacheStorage/17d1"),
            (List, "WebStorage/2/CacheStorage/index.txt", "WebStorage/2/CacheStorage"),
            (LevelDb, "Service Worker/Database", "Service Worker/ScriptCache"),
        ] {
            // A profile may be the folder itself.
            assert_eq!(folder(Chrome, kind, database).as_deref(), Some(files));
            let (database, files) = (format!("Default/{database}"), format!("Default/{files}"));
            assert_eq!(folder(Chrome, kind, &database), Some(files));
            assert_eq!(folder(Firefox, kind, &database), None);
        }
        for (kind, database) in [
            (LevelDb, "Default/Local Storage/leveldb"),
            (LevelDb, "Default/File System/Origins"),
            (Sqlite, "Default/History"),
            (List, "Default/Service Worker/CacheStorage/17d1/c381/index"),
        ] {
            assert_eq!(folder(Chrome, kind, database), None, "{database}");
        }
        let site = "storage/default/https+++a.example";
        for (database, files) in [
            ("idb/123shop.sqlite", "idb/123shop.files"),
            ("cache/caches.sqlite", "cache/morgue"),
            ("fs/metadata.sqlite", "fs"),
        ] {
            let found = folder(Firefox, Sqlite, &format!("{site}/{database}"));
            assert_eq!(found, Some(format!("{site}/{files}")));
        }
        assert_eq!(folder(Firefox, Sqlite, &format!("{site}/ls/data.sqlite")), None);
        assert_eq!(folder(Firefox, Sqlite, "cookies.sqlite"), None);
    }
}
