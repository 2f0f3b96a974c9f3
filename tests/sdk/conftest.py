import os
import socket

import pytest
from sandbox_process import Sandbox, missing_binary


def pytest_configure(config):
    if problem := missing_binary():
        raise pytest.UsageError(problem)
    # What a user has set up must not reach the SDKs: proxies, keys.
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "HAI_API_KEY"):
        os.environ.pop(name, None)
        os.environ.pop(name.lower(), None)


@pytest.fixture(autouse=True)
def loopback_only(monkeypatch):
    """An SDK that forgot its base URL must fail here, not call the real service."""
    real = socket.getaddrinfo

    def getaddrinfo(host, *args, **kwargs):
        assert host in ("127.0.0.1", b"127.0.0.1"), f"a request for {host!r} left the machine"
        return real(host, *args, **kwargs)

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)


@pytest.fixture(scope="session")
def _process():
    process = Sandbox()
    yield process
    process.stop()


@pytest.fixture
def sandbox(_process):
    """Both services, with nothing in them."""
    _process.reset()
    return _process
