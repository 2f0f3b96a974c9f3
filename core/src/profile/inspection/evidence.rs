//! What speaks for a sign-in, and against, in the profile that a browser opens: cookies that would be packed
//! and will be there, and what sites store beside them.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::path::Path;
use std::time::SystemTime;

use super::opened_profile::Opened;
use super::report::CookieKeys;
use super::system::{System, system_of};
use crate::error::Result;
use crate::profile::cookies::{self, Jar, Kind, Kinds};
use crate::profile::family::Family;
use crate::profile::folder::Folder;
use crate::profile::json::json;
use crate::profile::pack_options::Pack;
use crate::profile::stall_guard::Watch;
use crate::profile::walk::{Entry, Tree};
use crate::profile::{session, tabs};

#[derive(Debug, Clone)]
pub(super) struct Evidence {
    pub(super) family: Family,
    pub(super) opened: Opened,
    /// More than one profile would be packed.
    pub(super) several: bool,
    pub(super) system: System,
    pub(super) cookies: Cookies,
    /// The browser goes on with its last session, cookies included.
    pub(super) continues: bool,
    /// Cookies in the session that a Firefox goes on with; none if there is no such session, or it cannot be
    /// read.
    pub(super) in_session: Option<usize>,
    /// Pages have stored something that goes.
    pub(super) stores: bool,
    /// Other profiles that would be packed and have cookies that last.
    pub(super) others: Vec<String>,
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
const MOST_OTHERS: usize = 10;

impl Evidence {
    pub(super) fn of(
        folder: &Folder,
        tree: &Tree,
        pack: &Pack,
        now: SystemTime,
        watch: &Watch,
    ) -> Result<Self> {
        let opened = Opened::of(folder, pack);
        let packed = Packed { root: &folder.root, entries: &tree.entries };
        let profile = folder.root.join(&opened.inside);
        let reopens = tabs::reopens(folder.family, &profile);
        let (cookies, continues, in_session) = match folder.family {
            Family::Firefox => {
                let session = session::FIREFOX.into_iter().find(|name| reopens && packed.has(name));
                let in_session = session.and_then(|name| session::firefox_cookies(&folder.root.join(name)));
                (packed.firefox(now), session.is_some(), in_session)
            }
            Family::Chrome => {
                let continues = reopens || session::chrome_crashed(&json(&profile.join("Preferences")));
                (packed.chrome(&opened.inside, now), continues, None)
            }
        };
        let taken = |profile: &&String| pack.profile.as_deref().is_none_or(|chosen| chosen == *profile);
        let profiles: Vec<&String> = folder.profiles.iter().filter(taken).collect();
        watch.step()?;
        let mut others = Vec::new();
        if folder.family == Family::Chrome {
            for profile in profiles.iter().filter(|profile| ***profile != opened.inside).take(MOST_OTHERS) {
                watch.step()?;
                let cookies = packed.chrome(profile, now);
                if cookies.jar().is_some_and(|jar| !jar.lasting.is_empty()) {
                    others.push((*profile).clone());
                }
            }
        }
        watch.step()?;
        let mut system = system_of(folder, &opened.inside);
        if let Some(of_keys) = cookies.jar().and_then(|jar| system_of_keys(&jar.all())) {
            system = of_keys;
        }
        let stores = stores(folder.family, &opened, &tree.entries);
        let several = profiles.len() > 1;
        Ok(Self {
            family: folder.family,
            opened,
            several,
            system,
            cookies,
            continues,
            in_session,
            stores,
            others,
        })
    }

    /// How the cookies are encrypted, the most frequent first; a Firefox encrypts none.
    pub(super) fn cookie_keys(&self) -> CookieKeys {
        let mut prefixes = BTreeMap::<String, u32>::new();
        let jar = self.cookies.jar().filter(|_| self.family == Family::Chrome);
        for (kind, rows) in jar.map(Jar::all).unwrap_or_default() {
            *prefixes.entry(kind.prefix()).or_default() += rows;
        }
        let mut prefixes: Vec<(String, u32)> = prefixes.into_iter().collect();
        prefixes.sort_by_key(|(_, rows)| Reverse(*rows));
        CookieKeys {
            system: self.system.as_str().to_owned(),
            prefixes: prefixes.into_iter().map(|(prefix, _)| prefix).collect(),
        }
    }
}

/// Only Windows has these, whatever else is in the folder.
fn system_of_keys(kinds: &Kinds) -> Option<System> {
    let rows = |kind| kinds.get(&kind).copied().unwrap_or(0);
    let of_windows = rows(Kind::V10OfWindows) + rows(Kind::V20) + rows(Kind::Dpapi);
    (of_windows > rows(Kind::V10)).then_some(System::Windows)
}

/// What would be packed, in its order.
struct Packed<'a> {
    root: &'a Path,
    entries: &'a [Entry],
}

impl Packed<'_> {
    fn has(&self, path: &str) -> bool {
        self.size(path).is_some()
    }

    fn size(&self, path: &str) -> Option<u64> {
        let at = self.entries.binary_search_by(|entry| entry.path.as_bytes().cmp(path.as_bytes())).ok()?;
        self.entries[at].file.map(|file| file.size)
    }

    fn firefox(&self, now: SystemTime) -> Cookies {
        const NAME: &str = "cookies.sqlite";
        // A database that was just made is empty, and all of it in its log.
        let with_log = self.size("cookies.sqlite-wal").is_some_and(|size| size > 0);
        if self.size(NAME).is_none_or(|size| size == 0 && !with_log) {
            return Cookies::None;
        }
        cookies::firefox(&self.root.join(NAME), with_log, now).map_or(Cookies::Unreadable, Cookies::Read)
    }

    fn chrome(&self, profile: &str, now: SystemTime) -> Cookies {
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
        if self.size(&name) == Some(0) {
            return Cookies::None;
        }
        match cookies::chrome(&self.root.join(name), now) {
            Some(jar) if misplaced => Cookies::Misplaced(jar),
            Some(jar) => Cookies::Read(jar),
            None => Cookies::Unreadable,
        }
    }
}

/// Whether pages have stored something outside of cookies; of some sites that is the sign-in.
fn stores(family: Family, opened: &Opened, entries: &[Entry]) -> bool {
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
