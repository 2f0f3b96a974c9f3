"""The files that a model may name: those of no other folder get out, whichever way it is tried."""

from __future__ import annotations

import asyncio
import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
from mcp_types import ListRootsResult, Root
from served import PRIVATE_KEY, VECTORS, Sandbox, Server, failure, success
from test_tools import lay, named, target

PATHS: dict[str, Any] = json.loads((VECTORS / "tool_paths.json").read_text())
# Half a character is no JSON-RPC either: no client of the protocol can send it.
REFUSED = [attempt for attempt in PATHS["refused"] if attempt["name"] != "half a character"]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "paths"
    lay(folder, PATHS["files"], PATHS["links"])
    (folder / "key").write_text(PRIVATE_KEY)
    return folder


def serving(sandbox: Sandbox, folder: Path) -> Server:
    roots = [text for root in PATHS["roots"] for text in ("--allow-root", str(folder / root))]
    given = ["--allow-to", "b", "--ask", "never", "--key-file", str(folder / "key")]
    (folder / "targets.json").write_text(json.dumps({"report": target(sandbox)}))
    given += ["--targets-file", str(folder / "targets.json")]
    return Server(sandbox, *roots, *given, HOME=str(folder / "home"))


@pytest.mark.parametrize("attempt", REFUSED, ids=[attempt["name"] for attempt in REFUSED])
def test_a_file_does_not_get_out(sandbox: Sandbox, folder: Path, attempt: dict[str, str]) -> None:
    path = named(attempt["path"], folder)
    calls = [
        ("send_files", {"paths": ["report.pdf", path], "recipient": "b"}),
        ("open_sealed", {"path": path, "to": "new"}),
        ("open_sealed", {"path": "report.pdf", "to": path}),
        ("inspect_profile", {"path": path}),
        ("upload_profile", {"path": path, "name": "x"}),
        ("put_file", {"path": path, "target": "report"}),
    ]

    async def refused() -> None:
        async with serving(sandbox, folder).client() as client:
            for tool, arguments in calls:
                facts = failure(await client.call_tool(tool, arguments))
                assert attempt["why"] in facts["message"] and facts["kind"] == "invalid_input", facts

    asyncio.run(refused())
    assert sandbox.requests() == [] and not (folder / "private" / "new").exists()


def test_a_file_that_is_allowed_is_sent(sandbox: Sandbox, folder: Path) -> None:
    async def sent() -> None:
        async with serving(sandbox, folder).client() as client:
            for path, file in PATHS["allowed"].items():
                sandbox.reset()
                given = {"paths": [named(path, folder)], "recipient": "b"}
                assert success(await client.call_tool("send_files", given))["status"] == "active"
                digest = hashlib.sha256((folder / file).read_bytes()).hexdigest()
                assert [stored["sha256"] for stored in sandbox.objects()] == [digest]

    asyncio.run(sent())


def test_the_clients_roots_are_the_folders_where_none_is_given(
    sandbox: Sandbox, outbox: Path, tmp_path: Path, mode: str
) -> None:
    (tmp_path / "a b").mkdir()
    (tmp_path / "a b" / "rows.csv").write_text("a,b\n")
    uris = [outbox.as_uri(), (tmp_path / "a b").as_uri()]

    async def roots(_: object) -> ListRootsResult:
        return ListRootsResult(roots=[Root(uri=uri) for uri in uris])

    async def called() -> None:
        server = Server(sandbox, "--allow-to", "b", "--ask", "never")
        async with server.client(mode, list_roots_callback=roots) as client:
            for path in ("report.pdf", str(tmp_path / "a b" / "rows.csv")):
                success(await client.call_tool("send_files", {"paths": [path], "recipient": "b"}))
            # From one call to the next the user may close a folder.
            uris.pop(0)
            given = {"paths": [str(outbox / "report.pdf")], "recipient": "b"}
            assert "is not in a folder" in failure(await client.call_tool("send_files", given))["message"]

    asyncio.run(called())


def test_the_users_folders_go_before_the_clients(sandbox: Sandbox, server: Server, tmp_path: Path) -> None:
    (tmp_path / "other").write_text("x")

    async def roots(_: object) -> ListRootsResult:
        return ListRootsResult(roots=[Root(uri=tmp_path.as_uri())])

    async def called() -> dict[str, Any]:
        async with server.client(list_roots_callback=roots) as client:
            given = {"paths": [str(tmp_path / "other")], "recipient": "b"}
            return failure(await client.call_tool("send_files", given))

    assert "is not in a folder" in asyncio.run(called())["message"]


def test_without_any_folder_no_file_is_read(sandbox: Sandbox, outbox: Path, mode: str) -> None:
    async def called() -> dict[str, Any]:
        async with Server(sandbox, "--allow-to", "b").client(mode) as client:
            given = {"paths": [str(outbox / "report.pdf")], "recipient": "b"}
            return failure(await client.call_tool("send_files", given))

    facts = asyncio.run(called())
    assert facts["kind"] == "permission" and "ask the user to allow one" in facts["message"]
    assert sandbox.requests() == []
