"""Folders whose databases are locked: who holds a lock is noticed and named, and nobody's lock is touched."""

from __future__ import annotations

import fcntl
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from conftest import Sandbox
from dropoff import BrowserRunningError, Pack, inspect_profile
from helpers import PROFILE, user_data

# SQLite's bytes: pending, reserved, shared (os_unix.c), and in the index of a log those from 120 on (wal.c).
PENDING, SHARED, INDEX = 0x40000000, (0x40000002, 510), (128, 1)
# 37 is F_OFD_SETLK (fcntl.h), which this Python has no name for.
HOLD = """
import fcntl, os, struct, sys
path, how, start, length = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
file = open(path, "r+b")
kind = fcntl.F_RDLCK if how == "read" else fcntl.F_WRLCK
lock = struct.pack("hhqqi4x", kind, 0, start, length, 0)
if how == "flock":
    fcntl.flock(file, fcntl.LOCK_EX)
else:
    fcntl.fcntl(file, 37 if how == "ofd" else fcntl.F_SETLK, lock)
print(flush=True)
sys.stdin.read()
"""


@contextmanager
def holding(path: Path, how: str = "write", start: int = 0, length: int = 0) -> Iterator[int]:
    """A process that has locked so much of a file: its number."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch()
    command: list[str | Path] = [sys.executable, "-c", HOLD, path, how, str(start), str(length)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin and process.stdout
        assert process.stdout.read(1) == b"\n", "it has no lock"
        yield process.pid
        process.stdin.close()


@pytest.fixture
def chromium(tmp_path: Path) -> Path:
    return user_data(tmp_path / "chromium")


@pytest.fixture
def firefox(tmp_path: Path) -> Path:
    folder = tmp_path / "firefox"
    folder.mkdir()
    (folder / "prefs.js").write_text("")
    (folder / "compatibility.ini").write_text("[Compatibility]\nLastVersion=153.0_1/2\n")
    (folder / "cookies.sqlite").write_bytes(b"SQLite format 3\0")
    return folder


# What /proc/locks has beside the browsers themselves.
@pytest.mark.parametrize(
    ("name", "how", "start", "length"),
    [
        ("Default/Local Storage/leveldb/LOCK", "write", 0, 0),
        ("Default/IndexedDB/https_a.example_0.indexeddb.leveldb/LOCK", "write", 0, 0),
        ("Default/Extension State/LOCK", "write", 0, 0),
        ("Default/History", "write", PENDING, 512),
        ("Default/Cookies", "read", *SHARED),
        ("Default/Something New-shm", "read", *INDEX),
    ],
)
def test_a_database_that_is_locked_says_that_a_browser_runs(
    sandbox: Sandbox, chromium: Path, name: str, how: str, start: int, length: int
) -> None:
    path = chromium / name
    if name.endswith("LOCK"):
        path.parent.mkdir(parents=True)
        (path.parent / "CURRENT").write_text("MANIFEST-000001\n")
    if name.endswith("-shm"):
        for end in ("", "-wal"):
            Path(str(path).removesuffix("-shm") + end).write_bytes(b"SQLite format 3\0")
    assert inspect_profile(chromium).lock == "none"
    shown = name.replace("https_a.example_0.indexeddb.leveldb", "(a site)")
    with holding(path, how, start, length) as process:
        seen = inspect_profile(chromium)
        assert (seen.lock, seen.lock_process) == ("live", process)
        with pytest.raises(BrowserRunningError) as caught:
            sandbox.hcompany().upload_profile(chromium, **PROFILE)
        # What holds it here is no browser, and is not called one.
        said = f"a program is using {chromium} (process {process}, which holds a lock on {shown})"
        assert said in str(caught.value)
        assert not sandbox.requests()
        for if_running in ("snapshot", "force"):
            packed = (
                sandbox.hcompany()
                .upload_profile(chromium, pack=Pack(if_running=if_running), **PROFILE)
                .packed
            )
            assert packed and packed.consistency != "clean"
            assert any(f"process {process}" in warning for warning in packed.warnings)
    assert inspect_profile(chromium).lock == "none"


@pytest.mark.parametrize(
    ("name", "start", "length"),
    [
        (".parentlock", 0, 0),
        ("cookies.sqlite", *SHARED),
        ("storage.sqlite", *SHARED),
        ("places.sqlite", *SHARED),
    ],
)
def test_firefoxs_are_asked_too(firefox: Path, name: str, start: int, length: int) -> None:
    # The number is of another container, where there is such a process; here there is none.
    (firefox / "lock").symlink_to("127.0.1.1:+2147483646")
    assert inspect_profile(firefox).lock == "stale"
    with holding(firefox / name, "write", start, length) as process:
        seen = inspect_profile(firefox)
        assert (seen.lock, seen.lock_process) == ("live", process)


def test_a_lock_left_behind_counts_for_nothing_beside_one_that_is_held(chromium: Path) -> None:
    for left, alone in ((f"{os.uname().nodename}-2147483646", "stale"), ("elsewhere-12", "foreign")):
        (chromium / "SingletonLock").symlink_to(left)
        assert inspect_profile(chromium).lock == alone
        with holding(chromium / "Default" / "Session Storage" / "LOCK") as process:
            seen = inspect_profile(chromium)
            assert (seen.lock, seen.lock_process) == ("live", process)
            assert "elsewhere" not in " ".join(seen.warnings)
        (chromium / "SingletonLock").unlink()


def test_whose_lock_it_is_may_not_be_known(chromium: Path) -> None:
    # As of a process in another container.
    with holding(chromium / "Default" / "Local Storage" / "leveldb" / "LOCK", "ofd"):
        seen = inspect_profile(chromium)
        assert (seen.lock, seen.lock_process) == ("live", None)
        [warning] = [warning for warning in seen.warnings if "is using" in warning]
        assert (
            "(a process whose number is not known here, which holds a lock on Default/Local Storage"
            in warning
        )
    # Nothing of a browser's, and nothing that could be asked for without taking it.
    with holding(chromium / "Default" / "Local Storage" / "leveldb" / "LOCK", "flock"):
        assert inspect_profile(chromium).lock == "none"


def test_of_another_profile_nothing_is_asked(chromium: Path) -> None:
    (chromium / "Profile 2").mkdir()
    (chromium / "Profile 2" / "Preferences").write_text("{}")
    with holding(chromium / "Profile 2" / "Local Storage" / "leveldb" / "LOCK"):
        assert inspect_profile(chromium).lock == "live"
        assert inspect_profile(chromium, pack=Pack(profile="Default")).lock == "none"


def is_locked(path: Path) -> bool:
    """As another process sees it."""
    ask = (
        "import fcntl, struct, sys; lock = struct.pack('hhqqi4x', fcntl.F_WRLCK, 0, 0, 0, 0);"
        "answer = fcntl.fcntl(open(sys.argv[1], 'rb'), fcntl.F_GETLK, lock);"
        "print(struct.unpack('hhqqi4x', answer)[0] != fcntl.F_UNLCK)"
    )
    said = subprocess.run([sys.executable, "-c", ask, path], capture_output=True, text=True, check=True)
    return said.stdout == "True\n"


def test_a_program_with_a_browser_in_it_keeps_its_own_lock(sandbox: Sandbox, chromium: Path) -> None:
    # The kernel drops all locks of a process on a file when any of its descriptors of that file is closed.
    path = chromium / "Default" / "Local Storage" / "leveldb" / "LOCK"
    path.parent.mkdir(parents=True)
    with path.open("w+b") as lock:
        fcntl.lockf(lock, fcntl.LOCK_EX)
        seen = inspect_profile(chromium)
        assert (seen.lock, seen.lock_process) == ("live", os.getpid())
        with pytest.raises(BrowserRunningError):
            sandbox.hcompany().upload_profile(chromium, **PROFILE)
        sandbox.hcompany().upload_profile(chromium, pack=Pack(if_running="snapshot"), **PROFILE)
        assert is_locked(path)


# -- what is done to the folder


def test_files_are_opened_to_be_read_and_no_lock_is_taken(
    sandbox: Sandbox, chromium: Path, firefox: Path, tmp_path: Path
) -> None:
    for name in ("Local Storage/leveldb/LOCK", "Session Storage/LOCK", "History"):
        (chromium / "Default" / name).parent.mkdir(parents=True, exist_ok=True)
        (chromium / "Default" / name).write_bytes(b"")
    body = f"""
from dropoff import HCompany, Pack, inspect_profile
h = HCompany({sandbox.h_api_key!r}, base_url={sandbox.api_url!r}, **{sandbox.options()!r})
for folder in {[str(chromium), str(firefox)]!r}:
    inspect_profile(folder)
    for if_running in ("error", "snapshot", "force"):
        h.upload_profile(folder, pack=Pack(if_running=if_running), **{PROFILE!r})
"""
    told = tmp_path / "calls"
    strace: list[str | Path] = [
        "strace",
        "-f",
        "-qq",
        "-y",
        "-e",
        "trace=%file,%desc",
        "-e",
        "signal=none",
        "-o",
        told,
    ]
    # A temporary file is none of the folder.
    place = tmp_path / "spool"
    place.mkdir()
    ran = subprocess.run(
        [*strace, sys.executable, "-c", body],
        capture_output=True,
        text=True,
        timeout=240,
        env=os.environ | {"TMPDIR": str(place)},
    )
    assert ran.returncode == 0, ran.stderr
    calls = [line for line in told.read_text().splitlines() if f"{chromium}" in line or f"{firefox}" in line]
    opened = [line for line in calls if re.search(r"\bopen(at2?)?\(", line)]
    assert any("cookies.sqlite" in line for line in opened) and any("History" in line for line in opened)
    for line in opened:
        assert "O_RDONLY" in line, line
        assert not re.search(r"O_(WRONLY|RDWR|CREAT|TRUNC|APPEND|TMPFILE)", line), line
    assert any("F_GETLK" in line and "/LOCK>" in line for line in calls)
    assert any("F_GETLK" in line and "cookies.sqlite>" in line for line in calls)
    changing = (
        r"\b(F_\w*SETLKW?\w*|flock|lockf|p?writev?\w*|f?truncate\w*|fallocate|rename\w*|unlink\w*|mkdir\w*|"
        r"(sym)?link(at)?|f?chmod\w*|[fl]?chown\w*|utim\w+|futimes\w*|\w*setxattr|\w*removexattr)\("
    )
    for line in calls:
        assert not re.search(changing, line) and "SETLK" not in line, line
