//! Names in a folder of any browser: of file systems, file managers and databases.

use super::rule::Class::Runtime;
use super::rule::Scope::{Any, LevelDb, Top};
use super::rule::{BOTH, Rule, rule};
use super::sources::{FHS, FUSE, LEVELDB, LISTS, NFS, SNAPSHOTS, SQLITE, TRASH};

#[rustfmt::skip]
pub(super) static ANY_BROWSER: &[Rule] = &[
    rule(BOTH, Any, ".DS_Store", Runtime, "file manager's own", LISTS),
    rule(BOTH, Any, "Thumbs.db", Runtime, "file manager's own", LISTS),
    rule(BOTH, Any, "desktop.ini", Runtime, "file manager's own", LISTS),
    rule(BOTH, Any, ".nfs????????????????????????", Runtime, "a removed file that is still open, on NFS", NFS),
    rule(BOTH, Any, ".fuse_hidden*", Runtime, "a removed file that is still open, on FUSE", FUSE),
    rule(BOTH, Top, "lost+found", Runtime, "the file system's own", FHS),
    rule(BOTH, Top, ".Trash-*", Runtime, "a waste basket", TRASH),
    rule(BOTH, Top, ".Trash", Runtime, "a waste basket", TRASH),
    rule(BOTH, Top, ".Trashes", Runtime, "a waste basket", LISTS),
    rule(BOTH, Top, "$RECYCLE.BIN", Runtime, "a waste basket", LISTS),
    rule(BOTH, Top, "System Volume Information", Runtime, "the file system's own", LISTS),
    rule(BOTH, Top, ".snapshot", Runtime, "the file system's old copies of all of it", SNAPSHOTS),
    rule(BOTH, Top, ".snapshots", Runtime, "the file system's old copies of all of it", SNAPSHOTS),
    rule(BOTH, Top, ".zfs", Runtime, "the file system's old copies of all of it", SNAPSHOTS),
    rule(BOTH, Top, ".Spotlight-V100", Runtime, "a Mac's index", LISTS),
    rule(BOTH, Top, ".fseventsd", Runtime, "a Mac's index", LISTS),
    rule(BOTH, Any, "*-shm", Runtime, "index of a write-ahead log, made again", SQLITE),
    // Never *.log: 000123.log is the write-ahead log and holds the newest data.
    rule(BOTH, LevelDb, "LOCK", Runtime, "lock of a database", LEVELDB),
    rule(BOTH, LevelDb, "LOG", Runtime, "text log of a database", LEVELDB),
    rule(BOTH, LevelDb, "LOG.old", Runtime, "text log of a database", LEVELDB),
];
