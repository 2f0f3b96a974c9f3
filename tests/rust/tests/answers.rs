//! Answers that are not what was asked for, as far as no scenario can show them.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};

use dropoff::{
    Error, ErrorKind, IntegrityCheck, Options, Outcome, PostFormRequest, PutRequest, Side, Source, Storage,
};
use dropoff_tests::misbehaving_server::{Behaviour, MisbehavingServer, reply};

fn server(reply: String, tls: bool) -> MisbehavingServer {
    MisbehavingServer::start(Behaviour { take: 10, reply, continues: true, tls, lingers: false })
}

fn storage(origin: &str) -> Storage {
    Storage::new(Options::new().trusted_storage([origin.to_owned()]).expect("options"))
}

fn put(origin: &str) -> PutRequest {
    PutRequest::new(format!("{origin}/k?X-Amz-Signature=canary"), Source::memory(vec![0; 10]))
}

fn refused(error: &Error, kind: ErrorKind, side: Side, outcome: Outcome, words: &str) {
    let found = (error.kind(), error.side(), error.outcome(), error.retryable());
    assert_eq!(found, (kind, side, outcome, false), "{error:?}");
    assert!(error.message().contains(words) && !format!("{error:?}").contains("canary"), "{error:?}");
}

/// Answers each connection once, with these bytes, and counts them.
fn answering(bytes: &'static [u8]) -> (String, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address");
    let count = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&count);
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            counter.fetch_add(1, SeqCst);
            // A client that goes away has seen enough.
            let _ = stream.read(&mut [0; 4096]);
            let _ = stream.write_all(bytes);
            // A close with something unread would take the answer back.
            let _ = stream.shutdown(std::net::Shutdown::Write);
            let _ = stream.read_to_end(&mut Vec::new());
        }
    });
    (address.to_string(), count)
}

#[test]
fn headers_of_our_own_making_are_taken_when_they_say_what_is_sent() {
    let server = server(reply("200 OK", ""), false);
    let host = server.origin().split_off("http://".len());
    let given = put(&server.origin()).header("Host", host.to_uppercase()).header("content-length", "10");
    storage(&server.origin()).put(given).expect("both are what is sent");
    let given = put(&server.origin()).header("Host", host.split(':').next().unwrap_or_default());
    let error = storage(&server.origin()).put(given).expect_err("without its port it is another");
    assert_eq!((error.kind(), server.connections()), (ErrorKind::UnsafeTarget, 1), "{error:?}");
}

#[test]
fn https_to_a_port_that_speaks_http_is_told_and_tried_once() {
    let (address, count) = answering(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n");
    let origin = format!("https://{address}");
    let error = storage(&origin).put(put(&origin)).expect_err("no TLS");
    refused(&error, ErrorKind::Tls, Side::Network, Outcome::NotCompleted, "does not answer in TLS");
    assert_eq!(count.load(SeqCst), 1);
}

#[test]
fn http_to_a_port_that_speaks_tls_is_told_and_sent_once() {
    let tls = server(reply("200 OK", ""), true);
    let origin = tls.origin().replace("https", "http");
    let error = storage(&origin).put(put(&origin)).expect_err("TLS");
    refused(&error, ErrorKind::Unavailable, Side::Storage, Outcome::Unknown, "begin with https://");
    assert_eq!(tls.connections(), 1);
}

#[test]
fn a_redirect_that_a_form_asked_for_may_be_described_in_html() {
    let answer = "HTTP/1.1 303 See Other\r\nLocation: https://done.example/?key=k\r\nContent-Type: text/html\r\n\
                  Content-Length: 13\r\n\r\n<html></html>";
    let server = server(answer.to_owned(), false);
    let fields = [("key", "k"), ("success_action_redirect", "https://done.example/")];
    let form = PostFormRequest::new(format!("{}/b", server.origin()), fields, Source::memory(vec![0; 10]));
    let stored = storage(&server.origin()).post_form(form).expect("stored");
    assert!(stored.warnings.is_empty(), "{stored:?}");
}

#[test]
fn a_204_that_has_a_page_is_none_and_its_connection_is_not_used_again() {
    let answer: &[u8] =
        b"HTTP/1.1 204 No Content\r\nContent-Type: text/html\r\nContent-Length: 13\r\n\r\n<html></html>";
    let (address, count) = answering(answer);
    let origin = format!("http://{address}");
    let storage = storage(&origin);
    for tries in 1..=2 {
        let error = storage.put(put(&origin)).expect_err("a page");
        refused(&error, ErrorKind::Network, Side::Network, Outcome::Unknown, "something in between answered");
        assert_eq!(count.load(SeqCst), tries);
    }
}

#[test]
fn a_page_that_quotes_the_ticket_is_told_without_it() {
    let page = "<html><title>Blocked: /k?X-Amz-Signature=canary-canary-canary</title></html>";
    for status in ["200 OK", "403 Forbidden"] {
        let server = server(reply(status, page), false);
        let url = format!("{}/k?X-Amz-Signature=canary-canary-canary", server.origin());
        let error = storage(&server.origin())
            .put(PutRequest::new(url, Source::memory(vec![0; 10])))
            .expect_err("a page");
        assert!(error.message().contains("Blocked") && !format!("{error:?}").contains("canary"), "{error:?}");
    }
}

/// Shown as they came, these were the signature and the key in an error, a warning and the log.
#[test]
fn headers_that_quote_the_ticket_are_told_without_it() {
    let page = "<html></html>";
    let quoting = |status: &str, more: &str, body: &str| {
        let quoted = "Server: box sig=canary-canary-canary\r\nVia: 1.1 canary-canary-canary\r\n";
        format!("HTTP/1.1 {status}\r\n{quoted}{more}Content-Length: {}\r\n\r\n{body}", body.len())
    };
    let html = "Content-Type: text/html\r\n";
    for (strict, size, answer) in [
        (false, 10, quoting("200 OK", "", "")),
        (true, 10, quoting("200 OK", "", "")),
        (false, 10, quoting("200 OK", html, page)),
        (false, 10, quoting("403 Forbidden", html, page)),
        (false, 10, quoting("403 Forbidden", "", "")),
        (false, 10_000_000, quoting("200 OK", html, page)),
    ] {
        let server = server(answer.clone(), false);
        let check = if strict { IntegrityCheck::On } else { IntegrityCheck::Auto };
        let options = Options::new().trusted_storage([server.origin()]).and_then(|o| o.max_attempts(1));
        let storage = Storage::new(options.expect("options").integrity_check(check));
        let url = format!("{}/k?X-Amz-Signature=canary-canary-canary", server.origin());
        let done = storage.put(PutRequest::new(url, Source::memory(vec![0; size])));
        let shown = format!("{done:?}");
        assert!(shown.contains("[hidden]") && !shown.contains("canary"), "{answer}: {shown}");
    }
}
