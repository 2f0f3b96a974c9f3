//! Uploads in parts at an S3 endpoint elsewhere: what the sandbox itself asks of it.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::sync::{Arc, Mutex};

use dropoff_sandbox::{Config, StorageConfig};

use crate::client::*;

/// What it was asked, as `METHOD path query-names body`.
type Asked = Arc<Mutex<Vec<String>>>;

/// An endpoint that believes everything. Answers one request after the other, each on its connection.
fn endpoint(replies: &'static [(u16, &'static str)]) -> (String, Asked) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    let asked = Asked::default();
    let seen = asked.clone();
    std::thread::spawn(move || {
        for (status, body) in replies {
            let (mut socket, _) = listener.accept().expect("a connection");
            let mut head = Vec::new();
            let mut byte = [0];
            while !head.ends_with(b"\r\n\r\n") {
                socket.read_exact(&mut byte).expect("a head");
                head.push(byte[0]);
            }
            let head = String::from_utf8_lossy(&head).to_ascii_lowercase();
            let length = head.split("content-length: ").nth(1).and_then(|rest| rest.split("\r\n").next());
            let mut content = vec![0; length.map_or(0, |length| length.parse().expect("a length"))];
            socket.read_exact(&mut content).expect("a body");
            let target = head.split(' ').nth(1).expect("a target").to_string();
            let (path, query) = target.split_once('?').expect("a query");
            let own: Vec<&str> = query.split('&').filter(|pair| !pair.starts_with("x-amz-")).collect();
            let line = format!(
                "{} {} {} {}",
                head.split(' ').next().unwrap_or_default(),
                path.split('/').next_back().unwrap_or_default(),
                own.join("&"),
                String::from_utf8_lossy(&content)
            );
            seen.lock().expect("no panic").push(line);
            let reply = format!(
                "HTTP/1.1 {status} X\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
                body.len()
            );
            socket.write_all(reply.as_bytes()).expect("sent");
        }
    });
    (url, asked)
}

fn at(endpoint: String) -> impl FnOnce(&mut Config) {
    |config| {
        config.storage = StorageConfig::External {
            endpoint,
            bucket: "there".into(),
            access_key: "key".into(),
            secret_key: "secret".into(),
            region: "us-east-1".into(),
        };
    }
}

const BEGUN: (u16, &str) = (200, "<R><UploadId>up &amp; 1</UploadId></R>");

#[test]
fn an_upload_elsewhere_is_begun_and_completed() {
    const FAILED: &str = "<Error><Code>InvalidPart</Code><Message>no such part</Message></Error>";
    let (url, asked) = endpoint(&[BEGUN, (200, FAILED), (200, "<Done/>"), (200, "12345")]);
    let sandbox = start_with(at(url.clone()));
    let ticket = PartTicket::new(&sandbox, 5);
    assert_eq!(ticket.upload, "up & 1");
    assert!(ticket.urls[0].starts_with(&url) && ticket.urls[0].contains("uploadId=up%20%26%201"));
    // A success with an error in it is none.
    ticket.complete(&[(1, "ab<c".into())]).is(400, "INVALID_PART");
    ticket.complete(&[(1, "abc".into())]).is(200, "");
    ticket.confirm().is(200, "active");
    let name = "a%20%c3%bc.bin";
    let complete = |etag: &str| {
        format!(
            "post {name} uploadid=up%20%26%201 <CompleteMultipartUpload><Part><PartNumber>1</PartNumber>\
             <ETag>{etag}</ETag></Part></CompleteMultipartUpload>"
        )
    };
    assert_eq!(
        *asked.lock().expect("no panic"),
        [format!("post {name} uploads= "), complete("ab&lt;c"), complete("abc"), format!("get {name}  "),]
    );
}

#[test]
fn an_upload_elsewhere_is_aborted_or_fails() {
    let (url, asked) = endpoint(&[BEGUN, (204, ""), (500, "<Error><Code>InternalError</Code></Error>")]);
    let sandbox = start_with(at(url));
    let ticket = PartTicket::new(&sandbox, 5);
    ticket.abort().is(200, "");
    ticket.abort().is(404, "NOT_FOUND");
    let body = Some(parted(&[("a", 1)], PART));
    agentdrop(&sandbox).call("POST", "/v1/transfers/presigned/multipart", body).is(502, "STORAGE_ERROR");
    assert!(asked.lock().expect("no panic")[1].starts_with("delete a%20%c3%bc.bin uploadid=up"));
}
