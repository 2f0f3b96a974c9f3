"""The Python of the package's README is run, block by block, in a folder where its files exist.

`tests/docs` runs the rest of the documentation.
"""

from __future__ import annotations

import functools
import json
import re
from pathlib import Path

import dropoff
import pytest
from conftest import PROGRAM, ROOT, Sandbox
from dropoff import KeyPair
from helpers import user_data

TEXTS = [ROOT / "bindings-python" / "README.md"]
BLOCKS = [
    (path.relative_to(ROOT), at, block)
    for path in TEXTS
    for at, block in enumerate(re.findall(r"^```python\n(.*?)^```", path.read_text("utf-8"), re.M | re.S), 1)
]


def test_there_are_examples() -> None:
    assert {path for path, _, _ in BLOCKS} == {path.relative_to(ROOT) for path in TEXTS}


@pytest.mark.parametrize(("path", "at", "block"), BLOCKS, ids=[f"{p}-{n}" for p, n, _ in BLOCKS])
def test_block(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, path: Path, at: int, block: str
) -> None:
    user_data(Path.home() / ".config" / "google-chrome")
    (tmp_path / "report.pdf").write_bytes(b"%PDF")
    pair = KeyPair.generate()
    (Path.home() / ".agentdrop").mkdir()
    (Path.home() / ".agentdrop" / "config.json").write_text(
        json.dumps({"private_key": pair.reveal_private_key()})
    )
    for agent in ("data-pipeline", "analysis-agent"):
        sandbox.agents({"agent_id": agent, "public_key": pair.public_key})
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DROPOFF_SANDBOX", str(PROGRAM))
    monkeypatch.setenv("HAI_API_KEY", sandbox.h_api_key)
    monkeypatch.setenv("AGENTDROP_API_KEY", sandbox.agentdrop_api_key)
    # The examples show the services' own addresses; here they are the sandbox's.
    for name in ("HCompany", "AgentDrop", "AsyncHCompany", "AsyncAgentDrop"):
        here = functools.partial(getattr(dropoff, name), base_url=sandbox.api_url, **sandbox.options())
        monkeypatch.setattr(dropoff, name, here)
    exec(compile(block, f"{path} block {at}", "exec"), {"__name__": "__example__"})
