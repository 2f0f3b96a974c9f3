//! A client process whose memory is measured: `measure put|form|stream|profile FILE SANDBOX_JSON` (a profile
//! is a folder, packed at the full level), or `measure many COUNT CONCURRENCY FILE SANDBOX_JSON` for the same
//! file very often in one transfer, or `measure send FLAGS FILE SANDBOX_JSON` with flags such as
//! `sealed,parts,journal=PATH,concurrency=8`. Prints one line of JSON: memory before the upload and its peak
//! during it, in KiB, and the time it took, in seconds.

use std::time::Duration;

use dropoff::{
    AgentDrop, File, HCompany, Level, OptionValue, Options, Pack, Phase, ProfileDetails, ProfileUpload,
    Source, Transfer,
};
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
    let flags: Vec<&str> = if what == "send" { args[2].split(',').collect() } else { Vec::new() };
    for (name, value) in flags.iter().filter_map(|flag| flag.split_once('=')).filter(|(n, _)| *n != "journal")
    {
        match value.parse() {
            Ok(number) => options.set(name, OptionValue::Number(number)).expect("an option"),
            Err(_) => options.set(name, OptionValue::Bool(value == "true")).expect("an option"),
        }
    }
    if let Some(ca) = sandbox["ca_file"].as_str() {
        options = options.ca_file(ca).expect("a PEM file");
    }
    let h = HCompany::builder().base_url(text("api_url")).api_key(text("h_api_key"));
    let h = h.options(options.clone()).build().expect("a client");
    let d = AgentDrop::builder().base_url(text("api_url")).api_key(text("agentdrop_api_key"));
    let d = d.options(options).build().expect("a client");

    let idle = status("VmRSS");
    let (began, spent) = (std::time::Instant::now(), cpu());
    let done = match what.as_str() {
        "put" => d
            .send(
                Transfer::new("a", "b").file(File::new(Source::path(file))).timeout(Duration::from_secs(300)),
            )
            .map(|t| json!({"bytes": t.files[0].bytes, "status": t.status})),
        "stream" => d
            .send(
                Transfer::new("a", "b").file(
                    File::new(Source::reader(std::fs::File::open(file).expect("a file"))).name("a.bin"),
                ),
            )
            .map(|t| json!({"status": t.status})),
        "send" => d
            .send(transfer(file, &flags))
            .map(|t| json!({"id": t.id, "file": t.files[0], "status": t.status})),
        "many" => d
            .send((0..number(2)).fold(Transfer::new("a", "b"), |transfer, at| {
                transfer.file(File::new(Source::path(file)).name(format!("{at}.bin")))
            }))
            .map(|t| json!({"files": t.files.len(), "status": t.status})),
        _ => {
            let details = ProfileDetails::new("m").browser("chromium", "131");
            let request = ProfileUpload::new(Source::path(file), details);
            let job = h.start_upload_profile(request.pack(Pack::new().level(Level::Full))).expect("started");
            // When packing ended, for those who want that time alone.
            let mut packed = 0.0;
            while what == "profile" && job.wait_timeout(Duration::from_millis(1)).is_none() {
                if matches!(job.progress().phase, Phase::Inspecting | Phase::Packing | Phase::Preparing) {
                    packed = began.elapsed().as_secs_f64();
                }
            }
            let done = job.wait();
            done.map(|p| json!({"bytes": p.upload.map(|u| u.bytes), "verified": p.verified, "packed": p.packed, "packed_in": packed}))
        }
    };
    let done = done.unwrap_or_else(|e| panic!("{e:?}"));
    let (wall, cpu) = (began.elapsed().as_secs_f64(), cpu() - spent);
    println!(
        "{}",
        json!({"idle_kib": idle, "peak_kib": status("VmHWM"), "wall": wall, "cpu": cpu, "done": done})
    );
}

/// One file, sent as the flags say.
fn transfer(file: &str, flags: &[&str]) -> Transfer {
    let mut transfer = Transfer::new("a", "b").file(File::new(Source::path(file)));
    for flag in flags {
        transfer = match flag.split_once('=') {
            None if *flag == "parts" => transfer.multipart(true),
            None if *flag == "whole" => transfer.multipart(false),
            None if *flag == "sealed" => transfer.encrypt(dropoff_tests::encryption()),
            Some(("journal", path)) => transfer.journal(path),
            Some(_) => transfer,
            None => panic!("unknown flag {flag}"),
        };
    }
    transfer
}

/// Seconds of processor time, all threads together.
fn cpu() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").expect("procfs");
    let after_name = stat.rsplit(')').next().expect("fields");
    let field = |at: usize| -> f64 {
        after_name.split_whitespace().nth(at).and_then(|n| n.parse().ok()).expect("a number")
    };
    // User and system time, in the 100 ticks a second that Linux tells everybody.
    (field(11) + field(12)) / 100.0
}

fn status(name: &str) -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").expect("procfs");
    let line = status.lines().find(|l| l.starts_with(name)).expect("a line");
    line.split_whitespace().nth(1).and_then(|n| n.parse().ok()).expect("a number")
}
