//! The digests that a store may know a body by, and sets of them.

/// A kind of digest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Algorithm {
    Crc32,
    Crc32c,
    Crc64Nvme,
    Md5,
    Sha1,
    Sha256,
}

/// The weakest first: a CRC finds accidents and nothing else, MD5 and SHA-1 can be forged.
const ALL: [Algorithm; 6] = [
    Algorithm::Crc32,
    Algorithm::Crc32c,
    Algorithm::Crc64Nvme,
    Algorithm::Md5,
    Algorithm::Sha1,
    Algorithm::Sha256,
];

impl Algorithm {
    /// For sentences.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Crc32 => "CRC-32",
            Self::Crc32c => "CRC-32C",
            Self::Crc64Nvme => "CRC-64/NVME",
            Self::Md5 => "MD5",
            Self::Sha1 => "SHA-1",
            Self::Sha256 => "SHA-256",
        }
    }

    /// For results, as S3's headers and the SDKs spell it.
    pub(crate) fn key(self) -> &'static str {
        match self {
            Self::Crc32 => "crc32",
            Self::Crc32c => "crc32c",
            Self::Crc64Nvme => "crc64nvme",
            Self::Md5 => "md5",
            Self::Sha1 => "sha1",
            Self::Sha256 => "sha256",
        }
    }

    pub(crate) fn of_key(key: &str) -> Option<Self> {
        ALL.into_iter().find(|algorithm| algorithm.key() == key)
    }

    /// How many bytes one has.
    pub(super) fn len(self) -> usize {
        match self {
            Self::Crc32 | Self::Crc32c => 4,
            Self::Crc64Nvme => 8,
            Self::Md5 => 16,
            Self::Sha1 => 20,
            Self::Sha256 => 32,
        }
    }

    /// Its place among all of them. A stronger one has a later place.
    pub(crate) fn strength(self) -> usize {
        self as usize
    }
}

/// Any of them.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct AlgorithmSet(u8);

impl AlgorithmSet {
    pub(crate) const NONE: Self = Self(0);
    /// Those that cost next to nothing: 0.02 s of CPU a GiB where the processor folds, and SHA-256 takes 1.0,
    /// MD5 2.3, and an upload over TLS 0.6.
    pub(crate) const CRCS: Self =
        Self::NONE.with(Algorithm::Crc32).with(Algorithm::Crc32c).with(Algorithm::Crc64Nvme);

    pub(crate) const fn of(algorithm: Algorithm) -> Self {
        Self(1 << algorithm as u8)
    }
    pub(crate) const fn with(self, algorithm: Algorithm) -> Self {
        Self(self.0 | Self::of(algorithm).0)
    }
    pub(crate) fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
    pub(crate) fn in_common(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }
    pub(crate) fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }
    pub(crate) fn is_empty(self) -> bool {
        self.0 == 0
    }
    pub(crate) fn contains(self, algorithm: Algorithm) -> bool {
        self.0 & Self::of(algorithm).0 != 0
    }
    /// The weakest first.
    pub(crate) fn iter(self) -> impl Iterator<Item = Algorithm> {
        ALL.into_iter().filter(move |algorithm| self.contains(*algorithm))
    }
}

impl FromIterator<Algorithm> for AlgorithmSet {
    fn from_iter<T: IntoIterator<Item = Algorithm>>(algorithms: T) -> Self {
        algorithms.into_iter().fold(Self::NONE, Self::with)
    }
}

impl std::fmt::Debug for AlgorithmSet {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_set().entries(self.iter()).finish()
    }
}
