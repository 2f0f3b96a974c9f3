"""A sandbox for the session, emptied before each test, and clients of it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TypeVar

import pytest
from dropoff import AgentDrop, AsyncAgentDrop, AsyncHCompany, AsyncStorage, HCompany, Storage

ROOT = Path(__file__).resolve().parents[2]
VECTORS = ROOT / "tests" / "vectors"
# What the runners in Python share. At the end: a file of this folder comes before a folder of that one.
sys.path.append(str(ROOT / "tests"))

from control import HANGS, Control  # noqa: E402

PROGRAM = Path(os.environ.get("DROPOFF_SANDBOX", ROOT / "target" / "debug" / "dropoff-sandbox"))

DEVELOPERS_OWN = (
    "HAI_API_KEY",
    "HAI_API_BASE_URL",
    "AGENTDROP_API_KEY",
    "AGENTDROP_BASE_URL",
    "DROPOFF_TRUSTED_STORAGE",
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "ALL_PROXY",
)

_Client = TypeVar("_Client", HCompany, AgentDrop, AsyncHCompany, AsyncAgentDrop)


# A shell ignores Ctrl-C for what it runs in the background, and so would every program that is started here.
# What has a handler is not inherited.
signal.signal(signal.SIGINT, signal.default_int_handler)


class Sandbox(Control):
    """A running sandbox: where it is, how it is controlled, and clients of it."""

    def __init__(self, ready: dict[str, Any]) -> None:
        super().__init__(ready["control_url"])
        self.api_url: str = ready["api_url"]
        self.storage_url: str = ready["storage_url"]
        # Of a certificate that nobody trusts; not every sandbox has it.
        self.untrusted_storage_url: str | None = ready.get("untrusted_storage_url")
        self.h_api_key: str = ready["h_api_key"]
        self.agentdrop_api_key: str = ready["agentdrop_api_key"]

    # -- clients

    def options(self, **options: Any) -> dict[str, Any]:
        trusted = [url for url in (self.storage_url, self.untrusted_storage_url) if url]
        return {"trusted_storage": trusted, "backoff_base": 0.001} | options

    def _client(self, cls: type[_Client], key: str, api_key: str | None, options: dict[str, Any]) -> _Client:
        key = key if api_key is None else api_key
        return cls(key, base_url=self.api_url, **self.options(**options))

    def hcompany(self, api_key: str | None = None, **options: Any) -> HCompany:
        return self._client(HCompany, self.h_api_key, api_key, options)

    def async_hcompany(self, api_key: str | None = None, **options: Any) -> AsyncHCompany:
        return self._client(AsyncHCompany, self.h_api_key, api_key, options)

    def agentdrop(self, api_key: str | None = None, **options: Any) -> AgentDrop:
        return self._client(AgentDrop, self.agentdrop_api_key, api_key, options)

    def async_agentdrop(self, api_key: str | None = None, **options: Any) -> AsyncAgentDrop:
        return self._client(AsyncAgentDrop, self.agentdrop_api_key, api_key, options)

    def storage(self, **options: Any) -> Storage:
        return Storage(**self.options(**options))

    def async_storage(self, **options: Any) -> AsyncStorage:
        return AsyncStorage(**self.options(**options))


@pytest.fixture(scope="session")
def running_sandbox() -> Iterator[Sandbox]:
    if not PROGRAM.exists():
        pytest.exit(f"{PROGRAM} is missing; run: cargo build -p dropoff-sandbox", returncode=2)
    process = subprocess.Popen(
        [PROGRAM, "serve", "--exit-with-stdin"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert process.stdin and process.stdout
    with process, process.stdin, process.stdout:
        yield Sandbox(json.loads(process.stdout.readline()))
        process.stdin.close()
        process.wait(HANGS)


@pytest.fixture
def sandbox(running_sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Sandbox:
    """An empty sandbox, and nothing of the developer's own keys, addresses or proxies."""
    running_sandbox.reset()
    for name in DEVELOPERS_OWN:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))
    return running_sandbox
