import os
import socket

import ours as our_package
import pytest
from agentdrop.client import AgentDrop
from sandbox_process import Sandbox, missing_binary


def pytest_configure(config):
    if problem := missing_binary() or our_package.missing():
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


@pytest.fixture
def register(sandbox, tmp_path):
    """Makes an agent that has registered itself."""

    def make(agent_id):
        client = AgentDrop(
            sandbox.agentdrop_api_key,
            api_base=sandbox.api_url,
            config_dir=tmp_path / agent_id,
            shield=False,
        )
        client.register(agent_id, name=agent_id.title(), description="a test", metadata={"of": "sdk"})
        return client

    return make


@pytest.fixture
def sender(register):
    return register("sender-agent")


@pytest.fixture
def recipient(register):
    return register("recipient-agent")


@pytest.fixture(scope="session")
def _in_c(tmp_path_factory):
    return our_package.compile_c(tmp_path_factory.mktemp("c"))


@pytest.fixture(params=["Python", "Node", "C"])
def ours(request, sandbox, tmp_path):
    """Our own package, in each language it comes in."""
    language = request.param
    commands = request.getfixturevalue("_in_c") if language == "C" else our_package.COMMANDS[language]
    return our_package.Ours(commands, sandbox, tmp_path)
