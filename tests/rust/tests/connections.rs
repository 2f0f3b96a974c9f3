//! Connections that go stale, and proxies: raw peers, since no HTTP server library behaves like this.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::time::Duration;

use dropoff::{Options, PutRequest, Source, Storage};
use dropoff_sandbox::Config;
use dropoff_tests::{agentdrop, options, sandbox};

/// Reads one request with a short body; nothing at the end of the stream.
fn read_request(stream: &mut impl Read) -> Option<String> {
    let mut seen = Vec::new();
    let mut buffer = [0; 4096];
    loop {
        let text = String::from_utf8_lossy(&seen).into_owned();
        if let Some(at) = text.find("\r\n\r\n") {
            let length = text
                .lines()
                .find_map(|l| l.to_ascii_lowercase().strip_prefix("content-length:").map(str::to_owned))
                .and_then(|n| n.trim().parse::<usize>().ok())
                .unwrap_or(0);
            if seen.len() >= at + 4 + length {
                return Some(text);
            }
        }
        match stream.read(&mut buffer) {
            Ok(count) if count > 0 => seen.extend_from_slice(&buffer[..count]),
            _ => return None,
        }
    }
}

#[test]
fn an_idle_connection_that_died_costs_no_try() {
    // Answers one request per connection and keeps it open; the next request on it finds it closed.
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let origin = format!("http://{}", listener.local_addr().expect("an address"));
    let connections = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&connections);
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            counter.fetch_add(1, SeqCst);
            std::thread::spawn(move || {
                if read_request(&mut stream).is_some() {
                    let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
                    // Takes the next request and closes without a byte, as a server does whose idle
                    // limit ran out at that moment.
                    let _ = stream.read(&mut [0; 16]);
                }
            });
        }
    });
    let options =
        Options::new().trusted_storage([origin.clone()]).and_then(|o| o.max_attempts(1)).expect("options");
    let storage = Storage::new(options);
    for at in 0..5 {
        let put = PutRequest::new(format!("{origin}/k"), Source::memory(b"hello".to_vec()));
        let stored = storage.put(put).expect("stored, whatever the old connection did");
        // The request that the old connection took was sent all the same.
        assert_eq!(stored.attempts, if at == 0 { 1 } else { 2 });
    }
    assert_eq!(connections.load(SeqCst), 5);
}

#[test]
fn an_idle_tls_connection_that_says_goodbye_costs_no_try() {
    // The same over TLS: the goodbye is bytes on the socket, and no reply.
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let origin = format!("https://{}", listener.local_addr().expect("an address"));
    let (config, ca) = dropoff_tests::misbehaving_server::tls();
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let config = config.clone().expect("a configuration");
            std::thread::spawn(move || {
                let session = rustls::ServerConnection::new(config).expect("a session");
                let mut stream = rustls::StreamOwned::new(session, stream);
                if read_request(&mut stream).is_some() {
                    let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
                    let _ = stream.read(&mut [0; 16]);
                    stream.conn.send_close_notify();
                    let _ = stream.flush();
                }
            });
        }
    });
    let options = Options::new()
        .trusted_storage([origin.clone()])
        .and_then(|o| o.max_attempts(1)?.ca_file(ca.as_ref().expect("a root").path()))
        .expect("options");
    let storage = Storage::new(options);
    for at in 0..5 {
        let put = PutRequest::new(format!("{origin}/k"), Source::memory(b"hello".to_vec()));
        let stored = storage.put(put).expect("stored");
        assert_eq!(stored.attempts, if at == 0 { 1 } else { 2 });
    }
}

fn through_a_proxy(tls: bool) -> Vec<String> {
    let notes = Arc::default();
    let sandbox = sandbox(Config { tls, ..Config::default() });
    let options = options(&sandbox)
        .proxy(&dropoff_tests::proxy::start(Arc::clone(&notes)))
        .and_then(|o| o.connect_timeout(Duration::from_secs(60)))
        .expect("options");
    let file = dropoff::File::new(Source::memory(vec![7; 3_000_000])).name("a.bin");
    let sent = agentdrop(&sandbox, options).send(dropoff::Transfer::new("a", "b").file(file)).expect("sent");
    assert!(sent.files[0].verified);
    let notes = notes.lock().expect("notes").clone();
    let storage = sandbox.storage_url();
    let authority = storage.split("://").nth(1).expect("an authority").to_owned();
    notes.into_iter().filter(|head| head.contains(&authority)).collect()
}

#[test]
fn https_storage_behind_a_proxy_is_tunnelled() {
    let heads = through_a_proxy(true);
    assert!(!heads.is_empty());
    for head in heads {
        assert!(head.starts_with("CONNECT "), "{head}");
        assert!(head.to_ascii_lowercase().contains("proxy-authorization: basic dxnlcjpwdw=="), "{head}");
        assert!(!head.contains("X-Amz"), "the proxy sees no signed URL: {head}");
    }
}

#[test]
fn http_storage_behind_a_proxy_is_asked_for_in_full() {
    let heads = through_a_proxy(false);
    assert!(heads.iter().any(|h| h.starts_with("PUT http://")), "{heads:?}");
}

/// Takes what comes, and never says `100 Continue`. Counts the questions.
fn mute_server(questions: &Arc<AtomicUsize>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let origin = format!("http://{}", listener.local_addr().expect("an address"));
    let questions = Arc::clone(questions);
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let questions = Arc::clone(&questions);
            std::thread::spawn(move || {
                while let Some(head) = read_request(&mut stream) {
                    let asked = head.to_ascii_lowercase().contains("expect: 100-continue");
                    questions.fetch_add(usize::from(asked), SeqCst);
                    let reply = b"HTTP/1.1 200 OK\r\nETag: \"e\"\r\nContent-Length: 0\r\n\r\n";
                    if stream.write_all(reply).is_err() {
                        return;
                    }
                }
            });
        }
    });
    origin
}

/// Waiting a second before each upload, or asking before each part, would be felt.
#[test]
fn a_server_that_never_says_continue_is_asked_once_and_parts_ask_once_an_upload() {
    let questions = Arc::new(AtomicUsize::new(0));
    let origin = mute_server(&questions);
    let storage = || Storage::new(Options::new().trusted_storage([origin.clone()]).expect("options"));
    let body = || Source::memory(vec![7; 6 << 20]);
    let parts = || {
        let urls = (1..=3).map(|n| format!("{origin}/k?partNumber={n}"));
        dropoff::PutPartsRequest::new(urls, Source::memory(vec![7; 6 << 20])).part_size(2 << 20)
    };
    let one = storage();
    one.put(PutRequest::new(format!("{origin}/k"), body())).expect("stored");
    one.put(PutRequest::new(format!("{origin}/k"), body())).expect("stored");
    one.put_parts(parts()).expect("stored");
    assert_eq!(questions.load(SeqCst), 1, "it was known after the first");
    assert_eq!(storage().put_parts(parts()).expect("stored").parts.len(), 3);
    assert_eq!(questions.load(SeqCst), 2, "only the first part asks");
}
