//! What is said of a certificate that is not acceptable, and which one is acceptable: the same to storage and
//! to a service. All on loopback, with certificates made here.

use dropoff::{AgentDrop, Error, ErrorKind, Options, Outcome, PutPartsRequest, PutRequest, Source, Storage};
use dropoff_tests::secured::{Authority, Server, Shown, pem, self_signed};
use rcgen::{BasicConstraints, DnType, ExtendedKeyUsagePurpose, IsCa, date_time_ymd};
use rustls::pki_types::CertificateDer;
use rustls::version::{TLS12, TLS13};

fn options(origin: &str, trusted: &[&CertificateDer<'static>]) -> Options {
    let options = Options::new().trusted_storage([origin]).and_then(|o| o.max_attempts(3)).expect("options");
    match trusted {
        [] => options,
        some => options.ca_file(pem(some.iter().copied()).path()).expect("a PEM file"),
    }
}

fn put(origin: &str, options: Options) -> dropoff::Result<dropoff::StoredObject> {
    Storage::new(options).put(PutRequest::new(format!("{origin}/k"), Source::memory(vec![7; 100_000])))
}

fn ask(origin: &str, options: Options) -> Error {
    let service = AgentDrop::builder().base_url(origin).api_key("ad_key_0123456789");
    service.options(options).build().expect("a client").get_transfer("tr_1").expect_err("nobody has it")
}

/// Both clients refuse the server in the same words, at once, and nothing was asked of it.
fn refused(server: &Server, trusted: &[&CertificateDer<'static>], words: &[&str]) {
    let origin = server.origin();
    let stored = put(&origin, options(&origin, trusted)).expect_err("refused");
    let asked = ask(&origin, options(&origin, trusted));
    assert_eq!(server.connections(), 2, "each asked once: {stored}");
    assert_eq!(server.requests(), 0);
    for error in [stored, asked] {
        assert_eq!(error.kind(), ErrorKind::Tls, "{error:?}");
        assert_eq!(error.outcome(), Outcome::NotCompleted, "{error:?}");
        assert!(!error.retryable(), "{error:?}");
        for word in words {
            assert!(error.message().contains(word), "{word:?} is not in {error:?}");
        }
        assert!(error.message().contains(&format!("127.0.0.1:{}", server.port)), "{error}");
    }
}

fn accepted(server: &Server, trusted: &[&CertificateDer<'static>]) {
    let origin = server.origin();
    put(&origin, options(&origin, trusted)).expect("stored");
    let error = ask(&origin, options(&origin, trusted));
    assert_eq!(error.kind(), ErrorKind::NotFound, "{error:?}");
}

#[test]
fn one_that_was_good_until_some_day() {
    let authority = Authority::new("Ours");
    let ended = |p: &mut rcgen::CertificateParams| p.not_after = date_time_ymd(2024, 2, 1);
    refused(
        &authority.issue(ended).serve(),
        &[&authority.certificate],
        &["2024-02-01 00:00:00 UTC", "clock says 20"],
    );
    let own = self_signed(ended);
    let certificate = own.chain[0].clone();
    refused(&own.serve(), &[&certificate], &["2024-02-01 00:00:00 UTC", "clock says 20"]);
}

#[test]
fn one_that_is_good_from_some_day_on() {
    let authority = Authority::new("Ours");
    let early = |p: &mut rcgen::CertificateParams| p.not_before = date_time_ymd(2090, 1, 1);
    let words = ["from 2090-01-01 00:00:00 UTC", "set the clock"];
    refused(&authority.issue(early).serve(), &[&authority.certificate], &words);
    let own = self_signed(early);
    let certificate = own.chain[0].clone();
    refused(&own.serve(), &[&certificate], &words);
}

#[test]
fn one_of_an_issuer_that_has_ended_says_whose_time_is_over() {
    let (root, mut below) = (Authority::new("Ours"), Authority::new("Ours below"));
    below.certificate = root.issue_authority(&below, |p| p.not_after = date_time_ymd(2024, 2, 1));
    let mut shown = below.issue(|_| ());
    shown.chain.push(below.certificate.clone());
    refused(&shown.serve(), &[&root.certificate], &["issued by an authority", "2024-02-01"]);
}

#[test]
fn one_for_other_names() {
    let authority = Authority::new("Ours");
    let named = |names: &[&str]| {
        let names: Vec<_> =
            names.iter().map(|n| rcgen::SanType::DnsName((*n).try_into().expect("a name"))).collect();
        authority.issue(|p| p.subject_alt_names = names)
    };
    let trusted = [&authority.certificate];
    refused(
        &named(&["*.s3.example.com", "s3.example.com"]).serve(),
        &trusted,
        &["*.s3.example.com, s3.example.com", "check the URL"],
    );
    let many = ["a.x", "b.x", "c.x", "d.x", "e.x", "f.x", "g.x"];
    refused(&named(&many).serve(), &trusted, &["a.x, b.x, c.x, d.x, e.x, 2 more"]);
    let nameless = authority.issue(|p| {
        p.subject_alt_names.clear();
        p.distinguished_name = rcgen::DistinguishedName::new();
    });
    refused(&nameless.serve(), &trusted, &["no name at all"]);
}

#[test]
fn a_bucket_with_dots_in_its_name() {
    let authority = Authority::new("Ours");
    let wild = authority.issue(|p| {
        p.subject_alt_names = vec![rcgen::SanType::DnsName("*.localhost".try_into().expect("a name"))]
    });
    let server = wild.serve();
    let origin = format!("https://my.bucket.localhost:{}", server.port);
    // Where such a name leads nowhere, there is nothing to see.
    if std::net::ToSocketAddrs::to_socket_addrs(&("my.bucket.localhost", server.port)).is_err() {
        return;
    }
    let error = put(&origin, options(&origin, &[&authority.certificate])).expect_err("refused");
    assert!(error.message().contains("with the bucket in its path"), "{error}");
}

#[test]
fn one_of_an_issuer_that_nobody_knows_names_it() {
    let (ours, other) = (Authority::new("Ours"), Authority::new("Corporate Inspection CA\nEvil"));
    let words = ["issued by \"Corporate Inspection CAEvil\"", "unknown issuer", "ca_file"];
    refused(&other.issue(|_| ()).serve(), &[&ours.certificate], &words);
    refused(
        &self_signed(|_| ()).serve(),
        &[&ours.certificate],
        &["signed by itself", "give that certificate in ca_file"],
    );
}

#[test]
fn one_whose_signature_is_bad() {
    let (ours, same_name) = (Authority::new("Ours"), Authority::new("Ours"));
    refused(
        &ours.issue(|_| ()).serve(),
        &[&same_name.certificate],
        &["bad signature", "its present root in ca_file"],
    );
    let mut shown = ours.issue(|_| ());
    shown.key = rcgen::KeyPair::generate().expect("another key");
    refused(&shown.serve(), &[&ours.certificate], &["whose key it does not have"]);
}

#[test]
fn one_for_another_purpose_or_of_another_kind() {
    let ours = Authority::new("Ours");
    let clients =
        |p: &mut rcgen::CertificateParams| p.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
    refused(&ours.issue(clients).serve(), &[&ours.certificate], &["not one for servers"]);
    let authority = |p: &mut rcgen::CertificateParams| p.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let words = ["CA:TRUE", "that very certificate in ca_file"];
    refused(&ours.issue(authority).serve(), &[&ours.certificate], &words);
    refused(
        &self_signed(|_| ()).in_version_1().serve(),
        &[&ours.certificate],
        &["X.509 version 3", "that very certificate"],
    );
}

/// As curl has it: `openssl req -x509` makes an authority's, and an old appliance's has no version 3.
#[test]
fn one_that_is_named_itself_is_accepted_whatever_its_kind() {
    let ours = Authority::new("Ours");
    let kinds: [fn() -> Shown; 5] = [
        || self_signed(|_| ()),
        || self_signed(|p| p.is_ca = IsCa::Ca(BasicConstraints::Unconstrained)),
        || self_signed(|p| p.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth]),
        || self_signed(|p| p.subject_alt_names.retain(|n| matches!(n, rcgen::SanType::IpAddress(_)))),
        // Its common name is all it has.
        || {
            self_signed(|p| {
                p.distinguished_name = rcgen::DistinguishedName::new();
                p.distinguished_name.push(DnType::CommonName, "127.0.0.1");
            })
            .in_version_1()
        },
    ];
    for kind in kinds {
        for version in [&TLS12, &TLS13] {
            let shown = kind();
            let certificate = shown.chain[0].clone();
            accepted(&shown.serve_with(&[version], None), &[&certificate]);
        }
    }
    // And one that somebody issued, whose issuer is not trusted; and an authority between.
    let leaf = ours.issue(|_| ());
    let certificate = leaf.chain[0].clone();
    accepted(&leaf.serve(), &[&certificate]);
    let mut below = Authority::new("Ours below");
    below.certificate = ours.issue_authority(&below, |_| ());
    accepted(&below.issue(|_| ()).serve(), &[&below.certificate]);
}

#[test]
fn one_that_is_named_itself_still_has_its_names_and_its_key() {
    let elsewhere = |p: &mut rcgen::CertificateParams| {
        p.subject_alt_names = vec![rcgen::SanType::DnsName("elsewhere.example".try_into().expect("a name"))];
    };
    for old in [false, true] {
        let shown = self_signed(elsewhere);
        let shown = if old { shown.in_version_1() } else { shown };
        let certificate = shown.chain[0].clone();
        let name = if old { "localhost" } else { "elsewhere.example" };
        refused(&shown.serve(), &[&certificate], &[name, "not for that host"]);
    }
    for version in [&TLS12, &TLS13] {
        let mut shown = self_signed(|_| ());
        let certificate = shown.chain[0].clone();
        shown.key = rcgen::KeyPair::generate().expect("another key");
        refused(&shown.serve_with(&[version], None), &[&certificate], &["whose key it does not have"]);
    }
}

/// Whoever has the key of a server's own certificate is no authority by that, as curl has it.
#[test]
fn one_that_is_named_itself_issues_nothing() {
    let own = Authority::with("A box", |p| p.is_ca = IsCa::ExplicitNoCa);
    let plain = Authority::with("A box", |_| ());
    let words = ["issued by \"A box\"", "no authority's (CA:FALSE)", "CA:TRUE"];
    for by in [&own, &plain] {
        for sends_it_too in [false, true] {
            let mut forged = by.issue(|_| ());
            if sends_it_too {
                forged.chain.push(by.certificate.clone());
            }
            refused(&forged.serve(), &[&by.certificate], &words);
        }
    }
    // As it did before, one says by its key's usage that it issues.
    let by_usage = Authority::with("Old", |p| p.key_usages = vec![rcgen::KeyUsagePurpose::KeyCertSign]);
    accepted(&by_usage.issue(|_| ()).serve(), &[&by_usage.certificate]);
}

/// With TLS 1.3 the server says so after the handshake, when the request may be on its way.
#[test]
fn a_server_that_wants_a_client_certificate_has_stored_nothing() {
    let ours = Authority::new("Ours");
    for version in [&TLS12, &TLS13] {
        refused(
            &ours.issue(|_| ()).serve_with(&[version], Some(&ours)),
            &[&ours.certificate],
            &["client certificate"],
        );
    }
    let server = ours.issue(|_| ()).serve_with(&[&TLS13], Some(&ours));
    let origin = server.origin();
    let storage = Storage::new(options(&origin, &[&ours.certificate]));
    for size in [1, 20_000_000] {
        let put = PutRequest::new(format!("{origin}/k"), Source::memory(vec![7; size]));
        let error = storage.put(put).expect_err("refused");
        assert_eq!(
            (error.kind(), error.outcome()),
            (ErrorKind::Tls, Outcome::NotCompleted),
            "{size}: {error:?}"
        );
    }
    let parts = PutPartsRequest::new([format!("{origin}/k?partNumber=1")], Source::memory(vec![7; 100]));
    let error = storage.put_parts(parts).expect_err("refused");
    assert_eq!((error.kind(), error.outcome()), (ErrorKind::Tls, Outcome::NotCompleted), "{error:?}");
}

#[test]
fn a_port_that_speaks_no_tls() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let origin = format!("https://{}", listener.local_addr().expect("an address"));
    std::thread::spawn(move || {
        for mut tcp in listener.incoming().flatten() {
            use std::io::{Read as _, Write as _};
            let _ = tcp.read(&mut [0; 512]);
            let _ = tcp.write_all(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n");
        }
    });
    let error = put(&origin, options(&origin, &[])).expect_err("no TLS");
    assert_eq!(error.kind(), ErrorKind::Tls, "{error:?}");
    assert!(error.message().contains("does not answer in TLS"), "{error}");
}
