//! How the shared library is linked.

use std::env;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    // Programs remember this name, and install.sh reads it from the library. It changes when a program
    // would have to be compiled anew, which before 1.0 a minor version may ask for.
    let [major, minor] =
        ["MAJOR", "MINOR"].map(|part| env::var(format!("CARGO_PKG_VERSION_{part}")).expect("cargo sets it"));
    let number = if major == "0" { format!("0.{minor}") } else { major };
    let arguments = match env::var("CARGO_CFG_TARGET_OS").as_deref() {
        // dlclose() would take the code away from under the runtime's threads, so it does nothing.
        Ok("linux") => vec![format!("-soname,libdropoff.so.{number}"), "-z,nodelete".to_owned()],
        // A library with thread-local values is not unloaded there. A program says where it looks.
        Ok("macos") => vec![format!("-install_name,@rpath/libdropoff.{number}.dylib")],
        _ => vec![],
    };
    for argument in arguments {
        println!("cargo::rustc-cdylib-link-arg=-Wl,{argument}");
    }
}
