from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from served import MODES, SANDBOX, Child, Sandbox, Server


@pytest.fixture(scope="session")
def running() -> Iterator[Sandbox]:
    with Child([SANDBOX, "serve", "--exit-with-stdin"]) as child:
        yield Sandbox(child.ready)


@pytest.fixture
def sandbox(running: Sandbox) -> Sandbox:
    running.reset()
    return running


@pytest.fixture(params=MODES)
def mode(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


@pytest.fixture
def outbox(tmp_path: Path) -> Path:
    folder = tmp_path / "outbox"
    folder.mkdir()
    (folder / "report.pdf").write_bytes(b"%PDF")
    return folder


@pytest.fixture
def server(sandbox: Sandbox, outbox: Path) -> Server:
    """Sends files of `outbox` to `b` and `c`, and asks nobody."""
    return Server(
        sandbox, "--allow-root", str(outbox), "--allow-to", "b", "--allow-to", "c", "--ask", "never"
    )


@pytest.fixture(autouse=True)
def no_keys_of_the_machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in list(os.environ):
        if name.startswith(("AGENTDROP_", "HAI_", "DROPOFF_")) and name != "DROPOFF_SANDBOX":
            monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))
