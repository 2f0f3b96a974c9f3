"""`agentdrop` from end to end: two agents register, one sends, the other finds it in its inbox and opens it.

The ways to send that work as they come: in parts, and with the request. Which one `send` takes depends on
size, so the thresholds are lowered for the sake of speed, and parts are as small as storage allows.
"""

import os
import warnings

import agentdrop.client
import pytest
import requests
from agentdrop.client import AgentDrop, AgentDropAmbiguousRecipientError, AgentDropError, Transfer
from agentdrop.crypto import ALGORITHM, CHANNEL_ALGORITHM

PART = 5 * 1024 * 1024
IN_PARTS = {"multipart_threshold": 1, "multipart_part_size": PART}


@pytest.fixture
def files(tmp_path):
    """Parts that end where a file does, before it and after it; the seal moves the end by 16 bytes."""
    sizes = {"even.bin": 2 * PART, "odd.bin": PART + 1, "nearly.bin": PART - 8, "small.bin": 3}
    for name, size in sizes.items():
        (tmp_path / name).write_bytes(os.urandom(size))
    return [tmp_path / name for name in sizes]


@pytest.fixture
def in_parts(monkeypatch):
    monkeypatch.setattr(agentdrop.client, "PRESIGNED_UPLOAD_THRESHOLD", 0)


def opened(recipient, sent, files, folder):
    """Whether the recipient finds the transfer, and these very files in it."""
    (transfer,) = [transfer for transfer in recipient.inbox() if transfer.id == sent["id"]]
    saved = recipient.download(transfer, output_dir=folder)
    assert [one["name"] for one in saved] == [file.name for file in files]
    for file in files:
        assert (folder / file.name).read_bytes() == file.read_bytes(), file.name
    return transfer


def test_register(sandbox, sender, register):
    resolved = sender._request("GET", "/v1/agents/resolve?agent_id=sender-agent")
    assert resolved["public_key"] == sender._keys.public_key_b64
    assert (resolved["connection_status"], resolved["key_version"]) == ("connected", 1)
    assert sender._resolve_agent_uuid("sender-agent") == sender.agent_uuid
    assert sender.inbox() == []

    # What was saved is enough to be the same agent again.
    again = AgentDrop(
        sandbox.agentdrop_api_key, api_base=sandbox.api_url, config_dir=sender.config_dir, shield=False
    )
    assert (again.agent_id, again.agent_uuid) == (sender.agent_id, sender.agent_uuid)
    assert again.inbox() == []

    with pytest.raises(AgentDropError) as refused:
        register("sender-agent")
    assert refused.value.status == 409
    with pytest.raises(AgentDropError) as refused:
        register("not a name")
    assert (refused.value.code, refused.value.details[0]["field"]) == ("VALIDATION_ERROR", "agent_id")


@pytest.mark.parametrize("encrypt", [True, False])
def test_in_parts(sandbox, sender, recipient, files, in_parts, tmp_path, encrypt):
    progress = []
    sent = sender.send(
        "recipient-agent", files, encrypt=encrypt, message="hello", on_progress=progress.append, **IN_PARTS
    )
    assert (sent["status"], sent["upload_path"]) == ("active", "multipart")
    assert progress[-1].percent == 100.0

    added = 16 if encrypt else 0
    sizes = [file.stat().st_size + added for file in files]
    parts = [-(-size // PART) for size in sizes]
    puts = sandbox.requests("put_part")
    assert len(puts) == sum(parts)
    assert sum(put["body_bytes"] for put in puts) == sum(sizes)
    assert not any(put["chunked"] or put["authorization"] for put in puts)
    assert len(sandbox.requests("complete_multipart")) == len(files)
    assert sandbox.requests("abort_multipart") == []
    (known,) = sandbox.transfers()
    assert [file["upload"]["parts"] for file in known["files"]] == parts
    assert {file["upload"]["state"] for file in known["files"]} == {"complete"}
    assert known["encryption_algorithm"] == (ALGORITHM if encrypt else None)
    assert sorted(one["size"] for one in sandbox.objects()) == sorted(sizes)
    stored = sandbox.content(known["files"][0]["key"])
    assert (stored == files[0].read_bytes()) is not encrypt

    transfer = opened(recipient, sent, files, tmp_path / "opened")
    assert (transfer.is_encrypted, transfer.message) == (encrypt, "hello")


def test_a_part_is_sent_again(sandbox, sender, recipient, files, in_parts, tmp_path):
    sandbox.order("put_part", {"reply": {"status": 503}}, skip=1)
    sent = sender.send("recipient-agent", files[:1], **IN_PARTS)
    assert sorted(put["status"] for put in sandbox.requests("put_part")) == [200, 200, 200, 503]
    opened(recipient, sent, files[:1], tmp_path / "opened")


def test_an_upload_that_fails_is_aborted(sandbox, sender, recipient, files, in_parts):
    sandbox.order("put_part", {"reset_after": 100_000})
    with pytest.raises(requests.RequestException):
        sender.send("recipient-agent", files[:1], **IN_PARTS)
    (abort,) = sandbox.requests("abort_multipart")
    assert abort["status"] == 200
    (known,) = sandbox.transfers()
    assert (known["status"], known["files"][0]["upload"]["state"]) == ("pending", "aborted")
    assert sandbox.objects() == []


def test_an_empty_plain_file_in_parts_is_beyond_it(sandbox, sender, tmp_path, in_parts):
    """It makes no part of an empty file, and storage joins no upload without parts."""
    (tmp_path / "empty").touch()
    with pytest.raises(AgentDropError) as refused:
        sender.send("recipient-agent", [tmp_path / "empty"], encrypt=False, multipart_threshold=0)
    assert (refused.value.code, refused.value.status) == ("VALIDATION_ERROR", 400)
    assert [one["op"] for one in sandbox.requests()][-2:] == ["complete_multipart", "abort_multipart"]


def test_another_cut_than_it_asked_for_is_beyond_it(sandbox, sender, files, in_parts):
    """It cuts by its own size and runs out of URLs."""
    sandbox.change(forced_part_size=2 * PART)
    with pytest.raises(AgentDropError, match="No presigned URL for part 2"):
        sender.send("recipient-agent", files[:1], encrypt=False, **IN_PARTS)
    assert sandbox.requests("abort_multipart")[0]["status"] == 200


def test_in_parts_to_an_agent_without_a_key(sandbox, sender, files, in_parts):
    sandbox.register_agent("keyless")
    with pytest.raises(AgentDropError, match="no public key"):
        sender.send("keyless", files[:1], **IN_PARTS)
    with pytest.raises(AgentDropError, match="Failed to resolve"):
        sender.send("nobody", files[:1], **IN_PARTS)
    assert sandbox.transfers() == []


def test_an_ambiguous_recipient(sandbox, sender, recipient, files, in_parts, tmp_path):
    sandbox.register_agent(
        "recipient-agent", account_id="2", account_name="Acme & Co", email="ethan+a@gmail.com"
    )
    with pytest.raises(AgentDropAmbiguousRecipientError) as refused:
        sender.send("recipient-agent", files[-1:], **IN_PARTS)
    own, other = refused.value.candidates
    assert other == {"account_id": "2", "account_name": "Acme & Co", "email_masked": "et***@gmail.com"}
    with pytest.raises(AgentDropError, match="no public key"):
        sender.send("recipient-agent", files[-1:], recipient_account="ethan+a@gmail.com", **IN_PARTS)

    sent = sender.send("recipient-agent", files[-1:], recipient_account=own["account_name"], **IN_PARTS)
    opened(recipient, sent, files[-1:], tmp_path / "opened")


def test_with_the_request_in_plain(sandbox, sender, recipient, files, tmp_path):
    (tmp_path / "empty").touch()
    files = [*files[1:], tmp_path / "empty"]
    sent = sender.send("recipient-agent", files, encrypt=False, message="hello", expires_in="12h")
    assert (sent["status"], sent["file_count"]) == ("active", 4)
    assert [one["op"] for one in sandbox.requests()][-1] == "create_transfer"
    transfer = opened(recipient, sent, files, tmp_path / "opened")
    assert (transfer.is_encrypted, transfer.message) == (False, "hello")


def test_with_the_request_over_a_channel(sandbox, sender, recipient, files, tmp_path):
    files = files[1:]
    sent = sender.send("recipient-agent", files)
    (known,) = sandbox.transfers()
    assert known["encryption_algorithm"] == CHANNEL_ALGORITHM
    assert known["channel_id"] and known["encryption_salt"] and known["encrypted_key"] is None
    assert files[0].read_bytes() not in sandbox.content(known["files"][0]["key"])
    transfer = opened(recipient, sent, files, tmp_path / "opened")
    assert (transfer.is_encrypted, transfer.channel_id) == (True, known["channel_id"])

    # The way back has the same channel, and a salt of its own.
    answer = recipient.send("sender-agent", files)
    known = sandbox.transfers()
    assert known[0]["channel_id"] == known[1]["channel_id"]
    assert known[0]["encryption_salt"] != known[1]["encryption_salt"]
    opened(sender, answer, files, tmp_path / "answer")


def test_with_the_request_and_a_key_of_its_own(sandbox, sender, recipient, files, tmp_path):
    """What it falls back to when there is no channel."""
    files = files[1:]
    sandbox.order("channel", {"reply": {"status": 404, "body": {"error": {"code": "NOT_FOUND"}}}})
    sent = sender.send("recipient-agent", files)
    (known,) = sandbox.transfers()
    assert known["encryption_algorithm"] == ALGORITHM
    assert known["encrypted_key"] and known["channel_id"] is None
    opened(recipient, sent, files, tmp_path / "opened")


def test_with_the_request_to_nobody_is_sent_in_plain(sandbox, sender, files):
    """It was asked to encrypt, and says nothing: why ours refuses."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        sent = sender.send("nobody", files[-1:])
    assert sent["is_encrypted"] is False
    (known,) = sandbox.transfers()
    assert sandbox.content(known["files"][0]["key"]) == files[-1].read_bytes()


def test_a_wrong_key_opens_nothing(sandbox, sender, recipient, register, files, in_parts, tmp_path):
    sent = sender.send("recipient-agent", files[-1:], auto_delete=False, **IN_PARTS)
    other = register("other-agent")
    transfer = Transfer(other._request("GET", f"/v1/transfers/{sent['id']}"))
    with pytest.raises(Exception) as failed:
        other.download(transfer, output_dir=tmp_path / "other")
    assert type(failed.value).__name__ == "InvalidTag"
    opened(recipient, sent, files[-1:], tmp_path / "opened")
