//! A client that hides nothing: it sends exactly the bytes it is told to.

use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::time::Duration;

use dropoff_sandbox::{Config, Sandbox};
use rustls::pki_types::pem::PemObject;
use serde_json::{Value, json};

pub const BOUNDARY: &str = "sandbox-test-boundary";

pub struct Reply {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Reply {
    pub fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.as_str())
    }

    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|_| panic!("not JSON: {}", self.text()))
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    #[track_caller]
    pub fn is(self, status: u16, contains: &str) -> Reply {
        assert_eq!(self.status, status, "{}", self.text());
        assert!(self.text().contains(contains), "{}", self.text());
        self
    }
}

pub fn start() -> Sandbox {
    start_with(|_| {})
}

pub fn start_with(change: impl FnOnce(&mut Config)) -> Sandbox {
    let mut config = Config::default();
    change(&mut config);
    Sandbox::start(config).expect("the sandbox starts")
}

pub fn split(url: &str) -> (String, String) {
    let rest = url.split_once("://").expect("a URL").1;
    match rest.find('/') {
        Some(at) => (rest[..at].to_string(), rest[at..].to_string()),
        None => (rest.to_string(), "/".to_string()),
    }
}

pub fn connect(url: &str) -> TcpStream {
    let socket = TcpStream::connect(split(url).0).expect("the sandbox listens");
    let limit = Some(Duration::from_secs(60));
    socket.set_read_timeout(limit).expect("a timeout");
    socket.set_write_timeout(limit).expect("a timeout");
    socket
}

/// TLS over a fresh connection, trusting only this authority.
pub fn connect_tls(url: &str, ca_pem: &str) -> rustls::StreamOwned<rustls::ClientConnection, TcpStream> {
    let mut roots = rustls::RootCertStore::empty();
    let ca = rustls::pki_types::CertificateDer::from_pem_slice(ca_pem.as_bytes());
    roots.add(ca.expect("PEM")).expect("a certificate");
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_root_certificates(roots)
        .with_no_client_auth();
    let name = "127.0.0.1".try_into().expect("a name");
    let session = rustls::ClientConnection::new(Arc::new(config), name).expect("a session");
    rustls::StreamOwned::new(session, connect(url))
}

/// The head of a request, `Host` included.
pub fn head(method: &str, url: &str, headers: &[(&str, &str)]) -> String {
    let (host, path) = split(url);
    let mut head = format!("{method} {path} HTTP/1.1\r\nHost: {host}\r\n");
    for (name, value) in headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    head + "\r\n"
}

/// Reads one reply; an early end of its body is an error.
pub fn read_reply(socket: &mut impl Read) -> io::Result<Reply> {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") {
        socket.read_exact(&mut byte)?;
        head.push(byte[0]);
    }
    let text = String::from_utf8_lossy(&head);
    let mut lines = text.split("\r\n");
    let status = lines.next().and_then(|line| line.split(' ').nth(1));
    let status: u16 = status.and_then(|status| status.parse().ok()).expect("a status");
    let headers: Vec<(String, String)> = lines
        .filter_map(|line| line.split_once(": "))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.to_string()))
        .collect();
    let mut reply = Reply { status, headers, body: Vec::new() };
    if status >= 200 && status != 204 {
        let length: usize = match reply.header("content-length") {
            Some(length) => length.parse().expect("a length"),
            None => {
                assert!(reply.header("transfer-encoding").is_none(), "chunked reply");
                0
            }
        };
        reply.body = vec![0; length];
        socket.read_exact(&mut reply.body)?;
    }
    Ok(reply)
}

pub fn exchange(
    socket: &mut (impl Read + Write),
    method: &str,
    url: &str,
    headers: &[(&str, &str)],
    body: &[u8],
) -> io::Result<Reply> {
    let length = body.len().to_string();
    let mut all = headers.to_vec();
    if method != "GET" {
        all.push(("Content-Length", &length));
    }
    // A refusal may come while the body is still being sent: what counts is the reply.
    let sent = socket
        .write_all(head(method, url, &all).as_bytes())
        .and_then(|()| socket.write_all(body))
        .and_then(|()| socket.flush());
    match read_reply(socket) {
        Err(_) if sent.is_err() => Err(sent.expect_err("checked")),
        reply => reply,
    }
}

pub fn try_send(method: &str, url: &str, headers: &[(&str, &str)], body: &[u8]) -> io::Result<Reply> {
    exchange(&mut connect(url), method, url, headers, body)
}

pub fn send(method: &str, url: &str, headers: &[(&str, &str)], body: &[u8]) -> Reply {
    try_send(method, url, headers, body).expect("a reply")
}

pub struct Api<'a> {
    pub sandbox: &'a Sandbox,
    pub key: String,
}

pub fn h(sandbox: &Sandbox) -> Api<'_> {
    let key = sandbox.h_api_key().to_string();
    Api { sandbox, key }
}

pub fn agentdrop(sandbox: &Sandbox) -> Api<'_> {
    let key = sandbox.agentdrop_api_key().to_string();
    Api { sandbox, key }
}

impl Api<'_> {
    pub fn try_call(&self, method: &str, path: &str, body: Option<Value>) -> io::Result<Reply> {
        let url = self.sandbox.api_url() + path;
        let key = format!("Bearer {}", self.key);
        let mut headers = vec![("Authorization", key.as_str())];
        let body = body.map(|body| body.to_string());
        if body.is_some() {
            headers.push(("Content-Type", "application/json"));
        }
        let body = body.unwrap_or_default();
        try_send(method, &url, &headers, body.as_bytes())
    }

    pub fn call(&self, method: &str, path: &str, body: Option<Value>) -> Reply {
        self.try_call(method, path, body).expect("a reply")
    }
}

pub const PROFILES: &str = "/api/v2/browser-profiles";

/// A form ticket, its fields in order.
pub struct FormTicket {
    pub id: String,
    pub url: String,
    pub fields: Vec<(String, String)>,
}

pub fn initiate(sandbox: &Sandbox) -> FormTicket {
    let path = format!("{PROFILES}/initiate-upload");
    let reply = h(sandbox).call("POST", &path, None).is(200, "upload_fields");
    let ticket = reply.json();
    let text = |value: &Value| value.as_str().expect("text").to_string();
    let fields = ticket["upload_fields"].as_object().expect("fields");
    FormTicket {
        id: text(&ticket["profile_id"]),
        url: text(&ticket["upload_url"]),
        fields: fields.iter().map(|(name, value)| (name.clone(), text(value))).collect(),
    }
}

pub fn part(name: &str, value: &[u8], more: &str) -> Vec<u8> {
    let mut part =
        format!("--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{name}\"{more}\r\n\r\n").into_bytes();
    part.extend_from_slice(value);
    part.extend_from_slice(b"\r\n");
    part
}

pub fn form(fields: &[(String, String)], file: &[u8]) -> Vec<u8> {
    let mut body = Vec::new();
    for (name, value) in fields {
        body.extend(part(name, value.as_bytes(), ""));
    }
    let more = "; filename=\"profile.zip\"\r\nContent-Type: application/zip";
    body.extend(part("file", file, more));
    body.extend_from_slice(format!("--{BOUNDARY}--\r\n").as_bytes());
    body
}

pub fn form_type() -> String {
    format!("multipart/form-data; boundary={BOUNDARY}")
}

impl FormTicket {
    pub fn post_body(&self, body: &[u8]) -> Reply {
        send("POST", &self.url, &[("Content-Type", &form_type())], body)
    }

    pub fn post(&self, file: &[u8]) -> Reply {
        self.post_body(&form(&self.fields, file))
    }

    /// This ticket with a field changed or added.
    pub fn with(mut self, name: &str, value: &str) -> FormTicket {
        self.fields.retain(|(known, _)| known != name);
        self.fields.push((name.into(), value.into()));
        self
    }
}

pub fn transfer_of(files: &[(&str, usize)]) -> Value {
    let files: Vec<Value> = files
        .iter()
        .map(|(name, size)| json!({"name": name, "size": size, "content_type": "text/plain"}))
        .collect();
    json!({
        "mode": "agent-to-agent",
        "sender": "a",
        "recipient": "b",
        "files": files,
    })
}

/// A transfer of one text file: its id and where to put the file.
pub fn presign(sandbox: &Sandbox, size: usize) -> (String, String) {
    let ticket = agentdrop(sandbox)
        .call("POST", "/v1/transfers/presigned", Some(transfer_of(&[("a b ü.txt", size)])))
        .is(200, "upload_urls")
        .json();
    let url = ticket["upload_urls"][0]["upload_url"].as_str();
    let id = ticket["id"].as_str().expect("an id");
    (id.to_string(), url.expect("a URL").to_string())
}

pub const TEXT: (&str, &str) = ("Content-Type", "text/plain");

/// The last request of the record.
pub fn last(sandbox: &Sandbox) -> Value {
    let requests = sandbox.requests();
    requests.as_array().and_then(|list| list.last().cloned()).expect("a request")
}

pub fn object_count(sandbox: &Sandbox) -> usize {
    sandbox.objects().as_array().map_or(0, Vec::len)
}

pub const MIB: usize = 1024 * 1024;
/// The smallest part that is not the last.
pub const PART: usize = 5 * MIB;

/// A transfer request for files in parts.
pub fn parted(files: &[(&str, usize)], part_size: usize) -> Value {
    let mut body = transfer_of(files);
    for file in body["files"].as_array_mut().expect("files") {
        file["part_size"] = json!(part_size);
    }
    body
}

pub fn presign_parts(sandbox: &Sandbox, body: Value) -> Value {
    let reply = agentdrop(sandbox).call("POST", "/v1/transfers/presigned/multipart", Some(body));
    reply.is(200, "part_urls").json()
}

pub fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("not text: {value}")).to_string()
}

/// One file in parts, as presigned.
pub struct PartTicket<'a> {
    pub sandbox: &'a Sandbox,
    pub transfer: String,
    pub file: String,
    pub upload: String,
    pub urls: Vec<String>,
}

impl<'a> PartTicket<'a> {
    pub fn of(sandbox: &'a Sandbox, ticket: &Value, at: usize) -> PartTicket<'a> {
        let slot = &ticket["files"][at];
        let urls = slot["part_urls"].as_array().expect("URLs");
        let numbers: Vec<u64> = urls.iter().filter_map(|url| url["part_number"].as_u64()).collect();
        assert_eq!(numbers, (1..=urls.len() as u64).collect::<Vec<_>>());
        PartTicket {
            sandbox,
            transfer: text(&ticket["id"]),
            file: text(&slot["file_id"]),
            upload: text(&slot["upload_id"]),
            urls: urls.iter().map(|url| text(&url["upload_url"])).collect(),
        }
    }

    /// For one file of this size, in the smallest parts.
    pub fn new(sandbox: &'a Sandbox, size: usize) -> PartTicket<'a> {
        Self::of(sandbox, &presign_parts(sandbox, parted(&[("a ü.bin", size)], PART)), 0)
    }

    /// Uploads a part; gives its ETag, without the quotes.
    pub fn put(&self, number: usize, body: &[u8]) -> String {
        let reply = send("PUT", &self.urls[number - 1], &[], body).is(200, "");
        reply.header("etag").expect("an ETag").trim_matches('"').to_string()
    }

    pub fn end(&self, how: &str, body: Value) -> Reply {
        let path = format!("/v1/transfers/{}/files/{}/{how}-multipart", self.transfer, self.file);
        agentdrop(self.sandbox).call("POST", &path, Some(body))
    }

    pub fn complete(&self, etags: &[(u64, String)]) -> Reply {
        let parts: Vec<Value> =
            etags.iter().map(|(number, etag)| json!({"part_number": number, "etag": etag})).collect();
        self.end("complete", json!({"upload_id": self.upload, "parts": parts}))
    }

    pub fn abort(&self) -> Reply {
        self.end("abort", json!({"upload_id": self.upload}))
    }

    pub fn confirm(&self) -> Reply {
        agentdrop(self.sandbox).call("POST", &format!("/v1/transfers/{}/confirm", self.transfer), None)
    }
}

/// Bytes of which no part is like another.
pub fn bytes(length: usize) -> Vec<u8> {
    (0..length).map(|at| (at * 31 + 7 + at / 251) as u8).collect()
}

pub fn sha256(bytes: &[u8]) -> String {
    use sha2::Digest;
    hex(&sha2::Sha256::digest(bytes))
}

pub fn md5(bytes: &[u8]) -> Vec<u8> {
    use md5::Digest;
    md5::Md5::digest(bytes).to_vec()
}

pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
