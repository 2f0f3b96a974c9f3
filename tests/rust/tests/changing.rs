//! Files that are touched, written to, replaced or removed while they are sent, and calls that share a
//! journal. What storage has is a state that the file had, or the call says that it is not.

use std::fs::{File as Local, FileTimes};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use dropoff::{AgentDrop, ErrorKind, File, IntegrityCheck, Job, Outcome, SentTransfer, Transfer};
use dropoff_sandbox::{Config, Sandbox};
use dropoff_tests::sources::{pattern, sha256};
use serde_json::json;

const LEN: u64 = 8_000_000;
/// Bytes per second: it is sent for some seconds.
const RATE: u64 = 2_000_000;

struct Stage {
    sandbox: Sandbox,
    folder: tempfile::TempDir,
    d: AgentDrop,
}

impl Stage {
    fn new(check: IntegrityCheck) -> Self {
        let sandbox = dropoff_tests::sandbox(Config::default());
        let options = dropoff_tests::options(&sandbox).integrity_check(check).concurrency(1);
        let options = options.and_then(|o| o.part_size(5 << 20)).expect("options");
        let d = dropoff_tests::agentdrop(&sandbox, options);
        Self { sandbox, folder: tempfile::tempdir().expect("a folder"), d }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn order(&self, fault: serde_json::Value) {
        self.sandbox.order(fault).expect("a good order");
    }

    fn count(&self, op: &str) -> usize {
        let requests = self.sandbox.requests();
        requests.as_array().expect("a log").iter().filter(|r| r["op"] == op).count()
    }

    fn stored(&self) -> Vec<String> {
        let objects = self.sandbox.objects();
        let objects = objects.as_array().expect("objects");
        objects.iter().map(|o| o["sha256"].as_str().expect("a digest").to_owned()).collect()
    }

    /// Changes the file while it is read. Done again if all of it had been read by then.
    fn changed_meanwhile(&self, parts: bool, change: impl Fn(&Path)) -> Result<SentTransfer, dropoff::Error> {
        let path = self.path("a.bin");
        for _ in 0..20 {
            std::fs::write(&path, pattern(LEN)).expect("written");
            for on in ["put", "put_part"] {
                self.order(json!({"on": on, "times": -1, "do": {"slow": RATE}}));
            }
            let transfer = Transfer::new("a", "b").file(File::new(path.as_path())).multipart(parts);
            let job = self.d.start_send(transfer).expect("a job");
            while job.progress().bytes_done == 0 {
                std::thread::sleep(Duration::from_millis(1));
            }
            change(&path);
            let in_time = job.progress().bytes_done < LEN;
            let result = job.wait();
            self.sandbox.clear_faults();
            if in_time {
                return result;
            }
        }
        panic!("the machine is too slow to change a file in the middle");
    }
}

fn touch(path: &Path) {
    let old = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000_000);
    let file = Local::options().write(true).open(path).expect("opened");
    file.set_times(FileTimes::new().set_modified(old)).expect("a time");
}

fn append(path: &Path) {
    Local::options().append(true).open(path).and_then(|mut f| f.write_all(b"one more\n")).expect("written");
}

/// The last bytes, which nobody has read yet.
fn rewrite_the_end(path: &Path) {
    use std::os::unix::fs::FileExt;
    let file = Local::options().write(true).open(path).expect("opened");
    file.write_all_at(&[0; 1000], LEN - 1000).expect("written");
}

/// The first bytes, which are sent by now.
fn rewrite_the_beginning(path: &Path) {
    use std::os::unix::fs::FileExt;
    let file = Local::options().write(true).open(path).expect("opened");
    file.write_all_at(&[0; 1000], 0).expect("written");
}

fn replace(path: &Path) {
    let other = path.with_extension("new");
    std::fs::write(&other, vec![7; LEN as usize]).expect("written");
    std::fs::rename(other, path).expect("replaced");
}

#[test]
fn what_changes_no_byte_that_is_sent_changes_nothing() {
    let stage = Stage::new(IntegrityCheck::Auto);
    let remove = |path: &Path| std::fs::remove_file(path).expect("removed");
    for (parts, change) in [
        (false, &touch as &dyn Fn(&Path)),
        (false, &append),
        (false, &replace),
        (false, &remove),
        (true, &touch),
        (true, &append),
    ] {
        let sent = stage.changed_meanwhile(parts, change).expect("sent");
        assert_eq!(
            (sent.status.as_str(), sent.files[0].bytes, sent.files[0].attempts),
            ("active", LEN, 1 + u32::from(parts))
        );
    }
    assert!(stage.stored().iter().all(|held| *held == sha256(&pattern(LEN))), "each as it was");
}

/// A log is: what there was of it when it was looked at is sent.
#[test]
fn what_is_added_before_a_second_try_changes_nothing() {
    let stage = Stage::new(IntegrityCheck::Auto);
    let path = stage.path("a.log");
    std::fs::write(&path, pattern(1000)).expect("written");
    stage.order(json!({"on": "put", "do": {"hold": true, "reply": {"status": 503}}}));
    let job = stage.d.start_send(Transfer::new("a", "b").file(File::new(path.as_path()))).expect("a job");
    while stage.count("put") == 0 {
        std::thread::sleep(Duration::from_millis(1));
    }
    append(&path);
    stage.sandbox.clear_faults();
    let sent = job.wait().expect("sent");
    assert_eq!((sent.status.as_str(), sent.files[0].bytes, sent.files[0].attempts), ("active", 1000, 2));
    assert_eq!(stage.stored(), [sha256(&pattern(1000))]);
}

#[test]
fn a_file_that_is_written_to_while_it_is_read_is_told() {
    let stage = Stage::new(IntegrityCheck::Auto);
    for parts in [false, true] {
        let error = stage.changed_meanwhile(parts, rewrite_the_beginning).expect_err("a mixture");
        assert_eq!(error.kind(), ErrorKind::SourceChanged, "{error:?}");
        assert!(error.message().contains("its time went from"), "{error}");
    }
    // In one piece it is the file as it is now, whole; which is for the bytes to say.
    stage.changed_meanwhile(false, rewrite_the_end).expect("one state");
    assert!(stage.stored().len() >= 2 && stage.count("confirm") == 1);
}

#[test]
fn without_a_digest_nothing_is_proved() {
    let stage = Stage::new(IntegrityCheck::Off);
    for (parts, change) in [(false, &touch as &dyn Fn(&Path)), (true, &touch), (true, &append)] {
        let error = stage.changed_meanwhile(parts, change).expect_err("it cannot be told");
        assert_eq!(error.kind(), ErrorKind::SourceChanged, "{error:?}");
    }
    assert_eq!(stage.count("confirm"), 0);
}

/// Files of the system have no size of their own.
#[test]
fn what_the_system_makes_up_is_refused_before_anything_is_asked_for() {
    let stage = Stage::new(IntegrityCheck::Auto);
    for path in ["/proc/version", "/sys/kernel/mm/transparent_hugepage/enabled", "/sys/class/net/lo/mtu"] {
        if std::fs::read(path).is_err() {
            continue;
        }
        let error = stage.d.send(Transfer::new("a", "b").file(File::new(Path::new(path)))).expect_err(path);
        assert_eq!(error.kind(), ErrorKind::SourceUnreadable, "{error:?}");
        assert!(error.message().contains("read it and send the bytes"), "{error}");
        assert_eq!(error.errno(), Some(22));
    }
    assert_eq!(stage.count("presign"), 0);
    // A file that is all hole is none of them.
    let hole = stage.path("hole");
    Local::create(&hole).and_then(|file| file.set_len(1 << 20)).expect("a hole");
    assert_eq!(
        stage.d.send(Transfer::new("a", "b").file(File::new(hole.as_path()))).expect("sent").status,
        "active"
    );
}

/// How many of this process's descriptors are of a file.
fn open(path: &Path) -> usize {
    let all = std::fs::read_dir("/proc/self/fd").expect("descriptors").flatten();
    all.filter(|fd| std::fs::read_link(fd.path()).is_ok_and(|at| at == path)).count()
}

#[test]
fn two_calls_with_one_journal_send_once() {
    let stage = Stage::new(IntegrityCheck::Auto);
    let (path, journal) = (stage.path("a.bin"), stage.path("journal"));
    std::fs::write(&path, pattern(1000)).expect("written");
    let start = || -> Job<SentTransfer> {
        let transfer = Transfer::new("a", "b").file(File::new(path.as_path())).journal(&journal);
        stage.d.start_send(transfer).expect("a job")
    };
    stage.order(json!({"on": "confirm", "do": {"hold": true}}));
    let first = start();
    while stage.count("confirm") == 0 {
        std::thread::sleep(Duration::from_millis(1));
    }
    let second = start();
    // They overlap once the second has the journal open while the first has it.
    while second.try_result().is_none() && open(&journal) < 2 {
        std::thread::yield_now();
    }
    stage.sandbox.clear_faults();
    let first = first.wait().expect("sent");
    let error = second.wait().expect_err("sent by the first");
    assert_eq!(
        (error.kind(), error.outcome(), error.retryable()),
        (ErrorKind::Conflict, Outcome::NotCompleted, false)
    );
    if !error.message().contains("in use") {
        assert!(error.message().contains(&first.id) && error.message().contains("journal"), "{error}");
        assert_eq!(error.transfer_id(), Some(first.id.as_str()));
    }
    assert_eq!((stage.count("presign"), stage.count("put"), stage.count("confirm")), (1, 1, 1));
    assert!(!journal.exists());
    // The next one, which meets nobody, is another transfer.
    assert_ne!(start().wait().expect("sent").id, first.id);
}
