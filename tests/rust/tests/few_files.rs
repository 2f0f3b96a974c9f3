//! A file that is looked at when the process has no descriptor left, while an upload of the same client has
//! some that it will give back. Alone in its program, since descriptors are the whole program's.

use std::fs::File;
use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use std::time::Duration;

use dropoff::{Options, PutRequest, Source, Storage};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

fn until(what: impl Fn() -> bool) {
    while !what() {
        std::thread::sleep(Duration::from_millis(1));
    }
}

#[test]
fn a_file_waits_for_a_descriptor_as_a_try_does() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let origin = format!("http://{}", listener.local_addr().expect("an address"));
    let (requests, may_answer) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicBool::new(false)));
    let (counter, gate) = (Arc::clone(&requests), Arc::clone(&may_answer));
    std::thread::spawn(move || {
        // One that finds no descriptor is taken later.
        for mut stream in listener.incoming().flatten() {
            let (counter, gate) = (Arc::clone(&counter), Arc::clone(&gate));
            std::thread::spawn(move || {
                let mut seen = Vec::new();
                let mut byte = [0];
                while stream.read(&mut byte).is_ok_and(|count| count == 1) {
                    seen.push(byte[0]);
                    let asks = || String::from_utf8_lossy(&seen).contains("bytes */5");
                    if seen.ends_with(b"\r\n\r\n") && asks() {
                        seen.clear();
                        let _ = stream.write_all(
                            b"HTTP/1.1 308 Resume Incomplete\r\nX-GUploader-UploadID: u\r\nContent-Length: 0\r\n\r\n",
                        );
                    }
                    if seen.ends_with(b"\r\n\r\nhello") {
                        counter.fetch_add(1, SeqCst);
                        until(|| gate.load(SeqCst));
                        let etag = "5d41402abc4b2a76b9719d911017c592";
                        let _ = write!(
                            stream,
                            "HTTP/1.1 200 OK\r\nETag: \"{etag}\"\r\nContent-Length: 0\r\n\r\n"
                        );
                    }
                }
            });
        }
    });
    let mut file = tempfile::NamedTempFile::new().expect("a file");
    file.write_all(b"hello").expect("written");
    let storage = Storage::new(Options::new().trusted_storage([origin.clone()]).expect("options"));
    let put = |name: &str| {
        storage.start_put(PutRequest::new(format!("{origin}/{name}"), file.path())).expect("a job")
    };

    let first = put("first");
    until(|| requests.load(SeqCst) == 1);
    let maximum = getrlimit(Resource::Nofile).maximum;
    setrlimit(Resource::Nofile, Rlimit { current: Some(64), maximum }).expect("a limit");
    let hogs: Vec<File> = std::iter::from_fn(|| File::open("/dev/null").ok()).collect();
    let second = put("second");
    let session = format!("{origin}/third?uploadType=resumable&upload_id=1");
    let third = PutRequest::new(session, Source::memory(b"hello".to_vec()));
    let third = storage.start_put(third).expect("a job");
    // Long enough for it to have looked, on any machine that is not stuck; else it shows nothing.
    std::thread::sleep(Duration::from_millis(500));
    for waiting in [&second, &third] {
        assert!(waiting.try_result().is_none(), "{:?}", waiting.try_result());
    }
    may_answer.store(true, SeqCst);
    assert!(first.wait().expect("stored").verified);
    assert!(second.wait().expect("stored once the first was").verified);
    assert!(third.wait().expect("a session waits as a try does").verified);
    drop(hogs);
}
