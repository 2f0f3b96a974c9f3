"""Every store by every way that it knows, at the sizes where something changes: what is stored is read back
and compared, and the table of it is written to target/clouds/table.md.

A gibibyte goes by DROPOFF_FULL=1 alone. Neither the source nor what is read back is ever held."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import bodies
import pytest
from bodies import GIB
from dropoff import DropoffError
from sandbox_process import ROOT
from stores import Store

MIB = 1 << 20
FULL = os.environ.get("DROPOFF_FULL") == "1"
SIZES = {"0": 0, "1": 1, "8 MiB − 1": 8 * MIB - 1, "8 MiB": 8 * MIB, "8 MiB + 1": 8 * MIB + 1, "1 GiB": GIB}
# By which digest storage verifies: up to 256 MiB, at a gibibyte, and there with `integrity_check`, without
# which no MD5 is computed of a file that large, nor of its parts. The stores are those of conftest.py.
WAYS = {
    ("sandbox_s3", "put"): ("crc64nvme", "crc64nvme"),
    ("sandbox_s3", "form"): ("crc64nvme", "crc64nvme"),
    ("sandbox_s3", "parts"): ("crc64nvme", "crc64nvme"),
    ("sandbox_s3", "plan"): ("crc64nvme", "crc64nvme"),
    ("sandbox_azure", "put"): ("crc64nvme", "crc64nvme"),
    ("sandbox_azure", "blocks"): ("crc64nvme", "crc64nvme"),
    ("sandbox_azure", "plan"): ("crc64nvme", "crc64nvme"),
    ("sandbox_google", "put"): ("md5", "crc32c"),
    ("sandbox_google", "session"): ("md5", "crc32c"),
    ("sandbox_google", "plan"): ("md5", "crc32c"),
    ("seaweedfs", "put"): ("md5", None, "md5"),
    ("seaweedfs", "form"): ("md5", None, "md5"),
    ("seaweedfs", "parts"): ("md5", None, "md5"),
    ("seaweedfs", "plan"): ("md5", None, "md5"),
    ("azurite_store", "put"): ("md5", None, "md5"),
    ("azurite_store", "blocks"): ("md5", "crc64nvme"),
    ("azurite_store", "plan"): ("md5", None, "md5"),
    # It answers neither with a digest, and a PUT with no sign of being a store.
    ("google_store", "put"): (None, None, "`integrity`"),
    ("google_store", "post"): (None, None, None),
    ("google_store", "session"): ("md5", "crc32c"),
    ("google_store", "plan"): ("md5", "crc32c"),
}
EXCEPT = {
    # Blocks begin here, and have a CRC.
    ("azurite_store", "blocks", "8 MiB"): "crc64nvme",
    ("azurite_store", "blocks", "8 MiB + 1"): "crc64nvme",
    # Azurite answers with no digest of nothing.
    ("azurite_store", "put", "0"): None,
    ("azurite_store", "blocks", "0"): None,
    ("azurite_store", "plan", "0"): None,
    # The policy of the sandbox's form wants a byte, as the service's does; the emulator ends the connection.
    ("sandbox_s3", "form", "0"): "`invalid_input`",
    ("google_store", "put", "0"): "`network`",
    ("google_store", "post", "0"): "`network`",
}
# Their URLs say nothing of when they end.
UNTOLD = {("google_store", "post"), ("google_store", "session"), ("google_store", "plan")}
Rows = dict[tuple[str, str], dict[str, str]]
Source = Callable[[int], tuple[Path, str]]


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Source:
    folder, made = tmp_path_factory.mktemp("bodies"), dict[int, tuple[Path, str]]()

    def of(size: int) -> tuple[Path, str]:
        if size not in made:
            path = folder / f"{size}.csv"
            made[size] = path, bodies.write(path, size)
        return made[size]

    return of


@pytest.fixture(scope="module")
def rows() -> Iterator[Rows]:
    rows: Rows = {}
    yield rows
    columns = [name for name, size in SIZES.items() if FULL or size < GIB] + ["expiry", "refusal"]
    lines = ["| store | way | " + " | ".join(columns) + " |", "|---" * (len(columns) + 2) + "|"]
    for (store, way), cells in rows.items():
        lines.append(f"| {store} | {way} | " + " | ".join(cells.get(name, "") for name in columns) + " |")
    path = ROOT / "target/clouds/table.md"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(lines) + f"\n\nThe process that sent held at most {peak() >> 20} MiB.\n")


def peak() -> int:
    """The most memory that this process ever had."""
    status = Path("/proc/self/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0]) << 10


def big(name: str) -> Any:
    skipped = pytest.mark.skipif(not FULL, reason="sends gibibytes; set DROPOFF_FULL=1")
    return pytest.param(name, marks=[skipped, pytest.mark.timeout(1800)] if SIZES[name] == GIB else [])


@pytest.mark.parametrize("size", [big(name) for name in SIZES])
@pytest.mark.parametrize(("fixture", "way"), WAYS)
def test_stored_byte_for_byte(
    request: pytest.FixtureRequest, rows: Rows, source: Source, fixture: str, way: str, size: str
) -> None:
    store: Store = request.getfixturevalue(fixture)
    path, digest = source(SIZES[size])
    row = rows.setdefault((store.name, way), {})

    def verified_by(**options: Any) -> str | None:
        key = f"{way}-{SIZES[size]}.csv"
        ticket = store.ticket(way, key, SIZES[size])
        try:
            stored = store.send(way, store.client(way, **options), ticket, path)
            store.complete(way, ticket, stored)
            held = store.read(key)
            assert held is not None and bodies.sha256_of(held) == (SIZES[size], digest)
            assert stored.verified is (stored.verified_by is not None)
            return stored.verified_by
        except DropoffError as error:
            return f"`{error.kind}`"
        finally:
            store.remove(key)

    small, large, *insisted = WAYS[fixture, way]
    expected = large if SIZES[size] == GIB else EXCEPT.get((fixture, way, size), small)
    assert (found := verified_by()) == expected
    row[size] = found or "not verified"
    if SIZES[size] == GIB and found is None:
        assert [found := verified_by(integrity_check=True)] == insisted
        row[size] += f"; with `integrity_check` {found or 'neither'}"
    # Whatever the size, it is read and sent piece by piece.
    assert peak() < GIB // 2


@pytest.mark.parametrize(("fixture", "way"), WAYS)
def test_what_ran_out_is_not_sent(
    request: pytest.FixtureRequest, rows: Rows, source: Source, fixture: str, way: str
) -> None:
    store: Store = request.getfixturevalue(fixture)
    path, _ = source(1)
    key = f"{way}-expired.csv"
    ticket = store.ticket(way, key, 1)
    aged = ticket.aged()
    told = "not told"
    assert (aged == ticket) == ((fixture, way) in UNTOLD)
    if aged != ticket:
        with pytest.raises(DropoffError) as caught:
            store.send(way, store.client(way), aged, path)
        error = caught.value
        assert (error.kind, error.outcome, error.http_status) == ("expired", "not_completed", None)
        assert store.read(key) is None
        told = "seen before anything is sent"
    rows.setdefault((store.name, way), {})["expiry"] = told


@pytest.mark.parametrize(("fixture", "way"), WAYS)
def test_a_refusal_has_a_name(
    request: pytest.FixtureRequest, rows: Rows, source: Source, fixture: str, way: str
) -> None:
    store: Store = request.getfixturevalue(fixture)
    path, _ = source(8 * MIB + 1)
    key = f"{way}-refused.csv"
    forged = store.ticket(way, key, 8 * MIB + 1).forged()
    with pytest.raises(DropoffError) as caught:
        store.send(way, store.client(way), forged, path)
    error = caught.value
    assert (error.kind, error.outcome, error.side) == ("storage_refused", "not_completed", "storage")
    assert store.read(key) is None
    code = f" {error.service_code}" if error.service_code else ""
    rows.setdefault((store.name, way), {})["refusal"] = f"{error.http_status}{code}"
