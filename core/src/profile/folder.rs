//! A folder that a browser wrote, and the names in it.

use std::path::PathBuf;

use super::family::Family;
use super::names::quoted_list;
use super::pack_options::Pack;
use crate::error::{Error, Result};
use crate::source::Identity;
use crate::sys::FileSystem;

/// A folder that a browser wrote.
#[derive(Debug)]
pub(super) struct Folder {
    pub(super) root: PathBuf,
    pub(super) family: Family,
    /// Folders of profiles; for Firefox the profile's own name only.
    pub(super) profiles: Vec<String>,
    /// The folder is itself a profile, as Opera and programs with a browser in them have it.
    pub(super) is_profile: bool,
    /// The profile that a browser opens unless it is told another: the one used last, by `Local State`.
    pub(super) last_used: Option<String>,
    /// The browser by its product name, as far as the folder tells.
    pub(super) product: &'static str,
    pub(super) version: Option<String>,
    /// The file system decides how far a file's inode and record count.
    pub(super) system: FileSystem,
}

impl Folder {
    /// The name the service knows the browser by: its examples are `chromium`, `firefox` and `webkit`, and a
    /// folder of any of the Chrome family is opened by Chromium.
    pub(super) fn browser_name(&self) -> &'static str {
        match self.family {
            Family::Chrome => "chromium",
            Family::Firefox => "firefox",
        }
    }

    /// Where something in the folder is, as it may be shown: with the separators of this system.
    pub(super) fn shown_at(&self, inside: &str) -> PathBuf {
        self.root.join(self.display_path(inside)).components().collect()
    }

    /// A path of the folder as it may be shown: what names a site is not.
    pub(super) fn display_path(&self, path: &str) -> String {
        const SCHEMES: [&str; 6] = ["http_", "https_", "http+++", "https+++", "file_", "moz-extension+++"];
        let mut parts: Vec<&str> = path.split('/').collect();
        for at in 0..parts.len() {
            let below_sites = match at.checked_sub(1).map(|above| parts[above]) {
                Some("IndexedDB" | "databases" | "#SharedObjects") => true,
                Some(_) => self.family == Family::Firefox && at == 2 && parts[0] == "storage",
                None => false,
            };
            if below_sites || SCHEMES.iter().any(|scheme| parts[at].starts_with(scheme)) {
                parts[at] = "(a site)";
            }
        }
        parts.join("/")
    }

    /// Whether two looks saw the same, a file or none.
    pub(super) fn is_same(&self, earlier: Option<Identity>, later: Option<Identity>) -> bool {
        match (earlier, later) {
            (Some(earlier), Some(later)) => earlier.is_same(&later, self.system),
            (earlier, later) => earlier.is_none() && later.is_none(),
        }
    }

    /// A path inside the profile it is in, if it is in one.
    pub(super) fn in_profile<'p>(&self, path: &'p str) -> Option<&'p str> {
        if self.family == Family::Firefox {
            return None;
        }
        let inside = |profile: &String| path.strip_prefix(profile.as_str())?.strip_prefix('/');
        self.profiles.iter().find_map(inside).or_else(|| self.is_profile.then_some(path))
    }

    /// The profile, among several in the folder, that a path is or is in.
    pub(super) fn profile_of(&self, path: &str) -> Option<&str> {
        let is_it = |profile: &&String| {
            path.strip_prefix(profile.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        self.profiles.iter().find(is_it).map(String::as_str)
    }

    /// The error for a file in it that could not be read.
    pub(super) fn unreadable(&self, path: &str, doing: &str, error: &std::io::Error) -> Error {
        Error::local_io(&self.shown_at(path), doing, error)
    }

    /// The profile's folder, if one was asked for.
    pub(super) fn chosen<'p>(&self, pack: &'p Pack) -> Result<Option<&'p str>> {
        let Some(wanted) = pack.profile.as_deref() else { return Ok(None) };
        if self.profiles.iter().any(|p| p == wanted) {
            return Ok(Some(wanted));
        }
        let is_link = std::fs::symlink_metadata(self.root.join(wanted)).is_ok_and(|meta| meta.is_symlink());
        let why = if is_link { ", where that is a symlink, which is not followed" } else { "" };
        Err(Error::invalid(format!(
            "{} has no profile {wanted:?}{why}; it has {}",
            self.root.display(),
            quoted_list(&self.profiles)
        )))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(family: Family) -> Folder {
        Folder {
            root: PathBuf::from("."),
            family,
            profiles: Vec::new(),
            is_profile: false,
            last_used: None,
            product: "a browser",
            version: None,
            system: FileSystem::UNKNOWN,
        }
    }

    #[test]
    fn sites_are_not_named() {
        let chrome = folder(Family::Chrome);
        let shown = chrome.display_path("Default/IndexedDB/https_a.example_0.indexeddb.leveldb/000003.log");
        assert_eq!(shown, "Default/IndexedDB/(a site)/000003.log");
        let inner =
            chrome.display_path("Default/Storage/ext/abc/def/IndexedDB/x_0.indexeddb.leveldb/CURRENT");
        assert_eq!(inner, "Default/Storage/ext/abc/def/IndexedDB/(a site)/CURRENT");
        let old = chrome.display_path("Default/Local Storage/https_a.example_0.localstorage");
        assert_eq!(old, "Default/Local Storage/(a site)");
        let plain = "Default/Local Storage/leveldb/1.ldb";
        assert_eq!(chrome.display_path(plain), plain);
        let firefox =
            folder(Family::Firefox).display_path("storage/default/https+++a.example/ls/data.sqlite");
        assert_eq!(firefox, "storage/default/(a site)/ls/data.sqlite");
    }
}
