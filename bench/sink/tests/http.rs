//! Over http: framing, the answers, and what is counted.

#![allow(clippy::unwrap_used)]

mod common;

use std::io::{Read, Write};
use std::net::Shutdown;

use common::{Sink, all_of, answer, file, text};
use serde_json::json;

const TAKEN: &str = "HTTP/1.1 200 OK\r\nETag: \"discarded\"\r\nContent-Length: 0\r\n\r\n";

#[test]
fn puts_and_forms_on_one_connection() {
    let sink = Sink::start(&[]);
    let file = file(3 << 20);
    let url = format!("{}/bucket/key?signature=x", sink.url);
    let out = sink.curl(&["-i", "-T", text(&file), &url, "-T", text(&file), &url]);
    assert_eq!(out.matches("200 OK\r\nETag: \"discarded\"").count(), 2, "{out}");
    let counts = sink.counts();
    assert_eq!((&counts["connections"], &counts["requests"]), (&json!(1), &json!(2)));
    assert_eq!(counts["bytes"], 6 << 20);
    assert_eq!((&counts["most_at_once"], &counts["busy"]), (&json!(1), &json!(0)));

    let form = format!("file=@{}", text(&file));
    let out = sink.curl(&["-i", "-F", "key=value", "-F", &form, &sink.url]);
    assert!(out.contains("200 OK\r\nETag: \"discarded\""), "{out}");
    let bytes = sink.counts()["bytes"].as_u64().unwrap();
    assert!(bytes > 9 << 20, "{bytes}");
}

#[test]
fn what_was_counted_is_forgotten_on_request() {
    let sink = Sink::start(&[]);
    let nothing = sink.counts();
    assert_eq!(nothing["first_byte_at"], json!(null));
    let mut client = sink.connect();
    client.write_all(b"PUT / HTTP/1.1\r\nContent-Length: 2\r\n\r\nok").unwrap();
    answer(&mut client);
    assert_ne!(sink.counts(), nothing);
    assert_eq!(sink.reset(), nothing);
    assert_eq!(sink.counts(), nothing);
}

#[test]
fn the_first_byte_is_timed_on_the_clock_that_others_read() {
    /// The machine's time since it started, to a hundredth of a second. It goes on while a machine sleeps and
    /// the monotonic clock does not; machines that run tests do not sleep.
    fn uptime() -> f64 {
        std::fs::read_to_string("/proc/uptime").unwrap().split(' ').next().unwrap().parse().unwrap()
    }
    let sink = Sink::start(&[]);
    let before = uptime();
    let mut client = sink.connect();
    client.write_all(b"PUT / HTTP/1.1\r\nContent-Length: 2\r\n").unwrap();
    // Already with the first byte of the head, which is not all there yet.
    let at = loop {
        if let Some(at) = sink.counts()["first_byte_at"].as_f64() {
            break at;
        }
    };
    let after = uptime();
    assert!(before - 0.02 <= at && at <= after + 0.02, "{before} {at} {after}");
    client.write_all(b"\r\nok").unwrap();
    answer(&mut client);
    assert_eq!(sink.counts()["first_byte_at"], json!(at));
}

#[test]
fn a_client_that_asks_first_is_told_to_go_on() {
    let sink = Sink::start(&["--latency", "3000"]);
    let mut client = sink.connect();
    client.write_all(b"PUT / HTTP/1.1\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n").unwrap();
    let started = std::time::Instant::now();
    assert_eq!(answer(&mut client), "HTTP/1.1 100 Continue\r\n\r\n");
    assert!(started.elapsed().as_millis() < 3000, "it waits for nothing");
    client.write_all(b"ok").unwrap();
    assert_eq!(answer(&mut client), TAKEN);
}

#[test]
fn the_length_wins_over_a_coding_that_is_not_applied() {
    let sink = Sink::start(&[]);
    let mut client = sink.connect();
    for _ in 0..2 {
        client
            .write_all(b"PUT / HTTP/1.1\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\nhello")
            .unwrap();
        assert_eq!(answer(&mut client), TAKEN);
    }
    assert_eq!(sink.counts()["bytes"], 10);
}

#[test]
fn the_chunked_coding_is_read_where_it_stands_alone() {
    let sink = Sink::start(&[]);
    let mut client = sink.connect();
    let large = vec![b'x'; 100_000];
    for _ in 0..2 {
        client.write_all(b"PUT / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n").unwrap();
        client.write_all(b"186A0;extension=1\r\n").unwrap();
        client.write_all(&large).unwrap();
        client.write_all(b"\r\n0\r\nTrailer: x\r\n\r\n").unwrap();
        assert_eq!(answer(&mut client), TAKEN);
    }
    assert_eq!(sink.counts()["bytes"], 2 * 100_005);

    let file = file(3 << 20);
    let out = sink.curl(&["-i", "-H", "Transfer-Encoding: chunked", "-T", text(&file), &sink.url]);
    assert!(out.ends_with(TAKEN), "{out}");
    assert_eq!(sink.counts()["bytes"], 2 * 100_005 + (3 << 20));
}

#[test]
fn a_body_may_come_in_the_packet_of_its_head_or_byte_by_byte() {
    let sink = Sink::start(&[]);
    let mut client = sink.connect();
    let request = b"PUT / HTTP/1.1\r\nContent-Length: 3\r\n\r\nabc";
    client.write_all(&[request.as_slice(), request].concat()).unwrap();
    assert_eq!(answer(&mut client), TAKEN);
    assert_eq!(answer(&mut client), TAKEN);
    for byte in request {
        client.write_all(&[*byte]).unwrap();
    }
    assert_eq!(answer(&mut client), TAKEN);
    assert_eq!(sink.counts()["bytes"], 9);
}

#[test]
fn what_has_no_end_or_no_sense_is_refused() {
    let sink = Sink::start(&[]);
    let long = format!("PUT / HTTP/1.1\r\nX: {}\r\n\r\n", "x".repeat(70_000));
    for (request, status) in [
        ("PUT / HTTP/1.1\r\n\r\n", "411"),
        ("GET / HTTP/1.1\r\nContent-Length: 0\r\n\r\n", "405"),
        ("PUT / HTTP/1.1\r\nContent-Length: many\r\n\r\n", "400"),
        ("PUT / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nhello\r\n", "400"),
        ("nonsense\r\n\r\n", "400"),
        (long.as_str(), "431"),
    ] {
        let mut client = sink.connect();
        client.write_all(request.as_bytes()).unwrap();
        client.shutdown(Shutdown::Write).unwrap();
        let answer = all_of(&mut client);
        assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{request:.60}: {answer}");
        assert!(answer.contains("Connection: close\r\n"), "{answer}");
    }
}

#[test]
fn a_connection_ends_when_the_client_wants_it_to() {
    let sink = Sink::start(&[]);
    let mut client = sink.connect();
    client.write_all(b"PUT / HTTP/1.1\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok").unwrap();
    assert_eq!(all_of(&mut client), TAKEN);
}

#[test]
fn it_ends_with_its_standard_input() {
    for options in [&[] as &[&str], &["--tls"]] {
        let mut sink = Sink::start(options);
        // Also while a client is there.
        let mut client = sink.connect();
        drop(sink.child.stdin.take());
        assert!(sink.child.wait().unwrap().success());
        assert_eq!(client.read(&mut [0]).unwrap_or(0), 0);
        if let Some(file) = &sink.ca_file {
            assert!(!std::path::Path::new(file).parent().unwrap().exists(), "{file}");
        }
    }
}
