"""The command against a sandbox, as a user runs it: in a clean environment, with pipes or a terminal."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest

ROOT = Path(__file__).resolve().parents[2]
# What the suites in Python share. At the end: a file of this folder comes before a folder of that one.
sys.path.append(str(ROOT / "tests"))

from child import Child  # noqa: E402
from control import HANGS, Control  # noqa: E402

PROGRAM = Path(os.environ.get("DROPOFF_PROGRAM", ROOT / "target" / "debug" / "dropoff"))
# Whether that is one for Windows, which Wine runs: see tests/platforms/windows.py.
WINDOWS = os.environ.get("DROPOFF_PROGRAM_FOR") == "windows"
SCHEMA = json.loads((ROOT / "docs" / "assets" / "cli.schema.json").read_text("utf-8"))

# The result that each command prints.
RESULTS = {
    "send": "sent_transfer",
    "open": "opened_file",
    "transfer get": "transfer",
    "put": "stored_object",
    "post-form": "stored_object",
    "put-parts": "stored_parts",
    "profile upload": "profile",
    "profile get": "profile",
    "profile inspect": "inspection",
    "key new": "key",
    "key show": "key",
    "whoami": "identity",
    "doctor": "examination",
    "completion": "script",
    "man": "manual",
}


def strict(schema: Any) -> Any:
    """The same schema, in which an object has the members that are named and no others."""
    if isinstance(schema, list):
        return [strict(entry) for entry in schema]
    if not isinstance(schema, dict):
        return schema
    inner = {name: strict(entry) for name, entry in schema.items()}
    return ({"additionalProperties": False} if "properties" in inner else {}) | inner


STRICT = strict(SCHEMA["$defs"])


def words(arguments: tuple[str | Path, ...]) -> Iterator[str]:
    """What may be the command's name: one word or two."""
    texts = [str(argument) for argument in arguments]
    return (name for name in (texts[0], " ".join(texts[:2])) if name in RESULTS)


# A shell ignores Ctrl-C for what it runs in the background, and so would every program that is started here.
signal.signal(signal.SIGINT, signal.default_int_handler)


class Cli(Control):
    """The command, and the sandbox that it is pointed at."""

    def __init__(self, ready: dict[str, Any], folder: Path) -> None:
        super().__init__(ready["control_url"])
        self.ready = ready
        self.folder = folder
        home = folder / "home"
        home.mkdir()
        self.environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(home),
            "AGENTDROP_BASE_URL": ready["api_url"],
            "AGENTDROP_API_KEY": ready["agentdrop_api_key"],
            "HAI_API_BASE_URL": ready["api_url"],
            "HAI_API_KEY": ready["h_api_key"],
            "DROPOFF_TRUSTED_STORAGE": ready["storage_url"],
        }

    def run(
        self, *arguments: str | Path, stdin: str | bytes | None = None, **environment: str | None
    ) -> subprocess.CompletedProcess[str]:
        """Runs the command to its end; a variable that is `None` is not set."""
        changed = {
            name: value for name, value in (self.environment | environment).items() if value is not None
        }
        done = subprocess.run(
            [PROGRAM, *arguments],
            cwd=self.folder,
            env=changed,
            input=stdin.encode() if isinstance(stdin, str) else stdin,
            stdin=subprocess.DEVNULL if stdin is None else None,
            capture_output=True,
            timeout=HANGS,
            check=False,
        )
        return subprocess.CompletedProcess(
            done.args, done.returncode, done.stdout.decode(), done.stderr.decode()
        )

    def json(self, code: int, *arguments: str | Path, **more: Any) -> dict[str, Any]:
        """The one object that it prints with --json, which must be as the published schema says of just
        this command's result, and hold no more."""
        done = self.run("--json", *arguments, **more)
        assert done.returncode == code, f"{done.returncode}: {done.stdout}{done.stderr}"
        [line] = done.stdout.splitlines()
        printed: dict[str, Any] = json.loads(line)
        jsonschema.validate(printed, SCHEMA)
        result = "failure" if "error" in printed else RESULTS[next(words(arguments))]
        if "-n" in arguments:
            result = "transfer_plan"
        jsonschema.validate(printed, {"$ref": f"#/$defs/{result}", "$defs": STRICT})
        return printed

    def error(self, code: int, *arguments: str | Path, **more: Any) -> dict[str, Any]:
        facts: dict[str, Any] = self.json(code, *arguments, **more)["error"]
        return facts

    def file(self, name: str, content: str | bytes = b"some bytes") -> Path:
        path = self.folder / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    def target(self, name: str = "target.json", **changes: Any) -> Path:
        """A presigned PUT of the sandbox for 10 bytes, in a file."""
        return self.file(name, json.dumps(self.presigned(**changes)))

    def presigned(self, **changes: Any) -> dict[str, Any]:
        body = {
            "sender": "a",
            "recipient": "b",
            "mode": "agent-to-agent",
            "files": [{"name": "x.bin", "size": 10, "content_type": "application/octet-stream"}],
        }
        reply = self._api("POST", "/v1/transfers/presigned", body, self.ready["agentdrop_api_key"])
        [url] = reply["upload_urls"]
        return {"url": url["upload_url"], "headers": url.get("headers", {})} | changes

    def presigned_parts(self, size: int) -> list[str]:
        """The URLs of an upload in parts of 5 MiB."""
        body: dict[str, Any] = {
            "sender": "a",
            "recipient": "b",
            "mode": "agent-to-agent",
            "files": [{"name": "x.bin", "size": size, "content_type": "application/octet-stream"}],
        }
        body["files"][0]["part_size"] = 5 << 20
        path = "/v1/transfers/presigned/multipart"
        reply = self._api("POST", path, body, self.ready["agentdrop_api_key"])
        return [part["upload_url"] for part in reply["files"][0]["part_urls"]]

    def form(self) -> dict[str, Any]:
        reply = self._api("POST", "/api/v2/browser-profiles/initiate-upload", None, self.ready["h_api_key"])
        return {"url": reply["upload_url"], "fields": reply["upload_fields"]}

    def _api(self, method: str, path: str, body: Any, key: str) -> dict[str, Any]:
        import urllib.request

        data = b"" if body is None else json.dumps(body).encode()
        headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
        request = urllib.request.Request(self.ready["api_url"] + path, data, headers, method=method)
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(request, timeout=HANGS) as reply:
            answer: dict[str, Any] = json.loads(reply.read())
        return answer


@pytest.fixture(scope="session")
def running() -> Iterator[dict[str, Any]]:
    """The command's own sandbox."""
    if not PROGRAM.exists():
        pytest.exit(f"{PROGRAM} is missing; run: cargo build -p dropoff-cli", returncode=2)
    with Child([PROGRAM, "sandbox", "--exit-with-stdin"]) as sandbox:
        yield sandbox.ready


@pytest.fixture
def cli(running: dict[str, Any], tmp_path: Path) -> Cli:
    command = Cli(running, tmp_path)
    command.reset()
    return command
