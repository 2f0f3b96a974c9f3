"""What Uppy's Companion hands out for SeaweedFS, sent as it is; SeaweedFS is asked what it has."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Any

import pytest
from backends import Companion
from dropoff import DropoffError, Storage
from weed import Weed

MIB = 1 << 20
PART = 5 * MIB


def noise(size: int) -> bytes:
    return hashlib.shake_128(b"companion").digest(size)


@pytest.fixture(scope="module")
def companion(weed: Weed) -> Iterator[Companion]:
    server = Companion(weed)
    yield server
    server.stop()


@pytest.fixture
def storage(weed: Weed, companion: Companion) -> Storage:
    return Storage(trusted_storage=[weed.url, companion.url], max_attempts=2, backoff_base=0.001)


@pytest.fixture(scope="module")
def s3(weed: Weed) -> Any:
    return weed.client()


@pytest.mark.parametrize("size", [0, 1, 8 * MIB - 1, 8 * MIB, 8 * MIB + 1])
def test_its_form_takes_a_file(
    weed: Weed, companion: Companion, storage: Storage, s3: Any, size: int
) -> None:
    document, data = companion.params("größe 1+2.csv", "text/csv"), noise(size)
    assert document["method"] == "POST" and document["expires"] > 0
    stored = storage.send(document, data)
    key = document["fields"]["key"]
    assert weed.read(key) == data
    assert (stored.bytes, stored.attempts, stored.reply.status) == (size, 1, 201)
    assert stored.etag == hashlib.md5(data).hexdigest()
    assert s3.head_object(Bucket=weed.bucket, Key=key)["ContentType"] == "text/csv"


class Upload:
    """One of several parts, begun by Companion: it names the parts' URLs, and there is no document of all."""

    def __init__(self, companion: Companion, count: int) -> None:
        begun = {"filename": "large.bin", "type": "text/csv", "metadata": {}}
        answer = companion.ask("POST", "/s3/multipart", begun)
        self._companion, self.key, self.id = companion, answer["key"], answer["uploadId"]
        numbers = ",".join(str(number) for number in range(1, count + 1))
        signed = companion.ask("GET", self.path("/batch", partNumbers=numbers))["presignedUrls"]
        self.plan = {
            "parts": [signed[str(number)] for number in range(1, count + 1)],
            "part_size": PART,
            # Companion's own endpoint, which takes the upload back at S3.
            "abort": companion.url + self.path(),
        }

    def path(self, end: str = "", **query: str) -> str:
        words = {"key": self.key} | query
        told = "&".join(f"{name}={value}" for name, value in words.items())
        return f"/s3/multipart/{self.id}{end}?{told}"

    def complete(self, stored: Any) -> Any:
        parts = [{"PartNumber": part.part_number, "ETag": f'"{part.etag}"'} for part in stored.parts]
        return self._companion.ask("POST", self.path("/complete"), {"parts": parts})


def open_uploads(s3: Any, weed: Weed) -> list[str]:
    return [upload["UploadId"] for upload in s3.list_multipart_uploads(Bucket=weed.bucket).get("Uploads", [])]


@pytest.mark.parametrize("size", [1, PART, PART + 1, 3 * PART - 1])
def test_its_parts_take_a_file(weed: Weed, companion: Companion, storage: Storage, size: int) -> None:
    data, upload = noise(size), Upload(companion, -(-size // PART))
    stored = storage.send(upload.plan, data)
    assert weed.read(upload.key) is None, "only Companion completes it"
    assert [part.bytes for part in stored.parts] == [min(PART, size - at) for at in range(0, size, PART)]
    assert stored.verified is True
    assert upload.complete(stored)["key"] == upload.key
    assert weed.read(upload.key) == data


def test_a_part_that_is_refused_is_taken_back_by_companion(
    weed: Weed, companion: Companion, storage: Storage, s3: Any
) -> None:
    upload = Upload(companion, 2)
    assert upload.id in open_uploads(s3, weed)
    upload.plan["parts"][1] = upload.plan["parts"][1].replace("X-Amz-Signature=", "X-Amz-Signature=0")
    with pytest.raises(DropoffError) as caught:
        storage.send(upload.plan, noise(PART + 1))
    error = caught.value
    assert (error.kind, error.service_code) == ("storage_refused", "SignatureDoesNotMatch")
    assert (error.outcome, error.cleanup) == ("not_completed", "done")
    assert upload.id not in open_uploads(s3, weed)


def test_a_form_of_another_is_refused(weed: Weed, companion: Companion, storage: Storage) -> None:
    document = companion.params("rows.csv", "text/csv")
    document["fields"]["X-Amz-Signature"] = "0" * 64
    with pytest.raises(DropoffError) as caught:
        storage.send(document, b"a,b\n")
    assert (caught.value.kind, caught.value.service_code) == ("storage_refused", "SignatureDoesNotMatch")
    assert weed.read(document["fields"]["key"]) is None


def test_a_document_that_ran_out_is_not_sent(weed: Weed, companion: Companion, storage: Storage) -> None:
    document = companion.params("rows.csv", "text/csv") | {"expires": 0}
    with weed.frozen(), pytest.raises(DropoffError) as caught:
        storage.send(document, b"a,b\n")
    assert (caught.value.kind, caught.value.http_status) == ("expired", None)


def test_the_checksum_of_an_empty_body_is_refused_by_name(weed: Weed, storage: Storage) -> None:
    """What Companion signs into the URL of each part where nobody tells its SDK otherwise."""
    companion = Companion(weed, AWS_REQUEST_CHECKSUM_CALCULATION="WHEN_SUPPORTED")
    try:
        plan = Upload(companion, 1).plan
        client = Storage(trusted_storage=[weed.url, companion.url])
        with pytest.raises(DropoffError) as caught:
            client.send(plan, b"a,b\n")
    finally:
        companion.stop()
    assert "x-amz-checksum-crc32" in plan["parts"][0]
    assert "WHEN_REQUIRED" in str(caught.value) and caught.value.outcome == "not_completed"
