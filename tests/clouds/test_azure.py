"""Uploads to Azurite with SAS URLs that Azure's own library signs; what is stored is read back with it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from azure.storage.blob import BlobClient, BlobSasPermissions, BlobServiceClient, generate_blob_sas
from dropoff import DropoffError, ExpiredError, Storage, StorageRefusedError
from servers import Azurite, Gateway

MIB = 1 << 20
PART = 5 * MIB
Signed = tuple[str, BlobClient]
Sign = Callable[..., Signed]


@pytest.fixture
def sign(azurite: Azurite, request: pytest.FixtureRequest) -> Sign:
    service = BlobServiceClient.from_connection_string(azurite.connection)
    container = service.get_container_client("uploads")
    if not container.exists():
        container.create_container()

    def signed(name: str = "", permission: str = "cw", hours: float = 1) -> Signed:
        blob = container.get_blob_client(name or request.node.name)
        signature = generate_blob_sas(
            blob.account_name,
            blob.container_name,
            blob.blob_name,
            account_key=azurite.key,
            permission=BlobSasPermissions.from_string(permission),
            start=datetime.now(UTC) - timedelta(days=1),
            expiry=datetime.now(UTC) + timedelta(hours=hours),
        )
        return f"{blob.url}?{signature}", blob

    return signed


def storage(azurite: Azurite, **options: Any) -> Storage:
    return Storage(trusted_storage=[azurite.url], backoff_base=0.001, **options)


@pytest.mark.parametrize("size", [0, 1, 8 * MIB - 1, 8 * MIB, 8 * MIB + 1])
def test_a_blob_is_stored_byte_for_byte(azurite: Azurite, sign: Sign, size: int) -> None:
    url, blob = sign()
    data = os.urandom(size)
    stored = storage(azurite).put(url, data, headers={"Content-Type": "text/csv"})
    assert blob.download_blob().readall() == data
    # The MD5 of nothing may be that of the answer, which has none either.
    assert stored.verified_by == ("md5" if size else None)
    assert blob.get_blob_properties().content_settings.content_type == "text/csv"


@pytest.mark.parametrize("size", [2 * PART, 2 * PART + 1, 3 * PART - 1])
def test_a_blob_goes_in_blocks(azurite: Azurite, sign: Sign, size: int) -> None:
    url, blob = sign()
    data = os.urandom(size)
    headers = {"Content-Type": "text/csv", "x-ms-meta-kind": "report"}
    stored = storage(azurite, part_size=PART, multipart_threshold=PART).put(url, data, headers=headers)
    assert blob.download_blob().readall() == data
    assert stored.bytes == size and stored.attempts == -(-size // PART) + 1
    properties = blob.get_blob_properties()
    assert properties.content_settings.content_type == "text/csv" and properties.metadata == {
        "kind": "report"
    }
    committed, waiting = blob.get_block_list("all")
    assert [block.size for block in committed][:-1] == [PART] * (len(committed) - 1) and not waiting


@pytest.fixture
def gateway(azurite: Azurite) -> Iterator[Gateway]:
    gateway = Gateway(azurite.url)
    yield gateway
    gateway.stop()


def test_blocks_go_on_from_a_journal(azurite: Azurite, gateway: Gateway, sign: Sign, tmp_path: Path) -> None:
    source, journal = tmp_path / "source.bin", tmp_path / "journal"
    source.write_bytes(data := os.urandom(6 * PART))
    client = Storage(
        trusted_storage=[gateway.url],
        backoff_base=0.001,
        part_size=PART,
        multipart_threshold=PART,
        concurrency=1,
    )

    url, blob = sign()
    gateway.blocks_left = 2
    with pytest.raises(StorageRefusedError) as caught:
        client.put(url.replace(azurite.url, gateway.url), source, journal=journal)
    assert caught.value.outcome == "not_completed" and journal.exists()
    assert not blob.exists(), "nothing is committed"
    _, waiting = blob.get_block_list("uncommitted")
    assert len(waiting) == 2

    # Another signature of the same place. Two blocks are there, and no more than the others are sent.
    again, _ = sign(hours=2)
    gateway.blocks_left = 4
    stored = client.put(again.replace(azurite.url, gateway.url), source, journal=journal)
    assert blob.download_blob().readall() == data
    assert stored.bytes == len(data) and not journal.exists()
    committed, _ = blob.get_block_list("all")
    assert [block.id for block in committed][:2] == [block.id for block in waiting]


def test_a_url_that_ran_out(azurite: Azurite, sign: Sign) -> None:
    url, blob = sign(hours=-2)
    with pytest.raises(ExpiredError):
        storage(azurite).put(url, b"x")
    assert not blob.exists()


def test_a_signature_of_another(azurite: Azurite, sign: Sign) -> None:
    url, _ = sign()
    _, other = sign(name="other")
    with pytest.raises(StorageRefusedError):
        storage(azurite).put(f"{other.url}?{url.split('?')[1]}", b"x")
    assert not other.exists()


def test_an_md5_that_is_not_the_body_s(azurite: Azurite, sign: Sign) -> None:
    url, blob = sign()
    with pytest.raises(DropoffError) as caught:
        storage(azurite).put(url, b"x" * (2 * MIB), headers={"Content-MD5": "5yK7sMMYXQjxoxVn5mqCWw=="})
    assert caught.value.outcome == "not_completed", caught.value
    assert not blob.exists()


def test_nothing_is_replaced_where_the_condition_says_so(azurite: Azurite, sign: Sign) -> None:
    url, blob = sign()
    blob.upload_blob(b"first")
    for threshold in (PART, 100 * MIB):
        client = storage(azurite, part_size=PART, multipart_threshold=threshold)
        with pytest.raises(StorageRefusedError):
            client.put(url, os.urandom(PART + 1), headers={"If-None-Match": "*"})
        assert blob.download_blob().readall() == b"first"
