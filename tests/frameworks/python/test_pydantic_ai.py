"""pydantic-ai: an agent whose model calls a tool and reads what came back."""

from __future__ import annotations

from dropoff.tools import Tool
from pydantic_ai import Agent
from pydantic_ai.messages import ModelMessage, ModelResponse, TextPart, ToolCallPart, ToolReturnPart
from pydantic_ai.models.function import AgentInfo, FunctionModel
from situations import ARGUMENTS, Sandbox, adapted, check, described


def seen(tools: list[Tool]) -> str:
    texts: list[str] = []

    def model(messages: list[ModelMessage], info: AgentInfo) -> ModelResponse:
        told = {tool.name: tool.parameters_json_schema for tool in info.function_tools}
        assert told == {name: due["input"] for name, due in described().items()}
        parts = [part for message in messages for part in message.parts if isinstance(part, ToolReturnPart)]
        if not parts:
            return ModelResponse(parts=[ToolCallPart("send_files", ARGUMENTS)])
        texts.append(parts[-1].model_response_str())
        return ModelResponse(parts=[TextPart("done")])

    made = adapted("pydantic-ai", tools)["pydantic_ai_tools"]
    assert Agent(FunctionModel(model), tools=made).run_sync("send it").output == "done"
    [text] = texts
    return text


def test_the_model_sees_the_facts(sandbox: Sandbox, situation: str) -> None:
    check(sandbox, situation, seen)
