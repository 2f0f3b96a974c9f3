//! The doctor: what a folder holds, what of it would go, whether a browser is using it, and whether it will sign in
//! elsewhere. Nothing is decrypted, nothing is sent, and no site or cookie is named.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::cookies::{self, Prefixes};
use super::family::{Folder, json, small_text};
use super::lock::{Lock, State};
use super::walk::{Entry, Tree, walk};
use super::watch::{Watch, watched};
use super::{Family, Pack};
use crate::error::{Error, ErrorKind, Result};
use crate::job::{self, Job};
use crate::options::Options;
use crate::progress::Phase;

/// What a browser's folder holds, and whether it will sign in elsewhere.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
pub struct ProfileInspection {
    /// `chrome` (Chrome, Chromium, Edge, Brave and the like) or `firefox`.
    pub family: String,
    /// The browser that wrote it, as far as the folder tells: `Chromium`, `Google Chrome`, `Firefox`, …
    pub product: String,
    /// What a profile of it is registered as by default: `chromium` or `firefox`.
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
    pub sizes: Vec<SizeOfClass>,
    /// The ten largest files that would be packed.
    pub largest: Vec<FileSize>,
    /// What would be left out, the largest first; a folder counts once.
    pub left_out: Vec<LeftOut>,
    /// Names that no rule knows; they would be packed.
    pub unknown: Vec<String>,
    /// Whether a browser is using it.
    pub lock: LockState,
    /// The process that holds the lock, if it says.
    pub lock_process: Option<i32>,
    /// How cookies are encrypted.
    pub cookies: CookieKeys,
    /// Whether it will sign in on Linux.
    pub verdict: Verdict,
    /// The same as a sentence, with the reason and what to do.
    pub advice: String,
    /// What may go wrong, a sentence each.
    pub warnings: Vec<String>,
}

/// One kind of file in a folder.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
pub struct SizeOfClass {
    /// `login` (cookies and what sites store), `settings`, `extensions`, `passwords`, `autofill`, `bookmarks`,
    /// `history`, `cache`, `runtime`, `other_profile` or `unknown`.
    pub class: String,
    /// How many files.
    pub files: u64,
    /// Their size.
    pub bytes: u64,
    /// Whether this kind is packed at the level asked for.
    pub goes: bool,
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
    /// What it is, as in [`SizeOfClass`].
    pub class: String,
    /// Why it is left out.
    pub why: String,
    /// How many files are in it.
    pub files: u64,
    /// Their size.
    pub bytes: u64,
}

/// Whether a browser is using a folder, by its lock.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum LockState {
    /// There is no lock. A headless browser may make none.
    None,
    /// A browser is using it.
    Live,
    /// The browser is gone and left its lock.
    Stale,
    /// The lock is from another machine or container, where its process cannot be looked for.
    Foreign,
}

/// How a profile's cookies are encrypted.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, Serialize)]
pub struct CookieKeys {
    /// The system they were written on: `linux`, `macos`, `windows`.
    pub system: String,
    /// What the first rows begin with: `v10`, `v11`, `v12`, `v20`, `plain`, `other`; the most frequent first.
    pub prefixes: Vec<String>,
}

/// Whether a profile will sign in on Linux.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// Its cookies can be read there.
    Likely,
    /// They cannot.
    Unlikely,
    /// There are none, or they tell nothing.
    Unknown,
}

impl LockState {
    /// `none`, `live`, `stale` or `foreign`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Live => "live",
            Self::Stale => "stale",
            Self::Foreign => "foreign",
        }
    }
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

/// Looks at a browser's folder as [`HCompany::upload_profile`](crate::HCompany::upload_profile) would, without packing
/// or sending anything. The folder is only read.
///
/// # Errors
/// `invalid_input` for what is no browser's folder, `source_unreadable`.
pub fn inspect_profile(folder: impl Into<PathBuf>, pack: &Pack) -> Result<ProfileInspection> {
    start_inspect_profile(folder, pack)?.wait()
}

/// Starts [`inspect_profile`].
///
/// # Errors
/// `invalid_input` for patterns that are none.
pub fn start_inspect_profile(folder: impl Into<PathBuf>, pack: &Pack) -> Result<Job<ProfileInspection>> {
    pack.check()?;
    let (folder, pack) = (crate::source::local_path(folder.into(), "the folder")?, pack.clone());
    job::start("inspect_profile", None, move |ctx| async move {
        ctx.progress.enter(Phase::Inspecting);
        let look = move |folder: &Path, watch: &Watch| Ok(Look::at(folder, &pack, watch)?.inspection(&pack));
        watched(folder, Options::new().stall_timeout, look).await
    })
}

/// The browser a folder is of.
#[derive(Debug, Clone)]
pub(in crate::hcompany) struct Browser {
    pub(in crate::hcompany) name: String,
    pub(in crate::hcompany) version: Option<String>,
}

/// All that is seen of a folder.
pub(super) struct Look {
    pub(super) folder: Folder,
    pub(super) tree: Tree,
    pub(super) lock: Lock,
    system: System,
    prefixes: Prefixes,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum System {
    Linux,
    MacOs,
    Windows,
}

impl System {
    fn as_str(self) -> &'static str {
        match self {
            Self::Linux => "linux",
            Self::MacOs => "macos",
            Self::Windows => "windows",
        }
    }
}

/// Files named in an error or a report.
const LARGEST: usize = 10;

impl Look {
    pub(super) fn at(path: &Path, pack: &Pack, watch: &Watch) -> Result<Self> {
        let folder = Folder::recognise(path, pack)?;
        let lock = Lock::of(&folder);
        let tree = walk(&folder, pack, watch)?;
        let (system, prefixes) = match folder.family {
            Family::Firefox => (System::Linux, Prefixes::new()),
            Family::Chrome => (system_of(&folder), cookie_prefixes(&folder, &tree)),
        };
        Ok(Self { folder, tree, lock, system, prefixes })
    }

    pub(super) fn browser(&self) -> Browser {
        Browser { name: self.folder.browser_name().to_owned(), version: self.folder.version.clone() }
    }

    /// The error for a browser that is running.
    pub(super) fn in_use(&self) -> Error {
        Error::new(
            ErrorKind::BrowserRunning,
            format!(
                "{} is using {} ({}); close it, or choose live \"snapshot\" to pack a consistent copy",
                self.folder.product,
                self.folder.root.display(),
                self.lock.holder()
            ),
        )
        .about(&self.folder.root)
    }

    /// What may go wrong, a sentence each.
    pub(super) fn warnings(&self) -> Vec<String> {
        let mut warnings = self.tree.remarks.clone();
        match self.lock.state {
            State::Foreign => warnings.push(format!(
                "the folder is locked by {}, which cannot be looked for from here; if that browser still runs, close it and pack again",
                self.lock.holder()
            )),
            State::Live => warnings.push(format!(
                "{} is using the folder ({}); what it has not written to disk yet is not packed",
                self.folder.product,
                self.lock.holder()
            )),
            State::None | State::Stale => {}
        }
        let (verdict, advice) = self.verdict();
        if verdict != Verdict::Likely {
            warnings.push(advice);
        }
        warnings
    }

    pub(super) fn largest_listed(&self, entries: &[Entry]) -> String {
        let named =
            self.largest(entries).into_iter().map(|f| format!("{} {:.1} MB", f.path, f.bytes as f64 / 1e6));
        named.collect::<Vec<_>>().join(", ")
    }

    fn largest(&self, entries: &[Entry]) -> Vec<FileSize> {
        let mut files: Vec<(u64, &str)> =
            entries.iter().filter_map(|entry| Some((entry.file?.size, entry.path.as_str()))).collect();
        files.sort_by(|a, b| b.0.cmp(&a.0).then(a.1.cmp(b.1)));
        files.truncate(LARGEST);
        files.into_iter().map(|(bytes, path)| FileSize { path: self.folder.shown(path), bytes }).collect()
    }

    fn inspection(self, pack: &Pack) -> ProfileInspection {
        let (verdict, advice) = self.verdict();
        let files = self.tree.entries.iter().filter_map(|entry| entry.file);
        let (files, bytes) = files.fold((0, 0), |(files, bytes), stamp| (files + 1, bytes + stamp.size));
        let sizes = self.tree.sizes.iter().map(|(class, size)| SizeOfClass {
            class: class.as_str().to_owned(),
            files: size.files,
            bytes: size.bytes,
            goes: class.goes(pack.level),
        });
        let left_out = self.tree.left_out.iter().map(|left| LeftOut {
            path: left.path.clone(),
            class: left.class.as_str().to_owned(),
            why: left.why.to_owned(),
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
            lock: match self.lock.state {
                State::None => LockState::None,
                State::Live => LockState::Live,
                State::Stale => LockState::Stale,
                State::Foreign => LockState::Foreign,
            },
            lock_process: self.lock.process,
            cookies: CookieKeys { system: self.system.as_str().to_owned(), prefixes: self.by_frequency() },
            verdict,
            advice,
            warnings,
        }
    }

    fn by_frequency(&self) -> Vec<String> {
        let mut prefixes: Vec<(&String, &u32)> = self.prefixes.iter().collect();
        prefixes.sort_by(|a, b| b.1.cmp(a.1).then(a.0.cmp(b.0)));
        prefixes.into_iter().map(|(prefix, _)| prefix.clone()).collect()
    }

    /// A key is bound to the machine: macOS keeps it in its Keychain, Windows wraps it with DPAPI or binds it to the
    /// browser, a Linux desktop keeps it in its keyring (`v11`, `v12`). Only the fixed key of Linux (`v10` there)
    /// works elsewhere. From Chromium's components/os_crypt.
    fn verdict(&self) -> (Verdict, String) {
        const NEW_PROFILE: &str = "sign in with a profile of its own, started on Linux with --user-data-dir and --password-store=basic, and pack that";
        let prefixes = self.by_frequency();
        let has_firefox_cookies = || self.tree.entries.iter().any(|entry| entry.path == "cookies.sqlite");
        let nothing = || {
            let why = "no cookie was found in what would be packed; sign in first, close the browser so that it writes them, and pack again";
            (Verdict::Unknown, why.to_owned())
        };
        let bound = |what: &str| {
            (Verdict::Unlikely, format!("its cookies are encrypted with a key {what}; {NEW_PROFILE}"))
        };
        let (mut verdict, mut why) =
            match (self.folder.family, self.system, prefixes.first().map(String::as_str)) {
                (Family::Firefox, ..) if has_firefox_cookies() => {
                    (Verdict::Likely, "Firefox does not encrypt its cookies".to_owned())
                }
                (Family::Firefox, ..) | (_, _, None) => nothing(),
                (_, _, Some("plain")) => (Verdict::Likely, "its cookies are not encrypted".to_owned()),
                (_, System::Linux, Some("v10")) => {
                    (Verdict::Likely, "its cookies are encrypted with the key every Linux has".to_owned())
                }
                (_, System::Linux, Some("v11" | "v12")) => bound("in this desktop's keyring"),
                (_, System::MacOs, Some(_)) => bound("in a Mac's Keychain"),
                (_, System::Windows, Some(_)) => bound("bound to a Windows account"),
                (_, System::Linux, Some(other)) => bound(&format!("that does not work elsewhere ({other})")),
            };
        let others = prefixes.iter().skip(1).find(|prefix| !matches!(prefix.as_str(), "v10" | "plain"));
        if let (Verdict::Likely, Some(other)) = (verdict, others) {
            verdict = Verdict::Unknown;
            why = format!(
                "some of its cookies are encrypted with a key that does not work elsewhere ({other}); {NEW_PROFILE}"
            );
        }
        (verdict, format!("will log in on Linux: {}, because {why}", verdict.as_str()))
    }
}

/// The cookies that would be packed.
fn cookie_prefixes(folder: &Folder, tree: &Tree) -> Prefixes {
    let mut all = Prefixes::new();
    let is_it = |path: &str| matches!(folder.in_profile(path), Some("Cookies" | "Network/Cookies"));
    for entry in tree.entries.iter().filter(|entry| is_it(&entry.path)) {
        for (prefix, rows) in cookies::prefixes(&folder.root.join(&entry.path)) {
            *all.entry(prefix).or_default() += rows;
        }
    }
    all
}

/// Which system the folder is from; a copy says so itself, otherwise it is this one.
fn system_of(folder: &Folder) -> System {
    let state = json(&folder.root.join("Local State"));
    let key = |name: &str| state["os_crypt"].get(name).is_some();
    // Only Windows keeps its key there.
    if key("encrypted_key") || key("app_bound_encrypted_key") {
        return System::Windows;
    }
    let browser = small_text(&folder.root.join("Last Browser")).unwrap_or_default().replace('\0', "");
    if browser.contains("/Applications/") || folder.root.join(".DS_Store").exists() {
        return System::MacOs;
    }
    let homes = folder.profiles.iter().filter_map(|p| small_text(&folder.root.join(p).join("Preferences")));
    for preferences in homes {
        if preferences.contains("\"/Users/") {
            return System::MacOs;
        }
    }
    if cfg!(target_os = "macos") { System::MacOs } else { System::Linux }
}
