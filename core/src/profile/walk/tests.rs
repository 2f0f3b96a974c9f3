//! Folders made by hand, and what of them goes.

use std::fs;

use super::tree::{Size, Tree};
use super::walk;
use crate::error::Result;
use crate::profile::folder::Folder;
use crate::profile::pack_options::{Level, Pack};
use crate::profile::rules::Class;
use crate::profile::stall_guard::StallGuard;
use crate::sys::testing::symlink;

struct Place(tempfile::TempDir);

impl Place {
    fn new(files: &[&str]) -> Self {
        let place = Self(tempfile::tempdir().expect("dir"));
        for path in files {
            place.file(path, "x");
        }
        place
    }

    fn file(&self, path: &str, text: &str) {
        let at = self.0.path().join(path);
        fs::create_dir_all(at.parent().expect("parent")).expect("dirs");
        fs::write(at, text).expect("write");
    }

    fn link(&self, path: &str, to: &str) {
        symlink(to, self.0.path().join(path)).expect("a link");
    }

    fn walked(&self, pack: &Pack) -> Result<Tree> {
        let folder =
            Folder::recognise(self.0.path(), pack, &StallGuard::default()).expect("a browser's folder");
        walk(&folder, pack, &StallGuard::default())
    }
}

fn paths(tree: &Tree) -> Vec<&str> {
    tree.entries.iter().map(|entry| entry.path.as_str()).collect()
}

#[test]
fn what_file_systems_keep_is_left_out_and_reported() {
    let place = Place::new(&[
        "Local State",
        "Default/Cookies",
        "lost+found/#123",
        ".Trash-1000/files/x",
        "System Volume Information/x",
        ".snapshot/hourly/Local State",
        "Default/.nfs000000000012ab3400000001",
    ]);
    let tree = place.walked(&Pack::new()).expect("walked");
    assert_eq!(paths(&tree), ["Default/Cookies", "Local State"]);
    let mut left: Vec<_> = tree.left_out.iter().map(|left| (left.path.as_str(), left.class)).collect();
    left.sort_unstable();
    assert_eq!(left[4], ("lost+found", Class::Runtime));
    assert_eq!(left.len(), 5);
}

#[test]
fn tabs_go_where_they_are_opened_again() {
    let place = Place::new(&["Local State", "Default/Sessions/Session_1", "Profile 1/Sessions/Session_1"]);
    place.file("Default/Preferences", r#"{"session":{"restore_on_startup":1}}"#);
    place.file("Profile 1/Preferences", "{}");
    let tree = place.walked(&Pack::new().level(Level::Minimal)).expect("walked");
    assert_eq!(
        paths(&tree),
        ["Default/Preferences", "Default/Sessions/Session_1", "Local State", "Profile 1/Preferences"]
    );
    assert_eq!(tree.reopening.iter().collect::<Vec<_>>(), ["Default"]);
    let none = place.walked(&Pack::new().exclude("Default/Sessions")).expect("walked");
    assert!(none.reopening.is_empty(), "they do not go");

    let firefox = Place::new(&["cookies.sqlite", "sessionstore.jsonlz4", "sessionstore-backups/x"]);
    let minimal = Pack::new().level(Level::Minimal);
    assert_eq!(paths(&firefox.walked(&minimal).expect("walked")), ["cookies.sqlite"]);
    firefox.file("user.js", "user_pref(\"browser.startup.page\", 3);");
    let tree = firefox.walked(&minimal).expect("walked");
    assert_eq!(tree.entries.len(), 4);
    assert_eq!(tree.reopening.len(), 1);
}

#[test]
fn symlinks_in_the_place_of_a_profiles_files_are_told() {
    let place = Place::new(&["Local State", "Default/Preferences", "elsewhere/Cookies", "real/Preferences"]);
    place.link("Default/Cookies", "../elsewhere/Cookies");
    place.link("Profile 1", "real");
    place.link("Second", "real");
    place.link("Default/Cache", "/tmp");
    place.link("Default/Loop", "Loop");
    place.link("SingletonLock", "host-1");
    for number in 0..3 {
        place.link(&format!("Default/l{number}"), "nowhere");
    }
    let tree = place.walked(&Pack::new()).expect("walked");
    let told =
        |path: &str| tree.warnings.iter().any(|r| r.starts_with(&format!("{path} is a symlink, so it")));
    for path in ["Default/Cookies", "Profile 1", "Second"] {
        assert!(told(path), "{path}: {:?}", tree.warnings);
    }
    assert!(tree.warnings.iter().any(|r| r.starts_with("4 symlinks are left out, ")), "{:?}", tree.warnings);
    assert_eq!(tree.warnings.len(), 4, "caches and locks are nobody's loss: {:?}", tree.warnings);
    let one = place.walked(&Pack::new().profile("Default").exclude("Default/l*")).expect("walked");
    assert_eq!(one.warnings.len(), 2, "{:?}", one.warnings);
    let error = place.walked(&Pack::new().profile("Profile 1")).map(|_| ()).expect_err("not followed");
    assert!(error.message().contains("that is a symlink"), "{error}");
}

#[test]
fn what_pages_put_into_caches_is_counted_where_it_stays() {
    let place = Place::new(&[
        "Local State",
        "Default/Preferences",
        "Default/Service Worker/CacheStorage/ab/index.txt",
        "Default/WebStorage/2/CacheStorage/x/1_0",
    ]);
    let tree = place.walked(&Pack::new()).expect("walked");
    assert_eq!(tree.cache_api, Size { files: 2, bytes: 2 });
    let taken = place.walked(&Pack::new().include("**/CacheStorage")).expect("walked");
    assert_eq!((taken.cache_api.files, taken.entries.len()), (0, 4));
    let named = place.walked(&Pack::new().exclude("**/CacheStorage")).expect("walked");
    assert_eq!(named.cache_api.files, 0, "its caller knows");
}

#[test]
fn a_folder_that_is_too_deep_is_told_without_its_site() {
    let deep = format!("storage/default/https+++a.example/{}x", "d/".repeat(80));
    let place = Place::new(&["prefs.js", &deep]);
    let error = place.walked(&Pack::new()).map(|_| ()).expect_err("too deep");
    let told = ["(a site)", "d", "d"].join(std::path::MAIN_SEPARATOR_STR);
    assert!(error.message().contains(&told) && !error.message().contains("a.example"), "{error}");
    assert!(place.walked(&Pack::new().exclude("storage/default/*/d")).is_ok());
}

#[test]
fn an_index_without_its_database_is_a_file_like_any() {
    let place = Place::new(&["prefs.js", "a.sqlite", "a.sqlite-shm", "b-shm"]);
    assert_eq!(paths(&place.walked(&Pack::new()).expect("walked")), ["a.sqlite", "b-shm", "prefs.js"]);
}
