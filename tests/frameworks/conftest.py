from __future__ import annotations

import socket
from collections.abc import Iterator
from typing import Any

import pytest
from situations import SITUATIONS, Sandbox, running


@pytest.fixture(scope="session")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    with running(tmp_path_factory.mktemp("outbox")) as sandbox:
        yield sandbox


@pytest.fixture(params=SITUATIONS)
def situation(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


@pytest.fixture(autouse=True)
def loopback_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """A framework that reports to its makers must not do so from here."""
    real = socket.getaddrinfo

    def getaddrinfo(host: Any, *args: Any, **kwargs: Any) -> Any:
        assert host in ("127.0.0.1", b"127.0.0.1", "localhost"), f"a request for {host!r} left the machine"
        return real(host, *args, **kwargs)

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
