//! Transfers whose files come with the request.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde_json::{Value, json};

use crate::client::*;

fn fields() -> Vec<(&'static str, String)> {
    vec![
        ("sender", "a".into()),
        ("recipient", "b".into()),
        ("mode", "agent-to-agent".into()),
        ("expires_in", "24h".into()),
        ("auto_delete", "false".into()),
    ]
}

fn request(fields: &[(&str, String)], files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut body = Vec::new();
    for (name, value) in fields {
        body.extend(part(name, value.as_bytes(), ""));
    }
    for (name, content) in files {
        let more = format!("; filename=\"{name}\"\r\nContent-Type: application/octet-stream");
        body.extend(part("files", content, &more));
    }
    body.extend_from_slice(format!("--{BOUNDARY}--\r\n").as_bytes());
    body
}

fn post(sandbox: &dropoff_sandbox::Sandbox, body: &[u8]) -> Reply {
    let key = format!("Bearer {}", sandbox.agentdrop_api_key());
    let headers = [("Authorization", key.as_str()), ("Content-Type", &form_type())];
    send("POST", &(sandbox.api_url() + "/v1/transfers"), &headers, body)
}

#[test]
fn files_in_the_request_are_stored_and_active() {
    let sandbox = start();
    let api = agentdrop(&sandbox);
    // Full of what looks like the boundary.
    let odd = [b"\r\n--", BOUNDARY.as_bytes(), &bytes(3_000_000), b"\r\n--"].concat();
    let odd = [&odd[..3], b"x", &odd[3..]].concat();
    let mut all = fields();
    all.push(("message", "héllo\r\n".into()));
    all.push(("max_downloads", "2".into()));
    all.push(("metadata", r#"{"a": 1}"#.into()));
    let body = request(&all, &[("a %22ü%22.bin", &odd), ("empty", b"")]);
    let shown = post(&sandbox, &body).is(201, "active").json();
    assert_eq!(last(&sandbox)["op"], "create_transfer");
    assert_eq!(shown["message"], "héllo\r\n");
    assert_eq!(shown["files"][0]["name"], "a \"ü\".bin");
    assert_eq!(shown["max_downloads"], 2);
    assert_eq!(object_count(&sandbox), 2);

    let path = format!("/v1/transfers/{}/download", text(&shown["id"]));
    let download = api.call("GET", &path, None).is(200, "").json();
    let fetch = |at: usize| send("GET", &text(&download["files"][at]["download_url"]), &[], b"").body;
    assert!(fetch(0) == odd);
    assert!(fetch(1).is_empty());
    let confirm = format!("/v1/transfers/{}/confirm", text(&shown["id"]));
    api.call("POST", &confirm, None).is(409, "ALREADY_CONFIRMED");
}

#[test]
fn the_form_is_checked_field_by_field() {
    let sandbox = start();
    let file: &[(&str, &[u8])] = &[("a", b"1")];
    let refused = |name: &'static str, value: &str, field: &str| {
        let mut fields = fields();
        fields.retain(|(known, _)| *known != name);
        fields.push((name, value.into()));
        let details = post(&sandbox, &request(&fields, file)).is(400, "VALIDATION_ERROR").json();
        let details = details["error"]["details"].as_array().cloned().expect("details");
        assert!(details.iter().any(|one| one["field"] == field), "{details:?}");
    };
    refused("colour", "red", "colour");
    refused("mode", "human-to-human", "mode");
    refused("auto_delete", "True", "auto_delete");
    refused("auto_delete", "1", "auto_delete");
    refused("is_encrypted", "yes", "is_encrypted");
    refused("max_downloads", "1001", "max_downloads");
    refused("metadata", "[]", "metadata");
    refused("encryption_ivs", "[]", "encryption_ivs");
    refused("files", "not a file", "files");
    refused("is_encrypted", "true", "encrypted_key");
    let mut twice = fields();
    twice.push(("sender", "c".into()));
    post(&sandbox, &request(&twice, file)).is(400, "more than once");
    post(&sandbox, &request(&fields(), &[])).is(400, "at least one file");
    post(&sandbox, &request(&fields(), &[("../a", b"1")])).is(400, "files[0].name");
    let mut elsewhere = part("file", b"1", "; filename=\"a\"");
    elsewhere.extend(request(&fields(), file));
    post(&sandbox, &elsewhere).is(400, "files belong in the field files");
    post(&sandbox, b"nonsense").is(400, "boundary");
    let whole = request(&fields(), file);
    post(&sandbox, &whole[..whole.len() - 6]).is(400, "VALIDATION_ERROR");
    agentdrop(&sandbox).call("POST", "/v1/transfers", Some(json!({}))).is(400, "Content-Type");
    assert_eq!((object_count(&sandbox), sandbox.transfers()), (0, json!([])));

    sandbox.change_settings(json!({"max_file_bytes": 0})).expect("changed");
    post(&sandbox, &whole).is(413, "FILE_TOO_LARGE");
    sandbox.change_settings(json!({"max_file_bytes": 1_000_000_000})).expect("changed");
    let huge = vec![0; 100 * MIB];
    post(&sandbox, &request(&fields(), &[("huge", &huge)])).is(413, "FILE_TOO_LARGE");
    post(&sandbox, &whole).is(201, "");
}

#[test]
fn each_scheme_wants_what_opens_it() {
    let sandbox = start();
    for (id, byte) in [("a", 1), ("b", 2), ("c", 3)] {
        let agent = json!({"agent_id": id, "public_key": BASE64.encode([byte; 32])});
        sandbox.register_agent(agent).expect("registered");
    }
    let body = json!({"agent_id": "a", "target_agent_id": "b"});
    let channel = agentdrop(&sandbox).call("POST", "/v1/channels", Some(body)).json();
    let channel = text(&channel["id"]);
    let b64 = |length: usize| BASE64.encode(vec![9; length]);
    let ivs = json!([b64(12)]).to_string();
    let send = |algorithm: &str, more: &[(&'static str, &str)], length: usize| {
        let mut fields = fields();
        fields.push(("is_encrypted", "true".into()));
        fields.push(("encryption_algorithm", algorithm.into()));
        fields.extend(more.iter().map(|(name, value)| (*name, value.to_string())));
        let file = vec![1; length];
        post(&sandbox, &request(&fields, &[("a", &file)]))
    };
    let download = |reply: Reply| -> Value {
        let path = format!("/v1/transfers/{}/download", text(&reply.is(201, "active").json()["id"]));
        agentdrop(&sandbox).call("GET", &path, None).is(200, "").json()
    };
    let (key, salt, public) = (b64(60), b64(32), b64(32));
    let (key, salt, public) = (key.as_str(), salt.as_str(), public.as_str());

    let wrapped = "X25519-HKDF-AES-256-GCM";
    send(wrapped, &[("encryption_ivs", &ivs)], 16).is(400, "encrypted_key");
    send(wrapped, &[("encrypted_key", &b64(59)), ("encryption_ivs", &ivs)], 16).is(400, "60 bytes");
    send(wrapped, &[("encrypted_key", key)], 16).is(400, "encryption_iv");
    send(wrapped, &[("encrypted_key", key), ("encryption_ivs", &ivs)], 15).is(400, "at least 16 bytes");
    let seen = download(send(wrapped, &[("encrypted_key", key), ("encryption_ivs", &ivs)], 16));
    assert_eq!((&seen["encrypted_key"], &seen["encryption_algorithm"]), (&json!(key), &json!(wrapped)));
    assert_eq!(seen["files"][0]["encryption_iv"], json!(b64(12)));
    assert_eq!(seen["sender_public_key"], json!(BASE64.encode([1; 32])));
    assert_eq!(seen["recipient_public_key"], json!(BASE64.encode([2; 32])));
    assert_eq!(seen["channel_id"], Value::Null);

    let pair = "X25519-CHANNEL-HKDF-AES-256-GCM";
    let id = channel.as_str();
    send(pair, &[("encryption_salt", salt), ("encryption_ivs", &ivs)], 16).is(400, "channel_id");
    send(pair, &[("channel_id", id), ("encryption_ivs", &ivs)], 16).is(400, "encryption_salt");
    let all = [("channel_id", id), ("encryption_salt", salt), ("encryption_ivs", ivs.as_str())];
    send(pair, &[&all[..], &[("encrypted_key", key)]].concat(), 16).is(400, "encrypted_key");
    let none = [("channel_id", "ch_none"), all[1], all[2]];
    send(pair, &none, 16).is(404, "Channel not found");
    let seen = download(send(pair, &all, 16));
    assert_eq!((&seen["channel_id"], &seen["encryption_salt"]), (&json!(id), &json!(salt)));
    assert_eq!(seen["encrypted_key"], Value::Null);

    let to_human = "X25519-HKDF-AES-256-GCM-A2H";
    send(to_human, &[("encrypted_key", public)], 28).is(400, "encryption_salt");
    send(to_human, &[("encrypted_key", key), ("encryption_salt", salt)], 28).is(400, "32 bytes");
    send(to_human, &[("encrypted_key", public), ("encryption_salt", salt)], 27).is(400, "at least 28");
    let seen = download(send(to_human, &[("encrypted_key", public), ("encryption_salt", salt)], 28));
    assert_eq!(seen["files"][0]["encryption_iv"], Value::Null);
    send("ROT13", &[("encrypted_key", key), ("encryption_ivs", &ivs)], 16).is(400, "not supported");

    // The presigning endpoints keep nothing of a channel.
    let mut body = transfer_of(&[("a", 16)]);
    body["is_encrypted"] = json!(true);
    body["encryption_algorithm"] = json!(pair);
    agentdrop(&sandbox).call("POST", "/v1/transfers/presigned", Some(body)).is(400, "not supported");
}
