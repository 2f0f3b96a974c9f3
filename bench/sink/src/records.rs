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

/// A connection, one record at a time.
///
/// Of a record that is dropped only the header is copied. That makes two system calls of each, and still is
/// no dearer than reading many records at once: copying them costs as much, and washes the caches that the
/// client works in.
pub(crate) struct Records {
    pub(crate) intake: Intake,
    /// Room for one record, of which `here` bytes have come.
    buffer: Vec<u8>,
    here: usize,
}

impl Records {
    pub(crate) fn new(intake: Intake) -> Self {
        Self { intake, buffer: vec![0; HEADER + LONGEST], here: 0 }
    }

    /// The header of the next record, which stays where it is; None at the end of the connection.
    pub(crate) fn header(&mut self) -> io::Result<Option<Header>> {
        while self.here < HEADER {
            match self.intake.read(&mut self.buffer[self.here..HEADER])? {
                0 if self.here == 0 => return Ok(None),
                0 => return Err(cut_off()),
                read => self.here += read,
            }
        }
        let length = usize::from(u16::from_be_bytes([self.buffer[3], self.buffer[4]]));
        if length > LONGEST {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "a TLS record is too long"));
        }
        Ok(Some(Header { kind: self.buffer[0], length }))
    }

    /// The whole record that has this header, header first. It is used up by this.
    pub(crate) fn take(&mut self, header: Header) -> io::Result<&mut [u8]> {
        let whole = HEADER + header.length;
        while self.here < whole {
            match self.intake.read(&mut self.buffer[self.here..whole])? {
                0 => return Err(cut_off()),
                read => self.here += read,
            }
        }
        self.here = 0;
        Ok(&mut self.buffer[..whole])
    }

    /// Drops the record that has this header. All of it has come when this returns.
    pub(crate) fn drop_next(&mut self, header: Header) -> io::Result<()> {
        let mut left = HEADER + header.length - self.here;
        while left > 0 {
            match self.intake.drop_unread(left as u64)? {
                0 => return Err(cut_off()),
                dropped => left -= dropped,
            }
        }
        self.here = 0;
        Ok(())
    }
}

fn cut_off() -> io::Error {
    io::ErrorKind::UnexpectedEof.into()
}
