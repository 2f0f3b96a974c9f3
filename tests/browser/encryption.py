"""How Chromium's cookies are encrypted: components/os_crypt, and services/network for where they are kept."""

from __future__ import annotations

import hashlib
import os
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

_SPACES = b" " * 16


def _key(password: bytes, rounds: int) -> bytes:
    return hashlib.pbkdf2_hmac("sha1", password, b"saltysalt", rounds, 16)


def decrypted(value: bytes) -> bytes:
    """What a Linux without a keyring has: os_crypt_linux.cc, `v10`."""
    decryptor = Cipher(algorithms.AES(_key(b"peanuts", 1)), modes.CBC(_SPACES)).decryptor()
    padded = decryptor.update(value[3:]) + decryptor.finalize()
    return padded[: -padded[-1]]


def as_a_mac(value: bytes) -> bytes:
    """os_crypt_mac.mm: the same with more rounds, over a password in the Keychain."""
    encryptor = Cipher(algorithms.AES(_key(b"in the Keychain", 1003)), modes.CBC(_SPACES)).encryptor()
    missing = 16 - len(value) % 16
    return b"v10" + encryptor.update(value + bytes([missing]) * missing) + encryptor.finalize()


def as_windows(value: bytes, prefix: bytes = b"v10") -> bytes:
    """os_crypt_win.cc: AES-256-GCM with a key that DPAPI wraps; `v20` with one bound to the browser."""
    nonce = os.urandom(12)
    return prefix + nonce + AESGCM(AESGCM.generate_key(256)).encrypt(nonce, value, None)


def rows(database: Path, statement: str, *values: Any) -> list[Any]:
    with closing(sqlite3.connect(database)) as connection, connection:
        return connection.execute(statement, values).fetchall()


def encrypt_anew(database: Path, encrypt: Callable[[bytes], bytes]) -> None:
    for row, value in rows(database, "SELECT rowid, encrypted_value FROM cookies"):
        rows(
            database, "UPDATE cookies SET encrypted_value = ? WHERE rowid = ?", encrypt(decrypted(value)), row
        )


def decrypt(database: Path) -> None:
    """As programs with a browser in them have it. From database version 24 on, the host's digest stands
    before an encrypted value, not before a plain one: net/extras/sqlite/sqlite_persistent_cookie_store.cc."""
    for row, value in rows(database, "SELECT rowid, encrypted_value FROM cookies"):
        plain = decrypted(value)[32:].decode()
        rows(database, "UPDATE cookies SET value = ?, encrypted_value = x'' WHERE rowid = ?", plain, row)
