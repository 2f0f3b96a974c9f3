//! The system a folder is from, by signs and not by default: the worth of its keys depends on that. A
//! sign of Linux counts only at its own place; one of another system counts wherever it stands.

use std::path::Path;

use serde_json::Value;

use crate::profile::family::Family;
use crate::profile::folder::Folder;
use crate::profile::json::{read_json, read_small_text};
use crate::sys;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum System {
    Linux,
    MacOs,
    Windows,
    /// Nothing tells.
    Unknown,
    /// Signs of several.
    Several,
}

impl System {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Linux => "linux",
            Self::MacOs => "macos",
            Self::Windows => "windows",
            Self::Unknown | Self::Several => "unknown",
        }
    }
}

#[derive(Debug, Default, Clone, Copy)]
struct Signs {
    linux: bool,
    macos: bool,
    windows: bool,
}

impl Signs {
    fn add(&mut self, system: Option<System>) {
        match system {
            Some(System::Linux) => self.linux = true,
            Some(System::MacOs) => self.macos = true,
            Some(System::Windows) => self.windows = true,
            Some(System::Unknown | System::Several) | None => {}
        }
    }

    fn system(self) -> System {
        match (self.linux, self.macos, self.windows) {
            (false, false, false) => System::Unknown,
            (true, false, false) => System::Linux,
            (false, true, false) => System::MacOs,
            (false, false, true) => System::Windows,
            _ => System::Several,
        }
    }
}

/// Databases that a Chromium opens at every start. LevelDB writes where each is into its text log
/// (db/db_impl.cc), which names the place of the folder on the machine it was last used on.
const LOGGED_DATABASES: [&str; 8] = [
    "Local Storage/leveldb",
    "Session Storage",
    "shared_proto_db",
    "shared_proto_db/metadata",
    "Site Characteristics Database",
    "Extension State",
    "Sync Data/LevelDB",
    "Service Worker/Database",
];

/// The system of a folder, of whose profiles the one that counts is in `profile`, `""` being the top.
pub(super) fn system_of(folder: &Folder, profile: &str) -> System {
    let mut signs = Signs::default();
    let root = folder.root.as_path();
    if root.join(".DS_Store").exists() {
        signs.macos = true;
    }
    match folder.family {
        Family::Firefox => {
            signs.add(of_firefox(&read_small_text(&root.join("compatibility.ini")).unwrap_or_default()))
        }
        Family::Chrome => {
            of_state(&mut signs, root);
            of_profile(&mut signs, folder, &root.join(profile));
        }
    }
    signs.system()
}

/// `LastOSABI=Linux_x86_64-gcc3`: toolkit/xre/nsAppRunner.cpp.
fn of_firefox(compatibility: &str) -> Option<System> {
    let abi = compatibility.lines().find_map(|line| line.trim().strip_prefix("LastOSABI="))?;
    let systems = [("Linux", System::Linux), ("Darwin", System::MacOs), ("WINNT", System::Windows)];
    systems.into_iter().find(|(start, _)| abi.starts_with(start)).map(|(_, system)| system)
}

fn of_state(signs: &mut Signs, root: &Path) {
    let state = read_json(&root.join("Local State"));
    let key = |name: &str| state["os_crypt"].get(name).is_some();
    // Only Windows keeps its key there, and only Linux asks a desktop's portal for one.
    signs.windows |= key("encrypted_key") || key("app_bound_encrypted_key");
    signs.linux |= key("portal");
    // Only Windows writes it, in UTF-16: chrome/browser/downgrade/downgrade_utils.cc.
    let browser = read_small_text(&root.join("Last Browser")).unwrap_or_default().replace('\0', "");
    signs
        .add(of_path(browser.trim_start_matches(['\u{feff}', '\u{fffd}'])).filter(|it| *it != System::Linux));
}

fn of_profile(signs: &mut Signs, folder: &Folder, profile: &Path) {
    // On macOS and Windows what must not be tampered with is in the second.
    for name in ["Preferences", "Secure Preferences"] {
        let path = profile.join(name);
        for word in read_small_text(&path).unwrap_or_default().split('"').skip(1) {
            // In JSON a backslash is two.
            signs.add(of_path(word).filter(|system| *system != System::Linux));
        }
        let settings = read_json(&path);
        let of_extension = |extension: &Value| of_path(extension["path"].as_str()?);
        if let Some(extensions) = settings["extensions"]["settings"].as_object() {
            extensions.values().for_each(|extension| signs.add(of_extension(extension)));
        }
        for kind in ["download", "savefile"] {
            signs.add(settings[kind]["default_directory"].as_str().and_then(of_path));
        }
    }
    let is_chrome = folder.root.join("Local State").is_file();
    for log in LOGGED_DATABASES {
        for name in ["LOG", "LOG.old"] {
            let Some(text) = read_small_text(&profile.join(log).join(name)) else { continue };
            for path in text.lines().take(MAX_LOG_LINES).filter_map(logged) {
                signs.add(of_path(path).or_else(|| {
                    let of_both = ["/tmp/", "/var/"].iter().any(|start| path.starts_with(start));
                    // Chrome itself resolves the folder it is given (base/path_service.cc), and on macOS
                    // these are links to folders in `/private`.
                    let is_linux = of_both && (is_chrome || is_copy_of(path, &text)) || is_here(folder, path);
                    is_linux.then_some(System::Linux)
                }));
            }
        }
    }
}

const MAX_LOG_LINES: usize = 100;

/// The path in a line such as `2026/11/30-03:18:07.742 20f5 Reusing MANIFEST /home/…/MANIFEST-000001`.
fn logged(line: &str) -> Option<&str> {
    let [_, _, what] = line.splitn(3, ' ').collect::<Vec<_>>().try_into().ok()?;
    let starts = ["Reusing MANIFEST ", "Creating DB ", "Reusing old log "];
    starts.into_iter().find_map(|start| what.strip_prefix(start))
}

/// Whether a log that is looked at on Linux was copied from the place it names, which is on this machine.
fn is_copy_of(path: &str, text: &str) -> bool {
    let place = match path.strip_suffix(" since it was missing.") {
        Some(database) => Some(Path::new(database)),
        None => Path::new(path).parent(),
    };
    let log = place.map(|place| place.join("LOG"));
    sys::IS_LINUX && log.and_then(|log| read_small_text(&log)).is_some_and(|there| there == text)
}

/// Whether a folder that is looked at on Linux is where its own log says that it is.
fn is_here(folder: &Folder, path: &str) -> bool {
    let starts_with = |root: &Path| {
        let root = root.to_string_lossy();
        path.strip_prefix(&*root).is_some_and(|rest| rest.starts_with('/'))
    };
    sys::IS_LINUX
        && (starts_with(&folder.root) || folder.root.canonicalize().is_ok_and(|root| starts_with(&root)))
}

/// The system a path is of. macOS takes no names of others at the top of its file system, which is sealed,
/// and there are some that both have.
fn of_path(path: &str) -> Option<System> {
    let bytes = path.as_bytes();
    if let [drive, b':', b'\\', ..] = bytes
        && drive.is_ascii_alphabetic()
    {
        return Some(System::Windows);
    }
    let mut names = path.strip_prefix('/')?.split('/');
    let (first, second) = (names.next()?, names.next()?);
    match (first, second) {
        ("Users" | "Applications" | "Library" | "System" | "Volumes" | "private" | "cores", _)
        | ("var", "folders")
        | ("opt", "homebrew") => Some(System::MacOs),
        ("usr", "lib" | "lib64" | "share") | ("opt", _) => Some(System::Linux),
        ("tmp" | "var" | "etc" | "usr" | "bin" | "sbin" | "dev" | "nix", _) => None,
        ("", _) => None,
        _ => Some(System::Linux),
    }
}
