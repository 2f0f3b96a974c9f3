//! How the shared library is linked.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    if std::env::var("CARGO_CFG_TARGET_OS").as_deref() == Ok("linux") {
        // Programs remember this name. Its number changes when a program would have to be compiled anew.
        println!("cargo::rustc-cdylib-link-arg=-Wl,-soname,libdropoff.so.0");
        // dlclose() would take the code away from under the runtime's threads, so it does nothing.
        println!("cargo::rustc-cdylib-link-arg=-Wl,-z,nodelete");
    }
}
