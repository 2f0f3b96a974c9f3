"""Chromium driven over DevTools' pipe: what only the browser itself does, such as installing an app."""

from __future__ import annotations

import itertools
import json
import os
from pathlib import Path
from typing import Any

from browser import Browser


class Driven(Browser):
    """As `Browser`, and takes commands (chromedevtools.github.io/devtools-protocol)."""

    def __init__(self, folder: Path, url: str, *flags: str) -> None:
        self._numbers = itertools.count(1)
        self._said = b""
        reads, self._write = os.pipe()
        self._read, writes = os.pipe()
        try:
            # The browser reads from descriptor 3 and writes to 4.
            # Not by sh, which may know of ten descriptors alone.
            become = ("bash", "-c", f'exec "$@" 3<&{reads} 4>&{writes}', "bash")
            flags = ("--remote-debugging-pipe", *flags)
            super().__init__(folder, url, *flags, inside=become, descriptors=(reads, writes))
        finally:
            os.close(reads)
            os.close(writes)

    def do(self, method: str, **params: Any) -> dict[str, Any]:
        """One command of the browser and its result; events are passed over."""
        number = next(self._numbers)
        os.write(self._write, json.dumps({"id": number, "method": method, "params": params}).encode() + b"\0")
        while True:
            said = json.loads(self._message())
            if said.get("id") == number:
                if "error" in said:
                    raise Refused(f"{method}: {said['error']['message']}")
                result: dict[str, Any] = said["result"]
                return result

    def _message(self) -> bytes:
        while b"\0" not in self._said:
            read = os.read(self._read, 1 << 16)
            assert read, f"the browser ended: {self.said()}"
            self._said += read
        message, _, self._said = self._said.partition(b"\0")
        return message

    def kill(self) -> None:
        super().kill()
        os.close(self._read)
        os.close(self._write)


class Refused(Exception):
    """The browser would not."""
