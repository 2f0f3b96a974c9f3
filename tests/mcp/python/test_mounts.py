"""Folders on a mount that does not answer any more: one of ours, by FUSE (`tests/python/mount.py`)."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from served import ROOT, Sandbox, Server

pytestmark = pytest.mark.skipif(
    os.geteuid() != 0 or not os.access("/dev/fuse", os.R_OK | os.W_OK),
    reason="to mount needs root and /dev/fuse",
)


@pytest.fixture
def mount(outbox: Path, tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """Shows `outbox` as `mounted`. A signal stops it; whoever waits for it then can still be ended."""
    (tmp_path / "mounted").mkdir()
    program = [sys.executable, str(ROOT / "tests/python/mount.py"), str(outbox), str(tmp_path / "mounted")]
    pipe = subprocess.PIPE
    with subprocess.Popen(program, stdin=pipe, stdout=pipe, text=True) as process:
        assert process.stdout and process.stdout.readline() == "{}\n", "it is not mounted"
        yield process
        process.kill()
    subprocess.run(["umount", "--lazy", tmp_path / "mounted"], check=True)


def test_a_dead_mount_keeps_no_server(sandbox: Sandbox, mount: subprocess.Popen[str], tmp_path: Path) -> None:
    mount.send_signal(signal.SIGSTOP)
    server = Server(sandbox, "--allow-root", str(tmp_path / "mounted"), "--allow-to", "b")
    raw = server.start()
    raw.begin()
    for number in (1, 2):
        params = {"name": "send_files", "arguments": {"paths": ["report.pdf"], "recipient": "b"}}
        raw.send({"jsonrpc": "2.0", "id": number, "method": "tools/call", "params": params})
    raw.send({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": 1}})
    assert raw.ask(3, "ping")["id"] == 3
    code, told = raw.end()
    assert code == 0 and "mounted is allowed and does not answer; check the mount it is on" in told, told
