"""Tickets that travel: asked for by name and size in one process, uploaded to in another."""

from __future__ import annotations

import asyncio
import copy
import json
import pickle
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from conftest import Sandbox
from control import HANGS
from dropoff import Encryption, File, InvalidInputError, KeyPair, SourceUnreadableError
from helpers import TERMS, digest, stored

CONTENT = bytes(range(256)) * 50_000
DESCRIBED = File.described("a.bin", len(CONTENT))

# A worker that has the bytes, and none of the arguments of the transfer.
WORKER = """
import json, sys
from dropoff import AgentDrop
revealed = json.loads(sys.stdin.read())
drop = AgentDrop(trusted_storage=[sys.argv[1]])
[sent] = drop.upload(drop.restore_ticket(revealed), [sys.argv[2]])
print(json.dumps(sent.to_dict()))
"""


@pytest.mark.parametrize("multipart", [None, True])
def test_a_ticket_is_asked_for_here_and_uploaded_to_elsewhere(
    sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, multipart: bool | None
) -> None:
    path = tmp_path / "a.bin"
    path.write_bytes(CONTENT)
    monkeypatch.setenv("AGENTDROP_API_KEY", sandbox.agentdrop_api_key)
    monkeypatch.setenv("AGENTDROP_BASE_URL", sandbox.api_url)
    d = sandbox.agentdrop()
    ticket = d.presign([DESCRIBED], multipart=multipart, **TERMS)
    revealed = json.dumps(ticket.reveal())
    line = [sys.executable, "-W", "error", "-c", WORKER, sandbox.storage_url, str(path)]
    done = subprocess.run(line, input=revealed, capture_output=True, text=True, timeout=HANGS, check=False)
    assert done.returncode == 0, done.stderr
    sent = json.loads(done.stdout)
    assert sent["verified"] and sent["bytes"] == len(CONTENT) and bool(sent["parts"]) == bool(multipart)
    assert d.confirm(ticket.id).status == "active" and digest(CONTENT) in stored(sandbox)


def test_an_async_client_has_it_too(sandbox: Sandbox) -> None:
    async def body() -> None:
        d = sandbox.async_agentdrop()
        revealed = (await d.presign([File.described("a", 3)], **TERMS)).reveal()
        ticket = d.restore_ticket(revealed)
        assert ticket.id == revealed["id"] and revealed["upload_urls"][0]["upload_url"] not in repr(ticket)
        [sent] = await asyncio.wait_for(d.upload(ticket, [("a", b"123")]), HANGS)
        assert sent.verified

    asyncio.run(body(), debug=True)


def test_a_plan_needs_no_bytes_and_a_send_does(sandbox: Sandbox) -> None:
    d = sandbox.agentdrop()
    assert d.plan([DESCRIBED], **TERMS).total_bytes == len(CONTENT)
    before = len(sandbox.requests())
    calls: list[Callable[[], object]] = [
        lambda: d.send([DESCRIBED], **TERMS),
        lambda: d.send([("b", b"1"), DESCRIBED], multipart=True, **TERMS),
    ]
    for refused in calls:
        with pytest.raises(InvalidInputError, match="only the size of the file is given"):
            refused()
    assert len(sandbox.requests()) == before
    ticket = d.presign([DESCRIBED], **TERMS)
    with pytest.raises(InvalidInputError, match="only the size"):
        d.upload(ticket, [DESCRIBED])
    assert not sandbox.requests("put")


def test_the_bytes_must_be_those_that_were_promised(sandbox: Sandbox) -> None:
    d = sandbox.agentdrop()
    revealed = d.presign([File.described("a", 3)], **TERMS).reveal()
    for wrong in ([("a", b"1234")], [("b", b"123")], [("a", b"123"), ("b", b"1")]):
        with pytest.raises(InvalidInputError, match="the ticket is for"):
            d.upload(d.restore_ticket(revealed), wrong)
    with pytest.raises(SourceUnreadableError):
        d.upload(d.restore_ticket(revealed), [("a", "/nowhere")])


def test_what_no_ticket_revealed_is_refused(sandbox: Sandbox) -> None:
    d = sandbox.agentdrop()
    good = d.presign([File.described("a", 3)], **TERMS).reveal()
    wrong: list[Any] = [{}, {"id": "x"}, good | {"dropoff": {}}, good | {"dropoff": {"files": [1]}}]
    wrong += [{k: v for k, v in good.items() if k != "dropoff"}, good | {"upload_urls": []}]
    for revealed in wrong:
        with pytest.raises(InvalidInputError) as caught:
            d.restore_ticket(revealed)
        assert good["upload_urls"][0]["upload_url"] not in caught.value.message
    with pytest.raises(InvalidInputError, match="mapping"):
        d.restore_ticket(json.dumps(good))  # type: ignore[arg-type]


def test_what_is_sealed_here_stays_here(sandbox: Sandbox) -> None:
    d, pair = sandbox.agentdrop(), KeyPair.generate()
    ticket = d.presign([File.described("a", 3)], encrypt=Encryption(pair, pair.public_key), **TERMS)
    with pytest.raises(InvalidInputError, match="which alone has their key"):
        d.restore_ticket(ticket.reveal())
    assert d.upload(ticket, [("a", b"123")])[0].verified


def test_a_file_that_is_described_travels_too() -> None:
    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        original = File.described("a", 3, content_type="a/b")
        for twin in (pickle.loads(pickle.dumps(original, protocol)), copy.deepcopy(original)):
            assert repr(twin) == repr(original) == 'File(<3 bytes elsewhere>, name="a", content_type="a/b")'
            assert (twin.size, twin.name, twin.source) == (3, "a", None)
    wrong_sizes: list[Any] = [-1, "3", 1.5, True, None]
    for wrong in wrong_sizes:
        with pytest.raises(InvalidInputError, match="size must be"):
            File.described("a", wrong)
