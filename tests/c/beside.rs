//! Another Rust library of the same program, with a standard library of its own.

#[unsafe(no_mangle)]
pub extern "C" fn beside_panics() -> i32 {
    let caught = std::panic::catch_unwind(|| {
        let list: Vec<String> = std::env::args().collect();
        std::thread::spawn(move || list[list.len() + 7].len()).join().unwrap()
    });
    i32::from(caught.is_err())
}
