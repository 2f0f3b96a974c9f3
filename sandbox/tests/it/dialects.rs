//! The dialects of Azure and Google: what they take, and what they answer when they are asked again.

use base64::Engine as _;
use dropoff_sandbox::Sandbox;
use serde_json::json;

use crate::client::*;

const PIECE: usize = 256 * 1024;

fn in_dialect(dialect: &str, size: usize) -> (Sandbox, String) {
    let sandbox = start();
    sandbox.change_settings(json!({ "dialect": dialect })).expect("a dialect");
    let (_, url) = presign(&sandbox, size);
    (sandbox, url)
}

fn begin(url: &str) -> String {
    let begun = send("POST", url, &[TEXT, ("x-goog-resumable", "start")], b"").is(201, "");
    begun.header("location").expect("a session").to_owned()
}

fn in_session(session: &str, range: &str, body: &[u8]) -> Reply {
    send("PUT", session, &[("Content-Range", range)], body)
}

#[test]
fn a_session_takes_what_its_ranges_say_and_tells_how_far_it_is() {
    let (sandbox, url) = in_dialect("google_session", 2 * PIECE);
    let session = begin(&url);
    let (all, total) = (bytes(2 * PIECE), 2 * PIECE);
    let has = |reply: Reply| reply.is(308, "").header("range").map(str::to_owned);
    assert_eq!(has(in_session(&session, &format!("bytes */{total}"), b"")), None);

    for (range, body) in [
        (format!("bytes 0-{}/{total}", PIECE - 2), &all[..PIECE]),
        (format!("bytes 0-{}/{total}", PIECE), &all[..PIECE]),
        (format!("bytes 0-{total}/{total}"), &all[..]),
        (format!("bytes {PIECE}-{}/{total}", total - 1), &all[PIECE..]),
        (format!("bytes */{total}"), &all[..1]),
        ("bytes what".to_owned(), &all[..1]),
    ] {
        in_session(&session, &range, body).is(400, "InvalidArgument");
    }
    let first = in_session(&session, &format!("bytes 0-{}/{total}", PIECE - 1), &all[..PIECE]);
    assert_eq!(has(first).as_deref(), Some("bytes=0-262143"));
    assert_eq!(object_count(&sandbox), 0, "nothing is there before all of it is");

    let last = format!("bytes {PIECE}-{}/{total}", total - 1);
    let stored = in_session(&session, &last, &all[PIECE..]).is(200, "");
    assert_eq!(sandbox.objects()[0]["sha256"], json!(sha256(&all)));
    let again = in_session(&session, &format!("bytes */{total}"), b"").is(200, "");
    for name in ["x-goog-hash", "x-goog-stored-content-length", "etag"] {
        assert!(stored.header(name).is_some(), "{name}");
        assert_eq!(again.header(name), stored.header(name), "{name}");
    }
    in_session(&format!("{session}0"), &last, b"").is(404, "NoSuchUpload");
}

#[test]
fn blocks_are_a_blob_once_their_list_is_taken() {
    let (sandbox, url) = in_dialect("azure", 5);
    let id = |name: &str| base64::engine::general_purpose::STANDARD.encode(name);
    let block =
        |name: &str, body: &[u8]| send("PUT", &format!("{url}&comp=block&blockid={}", id(name)), &[], body);
    let list = |names: &[&str]| {
        let each: String = names.iter().map(|name| format!("<Latest>{}</Latest>", id(name))).collect();
        let xml = format!("<?xml version=\"1.0\"?><BlockList>{each}</BlockList>");
        send("PUT", &format!("{url}&comp=blocklist"), &[], xml.as_bytes())
    };
    block("aaa", b"he").is(201, "");
    block("bbb", b"llo").is(201, "");
    block("cccc", b"!").is(400, "InvalidBlobOrBlock");
    assert_eq!(object_count(&sandbox), 0);
    list(&["aaa", "ddd"]).is(400, "InvalidBlockList");
    list(&["aaa", "bbb"]).is(201, "");
    assert_eq!(sandbox.objects()[0]["sha256"], json!(sha256(b"hello")));
    // The same list names blocks that are committed.
    list(&["aaa", "bbb"]).is(201, "");
    assert_eq!(sandbox.objects()[0]["sha256"], json!(sha256(b"hello")));
}
