"""A profile whose browser runs: refused unless asked for, then copied whole from under its hands."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pytest
from browser import Browser, until
from conftest import TOKEN
from languages import Language
from logins import assert_logged_in, assert_whole, read_back, stamps, unpack, visiting
from website import Website

# Pieces of 60 kB that the page writes twenty times a second. The database's log holds 4 MB, so it is full
# and its files are replaced about twice a second.
RESTLESS = 8
# Bytes that lie before the databases, as the gigabyte of a profile in use does: packing them takes a second.
# Without them, one file after the other is so quick that a copy is seldom damaged; with them ten of ten were.
IN_THE_WAY = 40_000_000


@dataclass
class Running:
    """A browser that is logged in and never stops writing."""

    browser: Browser
    folder: Path
    website: Website
    visit: str

    def written(self) -> int:
        return self.website.written(self.visit)

    def goes_on(self) -> None:
        """It took no harm."""
        now = self.written()
        until(lambda: self.written() > now + 1, "the page writes on", within=30)


@contextmanager
def logged_in_and_writing(website: Website, folder: Path) -> Iterator[Running]:
    with visiting(website, folder, "store", token=TOKEN, restless=RESTLESS) as (browser, visit, _):
        on_disk(folder / "Default")
        (folder / "Default" / "A download").write_text(random.Random(1).randbytes(IN_THE_WAY // 2).hex())
        yield Running(browser, folder, website, visit)


@pytest.fixture(scope="module")
def running(website: Website, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with logged_in_and_writing(website, tmp_path_factory.mktemp("running") / "chromium") as running:
        yield running


def on_disk(profile: Path) -> None:
    """Waits until the login is in the files: a browser that runs keeps cookies for up to half a minute, and
    local storage for five seconds."""

    def holds(file: Path, what: bytes) -> bool:
        try:
            return what in file.read_bytes()
        except FileNotFoundError:  # not yet, or not any more
            return False

    # A row's columns follow each other: host, no partition, name, no plain value, encrypted value.
    for name in (b"login", b"script"):
        row = b"127.0.0.1" + name + b"v10"
        until(partial(holds, profile / "Cookies", row), f"{row!r} in Cookies", within=60)
    logs = (profile / "Local Storage" / "leveldb").glob
    until(lambda: any(holds(log, TOKEN.encode()) for log in logs("*.log")), "local storage's log", within=60)


def test_it_is_refused_with_the_process_named(language: Language, running: Running) -> None:
    error = language.upload(running.folder).failed()
    assert (error["kind"], error["outcome"], error["side"]) == ("browser_running", "not_completed", "caller")
    # The folder's name has a small letter.
    assert "Chromium" in error["message"], error["message"]
    assert f"process {running.browser.pid}" in error["message"], error["message"]
    assert language.sandbox.requests() == [], "the service was asked"
    running.goes_on()


def test_an_inspection_names_the_process(language: Language, running: Running) -> None:
    seen = language.inspect(running.folder).done()
    assert (seen["lock"], seen["lock_process"]) == ("live", running.browser.pid)
    # The profile itself is fine; what is said is that it is in use.
    assert seen["verdict"] == "likely"
    assert any(str(running.browser.pid) in warning for warning in seen["warnings"]), seen["warnings"]


def test_a_snapshot_holds_one_moment(
    language: Language, website: Website, running: Running, tmp_path: Path
) -> None:
    before = running.written()
    profile = language.upload(running.folder, if_running="snapshot").done()
    after = running.written()
    assert profile["packed"]["consistency"] == "snapshot"
    assert profile["verified"] is True
    unpack(language.stored(), tmp_path / "databases")
    assert_whole(tmp_path / "databases")
    unpack(language.stored(), tmp_path / "copy")
    running.goes_on()
    report = read_back(website, tmp_path / "copy")
    assert_logged_in(report, TOKEN)
    # Written in one transaction, so one without the other is no state that ever was. The page tells of a
    # number when the database has it, so the database may be one ahead of what was told.
    assert report["left"] == report["right"], report
    assert before <= report["left"] <= after + 1, (before, report["left"], after)


@pytest.mark.parametrize("language", ["python"], indirect=True)
def test_a_snapshot_has_the_files_its_database_names(
    language: Language, website: Website, running: Running, tmp_path: Path
) -> None:
    # What is larger than 64 KiB is kept as a file beside the database, and is another file at each write.
    language.upload(running.folder, if_running="snapshot").done()
    unpack(language.stored(), tmp_path / "copy")
    report = read_back(website, tmp_path / "copy")
    found = set(report["numbers"].split(","))
    assert found == {str(report["left"]), ""}, f"at {report['left']}: {found}"


def test_nothing_is_written_beside_a_running_browser(language: Language, running: Running) -> None:
    # Frozen, the browser itself changes nothing.
    with running.browser.frozen():
        before = stamps(running.folder)
        language.upload(running.folder).failed()
        language.upload(running.folder, if_running="snapshot").done()
        language.upload(running.folder, if_running="force").done()
        language.inspect(running.folder).done()
        assert stamps(running.folder) == before, "the user's folder was written to"
    running.goes_on()


def test_forced_says_so(language: Language, running: Running, tmp_path: Path) -> None:
    profile = language.upload(running.folder, if_running="force").done()
    assert profile["packed"]["consistency"] == "forced"
    # Whatever a database's copy is worth, the archive is one.
    unpack(language.stored(), tmp_path / "copy")
    running.goes_on()


@pytest.mark.parametrize("language", ["python"], indirect=True)
def test_a_lock_that_was_left_behind_refuses_nothing(
    language: Language, website: Website, tmp_path: Path
) -> None:
    folder = tmp_path / "chromium"
    with logged_in_and_writing(website, folder) as running:
        running.browser.break_off()
    assert (folder / "SingletonLock").is_symlink(), "it took its lock away: find another way to leave one"
    assert language.inspect(folder).done()["lock"] == "stale"
    profile = language.upload(folder).done()
    assert profile["packed"]["consistency"] == "clean"
    unpack(language.stored(), tmp_path / "copy")
    assert_logged_in(read_back(website, tmp_path / "copy"), TOKEN)
