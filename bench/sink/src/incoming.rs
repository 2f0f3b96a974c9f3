//! What a client sends: heads and lines are read, bodies are dropped, or looked at on the way.

use std::io;
use std::time::Instant;

use crate::counts::Counts;
use crate::head::{self, Head};

/// Longest line of the chunked coding: a size and its extensions, or a trailer.
const LONGEST_LINE: usize = 8 << 10;

/// One connection, with or without TLS.
pub(crate) trait Wire {
    /// Appends what comes next to `plain`. May append nothing and still not be the end.
    fn read(&mut self, plain: &mut Vec<u8>) -> io::Result<Read>;

    /// Drops at most `most` bytes of what comes next without looking at them.
    fn skip(&mut self, most: u64) -> io::Result<Skipped>;

    /// Shows at most `most` bytes of what comes next, and drops them.
    fn show(&mut self, most: u64, to: &mut dyn FnMut(&[u8])) -> io::Result<Skipped>;

    /// Sends an answer.
    fn send(&mut self, answer: &[u8]) -> io::Result<()>;

    /// Says that nothing more will be sent, and lets the client finish.
    fn end(&mut self) -> io::Result<()>;
}

pub(crate) enum Read {
    Some,
    End,
}

pub(crate) enum Skipped {
    /// At least one.
    Bytes(u64),
    /// What comes next cannot be dropped unseen: it has to be read.
    Unknown,
    End,
}

/// Why a request is not taken.
#[derive(Debug)]
pub(crate) enum Refused {
    /// With what to answer.
    Status(&'static str),
    /// The connection broke: there is nobody to answer.
    Lost(io::Error),
}

impl From<io::Error> for Refused {
    fn from(error: io::Error) -> Self {
        Self::Lost(error)
    }
}

/// Where a body goes.
pub(crate) trait Body {
    /// Whether it is to be shown; it is dropped unseen otherwise.
    fn looks(&self) -> bool;

    fn shown(&mut self, bytes: &[u8]);

    /// As much was dropped unseen.
    fn dropped(&mut self, bytes: u64);
}

impl Body for &Counts {
    fn looks(&self) -> bool {
        false
    }

    fn shown(&mut self, bytes: &[u8]) {
        self.body(bytes.len() as u64);
    }

    fn dropped(&mut self, bytes: u64) {
        self.body(bytes);
    }
}

/// A wire, and what was read from it and is not used yet.
pub(crate) struct Incoming<W> {
    pub(crate) wire: W,
    plain: Vec<u8>,
    used: usize,
}

impl<W: Wire> Incoming<W> {
    pub(crate) fn new(wire: W) -> Self {
        Self { wire, plain: Vec::new(), used: 0 }
    }

    /// The next request's head; None when the client has ended between two of them.
    pub(crate) fn head(&mut self, counts: &Counts) -> Result<Option<Head>, Refused> {
        if self.unused().is_empty() && !self.wait()? {
            return Ok(None);
        }
        counts.first_byte(Instant::now());
        loop {
            match head::parse(self.unused()) {
                Ok(Some(head)) => {
                    self.used += head.length;
                    return Ok(Some(head));
                }
                Ok(None) if self.unused().len() < head::MOST => self.more()?,
                Ok(None) | Err(httparse::Error::TooManyHeaders) => {
                    return Err(Refused::Status("431 Request Header Fields Too Large"));
                }
                Err(_) => return Err(Refused::Status("400 Bad Request")),
            }
        }
    }

    /// Takes a body of `length` bytes.
    pub(crate) fn take_exactly(&mut self, length: u64, body: &mut impl Body) -> Result<(), Refused> {
        let mut left = length;
        while left > 0 {
            let here = (self.unused().len() as u64).min(left);
            if here > 0 {
                let from = self.used;
                self.used += here as usize;
                body.shown(&self.plain[from..self.used]);
                left -= here;
                continue;
            }
            let taken = if body.looks() {
                self.wire.show(left, &mut |bytes| body.shown(bytes))?
            } else {
                self.wire.skip(left)?
            };
            match taken {
                Skipped::Bytes(bytes) => {
                    if !body.looks() {
                        body.dropped(bytes);
                    }
                    left -= bytes;
                }
                Skipped::Unknown => self.more()?,
                Skipped::End => return Err(cut_off()),
            }
        }
        Ok(())
    }

    /// Takes a body in the chunked coding, and drops its trailers.
    pub(crate) fn take_chunked(&mut self, body: &mut impl Body) -> Result<(), Refused> {
        const MALFORMED: Refused = Refused::Status("400 Bad Request");
        loop {
            let line = self.line()?;
            let size = line.split(|byte| *byte == b';').next().unwrap_or_default().trim_ascii();
            let size = std::str::from_utf8(size).ok().and_then(|text| u64::from_str_radix(text, 16).ok());
            match size.ok_or(MALFORMED)? {
                0 => break,
                size => self.take_exactly(size, body)?,
            }
            if !self.line()?.is_empty() {
                return Err(MALFORMED);
            }
        }
        while !self.line()?.is_empty() {}
        Ok(())
    }

    /// The next line, without its end.
    fn line(&mut self) -> Result<Vec<u8>, Refused> {
        loop {
            if let Some(end) = self.unused().iter().position(|byte| *byte == b'\n') {
                let line = self.unused()[..end].trim_ascii_end().to_vec();
                self.used += end + 1;
                return Ok(line);
            }
            if self.unused().len() > LONGEST_LINE {
                return Err(Refused::Status("400 Bad Request"));
            }
            self.more()?;
        }
    }

    fn unused(&self) -> &[u8] {
        &self.plain[self.used..]
    }

    /// Reads on until there is something; false when there is an end instead.
    fn wait(&mut self) -> io::Result<bool> {
        self.plain.drain(..self.used);
        self.used = 0;
        let before = self.plain.len();
        while self.plain.len() == before {
            if let Read::End = self.wire.read(&mut self.plain)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Reads on inside a request, where an end is one too early.
    fn more(&mut self) -> Result<(), Refused> {
        if self.wait()? { Ok(()) } else { Err(cut_off()) }
    }
}

fn cut_off() -> Refused {
    Refused::Lost(io::ErrorKind::UnexpectedEof.into())
}
