//! Who there is to send to.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde_json::{Value, json};

use crate::client::*;

const RESOLVE: &str = "/v1/agents/resolve?agent_id=";

fn key(byte: u8) -> String {
    BASE64.encode([byte; 32])
}

fn twins() -> Value {
    json!([
        {"agent_id": "twin", "account_id": "11111111-1111-4111-8111-111111111111",
         "account_name": "Acme & Co", "email": "ethan+a@gmail.com", "public_key": key(1), "key_version": 3},
        {"agent_id": "twin", "account_id": "22222222-2222-4222-8222-222222222222",
         "account_name": "Other", "email": "x@example.com", "public_key": null},
    ])
}

#[test]
fn an_agent_of_two_accounts_is_ambiguous() {
    let sandbox = start();
    let api = agentdrop(&sandbox);
    let resolve = |query: &str| api.call("GET", &format!("{RESOLVE}{query}"), None);
    resolve("twin").is(404, "NOT_FOUND");
    sandbox.register_agent(twins()).expect("registered");

    let error = resolve("twin").is(400, "AMBIGUOUS_RECIPIENT").json()["error"].clone();
    assert_eq!(error["status"], 400);
    assert_eq!(
        error["candidates"],
        json!([
            {"account_id": "11111111-1111-4111-8111-111111111111", "account_name": "Acme & Co",
             "email_masked": "et***@gmail.com"},
            {"account_id": "22222222-2222-4222-8222-222222222222", "account_name": "Other",
             "email_masked": "x***@example.com"},
        ])
    );
    for account in ["ethan%2Ba%40gmail.com", "11111111-1111-4111-8111-111111111111", "Acme%20%26%20Co"] {
        let agent = resolve(&format!("twin&account={account}")).is(200, "").json();
        assert_eq!((&agent["public_key"], &agent["key_version"]), (&json!(key(1)), &json!(3)));
        assert_eq!(agent["public_key_algorithm"], "X25519");
        assert!(agent.get("email").is_none() && agent.get("account_id").is_none());
    }
    // Not encoded: a space, and the end of the value.
    resolve("twin&account=ethan+a@gmail.com").is(404, "NOT_FOUND");
    resolve("twin&account=Acme & Co".replace(' ', "%20").as_str()).is(404, "NOT_FOUND");
    let keyless = resolve("twin&account=x%40example.com").is(200, "").json();
    assert_eq!(keyless["public_key"], Value::Null);
    api.call("GET", "/v1/agents/resolve", None).is(400, "agent_id");

    let mut body = transfer_of(&[("a", 1)]);
    body["recipient"] = json!("twin");
    for path in ["/v1/transfers/presigned", "/v1/transfers/presigned/multipart"] {
        let mut body = body.clone();
        if path.ends_with("multipart") {
            body["files"][0]["part_size"] = json!(PART);
        }
        api.call("POST", path, Some(body.clone())).is(400, "AMBIGUOUS_RECIPIENT");
        body["recipient_account"] = json!("Nobody");
        api.call("POST", path, Some(body.clone())).is(404, "NOT_FOUND");
        body["recipient_account"] = json!("Acme & Co");
        api.call("POST", path, Some(body)).is(200, "id");
    }
}

#[test]
fn the_control_endpoint_takes_agents() {
    let sandbox = start();
    let control = format!("{}/agents", sandbox.control_url());
    send("POST", &control, &[], twins().to_string().as_bytes()).is(200, "ok");
    send("POST", &control, &[], br#"{"agent_id": "plain"}"#).is(200, "ok");
    send("POST", &control, &[], br#"{"agent_id": "plain", "key_version": 2}"#).is(200, "ok");
    let known = send("GET", &control, &[], b"").is(200, "").json();
    let names: Vec<&Value> =
        known.as_array().expect("a list").iter().map(|agent| &agent["agent_id"]).collect();
    assert_eq!(names, ["twin", "twin", "plain"]);
    assert_eq!(known[2]["key_version"], 2);
    assert_eq!(known[0]["email"], "ethan+a@gmail.com");
    for wrong in
        ["7", "{}", r#"{"agent_id": 1}"#, r#"{"agent_id": "a", "public_key": 1}"#, r#"[{"email": "a"}]"#]
    {
        send("POST", &control, &[], wrong.as_bytes()).is(400, "error");
    }
}

#[test]
fn an_agent_registers_itself_once() {
    let sandbox = start();
    let api = agentdrop(&sandbox);
    let body = || json!({"agent_id": "me.1", "public_key": key(7), "public_key_algorithm": "X25519"});
    let register = |body: Value| api.call("POST", "/v1/agents/register", Some(body));
    let refused = |name: &str, value: Value| {
        let mut body = body();
        body[name] = value;
        register(body).is(400, "VALIDATION_ERROR").is(400, name);
    };
    refused("agent_id", json!("a b"));
    refused("public_key", json!(BASE64.encode([7; 31])));
    refused("public_key", json!(key(0)));
    refused("public_key_algorithm", json!("RSA"));
    refused("private_key", json!(key(1)));
    refused("metadata", json!(1));

    let agent = register(body()).is(201, "").json();
    assert_eq!((&agent["agent_id"], &agent["public_key"]), (&json!("me.1"), &json!(key(7))));
    assert_eq!((&agent["connection_status"], &agent["key_version"]), (&json!("connected"), &json!(1)));
    register(body()).is(409, "AGENT_EXISTS");
    let resolved = api.call("GET", &format!("{RESOLVE}me.1"), None).is(200, "").json();
    assert_eq!((&resolved["public_key"], &resolved["agent_uuid"]), (&json!(key(7)), &agent["agent_uuid"]));

    let inbox = format!("/v1/agents/{}/inbox", text(&agent["agent_uuid"]));
    assert_eq!(text(&agent["inbox_url"]), sandbox.api_url() + &inbox);
    let mut body = transfer_of(&[("a", 0)]);
    body["recipient"] = json!("me.1");
    let ticket = api.call("POST", "/v1/transfers/presigned", Some(body)).is(200, "").json();
    assert_eq!(api.call("GET", &inbox, None).json(), json!({"transfers": []}));
    let pending = api.call("GET", &format!("{inbox}?status=pending&limit=5"), None).is(200, "").json();
    assert_eq!(pending["transfers"][0]["id"], ticket["id"]);
    api.call("GET", &format!("{inbox}?limit=0"), None).is(400, "limit");
    api.call("GET", "/v1/agents/nobody/inbox", None).is(404, "NOT_FOUND");
}

#[test]
fn a_channel_joins_two_agents_with_keys() {
    let sandbox = start();
    let api = agentdrop(&sandbox);
    let open = |one: &str, other: &str| {
        let body = json!({"agent_id": one, "target_agent_id": other});
        api.call("POST", "/v1/channels", Some(body))
    };
    sandbox.register_agent(twins()).expect("registered");
    for (id, public_key) in [("a", json!(key(1))), ("b", json!(key(2))), ("keyless", Value::Null)] {
        sandbox.register_agent(json!({"agent_id": id, "public_key": public_key})).expect("registered");
    }
    let stranger = json!({"agent_id": "far", "account_id": "3", "public_key": key(3)});
    sandbox.register_agent(stranger).expect("registered");

    open("a", "nobody").is(404, "NOT_FOUND");
    open("a", "twin").is(400, "AMBIGUOUS_RECIPIENT");
    assert_eq!(open("a", "keyless").json()["status"], "pending");
    assert_eq!(open("a", "far").json()["status"], "pending");
    let channel = open("a", "b").is(201, "").json();
    assert_eq!((&channel["status"], &channel["their_public_key"]), (&json!("active"), &json!(key(2))));
    let back = open("b", "a").json();
    assert_eq!((&back["id"], &back["their_public_key"]), (&channel["id"], &json!(key(1))));

    let one = api.call("GET", &format!("/v1/channels/{}", text(&channel["id"])), None).is(200, "").json();
    assert_eq!((&one["agent_a_public_key"], &one["agent_b_public_key"]), (&json!(key(1)), &json!(key(2))));
    assert_eq!(api.call("GET", "/v1/channels", None).json(), json!({"channels": [one]}));
    api.call("GET", "/v1/channels/ch_none", None).is(404, "NOT_FOUND");
    api.call("POST", "/v1/channels", Some(json!({"agent_id": "a", "to": "b"}))).is(400, "target_agent_id");
}
