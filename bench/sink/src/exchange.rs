//! Requests and answers of one connection.

use std::io;
use std::time::{Duration, Instant};

use crate::counts::{Counts, InFlight};
use crate::dialect::{Asked, UNKNOWN};
use crate::head::{Framing, Head};
use crate::incoming::{Body, Incoming, Refused, Wire};
use crate::pace::sleep_until;
use crate::payload::Payload;
use crate::store::Store;

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
    /// Where bodies are looked at: what is there of them.
    pub(crate) store: Option<&'a Store>,
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
        let answer = match self.store {
            None => {
                drop_body(incoming, &head, self.counts)?;
                TAKEN.to_vec()
            }
            Some(store) => self.keep(incoming, &head, store)?,
        };
        if !latency.is_zero() {
            sleep_until(Instant::now() + latency);
        }
        self.answer(&mut incoming.wire, request, &answer)?;
        if head.close {
            incoming.wire.end()?;
        }
        Ok(!head.close)
    }

    /// Looks at the body, and does what it is sent for.
    fn keep(
        &self,
        incoming: &mut Incoming<impl Wire>,
        head: &Head,
        store: &Store,
    ) -> Result<Vec<u8>, Refused> {
        let asked = Asked::of(head).ok_or(Refused::Status(UNKNOWN))?;
        let framing = asked.framing(head).map_err(Refused::Status)?;
        let mut payload = Payload::new(head, asked.keeps_body(), self.counts);
        take_body(incoming, head, framing, &mut payload)?;
        let content = payload.end(head);
        if content.as_ref().is_ok_and(|content| content.was_checked) {
            self.counts.checked();
        }
        let answer = asked.carry_out(head, content, store);
        if answer.is_refusal {
            self.counts.refused();
        }
        Ok(answer.text.into_bytes())
    }

    fn answer(&self, wire: &mut impl Wire, request: InFlight<'_>, answer: &[u8]) -> io::Result<()> {
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
            wire.send(answer)
        }
    }
}

fn drop_body(incoming: &mut Incoming<impl Wire>, head: &Head, counts: &Counts) -> Result<(), Refused> {
    if !matches!(head.method.as_str(), "PUT" | "POST") {
        return Err(Refused::Status("405 Method Not Allowed"));
    }
    let framing = head.framing.ok_or(Refused::Status("411 Length Required"))?;
    take_body(incoming, head, framing, &mut &*counts)
}

fn take_body(
    incoming: &mut Incoming<impl Wire>,
    head: &Head,
    framing: Framing,
    body: &mut impl Body,
) -> Result<(), Refused> {
    if head.expects {
        incoming.wire.send(CONTINUE)?;
    }
    match framing {
        Framing::Length(length) => incoming.take_exactly(length, body),
        Framing::Chunked => incoming.take_chunked(body),
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
