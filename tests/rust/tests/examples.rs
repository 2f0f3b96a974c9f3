//! The examples do what they say. They are built with the tests of the workspace.

use std::path::PathBuf;
use std::process::{Command, Output};

use dropoff_sandbox::{Config, Sandbox};

fn run(example: &str, sandbox: &Sandbox, args: &[PathBuf]) -> Output {
    let programs = PathBuf::from(env!("CARGO_BIN_EXE_measure"));
    let program = programs.parent().expect("a folder").join("examples").join(example);
    Command::new(&program)
        .args(args)
        .env("HAI_API_KEY", sandbox.h_api_key())
        .env("AGENTDROP_API_KEY", sandbox.agentdrop_api_key())
        .env("SANDBOX_API", sandbox.api_url())
        .env("SANDBOX_STORAGE", sandbox.storage_url())
        .output()
        .unwrap_or_else(|e| panic!("{}: {e}", program.display()))
}

fn text(output: &Output) -> String {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).into_owned()
}

#[test]
fn upload_profile() {
    let sandbox = dropoff_tests::sandbox(Config::default());
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("Local State"), "{}").expect("a file");
    let told = text(&run("upload_profile", &sandbox, &[folder.path().to_owned()]));
    assert!(told.contains("verified: true"), "{told}");
}

#[test]
fn send_files() {
    let sandbox = dropoff_tests::sandbox(Config::default());
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("report.pdf");
    std::fs::write(&file, "%PDF").expect("a file");
    let told = text(&run("send_files", &sandbox, &[file]));
    assert!(told.contains("is active") && told.contains("report.pdf 4 bytes verified: true"), "{told}");
}
