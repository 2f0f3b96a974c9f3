"""What frameworks are shown: adapters of docs/guides/agents.md, and what a model must see of four calls."""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
sys.path.append(str(ROOT / "tests"))

from child import Child  # noqa: E402
from control import Control  # noqa: E402
from dropoff import AgentDrop  # noqa: E402
from dropoff.tools import Tool, make_tools  # noqa: E402

PROGRAM = os.environ.get("DROPOFF_SANDBOX") or str(ROOT / "target" / "debug" / "dropoff-sandbox")
RECIPIENTS = ["analysis-agent"]
ARGUMENTS = {"paths": ["report.pdf"], "recipient": "analysis-agent"}
LOST = {"on": "confirm", "times": -1, "do": {"lose_reply": True}}
SILENT = {"on": "get_transfer", "times": -1, "do": {"reply": {"status": 500}}}
# By name: the faults, the key, and what the model sees.
SITUATIONS: dict[str, tuple[list[dict[str, Any]], str | None, dict[str, Any]]] = {
    "success": ([], None, {"status": "active"}),
    "503": (
        [{"on": "presign", "do": {"reply": {"status": 503}}}],
        None,
        {"kind": "unavailable", "retryable": True, "outcome": "not_completed"},
    ),
    "wrong_key": (
        [],
        "agd_wrong",
        {"kind": "authentication", "retryable": False, "outcome": "not_completed"},
    ),
    "unknown": ([LOST, SILENT], None, {"kind": "unknown_outcome", "retryable": False, "outcome": "unknown"}),
}


def adapted(heading: str, tools: list[Tool]) -> dict[str, Any]:
    """What the lines below a heading of the guide make of the tools, by name."""
    text = (ROOT / "docs" / "guides" / "agents.md").read_text("utf-8")
    section = text.split(f"\n### {heading}\n")[1].split("\n## ")[0].split("\n### ")[0]
    [block] = re.findall(r"^```python\n(.*?)^```", section, re.M | re.S)
    names: dict[str, Any] = {"tools": tools, "__name__": "__example__"}
    exec(compile(block, f"docs/guides/agents.md, {heading}", "exec"), names)
    return names


def described() -> dict[str, dict[str, Any]]:
    """What a model must be told of each tool, by name; not from the tools, which a framework may change."""
    text = (ROOT / "core" / "src" / "tools" / "description.json").read_text("utf-8")
    tools: dict[str, dict[str, Any]] = {tool["name"]: tool for tool in json.loads(text)["tools"]}
    tools["send_files"]["input"]["properties"]["recipient"]["enum"] = RECIPIENTS
    return {name: tool for name, tool in tools.items() if tool["client"] == "agentdrop"}


class Sandbox(Control):
    def __init__(self, ready: dict[str, Any], folder: Path) -> None:
        super().__init__(ready["control_url"])
        self._ready = ready
        self._folder = folder
        (folder / "report.pdf").write_bytes(b"%PDF")

    def tools(self, api_key: str | None) -> list[Tool]:
        drop = AgentDrop(
            api_key or self._ready["agentdrop_api_key"],
            base_url=self._ready["api_url"],
            trusted_storage=[self._ready["storage_url"]],
            max_attempts=2,
            backoff_base=0.001,
        )
        return make_tools(roots=[self._folder], agentdrop=drop, sender="a", recipients=RECIPIENTS)


@contextmanager
def running(folder: Path) -> Iterator[Sandbox]:
    with Child([PROGRAM, "serve", "--exit-with-stdin"]) as child:
        yield Sandbox(child.ready, folder)


def check(sandbox: Sandbox, situation: str, seen: Callable[[list[Tool]], str]) -> dict[str, Any]:
    """`seen` lets the framework's model call send_files, and gives the text that the model sees of it."""
    faults, key, wanted = SITUATIONS[situation]
    sandbox.reset()
    tools = sandbox.tools(key)
    if faults:
        sandbox.fault(*faults)
    text = seen(tools)
    told: dict[str, Any] = json.loads(text)
    facts = told if situation == "success" else told["error"]
    assert {name: facts[name] for name in wanted} == wanted, told
    assert situation == "success" or facts["next"].endswith("."), told
    sent = [entry["op"] for entry in sandbox.requests()]
    assert sent.count("presign") == 1, "the framework repeated what it was told not to"
    return told
