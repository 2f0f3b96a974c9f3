//! Memory stays bounded whatever the size of the file. The client is a process of its own, so that the
//! sandbox's memory is not counted.

use std::io::Write as _;
use std::process::Command;

use dropoff_sandbox::{Config, Sandbox, StorageConfig};
use serde_json::{Value, json};

/// Over the idle process; the promise of the product.
const LIMIT_KIB: u64 = 48 * 1024;

fn ready(sandbox: &Sandbox) -> Value {
    json!({
        "api_url": sandbox.api_url(),
        "storage_url": sandbox.storage_url(),
        "h_api_key": sandbox.h_api_key(),
        "agentdrop_api_key": sandbox.agentdrop_api_key(),
        "ca_file": sandbox.ca_file(),
    })
}

fn measure(what: &[&str], file: &std::path::Path, sandbox: &Sandbox) -> Value {
    measure_within(LIMIT_KIB, what, file, sandbox)
}

fn measure_within(limit: u64, what: &[&str], file: &std::path::Path, sandbox: &Sandbox) -> Value {
    let ready = ready(sandbox);
    // Enough for 64 connections and their files, and no more however many files there are.
    let output = Command::new("sh")
        .args(["-c", "ulimit -n 180 && exec \"$0\" \"$@\"", env!("CARGO_BIN_EXE_measure")])
        .args(what)
        .args([&file.display().to_string(), &ready.to_string()])
        .output()
        .expect("the client runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let figures: Value = serde_json::from_slice(&output.stdout).expect("figures");
    let over = figures["peak_kib"].as_u64().expect("peak") - figures["idle_kib"].as_u64().expect("idle");
    println!("{what:?}: peak {over} KiB over idle ({figures})");
    assert!(over <= limit, "{over} KiB over idle: {figures}");
    figures
}

/// Not a matter of memory, but it needs a process of its own too: its unnamed files find the disk full.
#[test]
fn a_full_disk_is_told() {
    let folder = tempfile::tempdir().expect("a folder");
    let shim = folder.path().join("full_disk.so");
    let source = concat!(env!("CARGO_MANIFEST_DIR"), "/../c/full_disk.c");
    let compiled = Command::new("cc").args(["-shared", "-fPIC", source, "-ldl", "-o"]).arg(&shim).status();
    assert!(compiled.expect("a C compiler").success());
    let sandbox = dropoff_tests::sandbox(Config::default());
    let output = Command::new(env!("CARGO_BIN_EXE_measure"))
        .args(["stream", source, &ready(&sandbox).to_string()])
        .env("LD_PRELOAD", &shim)
        .output()
        .expect("the client runs");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains("disk_full {") && said.contains("spool_dir"), "{said}");
}

#[test]
fn one_gib_through_put() {
    let file = tempfile::NamedTempFile::new().expect("a file");
    file.as_file().set_len(1 << 30).expect("a length");
    for tls in [false, true] {
        let sandbox =
            dropoff_tests::sandbox(Config { storage: StorageConfig::Discard, tls, ..Config::default() });
        let figures = measure(&["put"], file.path(), &sandbox);
        assert_eq!(figures["done"], json!({"bytes": 1_u64 << 30, "status": "active"}));
    }
}

#[test]
fn nine_hundred_mb_zip_through_the_form() {
    let mut file = tempfile::NamedTempFile::new().expect("a file");
    let stored = zip::write::SimpleFileOptions::default().compression_method(zip::CompressionMethod::Stored);
    let mut zip = zip::ZipWriter::new(file.as_file_mut());
    zip.start_file("Default/History", stored.large_file(true)).expect("an entry");
    let block = dropoff_tests::sources::pattern(1_000_000);
    for _ in 0..900 {
        zip.write_all(&block).expect("an entry");
    }
    zip.finish().expect("a zip");
    // Storage that keeps it, so that the service's SHA-256 is compared with ours.
    let sandbox = dropoff_tests::sandbox(Config::default());
    let figures = measure(&["form"], file.path(), &sandbox);
    assert_eq!(figures["done"]["verified"], json!(true));
}

#[test]
fn sixty_four_files_at_once() {
    let file = tempfile::NamedTempFile::new().expect("a file");
    file.as_file().set_len(16 << 20).expect("a length");
    let sandbox = dropoff_tests::sandbox(Config { storage: StorageConfig::Discard, ..Config::default() });
    let figures = measure(&["many", "64", "64"], file.path(), &sandbox);
    assert_eq!(figures["done"], json!({"files": 64, "status": "active"}));
}

#[test]
fn ten_thousand_small_files_in_one_transfer() {
    let file = tempfile::NamedTempFile::new().expect("a file");
    file.as_file().set_len(100).expect("a length");
    let sandbox = dropoff_tests::sandbox(Config { storage: StorageConfig::Discard, ..Config::default() });
    let figures = measure(&["many", "10000", "16"], file.path(), &sandbox);
    assert_eq!(figures["done"], json!({"files": 10_000, "status": "active"}));
}

/// Sealed parts fill the budget and no more; others need none of it.
#[test]
fn parts_of_a_large_file() {
    let file = tempfile::NamedTempFile::new().expect("a file");
    file.as_file().set_len(1 << 30).expect("a length");
    let folder = tempfile::tempdir().expect("a folder");
    let journal = format!("sealed,parts,journal={}", folder.path().join("journal").display());
    for (flags, budget_mib, parts) in [
        ("parts", 0, 128),
        ("parts,concurrency=64", 16, 128),
        ("sealed,parts", 64, 129),
        ("sealed,parts,memory_budget=16777216,concurrency=64", 16, 129),
        (journal.as_str(), 64, 129),
    ] {
        // Slower than it is sealed, so that parts have to wait.
        let sandbox = dropoff_tests::sandbox(Config { storage: StorageConfig::Discard, ..Config::default() });
        sandbox.change_settings(json!({"connection_rate": 150_000_000})).expect("good settings");
        let figures = measure_within((budget_mib + 32) * 1024, &["send", flags], file.path(), &sandbox);
        assert_eq!(figures["done"]["file"]["parts"], json!(parts));
    }
}

/// One part larger than the budget is sent all the same, alone.
#[test]
fn a_part_beyond_the_budget() {
    let file = tempfile::NamedTempFile::new().expect("a file");
    file.as_file().set_len(100 << 20).expect("a length");
    let sandbox = dropoff_tests::sandbox(Config { storage: StorageConfig::Discard, ..Config::default() });
    let flags = "sealed,parts,memory_budget=8388608,part_size=41943040";
    let figures = measure_within((40 + 32) * 1024, &["send", flags], file.path(), &sandbox);
    assert_eq!(figures["done"]["file"]["parts"], json!(3));
}
