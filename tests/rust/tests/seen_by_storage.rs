//! What only the other end can tell: how many connections there were, how many requests at once, and whether
//! TLS began anew.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use dropoff::{Options, PutPartsRequest, PutRequest, Source, Storage};
use serde_json::Value;

/// `dropoff-sink`, which ends with its standard input.
struct Sink {
    child: Child,
    ready: Value,
}

impl Sink {
    fn start(options: &[&str]) -> Self {
        // Cargo puts the workspace's programs two levels above its tests.
        let test = std::env::current_exe().expect("a path");
        let program = test.ancestors().nth(2).expect("a folder").join("dropoff-sink");
        let mut child = Command::new(&program)
            .args(options)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap_or_else(|e| panic!("{}: {e}; build the workspace first", program.display()));
        let mut line = String::new();
        BufReader::new(child.stdout.take().expect("piped")).read_line(&mut line).expect("a line");
        Self { child, ready: serde_json::from_str(&line).expect("its ready line") }
    }

    fn text(&self, name: &str) -> &str {
        self.ready[name].as_str().expect("text")
    }

    fn options(&self) -> Options {
        let options = Options::new().trusted_storage([self.text("url")]).expect("an origin");
        let options = options.backoff_base(Duration::from_millis(1)).expect("in range");
        match self.ready["ca_file"].as_str() {
            Some(file) => options.ca_file(Path::new(file)).expect("a PEM file"),
            None => options,
        }
    }

    fn url(&self) -> String {
        format!("{}/object", self.text("url"))
    }

    /// What it has seen.
    fn seen(&self, what: &str) -> u64 {
        let address = self.text("control_url").strip_prefix("http://").expect("plain http");
        let mut control = TcpStream::connect(address).expect("its control port");
        write!(control, "GET / HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n").expect("sent");
        let mut reply = String::new();
        control.read_to_string(&mut reply).expect("a reply");
        let (_, body) = reply.split_once("\r\n\r\n").expect("a body");
        let seen: Value = serde_json::from_str(body).expect("JSON");
        seen[what].as_u64().unwrap_or_else(|| panic!("no {what} in {seen}"))
    }
}

impl Drop for Sink {
    fn drop(&mut self) {
        drop(self.child.stdin.take());
        let _ = self.child.wait();
    }
}

/// As many parts of a KiB as asked for.
fn small_parts(sink: &Sink, count: usize) -> PutPartsRequest {
    let urls = (1..=count).map(|_| sink.url());
    PutPartsRequest::new(urls, Source::memory(vec![7; count * 1024])).part_size(1024)
}

#[test]
fn later_connections_resume_the_tls_session() {
    let sink = Sink::start(&["--tls", "--latency", "500"]);
    let storage = Storage::new(sink.options());
    let put = || PutRequest::new(sink.url(), Source::memory(vec![7; 1000]));
    storage.put(put()).expect("stored");
    assert_eq!((sink.seen("connections"), sink.seen("resumed")), (1, 0));
    // The first takes the idle connection, so the others make new ones.
    let jobs: Vec<_> = (0..3).map(|_| storage.start_put(put()).expect("started")).collect();
    jobs.iter().for_each(|job| drop(job.wait().expect("stored")));
    assert_eq!((sink.seen("connections"), sink.seen("resumed")), (3, 2));
}

#[test]
fn more_go_at_once_while_that_helps() {
    let sink = Sink::start(&["--latency", "100"]);
    Storage::new(sink.options()).put_parts(small_parts(&sink, 60)).expect("stored");
    let most = sink.seen("most_at_once");
    assert!(most > 4 && most <= 16, "{most} at once");
    assert!(sink.seen("connections") <= 16, "each lane has its connection, and keeps it");
    assert_eq!(sink.seen("bytes"), 60 * 1024);
}

#[test]
fn a_number_of_the_callers_is_kept() {
    let sink = Sink::start(&["--latency", "20"]);
    let options = sink.options().concurrency(3).expect("in range");
    Storage::new(options).put_parts(small_parts(&sink, 30)).expect("stored");
    assert_eq!((sink.seen("most_at_once"), sink.seen("connections")), (3, 3));
}

#[test]
fn storage_that_is_busy_gets_fewer() {
    let sink = Sink::start(&["--latency", "50", "--busy-above", "2"]);
    let options = sink.options().max_attempts(20).expect("in range");
    let stored = Storage::new(options).put_parts(small_parts(&sink, 60)).expect("stored");
    let attempts: u32 = stored.parts.iter().map(|part| part.attempts).sum();
    let refused = sink.seen("busy");
    assert_eq!(u64::from(attempts), 60 + refused);
    // With four at once all the time half of all requests would be refused.
    assert!(refused > 0 && refused < 30, "{refused} refused");
}
