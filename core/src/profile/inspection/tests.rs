//! Folders made by hand, and what is said of them. `tests/browser` asks real browsers.

use std::fs;
use std::path::Path;

use super::{FolderScan, ProfileInspection, Verdict, inspect_profile};
use crate::profile::pack_options::{IfRunning, Pack};
use crate::profile::stall_guard::StallGuard;

/// A folder with these files; a text `=name` stands for a database of the corpus of that name.
fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
    let dir = tempfile::tempdir().expect("dir");
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz/corpus/cookies");
    for (name, text) in files {
        let path = dir.path().join(name);
        fs::create_dir_all(path.parent().expect("parent")).expect("dirs");
        match text.strip_prefix('=') {
            Some(database) => drop(fs::copy(corpus.join(database), path).expect("copy")),
            None => fs::write(path, text).expect("write"),
        }
    }
    dir
}

fn seen(files: &[(&str, &str)], pack: &Pack) -> ProfileInspection {
    inspect_profile(folder(files).path(), pack).expect("a folder")
}

#[track_caller]
fn assert_said(files: &[(&str, &str)], verdict: Verdict, parts: &[&str]) {
    assert_packed(files, &Pack::new(), verdict, parts);
}

#[track_caller]
fn assert_packed(files: &[(&str, &str)], pack: &Pack, verdict: Verdict, parts: &[&str]) {
    let seen = seen(files, pack);
    assert_eq!(seen.verdict, verdict, "{}", seen.advice);
    for part in parts {
        assert!(seen.advice.contains(part), "{:?} is not in {:?}", part, seen.advice);
    }
}

const STATE: (&str, &str) = ("Local State", "{}");
const LINUX: (&str, &str) = (
    "Default/Preferences",
    r#"{"extensions":{"settings":{"mhjf":{"path":"/usr/lib/chromium/resources/pdf"}}}}"#,
);
const LOCAL_STORAGE: &str = "a log of a page's storage that is longer than what a browser has written before it has seen any page at all";

use Verdict::{Likely, Unknown, Unlikely};

#[test]
fn only_cookies_that_will_be_there_speak_for_a_sign_in() {
    let with = |database| ("Default/Cookies", database);
    assert_said(&[STATE, LINUX, with("=chrome")], Likely, &["the key every Linux has"]);
    assert_said(&[STATE, LINUX, with("=chrome_session")], Unlikely, &["end with the session", "onStartup"]);
    assert_said(&[STATE, LINUX, with("=chrome_expired")], Unlikely, &["have expired", "sign in again"]);
    assert_said(&[STATE, LINUX, with("=chrome_empty")], Unknown, &["no cookie", "sign in first"]);
    assert_said(&[STATE, LINUX, with("")], Unknown, &["no cookie", "sign in first"]);
    assert_said(&[STATE, LINUX], Unknown, &["no cookie", "sign in first"]);
    for damaged in ["=cut", "=one_leaf", "no database", "=firefox"] {
        assert_said(&[STATE, LINUX, with(damaged)], Unknown, &["could not be read"]);
    }
    let left_out = Pack::new().exclude("Default/Cookies");
    assert_packed(&[STATE, LINUX, with("=chrome")], &left_out, Unknown, &["in what would be packed"]);
}

#[test]
fn a_session_that_goes_on_keeps_its_cookies() {
    let linux = r#""extensions":{"settings":{"mhjf":{"path":"/usr/lib/chromium/resources/pdf"}}}"#;
    let with = |own: &str, verdict| {
        let preferences = format!("{{{own},{linux}}}");
        let files = [STATE, ("Default/Preferences", &preferences), ("Default/Cookies", "=chrome_session")];
        assert_said(&files, verdict, &[]);
    };
    with(r#""session":{"restore_on_startup":1}"#, Likely);
    with(r#""session":{"restore_on_startup":5}"#, Unlikely);
    with(r#""profile":{"exit_type":"Crashed"}"#, Likely);
    with(r#""profile":{"exit_type":"Normal"}"#, Unlikely);
    let secure = ("Default/Secure Preferences", r#"{"session":{"restore_on_startup":1}}"#);
    assert_said(&[STATE, LINUX, secure, ("Default/Cookies", "=chrome_session")], Likely, &[]);
}

#[test]
fn what_pages_store_may_sign_in_too() {
    for store in [
        "Local Storage/leveldb/000003.log",
        "IndexedDB/https_a_0.indexeddb.leveldb/1.ldb",
        "WebStorage/2/IndexedDB/x/1.ldb",
    ] {
        let store = format!("Default/{store}");
        let stored = (store.as_str(), LOCAL_STORAGE);
        assert_said(&[STATE, LINUX, stored], Unknown, &["local storage or IndexedDB goes"]);
        let expired = ("Default/Cookies", "=chrome_expired");
        assert_said(&[STATE, LINUX, stored, expired], Unknown, &["have expired", "local storage"]);
    }
    let fresh = ("Default/Local Storage/leveldb/000003.log", "VERSION 1");
    assert_said(&[STATE, LINUX, fresh], Unknown, &["sign in first"]);
}

/// The system of a folder with these files and a cookie of `v10`, and the verdict on it.
fn system(files: &[(&str, &str)]) -> (String, Verdict, String) {
    let all: Vec<_> = [&[("Default/Cookies", "=chrome_v10")][..], files].concat();
    let seen = seen(&all, &Pack::new());
    (seen.cookies.system, seen.verdict, seen.advice)
}

#[track_caller]
fn assert_system(files: &[(&str, &str)], expected: &str, verdict: Verdict) {
    let (found, said, advice) = system(files);
    assert_eq!((found.as_str(), said), (expected, verdict), "{files:?}: {advice}");
}

#[test]
fn the_key_of_a_folder_counts_as_far_as_its_system_is_known() {
    assert_system(&[STATE], "unknown", Unknown);
    assert_system(&[STATE, LINUX], "linux", Likely);
    assert!(system(&[STATE]).2.contains("nothing in the folder tells"));
    // Signs of Linux at their own place.
    let portal = r#"{"os_crypt":{"portal":{"prev_desktop":"GNOME"}}}"#;
    assert_system(&[("Local State", portal)], "linux", Likely);
    // A word of Linux somewhere is none.
    assert_system(&[STATE, ("Default/Preferences", r#"{"x":"/home/a/b"}"#)], "unknown", Unknown);
}

#[test]
fn a_log_of_a_database_tells_the_system() {
    for (path, expected, verdict) in [
        ("/home/a/.config/chromium", "linux", Likely),
        ("/root/x", "linux", Likely),
        ("/Users/a/Library/Application Support/Chromium", "macos", Unlikely),
        ("/private/tmp/x", "macos", Unlikely),
        ("/var/folders/zz/x", "macos", Unlikely),
        (r"C:\Users\a\AppData\Local\Chromium\User Data", "windows", Unlikely),
    ] {
        let log = format!(
            "2026/11/30-03:18:07.742 20f5 Reusing MANIFEST {path}/Default/Session Storage/MANIFEST-000001\n"
        );
        let logged = ("Default/Session Storage/LOG", log.as_str());
        assert_system(&[STATE, logged], expected, verdict);
        let both = [
            STATE,
            logged,
            (
                "Default/shared_proto_db/LOG.old",
                "2026/11/30-03:18:07.742 1 Creating DB /home/a/x since it was missing.",
            ),
        ];
        assert_system(
            &both,
            if expected == "linux" { "linux" } else { "unknown" },
            if expected == "linux" { Likely } else { Unknown },
        );
    }
    // Both have `/tmp`; Chrome, which has a Local State, resolves it on macOS.
    let log = (
        "Default/Session Storage/LOG",
        "2026/11/30-03:18:07.742 20f5 Reusing MANIFEST /tmp/x/Default/Session Storage/M",
    );
    assert_system(&[log], "unknown", Unknown);
    assert_system(&[log, STATE], "linux", Likely);
}

#[test]
fn signs_of_other_systems_count_wherever_they_are() {
    // The file may be cut, or no JSON.
    let home = ("Default/Preferences", r#"{"download":{"default_directory":"/Users/a/Downl"#);
    assert_system(&[STATE, ("Default/Preferences", r#"{"x":{"y":"/Users/a/Downloads","#)], "macos", Unlikely);
    assert_system(&[STATE, home], "macos", Unlikely);
    assert_system(&[STATE, ("Default/Secure Preferences", r#"{"x":"C:\\Users\\a"}"#)], "windows", Unlikely);
    assert_system(
        &[STATE, LINUX, ("Default/Secure Preferences", r#"{"p":"/Applications/Chromium.app"}"#)],
        "unknown",
        Unknown,
    );
    assert_system(&[STATE, (".DS_Store", "")], "macos", Unlikely);
    assert_system(&[("Local State", r#"{"os_crypt":{"encrypted_key":"x"}}"#)], "windows", Unlikely);
    assert_system(
        &[("Local State", r#"{"os_crypt":{"enc"#), ("Last Browser", "C\0:\0\\\0U\0")],
        "windows",
        Unlikely,
    );
    assert_system(
        &[("Local State", "\u{feff}{\"os_crypt\":{\"encrypted_key\":\"x\"}}")],
        "windows",
        Unlikely,
    );
}

#[cfg(target_os = "linux")]
#[test]
fn a_folder_is_from_here_if_its_log_says_so() {
    let dir = folder(&[("Default/Cookies", "=chrome_v10")]);
    let at = dir.path().canonicalize().expect("a path");
    let log = at.join("Default/Session Storage/LOG");
    fs::create_dir_all(log.parent().expect("parent")).expect("dirs");
    let place = log.with_file_name("MANIFEST-000001");
    fs::write(&log, format!("2026/11/30-03:18:07.742 20f5 Reusing MANIFEST {}\n", place.display()))
        .expect("write");
    let here = inspect_profile(&at, &Pack::new()).expect("a folder");
    assert_eq!((here.verdict, here.cookies.system.as_str()), (Likely, "linux"), "{}", here.advice);
    // A copy of it, as long as what it was copied from is there.
    let copy = folder(&[("Default/Cookies", "=chrome_v10")]);
    fs::create_dir(copy.path().join("Default/Session Storage")).expect("dir");
    fs::copy(&log, copy.path().join("Default/Session Storage/LOG")).expect("copy");
    let system = || inspect_profile(copy.path(), &Pack::new()).expect("a folder").cookies.system;
    assert_eq!(system(), "linux");
    fs::write(&log, "something else").expect("write");
    assert_eq!(system(), if at.starts_with("/tmp") || at.starts_with("/var") { "unknown" } else { "linux" });
}

#[test]
fn values_of_windows_are_bound_whatever_else_is_in_the_folder() {
    let cookies = ("Default/Network/Cookies", "=chrome_windows");
    let seen = seen(&[STATE, LINUX, cookies], &Pack::new());
    assert_eq!((seen.verdict, seen.cookies.system.as_str()), (Unlikely, "windows"), "{}", seen.advice);
    assert_eq!(seen.cookies.key_versions, ["v10", "other", "v20"]);
}

#[test]
fn cookies_in_network_count_where_the_browser_looks_there() {
    let cookies = ("Default/Network/Cookies", "=chrome");
    assert_said(&[STATE, LINUX, cookies], Unlikely, &["in a folder Network"]);
    assert_said(&[STATE, LINUX, cookies, ("Default/Network/NetworkDataMigrated", "")], Likely, &[]);
    let both = [
        STATE,
        LINUX,
        ("Default/Cookies", "=chrome_empty"),
        ("Default/Network/NetworkDataMigrated", ""),
        cookies,
    ];
    assert_said(&both, Likely, &[]);
    assert_said(
        &[&both[..2], &[("Default/Cookies", "=chrome_empty"), cookies][..]].concat(),
        Unknown,
        &["no cookie"],
    );
}

#[test]
fn the_verdict_is_of_the_profile_that_opens() {
    let last_used = ("Local State", r#"{"profile":{"last_used":"Profile 2"}}"#);
    let second = ("Profile 2/Preferences", LINUX.1);
    let (first_in, second_in) = (("Default/Cookies", "=chrome"), ("Profile 2/Cookies", "=chrome"));
    let only_second = [STATE, LINUX, second, second_in];
    assert_said(&only_second, Unknown, &[r#"of the profile "Default""#, r#"last are in "Profile 2""#]);
    assert_said(&[last_used, LINUX, second, second_in], Likely, &[r#"of the profile "Profile 2""#]);
    assert_said(&[last_used, LINUX, second, first_in], Unknown, &[r#"of the profile "Profile 2""#]);
    let chosen = Pack::new().profile("Profile 2");
    assert_packed(
        &only_second,
        &chosen,
        Unlikely,
        &[r#"opens the profile "Default""#, r#"--profile-directory="Profile 2""#],
    );
    assert_packed(&[last_used, LINUX, second, second_in], &chosen, Likely, &[]);
    assert_said(
        &[STATE, second, second_in],
        Unlikely,
        &[r#"opens the profile "Default", which is not there"#],
    );
    // Cookies bound to another machine stay bound, whichever profile opens.
    let bound = [STATE, second, ("Profile 2/Cookies", "=chrome_windows")];
    assert_said(&bound, Unlikely, &["Windows account"]);
}

#[test]
fn a_profile_at_the_top_is_not_opened_unless_it_is_packed_as_default() {
    let top =
        [STATE, ("Preferences", LINUX.1), ("Cookies", "=chrome"), ("Partitions/chat/Cookies", "=chrome")];
    assert_said(&top, Unlikely, &["at the top of the folder", "the prefix \"Default\""]);
    let as_default = Pack::new().prefix("Default");
    assert_packed(&top, &as_default, Likely, &[]);
    assert_packed(&top[1..3], &as_default, Likely, &["the key every Linux has"]);
    let partition = [STATE, ("Preferences", LINUX.1), ("Partitions/chat/Cookies", "=chrome")];
    assert_said(&partition, Unlikely, &["at the top", r#"last are in "Partitions/chat""#]);
    let newer = [STATE, ("Preferences", "{}"), LINUX, ("Default/Cookies", "=chrome")];
    assert_said(&newer, Likely, &[]);
}

#[test]
fn a_firefox_is_judged_by_what_it_will_have() {
    let page = ("prefs.js", "user_pref(\"browser.startup.page\", 3);\n");
    let (plain, session) = (("prefs.js", ""), ("sessionstore.jsonlz4", "=firefox_session"));
    assert_said(&[plain, ("cookies.sqlite", "=firefox")], Likely, &["does not encrypt"]);
    assert_said(&[plain], Unknown, &["sign in first"]);
    assert_said(&[plain, ("cookies.sqlite", "")], Unknown, &["sign in first"]);
    assert_said(&[plain, ("cookies.sqlite", "damaged")], Unknown, &["could not be read"]);
    assert_said(&[page, session], Likely, &["goes on with the session"]);
    assert_said(&[plain, session], Unknown, &["sign in first"]);
    assert_said(&[page, ("sessionstore.jsonlz4", "damaged")], Unknown, &["could not be read"]);
    let crashed = ("sessionCheckpoints.json", r#"{"profile-after-change":true}"#);
    let running = ("sessionstore-backups/recovery.jsonlz4", "=firefox_session");
    assert_said(&[plain, crashed, running], Likely, &["goes on with the session"]);
    assert_said(&[plain, running], Unknown, &["sign in first"]);
    let left_out = Pack::new().exclude("sessionstore*");
    assert_packed(&[page, session], &left_out, Unknown, &["sign in first"]);
    let stored = ("storage/default/https+++a.example/ls/data.sqlite", LOCAL_STORAGE);
    assert_said(&[plain, stored], Unknown, &["local storage or IndexedDB goes"]);
    let extension = ("storage/default/moz-extension+++1/idb/1.sqlite", "x");
    assert_said(&[plain, extension], Unknown, &["sign in first"]);

    for (abi, system) in
        [("Linux_x86_64-gcc3", "linux"), ("Darwin_x86_64-gcc3", "macos"), ("WINNT_x86_64-msvc", "windows")]
    {
        let text = format!("[Compatibility]\nLastVersion=153.0_1/1\nLastOSABI={abi}\n");
        let seen = seen(&[("compatibility.ini", &text), ("cookies.sqlite", "=firefox")], &Pack::new());
        assert_eq!((seen.cookies.system.as_str(), seen.verdict), (system, Likely));
        assert_eq!(seen.cookies.key_versions, [""; 0]);
    }
}

#[test]
fn what_the_caller_says_of_the_browser_may_contradict_the_folder() {
    let files = [STATE, LINUX, ("Last Version", "156.0.1.2")];
    let scan = FolderScan::of(
        folder(&files).path(),
        &Pack::new().if_running(IfRunning::Refuse),
        &StallGuard::default(),
    )
    .expect("a folder");
    let browser = scan.browser();
    let said = |name, version| browser.contradicts(name, version);
    for (name, version) in [
        (None, None),
        (Some("chromium"), Some("156")),
        (Some("google-chrome"), Some(" 156.9")),
        (Some("my-own"), Some("latest")),
    ] {
        assert_eq!(said(name, version), [""; 0], "{name:?} {version:?}");
    }
    assert!(said(Some("firefox"), Some("153"))[0].contains("the folder is Chromium's"));
    assert!(said(Some("webkit"), None)[0].contains("\"webkit\""));
    assert!(said(Some("chromium"), Some("99"))[0].contains("Chromium 156.0.1.2"));
    assert!(said(None, Some("99"))[0].contains("\"99\""));
}
