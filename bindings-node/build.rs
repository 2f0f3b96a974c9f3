//! Linker settings of a Node module, and where its macros write the TypeScript of what they export.

use std::path::PathBuf;
use std::{env, fs};

fn main() {
    napi_build::setup();
    // From here and not from the environment of one of the ways to build, so that they all compile the same.
    let types = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets it")).join("types");
    fs::create_dir_all(&types).expect("cargo's own folder can be written to");
    println!("cargo:rustc-env=NAPI_TYPE_DEF_TMP_FOLDER={}", types.display());
}
