//! A program that has clients and has not used them pays for no thread and no file descriptor. One test,
//! since both are the process's own.

use std::collections::BTreeMap;
use std::path::PathBuf;

use dropoff::{AgentDrop, HCompany, IntegrityCheck, Options, PutRequest, Source, Storage};

/// Nobody listens there.
const NOWHERE: &str = "http://127.0.0.1:1";

#[test]
fn clients_have_no_thread_and_no_descriptor_before_their_first_use() {
    let before = (threads(), descriptors());
    let options = Options::new()
        .trusted_storage([NOWHERE])
        .and_then(|o| o.concurrency(8))
        .and_then(|o| o.max_attempts(1))
        .expect("good options")
        .integrity_check(IntegrityCheck::On);
    let h = HCompany::builder().base_url(NOWHERE).api_key("k").options(options.clone());
    let d = AgentDrop::builder().base_url(NOWHERE).api_key("k").options(options.clone());
    let clients = (h.build().expect("a client"), d.build().expect("a client"), Storage::new(options));
    let copies = clients.clone();
    assert_eq!((threads(), descriptors()), before);

    // Both are seen where there are some.
    let put = PutRequest::new(format!("{NOWHERE}/k"), Source::memory(vec![7; 10]));
    clients.2.put(put).expect_err("nobody is there");
    assert!(threads() > before.0);
    assert!(descriptors().len() > before.1.len());
    drop(copies);
}

fn threads() -> usize {
    std::fs::read_dir("/proc/self/task").expect("procfs").count()
}

/// By number, what each is. The one that reads the folder is gone when it is looked at.
fn descriptors() -> BTreeMap<String, PathBuf> {
    let open = std::fs::read_dir("/proc/self/fd").expect("procfs").flatten();
    open.filter_map(|entry| {
        let to = std::fs::read_link(entry.path()).ok()?;
        let own = to.starts_with("/proc") && to.ends_with("fd");
        (!own).then(|| (entry.file_name().to_string_lossy().into_owned(), to))
    })
    .collect()
}
