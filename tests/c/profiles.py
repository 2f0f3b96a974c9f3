"""Browser profile folders with all that is odd in them, as the scenarios describe them."""

from __future__ import annotations

import os
import random
import shutil
import socket
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import scenarios
from scenarios import Source, pattern


@contextmanager
def running_browser(folder: Path) -> Iterator[Callable[[], str]]:
    """Starts a process that looks like a browser when it is first asked what its lock says, and ends it."""
    started: list[subprocess.Popen[bytes]] = []

    def lock() -> str:
        if not started:
            # A copy: what a symlink leads to would be the program's name.
            program = shutil.copy("/bin/sleep", folder / "chrome")
            started.append(subprocess.Popen([program, "60"]))
        return f"{os.uname().nodename}-{started[0].pid}"

    try:
        yield lock
    finally:
        for process in started:
            process.kill()
            process.wait()


def source(spec: dict[str, Any], at: int, folder: Path, lock: Callable[[], str]) -> Source:
    """Makes a source below `folder`; `lock` says what the lock of a running browser does."""
    match spec:
        case {"profile": dict(names)}:
            path = folder / spec.get("name", f"file-{at}.bin")
            path.mkdir()
            for name, what in names.items():
                make(path / name, what, lock)
            return Source("path", path, spec.get("name"), None, None)
    return scenarios.source(spec, at, folder)


def make(path: Path, what: Any, lock: Callable[[], str]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    match what:
        case None:
            path.mkdir(exist_ok=True)
        case int(length):
            path.write_bytes(pattern(length))
        case {"text": str(text)}:
            path.write_text(text)
        case {"hex": str(digits)}:
            path.write_bytes(bytes.fromhex(digits))
        case {"random": int(length)}:
            path.write_bytes(random.Random(length).randbytes(length))
        case {"symlink": str(target)}:
            path.symlink_to(target.replace("$live", lock()) if "$live" in target else target)
        case {"socket": True}:
            bind(path)
        case {"fifo": True}:
            os.mkfifo(path)
        case {"raw_name": str(digits)}:
            path.mkdir(exist_ok=True)
            (path / os.fsdecode(bytes.fromhex(digits))).touch()
        case _:
            raise AssertionError(f"unknown file {what}")


def bind(path: Path) -> None:
    """A socket that nobody listens at. Its whole path may be longer than the 107 bytes that bind() takes."""
    folder = os.open(path.parent, os.O_PATH)
    with socket.socket(socket.AF_UNIX) as made:
        made.bind(f"/proc/self/fd/{folder}/{path.name}")
    os.close(folder)
