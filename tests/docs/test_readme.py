"""The C and the JavaScript of the README are compiled and run, block by block, against the sandbox.

Its Python is run by tests/python, its Rust compiled as documentation tests.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text("utf-8")
SANDBOX = os.environ.get("DROPOFF_SANDBOX", str(ROOT / "target/debug/dropoff-sandbox"))

# A key pair of the tests.
PRIVATE, PUBLIC = (
    "AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyA=",
    "B6N8vBQgk8i3VdwbEOhstCY3StFqqFPtC9/AsrhtHHw=",
)

# The examples show the services' own addresses; here they are the sandbox's.
C_OPTIONS = """
#include <stdlib.h>
#include <dropoff.h>
static dropoff_options *here(void) {
    dropoff_options *options = NULL;
    if (dropoff_options_new(&options, NULL)
        || dropoff_options_add_text(options, "trusted_storage", getenv("STORAGE_URL"), NULL))
        abort();
    return options;
}
"""


def blocks(language: str) -> list[str]:
    found = re.findall(rf"^```{language}\n(.*?)^```", README, re.M | re.S)
    assert len(found) >= 2, f"both flows in {language}"
    return found


@pytest.fixture(scope="module")
def sandbox() -> Iterator[dict[str, Any]]:
    command = [SANDBOX, "serve", "--exit-with-stdin"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin and process.stdout
        yield json.loads(process.stdout.readline())
        process.stdin.close()


@pytest.fixture
def place(sandbox: dict[str, Any], tmp_path: Path) -> Path:
    """A home with a browser's folder in it, and a file to send."""
    profile = tmp_path / ".config" / "google-chrome"
    profile.mkdir(parents=True)
    (profile / "Local State").write_text("{}")
    (tmp_path / "report.pdf").write_bytes(b"%PDF")
    # The official SDK's key file, and the recipient's key at the service. One pair will do for both.
    (tmp_path / ".agentdrop").mkdir()
    (tmp_path / ".agentdrop" / "config.json").write_text(json.dumps({"private_key": PRIVATE}))
    agent = json.dumps({"agent_id": "analysis-agent", "public_key": PUBLIC}).encode()
    request = urllib.request.Request(f"{sandbox['control_url']}/agents", data=agent, method="POST")
    with urllib.request.urlopen(request, timeout=30):
        return tmp_path


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


@pytest.mark.parametrize("block", blocks("c"))
def test_c(block: str, place: Path, sandbox: dict[str, Any]) -> None:
    prefix = place / "prefix"
    subprocess.run([ROOT / "bindings-c/install.sh", prefix, ROOT / "target/debug"], check=True)
    clients = re.compile(r"(dropoff_(?:hcompany_new\(NULL, NULL|agentdrop_new\(NULL)), NULL, NULL,")
    program, replaced = clients.subn(r'\1, getenv("API_URL"), here(),', block)
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
