"""A sandbox for the session, emptied before each test; other people's programs that read archives."""

import os
import shutil

import pytest
from sandbox_process import Sandbox, missing_binary

# A full run, which asks Java too. `.ci/tools` installs all other readers.
FULL = os.environ.get("DROPOFF_FULL") == "1"


def pytest_configure(config):
    if missing := missing_binary():
        raise pytest.UsageError(missing)
    # A proxy that a user has set up is not for loopback.
    os.environ["NO_PROXY"] = os.environ["no_proxy"] = "127.0.0.1"


@pytest.fixture(scope="session")
def running_sandbox():
    process = Sandbox()
    yield process
    process.stop()


@pytest.fixture
def sandbox(running_sandbox):
    running_sandbox.reset()
    return running_sandbox


@pytest.fixture
def reader():
    """The path of a program, by its name and the Debian package it is in."""

    def find(program, package, only_full=False):
        if only_full and not FULL:
            pytest.skip(f"{program} is asked in full runs only (DROPOFF_FULL=1)")
        if path := shutil.which(program):
            return path
        pytest.fail(f"{program} is missing: apt-get install {package}")

    return find
