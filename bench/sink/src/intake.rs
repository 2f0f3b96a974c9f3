//! One socket, read no faster than its pace allows.

use std::io::{self, Write};
use std::net::{Shutdown, TcpStream};
use std::time::Duration;

use rustix::io::retry_on_intr;
use rustix::net::{RecvFlags, recv};

use crate::pace::Pace;

/// The most that is dropped by one call.
const DROP_AT_ONCE: usize = 256 << 10;
/// How long, and over how much, a client that was refused may go on sending before its connection is cut.
const LINGER: Duration = Duration::from_secs(1);
const LINGER_BYTES: usize = 64 << 20;

/// The receiving end, and the sending one beside it.
pub(crate) struct Intake {
    stream: TcpStream,
    pace: Pace,
    /// What is dropped unread has no more than its length of this: the kernel writes nothing here, and its
    /// pages are never touched.
    nowhere: Vec<u8>,
}

impl Intake {
    pub(crate) fn new(stream: TcpStream, pace: Pace) -> Self {
        Self { stream, pace, nowhere: vec![0; DROP_AT_ONCE] }
    }

    /// Reads something; 0 is the end.
    pub(crate) fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let most = into.len().min(self.pace.slice());
        let (_, read) = retry_on_intr(|| recv(&self.stream, &mut into[..most], RecvFlags::empty()))?;
        self.pace.wait_for(read);
        Ok(read)
    }

    /// Reads at most `most` bytes to look at them; none is the end.
    pub(crate) fn read_some(&mut self, most: u64) -> io::Result<&[u8]> {
        let most = most.min(self.pace.slice().min(DROP_AT_ONCE) as u64) as usize;
        let into = &mut self.nowhere[..most];
        let (_, read) = retry_on_intr(|| recv(&self.stream, &mut *into, RecvFlags::empty()))?;
        self.pace.wait_for(read);
        Ok(&self.nowhere[..read])
    }

    /// Has the kernel drop at most `most` bytes unread; 0 is the end.
    pub(crate) fn drop_unread(&mut self, most: u64) -> io::Result<usize> {
        let most = most.min(self.pace.slice().min(DROP_AT_ONCE) as u64) as usize;
        let (_, dropped) = retry_on_intr(|| recv(&self.stream, &mut self.nowhere[..most], RecvFlags::TRUNC))?;
        self.pace.wait_for(dropped);
        Ok(dropped)
    }

    /// Sends all of it.
    pub(crate) fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.stream.write_all(bytes)
    }

    /// Ends our side and drops what the client still sends. A socket that is closed with something unread
    /// resets the connection, and the client may lose the answer that told it why.
    pub(crate) fn linger(&mut self) -> io::Result<()> {
        self.stream.shutdown(Shutdown::Write)?;
        self.stream.set_read_timeout(Some(LINGER))?;
        let mut dropped = 0;
        while dropped < LINGER_BYTES {
            match self.drop_unread(u64::MAX)? {
                0 => break,
                more => dropped += more,
            }
        }
        Ok(())
    }
}
