"""The sources a scenario names, as Python values."""

from __future__ import annotations

import io
import os
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import profiles
from contents import pattern as pattern
from dropoff import File


@dataclass
class Made:
    """A source, the bytes it holds where they are known before the call, and what a lock in it names."""

    source: Any
    name: str | None
    content_type: str | None
    encryption_iv: str | None
    content: bytes | None
    browser: profiles.Browser | None

    def file(self) -> File:
        return File(
            self.source,
            name=self.name,
            content_type=self.content_type,
            encryption_iv=self.encryption_iv,
        )

    def touch(self) -> None:
        """Gives it another time, if it is a file."""
        if isinstance(self.source, Path):
            os.utime(self.source, (1e9, 1e9))

    def remove(self) -> None:
        """Removes it, if it is a file."""
        if isinstance(self.source, Path):
            self.source.unlink()

    def rewrite(self) -> None:
        """Writes other bytes of the same length into it, if it is a file."""
        if isinstance(self.source, Path):
            self.source.write_bytes(bytes(byte ^ 0xFF for byte in self.source.read_bytes()))


class Once:
    """A stream that cannot seek, as a pipe or a reply."""

    def __init__(self, content: bytes) -> None:
        self._file = io.BytesIO(content)

    def read(self, size: int, /) -> bytes:
        return self._file.read(size)


def zipped(length: int) -> bytes:
    """A zip with one stored file."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_STORED) as file:
        file.writestr(zipfile.ZipInfo("Default/Cookies"), pattern(length))
    return archive.getvalue()


def make(spec: dict[str, Any], at: int, folder: Path) -> Made:
    """Makes one; files go below `folder`."""
    path = folder / spec.get("name", f"file-{at}.bin")
    source: Any
    content: bytes | None = None
    browser: profiles.Browser | None = None
    match spec:
        case {"memory": int(length)}:
            source = content = pattern(length)
        case {"path": int(length)}:
            content = pattern(length)
            path.write_bytes(content)
            source = path
        case {"hex": str(digits)}:
            content = bytes.fromhex(digits)
            path.write_bytes(content)
            source = path
        case {"reader": int(length)}:
            content = pattern(length)
            source = Once(content)
        case {"rewindable": int(length)}:
            content = pattern(length)
            source = io.BytesIO(content)
        case {"zip": int(length)}:
            source = content = zipped(length)
        case {"text": str(text)}:
            source = content = text.encode()
        case {"folder": dict(files)}:
            for name, length in files.items():
                (path / name).parent.mkdir(parents=True, exist_ok=True)
                (path / name).write_bytes(pattern(length))
            source = path
        case {"profile": dict(names)}:
            browser = profiles.make(names, path)
            source = path
        case {"directory": True}:
            path.mkdir()
            source = path
        case {"unreadable": True}:
            path.symlink_to(path)  # permissions do not stop root; a link to itself stops everyone
            source = path
        case {"missing": True}:
            source = path
        case _:
            raise AssertionError(f"unknown source {spec}")
    return Made(
        source, spec.get("name"), spec.get("content_type"), spec.get("encryption_iv"), content, browser
    )
