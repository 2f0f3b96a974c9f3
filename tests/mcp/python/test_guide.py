"""The settings that docs/guides/mcp.md has for clients, as such a client uses them."""

from __future__ import annotations

import asyncio
import json
import re
from pathlib import Path
from typing import Any

import pytest
from mcp import Client
from mcp.client.stdio import StdioServerParameters
from mcp_types import TextContent
from served import PRIVATE_KEY, PROGRAM, ROOT, Sandbox, Server

GUIDE = (ROOT / "docs" / "guides" / "mcp.md").read_text("utf-8")
BLOCKS: list[dict[str, Any]] = [
    json.loads(text) for text in re.findall(r"^```json\n(.*?)^```", GUIDE, re.M | re.S)
]
SETTINGS = [
    (form, block[form]["dropoff"])
    for block in BLOCKS
    for form in ("mcpServers", "servers", "context_servers")
    if form in block
]


async def names(settings: StdioServerParameters) -> list[str]:
    async with Client(settings) as client:
        return [tool.name for tool in (await client.list_tools()).tools]


@pytest.mark.parametrize(("form", "server"), SETTINGS, ids=[form for form, _ in SETTINGS])
def test_settings_of_a_client(sandbox: Sandbox, form: str, server: dict[str, Any]) -> None:
    assert server["command"] == "dropoff"
    # A placeholder is the client's to fill in; the key of `hai login` is in the home folder.
    keys = dict.fromkeys(server["env"], "agd_x") or {"HAI_API_KEY": "hk_x"}
    settings = StdioServerParameters(command=PROGRAM, args=server["args"], env=keys)
    wanted = (
        {"send_files", "get_transfer"} if "AGENTDROP_API_KEY" in keys else {"upload_profile", "get_profile"}
    )
    assert set(asyncio.run(names(settings))) == wanted | {"inspect_profile"}


def test_the_file_of_targets_and_all_arguments(sandbox: Sandbox, tmp_path: Path) -> None:
    [targets] = [block for block in BLOCKS if "reports" in block]
    (tmp_path / "targets.json").write_text(json.dumps(targets))
    (tmp_path / "config.json").write_text(json.dumps({"private_key": PRIVATE_KEY}))
    values = {
        "--allow-root": str(tmp_path),
        "--allow-to": "b",
        "--from": "a",
        "--key-file": str(tmp_path / "config.json"),
        "--targets-file": str(tmp_path / "targets.json"),
        "--ask": "first",
    }
    rows = re.findall(r"^\| `(--[\w-]+)", GUIDE, re.M)
    assert set(rows) == {*values, "--seal"}
    args = ["mcp", *(text for row in rows for text in ([row, values[row]] if row in values else [row]))]
    environment = sandbox.environment()
    offered = asyncio.run(names(StdioServerParameters(command=PROGRAM, args=args, env=environment)))
    # The table has a row for each tool, and no other.
    assert offered == re.findall(r"^\| `(\w+_\w+)` \|", GUIDE, re.M) and len(offered) == 7


def test_the_line_of_a_failure_is_as_the_guide_shows_it(sandbox: Sandbox, server: Server) -> None:
    [shown] = re.findall(r"^```text\n(.*)\n```", GUIDE, re.M)
    sandbox.fault({"on": "presign", "do": {"reply": {"status": 503, "headers": {"Retry-After": "120"}}}})

    async def line() -> str:
        async with server.client() as client:
            result = await client.call_tool("send_files", {"paths": ["report.pdf"], "recipient": "b"})
            assert isinstance(result.content[0], TextContent)
            return result.content[0].text

    assert asyncio.run(line()) == shown


def test_sentences_of_the_guide_are_the_servers() -> None:
    texts = json.loads((ROOT / "core/src/tools/description.json").read_text())["refusals"].values()
    table = GUIDE.partition("## When it does not work")[2]
    for sentence in re.findall(r"^\| `(.*?)`", table, re.M):
        assert any(sentence.strip("… ") in text for text in texts), sentence
