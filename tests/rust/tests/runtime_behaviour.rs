//! What only Rust has, and what a scenario cannot say.

use std::collections::BTreeSet;
use std::io::Read;
use std::ops::ControlFlow;
use std::sync::mpsc;
use std::time::{Duration, Instant};

use dropoff::{
    ErrorKind, File, HCompany, IntegrityCheck, Options, Outcome, Pack, Phase, PostFormRequest,
    ProfileDetails, ProfileUpload, PutRequest, Source, Storage, Transfer,
};
use dropoff_sandbox::{Config, StorageConfig};
use dropoff_tests::{agentdrop, hcompany, options, sandbox, sources};
use serde_json::{Value, json};

fn details() -> ProfileDetails {
    ProfileDetails::new("n").browser("chromium", "131")
}

fn one_file(bytes: u64) -> Transfer {
    Transfer::new("a", "b").file(File::new(Source::memory(sources::pattern(bytes))).name("a.bin"))
}

fn log_of(sandbox: &dropoff_sandbox::Sandbox, operation: &str) -> Vec<Value> {
    let log = sandbox.requests();
    log.as_array().expect("a log").iter().filter(|r| r["op"] == operation).cloned().collect()
}

#[test]
fn the_error_table_is_the_shared_one() {
    let text =
        std::fs::read_to_string(dropoff_tests::scenario::vectors().join("errors.json")).expect("table");
    let table: Vec<Value> = serde_json::from_str(&text).expect("JSON");
    let ours: Vec<(String, u64)> =
        ErrorKind::ALL.iter().map(|k| (k.as_str().to_owned(), u64::from(k.code()))).collect();
    let shared: Vec<(String, u64)> = table
        .iter()
        .map(|r| (r["kind"].as_str().expect("kind").to_owned(), r["code"].as_u64().expect("code")))
        .collect();
    assert_eq!(ours, shared);
    assert!(ours.iter().all(|(_, code)| *code != 0));
}

#[test]
fn form_fields_arrive_in_order_and_byte_for_byte_and_the_file_last() {
    let odd = [
        ("x-amz-meta-lt", "<Tagging>&amp;"),
        ("x-ignore-crlf", "a\r\nb\nc\r"),
        ("x-amz-meta-quotes", "\"'`"),
        ("x-amz-meta-utf8", "é漢😀"),
    ];
    let fields = odd.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect();
    let sandbox = sandbox(Config { fields, ..Config::default() });
    let h = hcompany(&sandbox, options(&sandbox));
    let ticket = h.initiate_upload().expect("a ticket");
    h.upload(&ticket, sources::zip(100), &Pack::new()).expect("stored");
    let given = ticket.reveal();
    let mut wanted: Vec<Value> = given["upload_fields"]
        .as_object()
        .expect("fields")
        .iter()
        .map(|(name, value)| json!([name, value]))
        .collect();
    wanted.push(json!(["file", "<file>"]));
    assert_eq!(log_of(&sandbox, "post_form")[0]["fields"], Value::Array(wanted));
}

#[test]
fn the_key_is_in_no_request_to_storage() {
    let sandbox = sandbox(Config::default());
    agentdrop(&sandbox, options(&sandbox)).send(one_file(10)).expect("sent");
    hcompany(&sandbox, options(&sandbox))
        .upload_profile(ProfileUpload::new(sources::zip(10), details()))
        .expect("uploaded");
    let mut seen = 0;
    for request in [log_of(&sandbox, "put"), log_of(&sandbox, "post_form")].concat() {
        seen += 1;
        let text = request.to_string();
        assert!(!text.contains(sandbox.h_api_key()) && !text.contains(sandbox.agentdrop_api_key()), "{text}");
        assert_eq!(request["authorization"], json!(false));
        assert_eq!(request["content_length"], request["body_bytes"], "exact framing");
        assert_eq!(request["chunked"], json!(false));
    }
    assert_eq!(seen, 2);
    assert_eq!(log_of(&sandbox, "presign")[0]["authorization"], json!(true), "the log does see keys");
}

#[test]
fn nothing_printed_holds_a_secret() {
    let sandbox = sandbox(Config::default());
    let h = hcompany(&sandbox, options(&sandbox));
    let d = agentdrop(&sandbox, options(&sandbox));
    let form = h.initiate_upload().expect("a ticket");
    let urls = d.presign(one_file(10)).expect("a ticket");
    let url = urls.reveal()["upload_urls"][0]["upload_url"].as_str().expect("a URL").to_owned();
    let signature = url.split("X-Amz-Signature=").nth(1).expect("signed").to_owned();
    let fields = form.reveal()["upload_fields"].clone();
    let policy = fields["policy"].as_str().expect("a policy").to_owned();

    let mut printed = format!("{h:?} {d:?} {form:?} {urls:?} {:?}", HCompany::builder().api_key("hk-canary"));
    let put =
        PutRequest::new(&url, Source::memory(vec![1])).header("Content-Type", "application/octet-stream");
    printed += &format!("{put:?} {:?}", Options::new().proxy("http://u:proxy-canary@p:1").expect("options"));
    printed += &format!("{:?}", Storage::new(options(&sandbox)));
    sandbox.order(json!({"on": "put", "times": -1, "do": {"reset_after": 0}})).expect("an order");
    let error =
        Storage::new(options(&sandbox).max_attempts(1).expect("options")).put(put).expect_err("reset");
    assert_eq!(error.kind(), ErrorKind::Network);
    printed += &format!("{error} {error:?} {}", error.to_json());
    let pairs: Vec<(String, String)> = fields
        .as_object()
        .expect("fields")
        .iter()
        .map(|(n, v)| (n.clone(), v.as_str().expect("text").to_owned()))
        .collect();
    let form_url = form.reveal()["upload_url"].as_str().expect("a URL").to_owned();
    sandbox.order(json!({"on": "post_form", "do": {"reply": {"status": 403}}})).expect("an order");
    let form = PostFormRequest::new(form_url, pairs, Source::memory(vec![1]));
    printed += &format!("{form:?}");
    let error = Storage::new(options(&sandbox)).post_form(form).expect_err("refused");
    printed += &format!("{error} {error:?} {}", error.to_json());
    for secret in
        [sandbox.h_api_key(), sandbox.agentdrop_api_key(), "hk-canary", "proxy-canary", &signature, &policy]
    {
        assert!(!printed.contains(secret), "{secret} is in {printed}");
    }
}

#[test]
fn cancel_while_sending_returns_at_once_and_names_the_transfer() {
    let sandbox = sandbox(Config::default());
    sandbox.order(json!({"on": "put", "times": -1, "do": {"stall_after": 1000}})).expect("an order");
    let job = agentdrop(&sandbox, options(&sandbox)).start_send(one_file(50_000_000)).expect("a job");
    while job.progress().phase != Phase::Sending {
        std::thread::sleep(Duration::from_millis(5));
    }
    assert!(job.wait_timeout(Duration::from_millis(200)).is_none(), "it stalls");
    let asked = Instant::now();
    job.cancel();
    let error = job.wait().expect_err("cancelled");
    assert!(asked.elapsed() < Duration::from_secs(60), "{:?}", asked.elapsed());
    assert_eq!(error.kind(), ErrorKind::Cancelled);
    assert_eq!(error.outcome(), Outcome::NotCompleted);
    assert!(error.transfer_id().is_some_and(|id| id.starts_with("tr_")), "{error:?}");
}

#[test]
fn cancel_while_completing_is_unknown() {
    let sandbox = sandbox(Config::default());
    sandbox.order(json!({"on": "complete_upload", "do": {"hold": true}})).expect("an order");
    let upload = ProfileUpload::new(sources::zip(10), details());
    let job = hcompany(&sandbox, options(&sandbox)).start_upload_profile(upload).expect("a job");
    while log_of(&sandbox, "complete_upload").is_empty() {
        std::thread::sleep(Duration::from_millis(5));
    }
    job.cancel();
    let error = job.wait().expect_err("cancelled");
    assert_eq!((error.kind(), error.outcome()), (ErrorKind::Cancelled, Outcome::Unknown));
    let reserved = error.resource().expect("a reserved profile");
    assert_eq!((reserved.kind().name, Some(reserved.id())), ("profile", error.profile_id()));
    assert_eq!(error.transfer_id(), None);
}

#[test]
fn a_job_is_a_future_on_anybodys_runtime() {
    let sandbox = sandbox(Config::default());
    let job = agentdrop(&sandbox, options(&sandbox)).start_send(one_file(1000)).expect("a job");
    let theirs = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    let sent = theirs.block_on(job).expect("sent");
    assert_eq!(sent.status, "active");
}

#[test]
fn on_done_and_watch_run_off_the_runtime_and_a_break_cancels() {
    let sandbox = sandbox(Config::default());
    let d = agentdrop(&sandbox, options(&sandbox));
    let job = d.start_send(one_file(1000)).expect("a job");
    let (tell, told) = mpsc::channel();
    let also = tell.clone();
    job.on_done(move |result| {
        let thread = std::thread::current().name().map(str::to_owned);
        tell.send((thread, result.is_ok())).expect("a listener");
    });
    assert_eq!(told.recv_timeout(Duration::from_secs(60)), Ok((Some("dropoff-done".into()), true)));
    job.on_done(move |result| also.send((None, result.is_ok())).expect("a listener"));
    assert_eq!(told.recv_timeout(Duration::from_secs(60)), Ok((None, true)), "after the end too");

    let (tell, told) = mpsc::channel();
    let job = d.start_send(one_file(2_000_000)).expect("a job");
    job.watch(Duration::from_millis(1), move |p| {
        let _ = tell.send(p);
        ControlFlow::Continue(())
    });
    job.wait().expect("sent");
    let last = told.iter().last().expect("a snapshot");
    assert_eq!((last.phase, last.bytes_done, last.files_done), (Phase::Done, 2_000_000, 1));

    sandbox.order(json!({"on": "put", "times": -1, "do": {"stall_after": 1000}})).expect("an order");
    let job = d.start_send(one_file(50_000_000)).expect("a job");
    job.watch(Duration::from_millis(10), |_| ControlFlow::Break(()));
    assert_eq!(job.wait().expect_err("cancelled").kind(), ErrorKind::Cancelled);
}

#[test]
fn a_stream_that_fails_or_panics_is_told() {
    struct Bad(bool);
    impl Read for Bad {
        fn read(&mut self, _: &mut [u8]) -> std::io::Result<usize> {
            assert!(!self.0, "the reader's own defect");
            Err(std::io::Error::other("the pipe burst"))
        }
    }
    let sandbox = sandbox(Config::default());
    let d = agentdrop(&sandbox, options(&sandbox));
    let send = |bad| d.send(Transfer::new("a", "b").file(File::new(Source::reader(bad)).name("x")));
    let error = send(Bad(false)).expect_err("unreadable");
    assert_eq!(error.kind(), ErrorKind::SourceUnreadable);
    assert!(error.message().contains("the pipe burst"), "{error}");
    assert_eq!(send(Bad(true)).expect_err("a panic").kind(), ErrorKind::Internal);
}

#[test]
fn a_file_that_changes_while_it_is_sent_is_told() {
    let sandbox = sandbox(Config::default());
    let d = agentdrop(&sandbox, options(&sandbox).integrity_check(IntegrityCheck::Off));
    let folder = tempfile::tempdir().expect("a folder");
    for (name, truncated) in [("shrinks", true), ("grows", false)] {
        let path = folder.path().join(name);
        std::fs::write(&path, sources::pattern(20_000_000)).expect("a file");
        // No more of it is read than what fits the kernel's buffers.
        sandbox.order(json!({"on": "put", "do": {"hold": true}})).expect("an order");
        let job = d.start_send(Transfer::new("a", "b").file(File::new(Source::path(&path)))).expect("a job");
        while job.progress().bytes_done == 0 {
            std::thread::sleep(Duration::from_millis(1));
        }
        let file = std::fs::File::options().write(true).open(&path).expect("the file");
        file.set_len(if truncated { 1_000_000 } else { 21_000_000 }).expect("a new length");
        sandbox.clear_faults();
        let error = job.wait().expect_err("changed");
        assert_eq!(error.kind(), ErrorKind::SourceChanged, "{error:?}");
        assert!(error.message().contains(name), "{error}");
        assert_eq!(error.outcome(), Outcome::NotCompleted);
    }
    assert_eq!(log_of(&sandbox, "confirm").len(), 0);
}

#[test]
fn files_of_a_transfer_share_a_few_connections() {
    let sandbox = sandbox(Config { storage: StorageConfig::Discard, ..Config::default() });
    let d = agentdrop(&sandbox, options(&sandbox).concurrency(4).expect("options"));
    let mut transfer = Transfer::new("a", "b");
    for at in 0..200 {
        transfer = transfer.file(File::new(Source::memory(vec![0; 16 * 1024])).name(format!("{at}.bin")));
    }
    let sent = d.send(transfer).expect("sent");
    assert_eq!(sent.files.len(), 200);
    assert!(sent.files.iter().enumerate().all(|(at, f)| f.name == format!("{at}.bin")));
    let connections: BTreeSet<String> =
        log_of(&sandbox, "put").iter().map(|r| r["connection"].to_string()).collect();
    assert!(connections.len() <= 4, "{} connections", connections.len());
}

#[test]
fn progress_counts_each_byte_once_whatever_is_retried() {
    let sandbox = sandbox(Config::default());
    for action in [
        json!({"reset_after": 500_000}),
        json!({"reply": {"status": 503}}),
        json!({"patch_headers": {"ETag": "\"00000000000000000000000000000000\""}}),
        json!({"lose_reply": true}),
    ] {
        sandbox.order(json!({"on": "put", "do": action})).expect("an order");
        let job = agentdrop(&sandbox, options(&sandbox)).start_send(one_file(3_000_000)).expect("a job");
        assert_eq!(job.wait().expect("sent").files[0].attempts, 2);
        let progress = job.progress();
        assert_eq!((progress.bytes_done, progress.bytes_total, progress.retries), (3_000_000, 3_000_000, 1));
    }
}

#[test]
fn bad_options_and_addresses_are_refused_where_they_are_set() {
    let refused = |e: dropoff::Error| e.kind() == ErrorKind::InvalidInput;
    assert!(Options::new().stall_timeout(Duration::ZERO).is_err_and(refused));
    assert!(Options::new().concurrency(65).is_err_and(refused));
    assert!(Options::new().proxy("socks5://x").is_err_and(refused));
    assert!(Options::new().user_agent("a\r\nb").is_err_and(refused));
    let base = |url: &str| HCompany::builder().api_key("hk-x").base_url(url).build();
    assert!(base("http://api.example.com").is_err_and(refused));
    assert!(base("https://u:p@api.example.com").is_err_and(refused));
    assert!(HCompany::builder().api_key("hk-x").region("mars").build().is_err_and(refused));
    let h = base("https://api.example.com").expect("a client");
    assert!(h.get_profile("../../etc").is_err_and(refused));
    assert!(h.complete_upload("x", details()).is_err_and(refused));
    let id = "a1b2c3d4-5678-90ab-cdef-1234567890ab";
    assert!(h.complete_upload(id, ProfileDetails::new("n")).is_err_and(refused), "no browser");
}
