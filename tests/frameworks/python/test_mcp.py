"""MCP: a server of the tools, and the official client."""

from __future__ import annotations

import asyncio

from dropoff.tools import Tool
from mcp import Client
from mcp_types import CallToolResult, ListToolsResult, TextContent
from situations import ARGUMENTS, Sandbox, adapted, check, described


async def called(tools: list[Tool]) -> tuple[ListToolsResult, CallToolResult]:
    async with Client(adapted("MCP, in Python", tools)["server"]) as client:
        return await client.list_tools(), await client.call_tool("send_files", ARGUMENTS)


def seen(tools: list[Tool]) -> str:
    listed, result = asyncio.run(called(tools))
    for told, due in zip(listed.tools, described().values(), strict=True):
        assert (told.name, told.title, told.description) == (due["name"], due["title"], due["description"])
        assert (told.input_schema, told.output_schema) == (due["input"], due["output"])
        assert told.annotations and told.annotations.read_only_hint == due["annotations"]["readOnlyHint"]
    [content] = result.content
    assert isinstance(content, TextContent)
    assert result.is_error == ('"error"' in content.text) == (result.structured_content is None)
    return content.text


def test_the_model_sees_the_facts(sandbox: Sandbox, situation: str) -> None:
    check(sandbox, situation, seen)
