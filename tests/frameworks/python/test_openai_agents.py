"""openai-agents: a run whose model calls a tool and reads what came back."""

from __future__ import annotations

import json
from typing import Any

from agents import Agent, Model, ModelResponse, Runner, Usage, set_tracing_disabled
from dropoff.tools import Tool
from openai.types.responses import ResponseFunctionToolCall, ResponseOutputMessage, ResponseOutputText
from situations import ARGUMENTS, Sandbox, adapted, check, described

set_tracing_disabled(True)


class Calling(Model):
    """Calls send_files, and keeps the text it is told of that."""

    def __init__(self, arguments: str) -> None:
        self.arguments = arguments
        self.texts: list[str] = []

    async def get_response(self, *_: Any, **given: Any) -> ModelResponse:
        items = [item for item in given["input"] if isinstance(item, dict)]
        outputs = [item["output"] for item in items if item.get("type") == "function_call_output"]
        self.texts += outputs
        return ModelResponse(output=[done() if outputs else self._call()], usage=Usage(), response_id=None)

    def _call(self) -> ResponseFunctionToolCall:
        return ResponseFunctionToolCall(
            type="function_call", name="send_files", call_id="1", arguments=self.arguments
        )

    def stream_response(self, *_: Any, **__: Any) -> Any:
        raise NotImplementedError


def done() -> ResponseOutputMessage:
    text = ResponseOutputText(text="done", type="output_text", annotations=[])
    return ResponseOutputMessage(id="1", type="message", role="assistant", status="completed", content=[text])


def seen(tools: list[Tool], arguments: str = json.dumps(ARGUMENTS)) -> str:
    model = Calling(arguments)
    made = adapted("openai-agents", tools)["openai_agents_tools"]
    assert [tool.params_json_schema for tool in made] == [due["input"] for due in described().values()]
    assert Runner.run_sync(Agent(name="a", model=model, tools=made), "send it").final_output == "done"
    [text] = model.texts
    return text


def test_the_model_sees_the_facts(sandbox: Sandbox, situation: str) -> None:
    check(sandbox, situation, seen)


def test_the_model_is_told_of_its_own_slip(sandbox: Sandbox) -> None:
    told = json.loads(seen(sandbox.tools(None), "{'paths': 1}"))["error"]
    assert (told["kind"], told["outcome"]) == ("invalid_input", "not_completed")
