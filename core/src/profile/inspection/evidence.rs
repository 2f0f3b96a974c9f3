//! Evidence for a sign-in, and against, in the profile that a browser opens: cookies that would be packed and
//! will be there, and the data that sites store beside them.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::path::Path;
use std::time::SystemTime;

use super::opened_profile::OpenedProfile;
use super::report::CookieKeys;
use super::system::{System, system_of};
use crate::error::Result;
use crate::profile::cookies::{self, Beside, CookieEncryption, EncryptionCounts, Jar};
use crate::profile::family::Family;
use crate::profile::folder::Folder;
use crate::profile::json::read_json;
use crate::profile::pack_options::Pack;
use crate::profile::stall_guard::StallGuard;
use crate::profile::walk::{Tree, TreeEntry};
use crate::profile::{session, tabs};

#[derive(Debug, Clone)]
pub(super) struct Evidence {
    pub(super) family: Family,
    pub(super) opened: OpenedProfile,
    /// More than one profile would be packed.
    pub(super) several: bool,
    pub(super) system: System,
    pub(super) cookies: Cookies,
    /// The browser goes on with its last session, cookies included.
    pub(super) continues_session: bool,
    /// Cookies in the session that a Firefox goes on with; none if there is no such session, or it cannot be
    /// read.
    pub(super) cookies_in_session: Option<usize>,
    /// Pages have stored something that goes.
    pub(super) has_site_storage: bool,
    /// Other profiles that would be packed and have cookies that last.
    pub(super) other_profiles: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Cookies {
    /// There is no database of them.
    None,
    /// There is one that cannot be read.
    Unreadable,
    Read(Jar),
    /// They are where only a Chromium on Windows keeps them.
    Misplaced(Jar),
}

impl Cookies {
    pub(super) fn jar(&self) -> Option<&Jar> {
        match self {
            Self::Read(jar) | Self::Misplaced(jar) => Some(jar),
            Self::None | Self::Unreadable => None,
        }
    }
}

/// Profiles that are looked into beside the one that is opened.
const MAX_OTHER_PROFILES: usize = 10;

impl Evidence {
    pub(super) fn of(
        folder: &Folder,
        tree: &Tree,
        pack: &Pack,
        now: SystemTime,
        guard: &StallGuard,
    ) -> Result<Self> {
        let opened = OpenedProfile::of(folder, pack);
        let packed = PackedFiles { root: &folder.root, entries: &tree.entries };
        let profile = folder.root.join(&opened.inside);
        let reopens = tabs::reopens(folder.family, &profile);
        let (cookies, continues_session, cookies_in_session) = match folder.family {
            Family::Firefox => {
                let session = session::FIREFOX.into_iter().find(|name| reopens && packed.has(name));
                let in_session = session.and_then(|name| session::firefox_cookies(&folder.root.join(name)));
                (packed.firefox(now, guard), session.is_some(), in_session)
            }
            Family::Chrome => {
                let crashed = || session::chrome_crashed(&read_json(&profile.join("Preferences")));
                (packed.chrome(&opened.inside, now, guard), reopens || crashed(), None)
            }
        };
        let taken = |profile: &&String| pack.profile.as_deref().is_none_or(|chosen| chosen == *profile);
        let profiles: Vec<&String> = folder.profiles.iter().filter(taken).collect();
        guard.checkpoint()?;
        let mut other_profiles = Vec::new();
        if folder.family == Family::Chrome {
            let others = profiles.iter().filter(|profile| ***profile != opened.inside);
            other_profiles = packed.with_lasting_cookies(others.take(MAX_OTHER_PROFILES), now, guard)?;
        }
        guard.checkpoint()?;
        let mut system = system_of(folder, &opened.inside);
        if let Some(of_keys) = cookies.jar().and_then(|jar| system_of_keys(&jar.all())) {
            system = of_keys;
        }
        let has_site_storage = has_site_storage(folder.family, &opened, &tree.entries);
        let several = profiles.len() > 1;
        Ok(Self {
            family: folder.family,
            opened,
            several,
            system,
            cookies,
            continues_session,
            cookies_in_session,
            has_site_storage,
            other_profiles,
        })
    }

    /// How the cookies are encrypted, the most frequent first; a Firefox encrypts none.
    pub(super) fn cookie_keys(&self) -> CookieKeys {
        let mut rows_of = BTreeMap::<String, u32>::new();
        let jar = self.cookies.jar().filter(|_| self.family == Family::Chrome);
        for (kind, rows) in jar.map(Jar::all).unwrap_or_default() {
            *rows_of.entry(kind.prefix()).or_default() += rows;
        }
        let mut prefixes: Vec<(String, u32)> = rows_of.into_iter().collect();
        prefixes.sort_by_key(|(_, rows)| Reverse(*rows));
        CookieKeys {
            system: self.system.as_str().to_owned(),
            key_versions: prefixes.into_iter().map(|(prefix, _)| prefix).collect(),
        }
    }
}

/// Only Windows has these, whatever else is in the folder.
fn system_of_keys(kinds: &EncryptionCounts) -> Option<System> {
    let rows = |kind| kinds.get(&kind).copied().unwrap_or(0);
    let of_windows =
        rows(CookieEncryption::V10OfWindows) + rows(CookieEncryption::V20) + rows(CookieEncryption::Dpapi);
    (of_windows > rows(CookieEncryption::V10)).then_some(System::Windows)
}

/// The files that would be packed, sorted by path.
struct PackedFiles<'a> {
    root: &'a Path,
    entries: &'a [TreeEntry],
}

impl PackedFiles<'_> {
    /// Those of the profiles that have cookies that last.
    fn with_lasting_cookies<'p>(
        &self,
        profiles: impl Iterator<Item = &'p &'p String>,
        now: SystemTime,
        guard: &StallGuard,
    ) -> Result<Vec<String>> {
        let mut found = Vec::new();
        for profile in profiles {
            guard.checkpoint()?;
            if self.chrome(profile, now, guard).jar().is_some_and(|jar| !jar.lasting.is_empty()) {
                found.push((*profile).clone());
            }
        }
        Ok(found)
    }

    fn has(&self, path: &str) -> bool {
        self.size(path).is_some()
    }

    fn size(&self, path: &str) -> Option<u64> {
        let at = self.entries.binary_search_by(|entry| entry.path.as_bytes().cmp(path.as_bytes())).ok()?;
        self.entries[at].file.map(|file| file.size)
    }

    /// The files of a database's own that go. None if there is nothing in it.
    fn database(&self, name: &str) -> Option<Beside> {
        let has = |end| self.size(&format!("{name}{end}")).is_some_and(|size| size > 0);
        let beside = Beside { log: has("-wal"), journal: has("-journal") };
        // One that was just made is empty, and all of it in its log.
        let size = self.size(name)?;
        (size > 0 || beside.log).then_some(beside)
    }

    fn firefox(&self, now: SystemTime, guard: &StallGuard) -> Cookies {
        const NAME: &str = "cookies.sqlite";
        let Some(beside) = self.database(NAME) else { return Cookies::None };
        cookies::firefox(&self.root.join(NAME), beside, now, guard).map_or(Cookies::Unreadable, Cookies::Read)
    }

    fn chrome(&self, profile: &str, now: SystemTime, guard: &StallGuard) -> Cookies {
        let path =
            |name: &str| if profile.is_empty() { name.to_owned() } else { format!("{profile}/{name}") };
        let (plain, network) = (path("Cookies"), path("Network/Cookies"));
        // Chromium moves them to Network on Windows, and marks that. Elsewhere it looks there only if it
        // finds the mark: content/browser/network_sandbox.cc.
        let is_marked = self.has(&path("Network/NetworkDataMigrated"));
        let (name, misplaced) = match (is_marked, self.has(&plain), self.has(&network)) {
            (true, _, true) => (network, false),
            (false, true, _) => (plain, false),
            (false, false, true) => (network, true),
            (true, _, false) | (false, false, false) => return Cookies::None,
        };
        let Some(beside) = self.database(&name) else { return Cookies::None };
        match cookies::chrome(&self.root.join(name), beside, now, guard) {
            Some(jar) if misplaced => Cookies::Misplaced(jar),
            Some(jar) => Cookies::Read(jar),
            None => Cookies::Unreadable,
        }
    }
}

/// Whether pages have stored something outside of cookies; of some sites that is the sign-in.
fn has_site_storage(family: Family, opened: &OpenedProfile, entries: &[TreeEntry]) -> bool {
    // A Chromium that has seen no page has some 30 bytes there.
    const NOTHING_YET: u64 = 100;
    let files = entries.iter().filter_map(|entry| Some((opened.holds(&entry.path)?, entry.file?.size)));
    let mut local = 0;
    for (path, size) in files {
        match family {
            Family::Firefox => {
                let site =
                    path.strip_prefix("storage/default/").filter(|it| !it.starts_with("moz-extension+++"));
                if site.is_some_and(|it| it.contains("/ls/data.sqlite") || it.contains("/idb/")) {
                    return true;
                }
            }
            Family::Chrome => {
                let in_bucket = path.starts_with("WebStorage/") && path.contains("/IndexedDB/");
                if path.starts_with("IndexedDB/") || in_bucket {
                    return true;
                }
                let is_data = path.ends_with(".log") || path.ends_with(".ldb");
                if path.starts_with("Local Storage/leveldb/") && is_data {
                    local += size;
                }
            }
        }
    }
    local > NOTHING_YET
}
