"""LangChain: the message that a chat model gets for its call of a tool."""

from __future__ import annotations

import asyncio

from dropoff.tools import Tool
from langchain_core.messages import ToolMessage
from langchain_core.tools import StructuredTool
from langchain_core.utils.function_calling import convert_to_openai_tool
from situations import ARGUMENTS, Sandbox, adapted, check, described

CALL = {"type": "tool_call", "id": "1", "name": "send_files", "args": ARGUMENTS}


def made(tools: list[Tool]) -> StructuredTool:
    send: StructuredTool = adapted("LangChain", tools)["langchain_tools"][0]
    return send


def text(message: ToolMessage) -> str:
    assert isinstance(message.content, str) and message.status == "success"
    return message.content


def test_the_model_sees_the_facts(sandbox: Sandbox, situation: str) -> None:
    check(sandbox, situation, lambda tools: text(made(tools).invoke(CALL)))
    check(sandbox, situation, lambda tools: text(asyncio.run(made(tools).ainvoke(CALL))))


def test_the_model_is_told_the_schema(sandbox: Sandbox) -> None:
    due = described()["send_files"]
    told = convert_to_openai_tool(made(sandbox.tools(None)))["function"]
    assert told["description"] == due["description"]
    assert told["parameters"]["properties"] == due["input"]["properties"]
    assert told["parameters"]["required"] == due["input"]["required"]
