//! Edges that once were wrong, each as small as it can be shown.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::mpsc;
use std::time::Duration;

use dropoff::{AgentDrop, ErrorKind, File, Options, PostFormRequest, PutRequest, Source, Storage, Transfer};
use dropoff_sandbox::{Config, StorageConfig};
use dropoff_tests::misbehaving_server::{Behaviour, MisbehavingServer, reply};
use dropoff_tests::{agentdrop, options, sandbox, sources};
use serde_json::json;

fn one_file(bytes: u64) -> Transfer {
    Transfer::new("a", "b").file(File::new(Source::memory(sources::pattern(bytes))).name("a.bin"))
}

fn server(reply: String) -> (MisbehavingServer, Storage) {
    let server =
        MisbehavingServer::start(Behaviour { take: 0, reply, continues: true, tls: false, lingers: false });
    let options =
        Options::new().trusted_storage([server.origin()]).and_then(|o| o.max_attempts(1)).expect("options");
    (server, Storage::new(options))
}

#[test]
fn a_file_the_system_makes_up_is_not_sent_as_nothing() {
    let sandbox = sandbox(Config::default());
    let transfer = Transfer::new("a", "b").file(File::new(Source::path("/proc/cpuinfo")));
    let error = agentdrop(&sandbox, options(&sandbox)).send(transfer).expect_err("no size");
    assert_eq!(error.kind(), ErrorKind::SourceUnreadable);
    assert!(error.message().contains("/proc/cpuinfo"), "{error}");
}

#[test]
fn a_server_that_says_continue_for_ever_is_left() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let origin = format!("http://{}", listener.local_addr().expect("an address"));
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            std::thread::spawn(move || {
                let _ = stream.read(&mut [0; 4096]);
                loop {
                    if stream.write_all(b"HTTP/1.1 100 Continue\r\n\r\n").is_err() {
                        return;
                    }
                    std::thread::sleep(Duration::from_millis(100));
                }
            });
        }
    });
    let limit = Duration::from_millis(600);
    let options = Options::new()
        .trusted_storage([origin.clone()])
        .and_then(|o| o.max_attempts(1)?.stall_timeout(limit)?.response_timeout(limit))
        .expect("options");
    let put = PutRequest::new(format!("{origin}/k"), Source::memory(vec![0; 30_000_000]));
    let error = Storage::new(options).put(put).expect_err("no reply");
    assert_eq!(error.kind(), ErrorKind::Timeout, "{error:?}");
}

#[test]
fn what_a_peer_quotes_back_is_hidden() {
    let sandbox = sandbox(Config::default());
    let key = sandbox.agentdrop_api_key().to_owned();
    let d = agentdrop(&sandbox, options(&sandbox));
    let code = format!("Bearer {key}");
    let body = json!({"error": {"code": code, "message": format!("bad header Bearer {key}"),
        "details": [{"field": "authorization", "message": key}]}});
    sandbox
        .order(json!({"on": "presign", "do": {"reply": {"status": 401, "body": body}}}))
        .expect("an order");
    let error = d.send(one_file(1)).expect_err("refused");
    assert!(!format!("{error:?}").contains(&key), "{error:?}");

    // JSON and XML write some characters in ways of their own.
    let odd = r#"hk-"canary-key"\+/=%41&<'~"#;
    let body =
        json!({"error": {"code": odd, "message": format!("bad key {odd}")}}).to_string().replace('/', "\\/");
    let order = json!({"on": "presign", "do": {"reply": {"status": 400, "body": body, "headers": {"x-request-id": odd}}}});
    sandbox.order(order).expect("an order");
    let builder = dropoff::AgentDrop::builder().base_url(sandbox.api_url()).api_key(odd);
    let error = builder.build().expect("a client").send(one_file(1)).expect_err("refused");
    assert!(!format!("{error:?}").contains("canary"), "{error:?}");
    let quoted = "<Error><Code>X</Code><Message>got canary &amp; &lt;signature&gt; é</Message></Error>";
    let (quoting, storage) = server(reply("400 Bad Request", quoted));
    let secret = "canary & <signature> é";
    let put = PutRequest::new(format!("{}/k", quoting.origin()), Source::memory(vec![1]))
        .header("x-amz-token", secret);
    let error = storage.put(put).expect_err("refused");
    assert!(!format!("{error:?}").contains("canary"), "{error:?}");

    // A parser quotes what it cannot read, and that can be a signed URL.
    let body = json!({"id": "tr_1", "upload_urls": ["https://s.example/k?X-Amz-Signature=canary-sig"]});
    sandbox
        .order(json!({"on": "presign", "do": {"reply": {"status": 200, "body": body}}}))
        .expect("an order");
    let error = d.send(one_file(1)).expect_err("unreadable");
    assert!(!format!("{error:?}").contains("canary"), "{error:?}");

    for body in [
        "<html>The requested URL PUT /k?X-Amz-Signature=canary-signature was not found",
        "<Error><Code>X</Code><Message>got canary-signature</Message></Error>",
        "no such thing: /k?X-Amz-Signature=canary-signature",
    ] {
        let (server, storage) = server(reply("404 Not Found", body));
        let url = format!("{}/k?X-Amz-Signature=canary-signature", server.origin());
        let error = storage.put(PutRequest::new(url, Source::memory(vec![1]))).expect_err("refused");
        assert!(!format!("{error:?}").contains("canary"), "{error:?}");
        let fields = [("x-amz-security-token", "canary-signature")];
        let form = PostFormRequest::new(format!("{}/", server.origin()), fields, Source::memory(vec![1]));
        let error = storage.post_form(form).expect_err("refused");
        assert!(!format!("{error:?}").contains("canary"), "{error:?}");
    }
}

#[test]
fn a_peer_cannot_make_an_error_long() {
    let sandbox = sandbox(Config::default());
    let long = "x".repeat(300_000);
    let body =
        json!({"error": {"code": long, "message": long, "details": [{"field": long, "message": long}]}});
    sandbox
        .order(json!({"on": "presign", "do": {"reply": {"status": 400, "body": body}}}))
        .expect("an order");
    let error = agentdrop(&sandbox, options(&sandbox)).send(one_file(1)).expect_err("refused");
    assert!(error.to_json().to_string().len() < 4000, "{}", error.to_json().to_string().len());
}

#[test]
fn a_transfer_of_many_files_has_a_long_reply() {
    let sandbox = sandbox(Config { storage: StorageConfig::Discard, ..Config::default() });
    let mut transfer = Transfer::new("a", "b");
    for at in 0..2500 {
        transfer = transfer.file(File::new(Source::memory(vec![1])).name(format!("{at}.bin")));
    }
    let sent = agentdrop(&sandbox, options(&sandbox)).send(transfer).expect("sent");
    assert_eq!(sent.files.len(), 2500);
}

#[test]
fn a_form_that_asked_for_a_redirect_is_done_when_it_gets_one() {
    let answer = "HTTP/1.1 303 See Other\r\nLocation: https://app.example/done?bucket=b&key=k\r\n\
                  Content-Length: 0\r\n\r\n";
    let (server, storage) = server(answer.to_owned());
    let form = |fields: Vec<(&str, &str)>| {
        PostFormRequest::new(format!("{}/", server.origin()), fields, Source::memory(vec![1]))
    };
    let asked = vec![("key", "k"), ("success_action_redirect", "https://app.example/done")];
    storage.post_form(form(asked)).expect("stored");
    let error = storage.post_form(form(vec![("key", "k")])).expect_err("nobody asked for it");
    assert_eq!(error.kind(), ErrorKind::StorageRefused, "{error:?}");

    // Said before the file was read, it is as little a success as an early 200.
    let fields = vec![("key", "k"), ("success_action_redirect", "https://app.example/done")];
    let early =
        PostFormRequest::new(format!("{}/", server.origin()), fields, Source::memory(vec![0; 30_000_000]));
    let error = storage.post_form(early).expect_err("too early");
    assert_eq!(error.kind(), ErrorKind::Network, "{error:?}");
    for to in ["", "https://app.example/don"] {
        let error = storage.post_form(form(vec![("key", "k"), ("success_action_redirect", to)]));
        let error = error.expect_err("another place");
        assert_eq!(error.kind(), ErrorKind::StorageRefused, "{to:?}: {error:?}");
    }
}

#[test]
fn a_service_on_this_machine_is_not_asked_through_a_proxy() {
    // A proxy that nobody runs: a call that went to it would fail. The key would be in the clear there.
    let sandbox = sandbox(Config::default());
    let through = options(&sandbox).proxy("http://127.0.0.1:1").expect("options");
    let d = AgentDrop::builder().base_url(sandbox.api_url()).api_key(sandbox.agentdrop_api_key());
    let d = d.options(through.max_attempts(1).expect("options")).build().expect("a client");
    let error = d.get_transfer("tr_1").expect_err("unknown");
    assert_eq!(error.kind(), ErrorKind::NotFound, "{error:?}");
}

#[test]
fn waiting_without_end_and_callbacks_that_panic_are_survived() {
    let sandbox = sandbox(Config::default());
    let job = agentdrop(&sandbox, options(&sandbox)).start_send(one_file(1000)).expect("a job");
    let (tell, told) = mpsc::channel();
    job.on_done(|_| panic!("the caller's own defect"));
    job.on_done(move |result| tell.send(result.is_ok()).expect("a listener"));
    assert!(job.wait_timeout(Duration::MAX).expect("over").is_ok());
    assert_eq!(told.recv_timeout(Duration::from_secs(60)), Ok(true));
}

#[test]
fn a_stream_is_read_no_further_after_a_cancel() {
    struct Endless(Arc<AtomicUsize>);
    impl Read for Endless {
        fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
            self.0.fetch_add(1, SeqCst);
            std::thread::sleep(Duration::from_millis(5));
            into[0] = 0;
            Ok(1)
        }
    }
    let sandbox = sandbox(Config::default());
    let reads = Arc::new(AtomicUsize::new(0));
    let file = File::new(Source::reader(Endless(Arc::clone(&reads)))).name("a");
    let job = agentdrop(&sandbox, options(&sandbox)).start_send(Transfer::new("a", "b").file(file));
    let job = job.expect("a job");
    while reads.load(SeqCst) == 0 {
        std::thread::sleep(Duration::from_millis(1));
    }
    job.cancel();
    assert_eq!(job.wait().expect_err("cancelled").kind(), ErrorKind::Cancelled);
    std::thread::sleep(Duration::from_millis(50));
    let then = reads.load(SeqCst);
    std::thread::sleep(Duration::from_millis(100));
    assert_eq!(reads.load(SeqCst), then);
}
