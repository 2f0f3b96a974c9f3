from __future__ import annotations

import importlib
import os
from collections.abc import Iterator

import pytest
from backends import COMPANION
from sandbox_process import Sandbox, missing_binary
from servers import AZURITE, EMULATOR, Azurite, GoogleEmulator
from stores import AzuriteStore, GoogleStore, SandboxStore, SeaweedFS, Store
from weed import BINARY as WEED
from weed import Weed


def pytest_configure(config: pytest.Config) -> None:
    needed = (AZURITE, COMPANION, EMULATOR, WEED)
    problems = [f"{path} is missing: run make test-clouds" for path in needed if not path.exists()]
    problems += filter(None, [missing_binary()])
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


@pytest.fixture(scope="session")
def sandbox() -> Iterator[Sandbox]:
    process = Sandbox()
    yield process
    process.stop()


# The stores of the table.


@pytest.fixture(scope="session")
def sandbox_s3(sandbox: Sandbox) -> Store:
    ways = ("put", "form", "parts", "plan")
    return SandboxStore(sandbox, "sandbox, S3", ways, answered_checksums=["x-amz-checksum-crc64nvme"])


@pytest.fixture(scope="session")
def sandbox_azure(sandbox: Sandbox) -> Store:
    return SandboxStore(sandbox, "sandbox, Azure", ("put", "blocks", "plan"), dialect="azure")


@pytest.fixture(scope="session")
def sandbox_google(sandbox: Sandbox) -> Store:
    return SandboxStore(sandbox, "sandbox, Google", ("put", "session", "plan"), dialect="google")


@pytest.fixture(scope="session")
def seaweedfs(weed: Weed) -> Store:
    return SeaweedFS(weed)


@pytest.fixture(scope="session")
def azurite_store(azurite: Azurite) -> Store:
    return AzuriteStore(azurite)


@pytest.fixture(scope="session")
def google_store(emulator: GoogleEmulator) -> Store:
    return GoogleStore(emulator)
