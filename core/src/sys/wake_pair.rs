//! What a loop of another language watches, and any thread makes readable, without entering that language.

use std::io::{self, Read as _, Write as _};

use super::family::{PairEnd, end_number, ends};

/// Two sockets that are connected to each other. For bindings.
///
/// Both live as long as anybody may write: a write to a closed pair raises SIGPIPE, which programs may have
/// set back to its deadly default.
pub struct WakePair {
    read_end: PairEnd,
    write_end: PairEnd,
}

impl WakePair {
    /// A reader of the watched end waits until there is something.
    ///
    /// # Errors
    /// What the operating system says.
    pub fn new() -> io::Result<Self> {
        let (read_end, write_end) = ends()?;
        Ok(Self { read_end, write_end })
    }

    /// Neither end waits for anything.
    ///
    /// # Errors
    /// What the operating system says.
    pub fn never_waiting() -> io::Result<Self> {
        let pair = Self::new()?;
        pair.read_end.set_nonblocking(true)?;
        pair.write_end.set_nonblocking(true)?;
        Ok(pair)
    }

    /// Makes the watched end readable, by a byte: a forked child has a copy of the other end too, so closing
    /// it would not.
    pub fn wake(&self) {
        // As long as somebody reads from time to time there is room.
        let _ = (&self.write_end).write(&[1]);
    }

    /// Takes some of what makes it readable.
    pub fn clear(&self) {
        let _ = (&self.read_end).read(&mut [0; 8]);
    }

    /// The number of the watched end: a descriptor, on Windows a `SOCKET`, of which 32 bits count.
    pub fn descriptor(&self) -> i32 {
        end_number(&self.read_end)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Looks, and takes nothing.
    fn is_waiting(pair: &WakePair) -> bool {
        socket2::SockRef::from(&pair.read_end)
            .peek(&mut [std::mem::MaybeUninit::uninit(); 1])
            .is_ok_and(|n| n == 1)
    }

    #[test]
    fn a_woken_pair_is_readable_once_until_it_is_cleared() {
        let pair = WakePair::never_waiting().expect("a pair");
        let is_readable = || (&pair.read_end).read(&mut [0; 1]).is_ok_and(|count| count == 1);
        assert!(!is_readable());
        pair.wake();
        while !is_readable() {
            std::thread::yield_now();
        }
        pair.wake();
        while !is_waiting(&pair) {
            std::thread::yield_now();
        }
        pair.clear();
        assert!(!is_waiting(&pair) && !is_readable());
    }
}
