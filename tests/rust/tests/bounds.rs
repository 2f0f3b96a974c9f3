//! Nothing waits for ever, and nothing that moves is ended: each time limit against a peer that does just
//! what the limit is for.

use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::time::{Duration, Instant};

use dropoff::{Error, ErrorKind, File, Options, PutRequest, Source, Storage, Transfer};
use dropoff_sandbox::Config;
use dropoff_tests::{agentdrop, options, run::failed, sandbox};
use serde_json::json;

fn ms(count: u64) -> Duration {
    Duration::from_millis(count)
}

fn put_to(origin: &str, options: Options) -> Error {
    let options = options.trusted_storage([origin]).and_then(|o| o.max_attempts(1)).expect("options");
    let put = PutRequest::new(format!("{origin}/k"), Source::memory(vec![0; 5_000_000]));
    failed(Storage::new(options).put(put))
}

#[test]
fn an_address_that_swallows_connections() {
    // A listener that accepts nobody, with a queue that is full: what comes after is dropped.
    let socket = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None).expect("a socket");
    socket.bind(&SocketAddr::from((Ipv4Addr::LOCALHOST, 0)).into()).expect("an address");
    socket.listen(0).expect("a queue");
    let address = socket.local_addr().expect("an address").as_socket().expect("of IP");
    let mut waiting = Vec::new();
    while let Ok(stream) = TcpStream::connect_timeout(&address, ms(300)) {
        waiting.push(stream);
        assert!(waiting.len() < 50, "the queue is never full");
    }
    let error =
        put_to(&format!("http://{address}"), Options::new().connect_timeout(ms(300)).expect("options"));
    assert_eq!(error.kind(), ErrorKind::Timeout, "{error}");
    assert!(error.message().contains("connect_timeout"), "{error}");
}

#[test]
fn a_server_that_accepts_and_never_reads() {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
    let address = listener.local_addr().expect("an address");
    let limits = || Options::new().connect_timeout(ms(300)).and_then(|o| o.stall_timeout(ms(400)));
    let error = put_to(&format!("https://{address}"), limits().expect("options"));
    assert_eq!(error.kind(), ErrorKind::Timeout, "no TLS handshake: {error}");
    assert!(error.message().contains("connect_timeout"), "{error}");
    let error = put_to(&format!("http://{address}"), limits().expect("options"));
    assert_eq!(error.kind(), ErrorKind::Timeout, "the kernel takes some bytes, and then no more: {error}");
    assert!(error.message().contains("stall_timeout"), "{error}");
}

#[test]
fn a_server_that_takes_everything_and_says_nothing() {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
    let address = listener.local_addr().expect("an address");
    let reader = std::thread::spawn(move || {
        let (stream, _) = listener.accept().expect("a client");
        let _ = std::io::copy(&mut (&stream).take(100_000_000), &mut std::io::sink());
    });
    let error =
        put_to(&format!("http://{address}"), Options::new().response_timeout(ms(300)).expect("options"));
    assert_eq!(error.kind(), ErrorKind::Timeout, "{error}");
    assert!(error.message().contains("response_timeout"), "{error}");
    reader.join().expect("the reader ends with the connection");
}

/// Ten times as long as `stall_timeout`, as five minutes are to its default of 30 s.
#[test]
fn a_slow_upload_that_moves_is_left_alone() {
    const BODY: usize = 12_500_000;
    const A_SECOND: f64 = 500_000.0;
    let socket = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None).expect("a socket");
    // Small and set before anybody connects: otherwise the kernel takes megabytes at once and then, for
    // seconds, nothing.
    socket.set_recv_buffer_size(128 * 1024).expect("a buffer");
    socket.bind(&SocketAddr::from((Ipv4Addr::LOCALHOST, 0)).into()).expect("an address");
    socket.listen(1).expect("a queue");
    let listener = TcpListener::from(socket);
    let origin = format!("http://{}", listener.local_addr().expect("an address"));
    let reader = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().expect("a client");
        let mut buffer = [0; 10_000];
        assert!(stream.read(&mut buffer).expect("a request") > 0);
        stream.write_all(b"HTTP/1.1 100 Continue\r\n\r\n").expect("the client listens");
        let started = Instant::now();
        let mut taken = 0;
        while taken < BODY {
            // By the clock: a busy machine that wakes this thread late must not look like a slower peer.
            let due = (started.elapsed().as_secs_f64() * A_SECOND) as usize;
            if taken < due {
                taken += stream.read(&mut buffer).expect("the client sends");
            } else {
                std::thread::sleep(ms(20));
            }
        }
        stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n").expect("the client listens");
    });
    let limits = Options::new().stall_timeout(ms(2500)).and_then(|o| o.response_timeout(ms(8000)));
    let limits = limits.and_then(|o| o.max_attempts(1));
    let options = limits.and_then(|o| o.trusted_storage([origin.as_str()])).expect("options");
    let started = Instant::now();
    let put = PutRequest::new(format!("{origin}/k"), Source::memory(vec![7; BODY]));
    let stored = Storage::new(options).put(put).expect("stored");
    assert_eq!((stored.attempts, stored.bytes), (1, BODY as u64));
    assert!(started.elapsed() > ms(22_000), "it was slow");
    reader.join().expect("the server got it all");
}

#[test]
fn a_ticket_that_is_too_short_is_foreseen_and_told() {
    let sandbox = sandbox(Config { upload_expires_in: 3, ..Config::default() });
    let slow = json!({"on": "put", "do": {"delay_ms": 3200, "reset_after": 1_000_000}});
    sandbox.order(slow).expect("a good order");
    let file = File::new(Source::memory(vec![7; 50_000_000])).name("a.bin");
    let client = agentdrop(&sandbox, options(&sandbox));
    let job = client.start_send(Transfer::new("a", "b").file(file)).expect("started");
    let mut warning = None;
    while job.wait_timeout(ms(50)).is_none() {
        warning = warning.or_else(|| job.progress().warning());
    }
    let warning = warning.expect("foreseen while it was sent");
    assert!(warning.contains("the upload ticket lasts"), "{warning}");
    let error = failed(job.wait());
    assert_eq!(error.kind(), ErrorKind::Network, "the ticket ended with a broken upload: {error}");
    assert!(error.message().contains("the ticket lasted 3 s"), "{error}");
}

#[test]
fn a_host_that_fails_for_everybody_is_not_stormed() {
    let sandbox = sandbox(Config::default());
    let fails = json!({"on": "get_transfer", "times": -1, "do": {"reply": {"status": 503}}});
    sandbox.order(fails).expect("a good order");
    let client = agentdrop(&sandbox, options(&sandbox));
    let errors: Vec<Error> = (0..40).map(|_| failed(client.get_transfer("tr_x"))).collect();
    // 500 tokens pay for 100 repeats at 5 each; after that a call is one request.
    let requests = sandbox.requests().as_array().map_or(0, Vec::len);
    assert_eq!(requests, 40 + 100, "each call once, and what the budget paid for");
    assert!(errors[39].message().contains("not tried again"), "{}", errors[39]);
    assert!(!errors[0].message().contains("not tried again"), "{}", errors[0]);
}

#[test]
fn a_name_that_leads_inside_is_refused_after_it_is_resolved() {
    let put = PutRequest::new("https://localhost:9/k?X-Amz-Signature=canary", Source::memory(vec![0; 10]));
    let error = failed(Storage::new(Options::new()).put(put));
    assert_eq!(error.kind(), ErrorKind::UnsafeTarget, "{error}");
    assert!(error.message().contains("localhost") && !error.message().contains("canary"), "{error}");
}

#[test]
fn thirty_two_threads_share_one_client() {
    let sandbox = sandbox(Config::default());
    let client = agentdrop(&sandbox, options(&sandbox));
    std::thread::scope(|scope| {
        for number in 0..32_u8 {
            let client = &client;
            scope.spawn(move || {
                let file = File::new(Source::memory(vec![number; 10_000])).name("a.bin");
                let sent = client.send(Transfer::new("a", "b").file(file)).expect("sent");
                assert!(sent.files[0].verified);
            });
        }
    });
}

#[test]
fn a_caller_with_a_runtime_of_its_own() {
    let sandbox = sandbox(Config::default());
    for mut builder in
        [tokio::runtime::Builder::new_current_thread(), tokio::runtime::Builder::new_multi_thread()]
    {
        let runtime = builder.enable_all().build().expect("a runtime");
        runtime.block_on(async {
            // Made, used and dropped inside it.
            let client = agentdrop(&sandbox, options(&sandbox));
            let file = File::new(Source::memory(vec![1; 10_000])).name("a.bin");
            let job = client.start_send(Transfer::new("a", "b").file(file)).expect("started");
            assert_eq!(job.await.expect("sent").status, "active");
            let blocking = client.clone();
            let file = File::new(Source::memory(vec![2; 10_000])).name("b.bin");
            let sent = tokio::task::spawn_blocking(move || blocking.send(Transfer::new("a", "b").file(file)));
            assert_eq!(sent.await.expect("no panic").expect("sent").status, "active");
        });
    }
}
