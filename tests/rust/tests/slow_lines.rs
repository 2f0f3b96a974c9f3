//! Uploads that are slow and move, those that do not, and the caller's own limit. The peer here reads evenly
//! through a window so small that what is sent waits on the sender's side, as it does before a slow line.
//! What a real one does is measured by tests/slow_line.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::time::Duration;

use dropoff::{ErrorKind, Options, PutPartsRequest, PutRequest, Source, Storage};

/// What the peer does with the body of each request.
#[derive(Clone, Copy)]
enum Reading {
    /// Takes 4 KiB, and waits for so long.
    Slowly(Duration),
    /// Takes nothing.
    Not,
}

/// A storage on loopback that ends with the process.
fn storage(reading: Reading) -> String {
    let socket = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None).expect("a socket");
    // Those it accepts have the same.
    socket.set_recv_buffer_size(4096).expect("a small buffer");
    let address: std::net::SocketAddr = "127.0.0.1:0".parse().expect("an address");
    socket.bind(&address.into()).expect("a port");
    socket.listen(64).expect("a listener");
    let listener = TcpListener::from(socket);
    let origin = format!("http://{}", listener.local_addr().expect("an address"));
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            // A client that goes away is what some of these tests are about.
            std::thread::spawn(move || while let Ok(true) = exchange(&stream, reading) {});
        }
    });
    origin
}

/// One request and its answer; whether there may be another.
fn exchange(mut stream: &TcpStream, reading: Reading) -> std::io::Result<bool> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        if stream.read(&mut byte)? == 0 {
            return Ok(false);
        }
        head.push(byte[0]);
    }
    let head = String::from_utf8_lossy(&head).to_ascii_lowercase();
    let length = head.split("content-length: ").nth(1).and_then(|rest| rest.split("\r\n").next());
    let mut left: usize = length.and_then(|length| length.parse().ok()).expect("a length");
    if head.contains("100-continue") {
        stream.write_all(b"HTTP/1.1 100 Continue\r\n\r\n")?;
    }
    let mut buffer = [0; 4096];
    while left > 0 {
        let Reading::Slowly(pause) = reading else {
            loop {
                std::thread::park()
            }
        };
        std::thread::sleep(pause);
        let wanted = left.min(buffer.len());
        match stream.read(&mut buffer[..wanted])? {
            0 => return Ok(false),
            count => left -= count,
        }
    }
    stream.write_all(b"HTTP/1.1 200 OK\r\nETag: \"x\"\r\nContent-Length: 0\r\n\r\n")?;
    Ok(true)
}

fn options(origin: &str) -> Options {
    Options::new().trusted_storage([origin]).and_then(|o| o.max_attempts(1)).expect("options")
}

fn put(origin: &str, bytes: usize) -> PutRequest {
    PutRequest::new(format!("{origin}/k"), Source::memory(vec![7; bytes]))
}

/// The kernel takes the next bytes when a third of its buffer has drained, which is seconds at this rate.
#[test]
fn an_upload_whose_bytes_are_acknowledged_has_not_stalled() {
    let origin = storage(Reading::Slowly(Duration::from_millis(50)));
    let options = options(&origin).stall_timeout(Duration::from_secs(1)).expect("in range");
    let stored = Storage::new(options).put(put(&origin, 900_000)).expect("it moves all the time");
    assert_eq!((stored.bytes, stored.attempts), (900_000, 1));
}

/// All of it fits the kernel's buffer at once, and takes three times the limit to drain.
#[test]
fn an_answer_is_waited_for_from_the_last_byte_acknowledged() {
    let origin = storage(Reading::Slowly(Duration::from_millis(50)));
    let options = options(&origin).response_timeout(Duration::from_secs(1)).expect("in range");
    let stored = Storage::new(options).put(put(&origin, 240_000)).expect("it moves all the time");
    assert_eq!((stored.bytes, stored.attempts), (240_000, 1));
}

#[test]
fn a_peer_that_takes_nothing_has_not_taken_what_the_kernel_holds() {
    let origin = storage(Reading::Not);
    let options = options(&origin).stall_timeout(Duration::from_millis(500)).expect("in range");
    let error = Storage::new(options).put(put(&origin, 240_000)).expect_err("nobody reads it");
    assert_eq!(error.kind(), ErrorKind::Timeout);
    assert!(error.message().contains("(stall_timeout)"), "{error}");
}

/// Each of the parts has pieces less often than the limit on stalls; none of them is one.
#[test]
fn waiting_for_the_limit_is_no_stall() {
    let origin = storage(Reading::Slowly(Duration::ZERO));
    let options = options(&origin)
        .bandwidth_limit(20_000)
        .and_then(|o| o.stall_timeout(Duration::from_millis(40))?.concurrency(4))
        .expect("in range");
    let urls = (1..=4).map(|n| format!("{origin}/k?partNumber={n}&uploadId=u"));
    let parts = PutPartsRequest::new(urls, Source::memory(vec![7; 40_000])).part_size(10_000);
    let stored = Storage::new(options).put_parts(parts).expect("no stall");
    assert!(stored.parts.iter().all(|part| part.attempts == 1), "{stored:?}");
}

/// At the first rate it would take a week.
#[test]
fn a_limit_is_kept_and_changes_for_uploads_under_way_and_for_every_clone() {
    let origin = storage(Reading::Slowly(Duration::ZERO));
    let client = Storage::new(options(&origin).bandwidth_limit(1024).expect("in range"));
    let job = client.start_put(put(&origin, 600_000_000)).expect("a job");
    while job.progress().bytes_done == 0 {
        std::thread::sleep(Duration::from_millis(5));
    }
    let done = job.progress().bytes_done;
    assert!(done < 100_000, "what is held back does not count as sent: {done}");
    job.cancel();
    job.wait().expect_err("cancelled");

    let job = client.start_put(put(&origin, 3_000_000)).expect("a job");
    client.clone().set_bandwidth_limit(None).expect("no limit");
    assert_eq!(job.wait().expect("quick now").bytes, 3_000_000);

    let error = client.set_bandwidth_limit(Some(1023)).expect_err("out of range");
    assert_eq!(error.kind(), ErrorKind::InvalidInput);
    assert_eq!(error.message(), "option bandwidth_limit must be 1024 to 1099511627776 bytes per second");
}
