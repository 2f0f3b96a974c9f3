"""Profiles of real browsers, uploaded by each language, unpacked from storage and opened again."""

from __future__ import annotations

import importlib.util
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import firefox
import pytest
from browser import PROGRAM, SHELL
from languages import BUILT, LANGUAGES, Language, compile_program
from logins import log_in
from sandbox_process import ROOT, Sandbox, missing_binary
from website import Website

TOKEN = "4f1c9be27d"
# What the suite needs, by the package of Debian that has it.
TOOLS = {
    PROGRAM: "chromium",
    SHELL: "chromium-headless-shell",
    firefox.PROGRAM: "firefox-esr",
    "certutil": "libnss3-tools",
    "unshare": "util-linux",
    "unzip": "unzip",
    "gcc": "gcc",
    "pkg-config": "pkg-config",
    "node": "nodejs",
}


def pytest_configure() -> None:
    """Says what is missing in one line instead of in every test."""
    problems = [missing_binary()]
    for tool, package in TOOLS.items():
        if shutil.which(tool) is None:
            problems.append(f"{Path(tool).name} is missing: apt-get install {package}")
    if importlib.util.find_spec("websockets") is None:
        problems.append("the Python package websockets is missing: make .venv/done")
    if importlib.util.find_spec("dropoff") is None:
        problems.append("the Python package is missing: make python")
    if not (ROOT / "bindings-node" / "dropoff.linux-x64-gnu.node").exists():
        problems.append("the Node module is missing: make node")
    if not (BUILT / "libdropoff_c.so").exists():
        problems.append("the C library is missing: cargo build -p dropoff-c")
    if problems := list(filter(None, problems)):
        raise pytest.UsageError("; ".join(problems))
    # A proxy that a user has set up is not for loopback.
    os.environ["NO_PROXY"] = os.environ["no_proxy"] = "127.0.0.1"


@pytest.fixture(scope="session")
def website() -> Iterator[Website]:
    site = Website()
    yield site
    site.stop()


@pytest.fixture(scope="session")
def running_sandbox() -> Iterator[Sandbox]:
    process = Sandbox()
    yield process
    process.stop()


@pytest.fixture
def sandbox(running_sandbox: Sandbox) -> Sandbox:
    """Both services, with nothing stored."""
    running_sandbox.reset()
    return running_sandbox


@pytest.fixture(scope="session")
def c_program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return compile_program(tmp_path_factory.mktemp("c"))


@pytest.fixture(params=LANGUAGES)
def language(request: pytest.FixtureRequest, sandbox: Sandbox, c_program: Path) -> Language:
    """Each language in turn."""
    return LANGUAGES[request.param](sandbox, c_program)


@pytest.fixture(scope="session")
def closed_profile(tmp_path_factory: pytest.TempPathFactory, website: Website) -> Path:
    """The folder of a browser that has logged in, with `TOKEN`, and was closed."""
    folder = tmp_path_factory.mktemp("closed") / "chromium"
    log_in(website, folder, TOKEN)
    return folder
