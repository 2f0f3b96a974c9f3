//! The binary: one line when ready, and nothing left when it ends.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

fn serve(arguments: &[&str]) -> (Child, Value) {
    let mut child = Command::new(env!("CARGO_BIN_EXE_dropoff-sandbox"))
        .arg("serve")
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("the program starts");
    let mut line = String::new();
    BufReader::new(child.stdout.take().expect("a pipe")).read_line(&mut line).expect("a line");
    (child, serde_json::from_str(&line).expect("JSON"))
}

fn ends(mut child: Child) -> bool {
    let started = Instant::now();
    while started.elapsed() < Duration::from_secs(60) {
        if child.try_wait().expect("a child").is_some() {
            return true;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    child.kill().expect("killed");
    false
}

#[test]
fn ends_with_standard_input_and_removes_its_folder() {
    let (mut child, ready) = serve(&["--tls", "--exit-with-stdin", "--upload-expires-in", "60"]);
    let ca = ready["ca_file"].as_str().expect("a path").to_string();
    assert!(Path::new(&ca).exists());
    assert!(ready["storage_url"].as_str().is_some_and(|url| url.starts_with("https://")));
    drop(child.stdin.take());
    assert!(ends(child));
    assert!(!Path::new(&ca).exists());
}

#[test]
fn ends_with_a_signal() {
    for name in ["TERM", "INT"] {
        let paced = ["--rate", "50000000", "--forced-part-size", "52428800"];
        let (child, ready) = serve(&[&["--storage", "discard"][..], &paced].concat());
        assert_eq!(ready["ca_file"], Value::Null);
        let sent = Command::new("kill").args(["-s", name, &child.id().to_string()]).status();
        assert!(sent.expect("kill runs").success());
        assert!(ends(child));
    }
}

#[test]
fn secret_key_may_come_from_the_environment() {
    let endpoint = ["serve", "--storage", "http://127.0.0.1:1", "--access-key", "a"];
    let run = |secret: Option<&str>| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_dropoff-sandbox"));
        command.args(endpoint).arg("--exit-with-stdin").stdin(Stdio::null());
        command.env_remove("DROPOFF_SANDBOX_SECRET_KEY");
        command.envs(secret.map(|secret| ("DROPOFF_SANDBOX_SECRET_KEY", secret)));
        command.output().expect("it runs")
    };
    assert!(!run(None).status.success());
    let output = run(Some("s3cret-value"));
    assert!(output.status.success());
    assert!(!String::from_utf8_lossy(&output.stdout).contains("s3cret-value"));
}
