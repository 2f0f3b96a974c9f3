//! Everything in a folder, told apart: what goes, what does not, and why.

use std::collections::{BTreeMap, BTreeSet};

use crate::error::Error;
use crate::profile::rules::Class;
use crate::source::Identity;

/// Everything in the folder, told apart.
pub(crate) struct Tree {
    /// What goes, sorted by the bytes of the path, so that the same folder always gives the same archive.
    pub(crate) entries: Vec<Entry>,
    pub(crate) left_out: Vec<Left>,
    /// Names no rule knows, at the levels where rules know them.
    pub(crate) unknown: Vec<String>,
    pub(crate) sizes: BTreeMap<Class, Size>,
    /// What could not be looked at, and is not in the archive.
    pub(crate) remarks: Vec<String>,
    /// Profiles whose open tabs go, and that open them again.
    pub(crate) reopening: BTreeSet<String>,
    /// What pages put into the Cache API and does not go.
    pub(crate) cache_api: Size,
    /// What is wrong with names that would go; an archive cannot be made then.
    pub(crate) bad_name: Option<Error>,
}

/// A file, or a folder with nothing in it.
#[derive(Debug, Clone)]
pub(crate) struct Entry {
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
pub(crate) struct Left {
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
