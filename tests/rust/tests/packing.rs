//! Folders that change, vanish, cannot be read or are too large while they are packed.

use std::fs::{self, File, FileTimes};
use std::io::{Cursor, Read as _};
use std::os::unix::fs::{FileExt as _, PermissionsExt as _};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::{Duration, Instant, SystemTime};

use dropoff::{
    Consistency, Error, ErrorKind, HCompany, Job, Live, Outcome, Pack, Phase, Profile, ProfileDetails,
    ProfileUpload,
};
use dropoff_sandbox::{Config, Sandbox, StorageConfig};
use dropoff_tests::profiles::random;
use dropoff_tests::run::failed;

struct Stage {
    sandbox: Sandbox,
    folder: tempfile::TempDir,
    h: HCompany,
}

impl Stage {
    fn new(config: Config) -> Self {
        let sandbox = dropoff_tests::sandbox(config);
        let h = dropoff_tests::hcompany(&sandbox, dropoff_tests::options(&sandbox));
        let stage = Self { sandbox, folder: tempfile::tempdir().expect("a folder"), h };
        stage.file("Local State", b"{}");
        stage.file("Default/Preferences", b"{}");
        stage.file("Default/Cookies", b"cookies");
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
        let details = ProfileDetails::new("p").browser("chromium", "131");
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
                started.elapsed() < Duration::from_secs(30) && job.wait_timeout(Duration::ZERO).is_none(),
                "{:?}",
                job.progress()
            );
        }
        act();
        assert_eq!(job.progress().phase, Phase::Packing, "it was too late");
        job.wait()
    }

    /// A file of the archive that storage has.
    fn stored(&self, name: &str) -> Vec<u8> {
        let object = &self.sandbox.objects()[0];
        let content = self.sandbox.content(object["key"].as_str().expect("a key")).expect("its content");
        let mut zip = zip::ZipArchive::new(Cursor::new(content)).expect("a zip");
        let mut bytes = Vec::new();
        zip.by_name(name).expect(name).read_to_end(&mut bytes).expect("its CRC holds");
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
    let packed =
        stage.while_packing(Pack::new().live(Live::Force), touch).expect("packed").packed.expect("a report");
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

/// A database and its log always say the same number, but for a moment.
#[test]
fn a_snapshot_takes_a_database_and_its_log_together() {
    let stage = Stage::new(Config::default());
    let (database, log) = (stage.path("Default/History"), stage.path("Default/History-wal"));
    stage.file("Default/History", b"SQLite format 3\0");
    let stop = Arc::new(AtomicBool::new(false));
    let writer = std::thread::spawn({
        let (stop, database, log) = (Arc::clone(&stop), database.clone(), log.clone());
        move || {
            for number in 0_u64.. {
                if stop.load(Relaxed) {
                    return;
                }
                let file = File::options().write(true).open(&database).expect("the database");
                file.write_all_at(&number.to_be_bytes(), 100_000).expect("written");
                std::thread::sleep(Duration::from_millis(5));
                fs::write(&log, number.to_be_bytes()).expect("written");
                // Long enough at times, and too short at others.
                std::thread::sleep(Duration::from_millis(10 + number % 7 * 10));
            }
        }
    });
    for _ in 0..5 {
        let profile = stage.start(Pack::new().live(Live::Snapshot)).wait().expect("packed");
        assert_eq!(profile.packed.expect("a report").consistency, Consistency::Snapshot);
        assert_eq!(stage.stored("Default/History")[100_000..], stage.stored("Default/History-wal")[..]);
        stage.sandbox.reset();
    }
    stop.store(true, Relaxed);
    writer.join().expect("the writer");
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
    let job = stage.start(Pack::new().live(Live::Snapshot));
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

/// A log that is a folder is never a file at rest, and no race decides.
#[test]
fn a_database_that_never_rests_is_told() {
    let stage = Stage::new(Config::default());
    stage.file("Default/History", b"SQLite format 3\0");
    fs::create_dir(stage.path("Default/History-wal")).expect("a folder");
    let error = failed(stage.start(Pack::new().live(Live::Snapshot)).wait());
    assert_eq!(error.kind(), ErrorKind::BrowserRunning, "{error:?}");
    assert!(error.retryable() && error.message().contains("Default/History kept changing"), "{error}");
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
    let ended = job.wait_timeout(Duration::from_secs(2)).expect("it ends");
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
