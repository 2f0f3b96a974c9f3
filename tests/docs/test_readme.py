"""The C and the JavaScript of the README are compiled and run, block by block, against the sandbox.

Its Python is run by tests/python, its Rust compiled as documentation tests.
"""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
from conftest import C_OPTIONS, ROOT, blocks


def run(command: list[str], place: Path, sandbox: dict[str, Any]) -> str:
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(place),
        "API_URL": sandbox["api_url"],
        "STORAGE_URL": sandbox["storage_url"],
        "HAI_API_KEY": sandbox["h_api_key"],
        "AGENTDROP_API_KEY": sandbox["agentdrop_api_key"],
    }
    done = subprocess.run(command, cwd=place, env=environment, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def prefix(tmp_path_factory: pytest.TempPathFactory) -> Path:
    prefix = tmp_path_factory.mktemp("installed") / "prefix"
    subprocess.run([ROOT / "bindings-c/install.sh", prefix, ROOT / "target/debug"], check=True)
    return prefix


@pytest.mark.parametrize("block", blocks("c"))
def test_c(block: str, place: Path, prefix: Path, sandbox: dict[str, Any]) -> None:
    clients = re.compile(r"dropoff_(hcompany|agentdrop)_new\(NULL,")
    program, replaced = clients.subn(r"dropoff_\1_new(\1_here(),", block)
    assert replaced == 1
    (place / "example.c").write_text(C_OPTIONS + program)
    flags = subprocess.run(
        ["pkg-config", "--cflags", "--libs", "dropoff"],
        env={"PATH": os.environ["PATH"], "PKG_CONFIG_PATH": str(prefix / "lib/pkgconfig")},
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()
    strict = ["-std=c99", "-Wall", "-Wextra", "-Werror", "-pedantic"]
    compile_it = ["cc", *strict, "example.c", "-o", "example", *flags, f"-Wl,-rpath,{prefix}/lib"]
    subprocess.run(compile_it, cwd=place, check=True)
    assert re.search(r"verified: 1|is active", run([str(place / "example")], place, sandbox))


@pytest.mark.parametrize("block", blocks("js"))
def test_node(block: str, place: Path, sandbox: dict[str, Any]) -> None:
    (place / "node_modules").mkdir()
    (place / "node_modules" / "dropoff").symlink_to(ROOT / "bindings-node")
    here = "{ baseUrl: process.env.API_URL, trustedStorage: [process.env.STORAGE_URL] }"
    program, replaced = re.subn(r"new (HCompany|AgentDrop)\(\)", rf"new \1({here})", block)
    assert replaced == 1
    (place / "example.mjs").write_text(program)
    assert re.search(r" true$| active$", run(["node", "example.mjs"], place, sandbox).strip())
