//! Blobs in blocks, as far as no scenario can show them.

use std::time::{Duration, Instant};

use dropoff::{AgentDrop, ErrorKind, File, Outcome, PutRequest, Source, Storage, Transfer};
use dropoff_sandbox::Config;
use serde_json::json;

const PART: usize = 5 << 20;

#[test]
fn a_call_that_is_stopped_between_two_blocks_stored_nothing() {
    let sandbox = dropoff_tests::sandbox(Config::default());
    sandbox.change_settings(json!({"dialect": "azure"})).expect("a dialect");
    let bytes = vec![7; 3 * PART];
    let service =
        AgentDrop::builder().base_url(sandbox.api_url()).api_key(sandbox.agentdrop_api_key().to_owned());
    let service = service.options(dropoff_tests::options(&sandbox)).build().expect("a client");
    let file = File::new(Source::memory(bytes.clone())).name("raw.bin");
    let ticket = service.presign(Transfer::new("a", "b").file(file)).expect("a ticket").reveal();
    let url = ticket["upload_urls"][0]["upload_url"].as_str().expect("a URL").to_owned();

    sandbox.order(json!({"on": "put_block", "skip": 1, "do": {"delay_ms": 20_000}})).expect("an order");
    let options = dropoff_tests::options(&sandbox).part_size(PART as u64);
    let options = options.and_then(|o| o.multipart_threshold(PART as u64)).and_then(|o| o.concurrency(1));
    let storage = Storage::new(options.expect("options"));
    let job = storage.start_put(PutRequest::new(url, Source::memory(bytes))).expect("a job");
    // One at a time: the second one is sent once the first was answered.
    let blocks = || {
        let requests = sandbox.requests();
        let log = requests.as_array().cloned().unwrap_or_default();
        log.iter().filter(|request| request["op"] == "put_block").count()
    };
    let started = Instant::now();
    while blocks() < 2 {
        assert!(started.elapsed() < Duration::from_secs(60), "no second block came");
        std::thread::sleep(Duration::from_millis(5));
    }
    job.cancel();
    let error = job.wait().expect_err("cancelled");
    assert_eq!((error.kind(), error.outcome()), (ErrorKind::Cancelled, Outcome::NotCompleted), "{error:?}");
    assert!(!error.message().contains("everything was sent"), "{error}");
}
