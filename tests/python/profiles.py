"""Browser profile folders, with all that is odd in them."""

from __future__ import annotations

import os
import random
import shutil
import socket
import subprocess
from pathlib import Path
from typing import Any

from contents import pattern


class Browser:
    """A process that looks like a browser to who reads a lock."""

    def __init__(self, folder: Path) -> None:
        program = folder / "chrome"
        shutil.copy("/bin/sleep", program)
        self._process = subprocess.Popen([program, "60"])
        self.lock = f"{os.uname().nodename}-{self._process.pid}"

    def end(self) -> None:
        self._process.kill()
        self._process.wait(10)


def make(names: dict[str, Any], root: Path) -> Browser | None:
    """Makes the folder `root`; gives the process that its lock names, if it names one."""
    browser = None
    root.mkdir()
    for name, what in names.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        match what:
            case None:
                path.mkdir(parents=True, exist_ok=True)
            case {"symlink": str(target)}:
                if "$live" in target:
                    browser = browser or Browser(root.parent)
                    target = target.replace("$live", browser.lock)
                path.symlink_to(target)
            case {"socket": True}:
                bind(path)
            case {"fifo": True}:
                os.mkfifo(path)
            case {"raw_name": str(digits)}:
                path.mkdir(parents=True, exist_ok=True)
                (path / os.fsdecode(bytes.fromhex(digits))).write_bytes(b"")
            case _:
                path.write_bytes(content(what))
    return browser


def content(what: Any) -> bytes:
    match what:
        case int(length):
            return pattern(length)
        case {"text": str(text)}:
            return text.encode()
        case {"hex": str(digits)}:
            return bytes.fromhex(digits)
        case {"random": int(length)}:
            return random.Random(length).randbytes(length)
    raise AssertionError(f"unknown content {what}")


def bind(path: Path) -> None:
    """Leaves a socket there. By a short path, since a socket's has 107 bytes at most."""
    folder = os.open(path.parent, os.O_DIRECTORY)
    try:
        with socket.socket(socket.AF_UNIX) as bound:
            bound.bind(f"/proc/self/fd/{folder}/{path.name}")
    finally:
        os.close(folder)
