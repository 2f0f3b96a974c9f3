//! Storage over https.

use std::io::Write;

use serde_json::json;

use crate::client::*;

#[test]
fn storage_is_https_under_its_own_authority() {
    let sandbox = start_with(|config| config.tls = true);
    assert!(sandbox.storage_url().starts_with("https://127.0.0.1:"));
    assert!(sandbox.api_url().starts_with("http://"));
    let ca = sandbox.ca_pem().expect("a CA");
    let file = sandbox.ca_file().expect("a file");
    assert_eq!(std::fs::read_to_string(file).expect("readable"), ca);

    let (_, url) = presign(&sandbox, 100_000);
    let mut socket = connect_tls(&url, &ca);
    for _ in 0..2 {
        let reply = exchange(&mut socket, "PUT", &url, &[TEXT], &[1; 100_000]);
        reply.expect("a reply").is(200, "");
    }

    let other = start_with(|config| config.tls = true);
    let mut socket = connect_tls(&url, &other.ca_pem().expect("a CA"));
    assert!(exchange(&mut socket, "PUT", &url, &[TEXT], b"hi").is_err());
}

#[test]
fn refusal_in_the_middle_can_be_read_over_tls() {
    let sandbox = start_with(|config| config.tls = true);
    let ca = sandbox.ca_pem().expect("a CA");
    let (_, url) = presign(&sandbox, 8_000_000);
    for _ in 0..5 {
        sandbox.order(json!({"on": "put", "do": {"refuse_after": 65_536}})).expect("ordered");
        let mut socket = connect_tls(&url, &ca);
        let request = head("PUT", &url, &[TEXT, ("Content-Length", "8000000")]);
        socket.write_all(request.as_bytes()).expect("sent");
        assert!(socket.write_all(&vec![1; 8_000_000]).is_err());
        // Past rustls' writer: what the kernel holds can still be read and decrypted.
        read_reply(&mut Receiving(&mut socket)).expect("a reply").is(403, "AccessDenied");
    }
    sandbox.order(json!({"on": "put", "do": {"reset_after": 65_536}})).expect("ordered");
    let mut socket = connect_tls(&url, &ca);
    assert!(exchange(&mut socket, "PUT", &url, &[TEXT], &vec![1; 8_000_000]).is_err());
}

/// Reads without trying to write first, which the stream would do and fail.
struct Receiving<'a>(&'a mut rustls::StreamOwned<rustls::ClientConnection, std::net::TcpStream>);

impl std::io::Read for Receiving<'_> {
    fn read(&mut self, buf: &mut [u8]) -> std::io::Result<usize> {
        loop {
            match self.0.conn.reader().read(buf) {
                Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => {}
                other => return other,
            }
            if self.0.conn.read_tls(&mut self.0.sock)? == 0 {
                return Ok(0);
            }
            self.0.conn.process_new_packets().map_err(std::io::Error::other)?;
        }
    }
}
