//! Every fault, seen from the socket.

use std::io::{ErrorKind, Read, Write};
use std::time::{Duration, Instant};

use serde_json::json;

use crate::client::*;

#[test]
fn reply_comes_after_the_body_and_is_used_up() {
    let sandbox = start();
    let (_, url) = presign(&sandbox, 100_000);
    let order = json!({"on": "put", "skip": 1, "times": 2, "do": {
        "reply": {"status": 503, "headers": {"Retry-After": "1"}, "body": {"error": "busy"}},
    }});
    sandbox.order(order).expect("ordered");
    let mut socket = connect(&url);
    let mut put = || exchange(&mut socket, "PUT", &url, &[TEXT], &[1; 100_000]).expect("a reply");
    put().is(200, "");
    for _ in 0..2 {
        let reply = put().is(503, "busy");
        assert_eq!(reply.header("retry-after"), Some("1"));
    }
    // Still the same connection: the body was read to its end.
    put().is(200, "");
    let requests = sandbox.requests();
    assert_eq!(requests[2]["body_bytes"], 100_000);
    assert_eq!(requests[2]["status"], 503);
    assert_eq!(requests[2]["fault"]["reply"]["status"], 503);
    assert_eq!(requests[4]["connection"], requests[1]["connection"]);
}

#[test]
fn early_reply_does_not_wait_for_the_body() {
    let sandbox = start();
    let (_, url) = presign(&sandbox, 1_000_000);
    let order = json!({"on": "any", "do": {"reply": {"status": 307, "headers": {"Location": "http://169.254.169.254/"}}, "early": true}});
    sandbox.order(order).expect("ordered");
    let mut socket = connect(&url);
    let request = head("PUT", &url, &[TEXT, ("Content-Length", "1000000")]);
    socket.write_all(request.as_bytes()).expect("sent");
    let reply = read_reply(&mut socket).expect("a reply").is(307, "");
    assert_eq!(reply.header("location"), Some("http://169.254.169.254/"));
}

#[test]
fn lost_reply_happened_all_the_same() {
    let sandbox = start();
    let (id, url) = presign(&sandbox, 2);
    sandbox.order(json!({"on": "put", "do": {"lose_reply": true}})).expect("ordered");
    sandbox.order(json!({"on": "confirm", "do": {"lose_reply": true}})).expect("ordered");
    let lost = try_send("PUT", &url, &[TEXT], b"hi");
    assert_eq!(lost.err().map(|error| error.kind()), Some(ErrorKind::UnexpectedEof));
    assert_eq!(object_count(&sandbox), 1);
    assert_eq!(last(&sandbox)["status"], json!(null));
    let api = agentdrop(&sandbox);
    let confirm = format!("/v1/transfers/{id}/confirm");
    assert!(api.try_call("POST", &confirm, None).is_err());
    api.call("POST", &confirm, None).is(409, "");
}

#[test]
fn reset_comes_in_the_middle_of_the_body() {
    let sandbox = start();
    let (_, url) = presign(&sandbox, 8_000_000);
    sandbox.order(json!({"on": "put", "do": {"reset_after": 200_000}})).expect("ordered");
    let broken = try_send("PUT", &url, &[TEXT], &vec![1; 8_000_000]);
    let kind = broken.err().map(|error| error.kind());
    assert!(matches!(kind, Some(ErrorKind::ConnectionReset | ErrorKind::BrokenPipe)), "{kind:?}");
    let read = last(&sandbox)["body_bytes"].as_u64().expect("a number");
    assert!((200_000..=240_000).contains(&read), "{read}");
    assert_eq!(object_count(&sandbox), 0);
    send("PUT", &url, &[TEXT], b"hi").is(200, "");

    // A request without a body is reset too.
    sandbox.order(json!({"on": "initiate_upload", "do": {"reset_after": 0}})).expect("ordered");
    let path = format!("{PROFILES}/initiate-upload");
    let kind = h(&sandbox).try_call("POST", &path, None).err().map(|error| error.kind());
    assert_eq!(kind, Some(ErrorKind::ConnectionReset));
}

/// The reply must be readable although the connection dies under the sender.
#[test]
fn refusal_in_the_middle_can_be_read() {
    let sandbox = start();
    let (_, url) = presign(&sandbox, 8_000_000);
    for _ in 0..20 {
        sandbox.order(json!({"on": "put", "do": {"refuse_after": 65_536}})).expect("ordered");
        let mut socket = connect(&url);
        let request = head("PUT", &url, &[TEXT, ("Content-Length", "8000000")]);
        socket.write_all(request.as_bytes()).expect("sent");
        let sent = socket.write_all(&vec![1; 8_000_000]);
        assert!(sent.is_err(), "the sender must notice");
        read_reply(&mut socket).expect("a reply").is(403, "<Code>AccessDenied</Code>");
    }
    assert_eq!(last(&sandbox)["status"], 403);

    // A slow sender, who has sent just enough, is refused without being reset.
    let order = json!({"on": "put", "do": {"refuse_after": 3, "status": 400, "body": "<Error><Code>X</Code></Error>"}});
    sandbox.order(order).expect("ordered");
    let mut socket = connect(&url);
    let request = head("PUT", &url, &[TEXT, ("Content-Length", "8000000")]);
    socket.write_all(request.as_bytes()).expect("sent");
    for _ in 0..3 {
        std::thread::sleep(Duration::from_millis(20));
        socket.write_all(b"x").expect("sent");
    }
    read_reply(&mut socket).expect("a reply").is(400, "<Code>X</Code>");
    assert_eq!(socket.read(&mut [0; 16]).expect("an end"), 0);
}

#[test]
fn stall_stops_reading_and_stays_open() {
    let sandbox = start();
    let (_, url) = presign(&sandbox, 60_000_000);
    sandbox.order(json!({"on": "put", "do": {"stall_after": 100_000}})).expect("ordered");
    let mut socket = connect(&url);
    socket.set_write_timeout(Some(Duration::from_millis(500))).expect("a timeout");
    let request = head("PUT", &url, &[TEXT, ("Content-Length", "60000000")]);
    socket.write_all(request.as_bytes()).expect("sent");
    let sent = socket.write_all(&vec![1; 60_000_000]);
    let kind = sent.err().map(|error| error.kind());
    assert!(matches!(kind, Some(ErrorKind::WouldBlock | ErrorKind::TimedOut)), "{kind:?}");
    let read = last(&sandbox)["body_bytes"].as_u64().expect("a number");
    assert!((100_000..=140_000).contains(&read), "{read}");
    assert_eq!(last(&sandbox)["status"], json!(null));
}

#[test]
fn slow_is_slow_and_then_normal() {
    let sandbox = start();
    let (_, url) = presign(&sandbox, 400_000);
    sandbox.order(json!({"on": "put", "times": 3, "do": {"slow": 400_000}})).expect("ordered");
    let mut socket = connect(&url);
    let mut took = || {
        let started = Instant::now();
        exchange(&mut socket, "PUT", &url, &[TEXT], &[1; 400_000]).expect("a reply").is(200, "");
        started.elapsed()
    };
    let slow = [took(), took(), took()];
    assert!(slow.iter().all(|time| *time > Duration::from_millis(700)), "{slow:?}");
    // The machine may be slow, but not each time.
    assert!((0..20).any(|_| took() < Duration::from_millis(700)), "it stayed slow");
}

#[test]
fn truncated_reply_declares_more_than_it_sends() {
    let sandbox = start();
    sandbox.order(json!({"on": "initiate_upload", "do": {"truncate_reply": 10}})).expect("ordered");
    let url = format!("{}{PROFILES}/initiate-upload", sandbox.api_url());
    let key = format!("Bearer {}", sandbox.h_api_key());
    let mut socket = connect(&url);
    let request = head("POST", &url, &[("Authorization", &key), ("Content-Length", "0")]);
    socket.write_all(request.as_bytes()).expect("sent");
    let mut all = String::new();
    socket.read_to_string(&mut all).expect("an end");
    let (head, body) = all.split_once("\r\n\r\n").expect("a head");
    assert_eq!(body.len(), 10);
    let declared = head.lines().find_map(|line| line.strip_prefix("content-length: "));
    assert!(declared.is_some_and(|length| length.parse::<usize>().is_ok_and(|length| length > 500)));
}

#[test]
fn replies_are_patched_and_delayed() {
    let sandbox = start();
    sandbox
        .order(json!([
            {"on": "presign", "do": {"patch": {"id": "tr_patched", "expires_at": null}, "delay_ms": 300}},
            {"on": "put", "do": {"patch_headers": {"ETag": "\"wrong\"", "x-amz-request-id": null}}},
            {"on": "put", "times": -1, "do": {"delay_ms": 200}},
        ]))
        .expect("ordered");
    let started = Instant::now();
    let (id, url) = presign(&sandbox, 2);
    assert_eq!(id, "tr_patched");
    assert!(started.elapsed() >= Duration::from_millis(300));
    let reply = send("PUT", &url, &[TEXT], b"hi").is(200, "");
    assert_eq!(reply.header("etag"), Some("\"wrong\""));
    assert_eq!(reply.header("x-amz-request-id"), None);
    for _ in 0..2 {
        let started = Instant::now();
        send("PUT", &url, &[TEXT], b"hi").is(200, "");
        assert!(started.elapsed() >= Duration::from_millis(200));
    }
}

#[test]
fn a_request_is_held_until_its_order_is_forgotten() {
    let sandbox = start();
    let (_, url) = presign(&sandbox, 2);
    let order = json!([
        {"on": "put", "do": {"hold": true, "reply": {"status": 503}}},
        {"on": "confirm", "do": {"reply": {"status": 503}}},
    ]);
    sandbox.order(order).expect("ordered");
    let held = std::thread::spawn({
        let url = url.clone();
        move || send("PUT", &url, &[TEXT], b"hi")
    });
    while last(&sandbox)["op"] != "put" {
        std::thread::yield_now();
    }
    // The order was for one request.
    send("PUT", &url, &[TEXT], b"hi").is(200, "");
    assert!(!held.is_finished());
    let control = |path: &str| send("DELETE", &(sandbox.control_url() + path), &[], b"").is(200, "");
    control("/faults/confirm");
    assert!(!held.is_finished(), "another operation's");
    control("/faults/put");
    held.join().expect("no panic").is(503, "");
    sandbox.order(json!({"on": "put", "times": -1, "do": {"hold": true}})).expect("ordered");
    control("/faults");
    send("PUT", &url, &[TEXT], b"hi").is(200, "");
}

#[test]
fn a_form_is_logged_even_when_it_is_not_handled() {
    let sandbox = start();
    let ticket = initiate(&sandbox);
    sandbox.order(json!({"on": "post_form", "do": {"refuse_after": 40_000}})).expect("ordered");
    let reply = ticket.post(&vec![1; 2_000_000]);
    reply.is(403, "AccessDenied");
    let fields = last(&sandbox)["fields"].clone();
    assert_eq!(fields.as_array().map(Vec::len), Some(ticket.fields.len() + 1));
    ticket.post(b"zip").is(204, "");
}
