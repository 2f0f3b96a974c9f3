"""A machine that has room for few threads."""

from __future__ import annotations

from pathlib import Path

import pytest
from conftest import HERE, Programs, Sandbox, run


@pytest.fixture(scope="session")
def refusing(tmp_path_factory: pytest.TempPathFactory) -> Path:
    shim = tmp_path_factory.mktemp("refusing") / "refuse_threads.so"
    run(["gcc", "-shared", "-fPIC", HERE / "refuse_threads.c", "-o", shim, "-ldl", "-lpthread"])
    return shim


@pytest.mark.parametrize("room", [0, 1, 2, 3, 16])
def test_a_call_runs_on_the_threads_there_are(
    sandbox: Sandbox, programs: Programs, refusing: Path, tmp_path: Path, room: int
) -> None:
    (tmp_path / "large").write_bytes(bytes(3_000_000))
    environment = sandbox.environment | {
        "LD_PRELOAD": str(refusing),
        "REFUSE_THREADS": str(tmp_path / "room"),
    }
    done = run([programs["room"], tmp_path / "room", str(room), tmp_path / "large"], env=environment)
    said = dict(line.split(": ", 1) for line in done.stdout.splitlines())
    refused = {what: text for what, text in said.items() if text != "sent"}
    assert all("no thread could be started" in text and "ulimit -u" in text for text in refused.values())
    # A stream is read on a thread of its own.
    streams = {"stream"} if room < 2 else set()
    assert refused.keys() == (said.keys() if room == 0 else streams), said
    assert len(sandbox.objects()) == len(said) - len(refused)
