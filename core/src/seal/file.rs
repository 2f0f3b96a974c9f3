//! Sealing one file, perhaps several times over: a retry, a part or a resumed call seals the same bytes
//! again, under the same key and nonce. Different bytes under them would give away the exclusive or of the
//! two and the key that authenticates. So every block is marked when it is first sealed, and a block that is
//! sealed again is checked against its mark before it is given out. The time of a file's last change is no
//! proof: an edit in place can put it back.
//!
//! A mark is made of the tag that GCM has at the end of the block anyway, over everything up to there, so it
//! costs no second look at the bytes. Such a tag is a secret, and what is kept is a keyed digest of it.

use std::sync::{Arc, Mutex, PoisonError};

use zeroize::Zeroizing;

use super::gcm::{Nonce, Sealer, TAG_LEN};
use super::wrap::FileKey;
use crate::error::{Error, Result};

/// Bytes that are checked before the first of them leaves.
pub(crate) const BLOCK_BYTES: usize = 1024 * 1024;

/// Bytes of a mark: 128 bits, so that no two blocks share one by chance.
const MARK_LEN: usize = 16;
type BlockMark = [u8; MARK_LEN];

/// Key and nonce of one file, and the marks of what was sealed with them.
pub(crate) struct FileSeal {
    key: FileKey,
    nonce: Nonce,
    /// Of its own, so that a mark says nothing about the block to one who does not have the file's key.
    mark_key: Zeroizing<[u8; 32]>,
    marks: Mutex<Marks>,
}

#[derive(Default)]
struct Marks {
    blocks: Vec<BlockMark>,
    /// How long the message is, once it was read to its end.
    len: Option<u64>,
    /// They are of an earlier process, and all there are: nothing may be added to them.
    closed: bool,
}

/// Why a block may not be given out.
#[derive(Debug)]
pub(crate) enum BlockError {
    /// It is not what was sealed first.
    Differs {
        /// Where it begins in the file.
        at: u64,
    },
    /// It could not be sealed.
    Failed(Error),
}

impl From<Error> for BlockError {
    fn from(error: Error) -> Self {
        Self::Failed(error)
    }
}

impl FileSeal {
    pub(crate) fn new(key: FileKey, nonce: Nonce) -> Self {
        Self::with(key, nonce, Marks::default())
    }

    /// With the marks of an earlier process for a message of `len` bytes, as [`FileSeal::marks`] gave them.
    /// `None` if they are not as many as that has blocks: a seal without its marks would take any bytes for
    /// the first.
    pub(crate) fn marked(key: FileKey, nonce: Nonce, len: u64, marks: &[u8]) -> Option<Self> {
        let (blocks, rest) = marks.as_chunks::<MARK_LEN>();
        let all = rest.is_empty() && blocks.len() as u64 == len.div_ceil(BLOCK_BYTES as u64);
        all.then(|| Self::with(key, nonce, Marks { blocks: blocks.to_vec(), len: Some(len), closed: true }))
    }

    fn with(key: FileKey, nonce: Nonce, marks: Marks) -> Self {
        // Of the nonce too: the same bytes under another are another message.
        let own = Zeroizing::new([key.reveal().as_slice(), &nonce.0].concat());
        let mark_key = Zeroizing::new(blake3::derive_key(MARKS, &own));
        Self { key, nonce, mark_key, marks: Mutex::new(marks) }
    }

    pub(crate) fn nonce(&self) -> Nonce {
        self.nonce
    }

    pub(crate) fn marks(&self) -> Vec<u8> {
        self.marks.lock().unwrap_or_else(PoisonError::into_inner).blocks.concat()
    }

    /// Notes the mark of block `number`, or compares it with the one that is there.
    fn note(&self, number: usize, mark: BlockMark) -> Result<(), BlockError> {
        let mut marks = self.marks.lock().unwrap_or_else(PoisonError::into_inner);
        match marks.blocks.get(number) {
            Some(first) if *first == mark => Ok(()),
            // Blocks come in order, so one without a mark is the next. After the end there is none.
            None if marks.blocks.len() == number && !marks.closed && marks.len.is_none() => {
                marks.blocks.push(mark);
                Ok(())
            }
            _ => Err(BlockError::Differs { at: number as u64 * BLOCK_BYTES as u64 }),
        }
    }

    /// Notes that the message ends at `len`, or compares that too: one that goes on where the first one ended
    /// is another message.
    fn note_end(&self, len: u64) -> Result<(), BlockError> {
        let mut marks = self.marks.lock().unwrap_or_else(PoisonError::into_inner);
        if *marks.len.get_or_insert(len) == len { Ok(()) } else { Err(BlockError::Differs { at: len }) }
    }
}

/// The purpose that the key of the marks is derived for.
const MARKS: &str = "dropoff 2026-11-22 marks of blocks that were sealed";

impl std::fmt::Debug for FileSeal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "FileSeal({} blocks marked)", self.marks.lock().map_or(0, |m| m.blocks.len()))
    }
}

/// Seals a file from its beginning, and tells at the end of each block whether that may be given out.
pub(crate) struct BlockSealer {
    seal: Arc<FileSeal>,
    /// Gone once the file has ended, or once a block differed: then nothing more is sealed, and there is no
    /// tag.
    sealer: Option<Sealer>,
    /// Bytes of the block so far.
    filled: usize,
    number: usize,
    len: u64,
}

impl BlockSealer {
    pub(crate) fn new(seal: Arc<FileSeal>) -> Result<Self> {
        let sealer = Some(seal.key.sealer(seal.nonce)?);
        Ok(Self { seal, sealer, filled: 0, number: 0, len: 0 })
    }

    /// Bytes that complete the block.
    pub(crate) fn room(&self) -> usize {
        BLOCK_BYTES - self.filled
    }

    pub(crate) fn is_full(&self) -> bool {
        self.filled == BLOCK_BYTES
    }

    /// Seals bytes of the block, at most [`BlockSealer::room`]. They are not to leave before the block's end.
    pub(crate) fn seal(&mut self, plain: &[u8], into: &mut [u8]) -> Result<()> {
        debug_assert!(plain.len() <= self.room(), "a block has its end");
        self.sealer()?.seal(plain, into)?;
        self.filled += plain.len();
        self.len += plain.len() as u64;
        Ok(())
    }

    /// Ends a block: if it differs from what was sealed first, nothing of it may leave.
    pub(crate) fn end_block(&mut self) -> Result<(), BlockError> {
        let tag = self.sealer()?.tag_so_far()?;
        let keyed = blake3::keyed_hash(&self.seal.mark_key, tag.as_slice());
        let mut mark = [0; MARK_LEN];
        mark.copy_from_slice(&keyed.as_bytes()[..MARK_LEN]);
        self.filled = 0;
        self.number += 1;
        let noted = self.seal.note(self.number - 1, mark);
        self.or_no_more(noted)
    }

    /// Ends the file, and its last block if that is not full.
    pub(crate) fn end(&mut self) -> Result<(), BlockError> {
        if self.filled > 0 {
            self.end_block()?;
        }
        let noted = self.seal.note_end(self.len);
        self.or_no_more(noted)
    }

    fn or_no_more(&mut self, noted: Result<(), BlockError>) -> Result<(), BlockError> {
        if noted.is_err() {
            self.sealer = None;
        }
        noted
    }

    /// The tag, once; only after [`BlockSealer::end`].
    pub(crate) fn tag(&mut self) -> Result<Option<[u8; TAG_LEN]>> {
        self.sealer.take().map(Sealer::tag).transpose()
    }

    fn sealer(&mut self) -> Result<&mut Sealer> {
        self.sealer.as_mut().ok_or_else(|| Error::internal("a file was sealed beyond its end"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Sealed in pieces; where it was stopped, if it was.
    fn sealed(seal: &Arc<FileSeal>, plain: &[u8], piece: usize) -> Result<Vec<u8>, u64> {
        let at = |error| match error {
            BlockError::Differs { at } => at,
            BlockError::Failed(error) => panic!("{error}"),
        };
        let mut sealer = BlockSealer::new(Arc::clone(seal)).expect("a sealer");
        let mut out = Vec::new();
        for mut chunk in plain.chunks(piece) {
            while !chunk.is_empty() {
                let (now, later) = chunk.split_at(chunk.len().min(sealer.room()));
                let mut into = vec![0; now.len()];
                sealer.seal(now, &mut into).expect("sealed");
                out.extend(into);
                if sealer.is_full() {
                    sealer.end_block().map_err(at)?;
                }
                chunk = later;
            }
        }
        sealer.end().map_err(at)?;
        out.extend(sealer.tag().expect("a tag").expect("once"));
        Ok(out)
    }

    fn key() -> FileKey {
        FileKey::random().expect("a key")
    }

    #[test]
    fn the_same_bytes_seal_again_in_any_pieces_and_others_do_not() {
        let mut plain: Vec<u8> = (0..2 * BLOCK_BYTES + 17).map(|i| (i % 251) as u8).collect();
        let (key, nonce) = (key(), Nonce::random().expect("a nonce"));
        let seal = Arc::new(FileSeal::new(key.clone(), nonce));
        let first = sealed(&seal, &plain, 128 * 1024).expect("sealed");
        assert_eq!(sealed(&seal, &plain, 100_003).expect("the same"), first);
        assert_eq!(seal.marks().len(), 3 * MARK_LEN);

        let len = plain.len() as u64;
        let marked = |len, marks: &[u8]| FileSeal::marked(key.clone(), nonce, len, marks).map(Arc::new);
        let resumed = marked(len, &seal.marks()).expect("all marks");
        assert_eq!(sealed(&resumed, &plain, BLOCK_BYTES).expect("the same"), first);
        for at in [0, BLOCK_BYTES - 1, BLOCK_BYTES, 2 * BLOCK_BYTES + 16] {
            plain[at] ^= 1;
            let block = (at / BLOCK_BYTES * BLOCK_BYTES) as u64;
            assert_eq!(sealed(&resumed, &plain, 4096), Err(block), "byte {at}");
            plain[at] ^= 1;
        }
        // Longer, shorter: the last block is another one.
        assert_eq!(sealed(&resumed, &plain[..2 * BLOCK_BYTES + 16], 4096), Err(2 * BLOCK_BYTES as u64));
        for seal in [&seal, &resumed] {
            assert!(
                sealed(seal, &plain[..2 * BLOCK_BYTES], BLOCK_BYTES).is_err(),
                "one block less is another message"
            );
        }
        // Without its marks a seal would take anything for the first.
        for bad in [&[][..], &seal.marks()[1..], &seal.marks()[..2 * MARK_LEN]] {
            assert!(marked(len, bad).is_none());
        }
        assert!(marked(len + BLOCK_BYTES as u64, &seal.marks()).is_none());
    }

    #[test]
    fn a_message_that_ended_at_a_block_cannot_go_on() {
        let plain = vec![3; 2 * BLOCK_BYTES];
        let seal = Arc::new(FileSeal::new(key(), Nonce::random().expect("a nonce")));
        sealed(&seal, &plain[..BLOCK_BYTES], BLOCK_BYTES).expect("sealed");
        assert_eq!(sealed(&seal, &plain, BLOCK_BYTES), Err(BLOCK_BYTES as u64));
        let empty = Arc::new(FileSeal::new(key(), Nonce::random().expect("a nonce")));
        sealed(&empty, b"", 1).expect("sealed");
        assert_eq!(sealed(&empty, b"x", 1), Err(0));
    }

    #[test]
    fn after_a_block_that_differs_nothing_more_is_sealed_and_there_is_no_tag() {
        let seal = Arc::new(FileSeal::new(key(), Nonce::random().expect("a nonce")));
        sealed(&seal, &[1; 10], 10).expect("sealed");
        for other in [&[2; 10][..], &[1; 9]] {
            let mut sealer = BlockSealer::new(Arc::clone(&seal)).expect("a sealer");
            sealer.seal(other, &mut vec![0; other.len()]).expect("not checked yet");
            assert!(matches!(sealer.end(), Err(BlockError::Differs { at: 0 })));
            sealer.seal(b"x", &mut [0]).expect_err("no more");
            assert!(sealer.tag().expect("no failure").is_none(), "a tag would make it a message");
        }
    }

    #[test]
    fn marks_say_nothing_without_the_key() {
        let plain = vec![7; 100];
        let nonce = Nonce::random().expect("a nonce");
        let (one, two) = (Arc::new(FileSeal::new(key(), nonce)), Arc::new(FileSeal::new(key(), nonce)));
        sealed(&one, &plain, 100).expect("sealed");
        sealed(&two, &plain, 100).expect("sealed");
        assert_ne!(one.marks(), two.marks());
    }
}
