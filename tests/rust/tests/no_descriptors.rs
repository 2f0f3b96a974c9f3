//! The first call of a program that has hardly a descriptor left. A crate of this workspace asks tokio for
//! signals, as many a program does, and it panics where it gets no socket pair for them. Alone in its
//! program, since descriptors are the whole program's.

use std::fs::File;

use dropoff::{ErrorKind, Options, PutRequest, Source, Storage};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

#[test]
fn a_runtime_for_which_there_is_no_descriptor_is_the_callers_to_mend() {
    let maximum = getrlimit(Resource::Nofile).maximum;
    setrlimit(Resource::Nofile, Rlimit { current: Some(64), maximum }).expect("a limit");
    let storage = Storage::new(Options::new());
    let mut hogs: Vec<File> = std::iter::from_fn(|| File::open("/dev/null").ok()).collect();
    for free in 0..6 {
        let put = PutRequest::new("https://storage.example/k", Source::memory(b"hello".to_vec()));
        let error = storage.put(put).expect_err("nothing was sent");
        assert_eq!(error.kind(), ErrorKind::Unavailable, "{free} are free: {error}");
        assert!(error.to_string().contains("ulimit -n, now 64"), "{free} are free: {error}");
        hogs.pop();
    }
}
