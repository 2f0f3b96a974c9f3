"""Sessions of gcp-storage-emulator, begun by Google's own library; what is stored is read back with it.

The emulator says that it has a byte (`Range: bytes=0-0`) when it has nothing."""

from __future__ import annotations

import os

import pytest
from dropoff import Storage, StorageRefusedError
from google.auth.credentials import AnonymousCredentials
from google.cloud.storage import Blob, Client
from servers import GoogleEmulator

MIB = 1 << 20


@pytest.fixture
def blob(emulator: GoogleEmulator, request: pytest.FixtureRequest) -> Blob:
    client = Client(
        project="reports", credentials=AnonymousCredentials(), client_options={"api_endpoint": emulator.url}
    )
    return client.bucket("reports").blob(request.node.name)


@pytest.mark.parametrize("size", [1, 256 * 1024, 256 * 1024 + 1, 8 * MIB - 1, 8 * MIB, 8 * MIB + 1])
def test_a_session_is_stored_byte_for_byte(emulator: GoogleEmulator, blob: Blob, size: int) -> None:
    data = os.urandom(size)
    url = blob.create_resumable_upload_session(size=size, content_type="text/csv")
    stored = Storage(trusted_storage=[emulator.url], backoff_base=0.001).put(url, data)
    assert blob.download_as_bytes() == data
    assert stored.bytes == size


def test_a_session_that_is_none(emulator: GoogleEmulator, blob: Blob) -> None:
    url = blob.create_resumable_upload_session(size=10)
    gone = url.split("upload_id=")[0] + "upload_id=00000000-0000-0000-0000-000000000000"
    with pytest.raises(StorageRefusedError):
        Storage(trusted_storage=[emulator.url], backoff_base=0.001).put(gone, b"0123456789")
