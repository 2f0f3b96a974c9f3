//! The process whose system calls, allocations and instructions `tests/costs` counts: `costs JOB`, one JSON
//! object. Its figures are differences between two runs that differ in size alone, so it does nothing beside
//! the calls, and measures nothing itself.
//!
//! `{"do", "url", "file", "count", "ca_file", "storage_url", "api_url", "api_key"}`, where `do` is
//!
//! * `put`: `count` raw PUTs of `file`, one after another on one client;
//! * `parts`: `file` by `put_parts`, in parts of the default size;
//! * `sealed`: `file` as a transfer that is sealed, and sent whole;
//! * `many`: a transfer of `file`, `count` times.

use dropoff::{
    AgentDrop, File, IntegrityCheck, Options, PutPartsRequest, PutRequest, Source, Storage, Transfer,
};
use serde_json::Value;

/// The default, and what the parts' URLs are counted by.
const PART_SIZE: u64 = 8 * 1024 * 1024;

fn main() {
    let job = std::env::args().nth(1).expect("a job");
    let job: Value = serde_json::from_str(&job).expect("JSON");
    let text = |name: &str| job[name].as_str().unwrap_or_else(|| panic!("the job has no {name}")).to_owned();
    let mut options = Options::new()
        .trusted_storage([text("storage_url")])
        .expect("an origin")
        // Its digests would drown what is counted.
        .integrity_check(IntegrityCheck::Off);
    if let Some(file) = job["ca_file"].as_str() {
        options = options.ca_file(file).expect("a PEM file");
    }
    let count = job["count"].as_u64().unwrap_or(1);
    match text("do").as_str() {
        "put" => put(&Storage::new(options), &text("url"), &text("file"), count),
        "parts" => put_parts(&Storage::new(options), &text("url"), &text("file")),
        "sealed" | "many" => {
            let client = AgentDrop::builder().base_url(text("api_url")).api_key(text("api_key"));
            let client = client.options(options).build().expect("a client");
            send(&client, transfer(&text("do"), &text("file"), count));
        }
        other => panic!("do is {other:?}"),
    }
}

fn put(storage: &Storage, url: &str, file: &str, count: u64) {
    for number in 0..count {
        let stored =
            storage.put(PutRequest::new(format!("{url}/{number}"), Source::path(file))).expect("stored");
        assert_eq!((stored.bytes, stored.attempts), (length(file), 1), "a retry would be counted");
    }
}

fn put_parts(storage: &Storage, url: &str, file: &str) {
    let urls = (1..=length(file).div_ceil(PART_SIZE)).map(|number| format!("{url}/{number}"));
    let stored = storage.put_parts(PutPartsRequest::new(urls, Source::path(file))).expect("stored");
    assert_eq!((stored.bytes, stored.part_size), (length(file), PART_SIZE));
}

fn transfer(what: &str, file: &str, count: u64) -> Transfer {
    let transfer = (0..count).fold(Transfer::new("sender-agent", "recipient-agent"), |transfer, number| {
        transfer.file(File::new(Source::path(file)).name(format!("{number}.bin")))
    });
    match what {
        "sealed" => transfer.encrypt(dropoff_tests::encryption()).multipart(false),
        _ => transfer,
    }
}

fn send(client: &AgentDrop, transfer: Transfer) {
    let sent = client.send(transfer).expect("sent");
    assert_eq!(sent.status, "active");
}

fn length(file: &str) -> u64 {
    std::fs::metadata(file).expect("a file").len()
}
