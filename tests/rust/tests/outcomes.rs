//! What a raw upload's error says of the object, where the sandbox cannot play the peer: requests lost on a
//! connection that was kept, and sources that change while they are sent.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::os::unix::fs::FileExt as _;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use dropoff::{
    ErrorKind, IntegrityCheck, Options, Outcome, PostFormRequest, PutPartsRequest, PutRequest, Source,
    Storage,
};
use dropoff_tests::misbehaving_server::reply;

/// The ETag of `hello`.
const HELLO: &str = "5d41402abc4b2a76b9719d911017c592";

#[derive(Clone)]
enum Answer {
    Say(String),
    /// Takes the whole request, and closes.
    Lose,
    /// Overwrites the beginning of this file, which has left by then, before it takes the rest of the
    /// request. Then says it.
    Overwrite(PathBuf, String),
    /// The same, and closes.
    OverwriteAndLose(PathBuf),
    /// Takes the whole request and never answers.
    Never,
}

/// Answers one request after the other, whatever the connection, the last answer again and again. Counts
/// them.
struct Peer {
    origin: String,
    requests: Arc<AtomicUsize>,
}

impl Peer {
    fn start(answers: Vec<Answer>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let origin = format!("http://{}", listener.local_addr().expect("an address"));
        let requests = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&requests);
        let last = answers.last().expect("an answer").clone();
        let answers = Arc::new(Mutex::new(answers.into_iter()));
        std::thread::spawn(move || {
            for mut stream in listener.incoming().flatten() {
                let (answers, last, counter) = (Arc::clone(&answers), last.clone(), Arc::clone(&counter));
                std::thread::spawn(move || {
                    while let Some(left) = read_head(&mut stream) {
                        let number = counter.fetch_add(1, SeqCst);
                        let next = answers.lock().expect("answers").next().unwrap_or_else(|| last.clone());
                        if let Answer::Overwrite(path, _) | Answer::OverwriteAndLose(path) = &next {
                            let file = std::fs::File::options().write(true).open(path).expect("the file");
                            file.write_all_at(number.to_string().as_bytes(), 0).expect("overwritten");
                        }
                        if !read_body(&mut stream, left) {
                            return;
                        }
                        let text = match next {
                            Answer::Say(text) => text,
                            Answer::Lose | Answer::OverwriteAndLose(_) => return,
                            Answer::Never => {
                                // Until the client goes away.
                                let _ = stream.read(&mut [0]);
                                return;
                            }
                            Answer::Overwrite(_, text) => text,
                        };
                        if stream.write_all(text.as_bytes()).is_err() {
                            return;
                        }
                    }
                });
            }
        });
        Self { origin, requests }
    }

    fn storage(&self) -> Storage {
        Storage::new(self.options())
    }

    fn options(&self) -> Options {
        Options::new()
            .trusted_storage([self.origin.clone()])
            .and_then(|o| o.backoff_base(Duration::from_millis(1)))
            .expect("good options")
    }

    fn requests(&self) -> usize {
        self.requests.load(SeqCst)
    }

    fn put(&self, key: &str) -> PutRequest {
        PutRequest::new(format!("{}/{key}", self.origin), Source::memory(b"hello".to_vec()))
    }
}

/// Reads a request's head and the first byte of its body; tells how many of them are still to come.
fn read_head(stream: &mut (impl Read + Write)) -> Option<u64> {
    let mut seen = Vec::new();
    while !seen.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        stream.read_exact(&mut byte).ok()?;
        seen.push(byte[0]);
    }
    let head = String::from_utf8_lossy(&seen).to_ascii_lowercase();
    if head.contains("expect: 100-continue") {
        stream.write_all(b"HTTP/1.1 100 Continue\r\n\r\n").ok()?;
    }
    let length = head.lines().find_map(|l| l.strip_prefix("content-length:"));
    let length: u64 = length.and_then(|n| n.trim().parse().ok()).unwrap_or(0);
    if length > 0 {
        stream.read_exact(&mut [0]).ok()?;
    }
    Some(length.saturating_sub(1))
}

fn read_body(stream: &mut impl Read, left: u64) -> bool {
    std::io::copy(&mut stream.take(left), &mut std::io::sink()).is_ok_and(|read| read == left)
}

fn stored(etag: &str) -> Answer {
    Answer::Say(format!("HTTP/1.1 200 OK\r\nETag: \"{etag}\"\r\nContent-Length: 0\r\n\r\n"))
}

fn refused(status: &str, code: &str, message: &str) -> Answer {
    let body = format!("<Error><Code>{code}</Code><Message>{message}</Message></Error>");
    Answer::Say(reply(status, &body))
}

#[test]
fn what_was_lost_on_a_kept_connection_may_be_stored() {
    for (answer, kind) in [
        (refused("412 X", "PreconditionFailed", "there is one"), ErrorKind::StorageRefused),
        (refused("403 X", "AccessDenied", "Request has expired"), ErrorKind::Expired),
        (refused("403 X", "AccessDenied", "no"), ErrorKind::StorageRefused),
        (refused("400 X", "EntityTooLarge", "no"), ErrorKind::TooLarge),
    ] {
        let peer = Peer::start(vec![stored(HELLO), Answer::Lose, answer.clone()]);
        let storage = peer.storage();
        storage.put(peer.put("warm")).expect("stored");
        let error = storage.put(peer.put("k").header("If-None-Match", "*")).expect_err("refused");
        assert_eq!((error.kind(), error.outcome()), (kind, Outcome::Unknown), "{error:?}");
        assert!(error.message().contains("an earlier try"), "{error}");
        assert_eq!(peer.requests(), 3);

        let peer = Peer::start(vec![stored(HELLO), Answer::Lose, answer]);
        let storage = peer.storage();
        storage.put(peer.put("warm")).expect("stored");
        let source = Source::memory(b"hello".to_vec());
        let form = PostFormRequest::new(format!("{}/b", peer.origin), [("key", "k")], source);
        let error = storage.post_form(form).expect_err("refused");
        assert_eq!((error.kind(), error.outcome()), (kind, Outcome::Unknown), "{error:?}");
        assert_eq!(peer.requests(), 3);
    }
}

#[test]
fn every_request_that_was_sent_is_an_attempt() {
    let too_much = Answer::Say(reply("417 Expectation Failed", ""));
    let peer =
        Peer::start(vec![stored(HELLO), Answer::Lose, Answer::Lose, stored(HELLO), too_much, stored("e")]);
    let storage = peer.storage();
    assert_eq!(storage.put(peer.put("warm")).expect("stored").attempts, 1);
    let job = storage.start_put(peer.put("k")).expect("started");
    // One on the kept connection, one on a fresh one at once, and a second try.
    assert_eq!(job.wait().expect("stored").attempts, 3);
    assert_eq!(job.progress().retries, 2);
    let large = PutRequest::new(format!("{}/k", peer.origin), Source::memory(vec![7; 2_000_000]));
    assert_eq!(storage.put(large).expect("stored, once it is not asked first").attempts, 2);
    assert_eq!(peer.requests(), 6);
}

#[test]
fn a_source_that_changed_and_that_storage_took_all_the_same_is_completed() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("app.log");
    // More than sockets hold, so that it is still being read when its beginning changes.
    std::fs::write(&path, b"line\n".repeat(8 << 20)).expect("the file");
    let said = "HTTP/1.1 200 OK\r\nETag: \"abc-1\"\r\nContent-Length: 0\r\n\r\n".to_owned();
    let peer = Peer::start(vec![Answer::Overwrite(path.clone(), said)]);
    let storage = peer.storage();
    let error =
        storage.put(PutRequest::new(format!("{}/k", peer.origin), path.as_path())).expect_err("it changed");
    assert_eq!((error.kind(), error.outcome()), (ErrorKind::SourceChanged, Outcome::Completed), "{error:?}");
    assert_eq!(error.etag(), Some("abc-1"));
    assert!(error.message().contains("storage has it") && !error.retryable(), "{error:?}");

    let form = PostFormRequest::new(format!("{}/b", peer.origin), [("key", "k")], path.as_path());
    let error = storage.post_form(form).expect_err("it changed");
    assert_eq!((error.outcome(), error.etag()), (Outcome::Completed, Some("abc-1")), "{error:?}");

    // Of several parts one is there, and that is not what was asked for.
    let options = || peer.options().integrity_check(IntegrityCheck::Off);
    let parts = |count: usize| {
        let urls = (1..=count).map(|n| format!("{}/k?partNumber={n}&uploadId=u", peer.origin));
        let one_by_one = Storage::new(options().concurrency(1).expect("good"));
        one_by_one.put_parts(PutPartsRequest::new(urls, path.as_path())).expect_err("it changed")
    };
    assert_eq!(parts(1).outcome(), Outcome::Completed);
    assert_eq!(parts(3).outcome(), Outcome::NotCompleted);
}

/// The second try reads a file that nobody writes to, but what is stored is what the first one read.
#[test]
fn what_an_earlier_try_stored_is_compared_with_what_that_one_read() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("app.log");
    std::fs::write(&path, b"line\n".repeat(8 << 20)).expect("the file");
    // The MD5 of it as it was.
    let in_the_way =
        "HTTP/1.1 412 X\r\nETag: \"83a7a7745623c0d1705b1806e12b9ee8\"\r\nContent-Length: 0\r\n\r\n";
    let peer = Peer::start(vec![Answer::OverwriteAndLose(path.clone()), Answer::Say(in_the_way.to_owned())]);
    let put = PutRequest::new(format!("{}/k", peer.origin), path.as_path()).header("If-None-Match", "*");
    let error = peer.storage().put(put).expect_err("it changed");
    assert_eq!((error.kind(), error.outcome()), (ErrorKind::SourceChanged, Outcome::Completed), "{error:?}");
    assert_eq!(error.etag(), Some("83a7a7745623c0d1705b1806e12b9ee8"), "{error:?}");
    assert_eq!(peer.requests(), 2);
}

#[test]
fn an_empty_object_that_got_no_answer_may_be_there() {
    let peer = Peer::start(vec![Answer::Never]);
    let put = PutRequest::new(format!("{}/k", peer.origin), Source::memory(Vec::new()));
    let job = peer.storage().start_put(put).expect("a job");
    while peer.requests() == 0 {
        std::thread::sleep(Duration::from_millis(1));
    }
    job.cancel();
    let error = job.wait().expect_err("cancelled");
    assert_eq!((error.kind(), error.outcome()), (ErrorKind::Cancelled, Outcome::Unknown), "{error:?}");
}

#[test]
fn a_time_limit_after_the_last_byte_leaves_it_open() {
    let peer = Peer::start(vec![Answer::Never]);
    let put = peer.put("k").timeout(Duration::from_millis(700));
    let error = peer.storage().put(put).expect_err("nobody answers");
    assert_eq!((error.kind(), error.outcome()), (ErrorKind::Timeout, Outcome::Unknown), "{error:?}");
    assert!(error.retryable());
}

#[test]
fn parts_with_the_checksum_of_nothing_are_not_sent() {
    let peer = Peer::start(vec![stored("e")]);
    let urls = (1..=3).map(|n| {
        let checksum = "x-amz-checksum-crc32=AAAAAA%3D%3D&x-amz-sdk-checksum-algorithm=CRC32";
        format!("{}/k?partNumber={n}&uploadId=u&{checksum}", peer.origin)
    });
    let error = peer
        .storage()
        .put_parts(PutPartsRequest::new(urls, Source::memory(vec![7; 30])))
        .expect_err("refused");
    assert_eq!(
        (error.kind(), error.outcome()),
        (ErrorKind::InvalidInput, Outcome::NotCompleted),
        "{error:?}"
    );
    assert!(
        error.message().contains("x-amz-checksum-crc32=AAAAAA==, which is the CRC-32 of an empty"),
        "{error}"
    );
    assert_eq!(peer.requests(), 0);
}

#[test]
fn an_algorithm_without_its_checksum_is_named() {
    let peer = Peer::start(vec![refused("400 X", "InvalidRequest", "no checksum")]);
    let url = format!("{}/k?x-amz-sdk-checksum-algorithm=CRC32", peer.origin);
    let error = peer.storage().put(PutRequest::new(url, Source::memory(vec![7; 30]))).expect_err("refused");
    assert!(error.message().contains("x-amz-sdk-checksum-algorithm=CRC32 and no checksum"), "{error}");
    assert_eq!((error.kind(), error.retryable()), (ErrorKind::StorageRefused, false));
}

/// The checksum that the ticket demanded is that of the first look, and each try reads the file anew.
#[test]
fn a_file_that_changed_after_its_demanded_checksum_is_told_and_not_sent_again() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("app.log");
    std::fs::write(&path, b"line\n".repeat(1000)).expect("the file");
    let body = "<Error><Code>BadDigest</Code></Error>";
    let refused = format!("HTTP/1.1 400 X\r\nContent-Length: {}\r\n\r\n{body}", body.len());
    let peer = Peer::start(vec![Answer::OverwriteAndLose(path.clone()), Answer::Say(refused)]);
    let put = PutRequest::new(format!("{}/k", peer.origin), path.as_path()).header("Content-MD5", "");
    let error = peer.storage().put(put).expect_err("it changed");
    // The first try had all of it, and its answer was lost.
    assert_eq!((error.kind(), error.outcome()), (ErrorKind::SourceChanged, Outcome::Unknown), "{error:?}");
    assert_eq!(peer.requests(), 2);
}
