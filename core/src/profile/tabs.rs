//! Whether a profile opens its last tabs again when its browser is started. Data that sites keep for a
//! session comes back then: the tabs' own storage with the tabs, and the session's cookies, which Firefox
//! keeps among the tabs, and Chromium among the cookies.

use std::collections::HashSet;
use std::path::Path;

use super::family::Family;
use super::folder::Folder;
use super::json::{read_json, read_small_text};
use super::stall_guard::StallGuard;
use crate::error::Result;

/// The profiles that do, by their path in the folder; a folder that is itself a profile is "".
pub(super) fn reopening(folder: &Folder, guard: &StallGuard) -> Result<HashSet<String>> {
    let is_one = folder.family == Family::Firefox || folder.is_profile;
    let inside = folder.profiles.iter().map(String::as_str).filter(|_| folder.family == Family::Chrome);
    let mut found = HashSet::new();
    for profile in inside.chain(is_one.then_some("")) {
        guard.checkpoint()?;
        if reopens(folder.family, &folder.root.join(profile)) {
            found.insert(profile.to_owned());
        }
    }
    Ok(found)
}

/// Whether this one does.
pub(super) fn reopens(family: Family, profile: &Path) -> bool {
    match family {
        Family::Chrome => chromium_does(profile),
        Family::Firefox => firefox_does(profile),
    }
}

/// After a crash it asks first. From Chromium's chrome/browser/prefs/session_startup_pref.h: 1 is the last
/// session, 6 that and a list of pages.
fn chromium_does(profile: &Path) -> bool {
    ["Preferences", "Secure Preferences"].iter().any(|name| {
        let value = &read_json(&profile.join(name))["session"]["restore_on_startup"];
        matches!(value.as_i64(), Some(1 | 6))
    })
}

/// If its user chose so, if it was told to for once (an update), or if it crashed: then it does not ask the
/// first times. From Firefox's browser/components/sessionstore/SessionStartup.sys.mjs. A copy of a running
/// one is a crashed one.
fn firefox_does(profile: &Path) -> bool {
    let texts = ["prefs.js", "user.js"].map(|name| read_small_text(&profile.join(name)).unwrap_or_default());
    // The second file's values replace the first's, and a later line's an earlier's.
    let value = |name: &str| {
        let named = |line: &'_ str| {
            Some(pref(line)?).filter(|(is, _)| *is == name).map(|(_, value)| value.to_owned())
        };
        texts.iter().flat_map(|text| text.lines()).filter_map(named).next_back()
    };
    let is = |name: &str, expected: &str| value(name).is_some_and(|value| value == expected);
    is("browser.startup.page", "3")
        || is("browser.sessionstore.resume_session_once", "true")
        || (!is("browser.sessionstore.resume_from_crash", "false") && has_crashed(profile))
}

/// From Firefox's toolkit/components/crashmonitor/CrashMonitor.sys.mjs.
fn has_crashed(profile: &Path) -> bool {
    let checkpoints = read_json(&profile.join("sessionCheckpoints.json"));
    checkpoints.is_object() && checkpoints["sessionstore-final-state-write-complete"] != true
}

/// The name and the value in `user_pref("name", value);`.
fn pref(line: &str) -> Option<(&str, &str)> {
    let rest = line.trim().strip_prefix("user_pref(")?.trim_start().strip_prefix('"')?;
    let (name, rest) = rest.split_once('"')?;
    let value = rest.trim_start().strip_prefix(',')?.split_once(')')?.0;
    Some((name, value.trim()))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::profile::Pack;

    fn found(files: &[(&str, &str)]) -> Vec<String> {
        let dir = tempfile::tempdir().expect("dir");
        for (name, text) in files {
            let path = dir.path().join(name);
            fs::create_dir_all(path.parent().expect("parent")).expect("dirs");
            fs::write(path, text).expect("write");
        }
        let folder = Folder::recognise(dir.path(), &Pack::new(), &StallGuard::default()).expect("a profile");
        let mut found: Vec<_> =
            reopening(&folder, &StallGuard::default()).expect("nobody stops it").into_iter().collect();
        found.sort();
        found
    }

    #[test]
    fn a_choice_is_of_one_profile() {
        let files = [
            ("Local State", "{}"),
            ("Default/Preferences", r#"{"session":{"restore_on_startup":1}}"#),
            ("Profile 1/Preferences", r#"{"session":{"restore_on_startup":5}}"#),
            ("Profile 2/Secure Preferences", r#"{"session":{"restore_on_startup":6}}"#),
            ("Profile 3/Preferences", "{"),
        ];
        assert_eq!(found(&files), ["Default", "Profile 2"]);
    }

    #[test]
    fn firefox_does_by_choice_or_after_a_crash() {
        let page = |value: u32| format!("// prefs\nuser_pref(\"browser.startup.page\", {value});\n");
        let is_found = |files: &[(&str, &str)]| !found(files).is_empty();
        assert!(is_found(&[("prefs.js", &page(3))]));
        assert!(!is_found(&[("prefs.js", &page(1))]));
        assert!(!is_found(&[("prefs.js", &page(3)), ("user.js", &page(1))]), "user.js comes second");
        assert!(is_found(&[("prefs.js", "user_pref(\"browser.sessionstore.resume_session_once\", true);")]));
        let left = ("sessionCheckpoints.json", r#"{"profile-after-change":true}"#);
        let ended = ("sessionCheckpoints.json", r#"{"sessionstore-final-state-write-complete":true}"#);
        assert!(is_found(&[("prefs.js", ""), left]));
        assert!(!is_found(&[("prefs.js", ""), ended]));
        let never = "user_pref(\"browser.sessionstore.resume_from_crash\", false);";
        assert!(!is_found(&[("prefs.js", never), left]));
    }
}
