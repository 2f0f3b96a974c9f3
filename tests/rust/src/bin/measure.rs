//! A client process whose memory is measured: `measure put|form|stream FILE SANDBOX_JSON`, or
//! `measure many COUNT CONCURRENCY FILE SANDBOX_JSON` for the same file very often in one transfer. Prints one
//! line of JSON: memory before the upload and its peak during it, in KiB.

use std::time::Duration;

use dropoff::{AgentDrop, File, HCompany, Options, ProfileDetails, ProfileUpload, Source, Transfer};
use serde_json::{Value, json};

fn main() {
    let args: Vec<String> = std::env::args().collect();
    let ([_, what, .., file, sandbox], number) =
        (args.as_slice(), |at: usize| args[at].parse().expect("a number"))
    else {
        panic!("measure put|form FILE SANDBOX_JSON")
    };
    let sandbox: Value = serde_json::from_str(sandbox).expect("the sandbox's ready line");
    let text = |name: &str| sandbox[name].as_str().expect("text").to_owned();
    let mut options = Options::new().trusted_storage([text("storage_url")]).expect("options");
    if what == "many" {
        options = options.concurrency(number(3)).expect("a concurrency");
    }
    if let Some(ca) = sandbox["ca_file"].as_str() {
        options = options.ca_file(ca).expect("a PEM file");
    }
    let h = HCompany::builder().base_url(text("api_url")).api_key(text("h_api_key"));
    let h = h.options(options.clone()).build().expect("a client");
    let d = AgentDrop::builder().base_url(text("api_url")).api_key(text("agentdrop_api_key"));
    let d = d.options(options).build().expect("a client");

    let idle = status("VmRSS");
    let done = match what.as_str() {
        "put" => d
            .send(
                Transfer::new("a", "b").file(File::new(Source::path(file))).timeout(Duration::from_secs(300)),
            )
            .map(|t| json!({"bytes": t.files[0].size, "status": t.status})),
        "stream" => d
            .send(
                Transfer::new("a", "b").file(
                    File::new(Source::reader(std::fs::File::open(file).expect("a file"))).name("a.bin"),
                ),
            )
            .map(|t| json!({"status": t.status})),
        "many" => d
            .send((0..number(2)).fold(Transfer::new("a", "b"), |transfer, at| {
                transfer.file(File::new(Source::path(file)).name(format!("{at}.bin")))
            }))
            .map(|t| json!({"files": t.files.len(), "status": t.status})),
        _ => h
            .upload_profile(ProfileUpload::new(
                Source::path(file),
                ProfileDetails::new("m").browser("chromium", "131"),
            ))
            .map(|p| json!({"bytes": p.upload.map(|u| u.bytes), "verified": p.verified})),
    };
    let done = done.unwrap_or_else(|e| panic!("{e:?}"));
    println!("{}", json!({"idle_kib": idle, "peak_kib": status("VmHWM"), "done": done}));
}

fn status(name: &str) -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").expect("procfs");
    let line = status.lines().find(|l| l.starts_with(name)).expect("a line");
    line.split_whitespace().nth(1).and_then(|n| n.parse().ok()).expect("a number")
}
