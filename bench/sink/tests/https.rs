//! Over https: bodies are dropped undecrypted, so all that is asked here is whether what follows them still
//! opens.

#![allow(clippy::unwrap_used)]

mod common;

use std::io::Write;
use std::net::Shutdown;
use std::process::Stdio;

use common::{Sink, all_of, file, text};
use serde_json::json;

#[test]
fn heads_open_behind_bodies_that_were_not_looked_at() {
    for cipher in ["TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256"] {
        let sink = Sink::start(&["--tls"]);
        let (large, small) = (file(3 << 20), file(1));
        let url = sink.url.as_str();
        let (large, small) = (text(&large), text(&small));
        let out = sink.curl(&[
            "-i",
            "--tls13-ciphers",
            cipher,
            "-T",
            large,
            url,
            "-T",
            small,
            url,
            "-T",
            large,
            url,
        ]);
        assert_eq!(out.matches("200 OK\r\nETag: \"discarded\"").count(), 3, "{cipher}: {out}");
        let counts = sink.counts();
        assert_eq!((&counts["connections"], &counts["requests"]), (&json!(1), &json!(3)), "{cipher}");
        assert_eq!(counts["bytes"], (6 << 20) + 1, "{cipher}");
    }
}

#[test]
fn bodies_of_every_length_around_a_record_are_counted() {
    let sink = Sink::start(&["--tls"]);
    let mut expected = 0;
    let mut files = Vec::new();
    for length in [0, 1, 200, 239, 240, 256, 257, 16_383, 16_384, 16_385, 32_768, 70_000] {
        files.push(file(length));
        expected += length;
    }
    let uploads: Vec<&str> = files.iter().flat_map(|file| ["-T", text(file), sink.url.as_str()]).collect();
    let out = sink.curl(&[&["-i"], uploads.as_slice()].concat());
    assert_eq!(out.matches("200 OK\r\nETag").count(), files.len(), "{out}");
    let counts = sink.counts();
    assert_eq!((&counts["connections"], &counts["bytes"]), (&json!(1), &json!(expected)));
}

#[test]
fn forms_and_the_chunked_coding() {
    let sink = Sink::start(&["--tls"]);
    let file = file(3 << 20);
    let url = sink.url.as_str();
    let form = format!("file=@{}", text(&file));
    let out = sink.curl(&["-i", "-F", "key=value", "-F", &form, url]);
    assert!(out.contains("200 OK\r\nETag"), "{out}");
    sink.reset();
    let chunked = "Transfer-Encoding: chunked";
    let out = sink.curl(&["-i", "-H", chunked, "-T", text(&file), url, "-T", text(&file), url]);
    assert_eq!(out.matches("200 OK\r\nETag").count(), 2, "{out}");
    let counts = sink.counts();
    assert_eq!((&counts["connections"], &counts["bytes"]), (&json!(1), &json!(6 << 20)));
}

#[test]
fn a_refusal_arrives_and_the_connection_ends_in_order() {
    let sink = Sink::start(&["--tls"]);
    let out = sink.curl(&["-i", "-X", "PUT", &sink.url, "-X", "PUT", &sink.url]);
    assert!(out.contains("411 Length Required"), "{out}");
}

#[test]
fn sessions_are_resumed_and_counted() {
    let sink = Sink::start(&["--tls"]);
    let file = file(1000);
    let url = sink.url.as_str();
    sink.curl(&["-H", "Connection: close", "-T", text(&file), url, "-T", text(&file), url]);
    let counts = sink.counts();
    assert_eq!((&counts["connections"], &counts["resumed"]), (&json!(2), &json!(1)), "{counts}");
}

#[test]
fn only_the_newest_tls_and_only_for_those_who_trust_it() {
    let sink = Sink::start(&["--tls"]);
    for arguments in [["--tls-max", "1.2"], ["--cacert", "/dev/null"]] {
        let status = sink.curl_command(&arguments).arg(&sink.url).stderr(Stdio::null()).status().unwrap();
        assert!(!status.success(), "{arguments:?}");
    }
    // What is no TLS at all ends, and nothing else with it.
    let mut client = sink.connect();
    client.write_all(b"PUT / HTTP/1.1\r\nContent-Length: 0\r\n\r\n").unwrap();
    client.shutdown(Shutdown::Write).unwrap();
    assert!(!all_of_lossy(&mut client).contains("200 OK"));
    let out = sink.curl(&["-i", "-T", text(&file(10)), &sink.url]);
    assert!(out.contains("200 OK"), "{out}");
}

/// What a server that does not understand sends: an alert perhaps, and then an end or a reset.
fn all_of_lossy(client: &mut std::net::TcpStream) -> String {
    let mut bytes = Vec::new();
    let _ = std::io::Read::read_to_end(client, &mut bytes);
    String::from_utf8_lossy(&bytes).into_owned()
}

#[test]
fn http_is_not_spoken_where_tls_is_not_asked_for() {
    let sink = Sink::start(&[]);
    assert_eq!(sink.ca_file, None);
    let mut client = sink.connect();
    client.write_all(&[22, 3, 1, 0, 5, 1, 0, 0, 1, 0]).unwrap();
    client.shutdown(Shutdown::Write).unwrap();
    assert!(all_of(&mut client).starts_with("HTTP/1.1 400 "));
}
