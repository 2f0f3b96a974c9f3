//! Everything in a folder, told apart: what goes, what does not, and why.

use std::collections::{BTreeMap, BTreeSet};

use crate::error::Error;
use crate::profile::rules::Class;
use crate::source::Identity;

/// Everything in the folder, told apart.
#[derive(Default)]
pub(crate) struct Tree {
    /// Files and empty folders that go, sorted by the bytes of the path, so that the same folder always gives
    /// the same archive.
    pub(crate) entries: Vec<TreeEntry>,
    pub(crate) left_out: Vec<LeftOutEntry>,
    /// Names no rule knows, at the levels where rules know them.
    pub(crate) unknown: Vec<String>,
    pub(crate) sizes: BTreeMap<Class, Size>,
    /// Sentences about files that could not be looked at and are not in the archive.
    pub(crate) warnings: Vec<String>,
    /// Profiles whose open tabs go, and that open them again.
    pub(crate) reopening: BTreeSet<String>,
    /// Data of pages in the Cache API that does not go.
    pub(crate) cache_api: Size,
    /// An error about a name that would go; no archive can be made then.
    pub(crate) bad_name: Option<Error>,
}

/// A file, or a folder with nothing in it.
#[derive(Debug, Clone)]
pub(crate) struct TreeEntry {
    /// Inside the folder, with `/`.
    pub(crate) path: String,
    /// None for an empty folder.
    pub(crate) file: Option<Identity>,
    /// Without it the profile signs in nowhere.
    pub(crate) critical: bool,
    /// Among a LevelDB database's own files.
    pub(crate) leveldb: bool,
}

/// Something that does not go; a folder counts as one, with all that is in it.
pub(crate) struct LeftOutEntry {
    pub(crate) path: String,
    pub(crate) class: Class,
    pub(crate) why: &'static str,
    pub(crate) size: Size,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Size {
    pub(crate) files: u64,
    pub(crate) bytes: u64,
}

impl Size {
    pub(super) fn add(&mut self, other: Self) {
        self.files += other.files;
        self.bytes += other.bytes;
    }
}
