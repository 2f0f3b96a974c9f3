"""Folders that browsers made, to start from, and small changes to the files in them."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from functools import cached_property, partial
from pathlib import Path
from typing import Any

import firefox
from browser import SHELL, Browser, Started, until
from certificates import Authority
from encryption import decrypted, rows
from firefox import Firefox
from logins import log_in, read_back, visiting
from website import Website

TOKEN = "4f1c9be27d"
# Of a sign-in before the one that counts.
OLDER = "0a77e4c3b1"
Shell: Callable[..., Browser] = partial(Browser, program=SHELL)


class Maker:
    """Makes folders in a place of its own. What runs on one ends with `end`, what serves all with `stop`."""

    def __init__(self, website: Website, place: Path) -> None:
        self.website, self.place = website, place
        self._made: dict[str, Path] = {}
        self._running = ExitStack()
        self._here: list[Path] = []

    def end(self) -> None:
        self._running.close()

    def stop(self) -> None:
        if "closed_website" in vars(self):
            self.closed_website.stop()

    def only_here(self, path: Path) -> None:
        """What another machine does not have."""
        self._here.append(path)

    def leave(self) -> None:
        """Goes to another machine: what is only here is not there."""
        while self._here:
            shutil.rmtree(self._here.pop())

    @cached_property
    def authority(self) -> Authority:
        return Authority(self.place / "authority")

    @cached_property
    def closed_website(self) -> Website:
        """A website that asks for a certificate."""
        return Website(tls=self.authority.server())

    def sign_in(
        self, folder: Path, *flags: str, token: str = TOKEN, what: str = "cookie", **query: Any
    ) -> None:
        """By a browser that is closed then."""
        log_in(self.website, folder, token, *flags, what=what, **query)

    def look_around(self, folder: Path, *flags: str, **query: Any) -> dict[str, Any]:
        """What a browser finds at the website; it is closed then."""
        return read_back(self.website, folder, *flags, **query)

    def copy(self, of: str, folder: Path) -> Path:
        """Of a folder that is made once: `chromium`, `shell` and `firefox` are signed in, `empty` is not."""
        return Path(shutil.copytree(self.made(of), folder, symlinks=True))

    def made(self, of: str) -> Path:
        """Where that folder was when its browser ran."""
        if of not in self._made:
            made = self.place / f"the {of}"
            match of:
                case "chromium":
                    self.sign_in(made)
                case "shell":
                    self.sign_in(made, start=Shell)
                case "empty":
                    self.look_around(made)
                case "firefox":
                    self.sign_in(firefox.new_profile(made), start=Firefox)
            self._made[of] = made
        return self._made[of]

    def leave_running(self, folder: Path, start: Callable[..., Started], **query: Any) -> Started:
        """A browser that has signed in and goes on."""
        visit = visiting(self.website, folder, "store", start=start, token=TOKEN, **query)
        browser, _, _ = self._running.enter_context(visit)
        return browser


def wait_for_cookie(profile: Path, token: str = TOKEN, name: str = "login") -> None:
    """Until this sign-in is in a Chromium's files, up to half a minute late."""

    def written() -> bool:
        # A copy: a browser that runs keeps its database to itself.
        with tempfile.TemporaryDirectory() as place:
            try:
                copy = shutil.copy(profile / "Cookies", place)
                found = rows(Path(copy), "SELECT encrypted_value FROM cookies WHERE name = ?", name)
            except (FileNotFoundError, sqlite3.DatabaseError):  # not yet, or in the middle of it
                return False
        return any(decrypted(value).endswith(token.encode()) for (value,) in found)

    until(written, "the cookie in Cookies", within=90, every=0.5)


def wait_for_firefox_cookie(folder: Path) -> None:
    def written() -> bool:
        files = (folder / "cookies.sqlite", folder / "cookies.sqlite-wal")
        return any(TOKEN.encode() in file.read_bytes() for file in files if file.exists())

    until(written, "the cookie in cookies.sqlite", within=60)


def edit(file: Path, change: Callable[[Any], None]) -> None:
    """A file of JSON, changed; made if there is none."""
    told = json.loads(file.read_bytes()) if file.exists() else {}
    change(told)
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(told))


def cut(file: Path) -> None:
    os.truncate(file, file.stat().st_size // 2)


def chromium_time(seconds_from_now: float) -> int:
    """Microseconds since 1601: base/time/time.h."""
    return int((time.time() + seconds_from_now + 11_644_473_600) * 1_000_000)
