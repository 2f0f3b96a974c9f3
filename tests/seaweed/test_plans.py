"""Plans whose requests boto3 signed, over SeaweedFS: what is stored, and what is left behind."""

import hashlib

import pytest
from dropoff import DropoffError, Storage

MIB = 1024 * 1024
PART = 5 * MIB


@pytest.fixture(scope="module")
def s3(weed):
    return weed.client()


@pytest.fixture
def storage(weed):
    return Storage(trusted_storage=[weed.url], max_attempts=2, backoff_base=0.01)


def noise(size):
    return hashlib.shake_128(b"plans").digest(size)


def begun(s3, weed, key, count):
    """An upload in parts, and a plan that says everything about it."""
    target = {"Bucket": weed.bucket, "Key": key}
    upload = target | {"UploadId": s3.create_multipart_upload(**target)["UploadId"]}
    sign = s3.generate_presigned_url
    return upload, {
        "version": 1,
        "parts": [sign("upload_part", Params=upload | {"PartNumber": n + 1}) for n in range(count)],
        "part_size": PART,
        "commit": sign("complete_multipart_upload", Params=upload),
        "abort": sign("abort_multipart_upload", Params=upload),
        "expires_in": 3600,
    }


def open_uploads(s3, weed):
    return [upload["UploadId"] for upload in s3.list_multipart_uploads(Bucket=weed.bucket).get("Uploads", [])]


@pytest.mark.parametrize("size", [0, 1, PART - 1, PART, PART + 1, 3 * PART + 7])
def test_parts_are_put_together_by_presigned_urls(s3, weed, storage, size):
    key, data = f"plans/{size}", noise(size)
    _, plan = begun(s3, weed, key, max(1, -(-size // PART)))
    stored = storage.send(plan, data)
    assert weed.read(key) == data
    assert stored.bytes == size and stored.verified is True and len(stored.parts) == len(plan["parts"])
    assert stored.etag == s3.head_object(Bucket=weed.bucket, Key=key)["ETag"].strip('"')


def test_a_part_that_is_refused_leaves_nothing(s3, weed, storage):
    upload, plan = begun(s3, weed, "plans/refused", 2)
    plan["parts"][1] = plan["parts"][1].replace("X-Amz-Signature=", "X-Amz-Signature=0")
    with pytest.raises(DropoffError) as caught:
        storage.send(plan, noise(PART + 1))
    error = caught.value
    assert (error.kind, error.outcome, error.cleanup) == ("storage_refused", "not_completed", "done")
    assert upload["UploadId"] not in open_uploads(s3, weed)


def test_a_commit_that_is_refused_says_where(s3, weed, storage):
    _, plan = begun(s3, weed, "plans/uncommitted", 1)
    plan["commit"] = plan["commit"].replace("X-Amz-Signature=", "X-Amz-Signature=0")
    with pytest.raises(DropoffError) as caught:
        storage.send(plan, b"x")
    assert caught.value.details[0]["field"] == "/commit" and caught.value.cleanup == "done"


def test_boto3s_own_results_are_plans(s3, weed, storage):
    target = {"Bucket": weed.bucket, "Key": "plans/put"}
    assert storage.send(s3.generate_presigned_url("put_object", Params=target), b"put").verified is True
    assert weed.read("plans/put") == b"put"
    form = s3.generate_presigned_post(weed.bucket, "plans/form")
    storage.send(form | {"method": "POST", "expires": 60}, b"form")
    assert weed.read("plans/form") == b"form"
