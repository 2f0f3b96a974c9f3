"""The limit of bytes a second, and that it changes while uploads are under way."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from conftest import Sandbox
from dropoff import InvalidInputError, SentTransfer
from helpers import TERMS, until

FILES = [("a.bin", bytes(3_000_000))]


def test_a_limit_is_lifted_for_an_upload_under_way(sandbox: Sandbox) -> None:
    # At the first rate it would take an hour.
    d = sandbox.agentdrop(bandwidth_limit=1024)
    job = d.start_send(FILES, **TERMS)
    until(lambda: job.progress().bytes_done > 0)
    assert job.progress().bytes_done < 100_000
    d.set_bandwidth_limit(None)
    assert job.wait().status == "active"


def test_an_async_client_has_it_too(sandbox: Sandbox) -> None:
    async def send() -> str:
        d = sandbox.async_agentdrop()
        d.set_bandwidth_limit(1024)
        job = d.start_send(FILES, **TERMS)
        while job.progress().bytes_done == 0:
            await asyncio.sleep(0.01)
        d.set_bandwidth_limit(10_000_000)
        sent = await job
        assert isinstance(sent, SentTransfer)
        return sent.status

    assert asyncio.run(send()) == "active"


@pytest.mark.parametrize(
    "client", ["agentdrop", "async_agentdrop", "hcompany", "async_hcompany", "storage", "async_storage"]
)
@pytest.mark.parametrize(
    ("value", "found"),
    [(0, ""), (1023, ""), (1 << 41, ""), (-1, ""), (True, "not bool"), ("1M", "not str"), (2e6, "not float")],
)
def test_another_value_is_refused(sandbox: Sandbox, client: str, value: Any, found: str) -> None:
    with pytest.raises(InvalidInputError, match=f"bandwidth_limit must be 1024 to 1099511627776 .*{found}"):
        getattr(sandbox, client)().set_bandwidth_limit(value)
