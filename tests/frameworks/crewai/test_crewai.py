"""CrewAI: a crew whose model calls a tool and reads what came back."""

from __future__ import annotations

import json
import os
import re
from typing import Any

# Before it is imported: it reports to its makers otherwise.
os.environ |= {
    "CREWAI_DISABLE_TELEMETRY": "true",
    "CREWAI_TRACING_ENABLED": "false",
    "OTEL_SDK_DISABLED": "true",
}

from crewai import Agent, BaseLLM, Crew, Task  # noqa: E402
from dropoff.tools import Tool  # noqa: E402
from situations import ARGUMENTS, Sandbox, adapted, check  # noqa: E402

_CALL = f"Thought: I send it\nAction: send_files\nAction Input: {json.dumps(ARGUMENTS)}"
_DONE = "Thought: I now know the final answer\nFinal Answer: done"


class Calling(BaseLLM):
    """Calls send_files, and keeps the text it is told of that."""

    def call(self, messages: Any, *_: Any, **__: Any) -> str:
        told = [message["content"] for message in messages if "Observation:" in str(message["content"])]
        told = [text for text in told if "\nAction: send_files" in text]
        self.additional_params["seen"] += told
        return _DONE if told else _CALL

    def supports_function_calling(self) -> bool:
        return False


def seen(tools: list[Tool]) -> str:
    texts: list[str] = []
    model = Calling(model="ours", additional_params={"seen": texts})
    made = adapted("CrewAI", tools)["crewai_tools"]
    agent = Agent(role="sender", goal="send", backstory="sends", llm=model, tools=made)
    task = Task(description="send it", expected_output="done", agent=agent)
    assert Crew(agents=[agent], tasks=[task]).kickoff().raw == "done"
    [observed] = re.findall(r"^Observation: (\{.*\})$", texts[0], re.M)
    return str(observed)


def test_the_model_sees_the_facts(sandbox: Sandbox, situation: str) -> None:
    check(sandbox, situation, seen)
