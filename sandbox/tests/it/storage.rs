//! What storage takes and what it refuses.

use std::io::Write;
use std::net::Shutdown;

use dropoff_sandbox::StorageConfig;
use serde_json::json;

use crate::client::*;

#[test]
fn put_is_stored_and_read_back() {
    let sandbox = start();
    let (id, url) = presign(&sandbox, 11);
    let mut socket = connect(&url);
    let reply = exchange(&mut socket, "PUT", &url, &[TEXT], b"hello world").expect("a reply");
    assert_eq!(reply.status, 200);
    let etag = "\"5eb63bbbe01eeed093cb22bb8f5acdc3\"";
    assert_eq!(reply.header("etag"), Some(etag));
    // The same connection, the same URL: both may be used again.
    let again = exchange(&mut socket, "PUT", &url, &[TEXT], b"hello world").expect("a reply");
    assert_eq!(again.status, 200);
    let requests = sandbox.requests();
    assert_eq!(requests[1]["connection"], requests[2]["connection"]);
    assert_eq!(requests[2]["body_bytes"], 11);

    assert_eq!(object_count(&sandbox), 1);
    let object = &sandbox.objects()[0];
    assert_eq!(object["sha256"], "b94d27b9934d3e08a52e52d7da7dabfac484efe37a5380ee9088f7ace2efcde9");
    let api = agentdrop(&sandbox);
    api.call("POST", &format!("/v1/transfers/{id}/confirm"), Some(json!({}))).is(200, "active");
    let path = format!("/v1/transfers/{id}/download");
    let download = api.call("GET", &path, None).is(200, "download_url").json();
    let url = download["files"][0]["download_url"].as_str().expect("a URL");
    assert_eq!(send("GET", url, &[], b"").is(200, "").body, b"hello world");
}

#[test]
fn put_that_was_changed_is_refused() {
    let sandbox = start();
    let (_, url) = presign(&sandbox, 2);
    let put = |url: &str, headers: &[(&str, &str)]| send("PUT", url, headers, b"hi");

    let tampered = url.replace("X-Amz-Expires=3600", "X-Amz-Expires=9999");
    put(&tampered, &[TEXT]).is(403, "SignatureDoesNotMatch");
    put(&url, &[]).is(403, "SignatureDoesNotMatch");
    put(&url, &[("Content-Type", "text/html")]).is(403, "SignatureDoesNotMatch");
    put(&url, &[TEXT, ("x-amz-meta-a", "b")]).is(403, "not signed");
    put(&url, &[TEXT, ("Authorization", "Bearer agd_x")]).is(400, "InvalidArgument");
    let entry = last(&sandbox);
    assert_eq!(entry["authorization"], true);
    assert_eq!(entry["headers"]["authorization"], true);
    put(&url, &[TEXT, ("Content-MD5", "1B2M2Y8AsgTpgAmY7PhCfg==")]).is(400, "BadDigest");

    let mut socket = connect(&url);
    let chunked = head("PUT", &url, &[TEXT, ("Transfer-Encoding", "chunked")]);
    socket.write_all((chunked + "2\r\nhi\r\n0\r\n\r\n").as_bytes()).expect("sent");
    read_reply(&mut socket).expect("a reply").is(411, "MissingContentLength");
    assert_eq!(last(&sandbox)["chunked"], true);

    assert_eq!(object_count(&sandbox), 0);
    put(&url, &[TEXT, ("Content-MD5", "SfaKXIST7CwL9ImCHCH8Ow==")]).is(200, "");
}

#[test]
fn checksums_are_answered_and_demanded_as_the_settings_say() {
    let sandbox = start();
    let put = |headers: &[(&str, &str)]| {
        let (_, url) = presign(&sandbox, 11);
        send("PUT", &url, &[&[TEXT], headers].concat(), b"hello world")
    };
    let plain = put(&[]).is(200, "");
    assert_eq!(plain.header("x-amz-checksum-crc64nvme"), None);

    let google = "crc32c=yZRlqg==,md5=XrY7u+Ae7tCTyyK7j1rNww==";
    let names = ["x-amz-checksum-crc64nvme", "x-goog-hash", "x-ms-content-crc64"];
    let change = json!({"answered_checksums": names, "md5_etags": false});
    sandbox.change_settings(change).expect("good settings");
    let answered = put(&[]).is(200, "");
    let wanted = ["jSnVw/bqjr4=", google, "vo7q9sPVKY0="];
    assert_eq!(names.map(|name| answered.header(name)), wanted.map(Some));
    assert_eq!(answered.header("x-amz-checksum-type"), Some("FULL_OBJECT"));
    assert_eq!(answered.header("x-amz-checksum-crc32c"), None);
    assert_ne!(answered.header("etag"), plain.header("etag"));
    sandbox.order(json!({"on": "put", "do": {"flip_bit": 0}})).expect("a good order");
    assert_eq!(put(&[]).is(200, "").header(names[0]), Some("31qbYBHMcuo="));
    put(&[("x-goog-hash", "crc32c=AAAAAA==")]).is(400, "BadDigest");

    let (one, other) = (("x-amz-checksum-crc32c", "yZRlqg=="), ("x-amz-checksum-crc64nvme", "jSnVw/bqjr4="));
    put(&[one]).is(403, "not signed");
    let signed =
        json!({"signed_headers": [one], "withheld_headers": {"x-amz-checksum-crc64nvme": "jSnVw/bqjr4="}});
    sandbox.change_settings(signed).expect("good settings");
    put(&[one, other]).is(400, "Expecting a single x-amz-checksum- header");
    sandbox.change_settings(json!({"withheld_headers": []})).expect("good settings");
    put(&[one]).is(200, "");
    put(&[]).is(403, "SignatureDoesNotMatch");
    for wrong in [json!(["x-amz-checksum-md5"]), json!("x-goog-hash")] {
        sandbox.change_settings(json!({"answered_checksums": wrong})).expect_err("no such header");
    }
}

#[test]
fn put_that_breaks_off_leaves_nothing() {
    let sandbox = start();
    let (_, url) = presign(&sandbox, 100);
    let mut socket = connect(&url);
    let request = head("PUT", &url, &[TEXT, ("Content-Length", "100")]);
    socket.write_all((request + "only this").as_bytes()).expect("sent");
    socket.shutdown(Shutdown::Write).expect("closed");
    let _ = read_reply(&mut socket);
    assert_eq!(object_count(&sandbox), 0);
}

#[test]
fn tickets_expire() {
    let sandbox = start_with(|config| config.upload_expires_in = 1);
    let (_, url) = presign(&sandbox, 2);
    let ticket = initiate(&sandbox);
    std::thread::sleep(std::time::Duration::from_millis(2200));
    send("PUT", &url, &[TEXT], b"hi").is(403, "Request has expired");
    ticket.post(b"zip").is(403, "Policy expired");
    assert_eq!(object_count(&sandbox), 0);
}

#[test]
fn form_is_stored_whatever_its_fields_hold() {
    let odd = [
        ("x-amz-meta-angle", "<not a file"),
        ("x-amz-meta-lines", "one\r\ntwo\nthree\r\n"),
        ("x-amz-meta-quotes", "say \"hi\" & 'bye' \\"),
        ("x-amz-meta-utf8", " naïve – 日本 "),
    ];
    let odd = odd.map(|(name, value)| (name.to_string(), value.to_string()));
    let sandbox = start_with(|config| config.fields = odd.to_vec());
    let ticket = initiate(&sandbox);
    let names: Vec<&str> = ticket.fields.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names[..4], ["key", "Content-Type", "x-amz-checksum-algorithm", "tagging"]);

    // Full of things that look like the boundary, over many frames.
    let mut file = Vec::new();
    while file.len() < 3_000_000 {
        let filler = (file.len() * 7 % 251) as u8;
        file.extend(std::iter::repeat_n(filler, 1000 + file.len() % 977));
        file.extend_from_slice(&format!("\r\n--{BOUNDARY}").as_bytes()[..file.len() % 20]);
    }
    let reply = ticket.post(&file);
    assert_eq!(reply.status, 204, "{}", reply.text());
    assert!(reply.header("etag").is_some());
    assert_eq!(sandbox.objects()[0]["size"], file.len());

    let mut sent = serde_json::to_value(&ticket.fields).expect("fields");
    sent.as_array_mut().expect("a list").push(json!(["file", "<file>"]));
    assert_eq!(last(&sandbox)["fields"], sent);

    assert_eq!(sandbox.objects()[0]["sha256"], json!(sha256(&file)));
}

#[test]
fn form_that_was_changed_is_refused() {
    let sandbox = start_with(|config| config.max_profile_bytes = 1000);
    let ticket = || initiate(&sandbox);

    ticket().with("tagging", "<Tagging></Tagging>").post(b"zip").is(403, "Policy Condition failed");
    ticket().with("x-amz-meta-extra", "1").post(b"zip").is(403, "Extra input fields: x-amz-meta-extra");
    ticket().with("Content-Type", "text/plain").post(b"zip").is(403, "Policy Condition failed");
    ticket().with("key", "elsewhere").post(b"zip").is(403, "Policy Condition failed");
    ticket().with("x-amz-signature", &"0".repeat(64)).post(b"zip").is(403, "SignatureDoesNotMatch");
    let reply = ticket().post(&[7; 1001]).is(400, "EntityTooLarge");
    assert!(reply.text().contains("<ProposedSize>1001</ProposedSize>"), "{}", reply.text());
    assert!(reply.text().contains("<MaxSizeAllowed>1000</MaxSizeAllowed>"));
    ticket().post(b"").is(400, "EntityTooSmall");

    let mut missing = ticket();
    missing.fields.retain(|(name, _)| name != "Content-Type");
    missing.post(b"zip").is(403, "Policy Condition failed");
    let mut twice = ticket();
    twice.fields.push(twice.fields[0].clone());
    twice.post(b"zip").is(400, "more than once");

    let ticket = ticket();
    let mut after = form(&ticket.fields, b"zip");
    after.truncate(after.len() - BOUNDARY.len() - 6);
    after.extend(part("late", b"1", ""));
    after.extend_from_slice(format!("--{BOUNDARY}--\r\n").as_bytes());
    ticket.post_body(&after).is(400, "must be the last field");

    let mut open = form(&ticket.fields, b"zip");
    open.truncate(open.len() - 4);
    ticket.post_body(&open).is(400, "MalformedPOSTRequest");

    assert_eq!(object_count(&sandbox), 0);
    ticket.post(&[7; 1000]).is(204, "");
}

#[test]
fn discard_takes_everything_and_remembers_sizes() {
    let sandbox = start_with(|config| config.storage = StorageConfig::Discard);
    let (id, url) = presign(&sandbox, 5_000_000);
    let reply = send("PUT", &url, &[TEXT], &vec![1; 5_000_000]).is(200, "");
    assert!(reply.header("etag").is_some());
    let path = format!("/v1/transfers/{id}/confirm");
    agentdrop(&sandbox).call("POST", &path, None).is(200, "active");

    let ticket = initiate(&sandbox);
    ticket.post(&vec![2; 3_000_000]).is(204, "");
    let path = format!("{PROFILES}/{}/complete-upload", ticket.id);
    let body = json!({"name": "n", "browser_name": "chromium", "browser_version": "131"});
    let profile = h(&sandbox).call("POST", &path, Some(body)).is(201, "").json();
    assert_eq!(profile["file_size_bytes"], 3_000_000);
    assert_eq!(profile["checksum"], json!(null));
}

#[test]
fn expect_is_answered_before_the_body() {
    let sandbox = start();
    let (_, url) = presign(&sandbox, 2);
    let open = |headers: &[(&str, &str)]| {
        let mut socket = connect(&url);
        let mut all = vec![("Content-Length", "2"), ("Expect", "100-continue")];
        all.extend_from_slice(headers);
        socket.write_all(head("PUT", &url, &all).as_bytes()).expect("sent");
        let reply = read_reply(&mut socket).expect("a reply");
        (socket, reply)
    };
    let (mut socket, reply) = open(&[TEXT]);
    assert_eq!(reply.status, 100);
    socket.write_all(b"hi").expect("sent");
    read_reply(&mut socket).expect("a reply").is(200, "");
    open(&[]).1.is(403, "SignatureDoesNotMatch");
}

/// What one well-known client sends: a length and a transfer coding, with a body that has neither.
#[test]
fn length_and_chunked_together_are_refused() {
    let sandbox = start();
    let (_, url) = presign(&sandbox, 2);
    let headers = [TEXT, ("Content-Length", "2"), ("Transfer-Encoding", "chunked")];
    let mut socket = connect(&url);
    let request = head("PUT", &url, &headers) + "hi";
    socket.write_all(request.as_bytes()).expect("sent");
    let reply = read_reply(&mut socket).expect("a reply");
    assert!((400..=411).contains(&reply.status), "{}", reply.status);
    assert_eq!(object_count(&sandbox), 0);
}
