"""Objects that are read: in pieces, in text mode, with errors, and for ever."""

from __future__ import annotations

import gc
import io
import tempfile
import threading
import weakref
from pathlib import Path
from typing import Any

import dropoff
import pytest
from conftest import Sandbox
from control import HANGS
from dropoff import (
    CancelledError,
    InvalidInputError,
)
from helpers import (
    TERMS,
    Enough,
    digest,
    soon,
    stored,
    until,
)


class Reader(io.RawIOBase):
    """Gives what it is told to, one item a read; an exception is raised."""

    def __init__(self, *items: object) -> None:
        self.items = list(items)

    def read(self, size: int = -1) -> Any:
        item = self.items.pop(0) if self.items else b""
        if isinstance(item, BaseException):
            raise item
        return item


def test_a_stream_given_twice_is_refused(sandbox: Sandbox) -> None:
    stream = io.BytesIO(b"important")
    with pytest.raises(InvalidInputError, match="only once"):
        sandbox.agentdrop().send([("a", stream), ("b", stream)], **TERMS)
    assert not sandbox.requests()


def test_a_reader_in_pieces(sandbox: Sandbox) -> None:
    pieces = Reader(b"ab", bytearray(b"cd"), memoryview(b"ef"))
    sandbox.agentdrop().send([("a", pieces)], **TERMS)
    assert stored(sandbox) == {digest(b"abcdef")}


def test_what_a_reader_raises_is_the_cause(sandbox: Sandbox) -> None:
    trouble = RuntimeError("the disk\nis gone")
    with pytest.raises(dropoff.SourceUnreadableError, match="the disk is gone") as caught:
        sandbox.agentdrop().send([("a", Reader(b"ab", trouble))], **TERMS)
    assert caught.value.__cause__ is trouble
    assert caught.value.cause == "RuntimeError: the disk is gone"
    assert not sandbox.requests()


def test_a_reader_that_raised_is_collected(sandbox: Sandbox) -> None:
    def make() -> list[weakref.ref[Any]]:
        reader, job = Reader(Enough()), None
        job = sandbox.agentdrop().start_send([("a", reader)], **TERMS)
        with pytest.raises(dropoff.SourceUnreadableError) as caught:
            job.wait()
        assert isinstance(caught.value.__cause__, Enough)
        return [weakref.ref(job), weakref.ref(reader)]

    held = make()
    until(lambda: gc.collect() >= 0 and [ref() for ref in held] == [None, None])


@pytest.mark.parametrize(
    ("item", "text"),
    [
        ("text", "binary mode"),
        (None, "non-blocking"),
        (3, "not bytes"),
        (bytes(10_000_000), "more than asked for"),
    ],
)
def test_a_reader_that_gives_nonsense(sandbox: Sandbox, item: object, text: str) -> None:
    with pytest.raises(dropoff.SourceUnreadableError, match=text):
        sandbox.agentdrop().send([("a", Reader(item))], **TERMS)


def test_a_reader_that_blocks_does_not_block_ctrl_c_or_cancel(sandbox: Sandbox) -> None:
    gate = threading.Event()

    class Blocked(io.RawIOBase):
        def read(self, size: int = -1) -> bytes:
            gate.wait(HANGS)
            return b""

    job = sandbox.agentdrop().start_send([("a", Blocked())], **TERMS)
    with pytest.raises(TimeoutError):
        job.wait(0.2)
    job.cancel()
    with soon(), pytest.raises(CancelledError):
        job.wait()
    gate.set()


def test_files_in_text_mode_are_refused(sandbox: Sandbox, tmp_path: Path) -> None:
    (tmp_path / "t").write_text("x")
    with open(tmp_path / "t") as opened, tempfile.NamedTemporaryFile("w+") as temporary:
        for text_file in (opened, temporary, io.StringIO("x")):
            with pytest.raises(InvalidInputError, match="binary mode"):
                sandbox.agentdrop().send([("a", text_file)], **TERMS)  # type: ignore[list-item]
