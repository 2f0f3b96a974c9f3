"""Files to send that differ everywhere and take little of the disk, whatever their size; their digests."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path

GIB = 1 << 30
# A piece that is lost, repeated or moved is seen by its mark; between the marks there is a hole in the file.
STEP = 64 << 10


def write(path: Path, size: int) -> str:
    """A file of `size` bytes; gives its SHA-256."""
    digest = hashlib.sha256()
    with path.open("wb") as file:
        for start in range(0, size, STEP):
            length = min(STEP, size - start)
            mark = hashlib.shake_128(start.to_bytes(8, "big")).digest(min(64, length))
            file.seek(start)
            file.write(mark)
            digest.update(mark + bytes(length - len(mark)))
        file.truncate(size)
    return digest.hexdigest()


def sha256_of(pieces: Iterable[bytes]) -> tuple[int, str]:
    """How many bytes there are, and their digest, of which no more than a piece is held."""
    digest, size = hashlib.sha256(), 0
    for piece in pieces:
        digest.update(piece)
        size += len(piece)
    return size, digest.hexdigest()
