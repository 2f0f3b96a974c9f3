//! http: the kernel drops bodies.

use std::io;

use crate::incoming::{Read, Skipped, Wire};
use crate::intake::Intake;

/// Enough for a head. What it gets of the body behind the head is copied for nothing, so it is not more.
const AT_ONCE: usize = 16 << 10;

pub(crate) struct Plain(pub(crate) Intake);

impl Wire for Plain {
    fn read(&mut self, plain: &mut Vec<u8>) -> io::Result<Read> {
        let before = plain.len();
        plain.resize(before + AT_ONCE, 0);
        let read = self.0.read(&mut plain[before..]);
        plain.truncate(before + *read.as_ref().unwrap_or(&0));
        Ok(if read? == 0 { Read::End } else { Read::Some })
    }

    fn skip(&mut self, most: u64) -> io::Result<Skipped> {
        Ok(match self.0.drop_unread(most)? {
            0 => Skipped::End,
            dropped => Skipped::Bytes(dropped as u64),
        })
    }

    fn show(&mut self, most: u64, to: &mut dyn FnMut(&[u8])) -> io::Result<Skipped> {
        Ok(match self.0.read_some(most)? {
            [] => Skipped::End,
            bytes => {
                to(bytes);
                Skipped::Bytes(bytes.len() as u64)
            }
        })
    }

    fn send(&mut self, answer: &[u8]) -> io::Result<()> {
        self.0.send(answer)
    }

    fn end(&mut self) -> io::Result<()> {
        self.0.linger()
    }
}
