"""Where a call leaves the file objects it was given."""

from __future__ import annotations

import asyncio
import gzip
import io
import os
import socket
import sys
import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import dropoff
import pytest
from conftest import Sandbox
from dropoff import DropoffError, InvalidInputError, SourceUnreadableError
from helpers import TERMS, until
from sources import Once, zipped

# What is opened here is closed when it is collected, which is at no test's account.
pytestmark = pytest.mark.filterwarnings(
    "ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning"
)

CONTENT = b"abc" * 1000
UNAVAILABLE = {"do": {"reply": {"status": 503}}}


def plain_file(folder: Path) -> Any:
    (folder / "f").write_bytes(CONTENT)
    return (folder / "f").open("rb")


def spooled(_: Path) -> Any:
    file = tempfile.SpooledTemporaryFile()  # noqa: SIM115
    file.write(CONTENT)
    file.seek(0)
    return file


def member(_: Path) -> Any:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as written:
        written.writestr("a", CONTENT)
    return zipfile.ZipFile(archive).open("a")


class Bare:
    """Like what wraps a file: no `seekable`."""

    def __init__(self, content: bytes) -> None:
        self._file = io.BytesIO(content)

    def read(self, size: int, /) -> bytes:
        return self._file.read(size)

    def seek(self, to: int) -> None:
        self._file.seek(to)

    def tell(self) -> int:
        return self._file.tell()


SEEKABLE: dict[str, Callable[[Path], Any]] = {
    "bytesio": lambda _: io.BytesIO(CONTENT),
    "file": plain_file,
    "spooled": spooled,
    "gzip": lambda _: gzip.open(io.BytesIO(gzip.compress(CONTENT)), "rb"),
    "member": member,
    "bare": lambda _: Bare(CONTENT),
}


@pytest.mark.parametrize("kind", SEEKABLE)
@pytest.mark.parametrize("on", ["presign", "put", "confirm"])
def test_the_same_call_again_sends_the_same(
    sandbox: Sandbox, tmp_path: Path, kind: str, on: str, request: pytest.FixtureRequest
) -> None:
    source = SEEKABLE[kind](tmp_path)
    request.addfinalizer(getattr(source, "close", lambda: None))
    source.read(3)
    drop = sandbox.agentdrop(max_attempts=1)
    sandbox.fault({"on": on, **UNAVAILABLE})
    with pytest.raises(DropoffError) as caught:
        drop.send([("a", source)], **TERMS)
    assert source.tell() == 3 and "anew" not in str(caught.value)
    assert caught.value.retryable or on == "confirm"
    assert drop.send([("a", source)], **TERMS).files[0].bytes == len(CONTENT) - 3


def test_every_other_call_goes_back_as_well(sandbox: Sandbox) -> None:
    storage, company, drop = (
        sandbox.storage(max_attempts=1),
        sandbox.hcompany(max_attempts=1),
        sandbox.agentdrop(),
    )
    source = io.BytesIO(zipped(10))
    sandbox.fault({"on": "initiate_upload", **UNAVAILABLE})
    with pytest.raises(DropoffError):
        company.upload_profile(source, name="p", browser_name="chromium", browser_version="1")
    assert source.tell() == 0
    with pytest.raises(InvalidInputError):
        drop.plan([("a", source), ("b", "/nowhere")], **TERMS)
    for call in (
        lambda: storage.put(f"{sandbox.storage_url}/b/k", source),
        lambda: storage.post_form(f"{sandbox.storage_url}/b", {"key": "k"}, source),
        lambda: storage.put_parts([f"{sandbox.storage_url}/b/k?partNumber=1&uploadId=u"], source),
        lambda: drop.send([("a", source), ("b", "/nowhere")], **TERMS),
        lambda: drop.upload(drop.presign([("a", b"other")], **TERMS), [("a", source)]),
    ):
        with pytest.raises(DropoffError):
            call()
        assert source.tell() == 0


def test_a_call_that_is_cancelled_goes_back_too(sandbox: Sandbox) -> None:
    sandbox.fault({"on": "put", "times": -1, "do": {"stall_after": 1000}})
    source = io.BytesIO(bytes(1_000_000))

    async def main() -> None:
        with pytest.raises(asyncio.TimeoutError):
            await asyncio.wait_for(sandbox.async_agentdrop().send([("a", source)], **TERMS), 0.5)

    asyncio.run(main())
    assert source.tell() == 0


def one_shots() -> list[Any]:
    reading, writing = os.pipe()
    os.write(writing, CONTENT)
    os.close(writing)
    ours, theirs = socket.socketpair()
    theirs.sendall(CONTENT)
    theirs.close()
    return [os.fdopen(reading, "rb"), ours.makefile("rb"), Once(CONTENT)]


class PipeOfWindows(io.FileIO):
    """Says that it can go back, and does not, as pipes and consoles are there (python/cpython#86768)."""

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return 0

    def seek(self, to: int, _: int = 0) -> int:
        return to


@pytest.mark.parametrize("buffered", [False, True])
def test_a_pipe_that_says_it_can_go_back_is_not_believed(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, buffered: bool
) -> None:
    # The module's own view alone: what Python itself does there goes by the real one.
    windows = SimpleNamespace(platform="win32", modules=sys.modules)
    monkeypatch.setattr(dropoff._threads, "sys", windows)
    drop = sandbox.agentdrop(max_attempts=1)
    reading, writing = os.pipe()
    os.write(writing, CONTENT)
    os.close(writing)
    pipe = PipeOfWindows(reading, "rb")
    sources = {io.BufferedReader(pipe) if buffered else pipe: False}
    for source, goes_back in (sources | {plain_file(tmp_path): True, member(tmp_path): True}).items():
        sandbox.fault({"on": "put", **UNAVAILABLE})
        with pytest.raises(dropoff.UnavailableError) as caught:
            drop.send([("a", source)], **TERMS)
        assert caught.value.retryable == goes_back
        source.close()


def test_what_is_in_memory_stays_there(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dropoff._threads, "sys", SimpleNamespace(platform="win32", modules=sys.modules))
    with tempfile.SpooledTemporaryFile() as file:
        file.write(CONTENT)
        file.seek(0)
        sandbox.agentdrop().send([("a", file)], **TERMS)
        assert not file._rolled  # type: ignore[attr-defined]


def test_what_cannot_go_back_is_not_retryable(sandbox: Sandbox) -> None:
    drop = sandbox.agentdrop(max_attempts=1)
    for source in one_shots():
        sandbox.fault({"on": "put", **UNAVAILABLE})
        with pytest.raises(dropoff.UnavailableError) as caught:
            drop.send([("a", source)], **TERMS)
        assert not caught.value.retryable and caught.value.http_status == 503
        assert "the stream has been read and cannot go back, so open it anew" in str(caught.value)


def test_of_what_nothing_was_read_the_error_stays_as_it_is(sandbox: Sandbox) -> None:
    with pytest.raises(dropoff.SourceNotFoundError) as caught:
        sandbox.agentdrop().send(["/nowhere", ("a", Once(b"1"))], **TERMS)
    assert "anew" not in str(caught.value)


def test_a_file_object_that_was_closed_meanwhile_is_told(sandbox: Sandbox) -> None:
    sandbox.fault({"on": "put", "do": {"hold": True, "reply": {"status": 503}}})
    source = io.BytesIO(CONTENT)
    job = sandbox.agentdrop(max_attempts=1).start_send([("a", source)], **TERMS)
    until(lambda: sandbox.requests("put"))
    source.close()
    sandbox.clear_faults()
    with pytest.raises(dropoff.UnavailableError, match="could not be set back") as caught:
        job.wait()
    assert not caught.value.retryable and caught.value.__cause__ is None


def test_one_that_stands_at_its_end_is_refused(sandbox: Sandbox, tmp_path: Path) -> None:
    drop = sandbox.agentdrop()
    with tempfile.NamedTemporaryFile() as written:
        written.write(CONTENT)
        for source in (written, io.BytesIO(CONTENT), plain_file(tmp_path)):
            source.read()
            with pytest.raises(InvalidInputError, match=r"stands at its end.*seek\(0\)"):
                drop.send([("a", source)], **TERMS)
            source.seek(0)
            assert drop.send([("a", source)], **TERMS).files[0].bytes == len(CONTENT)
            assert source.tell() == len(CONTENT)
    assert drop.send([("a", io.BytesIO())], **TERMS).files[0].bytes == 0


def test_one_that_raises_goes_back(sandbox: Sandbox) -> None:
    class Broken(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            if self.tell() > 0:
                raise OSError("torn")
            return super().read(10)

    source = Broken(CONTENT)
    with pytest.raises(SourceUnreadableError, match="torn") as caught:
        sandbox.agentdrop().send([("a", source)], **TERMS)
    assert source.tell() == 0 and isinstance(caught.value.__cause__, OSError)
