"""What the files of a scenario hold."""

from __future__ import annotations


def pattern(length: int) -> bytes:
    """Byte i is (i * 31 + 7) mod 251, which repeats every 251 bytes."""
    period = bytes((i * 31 + 7) % 251 for i in range(251))
    return (period * (length // 251 + 1))[:length]
