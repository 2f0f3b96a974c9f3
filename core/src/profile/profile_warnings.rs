//! Warnings about things that a profile needs and its archive lacks, and about things in the archive that its
//! owner may not expect. No site is named.

use std::path::Path;

use serde_json::Value;

use super::family::Family;
use super::folder::Folder;
use super::json::read_json;
use super::pack_options::{Level, Pack};
use super::stall_guard::StallGuard;
use super::walk::Tree;
use super::warning_list::WarningList;
use crate::error::Result;

pub(super) fn warnings_of(
    folder: &Folder,
    tree: &Tree,
    pack: &Pack,
    guard: &StallGuard,
) -> Result<Vec<String>> {
    let mut warnings = WarningList::default();
    let chosen = pack.profile.as_deref();
    for profile in profiles(folder).into_iter().filter(|p| chosen.is_none_or(|c| c == *p || p.is_empty())) {
        guard.checkpoint()?;
        let at = folder.root.join(profile);
        let (absent, has_account) = match folder.family {
            Family::Chrome => {
                let preferences = ["Preferences", "Secure Preferences"].map(|name| read_json(&at.join(name)));
                (unpacked_extensions(&preferences), is_signed_in(&preferences))
            }
            Family::Firefox => (addons_elsewhere(&at), at.join("signedInUser.json").is_file()),
        };
        for (name, path) in absent {
            warnings.push(format!(
                "the extension {name:?} is not installed in the folder but loaded from {path}, and will be missing where that path does not exist"
            ));
        }
        if has_account && pack.level == Level::Minimal {
            warnings.push(
                "the browser's own account will be signed out: its keys are kept with saved passwords and cards, which level \"minimal\" leaves out"
                    .to_owned(),
            );
        }
    }
    for profile in &tree.reopening {
        let whose =
            if profile.is_empty() { "the profile".to_owned() } else { format!("profile {profile:?}") };
        warnings.push(format!(
            "{whose} opens its last tabs again, so they are packed, with their addresses and what was typed in them"
        ));
    }
    if tree.cache_api.files > 0 {
        warnings.push(format!(
            "what sites keep in the Cache API is left out ({} files, {:.1} MB); if one needs it, include \"**/CacheStorage\"",
            tree.cache_api.files,
            tree.cache_api.bytes as f64 / 1e6
        ));
    }
    Ok(warnings.sentences())
}

/// Where profiles are in the folder; "" is its top.
fn profiles(folder: &Folder) -> Vec<&str> {
    match folder.family {
        Family::Firefox => vec![""],
        Family::Chrome => {
            let inside = folder.profiles.iter().map(String::as_str);
            inside.chain(folder.is_profile.then_some("")).collect()
        }
    }
}

/// Name and path of those that are loaded from where they are. An installed one has a path inside
/// `Extensions`, and the browser's own (5, "component") come with it. From Chromium's
/// extensions/common/mojom/manifest.mojom and chrome/browser/extensions/extension_prefs.cc.
fn unpacked_extensions(preferences: &[Value]) -> Vec<(String, String)> {
    const COMPONENT: i64 = 5;
    let settings = preferences.iter().filter_map(|p| p["extensions"]["settings"].as_object()).flatten();
    let elsewhere = settings.filter_map(|(id, extension)| {
        let path = extension["path"].as_str().filter(|path| is_absolute(path))?;
        let is_own = extension["location"].as_i64() == Some(COMPONENT);
        (!is_own).then(|| (sanitized(&named(extension, path).unwrap_or_else(|| id.clone())), sanitized(path)))
    });
    once(elsewhere.collect())
}

/// The name its user knows, unless that is in a file of translations. An unpacked one's manifest is with
/// it.
fn named(extension: &Value, path: &str) -> Option<String> {
    let there = || read_json(&Path::new(path).join("manifest.json"))["name"].as_str().map(str::to_owned);
    let stored = extension["manifest"]["name"].as_str().map(str::to_owned);
    stored.or_else(there).filter(|name| !name.starts_with("__MSG_"))
}

/// On any system: a folder may be a copy.
fn is_absolute(path: &str) -> bool {
    let drive = |bytes: &[u8]| bytes.len() > 2 && bytes[0].is_ascii_alphabetic() && bytes[1] == b':';
    path.starts_with(['/', '\\']) || drive(path.as_bytes())
}

/// The browser's own account, from Chromium's components/signin/public/base/signin_pref_names.cc.
fn is_signed_in(preferences: &[Value]) -> bool {
    preferences
        .iter()
        .any(|p| p["google"]["services"]["account_id"].as_str().is_some_and(|id| !id.is_empty()))
}

/// Name and path of Firefox's that are neither in the profile nor the browser's own: found in a folder of the
/// machine's, or by a file in `extensions` that only has a path in it. From Firefox's
/// toolkit/mozapps/extensions/internal/XPIProvider.sys.mjs.
fn addons_elsewhere(profile: &Path) -> Vec<(String, String)> {
    let list = read_json(&profile.join("extensions.json"));
    let addons = list["addons"].as_array().map(Vec::as_slice).unwrap_or_default();
    let elsewhere = addons.iter().filter_map(|addon| {
        let id = addon["id"].as_str()?;
        let location = addon["location"].as_str().unwrap_or_default();
        let own = ["app-builtin", "app-global", "app-system-defaults", "app-system-addons"];
        let path = addon_path(addon).filter(|path| is_absolute(path))?;
        let installed = || {
            let at = profile.join("extensions");
            at.join(format!("{id}.xpi")).is_file() || at.join(id).is_dir()
        };
        let is_here = own.iter().any(|own| location.starts_with(own))
            || Path::new(&path).starts_with(profile)
            || (location == "app-profile" && is_file_name(id) && installed());
        let name = addon["defaultLocale"]["name"].as_str();
        (!is_here).then(|| (sanitized(name.unwrap_or(id)), sanitized(&path)))
    });
    once(elsewhere.collect())
}

/// `path` in older ones, else from `jar:file:///x.xpi!/` or `file:///x/`.
fn addon_path(addon: &Value) -> Option<String> {
    if let Some(path) = addon["path"].as_str() {
        return Some(path.to_owned());
    }
    let root = addon["rootURI"].as_str()?;
    let root = root.strip_prefix("jar:").unwrap_or(root).strip_prefix("file://")?;
    let path = root.trim_end_matches('/').trim_end_matches('!');
    Some(percent_encoding::percent_decode_str(path).decode_utf8_lossy().into_owned())
}

fn is_file_name(id: &str) -> bool {
    !id.is_empty() && !id.contains(['/', '\\', '\0']) && !matches!(id, "." | "..")
}

/// Foreign text for a sentence.
fn sanitized(text: &str) -> String {
    const LONGEST: usize = 300;
    text.chars().filter(|c| !c.is_control()).take(LONGEST).collect()
}

fn once(mut found: Vec<(String, String)>) -> Vec<(String, String)> {
    found.sort();
    found.dedup();
    found
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::profile::walk::walk;

    fn said(files: &[(&str, &str)], pack: &Pack) -> Vec<String> {
        let dir = tempfile::tempdir().expect("dir");
        for (name, text) in files {
            let path = dir.path().join(name);
            fs::create_dir_all(path.parent().expect("parent")).expect("dirs");
            // In JSON a backslash is two.
            let here = dir.path().display().to_string().replace('\\', "/");
            fs::write(path, text.replace("{here}", &here)).expect("write");
        }
        let guard = StallGuard::default();
        let folder = Folder::recognise(dir.path(), pack, &guard).expect("a profile");
        let tree = walk(&folder, pack, &guard).expect("walked");
        warnings_of(&folder, &tree, pack, &guard).expect("nobody stops it")
    }

    #[test]
    fn extensions_that_are_elsewhere_are_named_with_their_path() {
        let preferences = r#"{"extensions":{"settings":{
            "aaaa":{"location":4,"path":"/home/me/ext","manifest":{"name":"Vault"}},
            "bbbb":{"location":1,"path":"bbbb/1.0_0","manifest":{"name":"From the shop"}},
            "cccc":{"location":5,"path":"/usr/lib/chromium/resources/pdf"},
            "dddd":{"location":8,"path":"C:\\work\\ext","manifest":{"name":"__MSG_name__"}},
            "eeee":{"location":4},
            "ffff":{"location":4,"path":"{here}/work"},
            "gggg":{"location":4,"path":"{here}/gone"}}}}"#;
        let files = [
            ("work/manifest.json", r#"{"name":"With it"}"#),
            ("Local State", "{}"),
            ("Default/Preferences", preferences),
            ("Default/Secure Preferences", preferences),
        ];
        let said = said(&files, &Pack::new());
        assert_eq!(said.len(), 4, "{said:?}");
        assert!(said[1].starts_with(r#"the extension "With it" is"#) && said[3].contains("gggg"), "{said:?}");
        assert!(said[0].starts_with(
            r#"the extension "Vault" is not installed in the folder but loaded from /home/me/ext, "#
        ));
        assert!(said[2].contains(r#""dddd""#) && said[2].contains(r"C:\work\ext"), "{said:?}");
    }

    #[test]
    fn of_firefox_too() {
        let list = r#"{"addons":[
            {"id":"a@x","location":"app-profile","rootURI":"jar:file://{here}/extensions/a@x.xpi!/"},
            {"id":"b@x","location":"app-profile","rootURI":"jar:file:///home/old/profile/extensions/b@x.xpi!/"},
            {"id":"c@x","location":"app-profile","rootURI":"file:///home/me/my%20ext/","defaultLocale":{"name":"Mine"}},
            {"id":"d@x","location":"app-system-share","path":"/usr/share/mozilla/extensions/d@x","defaultLocale":{"name":"Of the system"}},
            {"id":"e@x","location":"app-builtin-addons","rootURI":"resource://builtin-addons/e/"},
            {"id":"f@x","location":"app-global","path":"/usr/lib/firefox/x.xpi"}]}"#;
        let files =
            [("prefs.js", ""), ("extensions.json", list), ("extensions/b@x.xpi", "moved with the folder")];
        let said = said(&files, &Pack::new());
        assert_eq!(said.len(), 2, "{said:?}");
        assert!(said[0].contains(r#""Mine""#) && said[0].contains("from /home/me/my ext,"), "{said:?}");
        assert!(said[1].contains(r#""Of the system""#), "{said:?}");
    }

    #[test]
    fn what_is_not_expected_is_told() {
        let minimal = Pack::new().level(Level::Minimal);
        let files = [
            ("Local State", "{}"),
            (
                "Default/Preferences",
                r#"{"session":{"restore_on_startup":1},"google":{"services":{"account_id":"1"}}}"#,
            ),
            ("Default/Sessions/Session_1", "https://a.example"),
            ("Default/Service Worker/CacheStorage/ab/x_0", "0123"),
        ];
        let everything = said(&files, &minimal);
        assert_eq!(everything.len(), 3, "{everything:?}");
        assert!(everything[0].starts_with("the browser's own account will be signed out"));
        assert!(everything[1].starts_with("profile \"Default\" opens its last tabs again"));
        assert!(everything[2].starts_with("what sites keep in the Cache API is left out (1 files, 0.0 MB)"));
        assert!(everything.iter().all(|text| !text.contains("a.example")));
        assert_eq!(said(&files, &Pack::new().level(Level::Full)).len(), 1, "the tabs");

        let firefox = [("prefs.js", ""), ("signedInUser.json", "{}")];
        assert_eq!((said(&firefox, &minimal).len(), said(&firefox, &Pack::new()).len()), (1, 0));
    }

    #[test]
    fn settings_that_cannot_be_read_tell_nothing() {
        let deep = "[".repeat(100_000);
        for text in
            ["", "{", "\u{feff}{}", "[]", deep.as_str(), r#"{"extensions":{"settings":[{"path":"/x"}]}}"#]
        {
            let files = [("Local State", text), ("Default/Preferences", text), ("Default/Cookies", "")];
            assert_eq!(said(&files, &Pack::new()), Vec::<String>::new(), "{text:.30}");
            assert_eq!(
                said(&[("prefs.js", text), ("extensions.json", text)], &Pack::new()),
                Vec::<String>::new()
            );
        }
    }
}
