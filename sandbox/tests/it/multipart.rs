//! Uploads in parts: presigned, stored, joined, aborted.

use std::io::ErrorKind;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use dropoff_sandbox::StorageConfig;
use serde_json::{Value, json};

use crate::client::*;

const PRESIGN: &str = "/v1/transfers/presigned/multipart";

#[test]
fn a_file_in_parts_becomes_one_object() {
    let sandbox = start();
    let data = bytes(2 * PART + 17);
    let ticket = PartTicket::new(&sandbox, data.len());
    assert_eq!(ticket.urls.len(), 3);
    assert!(ticket.urls[2].contains("&partNumber=3&"), "{}", ticket.urls[2]);
    assert!(ticket.urls[2].contains("X-Amz-SignedHeaders=host&"));

    let parts: Vec<&[u8]> = data.chunks(PART).collect();
    ticket.put(2, b"not this");
    // Any order, and the last one to come with a number counts.
    let mut etags = Vec::new();
    for number in [3, 1, 2] {
        let etag = ticket.put(number, parts[number - 1]);
        assert_eq!(etag, hex(&md5(parts[number - 1])));
        etags.push((number as u64, etag));
    }
    let entry = last(&sandbox);
    assert_eq!(
        (entry["op"].clone(), entry["part_number"].clone(), entry["body_bytes"].clone()),
        (json!("put_part"), json!(2), json!(PART))
    );
    etags.sort();
    assert_eq!(object_count(&sandbox), 0);
    ticket.confirm().is(400, "FILES_MISSING");
    ticket.complete(&etags).is(200, "completed");
    ticket.complete(&etags).is(404, "NOT_FOUND");
    ticket.abort().is(404, "NOT_FOUND");
    send("PUT", &ticket.urls[0], &[], b"late").is(404, "<Code>NoSuchUpload</Code>");

    let object = &sandbox.objects()[0];
    assert_eq!(object["size"], data.len());
    assert_eq!(object["sha256"], json!(sha256(&data)));
    assert_eq!(object["md5"], json!(hex(&md5(&data))));
    assert_eq!(object["content_type"], "text/plain");
    let of_parts: Vec<u8> = parts.iter().flat_map(|part| md5(part)).collect();
    assert_eq!(object["etag"], json!(format!("{}-3", hex(&md5(&of_parts)))));

    ticket.confirm().is(200, "active");
    ticket.confirm().is(409, "ALREADY_CONFIRMED");
    let path = format!("/v1/transfers/{}/download", ticket.transfer);
    let download = agentdrop(&sandbox).call("GET", &path, None).is(200, "").json();
    let reply = send("GET", &text(&download["files"][0]["download_url"]), &[], b"");
    assert!(reply.header("etag").is_some_and(|etag| etag.ends_with("-3\"")));
    assert!(reply.body == data);
}

#[test]
fn a_request_for_parts_is_checked_field_by_field() {
    let sandbox = start();
    let api = agentdrop(&sandbox);
    let refused = |change: &dyn Fn(&mut Value), field: &str| {
        let mut body = parted(&[("a", 5)], PART);
        change(&mut body);
        let reply = api.call("POST", PRESIGN, Some(body));
        let details = reply.is(400, "VALIDATION_ERROR").json()["error"]["details"].clone();
        let found = details.as_array().expect("details").iter().any(|one| one["field"] == field);
        assert!(found, "{details}");
    };
    let file = |body: &mut Value, name: &str, value: Value| body["files"][0][name] = value;
    refused(&|body| file(body, "part_size", json!(PART - 1)), "files[0].part_size");
    refused(&|body| file(body, "part_size", json!(5_u64 * 1024 * 1024 * 1024 + 1)), "files[0].part_size");
    refused(&|body| file(body, "part_size", json!("5242880")), "files[0].part_size");
    refused(&|body| file(body, "part_size", json!(5242880.5)), "files[0].part_size");
    refused(&|body| file(body, "part_count", json!(1)), "files[0].part_count");
    refused(&|body| file(body, "size", json!(PART * 10_000 + 1)), "files[0].part_size");
    refused(&|body| body["channel_id"] = json!("c"), "channel_id");
    refused(&|body| body["mode"] = json!(1), "mode");
    refused(&|body| *body = transfer_of(&[("a", 5)]), "files[0].part_size");
    sandbox.change_settings(json!({"max_file_bytes": 4})).expect("changed");
    api.call("POST", PRESIGN, Some(parted(&[("a", 5)], PART))).is(413, "FILE_TOO_LARGE");
    assert_eq!(sandbox.transfers(), json!([]));

    // What asks for single PUTs has no parts.
    api.call("POST", "/v1/transfers/presigned", Some(parted(&[("a", 1)], PART))).is(400, "part_size");
    let stranger = Api { sandbox: &sandbox, key: "agd_other".into() };
    stranger.call("POST", PRESIGN, Some(parted(&[("a", 5)], PART))).is(401, "UNAUTHORIZED");
}

#[test]
fn as_many_parts_as_are_allowed() {
    let sandbox = start_with(|config| config.max_file_bytes = u64::MAX);
    let ticket = PartTicket::new(&sandbox, PART * 10_000);
    assert_eq!(ticket.urls.len(), 10_000);
    send("PUT", &ticket.urls[9_999], &[], b"x").is(200, "");
}

#[test]
fn the_server_may_cut_as_it_likes() {
    let sandbox = start();
    let official = 50 * MIB;
    sandbox.change_settings(json!({"forced_part_size": official})).expect("changed");
    assert_eq!(PartTicket::new(&sandbox, 3 * official + 1).urls.len(), 4);
    sandbox.change_settings(json!({"forced_part_size": 0})).expect_err("no parts at all");
    sandbox.change_settings(json!({"forced_part_size": null})).expect("changed");
    assert_eq!(PartTicket::new(&sandbox, 3 * official + 1).urls.len(), 31);
}

#[test]
fn an_empty_file_has_one_part_or_none() {
    let sandbox = start();
    let ticket = PartTicket::new(&sandbox, 0);
    assert_eq!(ticket.urls.len(), 1);
    let etag = ticket.put(1, b"");
    ticket.complete(&[]).is(400, "at least one part");
    ticket.complete(&[(1, etag)]).is(200, "");
    ticket.confirm().is(200, "active");
    assert_eq!(sandbox.objects()[0]["size"], 0);

    sandbox.change_settings(json!({"empty_file_parts": 2})).expect_err("more than one");
    sandbox.change_settings(json!({"empty_file_parts": 0})).expect("changed");
    let ticket = presign_parts(&sandbox, parted(&[("empty", 0), ("one", 1)], PART));
    let [none, one] = [0, 1].map(|at| PartTicket::of(&sandbox, &ticket, at));
    assert_eq!((none.urls.len(), one.urls.len()), (0, 1));
    none.complete(&[]).is(400, "VALIDATION_ERROR");
    none.confirm().is(400, "FILES_MISSING");
}

#[test]
fn parts_that_were_changed_are_refused() {
    let sandbox = start();
    let ticket = PartTicket::new(&sandbox, 2 * PART);
    let other = PartTicket::new(&sandbox, 2 * PART);
    let url = ticket.urls[0].as_str();
    let put = |url: &str, headers: &[(&str, &str)]| send("PUT", url, headers, b"hi");

    put(&url.replace("partNumber=1", "partNumber=2"), &[]).is(403, "SignatureDoesNotMatch");
    put(&url.replace(&ticket.upload, &other.upload), &[]).is(403, "SignatureDoesNotMatch");
    put(&url.replace("X-Amz-Expires=3600", "X-Amz-Expires=9999"), &[]).is(403, "SignatureDoesNotMatch");
    put(&url.replace("&partNumber=1", ""), &[]).is(403, "SignatureDoesNotMatch");
    put(url, &[("x-amz-meta-a", "b")]).is(403, "not signed");
    put(url, &[("Authorization", "Bearer agd_x")]).is(400, "InvalidArgument");
    put(url, &[("Content-MD5", "1B2M2Y8AsgTpgAmY7PhCfg==")]).is(400, "BadDigest");
    put(url, &[("Content-MD5", "nonsense")]).is(400, "InvalidDigest");
    send("GET", url, &[], b"").is(403, "SignatureDoesNotMatch");
    let missing = ticket.complete(&[(1, hex(&md5(b"hi"))), (2, hex(&md5(b"hi")))]);
    missing.is(400, "part 1 has not been uploaded");

    // Only the host is signed, so ordinary headers are free.
    let md5 = BASE64.encode(md5(b"hi"));
    put(url, &[("Content-MD5", &md5), ("Content-Type", "application/octet-stream")]).is(200, "");
}

#[test]
fn a_list_of_parts_is_checked() {
    let sandbox = start();
    let data = bytes(2 * PART + 1);
    let ticket = PartTicket::new(&sandbox, data.len());
    let put = |number: usize, body: &[u8]| (number as u64, ticket.put(number, body));
    let good = [put(1, &data[..PART]), put(2, &data[PART..2 * PART]), put(3, &data[2 * PART..])];
    let [one, two, three] = good.clone();

    ticket.complete(&[one.clone(), three.clone()]).is(400, "part 2 is missing");
    ticket.complete(&good[..2]).is(400, "part 3 is missing");
    ticket.complete(&good[1..]).is(400, "part 1 is missing");
    let four = (4, three.1.clone());
    let unknown = ticket.complete(&[one.clone(), two.clone(), three.clone(), four]);
    unknown.is(400, "there is no part 4");
    let wrong = ticket.complete(&[one.clone(), (2, one.1.clone()), three.clone()]);
    assert_eq!(wrong.is(400, "ETag of part 2").json()["error"]["code"], "INVALID_PART");
    let descending = ticket.complete(&[two.clone(), one.clone(), three.clone()]);
    descending.is(400, "VALIDATION_ERROR").is(400, "ascending");
    ticket.complete(&[one.clone(), one.clone(), three.clone()]).is(400, "ascending");
    let quoted = ticket.complete(&[(1, format!("\"{}\"", one.1)), two, three]);
    quoted.is(400, "without its quotes");

    let refused = |body: Value, field: &str| {
        let reply = ticket.end("complete", body).is(400, "VALIDATION_ERROR");
        assert!(reply.text().contains(&format!("\"field\":\"{field}\"")), "{}", reply.text());
    };
    let part = json!({"part_number": 1, "etag": one.1});
    refused(json!({"parts": [part]}), "upload_id");
    refused(json!({"upload_id": 7, "parts": [part]}), "upload_id");
    refused(json!({"upload_id": ticket.upload}), "parts");
    refused(json!({"upload_id": ticket.upload, "parts": [part], "size": 1}), "size");
    refused(json!({"upload_id": ticket.upload, "parts": [1]}), "parts[0]");
    for wrong in [json!(0), json!("1"), json!(10_001), json!(null)] {
        let part = json!({"part_number": wrong, "etag": one.1});
        refused(json!({"upload_id": ticket.upload, "parts": [part]}), "parts[0].part_number");
    }
    refused(json!({"upload_id": ticket.upload, "parts": [{"part_number": 1}]}), "parts[0].etag");
    let more = json!({"part_number": 1, "etag": one.1, "size": 1});
    refused(json!({"upload_id": ticket.upload, "parts": [more]}), "parts[0].size");

    let unknown = json!({"upload_id": "other", "parts": [part]});
    ticket.end("complete", unknown).is(404, "NOT_FOUND");
    for (transfer, file) in [("tr_none", ticket.file.as_str()), (&ticket.transfer, "file_none")] {
        let path = format!("/v1/transfers/{transfer}/files/{file}/complete-multipart");
        let body = json!({"upload_id": ticket.upload, "parts": [part]});
        agentdrop(&sandbox).call("POST", &path, Some(body)).is(404, "NOT_FOUND");
    }
    // All of this left the upload as it was.
    ticket.complete(&good).is(200, "");
}

#[test]
fn part_lengths_are_checked_when_they_are_joined() {
    let sandbox = start();
    let join = |lengths: [usize; 3]| {
        let ticket = PartTicket::new(&sandbox, 2 * PART + 1);
        let etags: Vec<(u64, String)> = (1..)
            .zip(lengths)
            .map(|(number, length)| (number, ticket.put(number as usize, &bytes(length))))
            .collect();
        (ticket.complete(&etags), ticket)
    };
    join([PART - 1, PART, 1]).0.is(400, "ENTITY_TOO_SMALL");
    join([PART, PART + 1, 1]).0.is(400, "INVALID_PART").is(400, "same length");
    join([PART, PART, PART + 1]).0.is(400, "INVALID_PART");
    // Joined, but not what was announced.
    let (reply, ticket) = join([PART, PART, 2]);
    reply.is(200, "");
    ticket.confirm().is(400, "FILES_MISSING");
}

#[test]
fn an_aborted_upload_is_gone() {
    let sandbox = start();
    let ticket = PartTicket::new(&sandbox, 5);
    let etag = ticket.put(1, b"hello");
    ticket.end("abort", json!({})).is(400, "upload_id");
    ticket.end("abort", json!({"upload_id": ticket.upload, "why": "x"})).is(400, "why");
    ticket.end("abort", json!({"upload_id": "other"})).is(404, "NOT_FOUND");
    assert_eq!(ticket.abort().is(200, "").json(), json!({}));
    assert_eq!(sandbox.transfers()[0]["files"][0]["upload"]["state"], "aborted");
    ticket.abort().is(404, "NOT_FOUND");
    ticket.complete(&[(1, etag)]).is(404, "NOT_FOUND");
    send("PUT", &ticket.urls[0], &[], b"hello").is(404, "<Code>NoSuchUpload</Code>");
    ticket.confirm().is(400, "FILES_MISSING");
    sandbox.reset();
    ticket.abort().is(404, "NOT_FOUND");
}

#[test]
fn every_file_must_be_complete() {
    let sandbox = start();
    let ticket = presign_parts(&sandbox, parted(&[("a", 1), ("b", 2)], PART));
    let [a, b] = [0, 1].map(|at| PartTicket::of(&sandbox, &ticket, at));
    assert_eq!(ticket["files"][1]["file_name"], "b");
    a.complete(&[(1, a.put(1, b"a"))]).is(200, "");
    let etag = b.put(1, b"bb");
    b.confirm().is(400, "FILES_MISSING");
    // An upload belongs to one file.
    let body = json!({"upload_id": a.upload, "parts": [{"part_number": 1, "etag": etag}]});
    b.end("complete", body).is(404, "NOT_FOUND");
    b.complete(&[(1, etag)]).is(200, "");
    b.confirm().is(200, "active");
}

#[test]
fn parts_that_are_discarded_are_counted() {
    let sandbox = start_with(|config| config.storage = StorageConfig::Discard);
    let ticket = PartTicket::new(&sandbox, 2 * PART);
    let data = vec![1; PART];
    let etags = [(1, ticket.put(1, &data)), (2, ticket.put(2, &data))];
    assert_eq!(etags[0].1, "discarded");
    ticket.complete(&etags[..1]).is(400, "part 2 is missing");
    ticket.complete(&etags).is(200, "");
    assert_eq!(sandbox.objects()[0]["size"], 2 * PART);
    ticket.confirm().is(200, "active");

    let ticket = PartTicket::new(&sandbox, 1);
    ticket.abort().is(200, "");
    send("PUT", &ticket.urls[0], &[], b"x").is(404, "NoSuchUpload");
}

#[test]
fn faults_are_ordered_on_each_step() {
    let sandbox = start();
    let busy = json!({"reply": {"status": 503}});
    for on in ["presign_multipart", "put_part", "complete_multipart", "abort_multipart", "create_transfer"] {
        sandbox.order(json!({"on": on, "do": busy})).expect("a known operation");
    }
    // Meant for the other operation, and still there afterwards.
    sandbox.order(json!({"on": "put", "do": {"reset_after": 0}})).expect("ordered");
    let api = agentdrop(&sandbox);
    api.call("POST", PRESIGN, Some(parted(&[("a", 1)], PART))).is(503, "");
    let ticket = PartTicket::new(&sandbox, 1);
    send("PUT", &ticket.urls[0], &[], b"x").is(503, "");
    let etags = [(1, ticket.put(1, b"x"))];
    ticket.complete(&etags).is(503, "");
    ticket.abort().is(503, "");
    api.call("POST", "/v1/transfers", None).is(503, "");

    sandbox.order(json!({"on": "complete_multipart", "do": {"lose_reply": true}})).expect("ordered");
    let path = format!("/v1/transfers/{}/files/{}/complete-multipart", ticket.transfer, ticket.file);
    let body = json!({"upload_id": ticket.upload, "parts": [{"part_number": 1, "etag": etags[0].1}]});
    let lost = api.try_call("POST", &path, Some(body));
    assert_eq!(lost.err().map(|error| error.kind()), Some(ErrorKind::UnexpectedEof));
    ticket.complete(&etags).is(404, "");
    ticket.confirm().is(200, "active");
}

#[test]
fn part_urls_expire() {
    let sandbox = start_with(|config| config.upload_expires_in = 1);
    let ticket = PartTicket::new(&sandbox, 2);
    std::thread::sleep(std::time::Duration::from_millis(2200));
    send("PUT", &ticket.urls[0], &[], b"hi").is(403, "Request has expired");
}
