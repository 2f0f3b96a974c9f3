//! The committed faces are what the core's sources make.

use std::process::Command;

#[test]
fn generated_files_are_those_of_the_sources() {
    let made = Command::new(env!("CARGO_BIN_EXE_dropoff-generate")).arg("--check").output().expect("it runs");
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
}
