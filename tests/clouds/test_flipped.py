"""A bit that is another when it arrives, every time, in each of the sandbox's dialects: `integrity`, at a
byte and at a gibibyte (DROPOFF_FULL=1), and never a success."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import bodies
import pytest
from bodies import GIB
from dropoff import DropoffError
from sandbox_process import Sandbox
from stores import PART, SandboxStore, Ticket

FULL = os.environ.get("DROPOFF_FULL") == "1"
Source = Callable[[int], Path]
CRC64 = {"answered_checksums": ["x-amz-checksum-crc64nvme"], "md5_etags": False}


@dataclass
class Case:
    name: str
    way: str
    settings: dict[str, object]
    # The request that carries the bytes.
    operation: str
    # What is known after that, of more than one part. Blocks that differ are not put together.
    outcome: str
    options: dict[str, object]


CASES = [
    Case("s3", "put", CRC64, "put", "completed", {}),
    Case("s3", "form", CRC64, "post_form", "completed", {}),
    Case("s3", "parts", CRC64, "put_part", "not_completed", {}),
    Case("s3-etag", "put", {}, "put", "completed", {"integrity_check": True}),
    Case("s3-etag", "form", {}, "post_form", "completed", {"integrity_check": True}),
    Case("s3-etag", "parts", {}, "put_part", "not_completed", {"integrity_check": True}),
    Case("azure", "put", {"dialect": "azure"}, "put", "completed", {}),
    Case("azure", "blocks", {"dialect": "azure"}, "put_block", "not_completed", {}),
    Case("google", "put", {"dialect": "google"}, "put", "completed", {}),
    Case("google", "session", {"dialect": "google"}, "put_session", "completed", {}),
]


def named(case: Case) -> str:
    return f"{case.name}-{case.way}"


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Source:
    folder = tmp_path_factory.mktemp("flipped")

    def of(size: int) -> Path:
        # One name, which is in a form.
        path = folder / str(size) / "rows.csv"
        if not path.exists():
            path.parent.mkdir()
            bodies.write(path, size)
        return path

    return of


def order(store: SandboxStore, case: Case, ticket: Ticket, source: Source, size: int) -> None:
    """Of the last byte of all, or of that of each of the last parts."""
    pieces = case.way in ("parts", "blocks")
    skip = max(0, size // PART - 28) if pieces else 0
    before = bytes_before_the_file(store, ticket, source(1)) if case.way == "form" else 0
    flip = {"flip_bit": before + (min(size, PART) if pieces else size) - 1}
    store.sandbox.order(case.operation, flip, skip=skip, times=-1)


def bytes_before_the_file(store: SandboxStore, ticket: Ticket, small: Path) -> int:
    """In a form, whose fields are those of the ticket, and whose file has one byte here."""
    store.send("form", store.client("form"), ticket, small)
    (entry,) = store.sandbox.requests("post_form")
    boundary = entry["headers"]["content-type"].partition("boundary=")[2].strip('"')
    length: int = entry["content_length"]
    return length - 1 - len(f"\r\n--{boundary}--\r\n")


def big(size: int) -> object:
    skipped = pytest.mark.skipif(not FULL, reason="sends gibibytes; set DROPOFF_FULL=1")
    return pytest.param(size, marks=[skipped, pytest.mark.timeout(1800)] if size == GIB else [])


@pytest.mark.parametrize("size", [big(1), big(GIB)])
@pytest.mark.parametrize("case", CASES, ids=named)
def test_a_flipped_bit_is_integrity(sandbox: Sandbox, source: Source, case: Case, size: int) -> None:
    store = SandboxStore(sandbox, case.name, (case.way,), **case.settings)
    # What is smaller goes whole.
    size = PART + 1 if case.way == "blocks" and size < PART else size
    ticket = store.ticket(case.way, "flipped.csv", size)
    order(store, case, ticket, source, size)
    with pytest.raises(DropoffError) as caught:
        store.send(case.way, store.client(case.way, **case.options), ticket, source(size))
    error = caught.value
    # One part is all there is.
    outcome = "completed" if case.way == "parts" and size == 1 else case.outcome
    assert (error.kind, error.side, error.outcome) == ("integrity", "storage", outcome), str(error)
    if case.way in ("parts", "blocks"):
        assert store.read("") is None, "nothing was put together"


@pytest.mark.parametrize("size", [big(GIB)])
@pytest.mark.parametrize("case", [case for case in CASES if case.name == "s3-etag"], ids=named)
def test_what_only_an_md5_would_tell_is_not_verified(
    sandbox: Sandbox, source: Source, case: Case, size: int
) -> None:
    """Beyond 256 MiB no MD5 is computed, unless `integrity_check` asks for it. So nobody sees the bit, and
    nobody says that it was looked for."""
    store = SandboxStore(sandbox, case.name, (case.way,), **case.settings)
    ticket = store.ticket(case.way, "flipped.csv", size)
    order(store, case, ticket, source, size)
    stored = store.send(case.way, store.client(case.way), ticket, source(size))
    assert stored.verified is False and stored.verified_by is None
    store.complete(case.way, ticket, stored)
    held = store.read("")
    assert held is not None and bodies.sha256_of(held)[1] != bodies.write(source(size), size)
