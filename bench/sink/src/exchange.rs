//! Requests and answers of one connection.

use std::io;
use std::time::{Duration, Instant};

use crate::counts::{Counts, InFlight};
use crate::head::{Framing, Head};
use crate::incoming::{Incoming, Refused, Wire};
use crate::pace::sleep_until;

const CONTINUE: &[u8] = b"HTTP/1.1 100 Continue\r\n\r\n";
const TAKEN: &[u8] = b"HTTP/1.1 200 OK\r\nETag: \"discarded\"\r\nContent-Length: 0\r\n\r\n";
const BUSY: &str = "<Error><Code>SlowDown</Code></Error>";

/// How to answer.
pub(crate) struct Manner<'a> {
    pub(crate) counts: &'a Counts,
    pub(crate) latency: Duration,
    /// Of the first answer, on top.
    pub(crate) connect_latency: Duration,
    pub(crate) busy_above: Option<u64>,
}

impl Manner<'_> {
    /// Answers requests until the client, or a request that asks for it, ends the connection.
    pub(crate) fn serve(&self, wire: impl Wire) -> io::Result<()> {
        let mut incoming = Incoming::new(wire);
        let mut latency = self.latency + self.connect_latency;
        loop {
            match self.exchange(&mut incoming, latency) {
                Ok(true) => latency = self.latency,
                Ok(false) => return Ok(()),
                Err(Refused::Lost(error)) => return Err(error),
                Err(Refused::Status(status)) => return refuse(&mut incoming.wire, status),
            }
        }
    }

    /// One request and its answer; false when there is to be no other.
    fn exchange(&self, incoming: &mut Incoming<impl Wire>, latency: Duration) -> Result<bool, Refused> {
        let Some(head) = incoming.head(self.counts)? else { return Ok(false) };
        let request = self.counts.begin();
        drop_body(incoming, &head, self.counts)?;
        if !latency.is_zero() {
            sleep_until(Instant::now() + latency);
        }
        self.answer(&mut incoming.wire, request)?;
        if head.close {
            incoming.wire.end()?;
        }
        Ok(!head.close)
    }

    fn answer(&self, wire: &mut impl Wire, request: InFlight<'_>) -> io::Result<()> {
        let busy = self.busy_above.is_some_and(|most| request.at_once > most);
        if busy {
            self.counts.busy();
        }
        // Not in flight any more when the client reads it: its next request may come at once, on another
        // connection.
        drop(request);
        if busy {
            wire.send(with_body("503 Slow Down", "application/xml", BUSY).as_bytes())
        } else {
            wire.send(TAKEN)
        }
    }
}

fn drop_body(incoming: &mut Incoming<impl Wire>, head: &Head, counts: &Counts) -> Result<(), Refused> {
    if !matches!(head.method.as_str(), "PUT" | "POST") {
        return Err(Refused::Status("405 Method Not Allowed"));
    }
    let framing = head.framing.ok_or(Refused::Status("411 Length Required"))?;
    if head.expects {
        incoming.wire.send(CONTINUE)?;
    }
    match framing {
        Framing::Length(length) => incoming.drop_exactly(length, counts),
        Framing::Chunked => incoming.drop_chunked(counts),
    }
}

/// Says no, once, and ends the connection: where the next request would begin is unknown.
pub(crate) fn refuse(wire: &mut impl Wire, status: &str) -> io::Result<()> {
    let answer = format!("HTTP/1.1 {status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
    wire.send(answer.as_bytes())?;
    wire.end()
}

/// An answer with something in it.
pub(crate) fn with_body(status: &str, content_type: &str, body: &str) -> String {
    let length = body.len();
    format!("HTTP/1.1 {status}\r\nContent-Type: {content_type}\r\nContent-Length: {length}\r\n\r\n{body}")
}
