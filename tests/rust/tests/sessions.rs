//! Sessions of Google's, as far as no scenario can show them: those that others began, and what is none.

use std::collections::VecDeque;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use dropoff::{
    Error, ErrorKind, Options, Outcome, Progress, PutRequest, Result, Source, Storage, StoredObject,
};

/// Answers requests in turn, each on a connection of its own, and keeps what came. An empty answer is none.
struct Server {
    origin: String,
    seen: Arc<Mutex<Vec<(String, usize)>>>,
}

impl Server {
    fn answering(answers: &[&str]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let origin = format!("http://{}", listener.local_addr().expect("an address"));
        let seen: Arc<Mutex<Vec<_>>> = Arc::default();
        let mut answers: VecDeque<String> =
            answers.iter().map(|answer| answer.replace("ORIGIN", &origin)).collect();
        let kept = Arc::clone(&seen);
        std::thread::spawn(move || {
            for mut stream in listener.incoming().flatten() {
                let Some(request) = read(&mut stream) else { continue };
                kept.lock().expect("notes").push(request);
                let Some(answer) = answers.pop_front().filter(|answer| !answer.is_empty()) else { continue };
                let (head, body) = answer.split_once("\n\n").unwrap_or((&answer, ""));
                let head = head.replace('\n', "\r\n");
                let length = body.len();
                // A client that goes away has seen enough.
                let _ = write!(
                    stream,
                    "HTTP/1.1 {head}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}"
                );
            }
        });
        Self { origin, seen }
    }

    fn put(&self, path: &str, body: Vec<u8>) -> (Result<StoredObject>, Progress) {
        let options = Options::new().trusted_storage([self.origin.clone()]).and_then(|o| o.max_attempts(3));
        let options = options.and_then(|o| o.backoff_base(Duration::from_millis(1))).expect("options");
        let put = PutRequest::new(format!("{}{path}", self.origin), Source::memory(body));
        let job = Storage::new(options).start_put(put).expect("a job");
        let result = job.wait_timeout(Duration::from_secs(60)).expect("it ends");
        (result, job.progress())
    }

    fn fails(&self, path: &str) -> Error {
        self.put(path, b"hello".to_vec()).0.expect_err("it fails")
    }

    /// The method and `Content-Range` of each request, and the length of its body.
    fn seen(&self) -> Vec<String> {
        let seen = self.seen.lock().expect("notes");
        let each = seen.iter().map(|(head, length)| {
            let range = head.lines().find_map(|line| line.strip_prefix("content-range: "));
            format!("{} {} {length}", head.split(' ').next().unwrap_or_default(), range.unwrap_or("-"))
        });
        each.collect()
    }
}

fn read(stream: &mut TcpStream) -> Option<(String, usize)> {
    let (mut head, mut byte) = (Vec::new(), [0]);
    while !head.ends_with(b"\r\n\r\n") {
        stream.read_exact(&mut byte).ok()?;
        head.push(byte[0]);
    }
    let head = String::from_utf8(head).ok()?;
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: "))?.parse().ok()?;
    let mut body = vec![0; length];
    stream.read_exact(&mut body).ok()?;
    Some((head, length))
}

const OPEN: &str = "/upload/storage/v1/b/b/o?uploadType=resumable&upload_id=1";
const WANTS_MORE: &str = "308 Resume Incomplete\nX-GUploader-UploadID: u";
const CRC32C_OF_HELLO: &str = "mnG7TA==";

fn described(size: u64, crc32c: &str) -> String {
    let object =
        format!(r#"{{"kind":"storage#object","generation":"7","size":"{size}","crc32c":"{crc32c}"}}"#);
    format!("200 OK\nContent-Type: application/json\n\n{object}")
}

#[test]
fn a_url_of_another_service_with_an_upload_id_takes_the_bytes() {
    let stored = "200 OK\nETag: \"5d41402abc4b2a76b9719d911017c592\"";
    for query in ["upload_id=42&token=t", "uploadType=resumable&upload_id=42&X-Amz-Signature=s"] {
        let server = Server::answering(&[stored]);
        let (result, _) = server.put(&format!("/upload?{query}"), b"hello".to_vec());
        assert!(result.expect("stored").verified);
        assert_eq!(server.seen(), ["PUT - 5"], "{query}");
    }
}

#[test]
fn a_200_to_the_question_how_far_it_is_is_none_without_proof() {
    // The last two are of whoever took the question for an empty object.
    for answer in [
        "200 OK",
        "200 OK\nX-GUploader-UploadID: u",
        "200 OK\nETag: \"v7\"",
        "200 OK\nETag: \"d41d8cd98f00b204e9800998ecf8427e\"",
        "201 Created\nx-goog-stored-content-length: 0\nX-GUploader-UploadID: u",
    ] {
        let server = Server::answering(&[answer]);
        let error = server.fails(OPEN);
        assert_eq!((error.kind(), error.retryable()), (ErrorKind::Integrity, false), "{answer}: {error:?}");
        assert_ne!(error.outcome(), Outcome::NotCompleted, "{answer}: {error:?}");
        assert_eq!(server.seen(), ["PUT bytes */5 0"], "{answer}");
    }
    for answer in [&*described(5, CRC32C_OF_HELLO), "200 OK\nx-goog-hash: crc32c=mnG7TA=="] {
        let (result, progress) = Server::answering(&[answer]).put(OPEN, b"hello".to_vec());
        assert_eq!(result.expect("proved").verified_by.as_deref(), Some("crc32c"), "{answer}");
        assert_eq!(progress.bytes_done, 5, "{answer}");
    }
}

#[test]
fn what_a_session_answers_of_its_object_is_kept_and_compared() {
    let right = described(5, CRC32C_OF_HELLO);
    let stored = Server::answering(&[WANTS_MORE, &right]).put(OPEN, b"hello".to_vec()).0.expect("stored");
    assert_eq!((stored.verified_by.as_deref(), stored.attempts), (Some("crc32c"), 2));
    assert!(stored.reply.expect("a reply").body.contains(r#""generation":"7""#));

    for (wrong, words) in
        [(described(5, "AAAAAA=="), "is not the CRC-32C"), (described(4, ""), "has 4 bytes of the 5")]
    {
        let server = Server::answering(&[WANTS_MORE, &wrong]);
        let error = server.fails(OPEN);
        assert_eq!((error.kind(), error.outcome()), (ErrorKind::Integrity, Outcome::Completed), "{error:?}");
        // The session is over, and the same call can only be told the same.
        assert!(!error.retryable() && error.message().contains(words), "{error:?}");
        assert!(error.message().contains("another one has to be begun"), "{error:?}");
        assert_eq!(server.seen(), ["PUT bytes */5 0", "PUT bytes 0-4/5 5"]);
    }
}

#[test]
fn an_open_session_that_is_gone_after_everything_was_sent_leaves_it_open() {
    let server = Server::answering(&[WANTS_MORE, "", "410 Gone"]);
    let error = server.fails(OPEN);
    assert_eq!((error.kind(), error.outcome()), (ErrorKind::StorageRefused, Outcome::Unknown), "{error:?}");
    assert!(error.message().contains("an earlier try sent everything"), "{error:?}");
    // A gateway that wants more of what it does not keep says nothing of the object.
    let server = Server::answering(&[WANTS_MORE, "", "308 What", "403 Forbidden"]);
    assert_eq!(server.fails(OPEN).outcome(), Outcome::Unknown);
    assert_eq!(Server::answering(&["410 Gone"]).fails(OPEN).outcome(), Outcome::NotCompleted);
}

#[test]
fn what_a_lost_session_had_is_no_progress_of_the_next_one() {
    const PIECE: usize = 256 * 1024;
    let begun = "201 Created\nLocation: ORIGIN/b/k?upload_id=1";
    let has_one = "308 Resume Incomplete\nX-GUploader-UploadID: u\nRange: bytes=0-262143";
    let stored = "200 OK\nX-GUploader-UploadID: u\nx-goog-stored-content-length: 786432";
    let server = Server::answering(&[begun, has_one, "410 Gone", begun, stored]);
    let (result, progress) =
        server.put("/b/k?X-Goog-SignedHeaders=host%3Bx-goog-resumable", vec![7; 3 * PIECE]);
    assert_eq!(result.expect("stored").attempts, 5);
    assert_eq!(progress.bytes_done, 3 * PIECE as u64);
}
