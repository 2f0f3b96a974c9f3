//! A server that refuses a large upload early and closes at once. The reply that explains why is in
//! our receive buffer when our next write fails, and must be what the caller is told.

use std::time::Duration;

use dropoff::{ErrorKind, Options, PutRequest, Source, Storage};
use dropoff_tests::misbehaving_server::{Behaviour, MisbehavingServer, reply};

const XML: &str = "<Error><Code>EntityTooLarge</Code><Message>no</Message></Error>";
const GIB: u64 = 1 << 30;

/// 200 unless the environment says otherwise.
fn runs() -> usize {
    std::env::var("DROPOFF_EARLY_RUNS").ok().and_then(|n| n.parse().ok()).unwrap_or(200)
}

fn storage(server: &MisbehavingServer) -> Storage {
    Storage::new(options(server))
}

fn options(server: &MisbehavingServer) -> Options {
    let mut options =
        Options::new().trusted_storage([server.origin()]).and_then(|o| o.max_attempts(1)).expect("options");
    if let Some(ca) = &server.ca {
        options = options.ca_file(ca.path()).expect("a PEM file");
    }
    options
}

/// A sparse file: its bytes cost no disk and no time to make.
fn large_file() -> tempfile::NamedTempFile {
    let file = tempfile::NamedTempFile::new().expect("a file");
    file.as_file().set_len(GIB).expect("a length");
    file
}

fn refused_early(take: usize, tls: bool) {
    refused_early_by(take, tls, runs(), storage);
}

fn refused_early_by(take: usize, tls: bool, runs: usize, storage: fn(&MisbehavingServer) -> Storage) {
    let server = MisbehavingServer::start(Behaviour {
        take,
        reply: reply("403 Forbidden", XML),
        continues: true,
        tls,
        lingers: false,
    });
    let file = large_file();
    let storage = storage(&server);
    let mut seen = 0;
    let mut others = Vec::new();
    for _ in 0..runs {
        let put = PutRequest::new(format!("{}/k", server.origin()), Source::path(file.path()));
        match storage.put(put) {
            Err(e) if e.service_code() == Some("EntityTooLarge") && e.kind() == ErrorKind::TooLarge => {
                seen += 1
            }
            other => others.push(format!("{other:?}")),
        }
    }
    println!("{} {take} bytes taken: the refusal was seen in {seen} of {runs} runs", server.origin());
    assert!(seen * 100 >= runs * 99, "{seen} of {runs}: {:#?}", others.first());
}

#[test]
fn http_after_64_kib() {
    refused_early(64 * 1024, false);
}

#[test]
fn https_after_64_kib() {
    refused_early(64 * 1024, true);
}

#[test]
fn http_after_50_mb() {
    refused_early(50_000_000, false);
}

#[test]
fn https_after_50_mb() {
    refused_early(50_000_000, true);
}

#[test]
fn through_the_tunnel_of_a_proxy() {
    refused_early_by(64 * 1024, true, runs().min(50), |server| {
        let proxy = dropoff_tests::proxy::start(std::sync::Arc::default());
        Storage::new(options(server).proxy(&proxy).expect("a proxy"))
    });
}

#[test]
fn a_refusal_before_the_body_costs_no_body() {
    let server = MisbehavingServer::start(Behaviour {
        take: 0,
        reply: reply("403 Forbidden", XML),
        continues: false,
        tls: false,
        lingers: false,
    });
    let file = large_file();
    let put = PutRequest::new(format!("{}/k", server.origin()), Source::path(file.path()));
    let job = storage(&server).start_put(put).expect("a job");
    let error = job.wait().expect_err("refused");
    assert_eq!(error.service_code(), Some("EntityTooLarge"));
    assert_eq!(server.connections(), 1);
}

#[test]
fn after_a_refusal_of_the_head_no_byte_of_the_body_is_sent() {
    let answer = reply("403 Forbidden", XML);
    let server = MisbehavingServer::start(Behaviour {
        take: 0,
        reply: answer,
        continues: false,
        tls: false,
        lingers: true,
    });
    let file = large_file();
    let storage = storage(&server);
    for _ in 0..20 {
        let put = PutRequest::new(format!("{}/k", server.origin()), Source::path(file.path()));
        assert_eq!(storage.put(put).expect_err("refused").service_code(), Some("EntityTooLarge"));
    }
    std::thread::sleep(Duration::from_millis(100));
    assert_eq!(server.bytes_after_reply(), 0);
}

#[test]
fn an_early_success_is_network_and_is_retried() {
    let server = MisbehavingServer::start(Behaviour {
        take: 1000,
        reply: reply("200 OK", ""),
        continues: true,
        tls: false,
        lingers: false,
    });
    let file = large_file();
    let options = Options::new()
        .trusted_storage([server.origin()])
        .and_then(|o| o.max_attempts(3))
        .and_then(|o| o.backoff_base(Duration::from_millis(1)))
        .expect("options");
    let put = PutRequest::new(format!("{}/k", server.origin()), Source::path(file.path()));
    let error = Storage::new(options).put(put).expect_err("never a success");
    assert_eq!(error.kind(), ErrorKind::Network, "{error:?}");
    assert_eq!(error.http_status(), Some(200));
    assert_eq!(server.connections(), 3);
}
