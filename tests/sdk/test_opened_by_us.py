"""What the official SDK seals and sends, in each of its ways, opened by our package in each language.

The thresholds are lowered, so that its way for large files is quick. Sealed bytes come from the URLs of the
download reply, keys from the SDK's own folder.
"""

import base64
import json
import os

import agentdrop.client
import pytest
from agentdrop.crypto import ALGORITHM, CHANNEL_ALGORITHM, KeyPair, derive_a2h_key, encrypt_for_a2h
from ours import Refused
from sandbox_process import http

PART = 5 * 1024 * 1024
WAYS = ["in parts", "with a key of its own", "over a channel"]


class Transfer:
    """A transfer's download reply, and its files as they were stored."""

    def __init__(self, sandbox, recipient, sent, folder):
        headers = {
            "Authorization": f"Bearer {sandbox.agentdrop_api_key}",
            "X-AgentDrop-Agent": recipient.agent_id,
        }
        url = f"{sandbox.api_url}/v1/transfers/{sent['id']}/download"
        status, _, body = http("GET", url, headers=headers)
        assert status == 200, body
        self.reply = json.loads(body)
        self.files = []
        folder.mkdir()
        for at, file in enumerate(self.reply["files"]):
            status, _, sealed = http("GET", file["download_url"])
            assert status == 200, sealed
            path = folder / f"{at}.sealed"
            path.write_bytes(sealed)
            self.files.append(path)

    def fields(self, at):
        """What opens the file, by the names of the reply."""
        names = ("sender_public_key", "encrypted_key", "encryption_salt")
        fields = {name: self.reply[name] for name in names}
        return {**fields, "encryption_iv": self.reply["files"][at]["encryption_iv"]}


@pytest.fixture(params=WAYS)
def send(request, sandbox, sender, recipient, tmp_path, monkeypatch):
    """Sends with the SDK, in one of its ways."""
    more = {}
    if request.param == "in parts":
        monkeypatch.setattr(agentdrop.client, "PRESIGNED_UPLOAD_THRESHOLD", 0)
        more = {"multipart_threshold": 0, "multipart_part_size": PART}
    elif request.param == "with a key of its own":
        sandbox.order("channel", {"reply": {"status": 404, "body": {"error": {"code": "NOT_FOUND"}}}})

    def send(files):
        sent = sender.send("recipient-agent", files, auto_delete=False, **more)
        transfer = Transfer(sandbox, recipient, sent, tmp_path / "sealed")
        # That it is the way that was meant.
        reply = transfer.reply
        over_a_channel = request.param == "over a channel"
        assert reply["encryption_algorithm"] == (CHANNEL_ALGORITHM if over_a_channel else ALGORITHM)
        assert bool(reply["encryption_salt"]) is (not reply["encrypted_key"]) is over_a_channel
        assert bool(sandbox.requests("put_part")) is (request.param == "in parts")
        return transfer

    return send


@pytest.fixture
def files(tmp_path):
    """One of two parts, one whose tag is cut in two by a part's end, and what is small."""
    sizes = {
        "odd.bin": PART + 1,
        "cut.bin": PART - 8,
        "large.bin": 1024 * 1024 + 17,
        "small.bin": 3,
        "empty": 0,
    }
    for name, size in sizes.items():
        (tmp_path / name).write_bytes(os.urandom(size))
    return [tmp_path / name for name in sizes]


@pytest.fixture
def to(tmp_path):
    """An empty folder for opened files."""
    folder = tmp_path / "opened"
    folder.mkdir()
    return folder


def test_every_file_opens(ours, send, recipient, files, to):
    transfer = send(files)
    assert [file["name"] for file in transfer.reply["files"]] == [file.name for file in files]
    for at, (sealed, file) in enumerate(zip(transfer.files, files, strict=True)):
        content = file.read_bytes()
        assert sealed.stat().st_size == len(content) + 16
        assert ours.open(sealed, to / file.name, recipient, **transfer.fields(at)) == len(content)
        assert (to / file.name).read_bytes() == content, file.name
    assert len(list(to.iterdir())) == len(files)


@pytest.mark.parametrize(
    "at", [0, 500_000, -17, -16, -1], ids=["first", "middle", "last", "tag", "end of tag"]
)
def test_a_flipped_bit_is_refused(ours, send, recipient, files, to, at):
    transfer = send(files[2:3])
    (sealed,) = transfer.files
    changed = bytearray(sealed.read_bytes())
    changed[at] ^= 1
    sealed.write_bytes(changed)
    with pytest.raises(Refused) as refused:
        ours.open(sealed, to / "report", recipient, **transfer.fields(0))
    assert refused.value.kind == "encryption"
    assert list(to.iterdir()) == []


def test_what_does_not_belong_is_refused(ours, send, sender, recipient, register, files, to):
    """A file that is cut off, another file's nonce, and keys of an agent that had no part in it."""
    transfer = send(files[2:4])
    cut = transfer.files[0].with_name("cut")
    cut.write_bytes(transfer.files[0].read_bytes()[:-1])
    other = register("other-agent")
    fields = transfer.fields(0)
    wrong = {
        "cut off": (cut, recipient, {}),
        "nonce": (transfer.files[0], recipient, {"encryption_iv": transfer.fields(1)["encryption_iv"]}),
        "sender": (transfer.files[0], recipient, {"sender_public_key": other._keys.public_key_b64}),
        "recipient": (transfer.files[0], other, {}),
    }
    for name, (sealed, opener, changes) in wrong.items():
        with pytest.raises(Refused) as refused:
            ours.open(sealed, to / name, opener, **{**fields, **changes})
        assert refused.value.kind == "encryption", name
    assert list(to.iterdir()) == []
    ours.open(transfer.files[0], to / "right", recipient, **fields)


def test_what_is_sealed_for_a_person_opens(ours, recipient, tmp_path, to):
    """By the SDK's functions: a key pair for this one file, its public half where wrapped keys stand."""
    content, salt, ephemeral = os.urandom(70_000), os.urandom(32), KeyPair.generate()
    key = derive_a2h_key(ephemeral.private_key_b64, recipient._keys.public_key_b64, salt)
    sealed = tmp_path / "sealed"
    sealed.write_bytes(encrypt_for_a2h(content, key))
    fields = {
        "encrypted_key": ephemeral.public_key_b64,
        "encryption_salt": base64.b64encode(salt).decode(),
    }
    assert ours.open(sealed, to / "report", recipient, **fields) == len(content)
    assert (to / "report").read_bytes() == content
    # Anybody can seal so: it cannot be asked to be a certain sender's.
    with pytest.raises(Refused) as refused:
        ours.open(sealed, to / "again", recipient, sender_public_key=ephemeral.public_key_b64, **fields)
    assert refused.value.kind == "encryption"


def test_files_of_one_name_with_the_request_are_beyond_it(ours, sandbox, sender, recipient, tmp_path, to):
    """It keeps nonces by name, so the first of two is announced with the second's and opens for nobody."""
    files = [tmp_path / "monday/rows.csv", tmp_path / "tuesday/rows.csv"]
    for file in files:
        file.parent.mkdir()
        file.write_bytes(os.urandom(100))
    sent = sender.send("recipient-agent", files, auto_delete=False)
    transfer = Transfer(sandbox, recipient, sent, tmp_path / "sealed")
    assert transfer.fields(0) == transfer.fields(1)
    with pytest.raises(Refused) as refused:
        ours.open(transfer.files[0], to / "first", recipient, **transfer.fields(0))
    assert refused.value.kind == "encryption"
    ours.open(transfer.files[1], to / "second", recipient, **transfer.fields(1))
    assert (to / "second").read_bytes() == files[1].read_bytes()
    with pytest.raises(Exception) as failed:
        recipient.download(agentdrop.client.Transfer(sent), output_dir=tmp_path / "sdk")
    assert type(failed.value).__name__ == "InvalidTag"
