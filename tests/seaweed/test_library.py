"""The library against real storage: what it reports is compared with what SeaweedFS gives back."""

import datetime
import hashlib
import io
import time
import zipfile

import pytest
import s3
from dropoff import AgentDrop, DropoffError, Encryption, File, HCompany, KeyPair, Storage, open_sealed
from plain import initiated, presigned

BROWSER = {"browser_name": "chromium", "browser_version": "131"}
MIB = 1024 * 1024
# As long as a storage may take that a busy machine keeps waiting.
PATIENT = {"response_timeout": 60, "stall_timeout": 60, "max_attempts": 1}


def noise(size):
    """Bytes that differ everywhere, so that none may be lost, repeated or moved."""
    return hashlib.shake_128(b"dropoff").digest(size)


def archive(files):
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as packed:
        for name, content in files.items():
            packed.writestr(name, content)
    return data.getvalue()


@pytest.fixture
def hcompany(sandbox, weed):
    return HCompany(sandbox.h_api_key, base_url=sandbox.api_url, trusted_storage=[weed.url], **PATIENT)


@pytest.fixture
def agentdrop(sandbox, weed):
    return AgentDrop(
        sandbox.agentdrop_api_key, base_url=sandbox.api_url, trusted_storage=[weed.url], **PATIENT
    )


@pytest.fixture
def storage(weed):
    return Storage(trusted_storage=[weed.url], **PATIENT)


def assert_registered(sandbox, weed, profile, stored):
    """The profile is proved, and says what SeaweedFS holds."""
    assert profile.verified is True
    assert profile.checksum == hashlib.sha256(stored).hexdigest()
    assert profile.file_size_bytes == len(stored)
    assert [entry["id"] for entry in sandbox.profiles()] == [profile.id]


def only_object(sandbox, weed):
    (entry,) = sandbox.objects()
    return weed.read(entry["key"])


def test_a_folder_becomes_a_profile(sandbox, weed, hcompany, tmp_path):
    files = {
        "Local State": b"{}",
        "Default/Preferences": b'{"profile": {}}',
        "Default/Cookies": noise(3 * MIB),
        "Default/Local Storage/leveldb/000003.log": noise(1000),
        "Default/empty": b"",
    }
    for name, content in files.items():
        path = tmp_path / "profile" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    (tmp_path / "profile/Default/Cache").mkdir()
    (tmp_path / "profile/Default/Cache/data_0").write_bytes(noise(MIB))

    profile = hcompany.upload_profile(
        tmp_path / "profile", name="folder", description="packed", labels={"team": "qa"}, **BROWSER
    )

    stored = only_object(sandbox, weed)
    assert_registered(sandbox, weed, profile, stored)
    assert (profile.packed.files, profile.packed.left_out) == (len(files), 1)
    assert (profile.name, profile.description, profile.labels) == ("folder", "packed", {"team": "qa"})
    with zipfile.ZipFile(io.BytesIO(stored)) as packed:
        assert packed.testzip() is None
        entries = {entry.filename: packed.read(entry) for entry in packed.infolist() if not entry.is_dir()}
    assert entries == files


def test_a_zip_becomes_a_profile_as_it_is(sandbox, weed, hcompany, tmp_path):
    data = archive({"Default/Cookies": noise(5 * MIB)})
    (tmp_path / "profile.zip").write_bytes(data)

    profile = hcompany.upload_profile(tmp_path / "profile.zip", name="zip", **BROWSER)

    assert_registered(sandbox, weed, profile, data)
    assert only_object(sandbox, weed) == data


def test_three_files(sandbox, weed, agentdrop, tmp_path):
    contents = {"empty.bin": b"", "rows 1+2 ü.csv": noise(1024), "large.bin": noise(20 * MIB)}
    (tmp_path / "empty.bin").touch()
    (tmp_path / "large.bin").write_bytes(contents["large.bin"])
    sources = [
        tmp_path / "empty.bin",
        File(contents["rows 1+2 ü.csv"], name="rows 1+2 ü.csv"),
        tmp_path / "large.bin",
    ]

    transfer = agentdrop.send(sources, sender="a", recipient="b")

    assert (transfer.status, transfer.encrypted) == ("active", False)
    assert [(file.name, file.bytes) for file in transfer.files] == [
        (name, len(content)) for name, content in contents.items()
    ]
    for file, content in zip(transfer.files, contents.values(), strict=True):
        assert file.etag == hashlib.md5(content).hexdigest(), file.name
        assert file.verified is True, file.name
        assert file.attempts == 1, file.name
    (known,) = sandbox.transfers()
    assert (known["id"], known["status"]) == (transfer.id, "active")
    assert [file["file_id"] for file in known["files"]] == [file.file_id for file in transfer.files]
    for file, content in zip(known["files"], contents.values(), strict=True):
        assert weed.read(file["key"]) == content, file["name"]


def test_a_tampered_url_is_refused_in_storages_own_words(sandbox, weed, storage):
    (slot,) = presigned(sandbox, "rows.csv", 1024)["upload_urls"]
    url, signature = slot["upload_url"].rsplit("=", 1)
    wrong = ("1" if signature[0] == "0" else "0") + signature[1:]

    with pytest.raises(DropoffError) as refused:
        storage.put(f"{url}={wrong}", noise(1024), headers=slot["headers"])
    assert_storage_refused(refused.value, "SignatureDoesNotMatch", wrong)
    (file,) = sandbox.transfers()[0]["files"]
    assert weed.read(file["key"]) is None

    stored = storage.put(slot["upload_url"], noise(1024), headers=slot["headers"])
    assert (stored.bytes, stored.verified) == (1024, True)
    assert weed.read(file["key"]) == noise(1024)


def test_a_tampered_form_is_refused_in_storages_own_words(sandbox, weed, storage):
    ticket = initiated(sandbox)
    fields, data = ticket["upload_fields"], archive({"Default/Cookies": noise(1024)})
    wrong = "0" * 64

    with pytest.raises(DropoffError) as refused:
        storage.post_form(ticket["upload_url"], {**fields, "x-amz-signature": wrong}, data)
    assert_storage_refused(refused.value, "SignatureDoesNotMatch", wrong)
    assert weed.read(fields["key"]) is None

    stored = storage.post_form(ticket["upload_url"], fields, data)
    assert stored.bytes == len(data)
    assert weed.read(fields["key"]) == data


def assert_storage_refused(error, code, secret):
    assert error.kind == "storage_refused"
    assert (error.http_status, error.service_code) == (403, code)
    assert (error.side, error.outcome, error.retryable) == ("storage", "not_completed", False)
    assert error.request_id
    assert code in str(error)
    for text in (str(error), repr(error)):
        assert secret not in text
        assert "X-Amz-" not in text
        assert "\n" not in text


def sandbox_storage(slot):
    scheme, _, host, _ = slot["upload_url"].split("/", 3)
    return f"{scheme}//{host}"


def test_an_expired_ticket_is_expired_whoever_says_so(sandbox, weed, storage, agentdrop):
    sandbox.change(upload_expires_in=1)
    form = initiated(sandbox)
    (slot,) = presigned(sandbox, "rows.csv", 4)["upload_urls"]
    file = File(b"a,b\n", name="rows.csv")
    ticket = agentdrop.presign([file], sender="a", recipient="b")
    time.sleep(2.1)

    # Our own ticket: its age is known to the millisecond, so nothing is sent.
    with weed.frozen(), pytest.raises(DropoffError) as refused:
        agentdrop.upload(ticket, [file])
    assert (refused.value.kind, refused.value.http_status) == ("expired", None)
    assert refused.value.outcome == "not_completed"

    # Somebody else's, over by a second: clocks may differ by more, so storage has the last word.
    for call in (
        lambda: storage.put(slot["upload_url"], b"a,b\n", headers=slot["headers"]),
        lambda: storage.post_form(form["upload_url"], form["upload_fields"], b"PK"),
    ):
        with pytest.raises(DropoffError) as refused:
            call()
        assert (refused.value.kind, refused.value.http_status) == ("expired", 403)
        assert (refused.value.outcome, refused.value.retryable) == ("not_completed", False)

    # Over by days: no clock is that wrong.
    old = datetime.datetime.now(datetime.UTC) - datetime.timedelta(days=2)
    signed = {"access_key": "a", "secret_key": "s", "region": "us-east-1", "now": old}
    with weed.frozen(), pytest.raises(DropoffError) as refused:
        storage.put(s3.presign("PUT", sandbox_storage(slot), "/lab/k", **signed), b"x")
    assert (refused.value.kind, refused.value.http_status) == ("expired", None)
    assert weed.read(form["upload_fields"]["key"]) is None


def test_a_profile_above_the_range_is_not_sent(sandbox, weed, hcompany, tmp_path):
    data = archive({"Default/Cookies": noise(MIB)})
    path = tmp_path / "profile.zip"
    path.write_bytes(data)

    sandbox.change(max_profile_bytes=len(data) - 1)
    with weed.frozen(), pytest.raises(DropoffError) as refused:
        hcompany.upload_profile(path, name="over", **BROWSER)
    error = refused.value
    assert (error.kind, error.http_status, error.outcome) == ("too_large", None, "not_completed")
    assert str(len(data)) in str(error) and str(len(data) - 1) in str(error)
    assert [entry["op"] for entry in sandbox.requests()] == ["initiate_upload"]

    # The last byte that fits, by storage's own count.
    sandbox.change(max_profile_bytes=len(data))
    profile = hcompany.upload_profile(path, name="fits", **BROWSER)
    assert_registered(sandbox, weed, profile, data)


def test_a_stopped_storage_is_a_timeout_and_then_works(sandbox, weed, agentdrop):
    """A server that accepts and never answers, which only a real one can be made to be."""
    impatient = AgentDrop(
        sandbox.agentdrop_api_key,
        base_url=sandbox.api_url,
        trusted_storage=[weed.url],
        **PATIENT | {"response_timeout": 2, "stall_timeout": 2},
    )
    with weed.frozen(), pytest.raises(DropoffError) as refused:
        impatient.send([File(noise(1024), name="a.bin")], sender="a", recipient="b")
    error = refused.value
    assert error.kind == "timeout" and isinstance(error, TimeoutError)
    assert (error.side, error.outcome, error.retryable) == ("network", "not_completed", True)
    assert error.transfer_id == sandbox.transfers()[0]["id"]

    transfer = agentdrop.send([File(noise(1024), name="a.bin")], sender="a", recipient="b")
    assert transfer.files[0].verified is True


def test_storage_killed_under_an_upload(sandbox, weed, storage):
    """Nothing half is left, and the same ticket works once storage is back."""
    data = noise(32 * MIB)
    (slot,) = presigned(sandbox, "rows.csv", len(data))["upload_urls"]
    (file,) = sandbox.transfers()[0]["files"]
    try:
        with weed.frozen():
            job = storage.start_put(slot["upload_url"], data, headers=slot["headers"])
            deadline = time.monotonic() + 60
            while job.progress().bytes_done == 0 and time.monotonic() < deadline:
                time.sleep(0.01)
            assert 0 < job.progress().bytes_done < len(data)
            weed.kill()
        with pytest.raises(DropoffError) as refused:
            job.wait(60)
    finally:
        weed.start_again()
    error = refused.value
    assert error.kind == "network" and isinstance(error, ConnectionError)
    assert (error.outcome, error.retryable) == ("not_completed", True)
    assert weed.read(file["key"]) is None

    stored = storage.put(slot["upload_url"], data, headers=slot["headers"])
    assert (stored.bytes, stored.verified, stored.attempts) == (len(data), True, 1)
    assert weed.read(file["key"]) == data


# SeaweedFS puts parts together itself, so what it gives back is what they became.


@pytest.fixture
def in_parts(sandbox, weed):
    return AgentDrop(
        sandbox.agentdrop_api_key,
        base_url=sandbox.api_url,
        trusted_storage=[weed.url],
        part_size=5 * MIB,
        **PATIENT,
    )


PARTIES = {"sender": "a", "recipient": "b"}


def test_a_transfer_in_parts(sandbox, weed, in_parts, tmp_path):
    large = noise(12 * MIB + 5)
    (tmp_path / "large.bin").write_bytes(large)
    sent = in_parts.send([tmp_path / "large.bin", File(b"small", name="s")], multipart=True, **PARTIES)
    assert sent.status == "active"
    assert [(f.bytes, f.parts, f.verified) for f in sent.files] == [(len(large), 3, True), (5, 1, True)]
    held = {entry["key"].rpartition("/")[2]: entry for entry in sandbox.objects()}
    assert weed.read(held["large.bin"]["key"]) == large and weed.read(held["s"]["key"]) == b"small"
    # The ETag that we make of the parts' is the one that storage gives.
    assert sent.files[0].etag == held["large.bin"]["etag"]


def test_a_sealed_transfer_in_parts_that_was_interrupted(sandbox, weed, in_parts, tmp_path):
    large = noise(12 * MIB)
    (tmp_path / "large.bin").write_bytes(large)
    sender, recipient = KeyPair.generate(), KeyPair.generate()
    call = {
        "encrypt": Encryption(sender, recipient.public_key),
        "multipart": True,
        "journal": tmp_path / "journal",
        **PARTIES,
    }
    # Every byte is there and nothing is confirmed: storage's own state is all there is to go on from.
    sandbox.order("complete_multipart", {"reply": {"status": 429}}, times=-1)
    with pytest.raises(DropoffError) as caught:
        in_parts.send([tmp_path / "large.bin"], **call)
    assert caught.value.journal == str(tmp_path / "journal")
    sandbox.control("DELETE", "/faults")
    sent = in_parts.send([tmp_path / "large.bin"], **call)
    assert sent.files[0].parts == 3 and not (tmp_path / "journal").exists()
    (tmp_path / "sealed").write_bytes(only_object(sandbox, weed))
    (transfer,) = sandbox.transfers()
    opened = open_sealed(
        tmp_path / "sealed",
        to=tmp_path / "opened",
        key_pair=recipient,
        sender_public_key=sender.public_key,
        encrypted_key=transfer["encrypted_key"],
        encryption_iv=transfer["files"][0]["encryption_iv"],
    )
    assert opened.bytes == len(large) and (tmp_path / "opened").read_bytes() == large
