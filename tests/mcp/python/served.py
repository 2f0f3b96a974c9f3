"""`dropoff mcp` as a client starts it, for the official SDK and for lines on its standard input."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[3]
sys.path.append(str(ROOT / "tests"))

from child import Child as Child  # noqa: E402
from control import Control  # noqa: E402
from control import until as until  # noqa: E402
from mcp import Client  # noqa: E402
from mcp.client.stdio import StdioServerParameters  # noqa: E402
from mcp_types import CallToolResult, TextContent  # noqa: E402

DEBUG = ROOT / "target" / "debug"
SANDBOX = os.environ.get("DROPOFF_SANDBOX") or str(DEBUG / "dropoff-sandbox")
PROGRAM = str(DEBUG / "dropoff")
VECTORS = ROOT / "tests" / "vectors"
# Handshakes of the protocol: that of 2025 and before, and that of 2026.
MODES = ["legacy", "auto"]
# The answers to such a case are the same in the other suites.
PRIVATE_KEY = "QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVpbXF1eX2A="
PUBLIC_KEY = "ZLEBsdC+WocEvQePmJUAH8A+jp+VIvGI3RKNmEbUhGY="


class Sandbox(Control):
    def __init__(self, ready: dict[str, Any]) -> None:
        super().__init__(ready["control_url"])
        self.ready = ready

    @property
    def secrets(self) -> list[str]:
        return [self.ready["agentdrop_api_key"], self.ready["h_api_key"], PRIVATE_KEY]

    def environment(self, **more: str) -> dict[str, str]:
        """What a client's settings would have in `env`."""
        keys = {
            "AGENTDROP_API_KEY": self.ready["agentdrop_api_key"],
            "AGENTDROP_BASE_URL": self.ready["api_url"],
            "HAI_API_KEY": self.ready["h_api_key"],
            "HAI_API_BASE_URL": self.ready["api_url"],
            "DROPOFF_TRUSTED_STORAGE": self.ready["storage_url"],
        }
        return keys | more


class Server:
    """The settings of one `dropoff mcp`."""

    def __init__(self, sandbox: Sandbox, *arguments: str, **environment: str) -> None:
        self.sandbox = sandbox
        self.arguments = ["mcp", "--from", "sender-agent", "--backoff-base", "1ms", *arguments]
        self.environment = sandbox.environment(**environment)

    @asynccontextmanager
    async def client(self, mode: str = "auto", **callbacks: Any) -> AsyncIterator[Client]:
        settings = StdioServerParameters(command=PROGRAM, args=self.arguments, env=self.environment)
        async with Client(settings, mode=mode, **callbacks) as client:
            yield client

    def start(self) -> Raw:
        return Raw([PROGRAM, *self.arguments], {**os.environ, **self.environment})


class Raw:
    """The program without a client: a line in, a line out."""

    def __init__(self, command: list[str], environment: dict[str, str]) -> None:
        pipe = subprocess.PIPE
        self.process = subprocess.Popen(
            command, env=environment, stdin=pipe, stdout=pipe, stderr=pipe, text=True, bufsize=1
        )
        assert self.process.stdin and self.process.stdout
        self.stdin, self.stdout = self.process.stdin, self.process.stdout

    def send(self, line: str | dict[str, Any]) -> None:
        self.stdin.write((line if isinstance(line, str) else json.dumps(line)) + "\n")

    def receive(self) -> dict[str, Any]:
        message: dict[str, Any] = json.loads(self.stdout.readline())
        return message

    def ask(self, number: int, method: str, **params: Any) -> dict[str, Any]:
        self.send({"jsonrpc": "2.0", "id": number, "method": method, "params": params})
        return self.receive()

    def begin(self) -> None:
        about = {"name": "test", "version": "1"}
        answer = self.ask(0, "initialize", protocolVersion="2025-11-25", capabilities={}, clientInfo=about)
        assert answer["result"]["serverInfo"]["name"] == "dropoff", answer
        self.send({"jsonrpc": "2.0", "method": "notifications/initialized"})

    def end(self) -> tuple[int, str]:
        """Closes its input; its exit code, and the words on standard error."""
        self.stdin.close()
        code = self.process.wait(60)
        assert self.process.stderr
        told = self.process.stderr.read()
        self.stdout.close()
        self.process.stderr.close()
        return code, told


def failure(result: CallToolResult) -> dict[str, Any]:
    """The error's facts, which stand in the line that a model acts on, too."""
    assert result.is_error, result
    line, text = result.content
    assert isinstance(line, TextContent) and isinstance(text, TextContent)
    assert json.loads(text.text) == result.structured_content and "\n" not in line.text
    facts: dict[str, Any] = result.structured_content["error"]  # type: ignore[index]
    for name in ("kind", "outcome", "transfer_id"):
        assert name not in facts or f"{name} {facts[name]}" in line.text
    assert facts["next"] in line.text and f"retryable {str(facts['retryable']).lower()}" in line.text
    return facts


def success(result: CallToolResult) -> dict[str, Any]:
    assert not result.is_error, result
    [text] = result.content
    assert isinstance(text, TextContent) and json.loads(text.text) == result.structured_content
    facts: dict[str, Any] = result.structured_content  # type: ignore[assignment]
    return facts
