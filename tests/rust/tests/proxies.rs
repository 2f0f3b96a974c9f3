//! Proxies that refuse, lie, or want a password: the same words for a call to a service and for an upload.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use dropoff::{AgentDrop, Error, ErrorKind, Options, Outcome, PutPartsRequest, PutRequest, Source, Storage};
use dropoff_tests::secured::{Authority, pem};

const PASSWORD: &str = "S3cretPassw0rd";

/// A proxy that says the same to everybody, and how often it was asked.
struct Proxy {
    address: String,
    heads: Arc<Mutex<Vec<String>>>,
}

impl Proxy {
    fn saying(reply: &str) -> Self {
        Self::saying_in_turn(&[reply])
    }

    /// The last reply stays.
    fn saying_in_turn(replies: &[&str]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("an address").to_string();
        let heads: Arc<Mutex<Vec<String>>> = Arc::default();
        let mut replies: Vec<String> = replies.iter().rev().map(ToString::to_string).collect();
        let noted = Arc::clone(&heads);
        std::thread::spawn(move || {
            for mut tcp in listener.incoming().flatten() {
                let reply = if replies.len() > 1 { replies.pop() } else { replies.last().cloned() };
                let (noted, reply) = (Arc::clone(&noted), reply.expect("a reply"));
                std::thread::spawn(move || {
                    let mut head = Vec::new();
                    let mut byte = [0];
                    while !head.ends_with(b"\r\n\r\n") && matches!(tcp.read(&mut byte), Ok(1)) {
                        head.push(byte[0]);
                    }
                    noted.lock().expect("notes").push(String::from_utf8_lossy(&head).into_owned());
                    let _ = tcp.write_all(reply.as_bytes());
                    let _ = tcp.shutdown(std::net::Shutdown::Write);
                    let _ = std::io::copy(&mut tcp, &mut std::io::sink());
                });
            }
        });
        Self { address, heads }
    }

    fn asked(&self) -> usize {
        self.heads.lock().expect("notes").len()
    }

    fn url(&self, login: &str) -> String {
        format!("http://{login}{}", self.address)
    }
}

fn options(proxy: &str) -> Options {
    let options = Options::new().proxy(proxy).and_then(|o| o.max_attempts(3));
    options.and_then(|o| o.backoff_base(Duration::from_millis(1))).expect("options")
}

fn put(options: Options) -> Error {
    let put =
        PutRequest::new("https://bucket.s3.example/k?X-Amz-Signature=canary", Source::memory(vec![7; 10]));
    Storage::new(options).put(put).expect_err("no way through")
}

fn ask(options: Options) -> Error {
    let service = AgentDrop::builder().base_url("https://api.example").api_key("ad_key_0123456789");
    service.options(options).build().expect("a client").get_transfer("tr_1").expect_err("no way through")
}

/// What both clients say of a proxy, and how often each asked it.
fn both(reply: &str, login: &str, words: &[&str], asked: usize, retryable: bool) {
    for call in [put, ask] {
        let proxy = Proxy::saying(reply);
        let error = call(options(&proxy.url(login)));
        assert_eq!(error.kind(), ErrorKind::Network, "{error:?}");
        assert_eq!((error.outcome(), error.retryable()), (Outcome::NotCompleted, retryable), "{error:?}");
        for word in words.iter().chain([&&*format!("the proxy {}", proxy.address)]) {
            assert!(error.message().contains(word), "{word:?} is not in {error}");
        }
        assert!(!format!("{error:?} {error}").contains(PASSWORD), "{error:?}");
        assert_eq!(proxy.asked(), asked, "{error}");
        assert!(proxy.heads.lock().expect("notes").iter().all(|head| head.starts_with("CONNECT ")));
    }
}

#[test]
fn one_that_wants_a_password_is_asked_once() {
    let reply =
        "HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic realm=x\r\n\r\n<html>";
    let login = format!("alice:{PASSWORD}@");
    both(reply, "", &["wants a user name and password (407)", "in the proxy's URL"], 1, false);
    both(reply, &login, &["does not take the user name and password of its URL (407)"], 1, false);
    both("HTTP/1.0 401 Unauthorized\r\n\r\n", "", &["wants a user name and password (401)"], 1, false);
    let other = reply.replace("Basic realm=x", "NTLM\r\nProxy-Authenticate: Negotiate");
    both(&other, &login, &["wants NTLM or Negotiate (407)"], 1, false);
    let choice = reply.replace("Basic realm=x", "Negotiate\r\nProxy-Authenticate: Basic realm=x");
    both(&choice, &login, &["does not take the user name and password"], 1, false);
}

#[test]
fn one_that_forbids_is_asked_once_and_one_that_fails_again() {
    both(
        "HTTP/1.1 403 Forbidden\r\n\r\n",
        "",
        &["refuses to connect to", "(403); check its rules"],
        1,
        false,
    );
    both(
        "HTTP/1.1 404 Not Found\r\n\r\n",
        "",
        &["does not connect to", "(404), as if it were none"],
        1,
        false,
    );
    both("HTTP/1.1 302 Found\r\nLocation: http://login\r\n\r\n", "", &["refuses to connect to"], 1, false);
    both("HTTP/1.1 502 Bad Gateway\r\n\r\n", "", &["could not connect to", "(502)"], 3, true);
    both("HTTP/1.1 503 No\r\n\r\n", "", &["could not connect to", "(503)"], 3, true);
    both("", "", &["closed the connection before answering"], 3, true);
}

#[test]
fn what_is_no_proxy_is_said_to_be_none() {
    for call in [put, ask] {
        for reply in ["\x05\x00\x00\r\n", "SSH-2.0-OpenSSH_9.2\r\n"] {
            let proxy = Proxy::saying(reply);
            let error = call(options(&proxy.url("")));
            assert!(error.message().contains("does not answer as an HTTP proxy does"), "{error}");
            assert_eq!((error.retryable(), proxy.asked()), (false, 1), "{error}");
        }
    }
}

#[test]
fn one_that_is_down_or_nowhere_is_named() {
    let free = TcpListener::bind("127.0.0.1:0").and_then(|l| l.local_addr()).expect("a port");
    for call in [put, ask] {
        let error = call(options(&format!("http://alice:{PASSWORD}@{free}")));
        assert!(
            error.message().contains(&format!("the proxy {free}: the connection was refused")),
            "{error}"
        );
        assert!(!format!("{error:?}").contains(PASSWORD), "{error:?}");
        let error = call(options("http://proxy.invalid:3128"));
        assert!(error.message().contains("the proxy proxy.invalid:3128: its name could not"), "{error}");
        assert_eq!(error.outcome(), Outcome::NotCompleted);
    }
}

#[test]
fn one_that_says_nothing_is_named() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address");
    for call in [put, ask] {
        let quick = options(&format!("http://{address}")).connect_timeout(Duration::from_millis(300));
        let error = call(quick.and_then(|o| o.max_attempts(1)).expect("options"));
        assert_eq!(error.kind(), ErrorKind::Timeout, "{error:?}");
        assert!(error.message().contains(&format!("through the proxy {address}")), "{error}");
    }
}

/// The service's client learns only that it did.
#[test]
fn one_that_refuses_after_it_let_a_call_through_says_why() {
    let way = "HTTP/1.1 200 Go\r\n\r\n";
    let login = format!("alice:{PASSWORD}@");
    for (refusal, login, words, asked) in [
        ("HTTP/1.1 403 No\r\n\r\n", "", "refuses to connect to api.example (403)", 3),
        ("HTTP/1.1 407 No\r\n\r\n", "", "wants a user name and password (407)", 3),
        ("HTTP/1.1 407 No\r\n\r\n", &*login, "does not take the user name and password of its URL (407)", 2),
    ] {
        let proxy = Proxy::saying_in_turn(&[way, refusal]);
        let error = ask(options(&proxy.url(login)));
        assert!(error.message().contains(words), "{error}");
        assert_eq!((error.kind(), error.retryable()), (ErrorKind::Network, false), "{error:?}");
        assert_eq!((error.outcome(), proxy.asked()), (Outcome::NotCompleted, asked), "{error:?}");
        assert!(!format!("{error:?} {error}").contains(PASSWORD), "{error:?}");
    }
    // Let through, and then nobody is there who speaks TLS.
    let proxy = Proxy::saying(way);
    let error = ask(options(&proxy.url("")));
    assert!(error.message().contains("goes through the proxy"), "{error}");
    assert_eq!(error.outcome(), Outcome::NotCompleted, "{error:?}");
}

/// Directories lock an account after a few wrong passwords.
#[test]
fn a_wrong_password_is_offered_once_however_many_connections_there_are() {
    let proxy = Proxy::saying("HTTP/1.1 407 No\r\n\r\n");
    let options = options(&proxy.url("alice:wrong@")).concurrency(8).expect("options");
    let urls = (1..=8).map(|n| format!("https://bucket.s3.example/k?partNumber={n}"));
    let parts = PutPartsRequest::new(urls, Source::memory(vec![7; 40 << 20])).part_size(5 << 20);
    let storage = Storage::new(options);
    let error = storage.put_parts(parts).expect_err("no way through");
    assert!(error.message().contains("does not take the user name"), "{error}");
    assert_eq!(proxy.asked(), 1);
    // Whoever asks again wants to know whether it is right by now.
    let put = PutRequest::new("https://bucket.s3.example/k", Source::memory(vec![7; 10]));
    storage.put(put).expect_err("no way through");
    assert_eq!(proxy.asked(), 2);
}

/// A proxy that does what it should, for any host: it leads to one server.
fn leading_to(port: u16, status: u16, tunnels: Arc<AtomicUsize>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address");
    std::thread::spawn(move || {
        for mut client in listener.incoming().flatten() {
            tunnels.fetch_add(1, SeqCst);
            std::thread::spawn(move || -> std::io::Result<()> {
                let mut head = Vec::new();
                let mut byte = [0];
                while !head.ends_with(b"\r\n\r\n") {
                    client.read_exact(&mut byte)?;
                    head.push(byte[0]);
                }
                // It may come in pieces.
                client.write_all(format!("HTTP/1.1 {status} Conn").as_bytes())?;
                client.flush()?;
                std::thread::sleep(Duration::from_millis(20));
                client.write_all(b"ected\r\nVia: 1.1 p\r\n\r\n")?;
                let mut server = std::net::TcpStream::connect(("127.0.0.1", port))?;
                let (mut up, mut down) = (client.try_clone()?, server.try_clone()?);
                std::thread::spawn(move || std::io::copy(&mut up, &mut down));
                std::io::copy(&mut server, &mut client)?;
                client.shutdown(std::net::Shutdown::Both)
            });
        }
    });
    format!("http://alice:{PASSWORD}@{address}")
}

#[test]
fn a_service_and_storage_are_reached_through_one() {
    let ours = Authority::new("Ours");
    let names = ["api.example", "bucket.s3.example"];
    let names = names.map(|n| rcgen::SanType::DnsName(n.try_into().expect("a name")));
    let server = ours.issue(|p| p.subject_alt_names = names.to_vec()).serve();
    let tunnels = Arc::new(AtomicUsize::new(0));
    let proxy = leading_to(server.port, 200, Arc::clone(&tunnels));
    let trusting = || options(&proxy).ca_file(pem([&ours.certificate]).path()).expect("a PEM file");
    let error = ask(trusting());
    assert_eq!(error.kind(), ErrorKind::NotFound, "the service's own word: {error:?}");
    let put = || PutRequest::new("https://bucket.s3.example/k", Source::memory(vec![7; 10]));
    Storage::new(trusting()).put(put()).expect("stored");
    assert_eq!(
        tunnels.load(SeqCst),
        3,
        "a service's proxy is asked whether it leads there before it is used"
    );
    // Any 2xx is a tunnel (RFC 9110, 9.3.6).
    let other = leading_to(server.port, 201, Arc::default());
    let other = options(&other).ca_file(pem([&ours.certificate]).path()).expect("a PEM file");
    Storage::new(other).put(put()).expect("stored");
    // A proxy that opens what goes through it shows a certificate of its own.
    let error = ask(options(&proxy));
    assert_eq!(error.kind(), ErrorKind::Tls, "{error:?}");
    let words = ["issued by \"Ours\"", "ca_file", "goes through the proxy 127.0.0.1"];
    assert!(words.iter().all(|w| error.message().contains(w)), "{error}");
    assert!(!format!("{error:?}").contains(PASSWORD), "{error:?}");
}

/// A plain proxy is given the request itself, and some quote it back.
#[test]
fn what_a_proxy_quotes_of_its_own_password_is_hidden() {
    let login = format!("alice:{PASSWORD}");
    let encoded = base64::Engine::encode(&base64::engine::general_purpose::STANDARD, &login);
    let body = format!("<Error><Code>Denied</Code><Message>{encoded} {PASSWORD}</Message></Error>");
    let length = body.len();
    let proxy = Proxy::saying(&format!(
        "HTTP/1.1 403 Forbidden\r\nContent-Length: {length}\r\nX-Amz-Request-Id: {encoded}\r\nServer: {PASSWORD}\r\n\r\n{body}"
    ));
    let options = options(&proxy.url(&format!("{login}@"))).trusted_storage(["http://storage.example"]);
    let put = PutRequest::new("http://storage.example/k", Source::memory(vec![7; 10]));
    let error = Storage::new(options.expect("options")).put(put).expect_err("refused");
    let all = format!("{error} {error:?} {}", error.to_json());
    assert!(!all.contains(PASSWORD) && !all.contains(&encoded), "{all}");
    let heads = proxy.heads.lock().expect("notes").join("");
    assert!(heads.contains(&encoded), "it was offered: {heads}");
}

fn put_over_http(options: Options) -> dropoff::Result<dropoff::StoredObject> {
    let options = options.trusted_storage(["http://storage.example"]).expect("options");
    Storage::new(options).put(PutRequest::new("http://storage.example/k", Source::memory(b"hello".to_vec())))
}

/// There is no tunnel: the proxy is given the upload itself.
#[test]
fn one_that_wants_another_password_for_plain_http_is_asked_once() {
    let reply = "HTTP/1.1 407 No\r\nProxy-Authenticate: Basic realm=x\r\nContent-Length: 0\r\n\r\n";
    let login = format!("alice:{PASSWORD}@");
    let other = reply.replace("Basic realm=x", "NTLM");
    for (login, reply, words) in [
        ("", reply, "wants a user name and password (407); give them in the proxy's URL"),
        (&*login, reply, "does not take the user name and password of its URL (407); correct them"),
        (&*login, &*other, "wants NTLM (407)"),
    ] {
        let proxy = Proxy::saying(reply);
        let error = put_over_http(options(&proxy.url(login))).expect_err("no way through");
        assert!(error.message().contains(&format!("the proxy {} {words}", proxy.address)), "{error}");
        assert_eq!((error.kind(), error.outcome()), (ErrorKind::Network, Outcome::NotCompleted), "{error:?}");
        assert!(!error.retryable() && !format!("{error:?}").contains(PASSWORD), "{error:?}");
        assert_eq!(proxy.asked(), 1);
    }
    // Of several at once, one offers it.
    let proxy = Proxy::saying(reply);
    let options = options(&proxy.url(&login)).trusted_storage(["http://storage.example"]);
    let options = options.and_then(|o| o.concurrency(8)).expect("options");
    let urls = (1..=8).map(|n| format!("http://storage.example/k?partNumber={n}"));
    let parts = PutPartsRequest::new(urls, Source::memory(vec![7; 80])).part_size(10);
    let error = Storage::new(options).put_parts(parts).expect_err("no way through");
    assert!(error.message().contains("does not take the user name and password"), "{error}");
    let heads = proxy.heads.lock().expect("notes").join("");
    assert_eq!(heads.to_ascii_lowercase().matches("proxy-authorization:").count(), 1, "{heads}");
}

#[test]
fn one_that_takes_the_password_for_plain_http_is_given_all_uploads() {
    let stored = "HTTP/1.1 200 OK\r\nETag: \"5d41402abc4b2a76b9719d911017c592\"\r\nContent-Length: 0\r\n\r\n";
    // Hex digits, of which an ETag is made too.
    let proxy = Proxy::saying(stored);
    let stored = put_over_http(options(&proxy.url("alice:41402@"))).expect("stored");
    assert_eq!(stored.etag.as_deref(), Some("5d41402abc4b2a76b9719d911017c592"));
    assert!(stored.verified, "{stored:?}");
    // What it quotes of the login is hidden where it says no, and in what is said of it where it says yes.
    let login = format!("alice:{PASSWORD}@");
    let quoting = format!("Server: box alice:{PASSWORD}\r\nContent-Length: 0\r\n\r\n");
    for status in ["200 OK", "403 Forbidden"] {
        let proxy = Proxy::saying(&format!("HTTP/1.1 {status}\r\n{quoting}"));
        let shown = format!("{:?}", put_over_http(options(&proxy.url(&login))));
        assert!(shown.contains("box alice:[hidden]") && !shown.contains(PASSWORD), "{shown}");
    }
    let body = format!(r#"{{"error":"denied","message":"login alice:{PASSWORD}"}}"#);
    let length = body.len();
    let proxy = Proxy::saying(&format!("HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n\r\n{body}"));
    let options = options(&proxy.url(&login)).trusted_storage(["http://storage.example"]);
    let session = "http://storage.example/k?uploadType=resumable&upload_id=1";
    let put = PutRequest::new(session, Source::memory(b"hello".to_vec()));
    let shown = format!("{:?}", Storage::new(options.expect("options")).put(put));
    assert!(shown.contains("login alice:[hidden]") && !shown.contains(PASSWORD), "{shown}");
}
