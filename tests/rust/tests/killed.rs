//! A large sealed transfer whose process is killed again and again, and begun again each time.

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use aws_lc_rs::{agreement, hkdf};
use dropoff_sandbox::{Config, Sandbox};
use serde_json::{Value, json};

const PART: u64 = 8 << 20;
const CONCURRENCY: u64 = 4;
const KILLS: u64 = 20;

fn client(file: &Path, journal: &Path, sandbox: &Sandbox) -> Child {
    let ready = json!({
        "api_url": sandbox.api_url(),
        "storage_url": sandbox.storage_url(),
        "h_api_key": sandbox.h_api_key(),
        "agentdrop_api_key": sandbox.agentdrop_api_key(),
        "ca_file": null,
    });
    let flags = format!("sealed,parts,journal={},concurrency={CONCURRENCY}", journal.display());
    Command::new(env!("CARGO_BIN_EXE_measure"))
        .args(["send", &flags, &file.display().to_string(), &ready.to_string()])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the client runs")
}

#[test]
fn killed_at_random_it_goes_on_each_time() {
    let size: u64 = 600_000_000;
    let folder = tempfile::tempdir().expect("a folder");
    let (file, journal) = (folder.path().join("large.bin"), folder.path().join("journal"));
    let mut plain = vec![0; size as usize];
    fastrand::Rng::with_seed(5).fill(&mut plain);
    std::fs::write(&file, &plain).expect("written");

    let sandbox = dropoff_tests::sandbox(Config::default());
    // Some 20 s for all of it, so that it is never done before the last kill.
    sandbox.change_settings(json!({"connection_rate": 8_000_000})).expect("good settings");
    let mut dice = fastrand::Rng::new();
    for kill in 0..KILLS {
        let mut child = client(&file, &journal, &sandbox);
        std::thread::sleep(Duration::from_millis(dice.u64(50..1000)));
        let over = child.try_wait().expect("a child");
        assert!(over.is_none(), "it ended before kill {kill}: {}", said(child));
        child.kill().expect("SIGKILL");
        child.wait().expect("gone");
    }
    sandbox.change_settings(json!({"connection_rate": 0})).expect("good settings");
    let child = client(&file, &journal, &sandbox);
    let done = said(child);
    assert_eq!(done["done"]["status"], "active", "{done}");
    assert!(!journal.exists(), "the journal is left over");

    let requests = sandbox.requests();
    let log = requests.as_array().expect("a log");
    let of = |op: &str| log.iter().filter(|r| r["op"] == op).count();
    assert_eq!((of("presign_multipart"), of("abort_multipart")), (1, 0), "one transfer from start to end");
    let sent: u64 =
        log.iter().filter(|r| r["op"] == "put_part").filter_map(|r| r["body_bytes"].as_u64()).sum();
    let most = size * 115 / 100 + KILLS * CONCURRENCY * PART;
    println!("{KILLS} kills: {sent} bytes sent for a file of {size}, at most {most}");
    assert!(sent < most, "{sent} bytes were sent, more than {most}");

    let transfer = sandbox.transfers()[0].clone();
    let key = unwrapped(transfer["encrypted_key"].as_str().expect("a key"));
    let iv = transfer["files"][0]["encryption_iv"].as_str().expect("a nonce");
    let nonce = Nonce::try_assume_unique_for_key(&from_base64(iv)).expect("a nonce");
    key.seal_in_place_append_tag(nonce, Aad::empty(), &mut plain).expect("sealed at once");
    let objects = sandbox.objects();
    assert_eq!(objects[0]["size"], json!(plain.len()));
    assert_eq!(objects[0]["sha256"], json!(dropoff_tests::sources::sha256(&plain)));
}

/// What the client printed.
fn said(child: Child) -> Value {
    let output = child.wait_with_output().expect("it ends");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).expect("figures")
}

/// The transfer's key, as the recipient gets it: by another way than the library's.
fn unwrapped(encrypted_key: &str) -> LessSafeKey {
    let own = agreement::PrivateKey::from_private_key(
        &agreement::X25519,
        &from_base64(dropoff_tests::RECIPIENT_KEY),
    )
    .expect("a key");
    let sender = dropoff::KeyPair::from_private_key(dropoff_tests::SENDER_KEY).expect("a key").public_key();
    let sender = agreement::UnparsedPublicKey::new(&agreement::X25519, from_base64(&sender));
    let wrap = agreement::agree(&own, sender, (), |shared| {
        let mut key = [0; 32];
        let info = [b"agentdrop-file-transfer-v1".as_slice()];
        let derived = hkdf::Salt::new(hkdf::HKDF_SHA256, &[0; 32]).extract(shared);
        derived.expand(&info, hkdf::HKDF_SHA256).and_then(|okm| okm.fill(&mut key)).expect("derived");
        Ok(key)
    });
    let gcm = |key: &[u8]| LessSafeKey::new(UnboundKey::new(&AES_256_GCM, key).expect("a key"));
    let mut wrapped = from_base64(encrypted_key);
    let mut sealed = wrapped.split_off(12);
    let nonce = Nonce::try_assume_unique_for_key(&wrapped).expect("a nonce");
    let opened = gcm(&wrap.expect("agreed")).open_in_place(nonce, Aad::empty(), &mut sealed).expect("opened");
    gcm(opened)
}

fn from_base64(text: &str) -> Vec<u8> {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.decode(text).expect("base64")
}
