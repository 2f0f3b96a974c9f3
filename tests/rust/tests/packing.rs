//! Folders that change, vanish, cannot be read or are too large while they are packed.

use std::fs::{self, File, FileTimes};
use std::io::{Cursor, Read as _};
use std::os::unix::fs::{FileExt as _, PermissionsExt as _};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::{Duration, Instant, SystemTime};

use dropoff::{
    Consistency, Error, ErrorKind, HCompany, IfRunning, Job, Level, Outcome, Pack, Phase, Profile,
    ProfileDetails, ProfileUpload,
};
use dropoff_sandbox::{Config, Sandbox, StorageConfig};
use dropoff_tests::profiles::random;
use dropoff_tests::run::failed;

struct Stage {
    sandbox: Sandbox,
    folder: tempfile::TempDir,
    h: HCompany,
    browser: &'static str,
}

impl Stage {
    fn new(config: Config) -> Self {
        let sandbox = dropoff_tests::sandbox(config);
        let h = dropoff_tests::hcompany(&sandbox, dropoff_tests::options(&sandbox));
        let stage = Self { sandbox, folder: tempfile::tempdir().expect("a folder"), h, browser: "chromium" };
        stage.file("Local State", b"{}");
        stage.file("Default/Preferences", b"{}");
        stage.file("Default/Cookies", b"cookies");
        stage
    }

    /// A Firefox's folder.
    fn firefox(config: Config) -> Self {
        let stage = Self { browser: "firefox", ..Self::new(config) };
        for name in ["Local State", "Default/Preferences", "Default/Cookies"] {
            fs::remove_file(stage.path(name)).expect("removed");
        }
        stage.file("prefs.js", b"");
        stage.file("cookies.sqlite", b"cookies");
        stage
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn file(&self, name: &str, bytes: &[u8]) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().expect("a parent")).expect("folders");
        fs::write(&path, bytes).expect("written");
        // As after a browser that was closed a while ago.
        let old = SystemTime::now() - Duration::from_secs(60);
        let file = File::options().write(true).open(&path).expect("a file");
        file.set_times(FileTimes::new().set_modified(old)).expect("a time");
    }

    /// A file that takes a while to pack, before all others of its profile.
    fn slow(&self) {
        self.file("Default/A", b"");
        File::options()
            .write(true)
            .open(self.path("Default/A"))
            .and_then(|f| f.set_len(600 << 20))
            .expect("a length");
    }

    fn start(&self, pack: Pack) -> Job<Profile> {
        let details = ProfileDetails::new("p").browser(self.browser, "131");
        self.h
            .start_upload_profile(ProfileUpload::new(self.folder.path(), details).pack(pack))
            .expect("started")
    }

    /// Does something while it is packed: after it was listed, and before the last of it is read.
    fn while_packing(&self, pack: Pack, act: impl FnOnce()) -> Result<Profile, Error> {
        let job = self.start(pack);
        let started = Instant::now();
        while !(job.progress().phase == Phase::Packing && job.progress().bytes_done > 0) {
            assert!(
                started.elapsed() < Duration::from_secs(60) && job.wait_timeout(Duration::ZERO).is_none(),
                "{:?}",
                job.progress()
            );
        }
        act();
        assert_eq!(job.progress().phase, Phase::Packing, "it was too late");
        job.wait()
    }

    /// The archive that storage has.
    fn archive(&self) -> zip::ZipArchive<Cursor<Vec<u8>>> {
        let object = &self.sandbox.objects()[0];
        let content = self.sandbox.content(object["key"].as_str().expect("a key")).expect("its content");
        zip::ZipArchive::new(Cursor::new(content.to_vec())).expect("a zip")
    }

    fn names(&self) -> Vec<String> {
        self.archive().file_names().map(|name| name.expect("a name").into()).collect()
    }

    /// A file of the archive that storage has.
    fn stored(&self, name: &str) -> Vec<u8> {
        let mut bytes = Vec::new();
        self.archive().by_name(name).expect(name).read_to_end(&mut bytes).expect("its CRC holds");
        bytes
    }
}

#[test]
fn a_folder_that_changes_is_refused_or_told() {
    let stage = Stage::new(Config { storage: StorageConfig::Discard, ..Config::default() });
    stage.slow();
    stage.file("Default/zz", b"one");
    let change = || fs::write(stage.path("Default/zz"), b"two").expect("written");
    let error = failed(stage.while_packing(Pack::new(), change));
    assert_eq!(
        (error.kind(), error.outcome()),
        (ErrorKind::SourceChanged, Outcome::NotCompleted),
        "{error:?}"
    );
    assert!(error.message().contains("Default/zz changed"), "{error}");

    // A large one is read in pieces, and looked at once it was read.
    let touch = || {
        File::options()
            .write(true)
            .open(stage.path("Default/A"))
            .and_then(|f| f.write_all_at(b"x", 0))
            .expect("written")
    };
    let error = failed(stage.while_packing(Pack::new(), touch));
    assert!(error.message().contains("Default/A changed"), "{error}");

    stage.slow();
    let packed = stage
        .while_packing(Pack::new().if_running(IfRunning::Force), touch)
        .expect("packed")
        .packed
        .expect("a report");
    assert_eq!(packed.consistency, Consistency::Forced);
    assert!(packed.warnings.iter().any(|w| w.contains("changed while they were packed")), "{packed:?}");
}

#[test]
fn what_vanishes_is_left_out_unless_it_is_what_signs_in() {
    let stage = Stage::new(Config { storage: StorageConfig::Discard, ..Config::default() });
    stage.slow();
    stage.file("Default/zz", b"one");
    let remove = |name: &'static str| fs::remove_file(stage.path(name)).expect("removed");
    let packed =
        stage.while_packing(Pack::new(), || remove("Default/zz")).expect("packed").packed.expect("a report");
    assert!(packed.warnings.iter().any(|w| w.contains("Default/zz was gone")), "{packed:?}");
    assert_eq!(packed.consistency, Consistency::Clean);
    let error = failed(stage.while_packing(Pack::new(), || remove("Default/Cookies")));
    assert_eq!(error.kind(), ErrorKind::SourceChanged, "{error:?}");
}

/// Lets a writer go when the test ends, however it ends: a scope waits for its threads.
struct StopOnDrop<'a>(&'a AtomicBool);

impl Drop for StopOnDrop<'_> {
    fn drop(&mut self) {
        self.0.store(true, Relaxed);
    }
}

/// The log follows the database: at any moment it says the same number or the one before, or is being
/// written. Copied one after the other it would be ahead, or further behind.
#[test]
fn a_snapshot_takes_a_database_and_its_log_together() {
    let stage = Stage::new(Config::default());
    let (database, log) = (stage.path("Default/History"), stage.path("Default/History-wal"));
    stage.file("Default/History", b"SQLite format 3\0");
    let file = File::options().write(true).open(&database).expect("the database");
    let write = |number: u64| {
        file.write_all_at(&number.to_be_bytes(), 100_000).expect("written");
        std::thread::sleep(Duration::from_millis(5));
        fs::write(&log, number.to_be_bytes()).expect("written");
    };
    write(0);
    let stop = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let _stop = StopOnDrop(&stop);
        scope.spawn(|| {
            for number in (1..).take_while(|_| !stop.load(Relaxed)) {
                // Long enough at times, and too short at others.
                std::thread::sleep(Duration::from_millis(10 + number % 7 * 10));
                write(number);
            }
        });
        for _ in 0..5 {
            let profile = stage.start(Pack::new().if_running(IfRunning::Snapshot)).wait().expect("packed");
            assert_eq!(profile.packed.expect("a report").consistency, Consistency::Snapshot);
            let number = |bytes: &[u8]| bytes.try_into().map(u64::from_be_bytes).ok();
            let database = number(&stage.stored("Default/History")[100_000..]).expect("a number");
            let log = number(&stage.stored("Default/History-wal"));
            let ahead = log.map(|log| database.checked_sub(log));
            assert!(
                matches!(ahead, None | Some(Some(0 | 1))),
                "{database} in the database, {log:?} in its log"
            );
            stage.sandbox.reset();
        }
    });
}

/// The database is large, so that it is written to while it is copied, and rests after that.
#[test]
fn a_database_that_is_written_to_while_it_is_copied_is_copied_again() {
    let stage = Stage::new(Config::default());
    stage.file("Default/History", b"SQLite format 3\0");
    stage.file("Default/History-wal", &0_u64.to_be_bytes());
    let database = File::options().write(true).open(stage.path("Default/History")).expect("the database");
    database.set_len(600 << 20).expect("a length");
    std::thread::sleep(Duration::from_millis(50));
    let job = stage.start(Pack::new().if_running(IfRunning::Snapshot));
    while job.progress().phase != Phase::Packing {
        assert!(job.wait_timeout(Duration::from_millis(1)).is_none(), "{:?}", job.progress());
    }
    std::thread::sleep(Duration::from_millis(100));
    database.write_all_at(&1_u64.to_be_bytes(), 100_000).expect("written");
    fs::write(stage.path("Default/History-wal"), 1_u64.to_be_bytes()).expect("written");
    job.wait().expect("packed");
    let history = stage.stored("Default/History");
    assert_eq!(history[100_000..100_008], stage.stored("Default/History-wal")[..]);
}

/// A database that names one file at a time: the next is written before it is named, and removed once it is
/// not.
#[test]
fn a_snapshot_takes_a_database_and_the_file_it_names_together() {
    let site = "storage/default/https+++a.example/idb/1shop";
    for (database, files, new) in [
        (
            "Default/WebStorage/2/IndexedDB/indexeddb.leveldb/000003.log".to_owned(),
            "Default/WebStorage/2/IndexedDB/indexeddb.blob/1/00".to_owned(),
            Stage::new as fn(Config) -> Stage,
        ),
        (format!("{site}.sqlite"), format!("{site}.files"), Stage::firefox),
    ] {
        let stage = new(Config::default());
        // Read before the files, and after the databases.
        stage.file(if files.starts_with("Default") { "Default/A" } else { "a" }, &random(30_000_000));
        stage.file("Default/WebStorage/2/IndexedDB/indexeddb.leveldb/CURRENT", b"MANIFEST-000001\n");
        stage.file("Default/WebStorage/2/IndexedDB/indexeddb.leveldb/MANIFEST-000001", b"x");
        stage.file(&database, b"SQLite format 3\0");
        let content = |number: u64| number.to_be_bytes().repeat(10_000);
        let file = |number: u64| format!("{files}/{number}");
        stage.file(&file(0), &content(0));
        let log = File::options().write(true).open(stage.path(&database)).expect("the database");
        log.write_all_at(&0_u64.to_be_bytes(), 100).expect("named");
        let stop = AtomicBool::new(false);
        std::thread::scope(|scope| {
            let _stop = StopOnDrop(&stop);
            scope.spawn(|| {
                for number in (1..).take_while(|_| !stop.load(Relaxed)) {
                    fs::write(stage.path(&file(number)), content(number)).expect("written");
                    log.write_all_at(&number.to_be_bytes(), 100).expect("named");
                    fs::remove_file(stage.path(&file(number - 1))).expect("removed");
                    std::thread::sleep(Duration::from_millis(5));
                }
            });
            for _ in 0..5 {
                let profile =
                    stage.start(Pack::new().if_running(IfRunning::Snapshot)).wait().expect("packed");
                let packed = profile.packed.expect("a report");
                assert_eq!(packed.consistency, Consistency::Snapshot);
                // None of all moments it could take may be there on a machine with much to do; then it says
                // so.
                if !packed.warnings.iter().any(|warning| warning.contains("kept changing")) {
                    let named = stage.stored(&database)[100..108].try_into().map(u64::from_be_bytes);
                    let named = named.expect("a number");
                    assert!(stage.stored(&file(named)) == content(named), "{} of {database}", file(named));
                }
                stage.sandbox.reset();
            }
        });
    }
}

/// What is left out stays out, whatever a database names.
#[test]
fn a_snapshot_brings_nothing_that_was_excluded() {
    let stage = Stage::new(Config::default());
    let site = "Default/IndexedDB/https_a.example_0.indexeddb";
    for (name, bytes) in [("CURRENT", "MANIFEST-000001\n"), ("MANIFEST-000001", "x"), ("000003.log", "x")] {
        stage.file(&format!("{site}.leveldb/{name}"), bytes.as_bytes());
    }
    stage.file(&format!("{site}.blob/1/00/2"), b"a blob");
    stage.file("Default/Service Worker/Database/CURRENT", b"MANIFEST-000001\n");
    stage.file("Default/Service Worker/ScriptCache/index", b"x");
    let stored = |pack: Pack| {
        stage.sandbox.reset();
        stage.start(pack.if_running(IfRunning::Snapshot)).wait().expect("packed");
        stage.names()
    };
    let has = |names: &[String], part: &str| names.iter().any(|name| name.contains(part));
    let all = stored(Pack::new());
    assert!(has(&all, ".blob/1/00/2") && has(&all, ".leveldb/CURRENT"), "{all:?}");
    assert!(!has(&all, "ScriptCache"), "{all:?}");
    let without = stored(Pack::new().exclude("**/*.blob"));
    assert!(!has(&without, ".blob/") && has(&without, ".leveldb/CURRENT"), "{without:?}");
    let alone = stored(Pack::new().include("Default/Service Worker/Database"));
    assert!(has(&alone, "Service Worker/Database/CURRENT") && !has(&alone, "ScriptCache"), "{alone:?}");
    let full = stored(Pack::new().level(Level::Full));
    assert!(has(&full, "ScriptCache/index"), "{full:?}");
}

/// A log that is a folder is never a file at rest, and no race decides.
#[test]
fn a_database_that_never_rests_is_told() {
    let stage = Stage::new(Config::default());
    stage.file("Default/History", b"SQLite format 3\0");
    fs::create_dir(stage.path("Default/History-wal")).expect("a folder");
    let error = failed(stage.start(Pack::new().if_running(IfRunning::Snapshot)).wait());
    assert_eq!(error.kind(), ErrorKind::BrowserRunning, "{error:?}");
    assert!(error.retryable() && error.message().contains("Default/History kept changing"), "{error}");
}

/// The lock is this process's own, as of a program with a browser in it.
#[test]
fn a_browser_that_is_started_while_a_folder_is_packed_is_noticed() {
    let stage = Stage::new(Config::default());
    stage.slow();
    let lock = "Default/Local Storage/leveldb/LOCK";
    stage.file(lock, b"");
    let mut locks = Vec::new();
    let mut start = || locks.push(File::options().write(true).open(stage.path(lock)).expect("a lock"));
    let error = failed(stage.while_packing(Pack::new(), &mut start));
    assert_eq!(
        (error.kind(), error.outcome()),
        (ErrorKind::BrowserRunning, Outcome::NotCompleted),
        "{error:?}"
    );
    assert!(error.retryable() && error.message().contains("began to use"), "{error}");
    assert!(error.message().contains(lock), "{error}");
    let asked = stage.sandbox.requests();
    assert!(asked.as_array().is_some_and(Vec::is_empty), "nothing was sent: {asked}");

    // It runs from the start.
    let error = failed(stage.start(Pack::new()).wait());
    assert!(!error.retryable() && error.message().contains("is using"), "{error}");
    locks.clear();

    let mut start = || locks.push(File::options().write(true).open(stage.path(lock)).expect("a lock"));
    let packed = stage.while_packing(Pack::new().if_running(IfRunning::Force), &mut start).expect("packed");
    let packed = packed.packed.expect("a report");
    assert_eq!(packed.consistency, Consistency::Forced);
    assert!(packed.warnings.iter().any(|warning| warning.contains("is using the folder")), "{packed:?}");
}

/// 1.2 GB that do not compress, of which the disk holds 100 MB.
#[test]
fn an_archive_that_gets_too_large_is_given_up_and_a_ticket_may_allow_it() {
    let stage = Stage::new(Config { storage: StorageConfig::Discard, ..Config::default() });
    stage.file("Default/big-00", &random(100_000_000));
    for number in 1..12 {
        fs::hard_link(stage.path("Default/big-00"), stage.path(&format!("Default/big-{number:02}")))
            .expect("a link");
    }
    let error = failed(stage.start(Pack::new()).wait());
    assert_eq!((error.kind(), error.outcome()), (ErrorKind::TooLarge, Outcome::NotCompleted), "{error:?}");
    assert!(error.message().contains("1000000000 bytes"), "{error}");
    assert_eq!(error.message().matches("100.0 MB").count(), 10, "the ten largest: {error}");
    let sent = stage.sandbox.requests().as_array().expect("a log").iter().any(|r| r["op"] == "post_form");
    assert!(!sent, "nothing was sent");

    stage.sandbox.change_settings(serde_json::json!({"max_profile_bytes": 2_000_000_000})).expect("settings");
    let profile = stage.start(Pack::new()).wait().expect("the ticket allows it");
    assert!(profile.packed.expect("a report").archive_bytes > 1_200_000_000);
}

#[test]
fn a_cancel_while_packing_ends_at_once() {
    let stage = Stage::new(Config { storage: StorageConfig::Discard, ..Config::default() });
    stage.slow();
    let job = stage.start(Pack::new());
    while job.progress().phase != Phase::Packing {
        assert!(job.wait_timeout(Duration::from_millis(1)).is_none(), "{:?}", job.progress());
    }
    job.cancel();
    let ended = job.wait_timeout(Duration::from_secs(60)).expect("it ends");
    assert_eq!(failed(ended).kind(), ErrorKind::Cancelled);
}

/// Root reads everything, so another user looks at it.
#[test]
fn cookies_that_may_not_be_read_are_an_error_and_other_files_a_warning() {
    let stage = Stage::new(Config { storage: StorageConfig::Discard, ..Config::default() });
    stage.file("Default/History", b"x");
    let mode = |name: &str, bits: u32| {
        fs::set_permissions(stage.path(name), fs::Permissions::from_mode(bits)).expect("a mode");
    };
    mode("", 0o755);
    mode("Default/History", 0o000);
    let said = looked_at_by_another_user(&stage);
    assert!(said.contains("\"warnings\"") && said.contains("Default/History could not be opened"), "{said}");
    mode("Default/Cookies", 0o000);
    let said = looked_at_by_another_user(&stage);
    assert!(said.contains("source_unreadable") && said.contains("Default/Cookies may not be read"), "{said}");
}

#[test]
fn folders_that_may_not_be_listed_stop_a_profile_only_where_it_signs_in() {
    let stage = Stage::new(Config { storage: StorageConfig::Discard, ..Config::default() });
    let folder = |name: &str| {
        fs::create_dir(stage.path(name)).expect("a folder");
        fs::set_permissions(stage.path(name), fs::Permissions::from_mode(0o000)).expect("a mode");
    };
    fs::set_permissions(stage.path(""), fs::Permissions::from_mode(0o755)).expect("a mode");
    // A volume's own, somebody else's, and one that no rule knows in a profile.
    ["lost+found", "backup", "Default/notes"].into_iter().for_each(folder);
    let said = looked_at_by_another_user(&stage);
    for stray in ["backup", "Default/notes"] {
        assert!(
            said.contains(&format!("{stray} could not be listed (permission denied) and is left out")),
            "{said}"
        );
    }
    assert!(
        !said.contains("lost+found") && said.contains("\"unknown\":[]"),
        "it is nobody's, and no name of it goes: {said}"
    );
    folder("Default/IndexedDB");
    let said = looked_at_by_another_user(&stage);
    assert!(
        said.contains("source_unreadable") && said.contains("Default/IndexedDB may not be read"),
        "{said}"
    );
}

fn looked_at_by_another_user(stage: &Stage) -> String {
    let ready = serde_json::json!({
        "api_url": stage.sandbox.api_url(),
        "storage_url": stage.sandbox.storage_url(),
        "h_api_key": stage.sandbox.h_api_key(),
        "agentdrop_api_key": stage.sandbox.agentdrop_api_key(),
        "ca_file": stage.sandbox.ca_file(),
    });
    // Where that user may go.
    let place = tempfile::tempdir().expect("a folder");
    fs::set_permissions(place.path(), fs::Permissions::from_mode(0o755)).expect("a mode");
    let program = place.path().join("measure");
    fs::copy(env!("CARGO_BIN_EXE_measure"), &program).expect("a copy");
    let mut command = Command::new(&program);
    command.arg("profile").arg(stage.folder.path()).arg(ready.to_string()).current_dir(Path::new("/"));
    if rustix::process::getuid().is_root() {
        command.uid(65534).gid(65534);
    }
    let output = command.output().expect("it runs");
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}
