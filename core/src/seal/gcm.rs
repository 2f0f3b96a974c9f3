//! AES-256-GCM a piece at a time, through AWS-LC's EVP interface.
//!
//! The safe crates seal a message at once, or are several times slower: the composition of `aes`, `ctr` and
//! `ghash` ran at a seventh of this. So this is the one file of the core with `unsafe` in it. It owns one C
//! object behind a type that cannot be used after its end, and hands C only lengths of Rust slices.
//!
//! One nonce under one key seals one message, ever: see [`Nonce`].
#![allow(unsafe_code, reason = "AWS-LC is C; each call says why it is sound")]

use std::ffi::c_int;
use std::ptr::{NonNull, null_mut};

use aws_lc_sys as sys;
use zeroize::Zeroizing;

use super::errors::encryption;
use crate::error::{Error, Result};

/// Bytes of a key.
pub(crate) const KEY_LEN: usize = 32;
/// Bytes of a nonce.
pub(crate) const NONCE_LEN: usize = 12;
/// Bytes that sealing adds at the end.
pub(crate) const TAG_LEN: usize = 16;
/// The most one nonce can seal: 2³⁶ − 32 bytes, NIST SP 800-38D, 5.2.1.1. Beyond it the counter wraps and
/// the keystream repeats.
pub(crate) const MAX_SEALED_LEN: u64 = (1 << 36) - 32;

/// Twelve bytes that must not be used twice under one key for different messages: that would reveal the
/// exclusive or of the two, and the key that authenticates.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Nonce(pub(crate) [u8; NONCE_LEN]);

/// The C object, either sealing or opening. Its memory is wiped when it is freed.
struct Context(NonNull<sys::EVP_CIPHER_CTX>);

// SAFETY: the object has no tie to a thread, and every change to it takes `&mut self`.
unsafe impl Send for Context {}

impl Context {
    fn new(key: &[u8; KEY_LEN], nonce: Nonce, seal: bool) -> Result<Self> {
        // SAFETY: takes nothing; gives an object of its own, or null without memory.
        let context = Self(NonNull::new(unsafe { sys::EVP_CIPHER_CTX_new() }).ok_or_else(failed)?);
        // SAFETY: the object is alive and empty; the cipher is a static of the library; key and nonce are
        // 32 and 12 bytes, which are this cipher's defaults, and are copied.
        let begun = unsafe {
            sys::EVP_CipherInit_ex(
                context.0.as_ptr(),
                sys::EVP_aes_256_gcm(),
                null_mut(),
                key.as_ptr(),
                nonce.0.as_ptr(),
                c_int::from(seal),
            )
        };
        done(begun)?;
        Ok(context)
    }

    /// As many bytes out as in: GCM is a stream cipher.
    fn update(&mut self, from: &[u8], into: &mut [u8]) -> Result<()> {
        if from.len() != into.len() {
            return Err(failed());
        }
        let len = c_int::try_from(from.len()).map_err(|_| failed())?;
        let mut written = 0;
        // SAFETY: the object was begun with key and nonce; `from` is readable and `into` writable for
        // `len` bytes, and they do not overlap, since one is borrowed for change.
        done(unsafe {
            sys::EVP_CipherUpdate(self.0.as_ptr(), into.as_mut_ptr(), &raw mut written, from.as_ptr(), len)
        })?;
        if written == len { Ok(()) } else { Err(failed()) }
    }

    fn finish(&mut self) -> c_int {
        let (mut nothing, mut written) = ([0; TAG_LEN], 0);
        // SAFETY: the object was begun. GCM writes nothing here; there is room for a block all the same.
        unsafe { sys::EVP_CipherFinal_ex(self.0.as_ptr(), nothing.as_mut_ptr(), &raw mut written) }
    }

    /// The same state once more.
    fn copy(&self) -> Result<Self> {
        // SAFETY: as in `new`; then both objects are alive, and the second is empty.
        let copy = Self(NonNull::new(unsafe { sys::EVP_CIPHER_CTX_new() }).ok_or_else(failed)?);
        // SAFETY: see above; the copy has memory of its own.
        done(unsafe { sys::EVP_CIPHER_CTX_copy(copy.0.as_ptr(), self.0.as_ptr()) })?;
        Ok(copy)
    }

    fn control(&mut self, command: c_int, tag: &mut [u8; TAG_LEN]) -> Result<()> {
        // SAFETY: the object is alive; both commands used here read or write `TAG_LEN` bytes at the pointer.
        done(unsafe {
            sys::EVP_CIPHER_CTX_ctrl(self.0.as_ptr(), command, TAG_LEN as c_int, tag.as_mut_ptr().cast())
        })
    }
}

impl Drop for Context {
    fn drop(&mut self) {
        // SAFETY: made by `EVP_CIPHER_CTX_new`, freed once, not used again.
        unsafe { sys::EVP_CIPHER_CTX_free(self.0.as_ptr()) }
    }
}

fn done(status: c_int) -> Result<()> {
    if status == 1 { Ok(()) } else { Err(failed()) }
}

/// C ran out of memory, or was called wrongly by us.
fn failed() -> Error {
    Error::internal("the cipher failed")
}

/// Seals one message, a piece at a time.
pub(crate) struct Sealer {
    context: Context,
    sealed: u64,
}

impl Sealer {
    pub(crate) fn new(key: &Zeroizing<[u8; KEY_LEN]>, nonce: Nonce) -> Result<Self> {
        Ok(Self { context: Context::new(key, nonce, true)?, sealed: 0 })
    }

    /// Seals the next piece; `into` is as long as `plain`.
    pub(crate) fn seal(&mut self, plain: &[u8], into: &mut [u8]) -> Result<()> {
        self.sealed += plain.len() as u64;
        if self.sealed > MAX_SEALED_LEN {
            return Err(encryption(&format!(
                "a file is longer than AES-GCM seals with one nonce ({MAX_SEALED_LEN} bytes); cut it into several"
            )));
        }
        self.context.update(plain, into)
    }

    /// The tag that ends the message.
    pub(crate) fn tag(self) -> Result<[u8; TAG_LEN]> {
        Self::end(self.context)
    }

    /// The tag as it would be if the message ended here. It must stay secret: with it one could send the
    /// message cut off as if it were whole.
    pub(crate) fn tag_so_far(&self) -> Result<Zeroizing<[u8; TAG_LEN]>> {
        Self::end(self.context.copy()?).map(Zeroizing::new)
    }

    fn end(mut context: Context) -> Result<[u8; TAG_LEN]> {
        done(context.finish())?;
        let mut tag = [0; TAG_LEN];
        context.control(sys::EVP_CTRL_AEAD_GET_TAG, &mut tag)?;
        Ok(tag)
    }
}

/// Opens one message, a piece at a time. Its plain text is not to be trusted before [`Opener::verify`].
pub(crate) struct Opener(Context);

impl Opener {
    pub(crate) fn new(key: &Zeroizing<[u8; KEY_LEN]>, nonce: Nonce) -> Result<Self> {
        Context::new(key, nonce, false).map(Self)
    }

    pub(crate) fn open(&mut self, sealed: &[u8], into: &mut [u8]) -> Result<()> {
        self.0.update(sealed, into)
    }

    /// Whether the message is the one that was sealed. Compared in constant time.
    pub(crate) fn verify(mut self, tag: [u8; TAG_LEN]) -> Result<bool> {
        self.0.control(sys::EVP_CTRL_AEAD_SET_TAG, &mut { tag })?;
        Ok(self.0.finish() == 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use aes_gcm::aead::{Aead as _, KeyInit as _};

    fn bytes(hex: &str) -> Vec<u8> {
        (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).expect("hex")).collect()
    }

    fn key(hex: &str) -> Zeroizing<[u8; KEY_LEN]> {
        Zeroizing::new(bytes(hex).try_into().expect("32 bytes"))
    }

    fn nonce(hex: &str) -> Nonce {
        Nonce(bytes(hex).try_into().expect("12 bytes"))
    }

    /// Sealed in pieces that end at `cuts`.
    fn sealed(key: &Zeroizing<[u8; KEY_LEN]>, nonce: Nonce, plain: &[u8], cuts: &[usize]) -> Vec<u8> {
        let mut sealer = Sealer::new(key, nonce).expect("a sealer");
        let mut out = vec![0; plain.len()];
        let mut from = 0;
        for to in cuts.iter().copied().chain([plain.len()]) {
            sealer.seal(&plain[from..to], &mut out[from..to]).expect("sealed");
            from = to;
        }
        out.extend(sealer.tag().expect("a tag"));
        out
    }

    /// The GCM specification's test cases 13, 14 and 15 (AES-256, no AAD).
    #[test]
    fn nist_vectors() {
        let zero = "0".repeat(64);
        for (key_hex, nonce_hex, plain, cipher) in [
            (zero.as_str(), "000000000000000000000000", "", "530f8afbc74536b9a963b4f1c4cb738b"),
            (
                zero.as_str(),
                "000000000000000000000000",
                "00000000000000000000000000000000",
                "cea7403d4d606b6e074ec5d3baf39d18d0d1c8a799996bf0265b98b5d48ab919",
            ),
            (
                "feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308",
                "cafebabefacedbaddecaf888",
                "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b391aafd255",
                "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662898015adb094dac5d93471bdec1a502270e3cc6c",
            ),
        ] {
            let (key, nonce, plain) = (key(key_hex), nonce(nonce_hex), bytes(plain));
            assert_eq!(sealed(&key, nonce, &plain, &[]), bytes(cipher));
        }
    }

    #[test]
    fn any_pieces_give_what_one_call_of_another_implementation_gives() {
        let mut dice = fastrand::Rng::with_seed(7);
        for round in 0..200 {
            let mut plain = vec![0; dice.usize(0..5000)];
            dice.fill(&mut plain);
            let mut raw = [0; KEY_LEN];
            dice.fill(&mut raw);
            let mut iv = [0; NONCE_LEN];
            dice.fill(&mut iv);
            let mut cuts: Vec<usize> = (0..dice.usize(0..6)).map(|_| dice.usize(0..=plain.len())).collect();
            cuts.sort_unstable();
            let ours = sealed(&Zeroizing::new(raw), Nonce(iv), &plain, &cuts);

            let oracle = aes_gcm::Aes256Gcm::new(&raw.into());
            let theirs = oracle.encrypt(&iv.into(), plain.as_slice()).expect("sealed");
            assert_eq!(ours, theirs, "round {round}, cuts {cuts:?}");
        }
    }

    #[test]
    fn the_tag_so_far_is_that_of_the_message_cut_off_and_changes_nothing() {
        let (key, nonce) = (key(&"11".repeat(32)), nonce(&"22".repeat(12)));
        let plain: Vec<u8> = (0..1000_u32).map(|i| (i % 251) as u8).collect();
        for cut in [0, 1, 16, 333, 1000] {
            let mut sealer = Sealer::new(&key, nonce).expect("a sealer");
            let mut out = vec![0; 1000];
            sealer.seal(&plain[..cut], &mut out[..cut]).expect("sealed");
            let so_far = sealer.tag_so_far().expect("a tag");
            assert!(sealed(&key, nonce, &plain[..cut], &[]).ends_with(so_far.as_slice()), "{cut}");
            sealer.seal(&plain[cut..], &mut out[cut..]).expect("sealed");
            out.extend(sealer.tag().expect("a tag"));
            assert_eq!(out, sealed(&key, nonce, &plain, &[]));
        }
    }

    #[test]
    fn wycheproof_vectors() {
        let path =
            concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/vectors/crypto/wycheproof_aes_256_gcm.json");
        let vectors: Vec<serde_json::Value> =
            serde_json::from_slice(&std::fs::read(path).expect("the vectors")).expect("JSON");
        assert!(vectors.len() >= 40);
        for vector in &vectors {
            let text = |name: &str| vector[name].as_str().expect("text");
            let (key, nonce, plain) = (key(text("key")), nonce(text("iv")), bytes(text("msg")));
            let (sealed_there, tag) = (bytes(text("ct")), bytes(text("tag")));
            let mut opener = Opener::new(&key, nonce).expect("an opener");
            let mut opened = vec![0; sealed_there.len()];
            opener.open(&sealed_there, &mut opened).expect("opened");
            let holds = opener.verify(tag.clone().try_into().expect("16 bytes")).expect("compared");
            assert_eq!(holds, text("result") == "valid", "{vector}");
            if holds {
                assert_eq!(opened, plain, "{vector}");
                let whole = [sealed_there, tag].concat();
                assert_eq!(sealed(&key, nonce, &plain, &[plain.len() / 3]), whole, "{vector}");
            }
        }
    }

    #[test]
    fn what_was_changed_does_not_open() {
        let (key, nonce) = (key(&"11".repeat(32)), nonce(&"22".repeat(12)));
        let whole = sealed(&key, nonce, b"a message of some length", &[5]);
        let open = |whole: &[u8]| {
            let (body, tag) = whole.split_at(whole.len() - TAG_LEN);
            let mut opener = Opener::new(&key, nonce).expect("an opener");
            let mut plain = vec![0; body.len()];
            opener.open(body, &mut plain).expect("opened");
            (opener.verify(tag.try_into().expect("a tag")).expect("compared"), plain)
        };
        assert_eq!(open(&whole), (true, b"a message of some length".to_vec()));
        for at in 0..whole.len() {
            let mut changed = whole.clone();
            changed[at] ^= 1;
            assert!(!open(&changed).0, "bit 0 of byte {at}");
        }
    }

    #[test]
    fn pieces_of_different_lengths_are_refused() {
        let mut sealer = Sealer::new(&key(&"11".repeat(32)), nonce(&"22".repeat(12))).expect("a sealer");
        sealer.seal(&[0; 5], &mut [0; 4]).expect_err("no room");
    }
}
