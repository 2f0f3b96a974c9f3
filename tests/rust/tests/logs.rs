//! What the library logs. One test, since the place logs go to is the process's own.

use std::sync::{Arc, Mutex};

use dropoff::logs::{self, LogLevel, LogRecord};
use dropoff::{File, ProfileDetails, ProfileUpload, Source, Transfer};
use dropoff_sandbox::Config;
use dropoff_tests::{agentdrop, hcompany, options, sandbox, sources};
use serde_json::json;

#[test]
fn logs_tell_what_happened_and_no_secret() {
    let seen: Arc<Mutex<Vec<LogRecord>>> = Arc::default();
    let into = Arc::clone(&seen);
    assert!(logs::forward(Some(LogLevel::Debug), move |record| into.lock().expect("lock").push(record)));

    let sandbox = sandbox(Config::default());
    for fault in [
        json!({"on": "put", "do": {"reply": {"status": 503}}}),
        json!({"on": "confirm", "do": {"lose_reply": true}}),
        json!({"on": "complete_upload", "do": {"lose_reply": true}}),
        json!({"on": "post_form", "do": {"reply": {"status": 403, "body": "<Error><Code>AccessDenied</Code><Message>Request has expired</Message></Error>"}}}),
    ] {
        sandbox.order(fault).expect("a good order");
    }
    let transfer = Transfer::new("a", "b").file(File::new(Source::memory(vec![7; 1000])).name("a.bin"));
    agentdrop(&sandbox, options(&sandbox)).send(transfer).expect("sent");
    let archive = Source::memory(sources::zip(1000));
    let details = ProfileDetails::new("p").browser("chromium", "131");
    let profile = hcompany(&sandbox, options(&sandbox))
        .upload_profile(ProfileUpload::new(archive, details))
        .expect("uploaded");
    assert_eq!(profile.abandoned_profile_ids.len(), 1);

    let records = seen.lock().expect("lock").clone();
    let text: Vec<String> = records.iter().map(|r| format!("{} {}", r.level.as_str(), r.message)).collect();
    let text = text.join("\n");
    for wanted in [
        "debug started job=1 operation=send",
        "debug the service answered job=1 operation=presign status=200",
        "debug storage answered job=1 host=127.0.0.1 status=503 bytes=1000",
        "info trying again job=1 attempt=2",
        "kind=unavailable",
        "debug done job=1 operation=send",
        "warn the upload ticket ran out and is replaced by a new one",
        "info asking whether the profile is registered",
    ] {
        assert!(text.contains(wanted), "{wanted:?} is not in\n{text}");
    }
    let lines = records.iter().all(|r| !r.message.contains('\n'));
    assert!(lines, "one line each");
    for secret in [sandbox.h_api_key(), sandbox.agentdrop_api_key(), "X-Amz", "Signature=", "policy"] {
        assert!(!text.contains(secret), "{secret:?} is in\n{text}");
    }

    // Quieter from now on.
    assert!(logs::forward(Some(LogLevel::Warn), |_| unreachable!("the first one stays")));
    seen.lock().expect("lock").clear();
    let transfer = Transfer::new("a", "b").file(File::new(Source::memory(vec![7; 1000])).name("a.bin"));
    agentdrop(&sandbox, options(&sandbox)).send(transfer).expect("sent");
    assert_eq!(*seen.lock().expect("lock"), []);
}
