//! Journals that were changed, cut or copied, and the calls that go on from them: never other bytes under a
//! nonce that was used, never a mixture, never "failed" for what happened.

use std::fs::FileTimes;
use std::path::{Path, PathBuf};

use dropoff::{AgentDrop, Cleanup, Encryption, Error, ErrorKind, File, KeyPair, Outcome, Transfer};
use dropoff_sandbox::{Config, Sandbox};
use dropoff_tests::sources::{pattern, sha256};
use serde_json::{Value, json};

const MIB: usize = 1 << 20;
const PART: u64 = 5 << 20;

struct Stage {
    sandbox: Sandbox,
    folder: tempfile::TempDir,
    d: AgentDrop,
}

impl Stage {
    fn new() -> Self {
        let sandbox = dropoff_tests::sandbox(Config::default());
        let options = dropoff_tests::options(&sandbox).concurrency(1).and_then(|o| o.part_size(PART));
        let d = dropoff_tests::agentdrop(&sandbox, options.expect("options"));
        Self { sandbox, folder: tempfile::tempdir().expect("a folder"), d }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn file(&self, name: &str, len: usize) -> PathBuf {
        std::fs::write(self.path(name), pattern(len as u64)).expect("written");
        self.path(name)
    }

    fn transfer(&self, files: &[&str]) -> Transfer {
        let transfer = Transfer::new("a", "b").journal(self.path("journal"));
        files.iter().fold(transfer, |t, name| t.file(File::new(self.path(name).as_path())))
    }

    fn order(&self, fault: Value) {
        self.sandbox.order(fault).expect("a good order");
    }

    /// A send that fails when storage refuses what comes after `count` uploads.
    fn interrupted(&self, count: u64, transfer: Transfer) -> Error {
        for on in ["put", "put_part"] {
            self.order(json!({"on": on, "skip": count, "times": -1, "do": {"reply": {"status": 403}}}));
        }
        let error = self.d.send(transfer).expect_err("refused");
        self.sandbox.clear_faults();
        assert_eq!(error.journal(), Some(self.path("journal").as_path()), "{error:?}");
        error
    }

    fn count(&self, op: &str) -> usize {
        let requests = self.sandbox.requests();
        requests.as_array().expect("a log").iter().filter(|r| r["op"] == op).count()
    }

    /// Changes the first record, and makes its check fit again.
    fn edit(&self, change: impl FnOnce(&mut Value)) {
        let text = std::fs::read_to_string(self.path("journal")).expect("a journal");
        let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
        let mut record: Value = serde_json::from_str(&lines[1][9..]).expect("JSON");
        change(&mut record["begun"]);
        let json = record.to_string();
        lines[1] = format!("{} {json}", &blake3::hash(json.as_bytes()).to_hex()[..8]);
        std::fs::write(self.path("journal"), lines.join("\n") + "\n").expect("written");
    }

    /// As after a loss of power that took all but the first record.
    fn cut(&self) {
        let text = std::fs::read_to_string(self.path("journal")).expect("a journal");
        let first: Vec<&str> = text.lines().take(2).collect();
        std::fs::write(self.path("journal"), first.join("\n") + "\n").expect("written");
    }
}

/// Other bytes of the same length, written in place, with the old time put back.
fn rewrite_unseen(path: &Path) {
    let before = std::fs::metadata(path).expect("there").modified().expect("a time");
    let mut bytes = std::fs::read(path).expect("read");
    bytes.iter_mut().for_each(|b| *b ^= 0x55);
    let file = std::fs::File::options().write(true).open(path).expect("opened");
    std::io::Write::write_all(&mut &file, &bytes).expect("written");
    file.set_times(FileTimes::new().set_modified(before)).expect("the old time");
}

#[test]
fn a_sealed_file_changed_in_place_is_not_sealed_again() {
    let stage = Stage::new();
    let path = stage.file("a", 12 * MIB);
    let transfer = || stage.transfer(&["a"]).multipart(true).encrypt(dropoff_tests::encryption());
    stage.interrupted(1, transfer());
    rewrite_unseen(&path);
    let error = stage.d.send(transfer()).expect_err("other bytes");
    // By its marks, since neither size nor time tell.
    assert_eq!(error.kind(), ErrorKind::SourceChanged);
    assert!(error.message().contains("nonce"), "{error}");
    assert_eq!(stage.count("confirm"), 0);
}

#[test]
fn an_unsealed_file_changed_in_place_is_not_mixed() {
    let stage = Stage::new();
    let path = stage.file("a", 12 * MIB);
    stage.interrupted(1, stage.transfer(&["a"]).multipart(true));
    rewrite_unseen(&path);
    let error = stage.d.send(stage.transfer(&["a"]).multipart(true)).expect_err("other bytes");
    assert_eq!(error.kind(), ErrorKind::SourceChanged);
}

#[test]
fn a_journal_without_its_marks_seals_nothing() {
    let stage = Stage::new();
    stage.file("a", 12 * MIB);
    let transfer = || stage.transfer(&["a"]).multipart(true).encrypt(dropoff_tests::encryption());
    for bad in [json!("!"), json!(""), json!("AAAAAAAAAAAAAAAAAAAAAA==")] {
        stage.interrupted(1, transfer());
        stage.edit(|begun| begun["seal"]["marks"][0] = bad.clone());
        let error = stage.d.send(transfer()).expect_err("no marks");
        assert!(matches!(error.kind(), ErrorKind::Encryption | ErrorKind::InvalidInput), "{bad}: {error:?}");
        std::fs::remove_file(stage.path("journal")).expect("removed");
    }
    assert_eq!(stage.count("confirm"), 0);
}

#[test]
fn one_nonce_for_two_files_is_refused() {
    let stage = Stage::new();
    stage.file("a", 1000);
    stage.file("b", 1000);
    let transfer = || stage.transfer(&["a", "b"]).encrypt(dropoff_tests::encryption());
    stage.interrupted(1, transfer());
    stage.edit(|begun| begun["promised"][1]["encryption_iv"] = begun["promised"][0]["encryption_iv"].clone());
    stage.d.send(transfer()).expect_err("refused");

    let iv = "4OHi4+Tl5ufo6err";
    let presealed = |name| File::new(stage.path(name).as_path()).encryption_iv(iv);
    let twice = Transfer::new("a", "b").file(presealed("a")).file(presealed("b"));
    let error = stage.d.send(twice.encrypt(Encryption::presealed("A".repeat(80)))).expect_err("refused");
    assert_eq!(error.kind(), ErrorKind::Encryption);
    assert_eq!(stage.count("confirm"), 0);
}

#[test]
fn a_journal_for_another_recipients_key_is_refused() {
    let stage = Stage::new();
    stage.file("a", 1000);
    let sender = || KeyPair::from_private_key(dropoff_tests::SENDER_KEY).expect("a key");
    let other = KeyPair::generate().expect("a pair").public_key();
    let to = |key: &str| Encryption::new(sender()).recipient_public_key(key).expect("a key");
    let ours = KeyPair::from_private_key(dropoff_tests::RECIPIENT_KEY).expect("a key").public_key();
    stage.interrupted(0, stage.transfer(&["a"]).encrypt(to(&other)));
    stage.edit(|begun| begun["arguments"]["encryption"]["recipient_public_key"] = json!(ours));
    let error = stage.d.send(stage.transfer(&["a"]).encrypt(to(&ours))).expect_err("another key");
    assert_eq!(error.kind(), ErrorKind::Encryption);
    assert!(error.message().contains("another recipient"), "{error}");
}

/// The power fails after the service handled confirm: the last records are lost, and the transfer is active.
#[test]
fn a_transfer_that_is_active_is_not_called_failed() {
    for parts in [false, true] {
        let stage = Stage::new();
        stage.file("a", 6 * MIB);
        stage.order(json!({"on": "confirm", "do": {"lose_reply": true}}));
        stage.order(json!({"on": "confirm", "times": -1, "do": {"reply": {"status": 503}}}));
        stage.order(json!({"on": "get_transfer", "times": -1, "do": {"reply": {"status": 503}}}));
        let transfer = || stage.transfer(&["a"]).multipart(parts);
        let error = stage.d.send(transfer()).expect_err("nobody answers");
        assert_eq!(error.outcome(), Outcome::Unknown, "{error:?}");
        stage.sandbox.clear_faults();
        if !parts {
            // Records of PUTs are not waited for; those of completions are.
            stage.cut();
        }
        let sent = stage.d.send(transfer()).expect("it is active");
        assert_eq!(sent.status, "active");
        assert!(!stage.path("journal").exists());
    }
}

/// The sources are of no more use by then, and must not hide that it arrived.
#[test]
fn a_source_that_is_gone_does_not_hide_that_it_was_sent() {
    for gone in [false, true] {
        let stage = Stage::new();
        let path = stage.file("a", 1000);
        stage.order(json!({"on": "confirm", "do": {"lose_reply": true}}));
        stage.order(json!({"on": "confirm", "times": -1, "do": {"reply": {"status": 503}}}));
        stage.order(json!({"on": "get_transfer", "times": -1, "do": {"reply": {"status": 503}}}));
        let transfer = || stage.transfer(&["a"]);
        let first = stage.d.send(transfer()).expect_err("nobody answers");
        assert_eq!(first.outcome(), Outcome::Unknown);
        stage.sandbox.clear_faults();
        if gone {
            std::fs::remove_file(&path).expect("removed");
        } else {
            rewrite_unseen(&path);
        }
        let sent = stage.d.send(transfer()).expect("it is active");
        assert_eq!((sent.status.as_str(), sent.files[0].bytes), ("active", 1000));
        assert_eq!((Some(sent.id.as_str()), stage.count("put")), (first.transfer_id(), 1));
        assert!(!stage.path("journal").exists());
    }
}

/// The confirm was not heard, and meanwhile storage lost the file: then it is sent again after all.
#[test]
fn a_file_that_is_missing_when_it_is_confirmed_again_is_sent_again() {
    let stage = Stage::new();
    stage.file("a", 1000);
    stage.order(json!({"on": "confirm", "times": -1, "do": {"reply": {"status": 502}}}));
    stage.order(json!({"on": "get_transfer", "times": -1, "do": {"reply": {"status": 503}}}));
    let error = stage.d.send(stage.transfer(&["a"])).expect_err("nobody answers");
    assert_eq!(error.outcome(), Outcome::Unknown);
    stage.sandbox.clear_faults();
    let body = json!({"error": {"code": "FILES_MISSING", "message": "a file is missing"}});
    stage.order(json!({"on": "confirm", "do": {"reply": {"status": 400, "body": body}}}));
    assert_eq!(stage.d.send(stage.transfer(&["a"])).expect("sent again").status, "active");
    assert_eq!(stage.count("put"), 2);
}

/// A refusal of the confirm is an answer: a second one of the same call is no riddle, and what is sent by
/// then is what was there from the beginning.
#[test]
fn a_confirm_that_was_refused_is_not_taken_for_one_that_was_lost() {
    let stage = Stage::new();
    let path = stage.file("a", 1000);
    stage.order(json!({"on": "confirm", "times": 2, "do": {"reply": {"status": 402}}}));
    for _ in 0..2 {
        let error = stage.d.send(stage.transfer(&["a"])).expect_err("refused");
        assert_eq!(
            (error.kind(), error.outcome()),
            (ErrorKind::Rejected, Outcome::NotCompleted),
            "{error:?}"
        );
    }
    rewrite_unseen(&path);
    let error = stage.d.send(stage.transfer(&["a"])).expect_err("another file by now");
    assert_eq!(
        (error.kind(), error.outcome()),
        (ErrorKind::SourceChanged, Outcome::NotCompleted),
        "{error:?}"
    );
    assert_eq!((stage.count("put"), stage.count("confirm"), stage.count("get_transfer")), (1, 2, 0));
}

/// A backup may link a file, and a sealed one is proved by its marks.
#[test]
fn a_new_link_to_a_sealed_file_is_no_change() {
    let stage = Stage::new();
    let path = stage.file("a", 12 * MIB);
    let transfer = || stage.transfer(&["a"]).multipart(true).encrypt(dropoff_tests::encryption());
    stage.interrupted(1, transfer());
    std::fs::hard_link(&path, stage.path("backup")).expect("a link");
    assert_eq!(stage.d.send(transfer()).expect("the same file").status, "active");
}

#[test]
fn what_was_said_before_is_the_same_when_it_is_read_again() {
    let stage = Stage::new();
    stage.file("a", 1000);
    let transfer = || {
        let mut metadata = serde_json::Map::new();
        // These need more digits than a quick parser keeps.
        metadata.insert("scores".into(), json!([248.042_828_775_597_34_f64, 1e-300, 0.1 + 0.2, -0.0, 1e22]));
        stage.transfer(&["a"]).metadata(metadata).message("ä\u{0}\n\"")
    };
    stage.interrupted(0, transfer());
    assert_eq!(stage.d.send(transfer()).expect("the same call").status, "active");
}

/// It may be a signed one, and a path is printed.
#[test]
fn a_url_where_a_path_is_due_is_not_printed() {
    let stage = Stage::new();
    stage.file("a", 10);
    let url = "https://s.example/k?X-Amz-Signature=canary";
    let transfer = Transfer::new("a", "b").file(File::new(stage.path("a").as_path())).journal(url);
    let sealed = dropoff::SealedFile::new(stage.path("a"));
    let pair = KeyPair::generate().expect("a pair");
    for error in [
        stage.d.send(transfer).expect_err("a URL"),
        KeyPair::from_agentdrop_config(url).expect_err("a URL"),
        dropoff::open_sealed(&sealed, url, &pair).expect_err("a URL, or no keys"),
    ] {
        let shown = format!("{error:?}");
        assert!(!shown.contains("canary"), "{shown}");
    }
}

/// A fast clock is no reason to give a good journal up.
#[test]
fn a_clock_that_was_set_does_not_end_a_journal() {
    let stage = Stage::new();
    stage.file("a", 6 * MIB);
    stage.interrupted(1, stage.transfer(&["a"]).multipart(true));
    stage.edit(|begun| begun["at"] = json!(0));
    assert_eq!(stage.d.send(stage.transfer(&["a"]).multipart(true)).expect("goes on").status, "active");
}

#[test]
fn urls_that_ran_out_end_it_and_the_next_call_begins_anew() {
    let stage = Stage::new();
    let path = stage.file("a", 6 * MIB);
    stage.interrupted(1, stage.transfer(&["a"]).multipart(true));
    stage.edit(|begun| {
        begun["at"] = json!(begun["at"].as_u64().expect("a time") - 100_000);
        let old = begun["reply"].to_string().replace("X-Amz-Date=20", "X-Amz-Date=19");
        begun["reply"] = serde_json::from_str(&old).expect("JSON");
    });
    let error = stage.d.send(stage.transfer(&["a"]).multipart(true)).expect_err("too late");
    assert_eq!((error.kind(), error.retryable()), (ErrorKind::Expired, true), "{error:?}");
    assert_eq!((error.cleanup(), error.journal()), (Cleanup::Done, None));
    assert_eq!(stage.count("put_part"), 2, "nothing is sent in vain");
    stage.d.send(stage.transfer(&["a"]).multipart(true)).expect("anew");
    let objects = stage.sandbox.objects();
    let held = objects.as_array().expect("objects").iter().any(|o| o["sha256"] == sha256(&pattern(6 << 20)));
    assert!(held && path.exists(), "{objects}");
}

/// Wherever it is cancelled, the same call at once works.
#[test]
fn cancelled_at_any_moment_the_same_call_works_at_once() {
    let stage = Stage::new();
    stage.file("a", 3 * MIB);
    let mut dice = fastrand::Rng::with_seed(11);
    for round in 0..30 {
        let transfer = || stage.transfer(&["a"]).multipart(true).encrypt(dropoff_tests::encryption());
        let job = stage.d.start_send(transfer()).expect("started");
        std::thread::sleep(std::time::Duration::from_micros(dice.u64(0..40_000)));
        job.cancel();
        let first = job.wait();
        let second = stage.d.send(transfer());
        let told = format!("round {round}: {:?}, then {second:?}", first.as_ref().err());
        assert_eq!(second.as_ref().map(|s| s.status.as_str()).ok(), Some("active"), "{told}");
        // Who is told to call again must not send it twice.
        if let Err(error) = &first {
            assert!(error.outcome() != Outcome::Completed || !error.retryable(), "{told}");
            let same = second.as_ref().ok().map(|s| s.id.as_str()) == error.transfer_id();
            assert!(error.journal().is_none() || same, "{told}");
        }
        assert!(!stage.path("journal").exists(), "{told}");
    }
}

#[test]
fn a_plain_ticket_may_be_used_again_and_one_of_parts_may_not() {
    let stage = Stage::new();
    stage.file("a", 1000);
    let files = || vec![File::new(stage.path("a").as_path())];
    let presigned = |parts| {
        let transfer = Transfer::new("a", "b").multipart(parts).file(File::new(stage.path("a").as_path()));
        stage.d.presign(transfer).expect("a ticket")
    };
    let ticket = presigned(false);
    stage.order(json!({"on": "put", "times": 5, "do": {"reply": {"status": 503}}}));
    stage.d.upload(&ticket, files()).expect_err("busy");
    stage.d.upload(&ticket, files()).expect("the same ticket");

    let ticket = presigned(true);
    stage.d.upload(&ticket, files()).expect("sent");
    stage.d.confirm(ticket.id()).expect("active");
    let error = stage.d.upload(&ticket, files()).expect_err("it is over");
    assert!(error.message().contains("presign again"), "{error}");
    assert_eq!(error.kind(), ErrorKind::InvalidInput);
    assert_eq!(stage.count("abort_multipart"), 0, "nothing of an active transfer is aborted");
}

#[test]
fn completing_that_may_have_worked_is_not_aborted_but_confirmed() {
    let stage = Stage::new();
    stage.file("a", 1000);
    // Joined, but the answer is a 500; then it is turned away until the tries are used up.
    stage.order(json!({"on": "complete_multipart", "do": {"reply": {"status": 500}}}));
    stage.order(json!({"on": "complete_multipart", "times": 4, "do": {"reply": {"status": 429}}}));
    let transfer = Transfer::new("a", "b").multipart(true).file(File::new(stage.path("a").as_path()));
    let sent = stage.d.send(transfer).expect("confirming tells");
    assert_eq!(sent.status, "active");
    assert_eq!(stage.count("abort_multipart"), 0);
}

#[test]
fn a_file_that_was_never_completed_is_named_and_aborted() {
    let stage = Stage::new();
    stage.file("a", 1000);
    stage.order(json!({"on": "complete_multipart", "times": -1, "do": {"reply": {"status": 502}}}));
    let transfer = Transfer::new("a", "b").multipart(true).file(File::new(stage.path("a").as_path()));
    let error = stage.d.send(transfer).expect_err("never completed");
    assert_eq!(error.service_code(), Some("FILES_MISSING"));
    assert!(error.message().contains("\"a\" got no clear answer"), "{error}");
    assert_eq!((error.outcome(), error.cleanup()), (Outcome::NotCompleted, Cleanup::Done));
}

/// Before the service is asked anything can go wrong here, and none of it makes undone what was not heard of.
#[test]
fn what_fails_before_a_lost_confirm_is_asked_after_leaves_it_open() {
    let stage = Stage::new();
    stage.file("a", 1000);
    stage.order(json!({"on": "confirm", "do": {"lose_reply": true}}));
    stage.order(json!({"on": "confirm", "times": -1, "do": {"reply": {"status": 503}}}));
    stage.order(json!({"on": "get_transfer", "times": -1, "do": {"reply": {"status": 503}}}));
    let first = stage.d.send(stage.transfer(&["a"])).expect_err("nobody answers");
    assert_eq!(first.outcome(), Outcome::Unknown);
    stage.sandbox.clear_faults();
    let id = first.transfer_id().expect("an id");

    // Its URLs are not to be trusted any more.
    let untrusting = dropoff_tests::agentdrop(&stage.sandbox, dropoff::Options::new());
    let error = untrusting.send(stage.transfer(&["a"])).expect_err("not to be sent there");
    assert_eq!((error.kind(), error.outcome()), (ErrorKind::UnsafeTarget, Outcome::Unknown), "{error:?}");
    assert!(error.message().contains(&format!("ask get_transfer(\"{id}\")")), "{error}");
    assert_eq!((error.transfer_id(), error.retryable()), (Some(id), false));

    let sent = stage.d.send(stage.transfer(&["a"])).expect("it is active");
    assert_eq!((sent.id.as_str(), stage.count("put")), (id, 1));
}

/// The step on its own ends as soon as the parts are joined, which nobody may hear of.
#[test]
fn a_step_that_is_stopped_while_parts_are_joined_leaves_it_open() {
    for (at, fault, outcome) in [
        ("put_part", json!({"on": "put_part", "do": {"stall_after": 100}}), Outcome::NotCompleted),
        (
            "complete_multipart",
            json!({"on": "complete_multipart", "do": {"delay_ms": 20000}}),
            Outcome::Unknown,
        ),
    ] {
        let stage = Stage::new();
        stage.file("a", 1000);
        let files = || vec![File::new(stage.path("a").as_path())];
        let transfer = Transfer::new("a", "b").multipart(true).file(File::new(stage.path("a").as_path()));
        let ticket = stage.d.presign(transfer).expect("a ticket");
        stage.order(fault);
        let job = stage.d.start_upload(&ticket, files()).expect("started");
        dropoff_tests::until_requested(&stage.sandbox, at);
        job.cancel();
        let error = job.wait().expect_err("cancelled");
        assert_eq!((error.kind(), error.outcome()), (ErrorKind::Cancelled, outcome), "{error:?}");
        // The ticket takes parts once.
        assert!(!error.retryable(), "{error:?}");
        assert_eq!(stage.count("abort_multipart"), usize::from(outcome == Outcome::NotCompleted));
        let again = stage.d.upload(&ticket, files()).expect_err("it is over");
        assert!(again.message().contains("presign again"), "{again}");
    }
}
