"""What a client lists and a model sees: the cases of all languages, through the official SDK."""

from __future__ import annotations

import asyncio
import hashlib
import json
import urllib.request
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from mcp import MCPError
from served import PRIVATE_KEY, PUBLIC_KEY, VECTORS, Sandbox, Server, failure, success

DESCRIPTION: dict[str, Any] = json.loads((VECTORS.parents[1] / "core/src/tools/description.json").read_text())
# Without those of what a program that makes tools settles, and of arguments that are no object, which the
# protocol has no way to say.
CASES = [
    case
    for case in json.loads((VECTORS / "tools.json").read_text())
    if "pack" not in case.get("make", {}) and isinstance(case.get("arguments", {}), dict)
]
# A schema that a client was given says the same of them in other words.
REWORDED = {"a_target_that_the_program_does_not_know"}


def lay(folder: Path, files: dict[str, str], links: dict[str, str]) -> None:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    for name, target in links.items():
        (folder / name).symlink_to(target)


def named(value: Any, folder: Path) -> Any:
    """A value of a case, in which a folder is named `$folder`."""
    return json.loads(json.dumps(value).replace("$folder", str(folder)))


def compare(at: str, wanted: Any, got: Any) -> None:
    """Every fact is expected, and none is missing."""
    if isinstance(wanted, list):
        assert isinstance(got, list) and len(got) == len(wanted), (at, got)
        for number, item in enumerate(wanted):
            compare(f"{at}[{number}]", item, got[number])
    elif not isinstance(wanted, dict):
        assert got == wanted, (at, got)
    elif "contains" in wanted:
        assert wanted["contains"] in got, (at, got)
    elif "present" in wanted:
        assert got is not None, at
    elif "maybe" not in wanted:
        needed = {name for name, value in wanted.items() if value != {"maybe": True}}
        assert needed <= set(got) <= set(wanted), (at, got)
        for name, value in got.items():
            compare(f"{at}.{name}", wanted[name], value)


def target(sandbox: Sandbox) -> dict[str, Any]:
    """A presigned URL with its headers, as a program would have prepared it."""
    body = {
        "sender": "sender-agent",
        "recipient": "b",
        "mode": "agent-to-agent",
        "files": [{"name": "report.pdf", "size": 4, "content_type": "application/pdf"}],
        "is_encrypted": False,
        "auto_delete": False,
    }
    request = urllib.request.Request(
        f"{sandbox.ready['api_url']}/v1/transfers/presigned",
        json.dumps(body).encode(),
        {
            "Authorization": f"Bearer {sandbox.ready['agentdrop_api_key']}",
            "Content-Type": "application/json",
        },
    )
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(request, timeout=60) as reply:
        ticket = json.load(reply)
    sandbox.forget_requests()
    url = ticket["upload_urls"][0]
    return {"url": url["upload_url"], "headers": url.get("headers") or {}}


def everything(sandbox: Sandbox, folder: Path, *arguments: str, **environment: str) -> Server:
    """All tools, for the files of a folder `outbox`."""
    (folder / "key").write_text(PRIVATE_KEY)
    (folder / "targets.json").write_text(json.dumps({"report": target(sandbox)}))
    given = ["--allow-to", "recipient-agent", "--allow-to", "another-agent", "--ask", "never"]
    given += ["--key-file", str(folder / "key"), "--targets-file", str(folder / "targets.json")]
    return Server(sandbox, "--allow-root", str(folder / "outbox"), *given, *arguments, **environment)


def test_a_client_lists_all_tools_with_their_schemas(sandbox: Sandbox, tmp_path: Path, mode: str) -> None:
    async def listed() -> Any:
        async with everything(sandbox, tmp_path).client(mode) as client:
            return (await client.list_tools()).tools

    tools = asyncio.run(listed())
    assert [tool.name for tool in tools] == [described["name"] for described in DESCRIPTION["tools"]]
    for tool, described in zip(tools, DESCRIPTION["tools"], strict=True):
        assert (tool.title, tool.description) == (described["title"], described["description"])
        hints = tool.annotations.model_dump(by_alias=True, exclude_none=True)
        assert hints == described["annotations"]
        for schema in (tool.input_schema, tool.output_schema):
            jsonschema.Draft202012Validator.check_schema(schema)
            assert schema["type"] == "object"
        assert set(tool.output_schema["properties"]) == {*described["output"]["properties"], "error"}
    by_name = {tool.name: tool.input_schema["properties"] for tool in tools}
    assert by_name["send_files"]["recipient"]["enum"] == ["recipient-agent", "another-agent"]
    assert by_name["put_file"]["target"]["enum"] == ["report"]
    assert "://" not in json.dumps([tool.model_dump(mode="json") for tool in tools])


def test_what_is_missing_is_told_to_the_user_and_to_the_model(sandbox: Sandbox, outbox: Path) -> None:
    server = Server(sandbox, "--allow-root", str(outbox), HAI_API_KEY="")

    async def seen() -> tuple[list[str], str, str]:
        async with server.client() as client:
            with pytest.raises(MCPError) as refused:
                await client.call_tool("send_files", {"paths": ["report.pdf"], "recipient": "b"})
            names = [tool.name for tool in (await client.list_tools()).tools]
            return names, client.instructions or "", str(refused.value)

    names, instructions, refused = asyncio.run(seen())
    assert names == ["get_transfer", "inspect_profile"]
    assert f"Allowed folders and files: {outbox}." in instructions
    assert "send_files (no recipient is allowed)" in instructions and "HAI_API_KEY" in instructions
    assert "api_key" not in instructions, "an argument of the library is none of the server"
    assert "not offered here: no recipient is allowed" in refused
    server.arguments += ["--allow-root", str(outbox / "gone")]
    _, told = server.start().end()
    assert f"{outbox}/gone is allowed and not there" in told
    assert "send_files is not offered: no recipient is allowed" in told and "upload_profile" in told


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_case(sandbox: Sandbox, tmp_path: Path, case: dict[str, Any]) -> None:
    folder = tmp_path / "case"
    (folder / "outbox").mkdir(parents=True)
    lay(folder, case.get("files", {}), case.get("links", {}))
    sandbox.agents({"agent_id": "recipient-agent", "public_key": PUBLIC_KEY})
    options = [f"--{name.replace('_', '-')}={value}" for name, value in case.get("options", {}).items()]
    seal = ["--seal"] if case.get("make", {}).get("encrypt") else []
    key = {"AGENTDROP_API_KEY": case["api_key"], "HAI_API_KEY": case["api_key"]} if "api_key" in case else {}
    server = everything(sandbox, folder, *options, *seal, **key)
    arguments = named(case.get("arguments", {}), folder)

    async def called() -> tuple[Any, str]:
        async with server.client() as client:
            if before := case.get("before"):
                gave = success(await client.call_tool(before["tool"], named(before["arguments"], folder)))
                arguments.update({name: gave[fact] for name, fact in before["gives"].items()})
            if "faults" in case:
                sandbox.fault(*case["faults"])
            result = await client.call_tool(case["tool"], arguments)
            [schema] = [t.output_schema for t in (await client.list_tools()).tools if t.name == case["tool"]]
            jsonschema.validate(result.structured_content, schema)
            return result, result.model_dump_json()

    result, text = asyncio.run(called())
    wanted = named(case["expect"], folder)
    got = {"error": failure(result)} if "error" in wanted else success(result)
    md5 = hashlib.md5(b"%PDF").hexdigest()
    if case["name"] not in REWORDED:
        compare(case["name"], json.loads(json.dumps(wanted).replace("{md5}", md5)), got)
    for operation, count in case.get("requests", {}).items():
        assert len(sandbox.requests(operation)) == count, operation
    # Neither a key nor an address gets into the conversation.
    for secret in [*sandbox.secrets, "X-Amz", "http://", "https://"]:
        assert secret not in text.replace("https://elsewhere.example/x", ""), text


def test_a_sealed_file_is_opened(sandbox: Sandbox, tmp_path: Path) -> None:
    scenarios = json.loads((VECTORS / "scenarios" / "transfers.json").read_text())
    [case] = [case for case in scenarios if case["name"] == "a_sealed_file_opens"]
    (tmp_path / "outbox").mkdir()
    (tmp_path / "outbox" / "sealed").write_bytes(bytes.fromhex(case["sources"][0]["hex"]))
    assert case["args"].pop("private_key") == PRIVATE_KEY

    async def opened() -> dict[str, Any]:
        async with everything(sandbox, tmp_path).client() as client:
            return success(
                await client.call_tool("open_sealed", {"path": "sealed", "to": "open", **case["args"]})
            )

    opened_to = tmp_path / "outbox" / "open"
    assert asyncio.run(opened()) == {"path": str(opened_to), "bytes": 20}
    assert opened_to.read_bytes().hex() == case["expect"]["result"]["hex"]
