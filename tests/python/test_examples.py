"""The examples do what they say."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from conftest import PROGRAM, ROOT, Sandbox
from helpers import user_data


def run(sandbox: Sandbox, example: str, *args: Path | str) -> subprocess.CompletedProcess[str]:
    where = {
        "HAI_API_KEY": sandbox.h_api_key,
        "AGENTDROP_API_KEY": sandbox.agentdrop_api_key,
        "SANDBOX_API": sandbox.api_url,
        "SANDBOX_STORAGE": sandbox.storage_url,
    }
    command = [sys.executable, "-W", "error", str(ROOT / "examples" / "python" / example), *map(str, args)]
    return subprocess.run(
        command, env=os.environ | where, capture_output=True, text=True, timeout=240, check=False
    )


def files(folder: Path) -> list[Path]:
    paths = [folder / "report.pdf", folder / "rows.csv"]
    for path in paths:
        path.write_bytes(b"%PDF")
    return paths


def test_upload_profile(sandbox: Sandbox, tmp_path: Path) -> None:
    done = run(sandbox, "upload_profile.py", user_data(tmp_path / "chromium"))
    assert done.returncode == 0 and "verified: true" in done.stdout, done.stderr
    assert done.stderr.startswith("will log in on Linux: likely, because ")
    done = run(sandbox, "upload_profile.py", tmp_path / "nowhere")
    assert done.returncode == 1 and "check the path" in done.stderr and "Traceback" not in done.stderr


def test_send_files(sandbox: Sandbox, tmp_path: Path) -> None:
    done = run(sandbox, "send_files.py", *files(tmp_path))
    assert done.returncode == 0, done.stderr
    assert "is active" in done.stdout and "report.pdf 4 bytes verified: true" in done.stdout


def test_send_async(sandbox: Sandbox, tmp_path: Path) -> None:
    done = run(sandbox, "send_async.py", *files(tmp_path))
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.count("verified: true") == 2 and len(sandbox.requests("confirm")) == 2
    done = run(sandbox, "send_async.py", *files(tmp_path), tmp_path / "missing")
    assert done.returncode == 1 and done.stdout.count("verified: true") == 2
    assert f"{tmp_path / 'missing'}: there is no file" in done.stderr and "Traceback" not in done.stderr


def test_demo(sandbox: Sandbox) -> None:
    done = run(sandbox, "demo.py", PROGRAM)
    assert done.returncode == 0 and "All arrived." in done.stdout, done.stderr
    assert "(as the service says)" in done.stdout and done.stdout.count("as it was sent") == 2


def test_none_is_left_out() -> None:
    names = {path.name for path in (ROOT / "examples" / "python").glob("*.py")}
    source = Path(__file__).read_text()
    assert all(f'"{name}"' in source for name in names), names
