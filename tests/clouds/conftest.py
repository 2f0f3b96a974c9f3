from __future__ import annotations

import importlib
import os
from collections.abc import Iterator

import pytest
from backends import COMPANION
from servers import AZURITE, EMULATOR, Azurite, GoogleEmulator
from weed import BINARY as WEED
from weed import Weed


def pytest_configure(config: pytest.Config) -> None:
    needed = (AZURITE, COMPANION, EMULATOR, WEED)
    problems = [f"{path} is missing: run make test-clouds" for path in needed if not path.exists()]
    try:
        importlib.import_module("dropoff")
    except ImportError as error:
        problems.append(f"the Python package does not import ({error}): run: make python")
    if problems:
        raise pytest.UsageError("; ".join(problems))
    # A proxy that a user has set up is not for loopback.
    os.environ["NO_PROXY"] = os.environ["no_proxy"] = "127.0.0.1"


@pytest.fixture(scope="session")
def azurite() -> Iterator[Azurite]:
    server = Azurite()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def emulator() -> Iterator[GoogleEmulator]:
    server = GoogleEmulator()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def weed() -> Iterator[Weed]:
    server = Weed()
    yield server
    server.stop()
