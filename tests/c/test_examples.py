"""The programs of examples/c, compiled as their users would and run against the sandbox."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest
from conftest import BUILT, ROOT, Library, Sandbox, run
from scenarios import pattern, zipped

EXAMPLES = ROOT / "examples" / "c"


@pytest.fixture
def environment(sandbox: Sandbox) -> dict[str, str]:
    keys = {"HAI_API_KEY": sandbox.ready["h_api_key"]}
    keys["AGENTDROP_API_KEY"] = sandbox.ready["agentdrop_api_key"]
    return sandbox.environment | keys


def for_the_sandbox(library: Library, name: str, to: Path) -> Path:
    """The example with the sandbox in place of the services; nothing else is changed."""
    text = (EXAMPLES / name).read_text()
    library.compile(EXAMPLES / name, to.with_suffix(".as_it_stands"))
    changed = text.replace("dropoff_hcompany_new(NULL, &h, &error)", "at_h(&h)")
    changed = changed.replace("dropoff_agentdrop_new(NULL, &d, &error)", "at_agentdrop(&d)")
    assert changed != text
    prelude = (
        '#include "check.h"\n'
        "static inline int at_h(dropoff_hcompany **h) { *h = sandbox_hcompany(); return 0; }\n"
        "static inline int at_agentdrop(dropoff_agentdrop **d) { *d = sandbox_agentdrop(); return 0; }\n"
    )
    source = to.with_suffix(".c")
    source.write_text(prelude + changed)
    return library.compile(source, to)


def test_upload_profile(
    library: Library, sandbox: Sandbox, environment: dict[str, str], tmp_path: Path
) -> None:
    program = for_the_sandbox(library, "upload_profile.c", tmp_path / "upload_profile")
    (tmp_path / "profile.zip").write_bytes(zipped(1000))
    done = run([program], cwd=tmp_path, env=environment)
    assert re.fullmatch(r"[0-9a-f-]{36} verified: true\n", done.stdout)
    done = subprocess.run([program, "/nowhere"], capture_output=True, text=True, env=environment, timeout=240)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "there is no file or folder at /nowhere; check the path\n"


def test_inspect_profile(library: Library, tmp_path: Path) -> None:
    program = library.compile(EXAMPLES / "inspect_profile.c", tmp_path / "inspect_profile")
    (tmp_path / "browser" / "Default").mkdir(parents=True)
    (tmp_path / "browser" / "Local State").write_text("{}")
    (tmp_path / "browser" / "Default" / "Cookies").write_bytes(pattern(100))
    (tmp_path / "browser" / "Default" / "Cache").mkdir()
    (tmp_path / "browser" / "Default" / "Cache" / "data_0").write_bytes(pattern(2000))
    # No key, no service: there is nothing in its environment.
    done = run([program, tmp_path / "browser"], env={})
    first, *sizes, last = done.stdout.splitlines()
    assert first == "Chromium, lock: none"
    kinds = {tuple(line.rsplit(None, 3)[:2]) for line in sizes}
    assert kinds >= {("packed", "login"), ("stays here", "cache")}
    assert re.search(r"^stays here cache +2000 bytes$", done.stdout, re.M)
    assert last.startswith("will log in on Linux: unknown, ")
    done = subprocess.run([program, tmp_path], capture_output=True, text=True, env={}, timeout=240)
    assert done.returncode == 1 and "is not a browser's user-data folder" in done.stderr


def test_send_files(library: Library, sandbox: Sandbox, environment: dict[str, str], tmp_path: Path) -> None:
    program = for_the_sandbox(library, "send_files.c", tmp_path / "send_files")
    for name in ("a.pdf", "b.csv"):
        (tmp_path / name).write_bytes(pattern(100))
    done = run([program, tmp_path / "a.pdf", tmp_path / "b.csv"], env=environment)
    assert re.fullmatch(r"tr_\S+ is active\n", done.stdout)
    assert len(sandbox.requests("put")) == 2
    done = subprocess.run([program], capture_output=True, text=True, env=environment, timeout=240)
    assert done.returncode == 1 and "empty" in done.stderr


def test_demo() -> None:
    """Twice at once: it shares nothing."""
    demos = [
        subprocess.Popen([EXAMPLES / "demo.sh", BUILT], stdout=subprocess.PIPE, text=True) for _ in range(2)
    ]
    for demo in demos:
        output, _ = demo.communicate(timeout=240)
        assert demo.returncode == 0
        assert "packed     3 files, 2 locks and caches left out" in output
        assert re.search(r"^  report\.pdf 3000025 bytes sealed, ", output, re.M)
        assert re.search(r"^  sealed for [0-9a-f]{64} \(the word of the caller\)$", output, re.M)
        assert output.count("verified: true") == 3 and output.endswith("\nAll arrived.\n")
