//! Standard input as what is sent. It owns that a stream which ends early is not taken for a whole one.

use std::io::{self, Read, Stdin};

use dropoff::Source;

/// Standard input, which must have so many bytes if that is known.
#[must_use]
pub fn source(size: Option<u64>) -> Source {
    match size {
        None => Source::reader(io::stdin()),
        Some(size) => Source::reader(Measured { input: io::stdin(), size, read: 0 }),
    }
}

struct Measured<R = Stdin> {
    input: R,
    size: u64,
    read: u64,
}

impl<R: Read> Read for Measured<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let count = self.input.read(into)?;
        self.read += count as u64;
        let (read, size) = (self.read, self.size);
        if read > size {
            return Err(io::Error::other(format!("it has more than the {size} bytes of --size")));
        }
        if count == 0 && !into.is_empty() && read < size {
            return Err(io::Error::other(format!("it ended after {read} of the {size} bytes of --size")));
        }
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str, size: u64) -> io::Result<usize> {
        let mut whole = String::new();
        Measured { input: text.as_bytes(), size, read: 0 }.read_to_string(&mut whole)
    }

    #[test]
    fn only_the_right_size_is_read_to_its_end() {
        assert_eq!(read("four", 4).expect("whole"), 4);
        assert!(read("four", 5).expect_err("short").to_string().contains("after 4 of the 5"));
        assert!(read("four", 3).expect_err("long").to_string().contains("more than the 3"));
    }
}
