//! The report of an inspection, as its callers hold it.

use serde::{Deserialize, Serialize};

use crate::profile::lock::LockState;

/// The contents of a browser's folder, and whether it will sign in elsewhere.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
pub struct ProfileInspection {
    /// `chrome` (Chrome, Chromium, Edge, Brave and the like) or `firefox`.
    pub family: String,
    /// The browser that wrote it, as far as the folder tells: `Chromium`, `Google Chrome`, `Firefox`, …
    pub product: String,
    /// The name a profile of it is registered under by default: `chromium` or `firefox`.
    pub browser_name: String,
    /// Its version, if the folder tells.
    pub browser_version: Option<String>,
    /// Names of the profiles in it.
    pub profiles: Vec<String>,
    /// Files that would be packed.
    pub files: u64,
    /// Their size.
    pub bytes: u64,
    /// Everything in the folder by what it is.
    pub sizes: Vec<CategorySize>,
    /// The ten largest files that would be packed.
    pub largest: Vec<FileSize>,
    /// Files and folders that would be left out, the largest first; a folder counts once.
    pub left_out: Vec<LeftOut>,
    /// Names that no rule knows; they would be packed.
    pub unknown: Vec<String>,
    /// Whether a browser is using it, by its lock and those on its databases. `none`: no lock was seen, which
    /// proves nothing. `live`: a browser is, or another program has one of its databases locked. `stale`: the
    /// browser is gone and left its lock. `foreign`: the lock is from another machine or container, where its
    /// process cannot be looked for.
    pub lock: LockState,
    /// The process that holds the lock, if that is known: not of one in another container.
    pub lock_process: Option<i32>,
    /// How cookies are encrypted.
    pub cookies: CookieKeys,
    /// Whether it will sign in on Linux. `likely`: its cookies can be read there. `unlikely`: they cannot.
    /// `unknown`: there are none, or they tell nothing.
    pub verdict: Verdict,
    /// The same as a sentence, with the reason and what to do.
    pub advice: String,
    /// Warnings, a sentence each.
    pub warnings: Vec<String>,
}

/// One kind of file in a folder.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
pub struct CategorySize {
    /// `login` (cookies and what sites store), `settings`, `extensions`, `apps` (installed web apps),
    /// `passwords`, `autofill`, `bookmarks`, `history`, `cache`, `runtime`, `other_profile` or `unknown`.
    pub category: String,
    /// How many files.
    pub files: u64,
    /// Their size.
    pub bytes: u64,
    /// Whether this kind is packed at the level asked for.
    pub packed: bool,
}

/// A file and its size.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
pub struct FileSize {
    /// Inside the folder; what names a site is not shown.
    pub path: String,
    /// Its size.
    pub bytes: u64,
}

/// Something that would not be packed.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
pub struct LeftOut {
    /// Inside the folder; what names a site is not shown.
    pub path: String,
    /// Its category, as in [`CategorySize`].
    pub category: String,
    /// Why it is left out.
    pub reason: String,
    /// How many files are in it.
    pub files: u64,
    /// Their size.
    pub bytes: u64,
}

/// How a profile's cookies are encrypted.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, Serialize)]
pub struct CookieKeys {
    /// The system they were written on, if the folder shows it: `linux`, `macos`, `windows`, otherwise
    /// `unknown`.
    pub system: String,
    /// Prefixes of those of the profile that opens: `v10`, `v11`, `v12`, `v20`, `plain`, `other`; the
    /// most frequent first.
    pub key_versions: Vec<String>,
}

/// Whether a profile will sign in on Linux, which is said of the one that a browser opens there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// It has cookies that last and can be read there.
    Likely,
    /// They cannot, or will not be there.
    Unlikely,
    /// There are none, or they tell nothing. Other data that pages store may sign in.
    Unknown,
}

impl Verdict {
    /// `likely`, `unlikely` or `unknown`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Likely => "likely",
            Self::Unlikely => "unlikely",
            Self::Unknown => "unknown",
        }
    }
}
