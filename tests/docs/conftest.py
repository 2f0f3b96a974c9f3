"""Where the documentation's programs run: a sandbox, a real store, a stand-in for two others, and a home."""

from __future__ import annotations

import json
import os
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from blocks import ROOT, of_page
from stand_in import StandIn, service_account

sys.path += [str(ROOT / "tests" / "sdk"), str(ROOT / "tests" / "seaweed")]

from sandbox_process import Sandbox, missing_binary  # noqa: E402
from weed import BINARY, Weed  # noqa: E402

README = (ROOT / "README.md").read_text("utf-8")

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
    static const char *trusted[2];
    static dropoff_options options = DROPOFF_OPTIONS_INIT;
    trusted[0] = getenv("STORAGE_URL");
    trusted[1] = getenv("AWS_ENDPOINT_URL_S3");
    options.trusted_storage = trusted;
    options.trusted_storage_count = trusted[1] == NULL ? 1 : 2;
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
    """Those of the README."""
    return [block.text for block in of_page(ROOT / "README.md") if block.language == language]


def pytest_configure() -> None:
    if problem := missing_binary():
        raise pytest.UsageError(problem)


@pytest.fixture(scope="session")
def process() -> Iterator[Sandbox]:
    sandbox = Sandbox()
    yield sandbox
    sandbox.stop()


@pytest.fixture
def sandbox(process: Sandbox) -> dict[str, Any]:
    """Where it is, with nothing registered and no fault ordered."""
    process.reset()
    names = ("api_url", "storage_url", "control_url", "h_api_key", "agentdrop_api_key")
    return {name: getattr(process, name) for name in names}


@pytest.fixture(scope="session")
def weed() -> Iterator[Weed]:
    """SeaweedFS, for the programs that sign URLs themselves."""
    if not BINARY.exists():
        raise pytest.UsageError(f"no SeaweedFS at {BINARY}: see tests/seaweed/requirements.txt")
    Weed.bucket = "reports"
    server = Weed()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def stand_in() -> Iterator[StandIn]:
    server = StandIn()
    yield server
    server.stop()


@pytest.fixture
def place(sandbox: dict[str, Any], tmp_path: Path) -> Path:
    """A home with a browser's folder in it, and files to send."""
    profile = tmp_path / ".config" / "google-chrome"
    (profile / "Default").mkdir(parents=True)
    (profile / "Local State").write_text("{}")
    (profile / "Last Version").write_text("131.0.6778.85")
    (profile / "Default" / "Preferences").write_text("{}")
    (tmp_path / "outbox").mkdir()
    for report in ("report.pdf", "outbox/report.pdf"):
        (tmp_path / report).write_bytes(b"%PDF")
    (tmp_path / "large.bin").write_bytes(os.urandom(1 << 20) * 17)
    # The official SDK's key file, and the recipient's key at the service. One pair will do for both.
    (tmp_path / ".agentdrop").mkdir()
    (tmp_path / ".agentdrop" / "config.json").write_text(json.dumps({"private_key": PRIVATE}))
    agent = json.dumps({"agent_id": "analysis-agent", "public_key": PUBLIC}).encode()
    request = urllib.request.Request(f"{sandbox['control_url']}/agents", data=agent, method="POST")
    with urllib.request.urlopen(request, timeout=60):
        return tmp_path


@pytest.fixture
def environment(place: Path, sandbox: dict[str, Any], weed: Weed, stand_in: StandIn) -> dict[str, str]:
    """What the programs find in theirs."""
    (place / "service-account.json").write_text(service_account())
    return {
        "PATH": f"{ROOT / 'tests/docs/bin'}:{os.environ['PATH']}",
        "HOME": str(place),
        "DROPOFF_SANDBOX": os.environ.get("DROPOFF_SANDBOX", str(ROOT / "target/debug/dropoff-sandbox")),
        "API_URL": sandbox["api_url"],
        "STORAGE_URL": sandbox["storage_url"],
        "CONTROL_URL": sandbox["control_url"],
        "HAI_API_KEY": sandbox["h_api_key"],
        "AGENTDROP_API_KEY": sandbox["agentdrop_api_key"],
        "UPLOAD_URL": weed.presign("PUT", "uploaded.pdf"),
        "AWS_ENDPOINT_URL_S3": weed.url,
        "AWS_ACCESS_KEY_ID": weed.access_key,
        "AWS_SECRET_ACCESS_KEY": weed.secret_key,
        "AWS_REGION": weed.region,
        "AWS_DEFAULT_REGION": weed.region,
        "STORAGE_EMULATOR_HOST": stand_in.url,
        "AZURE_STORAGE_CONNECTION_STRING": stand_in.azure_connection,
        "STAND_IN_URL": stand_in.url,
        "POST_URL": f"{stand_in.url}/posted",
    }
