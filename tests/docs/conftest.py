"""The README's blocks, a sandbox to run them at, and a home to run them in."""

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
static inline const dropoff_options *options_here(void) {
    static const char *trusted[1];
    static dropoff_options options = DROPOFF_OPTIONS_INIT;
    trusted[0] = getenv("STORAGE_URL");
    options.trusted_storage = trusted;
    options.trusted_storage_count = 1;
    return &options;
}
static inline const dropoff_hcompany_settings *hcompany_here(void) {
    static dropoff_hcompany_settings settings = DROPOFF_HCOMPANY_SETTINGS_INIT;
    settings.base_url = getenv("API_URL");
    settings.options = options_here();
    return &settings;
}
static inline const dropoff_agentdrop_settings *agentdrop_here(void) {
    static dropoff_agentdrop_settings settings = DROPOFF_AGENTDROP_SETTINGS_INIT;
    settings.base_url = getenv("API_URL");
    settings.options = options_here();
    return &settings;
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
    with urllib.request.urlopen(request, timeout=60):
        return tmp_path
