//! The report on packing a folder, as its callers hold it.

use serde::{Deserialize, Serialize};

/// The result of packing a folder.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
pub struct PackReport {
    /// Files in the archive.
    pub files: u64,
    /// Their size before packing.
    pub bytes: u64,
    /// Size of the archive.
    pub archive_bytes: u64,
    /// Files and folders left out: locks, sockets, symlinks, caches, and those that the level or a pattern
    /// excludes; a folder counts once.
    pub left_out: u64,
    /// Whether the files belong together. `clean`: nothing changed while they were packed. `snapshot`: a
    /// browser was using them, and its databases were copied at one moment each. `forced`: a browser was
    /// using them, or they changed, and they were packed as they were.
    pub consistency: Consistency,
    /// Whether the browser's name or version was taken from the folder, because the caller did not give it.
    pub browser_guessed: bool,
    /// Names that no rule knows; they are in the archive.
    pub unknown: Vec<String>,
    /// Warnings about the profile elsewhere, and about files that could not be packed, a sentence each.
    pub warnings: Vec<String>,
}

/// Whether the files of an archive belong together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Consistency {
    /// Nothing changed while they were packed.
    Clean,
    /// Its databases were copied at one moment each, as is done while a browser is using them.
    Snapshot,
    /// A browser was using them, or they changed, and they were packed as they were.
    Forced,
}

impl Consistency {
    /// `clean`, `snapshot` or `forced`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Clean => "clean",
            Self::Snapshot => "snapshot",
            Self::Forced => "forced",
        }
    }
}
