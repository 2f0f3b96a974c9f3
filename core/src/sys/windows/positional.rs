//! Reading and writing at an offset.

use std::fs::File;
use std::io::{self, ErrorKind, Seek as _, SeekFrom};
use std::os::windows::fs::FileExt as _;

pub(crate) trait PositionalIo {
    fn read_at(&self, into: &mut [u8], at: u64) -> io::Result<usize>;
    fn read_exact_at(&self, into: &mut [u8], at: u64) -> io::Result<()>;
    fn write_all_at(&self, bytes: &[u8], at: u64) -> io::Result<()>;
}

impl PositionalIo for File {
    fn read_at(&self, into: &mut [u8], at: u64) -> io::Result<usize> {
        self.seek_read(into, at)
    }

    fn read_exact_at(&self, mut into: &mut [u8], mut at: u64) -> io::Result<()> {
        while !into.is_empty() {
            match self.seek_read(into, at)? {
                0 => return Err(ErrorKind::UnexpectedEof.into()),
                count => {
                    into = &mut into[count..];
                    at += count as u64;
                }
            }
        }
        Ok(())
    }

    /// The cursor is put back: an archive's head is written anew amid what is appended.
    fn write_all_at(&self, mut bytes: &[u8], mut at: u64) -> io::Result<()> {
        let mut cursor: &Self = self;
        let before = cursor.stream_position()?;
        while !bytes.is_empty() {
            match self.seek_write(bytes, at)? {
                0 => return Err(ErrorKind::WriteZero.into()),
                count => {
                    bytes = &bytes[count..];
                    at += count as u64;
                }
            }
        }
        cursor.seek(SeekFrom::Start(before)).map(drop)
    }
}

/// No read here leaves out what is not in the cache.
pub(crate) fn read_cached(_: &File, _: &mut [u8], _: u64) -> Option<usize> {
    None
}
