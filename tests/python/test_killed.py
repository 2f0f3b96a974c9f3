"""A browser that was killed within a transaction. Whoever opens its database next undoes that by the journal
it left, so the journal goes with the database, and what counts is what is there then."""

from __future__ import annotations

import io
import shutil
import sqlite3
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from conftest import Sandbox
from dropoff import Pack, inspect_profile
from helpers import PROFILE, user_data

# Changes all cookies and adds others, with memory for so few pages that it writes others before it is done.
KILLED = """
import os, sqlite3, sys
database = sqlite3.connect(sys.argv[1], isolation_level=None)
for setting in sys.argv[2:]:
    database.execute(f"PRAGMA {setting}")
database.execute("BEGIN")
database.execute("UPDATE cookies SET encrypted_value = ?", [b"v20" + bytes(40)])
cookie = ["b.example", "sid", b"v11" + bytes(32), 250_000_000_000_000_000, 1, 1]
database.executemany("INSERT INTO cookies VALUES (?, ?, ?, ?, ?, ?)", [cookie] * 2000)
os._exit(0)
"""


def cookies(path: Path) -> list[tuple[str, int]]:
    """How many there are of each prefix, by SQLite, which undoes what is to be undone."""
    with closing(sqlite3.connect(path)) as database:
        kinds = "SELECT CAST(substr(encrypted_value, 1, 3) AS TEXT), count(*) FROM cookies GROUP BY 1"
        found: list[tuple[str, int]] = database.execute(kinds).fetchall()
        assert database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    return found


def add(path: Path, rows: int) -> None:
    with closing(sqlite3.connect(path)) as database:
        cookie = ["c.example", "sid", b"v10" + bytes(32), 250_000_000_000_000_000, 1, 1]
        database.executemany("INSERT INTO cookies VALUES (?, ?, ?, ?, ?, ?)", [cookie] * rows)
        database.commit()


def copied(database: Path, into: Path, *, journal: bool) -> Path:
    """A copy to look at, since SQLite changes what it opens."""
    into.mkdir()
    shutil.copy(database, into)
    if journal:
        shutil.copy(f"{database}-journal", into)
    return into / database.name


# With and without waiting for the disk in between, which writes the journal otherwise.
@pytest.fixture(params=["synchronous = FULL", "synchronous = OFF"])
def killed(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Path]:
    folder = user_data(tmp_path / "chromium")
    database = folder / "Default" / "Cookies"
    add(database, 499)
    settings = [request.param, "cache_size = 5"]
    subprocess.run([sys.executable, "-c", KILLED, database, *settings], check=True, timeout=60)
    before = {path: path.read_bytes() for path in database.parent.glob("Cookies*")}
    assert cookies(copied(database, tmp_path / "whole", journal=True)) == [("v10", 500)]
    yield folder
    assert {path: path.read_bytes() for path in before} == before, "it was written to"


@pytest.mark.parametrize("if_running", ["error", "snapshot", "force"])
def test_its_folder_opens_elsewhere_as_it_was_before(
    sandbox: Sandbox, killed: Path, tmp_path: Path, if_running: str
) -> None:
    profile = sandbox.hcompany().upload_profile(killed, pack=Pack(if_running=if_running), **PROFILE)  # type: ignore[arg-type]
    assert profile.verified and profile.packed and not profile.packed.warnings
    [stored] = sandbox.objects()
    there = tmp_path / "there"
    zipfile.ZipFile(io.BytesIO(sandbox.content(stored["key"]))).extractall(there)
    for name in ("Cookies", "Cookies-journal"):
        assert (there / "Default" / name).read_bytes() == (killed / "Default" / name).read_bytes()
    assert cookies(there / "Default" / "Cookies") == [("v10", 500)]
    assert inspect_profile(there).cookies.key_versions == inspect_profile(killed).cookies.key_versions


def test_its_cookies_are_those_from_before(killed: Path) -> None:
    seen = inspect_profile(killed)
    assert (seen.cookies.key_versions, seen.verdict, seen.lock) == (["v10"], "likely", "none")
    assert not seen.warnings


def test_without_its_journal_they_are_others(killed: Path, tmp_path: Path) -> None:
    alone = copied(killed / "Default" / "Cookies", tmp_path / "alone", journal=False)
    with closing(sqlite3.connect(alone)) as database, pytest.raises((sqlite3.DatabaseError, AssertionError)):
        assert database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    seen = inspect_profile(killed, pack=Pack(exclude=["**/Cookies-journal"]))
    assert seen.verdict != "likely", "it is packed without"
