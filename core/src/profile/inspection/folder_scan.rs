//! Everything that is seen of a folder, and the sentences about it.

use std::path::Path;
use std::time::SystemTime;

use super::browser::Browser;
use super::evidence::Evidence;
use super::report::{CategorySize, FileSize, LeftOut, ProfileInspection, Verdict};
use super::verdict::verdict;
use crate::error::{Error, ErrorKind, Result};
use crate::profile::family::Family;
use crate::profile::folder::Folder;
use crate::profile::lock::{BrowserLock, LockState};
use crate::profile::pack_options::Pack;
use crate::profile::profile_warnings;
use crate::profile::stall_guard::StallGuard;
use crate::profile::walk::{Tree, TreeEntry, walk};

/// Everything that is seen of a folder.
pub(crate) struct FolderScan {
    pub(crate) folder: Folder,
    pub(crate) tree: Tree,
    pub(crate) lock: BrowserLock,
    evidence: Evidence,
}

/// Files named in an error or a report.
const MAX_LARGEST: usize = 10;

impl FolderScan {
    pub(crate) fn of(path: &Path, pack: &Pack, guard: &StallGuard) -> Result<Self> {
        let folder = Folder::recognise(path, pack, guard)?;
        let mut tree = walk(&folder, pack, guard)?;
        tree.warnings.extend(profile_warnings::warnings_of(&folder, &tree, pack, guard)?);
        let lock = lock_of(&folder, &tree, pack, guard)?;
        let evidence = Evidence::of(&folder, &tree, pack, SystemTime::now(), guard)?;
        Ok(Self { folder, tree, lock, evidence })
    }

    pub(crate) fn browser(&self) -> Browser {
        Browser {
            name: self.folder.browser_name(),
            product: self.folder.product,
            version: self.folder.version.clone(),
        }
    }

    /// The error for a browser that is running.
    pub(crate) fn in_use(&self) -> Error {
        Error::new(
            ErrorKind::BrowserRunning,
            format!(
                "{} is using {} ({}); close it, or choose if_running \"snapshot\" to pack a consistent copy",
                self.lock.user(self.folder.product),
                self.folder.root.display(),
                self.lock.holder()
            ),
        )
        .with_path(&self.folder.root)
    }

    /// The lock of a browser that was not using the folder at the first look, and is now.
    pub(crate) fn new_user(&self, pack: &Pack, guard: &StallGuard) -> Result<Option<BrowserLock>> {
        if self.lock.state == LockState::Live {
            return Ok(None);
        }
        let lock = lock_of(&self.folder, &self.tree, pack, guard)?;
        Ok(Some(lock).filter(|lock| lock.state == LockState::Live))
    }

    /// The error for one that was started while the folder was packed.
    pub(crate) fn came_into_use(&self, lock: &BrowserLock) -> Error {
        Error::new(
            ErrorKind::BrowserRunning,
            format!(
                "{} began to use {} while it was packed ({}), and nothing was sent; close it, or choose if_running \"snapshot\" to pack a consistent copy",
                lock.user(self.folder.product),
                self.folder.root.display(),
                lock.holder()
            ),
        )
        .retryable_is(true)
        .with_path(&self.folder.root)
    }

    /// The warning for a browser that is running.
    pub(crate) fn is_using(&self, lock: &BrowserLock) -> String {
        let late = match self.folder.family {
            // Chromium: net/extras/sqlite/sqlite_persistent_cookie_store.cc and
            // components/services/storage/dom_storage/local_storage_impl.cc, which also has at most 60 writes
            // an hour.
            Family::Chrome => "cookies of up to 30 s, local storage of 5 s or more",
            // Firefox: dom/localstorage/ActorsParent.cpp, and the preference browser.sessionstore.interval.
            Family::Firefox => "local storage of up to 5 s, session cookies and open tabs of up to 15 s",
        };
        format!(
            "{} is using the folder ({}); what it has not written to disk yet is not packed: {late}",
            lock.user(self.folder.product),
            lock.holder()
        )
    }

    /// Warnings, a sentence each.
    pub(crate) fn warnings(&self) -> Vec<String> {
        let mut warnings = self.tree.warnings.clone();
        match self.lock.state {
            LockState::Foreign => warnings.push(format!(
                "the folder is locked by {}, which cannot be looked for from here; if that browser still runs, close it and pack again",
                self.lock.holder()
            )),
            LockState::Live => warnings.push(self.is_using(&self.lock)),
            LockState::None | LockState::Stale => {}
        }
        let (verdict, advice) = verdict(&self.evidence);
        if verdict != Verdict::Likely {
            warnings.push(advice);
        }
        warnings
    }

    pub(crate) fn largest_listed(&self, entries: &[TreeEntry]) -> String {
        let named =
            self.largest(entries).into_iter().map(|f| format!("{} {:.1} MB", f.path, f.bytes as f64 / 1e6));
        named.collect::<Vec<_>>().join(", ")
    }

    fn largest(&self, entries: &[TreeEntry]) -> Vec<FileSize> {
        let mut files: Vec<(u64, &str)> =
            entries.iter().filter_map(|entry| Some((entry.file?.size, entry.path.as_str()))).collect();
        files.sort_by(|a, b| b.0.cmp(&a.0).then(a.1.cmp(b.1)));
        files.truncate(MAX_LARGEST);
        files
            .into_iter()
            .map(|(bytes, path)| FileSize { path: self.folder.display_path(path), bytes })
            .collect()
    }

    pub(super) fn inspection(self, pack: &Pack) -> ProfileInspection {
        let (verdict, advice) = verdict(&self.evidence);
        let files = self.tree.entries.iter().filter_map(|entry| entry.file);
        let (files, bytes) = files.fold((0, 0), |(files, bytes), stamp| (files + 1, bytes + stamp.size));
        let sizes = self.tree.sizes.iter().map(|(class, size)| CategorySize {
            category: class.as_str().to_owned(),
            files: size.files,
            bytes: size.bytes,
            packed: class.is_packed_at(pack.level),
        });
        let left_out = self.tree.left_out.iter().map(|left| LeftOut {
            path: left.path.clone(),
            category: left.class.as_str().to_owned(),
            reason: left.why.to_owned(),
            files: left.size.files,
            bytes: left.size.bytes,
        });
        let mut warnings = self.warnings();
        warnings.extend(self.tree.bad_name.as_ref().map(|error| error.message().to_owned()));
        ProfileInspection {
            family: match self.folder.family {
                Family::Chrome => "chrome".to_owned(),
                Family::Firefox => "firefox".to_owned(),
            },
            product: self.folder.product.to_owned(),
            browser_name: self.folder.browser_name().to_owned(),
            browser_version: self.folder.version.clone(),
            profiles: self.folder.profiles.clone(),
            files,
            bytes,
            sizes: sizes.collect(),
            largest: self.largest(&self.tree.entries),
            left_out: left_out.collect(),
            unknown: self.tree.unknown.clone(),
            lock: self.lock.state,
            lock_process: self.lock.process,
            cookies: self.evidence.cookie_keys(),
            verdict,
            advice,
            warnings,
        }
    }
}

fn lock_of(folder: &Folder, tree: &Tree, pack: &Pack, guard: &StallGuard) -> Result<BrowserLock> {
    let all = || folder.profiles.iter().map(String::as_str).collect();
    let profiles = folder.chosen(pack)?.map_or_else(all, |chosen| vec![chosen]);
    BrowserLock::of(folder, &profiles, &tree.entries, guard)
}
