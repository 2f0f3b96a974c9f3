//! The port that tells what was counted, and forgets it.

use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::sync::Arc;

use crate::counts::Counts;
use crate::exchange::{refuse, with_body};
use crate::head::{Framing, Head};
use crate::incoming::{Incoming, Refused, Wire};
use crate::intake::Intake;
use crate::pace::Pace;
use crate::plain::Plain;
use crate::server;
use crate::store::Store;

/// Binds a free loopback port and answers from now on.
pub(crate) fn start(counts: Arc<Counts>, store: Option<Arc<Store>>) -> io::Result<SocketAddr> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    let address = listener.local_addr()?;
    server::accept(listener, move |stream| {
        let mut incoming = Incoming::new(Plain(Intake::new(stream, Pace::unlimited())));
        loop {
            match exchange(&mut incoming, &counts, store.as_deref()) {
                Ok(true) => {}
                Ok(false) => return Ok(()),
                Err(Refused::Lost(error)) => return Err(error),
                Err(Refused::Status(status)) => return refuse(&mut incoming.wire, status),
            }
        }
    });
    Ok(address)
}

/// One request and its answer; false when there is to be no other.
fn exchange(incoming: &mut Incoming<Plain>, counts: &Counts, store: Option<&Store>) -> Result<bool, Refused> {
    // What is asked here must not be counted among the uploads.
    let uncounted = Counts::default();
    let Some(head) = incoming.head(&uncounted)? else { return Ok(false) };
    if let Some(Framing::Length(length)) = head.framing {
        incoming.take_exactly(length, &mut &uncounted)?;
    }
    let report = reply(&head, counts, store)?;
    incoming.wire.send(with_body("200 OK", "application/json", &report).as_bytes())?;
    if head.close {
        incoming.wire.end()?;
    }
    Ok(!head.close)
}

fn reply(head: &Head, counts: &Counts, store: Option<&Store>) -> Result<String, Refused> {
    match head.method.as_str() {
        "GET" => {}
        "DELETE" => {
            counts.reset();
            if let Some(store) = store {
                store.clear();
            }
        }
        _ => return Err(Refused::Status("405 Method Not Allowed")),
    }
    let mut report = counts.report();
    if let Some(store) = store {
        let (objects, bytes) = store.objects();
        report["objects"] = objects.into();
        report["object_bytes"] = bytes.into();
    }
    Ok(report.to_string())
}
