//! TLS records, as they stand on the wire.

use std::io;

use crate::intake::Intake;

/// Header of a record: kind, version, length.
pub(crate) const HEADER: usize = 5;
/// RFC 8446 5.2: the most that a record may hold behind its header.
const LONGEST: usize = (16 << 10) + 256;

/// What a record's header says.
#[derive(Clone, Copy)]
pub(crate) struct Header {
    pub(crate) kind: u8,
    /// Of what stands behind the header.
    pub(crate) length: usize,
}

/// What is read at once where bodies are looked at.
const AHEAD: usize = 256 << 10;

/// A connection, one record at a time.
///
/// Of a record that is dropped only the header is copied. That makes two system calls of each, and still is
/// no dearer than reading many records at once: copying them costs as much, and washes the caches that the
/// client works in. Where all of them are opened anyway, many are read at once.
pub(crate) struct Records {
    pub(crate) intake: Intake,
    /// What has come is between `begin` and `end`.
    buffer: Vec<u8>,
    begin: usize,
    end: usize,
    reads_ahead: bool,
}

impl Records {
    pub(crate) fn new(intake: Intake, reads_ahead: bool) -> Self {
        let room = if reads_ahead { AHEAD } else { HEADER + LONGEST };
        Self { intake, buffer: vec![0; room], begin: 0, end: 0, reads_ahead }
    }

    /// The header of the next record, which stays where it is; None at the end of the connection.
    pub(crate) fn header(&mut self) -> io::Result<Option<Header>> {
        if !self.has(HEADER)? {
            return if self.begin == self.end { Ok(None) } else { Err(cut_off()) };
        }
        let header = &self.buffer[self.begin..self.begin + HEADER];
        let length = usize::from(u16::from_be_bytes([header[3], header[4]]));
        if length > LONGEST {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "a TLS record is too long"));
        }
        Ok(Some(Header { kind: header[0], length }))
    }

    /// The whole record that has this header, header first. It is used up by this.
    pub(crate) fn take(&mut self, header: Header) -> io::Result<&mut [u8]> {
        let whole = HEADER + header.length;
        if !self.has(whole)? {
            return Err(cut_off());
        }
        let begin = self.begin;
        self.begin += whole;
        Ok(&mut self.buffer[begin..begin + whole])
    }

    /// Drops the record that has this header. All of it has come when this returns.
    pub(crate) fn drop_next(&mut self, header: Header) -> io::Result<()> {
        let whole = HEADER + header.length;
        let here = whole.min(self.end - self.begin);
        self.begin += here;
        let mut left = whole - here;
        while left > 0 {
            match self.intake.drop_unread(left as u64)? {
                0 => return Err(cut_off()),
                dropped => left -= dropped,
            }
        }
        Ok(())
    }

    /// Reads until as many bytes have come; false if the connection ends before.
    fn has(&mut self, bytes: usize) -> io::Result<bool> {
        if self.begin == self.end {
            (self.begin, self.end) = (0, 0);
        } else if self.begin + bytes > self.buffer.len() {
            self.buffer.copy_within(self.begin..self.end, 0);
            (self.begin, self.end) = (0, self.end - self.begin);
        }
        while self.end - self.begin < bytes {
            let most = if self.reads_ahead { self.buffer.len() } else { self.begin + bytes };
            match self.intake.read(&mut self.buffer[self.end..most])? {
                0 => return Ok(false),
                read => self.end += read,
            }
        }
        Ok(true)
    }
}

fn cut_off() -> io::Error {
    io::ErrorKind::UnexpectedEof.into()
}
