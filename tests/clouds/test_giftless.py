"""What giftless, a real server of Git LFS, hands out, sent as it is; Azurite is asked what it has.

Its second transfer is an upload in parts that Azure knows as blocks, with the list of them to commit."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from azure.storage.blob import BlobClient, BlobServiceClient
from backends import Giftless
from dropoff import DropoffError, Storage
from servers import Azurite

PART = Giftless.part_size
TRANSFERS = ["basic", "multipart-basic"]


@pytest.fixture(scope="module")
def giftless(azurite: Azurite) -> Iterator[Giftless]:
    BlobServiceClient.from_connection_string(azurite.connection).create_container(Giftless.container)
    server = Giftless(azurite)
    yield server
    server.stop()


@pytest.fixture
def storage(azurite: Azurite, giftless: Giftless) -> Storage:
    return Storage(trusted_storage=[azurite.url, giftless.url], max_attempts=2, backoff_base=0.001)


def blob_of(azurite: Azurite, reply: Any) -> BlobClient:
    (entry,) = reply["objects"]
    service = BlobServiceClient.from_connection_string(azurite.connection)
    return service.get_blob_client(Giftless.container, f"team/reports/{entry['oid']}")


def verified(azurite: Azurite, giftless: Giftless) -> int:
    """How often `verify` was called, by giftless' own log."""
    return giftless.said().count('storage/verify HTTP/1.1" 200')


# An empty object is one of no blocks: a list of them, and no part.
@pytest.mark.parametrize("size", [0, 1, PART, PART + 1, 3 * PART - 1])
@pytest.mark.parametrize("transfer", TRANSFERS)
def test_an_object_is_stored_and_verified(
    azurite: Azurite, giftless: Giftless, storage: Storage, tmp_path: Path, transfer: str, size: int
) -> None:
    source = tmp_path / "rows.csv"
    # Both transfers share the container, and an object that is there is not asked for.
    source.write_bytes(data := os.urandom(size) if size else b"")
    reply = giftless.batch(transfer, data, **{"x-filename": "rows.csv"})
    blob = blob_of(azurite, reply)
    if size == 0 and blob.exists():
        blob.delete_blob()
        reply = giftless.batch(transfer, data, **{"x-filename": "rows.csv"})
    assert reply["transfer"] == transfer

    before = verified(azurite, giftless)
    stored = storage.send(reply, source, allow_authorization=True)
    assert blob.download_blob().readall() == data
    assert stored.bytes == size
    assert blob.get_blob_properties().content_settings.content_type == "text/csv"
    assert verified(azurite, giftless) == before + 1
    if transfer == "multipart-basic":
        assert [part.bytes for part in stored.parts] == [
            min(PART, size - start) for start in range(0, size, PART)
        ]
        committed, waiting = blob.get_block_list("all")
        assert [block.size for block in committed] == [part.bytes for part in stored.parts] and not waiting

    # And then it is there.
    again = giftless.batch(transfer, data)
    assert "actions" not in again["objects"][0]
    assert storage.send(again, source).attempts == 0


def test_parts_that_are_there_are_left_out(
    azurite: Azurite, giftless: Giftless, storage: Storage, tmp_path: Path
) -> None:
    source = tmp_path / "rows.csv"
    source.write_bytes(data := os.urandom(2 * PART + 5))
    reply = giftless.batch("multipart-basic", data)
    first = reply["objects"][0]["actions"]["parts"][0]
    # As if a call had been killed after its first part.
    Storage(trusted_storage=[azurite.url]).put_parts([first["href"]], data[:PART], part_size=PART)

    reply = giftless.batch("multipart-basic", data)
    assert [part["pos"] for part in reply["objects"][0]["actions"]["parts"]] == [PART, 2 * PART]
    stored = storage.send(reply, source, allow_authorization=True)
    assert blob_of(azurite, reply).download_blob().readall() == data
    assert stored.bytes == len(data) and [part.bytes for part in stored.parts] == [PART, 5]


@pytest.mark.parametrize("transfer", TRANSFERS)
def test_its_token_goes_to_itself_alone_and_if_allowed(
    azurite: Azurite, giftless: Giftless, storage: Storage, transfer: str
) -> None:
    data = os.urandom(PART + 1)
    reply = giftless.batch(transfer, data)
    assert "Authorization" in reply["objects"][0]["actions"]["verify"]["header"]
    with pytest.raises(DropoffError) as caught:
        storage.send(reply, data)
    assert caught.value.kind == "unsafe_target" and caught.value.outcome == "not_completed"
    assert not blob_of(azurite, reply).exists()


def test_another_file_is_refused_before_anything_is_sent(
    azurite: Azurite, giftless: Giftless, storage: Storage
) -> None:
    data = os.urandom(PART)
    reply = giftless.batch("basic", data)
    with pytest.raises(DropoffError) as caught:
        storage.send(reply, bytes(PART), allow_authorization=True)
    assert caught.value.outcome == "not_completed" and caught.value.details[0]["field"] == "/objects/0/oid"
    assert not blob_of(azurite, reply).exists()


def test_a_part_that_is_refused_takes_all_back(
    azurite: Azurite, giftless: Giftless, storage: Storage
) -> None:
    data = os.urandom(2 * PART)
    reply = giftless.batch("multipart-basic", data)
    part = reply["objects"][0]["actions"]["parts"][1]
    part["href"] = part["href"].replace("sig=", "sig=A")
    with pytest.raises(DropoffError) as caught:
        storage.send(reply, data, allow_authorization=True)
    assert (caught.value.kind, caught.value.outcome) == ("storage_refused", "not_completed")
    assert not blob_of(azurite, reply).exists()
