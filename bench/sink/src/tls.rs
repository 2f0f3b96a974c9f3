//! https: rustls makes the handshake; from then on heads are opened and answers sealed here, and bodies only
//! counted, or opened where they are to be looked at.

use std::io;
use std::sync::Arc;

use aws_lc_rs::aead::{
    AES_128_GCM, AES_256_GCM, Aad, CHACHA20_POLY1305, LessSafeKey, NONCE_LEN, Nonce, UnboundKey,
};
use rustls::{ConnectionTrafficSecrets, HandshakeKind, ServerConfig, ServerConnection};

use crate::counts::Counts;
use crate::incoming::{Read, Skipped, Wire};
use crate::intake::Intake;
use crate::records::{HEADER, Header, Records};

const ALERT: u8 = 21;
const APPLICATION_DATA: u8 = 23;
/// What a record has beside its content: the cipher's tag of 16 bytes, and the byte that tells its kind.
const OVERHEAD: usize = 16 + 1;
/// A record no longer than this is always opened: it costs nothing, and an alert or a change of keys would
/// otherwise be taken for a piece of the body.
const SHORT: usize = 256;

/// A connection after its handshake.
pub(crate) struct Tls {
    records: Records,
    receiving: Direction,
    sending: Direction,
}

/// Makes the handshake; None when the client ends before it is done.
pub(crate) fn accept(
    intake: Intake,
    config: &Arc<ServerConfig>,
    reads_ahead: bool,
    counts: &Counts,
) -> io::Result<Option<Tls>> {
    let mut connection = ServerConnection::new(Arc::clone(config)).map_err(io::Error::other)?;
    let mut records = Records::new(intake, reads_ahead);
    while connection.is_handshaking() {
        let Some(header) = records.header()? else { return Ok(None) };
        // One record at a time, so that nothing behind the handshake ends up inside rustls.
        let outcome = give(&mut connection, records.take(header)?);
        // Also after a failure: the client is told what was wrong.
        let mut answer = Vec::new();
        while connection.wants_write() {
            connection.write_tls(&mut answer)?;
        }
        records.intake.send(&answer)?;
        outcome?;
    }
    if connection.handshake_kind() == Some(HandshakeKind::Resumed) {
        counts.resumed();
    }
    let secrets = connection.dangerous_extract_secrets().map_err(io::Error::other)?;
    let (receiving, sending) = (Direction::new(secrets.rx)?, Direction::new(secrets.tx)?);
    Ok(Some(Tls { records, receiving, sending }))
}

fn give(connection: &mut ServerConnection, mut record: &[u8]) -> io::Result<()> {
    while !record.is_empty() {
        connection.read_tls(&mut record)?;
        connection.process_new_packets().map_err(io::Error::other)?;
    }
    Ok(())
}

impl Tls {
    fn seal(&mut self, kind: u8, content: &[u8]) -> io::Result<()> {
        let length = content.len() + OVERHEAD;
        let header = [APPLICATION_DATA, 3, 3, (length >> 8) as u8, length as u8];
        let mut sealed = [content, &[kind]].concat();
        let nonce = self.sending.nonce();
        self.sending
            .key
            .seal_in_place_append_tag(nonce, Aad::from(header), &mut sealed)
            .map_err(|_| io::Error::other("cannot seal a TLS record"))?;
        self.records.intake.send(&[&header, sealed.as_slice()].concat())
    }
}

impl Wire for Tls {
    fn read(&mut self, plain: &mut Vec<u8>) -> io::Result<Read> {
        let Some(header) = self.records.header()? else { return Ok(Read::End) };
        let record = self.records.take(header)?;
        let (kind, content) = self.receiving.open(header, record)?;
        match kind {
            APPLICATION_DATA => plain.extend_from_slice(content),
            ALERT => return Ok(Read::End),
            _ => return Err(invalid("a TLS message after the handshake: a change of keys is not supported")),
        }
        Ok(Read::Some)
    }

    fn skip(&mut self, most: u64) -> io::Result<Skipped> {
        let Some(header) = self.records.header()? else { return Ok(Skipped::End) };
        let content = header.length.saturating_sub(OVERHEAD) as u64;
        if header.kind != APPLICATION_DATA || header.length <= SHORT || content > most {
            return Ok(Skipped::Unknown);
        }
        self.records.drop_next(header)?;
        self.receiving.sequence += 1;
        Ok(Skipped::Bytes(content))
    }

    fn show(&mut self, most: u64, to: &mut dyn FnMut(&[u8])) -> io::Result<Skipped> {
        let Some(header) = self.records.header()? else { return Ok(Skipped::End) };
        let content = header.length.saturating_sub(OVERHEAD) as u64;
        if header.kind != APPLICATION_DATA || header.length <= SHORT || content > most {
            return Ok(Skipped::Unknown);
        }
        let record = self.records.take(header)?;
        match self.receiving.open(header, record)? {
            (APPLICATION_DATA, content) => {
                to(content);
                Ok(Skipped::Bytes(content.len() as u64))
            }
            _ => Err(invalid("a long TLS message that is no piece of a body")),
        }
    }

    fn send(&mut self, answer: &[u8]) -> io::Result<()> {
        self.seal(APPLICATION_DATA, answer)
    }

    fn end(&mut self) -> io::Result<()> {
        const CLOSE_NOTIFY: [u8; 2] = [1, 0];
        self.seal(ALERT, &CLOSE_NOTIFY)?;
        self.records.intake.linger()
    }
}

/// The keys of one direction, and the number of its next record, which also counts the records that were
/// dropped.
struct Direction {
    key: LessSafeKey,
    iv: [u8; NONCE_LEN],
    sequence: u64,
}

impl Direction {
    fn new((sequence, secrets): (u64, ConnectionTrafficSecrets)) -> io::Result<Self> {
        let (algorithm, key, iv) = match &secrets {
            ConnectionTrafficSecrets::Aes128Gcm { key, iv } => (&AES_128_GCM, key, iv),
            ConnectionTrafficSecrets::Aes256Gcm { key, iv } => (&AES_256_GCM, key, iv),
            ConnectionTrafficSecrets::Chacha20Poly1305 { key, iv } => (&CHACHA20_POLY1305, key, iv),
            _ => return Err(io::Error::other("an unknown TLS cipher")),
        };
        let key = UnboundKey::new(algorithm, key.as_ref()).map_err(io::Error::other)?;
        let iv = iv.as_ref().try_into().map_err(io::Error::other)?;
        Ok(Self { key: LessSafeKey::new(key), iv, sequence })
    }

    /// RFC 8446 5.3: the IV with the record's number in its last eight bytes, one or the other but not both.
    fn nonce(&mut self) -> Nonce {
        let mut nonce = self.iv;
        for (byte, number) in nonce[NONCE_LEN - 8..].iter_mut().zip(self.sequence.to_be_bytes()) {
            *byte ^= number;
        }
        self.sequence += 1;
        Nonce::assume_unique_for_key(nonce)
    }

    /// The kind and the content of a record.
    fn open<'a>(&mut self, header: Header, record: &'a mut [u8]) -> io::Result<(u8, &'a [u8])> {
        if header.kind != APPLICATION_DATA {
            return Err(invalid("a TLS record that is not encrypted"));
        }
        let (head, sealed) = record.split_at_mut(HEADER);
        let nonce = self.nonce();
        let opened = self
            .key
            .open_in_place(nonce, Aad::from(&*head), sealed)
            .map_err(|_| invalid("a TLS record does not open: the numbers of records are out of step"))?;
        // Padding is zeros behind the kind.
        let kind =
            opened.iter().rposition(|byte| *byte != 0).ok_or_else(|| invalid("an empty TLS record"))?;
        Ok((opened[kind], &opened[..kind]))
    }
}

fn invalid(what: &'static str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what)
}
