//! A proxy that takes CONNECT and plain requests, and notes their heads.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

/// Starts one; it ends with the process. The URL has a user name and a password in it.
pub fn start(notes: Arc<Mutex<Vec<String>>>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address");
    std::thread::spawn(move || {
        for client in listener.incoming().flatten() {
            let notes = Arc::clone(&notes);
            std::thread::spawn(move || {
                let _ = serve(client, &notes);
            });
        }
    });
    format!("http://user:pw@{address}")
}

fn serve(mut client: TcpStream, notes: &Mutex<Vec<String>>) -> std::io::Result<()> {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") {
        client.read_exact(&mut byte)?;
        head.push(byte[0]);
    }
    let head = String::from_utf8_lossy(&head).into_owned();
    notes.lock().expect("notes").push(head.clone());
    let target = head.split_whitespace().nth(1).expect("a target").to_owned();
    let server = if head.starts_with("CONNECT") {
        let server = TcpStream::connect(&target)?;
        client.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n")?;
        server
    } else {
        let authority = target.trim_start_matches("http://").split('/').next().expect("an authority");
        let mut server = TcpStream::connect(authority)?;
        let path = &target["http://".len() + authority.len()..];
        server.write_all(head.replacen(&target, path, 1).as_bytes())?;
        server
    };
    let (mut from, mut to) = (client.try_clone()?, server.try_clone()?);
    let up = std::thread::spawn(move || std::io::copy(&mut from, &mut to));
    std::io::copy(&mut server.try_clone()?, &mut client)?;
    client.shutdown(std::net::Shutdown::Both)?;
    let _ = up.join();
    Ok(())
}
