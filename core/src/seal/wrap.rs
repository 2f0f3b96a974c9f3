//! The key of one transfer's files, and how it travels: sealed under a key that only the two agents have.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

use super::errors::{encryption, missing, no_randomness};
use super::gcm::{KEY_LEN, NONCE_LEN, Nonce, Opener, Sealer, TAG_LEN};
use crate::error::Result;

/// The key that seals the files of one transfer. Random, used for nothing else, wiped on drop.
#[derive(Clone)]
pub(crate) struct FileKey(pub(super) Zeroizing<[u8; KEY_LEN]>);

/// The key that seals a [`FileKey`] on its way.
pub(crate) struct WrapKey(Zeroizing<[u8; KEY_LEN]>);

impl Nonce {
    /// Twelve random bytes. With a random key per transfer, two that are equal are not to be feared.
    pub(crate) fn random() -> Result<Self> {
        let mut nonce = [0; NONCE_LEN];
        aws_lc_rs::rand::fill(&mut nonce).map_err(|_| no_randomness())?;
        Ok(Self(nonce))
    }

    pub(crate) fn base64(self) -> String {
        STANDARD.encode(self.0)
    }

    /// One that travels with what it sealed.
    pub(crate) fn read(raw: &[u8]) -> Result<Self> {
        raw.try_into().map(Self).map_err(|_| crate::error::Error::internal("a nonce was cut wrongly"))
    }

    pub(crate) fn parse(base64: &str) -> Result<Self> {
        if base64.trim().is_empty() {
            return Err(missing("encryption_iv", "the nonce the file was sealed with, base64 of 12 bytes"));
        }
        let raw = STANDARD.decode(base64.trim()).unwrap_or_default();
        raw.try_into().map(Self).map_err(|_| {
            encryption("the encryption_iv is not the base64 of 12 bytes; check where it is from")
        })
    }
}

impl FileKey {
    pub(crate) fn random() -> Result<Self> {
        let mut key = Zeroizing::new([0; KEY_LEN]);
        aws_lc_rs::rand::fill(key.as_mut_slice()).map_err(|_| no_randomness())?;
        Ok(Self(key))
    }

    /// For deriving another key from it, and for nothing else.
    pub(super) fn reveal(&self) -> &[u8; KEY_LEN] {
        &self.0
    }

    pub(crate) fn sealer(&self, nonce: Nonce) -> Result<Sealer> {
        Sealer::new(&self.0, nonce)
    }

    pub(crate) fn opener(&self, nonce: Nonce) -> Result<Opener> {
        Opener::new(&self.0, nonce)
    }
}

impl WrapKey {
    pub(super) fn new(key: Zeroizing<[u8; KEY_LEN]>) -> Self {
        Self(key)
    }

    /// Nonce, sealed key and tag, as base64: 60 bytes, 80 characters.
    pub(crate) fn wrap(&self, key: &FileKey, nonce: Nonce) -> Result<String> {
        let mut sealer = Sealer::new(&self.0, nonce)?;
        let mut whole = [0; NONCE_LEN + KEY_LEN + TAG_LEN];
        whole[..NONCE_LEN].copy_from_slice(&nonce.0);
        sealer.seal(key.0.as_slice(), &mut whole[NONCE_LEN..NONCE_LEN + KEY_LEN])?;
        whole[NONCE_LEN + KEY_LEN..].copy_from_slice(&sealer.tag()?);
        Ok(STANDARD.encode(whole))
    }

    /// The key in `encrypted_key`, if it was wrapped for this pair of agents and not changed since.
    pub(crate) fn unwrap(&self, encrypted_key: &str) -> Result<FileKey> {
        let whole = wrapped(encrypted_key)?;
        let (nonce, rest) = whole.split_at(NONCE_LEN);
        let (sealed, tag) = rest.split_at(KEY_LEN);
        let sized = || crate::error::Error::internal("an array was cut wrongly");
        let nonce = Nonce(nonce.try_into().map_err(|_| sized())?);
        let mut opener = Opener::new(&self.0, nonce)?;
        let mut key = Zeroizing::new([0; KEY_LEN]);
        opener.open(sealed, key.as_mut_slice())?;
        if opener.verify(tag.try_into().map_err(|_| sized())?)? {
            return Ok(FileKey(key));
        }
        Err(encryption(
            "the encrypted_key does not open with these keys; it is for another pair of agents, or was changed",
        ))
    }
}

const WRAPPED_LEN: usize = NONCE_LEN + KEY_LEN + TAG_LEN;

/// The bytes of a wrapped key: nonce, sealed key and tag.
pub(crate) fn wrapped(encrypted_key: &str) -> Result<[u8; WRAPPED_LEN]> {
    let text = encrypted_key.trim();
    if text.is_empty() {
        return Err(missing("encrypted_key", "the transfer's wrapped key, base64 of 60 bytes"));
    }
    let raw = STANDARD.decode(text).map_err(|_| {
        encryption(
            "the encrypted_key is not base64, and a wrapped key is that of 60 bytes; check where it is from",
        )
    })?;
    let len = raw.len();
    raw.try_into().map_err(|_| {
        encryption(&format!(
            "the encrypted_key is the base64 of {len} bytes and not the base64 of {WRAPPED_LEN} bytes; check where it is from"
        ))
    })
}

#[cfg(test)]
mod tests {
    use super::super::keys::{KeyPair, PublicKey};
    use super::*;

    const INFO: &[u8] = b"agentdrop-file-transfer-v1";

    fn pair(first: u8) -> KeyPair {
        let raw: Vec<u8> = (first..first + 32).collect();
        KeyPair::from_private_key(&STANDARD.encode(raw)).expect("a pair")
    }

    fn counted<const N: usize>(first: u8) -> [u8; N] {
        std::array::from_fn(|at| first + at as u8)
    }

    /// Computed with another implementation and opened with the service's own SDK.
    #[test]
    fn a_transfer_is_sealed_as_the_services_sdk_does() {
        let (sender, recipient) = (pair(0x01), pair(0x41));
        assert_eq!(sender.public_key(), "B6N8vBQgk8i3VdwbEOhstCY3StFqqFPtC9/AsrhtHHw=");
        assert_eq!(recipient.public_key(), "ZLEBsdC+WocEvQePmJUAH8A+jp+VIvGI3RKNmEbUhGY=");
        let theirs = PublicKey::parse(&recipient.public_key(), "the recipient").expect("a key");
        let key = FileKey(Zeroizing::new(counted(0xa0)));
        let wrapped = sender.agree(&theirs, INFO).expect("agreed").wrap(&key, Nonce(counted(0xd0)));
        let wrapped = wrapped.expect("wrapped");
        assert_eq!(
            wrapped,
            "0NHS09TV1tfY2drbzNV+rOPgo6zBf/XLMDWcADyZ+2AGOStqBRZuopDmsL0yhwoHFxzRnhphB7i1Z0vF"
        );

        let ours = PublicKey::parse(&sender.public_key(), "the sender").expect("a key");
        let opened = recipient.agree(&ours, INFO).expect("agreed").unwrap(&wrapped).expect("opened");
        assert_eq!(*opened.0, *key.0);

        let nonce = Nonce(counted(0xe0));
        assert_eq!(nonce.base64(), "4OHi4+Tl5ufo6err");
        let seal = |plain: &[u8]| {
            let mut sealer = key.sealer(nonce).expect("a sealer");
            let mut out = vec![0; plain.len()];
            sealer.seal(plain, &mut out).expect("sealed");
            out.extend(sealer.tag().expect("a tag"));
            out.iter().map(|b| format!("{b:02x}")).collect::<String>()
        };
        let sealed = "d7152908e107ba03fb4f591943e08585b5f538b20f818e808bf1acb587f4fcd0989f5900";
        assert_eq!(seal(b"relay test vector 1\n"), sealed);
        assert_eq!(seal(b""), "5343faf57b2e9ed718472f73d66384e5");
        let long: Vec<u8> = (0..3_145_745_u32).map(|i| (i % 251) as u8).collect();
        assert!(seal(&long).ends_with("bc3b4302edd8b82e13138782bcf91408"));
    }

    #[test]
    fn a_wrapped_key_opens_for_its_pair_alone() {
        let (sender, recipient, other) = (pair(0x01), pair(0x41), KeyPair::generate().expect("a pair"));
        let public = |pair: &KeyPair| PublicKey::parse(&pair.public_key(), "x").expect("a key");
        let wrap = sender.agree(&public(&recipient), INFO).expect("agreed");
        let wrapped = wrap.wrap(&FileKey::random().expect("a key"), Nonce::random().expect("a nonce"));
        let wrapped = wrapped.expect("wrapped");
        for strangers in [other.agree(&public(&sender), INFO), sender.agree(&public(&recipient), b"other")] {
            let error = strangers.expect("agreed").unwrap(&wrapped).err().expect("not theirs");
            assert_eq!(error.kind(), crate::error::ErrorKind::Encryption);
        }
        wrap.unwrap("").err().expect("nothing");
        wrap.unwrap(&wrapped[4..]).err().expect("too short");
    }

    #[test]
    fn keys_that_are_none_are_refused_and_not_printed() {
        for bad in ["", "AAAA", "not base64!", &STANDARD.encode([0; 33])] {
            KeyPair::from_private_key(bad).expect_err("no key");
            PublicKey::parse(bad, "x").expect_err("no key");
        }
        let pair = pair(0x01);
        let shown = format!("{pair:?}");
        assert!(shown.contains(&pair.public_key()) && !shown.contains(pair.reveal_private_key().as_str()));
        // The all-zero point and others of small order give a secret that everybody knows.
        let zero = PublicKey::parse(&STANDARD.encode([0; 32]), "x").expect("32 bytes");
        assert!(pair.agree(&zero, INFO).is_err());
    }
}
