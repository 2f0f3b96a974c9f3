"""What our package seals and sends, in each language, opened by the official SDK as its recipient.

The recipient registers itself with the SDK, which makes its keys and alone has the private one.
"""

import base64
import hashlib
import os

import agentdrop.client
import pytest
from agentdrop.crypto import ALGORITHM, KeyPair
from ours import Refused

PART = 5 * 1024 * 1024
TAG = 16
IN_PARTS = {"in_parts": True, "part_size": PART}


def digests(contents):
    """Shown instead of megabytes when a test fails."""
    return [hashlib.sha256(content).hexdigest() for content in contents]


@pytest.fixture
def file(tmp_path):
    """Makes a file to send, of random bytes; its folders keep files of one name apart."""

    def make(path, size):
        place = tmp_path / "files" / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(os.urandom(size))
        return place

    return make


@pytest.fixture
def taken(monkeypatch):
    """What the SDK opened, in order. It writes files of one name over each other; these are all of them."""
    taken = []
    decrypt_file = agentdrop.client.decrypt_file

    def decrypt(*args):
        taken.append(decrypt_file(*args))
        return taken[-1]

    monkeypatch.setattr(agentdrop.client, "decrypt_file", decrypt)
    return taken


@pytest.fixture
def arrive(sandbox, recipient, taken, tmp_path):
    """Whether the recipient's SDK opens these very files of a transfer, and storage has none in plain."""

    def check(sent, files):
        (known,) = sandbox.transfers()
        assert (known["id"], known["status"], known["is_encrypted"]) == (sent.id, "active", True)
        assert known["encryption_algorithm"] == ALGORITHM
        assert [file["size"] for file in known["files"]] == [file.stat().st_size + TAG for file in files]
        assert len({file["encryption_iv"] for file in known["files"]}) == len(files)
        contents = [file.read_bytes() for file in files]
        for file, content in zip(known["files"], contents, strict=True):
            stored = sandbox.content(file["key"])
            assert len(stored) == len(content) + TAG
            assert len(content) < 64 or content[:64] not in stored

        # A client of its own, so that the keys are those it saved.
        client = agentdrop.client.AgentDrop(
            sandbox.agentdrop_api_key,
            api_base=sandbox.api_url,
            config_dir=recipient.config_dir,
            shield=False,
        )
        (transfer,) = client.inbox()
        assert transfer.id == sent.id
        saved = client.download(transfer, output_dir=tmp_path / "opened")
        assert [one["name"] for one in saved] == [file.name for file in files]
        assert digests(taken) == digests(contents)
        last = {file.name: content for file, content in zip(files, contents, strict=True)}
        assert digests((tmp_path / "opened" / name).read_bytes() for name in last) == digests(last.values())

    return check


def fingerprint(public_key):
    return hashlib.sha256(base64.b64decode(public_key)).hexdigest()


def parts_of(sandbox):
    (known,) = sandbox.transfers()
    return [file["upload"] and file["upload"]["parts"] for file in known["files"]]


def test_one_file(ours, sandbox, sender, recipient, file, arrive):
    files = [file("report.pdf", 100_000)]
    sent = ours.send(files, sender, recipient)
    operations = [entry["op"] for entry in sandbox.requests() if entry["op"] != "register_agent"]
    assert operations == ["resolve", "presign", "put", "confirm"]
    assert sent.recipient_key_source == "service"
    assert sent.recipient_key_fingerprint == fingerprint(recipient._keys.public_key_b64)
    arrive(sent, files)


def test_several_files(ours, sender, recipient, file, arrive):
    files = [
        file("monday/rows.csv", 11),
        file("tuesday/rows.csv", 70_000),
        file("empty.txt", 0),
        file("Zoë – 概要.txt", 300),
        file("large.bin", 1024 * 1024 + 17),
    ]
    arrive(ours.send(files, sender, recipient), files)


def test_in_parts(ours, sandbox, sender, recipient, file, arrive):
    files = [file("large.bin", 12 * 1024 * 1024), file("empty.txt", 0)]
    sent = ours.send(files, sender, recipient, **IN_PARTS)
    assert parts_of(sandbox) == [3, 1]
    assert sandbox.requests("put") == []
    arrive(sent, files)


def test_the_tag_at_the_end_of_a_part(ours, sandbox, sender, recipient, file, arrive):
    """Whole in the part before, cut in two, and in a part of its own."""
    files = [file("fits.bin", PART - TAG), file("cut.bin", PART - 8), file("alone.bin", PART)]
    sent = ours.send(files, sender, recipient, **IN_PARTS)
    assert parts_of(sandbox) == [1, 2, 2]
    assert sorted(put["body_bytes"] for put in sandbox.requests("put_part")) == [8, TAG, PART, PART, PART]
    arrive(sent, files)


@pytest.mark.parametrize("more", [{}, IN_PARTS], ids=["whole", "in parts"])
def test_the_callers_key_is_the_one(ours, sandbox, sender, recipient, file, arrive, more):
    """A service that would name another key for the recipient, its own say, is not asked."""
    key = recipient._keys.public_key_b64
    sandbox.order("resolve", {"patch": {"public_key": KeyPair.generate().public_key_b64}}, times=-1)
    files = [file("report.pdf", 1000), file("empty.txt", 0)]
    sent = ours.send(files, sender, recipient, recipient_key=key, **more)
    assert sandbox.requests("resolve") == []
    assert sent.recipient_key_source == "caller"
    assert sent.recipient_key_fingerprint == fingerprint(key)
    arrive(sent, files)


@pytest.mark.parametrize("whose", ["recipient", "sender"])
def test_with_a_wrong_key_nothing_opens(ours, sender, recipient, register, file, tmp_path, whose):
    """Sealed for somebody else, or by somebody else than it says: so what opens above, opens for its keys."""
    other = register("other-agent")
    wrong = {"recipient_key": other._keys.public_key_b64} if whose == "recipient" else {}
    config = other.config_dir if whose == "sender" else None
    ours.send([file("report.pdf", 1000)], sender, recipient, config=config, **wrong)
    (transfer,) = recipient.inbox()
    with pytest.raises(Exception) as failed:
        recipient.download(transfer, output_dir=tmp_path / "opened")
    assert type(failed.value).__name__ == "InvalidTag"
    assert list((tmp_path / "opened").iterdir()) == []


def test_interrupted_and_resumed(ours, sandbox, sender, recipient, file, arrive, tmp_path):
    files = [file("large.bin", 12 * 1024 * 1024), file("empty.txt", 0)]
    journal = tmp_path / "journal"
    call = {**IN_PARTS, "concurrency": 1, "journal": journal}
    body = "<Error><Code>AccessDenied</Code><Message>no</Message></Error>"
    sandbox.order("put_part", {"reply": {"status": 403, "body": body}}, skip=2, times=-1)
    with pytest.raises(Refused) as refused:
        ours.send(files, sender, recipient, **call)
    assert (refused.value.kind, refused.value.journal) == ("storage_refused", str(journal))
    assert [put["status"] for put in sandbox.requests("put_part")] == [200, 200, 403]
    assert recipient.inbox() == []

    sandbox.control("DELETE", "/faults")
    sent = ours.send(files, sender, recipient, **call)
    # What was there is not sent again, nor is another transfer begun.
    assert [put["status"] for put in sandbox.requests("put_part")] == [200, 200, 403, 200, 200]
    assert len(sandbox.requests("presign_multipart")) == len(sandbox.requests("resolve")) == 1
    assert not journal.exists()
    arrive(sent, files)
