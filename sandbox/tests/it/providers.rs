//! The two APIs: what they accept, refuse and remember.

use serde_json::{Value, json};

use crate::client::*;

fn completion() -> Value {
    json!({"name": "n", "browser_name": "chromium", "browser_version": "131", "labels": {"a": "b"}})
}

#[test]
fn a_profile_is_completed_once() {
    let sandbox = start();
    let api = h(&sandbox);
    let ticket = initiate(&sandbox);
    let path = format!("{PROFILES}/{}/complete-upload", ticket.id);
    let complete = |body: Value| api.call("POST", &path, Some(body));
    let with = |name: &str, value: Value| {
        let mut body = completion();
        body[name] = value;
        body
    };

    complete(completion()).is(422, "Archive not found in storage");
    ticket.post(b"PK zip").is(204, "");

    let reply = complete(with("colour", json!(1))).is(422, "extra_forbidden");
    assert_eq!(reply.json()["detail"][0]["loc"], json!(["body", "colour"]));
    complete(with("name", json!(1))).is(422, "string_type");
    complete(with("labels", json!({"a": 1}))).is(422, "labels");
    complete(with("labels", Value::Null)).is(422, "dict_type");
    complete(with("browser_name", json!("lynx"))).is(422, "Unsupported browser_name");
    complete(json!({})).is(422, "Field required");
    complete(json!([])).is(422, "model_attributes_type");
    let unknown = format!("{PROFILES}/{}/complete-upload", uuid::Uuid::new_v4());
    api.call("POST", &unknown, Some(completion())).is(404, "detail");
    let not_an_id = format!("{PROFILES}/nonsense/complete-upload");
    api.call("POST", &not_an_id, Some(completion())).is(422, "uuid_parsing");

    let profile = complete(completion()).is(201, "").json();
    assert_eq!(profile["id"], json!(ticket.id));
    assert_eq!(profile["file_size_bytes"], 6);
    let sha256 = "ef4ed439ff2f9d6ce020741747ad424e277baf4eb46809ebdba86603f4eade2d";
    assert_eq!(profile["checksum"], sha256);
    assert!(profile["s3_path"].as_str().is_some_and(|path| path.contains("/finished/")));
    for name in ["user_id", "org_id", "description", "usage_count", "last_used_at", "is_default"] {
        assert!(profile.get(name).is_some(), "{name}");
    }
    complete(completion()).is(404, "detail");

    let one = format!("{PROFILES}/{}", ticket.id);
    assert_eq!(api.call("GET", &one, None).is(200, "").json(), profile);
    let list = api.call("GET", &format!("{PROFILES}?limit=1&offset=0"), None);
    assert_eq!(list.is(200, "").json()["total"], 1);
    api.call("GET", &format!("{PROFILES}?limit=0"), None).is(422, "limit");
    api.call("DELETE", &one, None).is(204, "");
    api.call("DELETE", &one, None).is(404, "");
    api.call("GET", &one, None).is(404, "");
    assert_eq!(object_count(&sandbox), 0);

    let stranger = Api { sandbox: &sandbox, key: "hk-other".into() };
    stranger.call("GET", &one, None).is(401, "message");
}

#[test]
fn a_transfer_is_confirmed_once() {
    let sandbox = start();
    let api = agentdrop(&sandbox);
    let (id, url) = presign(&sandbox, 5);
    let confirm = format!("/v1/transfers/{id}/confirm");
    let one = format!("/v1/transfers/{id}");

    assert_eq!(api.call("GET", &one, None).json()["status"], "pending");
    api.call("POST", &confirm, None).is(400, "FILES_MISSING");
    send("PUT", &url, &[TEXT], b"shor").is(200, "");
    api.call("POST", &confirm, None).is(400, "FILES_MISSING");
    send("PUT", &url, &[TEXT], b"whole").is(200, "");
    api.call("POST", &confirm, Some(json!({"a": 1}))).is(400, "VALIDATION_ERROR");
    let reply = api.call("POST", &confirm, Some(json!({}))).is(200, "");
    assert_eq!(reply.json(), json!({"id": id, "status": "active"}));
    api.call("POST", &confirm, None).is(409, "ALREADY_CONFIRMED");
    api.call("POST", "/v1/transfers/tr_none/confirm", None).is(404, "NOT_FOUND");
    assert_eq!(api.call("GET", &one, None).json()["status"], "active");

    let stranger = Api { sandbox: &sandbox, key: "agd_other".into() };
    stranger.call("GET", &one, None).is(401, "UNAUTHORIZED");
    api.call("GET", "/v1/agents/resolve?agent_id=a%20b", None).is(404, "NOT_FOUND");
    sandbox.register_agent(json!({"agent_id": "a b", "public_key": "x"})).expect("registered");
    api.call("GET", "/v1/agents/resolve?agent_id=a%20b", None).is(200, "X25519");
}

#[test]
fn a_transfer_request_is_checked_field_by_field() {
    let sandbox = start_with(|config| config.max_file_bytes = 1000);
    let api = agentdrop(&sandbox);
    let refused = |change: &dyn Fn(&mut Value), field: &str| {
        let mut body = transfer_of(&[("a", 5)]);
        change(&mut body);
        let reply = api.call("POST", "/v1/transfers/presigned", Some(body));
        let details = reply.is(400, "VALIDATION_ERROR").json()["error"]["details"].clone();
        let fields: Vec<&Value> =
            details.as_array().expect("details").iter().map(|one| &one["field"]).collect();
        assert!(fields.iter().any(|found| *found == field), "{fields:?}");
    };
    refused(&|body| body["colour"] = json!(1), "colour");
    refused(&|body| body["mode"] = json!("human-to-human"), "mode");
    refused(&|body| body["sender"] = json!(7), "sender");
    refused(&|body| body["files"] = json!([]), "files");
    refused(&|body| body["files"][0]["size"] = json!("5"), "files[0].size");
    refused(&|body| body["files"][0]["path"] = json!("/"), "files[0].path");
    refused(&|body| body["max_downloads"] = json!(1001), "max_downloads");
    refused(&|body| body["expires_in"] = json!("1w"), "expires_in");
    refused(&|body| body["is_encrypted"] = json!(true), "encrypted_key");
    refused(&|body| body["is_encrypted"] = json!(true), "files[0].encryption_iv");

    let large = transfer_of(&[("a", 1001)]);
    api.call("POST", "/v1/transfers/presigned", Some(large)).is(413, "FILE_TOO_LARGE");

    let url = sandbox.api_url() + "/v1/transfers/presigned";
    let key = format!("Bearer {}", sandbox.agentdrop_api_key());
    let body = transfer_of(&[("a", 5)]).to_string();
    send("POST", &url, &[("Authorization", &key)], body.as_bytes()).is(400, "Content-Type");
}

#[test]
fn downloads_are_counted() {
    let sandbox = start();
    let api = agentdrop(&sandbox);
    let mut body = transfer_of(&[("a", 0)]);
    body["max_downloads"] = json!(1);
    let ticket = api.call("POST", "/v1/transfers/presigned", Some(body)).json();
    let id = ticket["id"].as_str().expect("an id");
    let url = ticket["upload_urls"][0]["upload_url"].as_str().expect("a URL");
    send("PUT", url, &[TEXT], b"").is(200, "");
    let download = format!("/v1/transfers/{id}/download");
    api.call("GET", &download, None).is(404, "NOT_FOUND");
    api.call("POST", &format!("/v1/transfers/{id}/confirm"), None).is(200, "");
    let reply = api.call("GET", &download, None).is(200, "").json();
    assert_eq!(reply["downloads_remaining"], 0);
    api.call("GET", &download, None).is(410, "GONE");
}

#[test]
fn the_control_endpoint_does_what_the_library_does() {
    let sandbox = start();
    let control = sandbox.control_url();
    let call = |method: &str, path: &str, body: &str| {
        send(method, &format!("{control}{path}"), &[("Content-Type", "application/json")], body.as_bytes())
    };
    call("GET", "/healthz", "").is(200, "");
    call("POST", "/settings", r#"{"upload_expires_in": 77, "fields": [["x-amz-meta-a", "b"]]}"#).is(200, "");
    call("POST", "/settings", r#"{"colour": 1}"#).is(400, "unknown setting");
    let ticket = initiate(&sandbox);
    assert!(ticket.fields.contains(&("x-amz-meta-a".into(), "b".into())));
    call("POST", "/faults", r#"{"on": "nothing", "do": {"lose_reply": true}}"#).is(400, "unknown operation");
    call("POST", "/faults", r#"{"on": "put", "do": {}}"#).is(400, "no action");
    assert_eq!(call("GET", "/requests", "").json(), sandbox.requests());
    call("POST", "/reset", "").is(200, "");
    assert_eq!(sandbox.requests(), json!([]));
    ticket.post(b"zip").is(204, "");
    assert_eq!(call("GET", "/objects", "").json(), sandbox.objects());
}
