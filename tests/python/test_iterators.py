"""Sources that are no file objects: iterators of bytes, and what only an asyncio loop can read. And the names
that file objects bring along."""

from __future__ import annotations

import array
import asyncio
import bz2
import gzip
import io
import lzma
import os
import tempfile
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from conftest import Sandbox
from control import HANGS
from dropoff import CancelledError, File, InvalidInputError, SourceUnreadableError
from helpers import PROFILE, TERMS, digest, soon, stored
from sources import zipped

CONTENT = bytes(range(256)) * 10_000


def cut(content: bytes, size: int) -> Iterator[bytes]:
    for at in range(0, len(content), size):
        yield content[at : at + size]


async def cut_in_loop(content: bytes, size: int) -> AsyncIterator[bytes]:
    for chunk in cut(content, size):
        await asyncio.sleep(0)
        yield chunk


class AsyncFile:
    """As those of aiofiles, which are no iterators of equal chunks."""

    def __init__(self, content: bytes) -> None:
        self._file = io.BytesIO(content)
        self.threads: set[str] = set()

    async def read(self, size: int = -1) -> bytes:
        self.threads.add(threading.current_thread().name)
        await asyncio.sleep(0)
        return self._file.read(size)


@pytest.mark.parametrize("size", [1, 1000, 10_000_000])
def test_an_iterator_is_read_to_its_end(sandbox: Sandbox, size: int) -> None:
    content = CONTENT[: 1000 * size]
    chunks: list[Any] = [b"", *cut(content, size), b""]
    chunks[2:2] = [bytearray(b"ab"), memoryview(b"cd"), array.array("H", [1, 2])]
    whole = b"".join(bytes(chunk) for chunk in chunks)
    sent = sandbox.agentdrop().send([("a", iter(chunks)), File(cut(content, size), name="b")], **TERMS)
    assert [file.bytes for file in sent.files] == [len(whole), len(content)]
    assert {digest(whole), digest(content)} <= stored(sandbox)


def test_an_iterator_is_a_source_of_every_call(sandbox: Sandbox) -> None:
    archive = zipped(100_000)
    assert sandbox.hcompany().upload_profile(cut(archive, 1000), **PROFILE).verified
    [target] = sandbox.agentdrop().presign([("a", b"12")], **TERMS).reveal()["upload_urls"]
    done = sandbox.storage().put(target["upload_url"], iter([b"1", b"2"]), headers=target["headers"])
    assert done.bytes == 2


def test_an_empty_iterator_is_an_empty_file(sandbox: Sandbox) -> None:
    assert sandbox.agentdrop().send([("a", iter([]))], **TERMS).files[0].bytes == 0


@pytest.mark.parametrize(
    ("chunk", "words"), [("text", "text, not bytes"), (5, "int, not bytes"), (None, "NoneType, not bytes")]
)
def test_an_iterator_of_something_else_is_unreadable(sandbox: Sandbox, chunk: Any, words: str) -> None:
    async def in_loop() -> AsyncIterator[Any]:
        yield chunk

    async def body() -> None:
        await sandbox.async_agentdrop().send([("a", in_loop())], **TERMS)

    for call in (
        lambda: sandbox.agentdrop().send([("a", iter([chunk]))], **TERMS),
        lambda: asyncio.run(body()),
    ):
        with pytest.raises(SourceUnreadableError, match=words) as caught:
            call()
        assert isinstance(caught.value.__cause__, TypeError) and not caught.value.retryable
    assert not sandbox.objects()


def test_what_an_iterator_raises_is_the_cause(sandbox: Sandbox) -> None:
    trouble = RuntimeError("the disk is gone")

    def failing() -> Iterator[bytes]:
        yield b"x"
        raise trouble

    with pytest.raises(SourceUnreadableError, match="the disk is gone") as caught:
        sandbox.agentdrop().send([("a", failing())], **TERMS)
    assert caught.value.__cause__ is trouble


def test_an_iterator_may_use_its_buffer_again(sandbox: Sandbox) -> None:
    def filled(buffer: bytearray) -> Iterator[bytearray]:
        for at in range(5):
            buffer += bytes([at]) * 70_000
            yield buffer
            buffer.clear()

    async def filled_in_loop() -> AsyncIterator[bytearray]:
        for chunk in filled(bytearray()):
            yield chunk

    async def body() -> None:
        await sandbox.async_agentdrop().send([("a", filled_in_loop())], **TERMS)

    sandbox.agentdrop().send([("a", filled(bytearray()))], **TERMS)
    asyncio.run(body())
    whole = b"".join(bytes([at]) * 70_000 for at in range(5))
    assert [o["sha256"] for o in sandbox.objects()] == [digest(whole)] * 2


def test_the_same_iterator_twice_is_refused(sandbox: Sandbox) -> None:
    chunks = cut(CONTENT, 1000)
    with pytest.raises(InvalidInputError, match="given twice"):
        sandbox.agentdrop().send([("a", chunks), ("b", chunks)], **TERMS)


# -- in a loop


def test_async_sources_are_read_in_their_loop(sandbox: Sandbox) -> None:
    file = AsyncFile(CONTENT)

    async def body() -> None:
        d, s = sandbox.async_agentdrop(), sandbox.async_storage()
        files: list[Any] = [("a", cut_in_loop(CONTENT, 1000)), File(file, name="b")]
        sent = await d.send(files, **TERMS)
        assert [f.bytes for f in sent.files] == [len(CONTENT)] * 2
        job = d.start_send([("c", cut_in_loop(CONTENT, 70_000))], **TERMS)
        assert (await job).files[0].verified
        reader = asyncio.StreamReader()
        reader.feed_data(b"12")
        reader.feed_eof()
        [target] = (await d.presign([("a", b"12")], **TERMS)).reveal()["upload_urls"]
        done = await s.put(target["upload_url"], reader, headers=target["headers"])
        assert done.bytes == 2
        archive = cut_in_loop(zipped(10_000), 1000)
        assert (await sandbox.async_hcompany().upload_profile(archive, **PROFILE)).verified

    asyncio.run(body(), debug=True)
    assert file.threads == {"MainThread"} and digest(CONTENT) in stored(sandbox)


def test_an_async_source_that_stands_still_is_left(sandbox: Sandbox) -> None:
    closed = threading.Event()

    async def stalled() -> AsyncIterator[bytes]:
        try:
            yield b"x"
            await asyncio.sleep(HANGS)
        finally:
            closed.set()

    async def body() -> None:
        d = sandbox.async_agentdrop()
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(d.send([("a", stalled())], **TERMS), 0.2)
        job = d.start_send([("a", stalled())], **TERMS)
        job.cancel()
        with pytest.raises(CancelledError):
            await job

    with soon():
        asyncio.run(body())
    assert closed.wait(HANGS) and not sandbox.objects()


@pytest.mark.parametrize("ending", ["task", "job", "close"])
def test_a_source_is_left_with_its_call(sandbox: Sandbox, ending: str) -> None:
    async def body() -> None:
        before = asyncio.all_tasks()
        queue: asyncio.Queue[bytes] = asyncio.Queue()
        waits = asyncio.Event()
        finished = asyncio.Event()

        class Chunks:
            def __aiter__(self) -> Chunks:
                return self

            async def __anext__(self) -> bytes:
                waits.set()
                try:
                    return await queue.get()
                finally:
                    finished.set()

        chunks, d = Chunks(), sandbox.async_agentdrop()
        job = d.start_send([("a", chunks)], **TERMS)
        task = asyncio.ensure_future(job)
        await waits.wait()
        if ending == "task":
            task.cancel()
        elif ending == "job":
            job.cancel()
        else:
            await d.close()
        with pytest.raises((asyncio.CancelledError, CancelledError)) as caught:
            await task
        queue.put_nowait(b"for others")
        error = caught.value.__context__ if ending == "task" else caught.value
        assert isinstance(error, CancelledError) and error.__cause__ is None
        await asyncio.wait_for(finished.wait(), HANGS)
        # Whatever read the source is gone, and took nothing along.
        while asyncio.all_tasks() - before:
            await asyncio.sleep(0.01)
        assert queue.get_nowait() == b"for others"

    with soon():
        asyncio.run(asyncio.wait_for(body(), HANGS))


def test_outside_of_a_loop_there_is_nobody_to_read_it(sandbox: Sandbox) -> None:
    with pytest.raises(InvalidInputError, match="in the loop that awaits them"):
        sandbox.async_agentdrop().start_send([("a", cut_in_loop(b"x", 1))], **TERMS)


# -- names


def test_a_file_object_brings_its_name(sandbox: Sandbox, tmp_path: Path) -> None:
    path = tmp_path / "report ü.csv"
    path.write_bytes(b"a,b\n")

    class Upload(io.BytesIO):
        filename = "folder/uploaded.txt"

    buffered, raw = path.open("rb"), path.open("rb", buffering=0)
    by_bytes = open(os.fsencode(path), "rb")  # noqa: PTH123 - a name of bytes is what is tried
    with buffered, raw, by_bytes, path.open("rb") as named, path.open("rb") as other:
        files: list[Any] = [buffered, raw, by_bytes, File(named), Upload(b"x"), File(other, name="b"), path]
        names = [file.name for file in sandbox.agentdrop().send(files, **TERMS).files]
    assert names == [path.name] * 4 + ["uploaded.txt", "b", path.name]


def nameless(folder: Path) -> Iterator[Callable[[], Any]]:
    packed = folder / "a.csv.gz"
    packed.write_bytes(gzip.compress(b"a,b\n"))
    # These read other bytes than the file of that name has.
    yield lambda: gzip.open(packed)
    yield lambda: io.BufferedReader(gzip.open(packed))
    yield lambda: type("Own", (gzip.GzipFile,), {})(packed)
    yield lambda: bz2.open(packed)
    yield lambda: lzma.open(packed)
    yield lambda: io.BytesIO(b"x")
    yield lambda: os.fdopen(os.open(packed, os.O_RDONLY), "rb")
    yield lambda: tempfile.SpooledTemporaryFile()  # noqa: SIM115


def test_what_has_no_name_of_a_file_needs_one(sandbox: Sandbox, tmp_path: Path) -> None:
    for make in nameless(tmp_path):
        with make() as source, pytest.raises(InvalidInputError, match="has no name"):
            sandbox.agentdrop().send([source], **TERMS)
    with pytest.raises(InvalidInputError, match="has no name"):
        sandbox.agentdrop().send([iter([b"x"])], **TERMS)
