"""Clients that are closed: what runs is stopped, and what comes later is refused."""

from __future__ import annotations

import asyncio
import gc
import logging
import threading
from typing import Any

import pytest
from conftest import Sandbox
from dropoff import CancelledError, InvalidInputError, Job, SentTransfer
from helpers import BIG, HELD, STALL, TERMS, Enough, soon, until

CLOSED = "the client is closed"


def started(sandbox: Sandbox, client: Any) -> Job[SentTransfer]:
    before = len(sandbox.requests("put"))
    job: Job[SentTransfer] = client.start_send([("a", BIG)], **TERMS)
    until(lambda: len(sandbox.requests("put")) > before)
    return job


def test_close_stops_what_runs_and_refuses_the_rest(sandbox: Sandbox) -> None:
    sandbox.fault(STALL)
    d = sandbox.agentdrop()
    jobs = [started(sandbox, d) for _ in range(3)]
    with soon():
        d.close()
    for job in jobs:
        assert job.done()
        with pytest.raises(CancelledError):
            job.wait(0)
    before = len(sandbox.requests())
    for call in (d.send, d.start_send, d.plan):
        with pytest.raises(InvalidInputError, match=CLOSED):
            call([("a", b"1")], **TERMS)
    with pytest.raises(InvalidInputError, match=CLOSED):
        d.get_transfer("tr_1")
    d.close()  # once more does no harm
    assert len(sandbox.requests()) == before


def test_a_job_that_nobody_holds_is_stopped_too(sandbox: Sandbox, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, logger="dropoff")
    sandbox.fault(STALL)
    d = sandbox.agentdrop()
    number = started(sandbox, d).number
    gc.collect()
    with soon():
        d.close()
    # As it says itself; without that it would go on for as long as storage stalls.
    last = [record.getMessage() for record in caplog.records if getattr(record, "job", None) == number][-1]
    assert last.startswith("failed ") and "kind=cancelled" in last


def test_with_closes_at_the_end(sandbox: Sandbox) -> None:
    sandbox.fault(STALL)
    with sandbox.agentdrop() as d, sandbox.hcompany() as h, sandbox.storage() as s:
        job = started(sandbox, d)
    with pytest.raises(CancelledError):
        job.wait()
    with pytest.raises(InvalidInputError, match=CLOSED):
        h.get_profile("x")
    with pytest.raises(InvalidInputError, match=CLOSED):
        s.put("https://example.com", b"1")
    with pytest.raises(Enough), sandbox.agentdrop() as d:
        raise Enough
    with pytest.raises(InvalidInputError, match=CLOSED):
        d.get_transfer("x")


def test_a_call_that_waits_elsewhere_ends(sandbox: Sandbox) -> None:
    sandbox.fault(STALL)
    d, raised = sandbox.agentdrop(), []

    def send() -> None:
        try:
            d.send([("a", BIG)], **TERMS)
        except CancelledError as error:
            raised.append(error)

    thread = threading.Thread(target=send)
    thread.start()
    until(lambda: sandbox.requests("put"))
    d.close()
    thread.join()
    assert [error.outcome for error in raised] == ["not_completed"]


def test_others_go_on(sandbox: Sandbox) -> None:
    sandbox.fault(HELD)
    one, other = sandbox.agentdrop(), sandbox.agentdrop()
    job = other.start_send([("a", b"1")], **TERMS)
    until(lambda: sandbox.requests("put"))
    one.close()
    sandbox.clear_faults()
    assert job.wait().status == "active"


def test_many_calls_leave_nothing_to_close(sandbox: Sandbox) -> None:
    d = sandbox.agentdrop()
    for _ in range(100):
        d.plan([("a", b"1")], **TERMS)
    assert d._close() == []


def test_an_async_client_is_closed_in_its_loop(sandbox: Sandbox) -> None:
    sandbox.fault(STALL)

    async def body() -> None:
        async with sandbox.async_agentdrop() as d:
            waiting = asyncio.ensure_future(d.send([("a", BIG)], **TERMS))
            while not sandbox.requests("put"):
                await asyncio.sleep(0.01)
        with pytest.raises(CancelledError):
            await waiting
        with pytest.raises(InvalidInputError, match=CLOSED):
            await d.send([("a", b"1")], **TERMS)
        with pytest.raises(InvalidInputError, match=CLOSED):
            d.start_get_transfer("x")
        await d.close()

    with soon():
        asyncio.run(body(), debug=True)
