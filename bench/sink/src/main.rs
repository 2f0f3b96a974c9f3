//! A sink for benchmarks: storage that takes whatever is sent to it, drops it and counts it.
//!
//! It owns two loopback ports. One takes `PUT` and `POST` to any path, over http or (`--tls`) https, and
//! answers `200` with `ETag: "discarded"`. The other is plain http for the benchmark itself: `GET /` tells
//! what was counted since the last `DELETE /`.
//!
//! It must never be what limits a client, so it does as little as it can. Over http the kernel drops a body
//! unread (`recv` with `MSG_TRUNC`). Over https rustls makes the handshake, and then hands the keys over:
//! request heads are decrypted and answers encrypted here, while the records of a body are counted by their
//! headers and dropped as they are. What it costs by itself is some 0.1 s of processor time for each GiB over
//! http and 0.25 over https, most of it for being woken; a client that writes little at a time wakes it more
//! often. One thread per connection, no runtime.
//!
//! | option | what |
//! |---|---|
//! | `--tls` | https: TLS 1.3 alone, with an authority made for this run, whose certificate is in `ca_file` |
//! | `--latency MS` | each answer waits that long after the last byte of its request |
//! | `--connect-latency MS` | the first answer of each connection waits that much more |
//! | `--rate N` | bytes per second read from each connection (as they are on the wire: TLS adds 0.1 %) |
//! | `--total-rate N` | the same of all connections together |
//! | `--busy-above N` | while more than N requests are in flight, further ones are read and answered `503` |
//! | `--looks` | bodies are decrypted and looked at, see below |
//!
//! With `--looks` it is S3 and Azure as far as uploads in parts and in blocks need them, and one PUT. It
//! computes the CRC-64/NVME of each body and answers it; a CRC-32, CRC-32C or CRC-64 that comes with a body,
//! in a header or behind it (`aws-chunked`), is computed as well, and a body that is not that is refused. It
//! keeps no byte, but knows what is there: an object is made of parts that came, by their ETags, a blob of
//! blocks that came. `bytes` is then what came of payloads, finished or not. Any credentials will do;
//! an MD5 or SHA-256 that comes with a body is not compared, and none is answered.
//!
//! What it does not check, because no client under measurement is to be refused for it:
//!
//! * paths, signatures, checksums and the form's fields;
//! * `Transfer-Encoding: chunked` beside `Content-Length`, over a body that is not chunked: `Content-Length`
//!   wins, as the official SDK needs it. RFC 9112 would have the request refused;
//! * whether a dropped record was authentic: nothing of it is decrypted. Its plaintext is taken to be its
//!   length less 17 (a tag of 16 and one byte of type), so a client that pads its records would be counted
//!   wrongly; none we know does;
//! * a change of keys (TLS `KeyUpdate`) is not supported and ends the connection. Clients ask for it after
//!   some hundred GiB on one connection.

mod authority;
mod aws_chunked;
mod control;
mod counts;
mod dialect;
mod exchange;
mod head;
mod incoming;
mod intake;
mod pace;
mod payload;
mod plain;
mod records;
mod server;
mod store;
mod tls;

use std::io::{self, Read, Write};
use std::sync::Arc;
use std::time::Duration;

use clap::Parser;
use serde_json::json;

use crate::counts::Counts;
use crate::pace::Limits;
use crate::server::Server;
use crate::store::Store;

/// Takes uploads on loopback and drops them; ends with its standard input.
#[derive(Parser)]
#[command(name = "dropoff-sink", version)]
struct Cli {
    /// Serve https, with a certificate authority made for this run.
    #[arg(long)]
    tls: bool,
    /// Each answer waits this long after the last byte of its request.
    #[arg(long, default_value_t = 0, value_name = "MS")]
    latency: u64,
    /// The first answer of each connection waits this much more.
    #[arg(long, default_value_t = 0, value_name = "MS")]
    connect_latency: u64,
    /// Read at most this many bytes per second from each connection; 0 is no limit.
    #[arg(long, default_value_t = 0, value_name = "BYTES_PER_SECOND")]
    rate: u64,
    /// Read at most this many bytes per second from all connections together; 0 is no limit.
    #[arg(long, default_value_t = 0, value_name = "BYTES_PER_SECOND")]
    total_rate: u64,
    /// While more than this many requests are in flight, answer further ones with 503.
    #[arg(long, value_name = "N")]
    busy_above: Option<u64>,
    /// Look at what comes: decrypt it, compute and compare CRCs, and answer as S3 and Azure do.
    #[arg(long)]
    looks: bool,
}

fn main() -> io::Result<()> {
    let options = Cli::parse();
    if let Err(error) = pace::wake_on_time() {
        eprintln!("sleeps may be 50 microseconds late: {error}");
    }
    let authority = options.tls.then(authority::make).transpose()?;
    let counts = Arc::new(Counts::default());
    let store = options.looks.then(|| Arc::new(Store::default()));
    let server = Server {
        counts: Arc::clone(&counts),
        tls: authority.as_ref().map(|authority| Arc::clone(&authority.config)),
        limits: Limits::new(options.rate, options.total_rate),
        latency: Duration::from_millis(options.latency),
        connect_latency: Duration::from_millis(options.connect_latency),
        busy_above: options.busy_above,
        store: store.clone(),
    };
    let address = server.start()?;
    let control = control::start(counts, store)?;

    let scheme = if options.tls { "https" } else { "http" };
    let ready = json!({
        "url": format!("{scheme}://{address}"),
        "control_url": format!("http://{control}"),
        "ca_file": authority.as_ref().map(|authority| authority.file()),
    });
    writeln!(io::stdout(), "{ready}")?;
    wait_for_end_of_input()
}

/// The parent holds the other end of standard input; when it is gone, so are we.
fn wait_for_end_of_input() -> io::Result<()> {
    let mut ignored = [0; 256];
    while io::stdin().read(&mut ignored)? > 0 {}
    Ok(())
}
