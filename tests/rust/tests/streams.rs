//! Where a call leaves the streams it was given.

use std::fs::File as OsFile;
use std::io::{Read, Seek, SeekFrom, Write};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, channel};

use dropoff::{Error, ErrorKind, File, Source, Transfer};
use dropoff_sandbox::{Config, Sandbox};
use dropoff_tests::{agentdrop, options, sandbox, sources};
use serde_json::json;

/// A file with a head that is no part of what is sent.
fn file_behind_a_head() -> Arc<OsFile> {
    let mut file = tempfile::tempfile().expect("a file");
    file.write_all(b"head").and_then(|()| file.write_all(&sources::pattern(10_000))).expect("written");
    file.seek(SeekFrom::Start(4)).expect("set");
    Arc::new(file)
}

fn position(mut file: &OsFile) -> u64 {
    file.stream_position().expect("a position")
}

fn failed(sandbox: &Sandbox, files: Vec<File>) -> Error {
    let transfer = files.into_iter().fold(Transfer::new("a", "b"), Transfer::file);
    agentdrop(sandbox, options(sandbox).max_attempts(1).expect("an option"))
        .send(transfer)
        .expect_err("an error")
}

#[test]
fn a_stream_goes_back_to_where_it_stood_and_not_to_its_beginning() {
    let sandbox = sandbox(Config::default());
    sandbox.order(json!({"on": "put", "do": {"reply": {"status": 503}}})).expect("an order");
    let file = file_behind_a_head();
    let again = || File::new(Source::seekable(Arc::clone(&file))).name("x");
    let error = failed(&sandbox, vec![again()]);
    assert!(error.retryable(), "{error:?}");
    assert_eq!(position(&file), 4);
    let sent =
        agentdrop(&sandbox, options(&sandbox)).send(Transfer::new("a", "b").file(again())).expect("sent");
    assert_eq!(
        (sent.files[0].bytes, position(&file)),
        (10_000, 10_004),
        "after a success it stands at its end"
    );
}

#[test]
fn what_went_wrong_with_another_file_leaves_the_first_where_it_was() {
    let sandbox = sandbox(Config::default());
    let file = file_behind_a_head();
    let stream = File::new(Source::seekable(Arc::clone(&file))).name("x");
    let error = failed(&sandbox, vec![stream, File::new(Source::path("/nowhere/at/all"))]);
    assert_eq!((error.kind(), position(&file)), (ErrorKind::SourceUnreadable, 4));
}

#[test]
fn a_stream_at_its_end_is_refused_and_an_empty_one_is_sent() {
    let sandbox = sandbox(Config::default());
    let file = file_behind_a_head();
    (&*file).seek(SeekFrom::End(0)).expect("set");
    let error = failed(&sandbox, vec![File::new(Source::seekable(Arc::clone(&file))).name("x")]);
    assert_eq!(error.kind(), ErrorKind::InvalidInput, "{error:?}");
    assert!(error.message().contains("stands at its end") && error.message().contains("seek(0)"), "{error}");
    assert_eq!(sandbox.requests(), json!([]), "nothing was asked for");

    let empty = File::new(Source::seekable(tempfile::tempfile().expect("a file"))).name("x");
    let sent =
        agentdrop(&sandbox, options(&sandbox)).send(Transfer::new("a", "b").file(empty)).expect("sent");
    assert_eq!(sent.files[0].bytes, 0);
}

#[test]
fn a_stream_that_does_not_go_back_is_told() {
    struct Stuck(std::io::Cursor<Vec<u8>>);
    impl Read for Stuck {
        fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
            self.0.read(into)
        }
    }
    impl Seek for Stuck {
        fn seek(&mut self, to: SeekFrom) -> std::io::Result<u64> {
            if to == SeekFrom::Current(0) { Ok(0) } else { Err(std::io::Error::other("stuck")) }
        }
    }
    let sandbox = sandbox(Config::default());
    sandbox.order(json!({"on": "put", "do": {"reply": {"status": 503}}})).expect("an order");
    let stuck = Source::seekable(Stuck(std::io::Cursor::new(vec![1; 10])));
    let error = failed(&sandbox, vec![File::new(stuck).name("x")]);
    assert!(!error.retryable() && error.message().contains("could not be set back"), "{error:?}");
}

#[test]
fn a_stream_of_which_nothing_was_read_leaves_an_error_as_it_is() {
    let sandbox = sandbox(Config::default());
    let (unread, file) = (std::io::Cursor::new(vec![1; 10]), File::new(Source::path("/nowhere/at/all")));
    let error = failed(&sandbox, vec![file, File::new(Source::reader(unread)).name("x")]);
    assert_eq!(error.kind(), ErrorKind::SourceUnreadable);
    assert!(!error.message().contains("anew"), "{error}");
}

/// A stream in the middle of a read that nobody knows the end of.
struct Endless(Receiver<()>);

impl Read for Endless {
    fn read(&mut self, _: &mut [u8]) -> std::io::Result<usize> {
        let _ = self.0.recv();
        Ok(0)
    }
}

#[test]
fn a_cancel_does_not_wait_for_a_read_of_what_cannot_go_back() {
    let sandbox = sandbox(Config::default());
    let (_never, ends) = channel();
    let file = File::new(Source::reader(Endless(ends))).name("x");
    let job =
        agentdrop(&sandbox, options(&sandbox)).start_send(Transfer::new("a", "b").file(file)).expect("a job");
    // It may be cancelled before the read or in it; in neither is anybody waited for.
    std::thread::sleep(std::time::Duration::from_millis(50));
    job.cancel();
    let ended = job.wait_timeout(std::time::Duration::from_secs(60)).expect("an end");
    assert_eq!(ended.expect_err("cancelled").kind(), ErrorKind::Cancelled);
}
