//! A pool of buffers for bytes on their way from a source to a socket. Reading into a fresh allocation costs
//! a page fault per 4 KiB, which is more than the read itself; a pooled buffer comes back when the socket is
//! done with it.

use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{Mutex, PoisonError};

use bytes::Bytes;

/// 128 to 512 KiB measured alike: hyper gathers 512 KiB for a write whatever is read (docs/performance.md).
pub(crate) const CHUNK_BYTES: usize = 128 * 1024;

/// Where a buffer begins. An allocation of this size begins 16 bytes into a page, and there the kernel's copy
/// took a third longer than at 32, 48 or 64 on the processor this was measured on (AMD EPYC;
/// docs/performance.md).
const ALIGNMENT: usize = 64;

/// Idle buffers kept, 4 MiB in all. Buffers in use are bounded by hyper's own write buffer, or by a call's
/// `memory_budget`.
const IDLE_BUFFERS_KEPT: usize = 32;

static IDLE: Mutex<Vec<Box<[u8]>>> = Mutex::new(Vec::new());
/// Idle buffers kept beyond that for calls under way.
static RESERVED: AtomicUsize = AtomicUsize::new(0);

/// Keeps more idle buffers while a call lives that fills and empties whole parts.
pub(crate) struct BufferReserve(usize);

impl BufferReserve {
    pub(crate) fn bytes(bytes: u64) -> Self {
        let count = usize::try_from(bytes).unwrap_or(usize::MAX) / CHUNK_BYTES;
        RESERVED.fetch_add(count, Relaxed);
        Self(count)
    }
}

impl Drop for BufferReserve {
    fn drop(&mut self) {
        let left = RESERVED.fetch_sub(self.0, Relaxed) - self.0;
        if let Ok(mut idle) = IDLE.try_lock() {
            idle.truncate(IDLE_BUFFERS_KEPT + left);
        }
    }
}

/// `CHUNK_BYTES` bytes, aligned, in an allocation that is a little larger.
pub(crate) struct Buffer(Option<Box<[u8]>>);

impl Buffer {
    pub(crate) fn take() -> Self {
        // try_lock, not lock: after a fork the mutex may be held by a thread that does not exist.
        let idle = match IDLE.try_lock() {
            Ok(mut idle) => idle.pop(),
            Err(_) => None,
        };
        Self(Some(idle.unwrap_or_else(|| vec![0; CHUNK_BYTES + ALIGNMENT].into_boxed_slice())))
    }

    pub(crate) fn as_mut(&mut self) -> &mut [u8] {
        let Some(bytes) = self.0.as_deref_mut() else { return &mut [] };
        let start = aligned(bytes);
        &mut bytes[start..start + CHUNK_BYTES]
    }

    fn as_slice(&self) -> &[u8] {
        let Some(bytes) = self.0.as_deref() else { return &[] };
        let start = aligned(bytes);
        &bytes[start..start + CHUNK_BYTES]
    }

    /// The first `len` bytes, as shared bytes that give the buffer back when the last is dropped.
    pub(crate) fn freeze(self, len: usize) -> Bytes {
        // Some file systems read a few KiB at a time, and each would hold on to a whole buffer.
        if len <= CHUNK_BYTES / 2 {
            return Bytes::copy_from_slice(&self.as_slice()[..len]);
        }
        Bytes::from_owner(Filled { buffer: self, len })
    }
}

impl Drop for Buffer {
    fn drop(&mut self) {
        let Some(buffer) = self.0.take() else { return };
        let mut idle = match IDLE.try_lock() {
            Ok(idle) => idle,
            Err(std::sync::TryLockError::Poisoned(p)) => PoisonError::into_inner(p),
            Err(std::sync::TryLockError::WouldBlock) => return,
        };
        if idle.len() < IDLE_BUFFERS_KEPT + RESERVED.load(Relaxed) {
            idle.push(buffer);
        }
    }
}

struct Filled {
    buffer: Buffer,
    len: usize,
}

impl AsRef<[u8]> for Filled {
    fn as_ref(&self) -> &[u8] {
        &self.buffer.as_slice()[..self.len]
    }
}

fn aligned(bytes: &[u8]) -> usize {
    // It may say that it cannot tell; then any place will do.
    bytes.as_ptr().align_offset(ALIGNMENT).min(ALIGNMENT)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buffers_are_aligned_and_whole() {
        let mut buffers: Vec<Buffer> = (0..8).map(|_| Buffer::take()).collect();
        for buffer in &mut buffers {
            assert_eq!(buffer.as_mut().len(), CHUNK_BYTES);
            assert_eq!(buffer.as_mut().as_ptr() as usize % ALIGNMENT, 0);
            buffer.as_mut().fill(7);
        }
        let bytes = buffers.remove(0).freeze(CHUNK_BYTES);
        assert!(bytes.len() == CHUNK_BYTES && bytes.iter().all(|byte| *byte == 7));
    }
}
