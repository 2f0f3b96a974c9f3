"""Profiles on a file system that answers late, never, or with an error: a mount of ours (`mount.py`)."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
from conftest import Sandbox
from helpers import child, user_data

PROGRAM = Path(__file__).parent / "mount.py"


def why_not() -> str | None:
    """Why there can be no mount here, if there can be none."""
    if os.geteuid() != 0:
        return "to mount needs root"
    if not os.access("/dev/fuse", os.R_OK | os.W_OK):
        return "there is no /dev/fuse"
    return None


pytestmark = pytest.mark.skipif(why_not() is not None, reason=f"no file system of ours: {why_not()}")


class Mount:
    """A folder, and where it is shown by a file system that does as it is told."""

    def __init__(self, folder: Path, at: Path) -> None:
        self.folder, self.at = folder, at
        at.mkdir()
        pipe = subprocess.PIPE
        self._process = subprocess.Popen([sys.executable, PROGRAM, folder, at], stdin=pipe, stdout=pipe)
        self._answered()

    def _answered(self) -> None:
        assert self._process.stdout and self._process.stdout.readline() == b"{}\n", "it is not mounted"

    def set(self, name: str, value: object = "") -> None:
        assert self._process.stdin
        self._process.stdin.write(f"{name} {value}\n".encode())
        self._process.stdin.flush()
        self._answered()

    def stop(self) -> None:
        """Nothing is answered any more; whoever waits for it can still be ended."""
        self._process.send_signal(signal.SIGSTOP)

    def end(self) -> None:
        """Whoever waits for it gets an error by then."""
        self._process.kill()
        self._process.communicate()
        subprocess.run(["umount", "--lazy", self.at], check=True)


@pytest.fixture
def mount(tmp_path: Path) -> Iterator[Mount]:
    mount = Mount(user_data(tmp_path / "chromium"), tmp_path / "mounted")
    yield mount
    mount.end()


def fill(database: Path, rows: int) -> None:
    with closing(sqlite3.connect(database)) as cookies:
        cookie = ["c.example", "sid", b"v10" + bytes(64), 250_000_000_000_000_000, 1, 1]
        cookies.executemany("INSERT INTO cookies VALUES (?, ?, ?, ?, ?, ?)", [cookie] * rows)
        cookies.commit()


LIVE = pytest.mark.parametrize("if_running", ["error", "snapshot", "force"])
STALL = 2


@contextmanager
def telling(sandbox: Sandbox, at: Path, if_running: str, looks: bool = True) -> Iterator[Callable[[], Any]]:
    """What a process says of an upload of the folder, and then of a look at it: whoever waits for a file
    system is not to be this process."""
    body = f"""
        def told(call):
            started = time.monotonic()
            try:
                said = call()
            except DropoffError as e:
                said = f"{{type(e).__name__}}: {{e}}"
            print(json.dumps([said, time.monotonic() - started]), flush=True)
        at, if_running = {str(at)!r}, {if_running!r}
        h = HCompany({sandbox.h_api_key!r}, base_url={sandbox.api_url!r}, stall_timeout={STALL}, **options)
        details = dict(name="p", browser_name="chromium", browser_version="131")
        told(lambda: h.upload_profile(at, pack=Pack(if_running=if_running), **details).packed.warnings)
        if {looks}:
            told(lambda: [(seen := inspect_profile(at)).verdict, seen.cookies.key_versions, seen.warnings])
    """
    with child(sandbox, body) as process:

        def said() -> Any:
            assert process.stdout
            line = process.stdout.readline()
            assert line, process.communicate()[1]
            what, seconds = json.loads(line)
            return what, seconds

        yield said
        process.ended()


@pytest.mark.timeout(180)
@pytest.mark.parametrize("if_running", ["error", "snapshot"])
def test_one_that_answers_late_is_waited_for(sandbox: Sandbox, mount: Mount, if_running: str) -> None:
    (mount.folder / "Default" / "large").write_bytes(os.urandom(3 << 20))
    mount.set("delay", 0.01)
    with telling(sandbox, mount.at, if_running) as said:
        assert said()[0] == []
        assert said()[0] == ["likely", ["v10"], []]
    assert len(sandbox.objects()) == 1


@pytest.mark.timeout(180)
def test_what_takes_long_since_it_is_much_is_waited_for(sandbox: Sandbox, mount: Mount) -> None:
    # So many pages, each asked for alone, that they take longer than no answer is waited for.
    fill(mount.folder / "Default" / "Cookies", 7_000)
    mount.set("delay", 0.05)
    with telling(sandbox, mount.at, "error", looks=False) as said:
        warnings, seconds = said()
    assert warnings == [] and seconds > 12, (warnings, seconds)


@pytest.mark.parametrize(("if_running", "name"), [("error", "Cookies"), ("snapshot", "large")])
def test_one_that_stops_answering_is_left(sandbox: Sandbox, mount: Mount, if_running: str, name: str) -> None:
    (mount.folder / "Default" / "large").write_bytes(os.urandom(40 << 20))
    mount.set("silent", name)
    with telling(sandbox, mount.at, if_running, looks=False) as said:
        error, _ = said()
        assert error.startswith("SourceUnreadableError"), error
        # A step may take 10 s of itself, and that it was no longer is a test of the core's.
        assert f"did not answer for {mount.at} within 10.0 s (the least for a folder);" in error
    assert not sandbox.requests(), "something was sent"


@LIVE
def test_a_file_that_cannot_be_read_is_named(sandbox: Sandbox, mount: Mount, if_running: str) -> None:
    (mount.folder / "Default" / "notes").write_bytes(b"x")
    mount.set("broken", "notes")
    with telling(sandbox, mount.at, if_running) as said:
        assert said()[0] == [
            "Default/notes could not be read (Input/output error (os error 5)) and is left out"
        ]
        assert said()[0] == ["likely", ["v10"], []]
    mount.set("broken", "Cookies")
    with telling(sandbox, mount.at, if_running) as said:
        error, _ = said()
        assert error.startswith("SourceUnreadableError") and "Default/Cookies" in error, error
        assert said()[0][:2] == ["unknown", []]


def test_a_model_that_names_a_file_on_a_dead_one_keeps_no_thread_and_no_loop(
    sandbox: Sandbox, mount: Mount
) -> None:
    body = f"""
        import asyncio
        from dropoff.tools import make_tools
        send, *_ = make_tools(roots=[{str(mount.at)!r}], agentdrop=d, sender="a", recipients=["b"])
        given = dict(paths=["notes"], recipient="b")
        threading.Thread(target=lambda: send.run(given), daemon=True).start()
        async def cancelled():
            call = asyncio.create_task(send.run_async(given))
            await asyncio.sleep(0.1)
            call.cancel()
            try:
                await call
            except asyncio.CancelledError:
                return "cancelled"
        print(asyncio.run(cancelled()), flush=True)
        os._exit(0)
    """
    mount.stop()
    with child(sandbox, body) as process:
        assert process.stdout
        line = process.stdout.readline()
        assert line == "cancelled\n", process.communicate()
    assert sandbox.requests() == []
