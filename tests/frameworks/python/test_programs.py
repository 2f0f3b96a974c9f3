"""What programs in Python have around ours: FastAPI and pydantic, aiofiles, tqdm and rich."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import aiofiles
import dropoff
import pytest
from dropoff import AgentDrop, AsyncAgentDrop, Profile, SentTransfer, StoredObject, progress_bar
from dropoff.testing import Sandbox
from fastapi import FastAPI, UploadFile
from fastapi.testclient import TestClient
from pydantic import BaseModel, TypeAdapter, ValidationError

TERMS: dict[str, Any] = {"sender": "a", "recipient": "b"}


@pytest.fixture(scope="module")
def services() -> Iterator[Sandbox]:
    with Sandbox() as sandbox:
        yield sandbox


def client(sandbox: Sandbox) -> AsyncAgentDrop:
    storage = [sandbox.storage_url]
    return AsyncAgentDrop(sandbox.agentdrop_api_key, base_url=sandbox.api_url, trusted_storage=storage)


class Kept(BaseModel):
    """A result in a model of a program's own."""

    sent: SentTransfer
    note: str = ""


def app(sandbox: Sandbox) -> FastAPI:
    api = FastAPI()

    @api.post("/send")
    async def send(file: UploadFile) -> SentTransfer:
        async with client(sandbox) as drop:
            return await drop.send([file], **TERMS)

    @api.post("/keep")
    async def keep(kept: Kept) -> Kept:
        assert isinstance(kept.sent, SentTransfer)
        return kept

    return api


def test_an_upload_is_sent_and_its_result_returned(services: Sandbox) -> None:
    with TestClient(app(services)) as client:
        content = bytes(3_000_000)  # on disk at Starlette's, and read in its loop
        reply = client.post("/send", files={"file": ("report.pdf", content)})
        assert reply.status_code == 200, reply.text
        sent = SentTransfer.from_dict(reply.json())
        assert [(file.name, file.bytes, file.verified) for file in sent.files] == [
            ("report.pdf", len(content), True)
        ]
        kept = client.post("/keep", json={"sent": reply.json(), "note": "x"})
        assert kept.json() == {"sent": sent.to_dict(), "note": "x"}
        wrong = client.post("/keep", json={"sent": {"id": "x"}})
        assert wrong.status_code == 422 and "not the fields of a SentTransfer" in wrong.text


def test_the_api_document_knows_every_field(services: Sandbox) -> None:
    document = app(services).openapi()
    schema = document["paths"]["/send"]["post"]["responses"]["200"]["content"]["application/json"]["schema"]
    assert schema["type"] == "object" and schema["properties"]["status"]["type"] == "string"
    files = schema["properties"]["files"]
    assert files["type"] == "array" and files["items"]["properties"]["verified"]["type"] == "boolean"
    assert schema["properties"]["id"]["description"] and schema["required"] == list(schema["properties"])
    for kind in (Profile, StoredObject):
        described = TypeAdapter(kind).json_schema()
        assert set(described["properties"]) == {
            name for name, value in vars(kind).items() if not name.startswith("_") and not callable(value)
        } - {"from_dict", "to_dict"}


def test_models_take_results_and_what_json_made_of_them(services: Sandbox) -> None:
    sent = services.agentdrop().send([("a", b"1")], **TERMS)
    kept = Kept(sent=sent)
    assert kept.sent is sent and Kept.model_validate_json(kept.model_dump_json()) == kept
    assert kept.model_dump()["sent"] == sent.to_dict()
    for wrong in ({}, [], 3, None):
        with pytest.raises(ValidationError):
            Kept(sent=wrong)  # type: ignore[arg-type]


def test_a_file_of_aiofiles_is_a_source(services: Sandbox, tmp_path: Path) -> None:
    path = tmp_path / "a.bin"
    path.write_bytes(bytes(2_000_000))

    async def body() -> SentTransfer:
        async with client(services) as drop, aiofiles.open(path, "rb") as file:
            return await drop.send([file], **TERMS)

    [file] = asyncio.run(body()).files
    assert (file.name, file.bytes) == ("a.bin", 2_000_000)


def test_tools_of_frameworks_are_told_of_no_stream() -> None:
    for send in (AgentDrop.send, AsyncAgentDrop.send):
        source = dropoff.Source if send is AgentDrop.send else dropoff.AsyncSource
        told = json.dumps(TypeAdapter(source).json_schema())
        assert "string" in told and "Chunks" not in told and "array" not in told


@pytest.mark.parametrize("using", ["tqdm", "rich"])
def test_a_bar_is_drawn_and_closed(
    services: Sandbox, using: Any, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "120")
    drop = services.agentdrop()
    bar = progress_bar("report", using=using)
    drop.send([("a", bytes(3_000_000)), ("b", b"1")], on_progress=bar, **TERMS)
    seen = capsys.readouterr()
    assert "report: done" in seen.out + seen.err and "2/2 files" in seen.out + seen.err
    bar(drop.start_plan([("a", b"1")], **TERMS).progress())  # it is closed, and stays as it is
    with pytest.raises(dropoff.NotFoundError), progress_bar(using=using):
        drop.get_transfer("tr_nothing")


def test_a_bar_needs_one_of_the_two(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("tqdm", "tqdm.auto", "rich", "rich.progress"):
        monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(ModuleNotFoundError, match="needs .* or .*; install one"):
        progress_bar()
    with pytest.raises(ValueError, match="using must be"):
        progress_bar(using="curses")  # type: ignore[arg-type]
