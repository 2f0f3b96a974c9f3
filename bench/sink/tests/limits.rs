//! Latency, rates and being busy. Only lower bounds are asked for: other programs may make anything slower.

#![allow(clippy::unwrap_used)]

mod common;

use std::io::{Read, Write};
use std::process::Stdio;
use std::time::{Duration, Instant};

use common::{Sink, all_of, answer, file, text};

const SMALL: &[u8] = b"PUT / HTTP/1.1\r\nContent-Length: 2\r\n\r\nok";
/// How far a schedule may be ahead: 10 ms that it may catch up on, and 1 ms that it does not sleep for.
const AHEAD: Duration = Duration::from_millis(11);

#[test]
fn answers_wait_and_the_first_of_a_connection_waits_longer() {
    let sink = Sink::start(&["--latency", "30", "--connect-latency", "100"]);
    let mut client = sink.connect();
    let mut waits = Vec::new();
    for _ in 0..3 {
        let started = Instant::now();
        client.write_all(SMALL).unwrap();
        answer(&mut client);
        waits.push(started.elapsed());
    }
    assert!(waits[0] >= Duration::from_millis(130), "{waits:?}");
    assert!(waits[1] >= Duration::from_millis(30) && waits[2] >= Duration::from_millis(30), "{waits:?}");
}

#[test]
fn a_rate_holds_for_each_connection() {
    for options in [&["--rate", "4000000"] as &[&str], &["--rate", "4000000", "--tls"]] {
        let sink = Sink::start(options);
        let file = file(2_000_000);
        let started = Instant::now();
        sink.curl(&["-T", text(&file), &sink.url]);
        assert!(started.elapsed() + AHEAD >= Duration::from_millis(500), "{:?}", started.elapsed());
    }
}

#[test]
fn a_total_rate_holds_for_all_together() {
    let sink = Sink::start(&["--total-rate", "4000000"]);
    let file = file(1_000_000);
    let started = Instant::now();
    let clients: Vec<_> = (0..2)
        .map(|_| sink.curl_command(&["-T", text(&file), &sink.url]).stdout(Stdio::null()).spawn().unwrap())
        .collect();
    for mut client in clients {
        assert!(client.wait().unwrap().success());
    }
    assert!(started.elapsed() + AHEAD >= Duration::from_millis(500), "{:?}", started.elapsed());
    assert_eq!(sink.counts()["bytes"], 2_000_000);
}

#[test]
fn the_most_at_once_is_counted_and_what_is_too_much_is_turned_away() {
    let sink = Sink::start(&["--busy-above", "2"]);
    let mut taken: Vec<_> = (0..2).map(|_| sink.connect()).collect();
    for (at, client) in taken.iter_mut().enumerate() {
        // All but the last byte: in flight until that comes.
        client.write_all(&SMALL[..SMALL.len() - 1]).unwrap();
        wait_until(|| sink.counts()["most_at_once"] == at as u64 + 1);
    }
    let mut refused = sink.connect();
    refused.write_all(SMALL).unwrap();
    let head = answer(&mut refused);
    assert!(head.starts_with("HTTP/1.1 503 ") && !head.contains("Retry-After"), "{head}");
    let mut body = [0; 36];
    refused.read_exact(&mut body).unwrap();
    assert_eq!(&body, b"<Error><Code>SlowDown</Code></Error>");

    for client in &mut taken {
        client.write_all(b"k").unwrap();
        assert!(answer(client).starts_with("HTTP/1.1 200 "));
    }
    // There is room again, on the connection that was turned away too.
    refused.write_all(SMALL).unwrap();
    assert!(answer(&mut refused).starts_with("HTTP/1.1 200 "));
    let counts = sink.counts();
    assert_eq!(
        (&counts["requests"], &counts["busy"], &counts["most_at_once"]),
        (&4.into(), &1.into(), &3.into())
    );
}

#[test]
fn requests_one_after_another_are_never_two_at_once() {
    let sink = Sink::start(&["--busy-above", "1"]);
    for _ in 0..50 {
        let mut client = sink.connect();
        client.write_all(b"PUT / HTTP/1.1\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok").unwrap();
        assert!(all_of(&mut client).starts_with("HTTP/1.1 200 "));
    }
    let counts = sink.counts();
    assert_eq!((&counts["most_at_once"], &counts["busy"]), (&1.into(), &0.into()));
}

fn wait_until(mut condition: impl FnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(20);
    while !condition() {
        assert!(Instant::now() < deadline, "it never came");
        std::thread::sleep(Duration::from_millis(2));
    }
}
