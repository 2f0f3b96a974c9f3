//! Whose folder it is: the browser that wrote it, its version, and the profiles in it.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::cookies::{self, Owner};
use super::family::Family;
use super::folder::Folder;
use super::json::{read_json, read_small_text};
use super::pack_options::Pack;
use super::profiles_ini;
use super::stall_guard::StallGuard;
use crate::error::{Error, Result};
use crate::sys;

impl Folder {
    pub(super) fn recognise(path: &Path, pack: &Pack, guard: &StallGuard) -> Result<Self> {
        let meta = fs::metadata(path).map_err(|e| Error::local_io(path, "looking at", &e))?;
        if !meta.is_dir() {
            return Err(Error::invalid(format!(
                "{} is a file; give a browser's user-data folder",
                path.display()
            )));
        }
        let root = firefox_profile(path, pack, guard)?.unwrap_or_else(|| path.to_owned());
        if is_firefox(&root, guard) {
            return Ok(Self::firefox(root));
        }
        let profiles = chrome_profiles(&root, guard)?;
        let as_default = pack.puts_all_in_default() && is_chrome_profile(&root);
        if !profiles.is_empty() || as_default || root.join("Local State").is_file() {
            return Ok(Self::chrome(root, profiles));
        }
        Err(not_a_profile(&root, guard))
    }

    fn chrome(root: PathBuf, profiles: Vec<String>) -> Self {
        let state = read_json(&root.join("Local State"));
        let product = chrome_product(&root, &state);
        let version = read_small_text(&root.join("Last Version"))
            .and_then(|text| version(&text))
            .or_else(|| version(state["user_experience_metrics"]["stability"]["stats_version"].as_str()?))
            .or_else(|| {
                profiles.iter().find_map(|profile| {
                    let preferences = read_json(&root.join(profile).join("Preferences"));
                    version(preferences["extensions"]["last_chrome_version"].as_str()?)
                })
            });
        let last_used = state["profile"]["last_used"].as_str().filter(|name| !name.is_empty());
        Self {
            system: sys::file_system_at(&root),
            is_profile: is_chrome_profile(&root),
            last_used: last_used.map(str::to_owned),
            root,
            family: Family::Chrome,
            profiles,
            product,
            version,
        }
    }

    fn firefox(root: PathBuf) -> Self {
        let name = root.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
        let version = read_small_text(&root.join("compatibility.ini"))
            .and_then(|text| version(text.lines().find_map(|line| line.strip_prefix("LastVersion="))?));
        Self {
            system: sys::file_system_at(&root),
            root,
            family: Family::Firefox,
            profiles: vec![name],
            is_profile: true,
            last_used: None,
            product: "Firefox",
            version,
        }
    }
}

/// Firefox keeps its profiles beside a `profiles.ini`; that folder is none itself.
fn firefox_profile(path: &Path, pack: &Pack, guard: &StallGuard) -> Result<Option<PathBuf>> {
    let is_one = |path: &Path| is_firefox(path, guard);
    match read_small_text(&path.join("profiles.ini")) {
        Some(text) if !is_one(path) => {
            profiles_ini::chosen(path, &text, pack.profile.as_deref(), is_one).map(Some)
        }
        _ => Ok(None),
    }
}

const COOKIES: &str = "cookies.sqlite";

/// WebKitGTK keeps such cookies too.
fn is_firefox(root: &Path, guard: &StallGuard) -> bool {
    ["prefs.js", "compatibility.ini"].iter().any(|name| root.join(name).is_file())
        || (root.join(COOKIES).is_file() && cookies::owner(&root.join(COOKIES), guard) != Some(Owner::WebKit))
}

/// Whether a folder has a file at its top that only a profile of the Chrome family has there.
fn is_chrome_profile(folder: &Path) -> bool {
    ["Preferences", "Cookies", "Network/Cookies", "History", "Login Data", "Web Data"]
        .iter()
        .any(|name| folder.join(name).is_file())
}

/// A name the Chrome family gives to a profile, whatever is left in it.
fn is_profile_name(name: &str) -> bool {
    let number = name.strip_prefix("Profile ").unwrap_or_default();
    name == "Default" || (!number.is_empty() && number.bytes().all(|b| b.is_ascii_digit()))
}

/// Whether a name at the top of a folder of the Chrome family would be a profile, if it led to a folder.
pub(super) fn may_be_profile(path: &Path) -> bool {
    path.file_name().and_then(|name| name.to_str()).is_some_and(is_profile_name) || is_chrome_profile(path)
}

fn chrome_profiles(root: &Path, guard: &StallGuard) -> Result<Vec<String>> {
    let listing = |e: std::io::Error| Error::local_io(root, "listing", &e);
    let mut profiles = Vec::new();
    for entry in fs::read_dir(root).map_err(listing)? {
        // Some files are looked for in each, and a disk may take its time.
        guard.checkpoint()?;
        let entry = entry.map_err(listing)?;
        let folder = entry.file_type().is_ok_and(|kind| kind.is_dir());
        if let Ok(name) = entry.file_name().into_string()
            && folder
            && !matches!(name.as_str(), "System Profile" | "Guest Profile" | "Snapshots" | OFF_THE_RECORD)
        {
            if is_profile_name(&name) || is_chrome_profile(&entry.path()) {
                profiles.push(name);
            } else if name == PARTITIONS {
                profiles.extend(partitions(root, guard)?);
            }
        }
    }
    profiles.sort();
    Ok(profiles)
}

/// Where an Electron application keeps a profile for each of its partitions:
/// shell/browser/electron_browser_context.cc.
const PARTITIONS: &str = "Partitions";
/// Where QtWebEngine keeps nothing that lasts: src/core/profile_adapter.cpp.
const OFF_THE_RECORD: &str = "OffTheRecord";

fn partitions(root: &Path, guard: &StallGuard) -> Result<Vec<String>> {
    let folder = root.join(PARTITIONS);
    let listing = |e: std::io::Error| Error::local_io(&folder, "listing", &e);
    let mut found = Vec::new();
    for entry in fs::read_dir(&folder).map_err(listing)? {
        guard.checkpoint()?;
        let entry = entry.map_err(listing)?;
        if let Ok(name) = entry.file_name().into_string()
            && entry.file_type().is_ok_and(|kind| kind.is_dir())
        {
            found.push(format!("{PARTITIONS}/{name}"));
        }
    }
    Ok(found)
}

fn not_a_profile(root: &Path, guard: &StallGuard) -> Error {
    let shown = root.display();
    if is_chrome_profile(root) {
        let name = root.file_name().unwrap_or_default();
        return Error::invalid(format!(
            "{shown} is one profile of a user-data folder; give the folder it is in, and choose the profile {name:?}, or pack it alone with the prefix \"Default\", where a browser looks for it"
        ));
    }
    if cookies::owner(&root.join(COOKIES), guard) == Some(Owner::WebKit) {
        return Error::invalid(format!(
            "{shown} is the folder of a program with WebKitGTK in it, and which of its files belong together is not known here; zip it yourself, and give the zip with browser_name \"webkit\" and a browser_version"
        ));
    }
    Error::invalid(format!(
        "{shown} is not a browser's user-data folder: there is neither Local State (Chrome family) nor prefs.js (Firefox) in it; chrome://version and about:profiles tell where it is"
    ))
}

/// The path often tells, and so do keys that only one browser writes.
fn chrome_product(root: &Path, state: &Value) -> &'static str {
    let path = root.to_string_lossy().replace('\\', "/").to_ascii_lowercase();
    let is_in = |start: &str| path.split('/').any(|folder| folder.starts_with(start));
    let has = |key: &str| state.get(key).is_some();
    if is_in("microsoft-edge") || is_in("microsoft edge") || has("edge") {
        "Microsoft Edge"
    } else if is_in("brave") || has("brave") {
        "Brave"
    } else if is_in("vivaldi") || has("vivaldi") {
        "Vivaldi"
    } else if is_in("google-chrome") || path.contains("/google/chrome") {
        "Google Chrome"
    } else {
        "Chromium"
    }
}

/// The version at the start of a text, if there is one.
fn version(text: &str) -> Option<String> {
    let text = text.trim();
    let end = text.find(|c: char| !(c.is_ascii_digit() || c == '.')).unwrap_or(text.len());
    let version = text[..end].trim_end_matches('.');
    (!version.is_empty() && version.len() <= 32).then(|| version.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(names: &[(&str, &str)]) -> tempfile::TempDir {
        let dir = tempfile::tempdir().expect("dir");
        for (name, text) in names {
            let path = dir.path().join(name);
            fs::create_dir_all(path.parent().expect("parent")).expect("dirs");
            fs::write(path, text).expect("write");
        }
        dir
    }

    fn recognised(names: &[(&str, &str)]) -> Result<Folder> {
        Folder::recognise(folder(names).path(), &Pack::new(), &StallGuard::default())
    }

    #[test]
    fn browsers_versions_and_profiles_are_told() {
        let found = recognised(&[
            ("Local State", r#"{"user_experience_metrics":{"stability":{"stats_version":"131.0.1.2-64"}}}"#),
            ("Default/Preferences", "{}"),
            ("Profile 2/Network/Cookies", ""),
            ("System Profile/Preferences", "{}"),
            ("Other/x", ""),
        ])
        .expect("Chrome");
        assert_eq!((found.product, found.browser_name()), ("Chromium", "chromium"));
        assert_eq!(found.version.as_deref(), Some("131.0.1.2"));
        assert_eq!(found.profiles, ["Default", "Profile 2"]);
        assert_eq!(found.in_profile("Profile 2/History"), Some("History"));
        assert_eq!((found.in_profile("Other/x"), found.in_profile("Local State")), (None, None));

        let opera =
            recognised(&[("Local State", "{}"), ("Preferences", "[]"), ("Cookies", "")]).expect("Opera");
        assert_eq!((opera.in_profile("History"), opera.version), (Some("History"), None));

        let found = recognised(&[("compatibility.ini", "[Compatibility]\nLastVersion=153.7.0_2026/x\n")]);
        let found = found.expect("Firefox");
        assert_eq!((found.browser_name(), found.version.as_deref()), ("firefox", Some("153.7.0")));
        assert_eq!(found.profiles.len(), 1);
    }

    #[test]
    fn profiles_of_partitions_and_the_one_used_last_are_told() {
        let electron = recognised(&[
            ("Local State", "{}"),
            ("Preferences", "{}"),
            ("Partitions/chat/Cache/x", ""),
            ("Partitions/a file", ""),
            ("OffTheRecord/Cookies", ""),
        ])
        .expect("an application");
        assert_eq!(electron.profiles, ["Partitions/chat"]);
        assert_eq!(electron.in_profile("Partitions/chat/Cache"), Some("Cache"));
        assert_eq!(electron.in_profile("Cache"), Some("Cache"));
        assert_eq!(electron.profile_of("Partitions/chat"), Some("Partitions/chat"));
        assert_eq!(
            (electron.profile_of("Partitions"), electron.profile_of("Partitions/chats")),
            (None, None)
        );
        assert_eq!(electron.last_used, None);

        let state = "\u{feff}{\"profile\":{\"last_used\":\"Profile 2\"}}";
        let several = recognised(&[("Local State", state), ("Default/x", ""), ("Profile 2/x", "")]);
        assert_eq!(several.expect("Chrome").last_used.as_deref(), Some("Profile 2"));
        let qt = recognised(&[("Default/Cookies", ""), ("other/Cookies", "")]).expect("QtWebEngine");
        assert_eq!(
            (qt.profiles.as_slice(), qt.last_used),
            (&["Default".to_owned(), "other".to_owned()][..], None)
        );
    }

    #[test]
    fn a_local_state_that_is_none_tells_nothing_and_is_read_in_bounds() {
        let nested =
            format!(r#"{{"profile":{{"last_used":"x"}},"a":{}1{}}}"#, "[".repeat(10_000), "]".repeat(10_000));
        let long = format!(r#"{{"profile":{{"last_used":"x"}},"a":"{}"}}"#, "a".repeat(17 << 20));
        for text in [
            r#"{"profile":{"last_used":"x"#,
            &nested,
            &long,
            "[]",
            "\u{feff}",
            r#"{"profile":["last_used"]}"#,
        ] {
            let found = recognised(&[("Local State", text), ("Default/x", "")]).expect("Chrome");
            assert_eq!(found.last_used, None, "{}", &text[..text.len().min(60)]);
        }
    }

    #[test]
    fn one_profile_alone_can_be_packed_as_default() {
        let dir = folder(&[("Preferences", "{}"), ("Cookies", "")]);
        let refused = Folder::recognise(dir.path(), &Pack::new().prefix("user-data"), &StallGuard::default())
            .expect_err("one profile");
        assert!(refused.message().contains("the prefix \"Default\""), "{refused}");
        for prefix in ["Default", "user-data/Default/"] {
            let found = Folder::recognise(dir.path(), &Pack::new().prefix(prefix), &StallGuard::default())
                .expect(prefix);
            assert!(found.is_profile && found.profiles.is_empty());
        }
    }

    #[test]
    fn a_cookies_sqlite_alone_is_told_by_what_is_in_it() {
        let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz/corpus/cookies");
        let with = |name: &str| {
            let dir = folder(&[("storage/x", ""), ("hsts-storage.sqlite", "")]);
            fs::copy(corpus.join(name), dir.path().join("cookies.sqlite")).expect("copy");
            Folder::recognise(dir.path(), &Pack::new(), &StallGuard::default())
        };
        assert_eq!(with("firefox").expect("Firefox").family, Family::Firefox);
        let refused = with("webkit").expect_err("WebKitGTK");
        assert!(refused.message().contains("browser_name \"webkit\""), "{refused}");
        assert_eq!(with("cut").expect("it may be Firefox's").family, Family::Firefox);
    }

    #[test]
    fn looking_for_profiles_moves_and_ends() {
        let dir = folder(&[("Local State", "{}"), ("Default/x", "")]);
        let error =
            Folder::recognise(dir.path(), &Pack::new(), &StallGuard::stopped()).expect_err("nobody waits");
        assert_eq!(error.kind(), crate::error::ErrorKind::Cancelled);
    }

    #[test]
    fn what_is_no_profile_folder_is_told_with_the_way_out() {
        let said = |names: &[(&str, &str)]| recognised(names).expect_err("refused").message().to_owned();
        assert!(said(&[("x", "")]).contains("chrome://version"));
        let one = said(&[("Preferences", "{}"), ("History", "")]);
        assert!(one.contains("give the folder it is in"), "{one}");
    }

    #[test]
    fn firefox_profiles_are_found_by_their_list() {
        let dir = folder(&[
            ("profiles.ini", "[Profile0]\nPath=a.x\n[Profile1]\nPath=b.x\n"),
            ("a.x/times.json", ""),
            ("b.x/prefs.js", ""),
        ]);
        let found = Folder::recognise(dir.path(), &Pack::new(), &StallGuard::default())
            .expect("the one that was used");
        assert_eq!(found.root, dir.path().join("b.x"));
        let error = Folder::recognise(dir.path(), &Pack::new().profile("a.x"), &StallGuard::default())
            .expect_err("it is empty");
        assert!(error.message().contains("a.x is not a browser's"), "{error}");
    }
}
