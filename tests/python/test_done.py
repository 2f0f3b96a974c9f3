"""Being told that a job is over: callbacks, and futures of `concurrent.futures`."""

from __future__ import annotations

import asyncio
import concurrent.futures
import contextvars
import logging
import os
import threading
from typing import Any

import pytest
from conftest import Sandbox
from control import HANGS
from dropoff import CancelledError, Job, NotFoundError, SentTransfer
from helpers import BIG, HELD, STALL, TERMS, until

REQUEST = contextvars.ContextVar("request", default="none")


def held(sandbox: Sandbox) -> Job[SentTransfer]:
    sandbox.fault(HELD)
    return sandbox.agentdrop().start_send([("a", b"1")], **TERMS)


def test_a_callback_is_called_with_the_job_once_it_is_over(sandbox: Sandbox) -> None:
    job = held(sandbox)
    told: list[tuple[Job[SentTransfer], bool, str, str]] = []
    REQUEST.set("r1")

    def on_done(over: Job[SentTransfer]) -> None:
        told.append((over, over.done(), threading.current_thread().name, REQUEST.get()))

    job.add_done_callback(on_done)
    assert not told
    sandbox.clear_faults()
    until(lambda: told)
    assert told == [(job, True, "dropoff-done", "r1")]
    job.add_done_callback(on_done)  # over already: at once, and here
    assert told[1][:3] == (job, True, "MainThread") and len(told) == 2


def test_a_callback_can_be_taken_back(sandbox: Sandbox) -> None:
    job = held(sandbox)
    told: list[Job[SentTransfer]] = []
    job.add_done_callback(told.append)
    job.add_done_callback(told.append)
    assert job.remove_done_callback(told.append) == 2
    assert job.remove_done_callback(told.append) == 0
    other: list[Any] = []
    job.add_done_callback(other.append)
    sandbox.clear_faults()
    until(lambda: other)
    assert told == []


def test_what_a_callback_raises_is_logged(sandbox: Sandbox, caplog: pytest.LogCaptureFixture) -> None:
    job = held(sandbox)
    job.add_done_callback(lambda _: 1 / 0)
    with pytest.raises(TypeError, match="must be callable"):
        job.add_done_callback(None)  # type: ignore[arg-type]
    sandbox.clear_faults()
    until(lambda: [r for r in caplog.records if r.levelno == logging.ERROR])
    assert "ZeroDivisionError" in caplog.text


def test_futures_are_waited_for_together(sandbox: Sandbox) -> None:
    d = sandbox.agentdrop()
    jobs = [d.start_send([("a", b"1")], **TERMS) for _ in range(20)]
    futures = [job.future() for job in jobs]
    done, pending = concurrent.futures.wait(futures, timeout=HANGS)
    assert not pending and {future.result().status for future in done} == {"active"}
    assert {f.result().id for f in futures} == {job.wait().id for job in jobs}
    [failed] = concurrent.futures.as_completed([d.start_get_transfer("tr_nothing").future()], timeout=HANGS)
    with pytest.raises(NotFoundError):
        failed.result()


def test_a_future_that_is_cancelled_cancels_the_call(sandbox: Sandbox) -> None:
    sandbox.fault(STALL)
    job = sandbox.agentdrop().start_send([("a", BIG)], **TERMS)
    future = job.future()
    assert future.cancel() and future.cancelled()
    with pytest.raises(CancelledError):
        job.wait(timeout=HANGS)
    with pytest.raises(concurrent.futures.CancelledError):
        future.result()


def test_asyncio_waits_for_jobs_as_for_its_own(sandbox: Sandbox) -> None:
    async def body() -> None:
        d = sandbox.async_agentdrop()
        jobs: list[Any] = [d.start_send([("a", b"1")], **TERMS) for _ in range(5)]
        done, pending = await asyncio.wait(jobs, timeout=HANGS)
        assert done == set(jobs) and not pending
        threads: list[str] = []
        jobs[0].add_done_callback(lambda _: threads.append(threading.current_thread().name))
        job = d.start_send([("a", b"1")], **TERMS)
        called = asyncio.Event()
        job.add_done_callback(lambda _: called.set())
        await asyncio.wait_for(called.wait(), HANGS)
        assert threads == ["MainThread"]
        wrapped = await asyncio.wrap_future(d.start_send([("a", b"1")], **TERMS).future())
        assert wrapped.status == "active"

    asyncio.run(body(), debug=True)


def test_a_child_of_a_fork_has_a_thread_of_its_own(sandbox: Sandbox) -> None:
    d = sandbox.agentdrop()
    d.start_send([("a", b"1")], **TERMS).future().result(HANGS)
    if not (child := os.fork()):
        status = 1
        try:
            future = sandbox.agentdrop().start_send([("a", b"1")], **TERMS).future()
            status = int(future.result(HANGS).status != "active")
        finally:
            os._exit(status)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
