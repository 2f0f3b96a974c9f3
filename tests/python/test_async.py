"""What asyncio asks of the async clients: cancellation, timeouts, progress, and a loop that runs on."""

from __future__ import annotations

import _socket
import asyncio
import contextlib
import errno
import functools
import gc
import inspect
import io
import logging
import os
import threading
import time
import traceback
import weakref
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from contextlib import suppress
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import dropoff
import dropoff._receiving
import pytest
import uvloop
from conftest import Sandbox
from control import HANGS
from dropoff import AsyncAgentDrop, AsyncHCompany, AsyncStorage, DropoffError, InvalidInputError, Progress
from helpers import (
    BIG,
    HELD,
    PROFILE,
    STALL,
    TERMS,
    Enough,
    complaints,
    digest,
    parameters,
    raising,
    soon,
    stored,
    until,
)
from sources import pattern, zipped

Body = Callable[[], Coroutine[Any, Any, Any]]
CLIENTS = [
    (dropoff.HCompany, AsyncHCompany),
    (dropoff.AgentDrop, AsyncAgentDrop),
    (dropoff.Storage, AsyncStorage),
]


def said(caplog: pytest.LogCaptureFixture) -> list[str]:
    """The first line of each complaint of asyncio."""
    lines = [r.getMessage().splitlines()[0] for r in caplog.records if r.levelno >= logging.WARNING]
    return [line for line in lines if complaints(line)]


@pytest.fixture(autouse=True)
def nothing_to_complain_about(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """Whatever happens, asyncio's debug mode has nothing to say about it."""
    yield
    gc.collect()
    assert said(caplog) == []


class ReceivingLoop(asyncio.SelectorEventLoop):
    """Watches no descriptor, as asyncio's default loop on Windows."""

    def add_reader(self, *_: Any) -> None:  # type: ignore[override]
        raise NotImplementedError


LOOPS = {"asyncio": asyncio.new_event_loop, "uvloop": uvloop.new_event_loop, "receiving": ReceivingLoop}


@pytest.fixture(params=LOOPS)
def run(request: pytest.FixtureRequest) -> Iterator[Callable[[Body], Any]]:
    factory = LOOPS[request.param]
    with asyncio.Runner(debug=True, loop_factory=factory) as runner:
        yield lambda body: runner.run(body())


async def hear(condition: Callable[[], object], seconds: float = HANGS) -> None:
    """Waits for what does not block, with the loop running on."""
    async with asyncio.timeout(seconds):
        while not condition():
            await asyncio.sleep(0.01)


async def reached(sandbox: Sandbox, operation: str) -> None:
    await hear(lambda: [r for r in sandbox.requests() if r["op"] == operation])


def descriptors() -> int:
    """Open ones but for connections: those are the clients', which keep some for the next call."""
    tcp = {
        line.split()[9]
        for table in ("tcp", "tcp6")
        for line in Path("/proc/self/net", table).read_text().splitlines()[1:]
    }
    opened = set()
    for name in os.listdir("/proc/self/fd"):
        with suppress(FileNotFoundError):  # the one that listed them
            opened.add((name, os.readlink(f"/proc/self/fd/{name}")))
    return sum(f"{link:.8}" != "socket:[" or link[8:-1] not in tcp for _, link in opened)


def test_a_loop_that_watches_nothing_ends_before_the_calls_of_its_sources(sandbox: Sandbox) -> None:
    sandbox.fault({"on": "presign", "do": {"hold": True}})
    jobs = []

    async def chunks() -> AsyncIterator[bytes]:
        yield b"x"

    async def body() -> None:
        client = sandbox.async_agentdrop()
        jobs.append(client.start_send([("a", chunks())], **TERMS))
        await reached(sandbox, "presign")
        assert asyncio.all_tasks() == {asyncio.current_task()}

    with asyncio.Runner(debug=True, loop_factory=ReceivingLoop) as runner:
        runner.run(body())
    assert not jobs[0].done()
    jobs[0].cancel()


@pytest.mark.parametrize("refused", ["its end", "a reset", "a copy", "a thread"])
def test_a_wake_whose_socket_is_refused_comes_by_the_clock(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, refused: str
) -> None:
    class Broken(_socket.socket):
        def recv(self, *_: Any) -> bytes:
            if refused == "a reset":
                raise ConnectionResetError
            return b""

    def no_copy(_: int) -> int:
        raise OSError(errno.EMFILE, "no descriptor")

    def no_thread(*_: Any) -> None:
        raise RuntimeError("can't start new thread")

    names = {name: getattr(_socket, name) for name in ("AF_INET", "SOCK_STREAM", "dup")}
    if refused == "a copy":
        names["dup"] = no_copy
    if refused == "a thread":
        monkeypatch.setattr(dropoff._receiving, "_start_thread", no_thread)
    monkeypatch.setattr(dropoff._receiving, "_socket", SimpleNamespace(socket=Broken, **names))

    async def body() -> None:
        async with asyncio.timeout(HANGS):
            assert (await sandbox.async_agentdrop().send([("a", b"x")], **TERMS)).status == "active"

    with asyncio.Runner(debug=True, loop_factory=ReceivingLoop) as runner:
        runner.run(body())


# -- the calls


def test_the_calls_are_those_of_the_sync_clients() -> None:
    for sync, cls in CLIENTS:
        public = {name for name in vars(sync) if not name.startswith("_")}
        assert {name for name in dir(cls) if not name.startswith("_")} == public
        assert inspect.signature(cls) == inspect.signature(sync)
        for name in public:
            call, twin = getattr(cls, name), getattr(sync, name)
            assert parameters(call) == parameters(twin)
            waits = not name.startswith(("start_", "set_")) and name != "restore_ticket"
            assert inspect.iscoroutinefunction(call) == waits
            assert call.__doc__ == twin.__doc__ and call.__qualname__ == f"{cls.__name__}.{name}"
        with pytest.raises(TypeError, match="not an acceptable base type"):
            type("Child", (cls,), {})


def test_all_steps_and_their_jobs(sandbox: Sandbox, run: Callable[[Body], Any]) -> None:
    async def body() -> None:
        h, d, s = sandbox.async_hcompany(), sandbox.async_agentdrop(), sandbox.async_storage()
        assert (await h.upload_profile(zipped(10), **PROFILE)).verified
        ticket = await h.initiate_upload()
        uploaded = await h.upload(ticket, zipped(1000))
        profile = await h.complete_upload(ticket.profile_id, uploaded=uploaded, **PROFILE)
        assert profile.verified and (await h.get_profile(profile.id)).checksum == profile.checksum
        assert (await d.send([("a", io.BytesIO(b"read elsewhere"))], **TERMS)).files[0].verified
        pending = await d.presign([("a", b"1")], **TERMS)
        assert [f.verified for f in await d.upload(pending, [("a", b"1")])] == [True]
        assert (await d.confirm(pending.id)).status == "active"
        assert (await d.get_transfer(pending.id)).status == "active"
        target = (await d.start_presign([("a", b"1")], **TERMS)).reveal()["upload_urls"][0]
        assert (await s.put(target["upload_url"], b"1", headers=target["headers"])).verified
        form = (await h.start_initiate_upload()).reveal()
        assert (await s.start_post_form(form["upload_url"], form["upload_fields"], b"1")).verified

    run(body)
    assert digest(b"read elsewhere") in stored(sandbox)


def test_wrong_arguments_are_refused_as_ever(sandbox: Sandbox) -> None:
    async def body() -> None:
        d = sandbox.async_agentdrop()
        with pytest.raises(InvalidInputError, match="files must be a list"):
            await d.send("report.pdf", **TERMS)
        with pytest.raises(TypeError, match="sender"):
            await d.send([("a", b"1")])  # type: ignore[call-arg]
        with pytest.raises(TypeError, match="on_progress"):
            await d.confirm("x", on_progress=print)  # type: ignore[call-arg]
        with pytest.raises(InvalidInputError, match="whole number"):
            d.start_send([("a", b"1")], max_downloads=-1, **TERMS)

    asyncio.run(body(), debug=True)
    assert not sandbox.requests()


def test_many_at_once_in_one_loop(sandbox: Sandbox, run: Callable[[Body], Any]) -> None:
    contents = [b"%d" % n for n in range(200)]

    async def body() -> list[dropoff.SentTransfer]:
        d = sandbox.async_agentdrop()
        return await asyncio.gather(*(d.send([("a", content)], **TERMS) for content in contents))

    assert [sent.files[0].bytes for sent in run(body)] == [len(content) for content in contents]
    assert stored(sandbox) == set(map(digest, contents))


def test_one_client_in_many_loops_and_threads(sandbox: Sandbox) -> None:
    d = sandbox.async_agentdrop()
    verified: list[bool] = []

    async def body(n: int) -> None:
        async with asyncio.TaskGroup() as group:
            for m in range(10):
                group.create_task(send(f"{n}-{m}"))

    async def send(name: str) -> None:
        verified.append((await d.send([(name, name.encode())], **TERMS)).files[0].verified)

    def work(n: int) -> None:
        for _ in range(3):
            asyncio.run(body(n), debug=True)

    threads = [threading.Thread(target=work, args=[n]) for n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert verified == [True] * 180


def test_the_loop_runs_on_meanwhile(sandbox: Sandbox, tmp_path: Path) -> None:
    path = tmp_path / "large.bin"
    with path.open("wb") as file:
        file.truncate(200_000_000)

    memory = bytes(50_000_000)
    sandbox.fault(HELD)

    async def body() -> None:
        here, everywhere = time.thread_time(), time.process_time()
        d = sandbox.async_agentdrop(integrity_check=True)
        job = d.start_send([path, ("in memory", memory)], **TERMS)
        # The call ends only if the loop runs on.
        await reached(sandbox, "put")
        assert not job.done()
        sandbox.clear_faults()
        assert all(file.verified for file in (await job).files)
        # The file is read and everything hashed elsewhere: that is most of the work.
        here, everywhere = time.thread_time() - here, time.process_time() - everywhere
        assert here < everywhere / 2, (here, everywhere)

    asyncio.run(body(), debug=True)


def test_a_file_object_is_not_read_on_the_loop(sandbox: Sandbox) -> None:
    readers: set[int] = set()
    gate = threading.Event()

    class Slow(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            readers.add(threading.get_ident())
            assert gate.wait(HANGS)
            return super().read(size)

    async def body() -> None:
        sending = asyncio.create_task(sandbox.async_agentdrop().send([("a", Slow(b"x"))], **TERMS))
        while not readers:
            await asyncio.sleep(0.01)
        assert not sending.done()
        gate.set()
        await sending

    asyncio.run(body(), debug=True)
    assert readers and threading.get_ident() not in readers


def test_under_another_framework_nothing_is_started(sandbox: Sandbox) -> None:
    call = sandbox.async_agentdrop().send([("a", b"1")], **TERMS)
    with pytest.raises(RuntimeError, match="no running event loop"):
        call.send(None)
    job = sandbox.agentdrop().start_send([("a", b"1")], **TERMS)
    with pytest.raises(RuntimeError, match="no running event loop"):
        next(job.__await__())
    assert job.wait().status == "active" and len(sandbox.requests("confirm")) == 1


# -- jobs


def test_a_job_is_awaited_as_often_as_one_likes(sandbox: Sandbox, run: Callable[[Body], Any]) -> None:
    sandbox.fault({"on": "put", "do": {"delay_ms": 200}})
    # A job of a sync client is the same thing.
    job = sandbox.agentdrop().start_send([("a", b"1")], **TERMS)

    async def body() -> None:
        first, second = await asyncio.gather(job, job)
        assert first == second == await job == job.wait(0)
        assert inspect.isawaitable(job)

    run(body)


def test_a_job_that_fails_raises_when_it_is_awaited(sandbox: Sandbox) -> None:
    async def body() -> None:
        job = sandbox.async_agentdrop().start_send(["/nowhere"], **TERMS)
        for _ in range(2):
            with pytest.raises(dropoff.SourceNotFoundError):
                await job

    asyncio.run(body(), debug=True)


def test_a_job_that_is_cancelled_raises_the_packages_own_error(sandbox: Sandbox) -> None:
    sandbox.fault(STALL)

    async def body() -> None:
        job = sandbox.async_agentdrop().start_send([("a", BIG)], **TERMS)
        await reached(sandbox, "put")
        asyncio.get_running_loop().call_later(0.05, job.cancel)
        with soon(), pytest.raises(dropoff.CancelledError):
            await job

    asyncio.run(body(), debug=True)


def test_a_shielded_job_runs_on(sandbox: Sandbox) -> None:
    sandbox.fault(HELD)

    async def body() -> None:
        job = sandbox.async_agentdrop().start_send([("a", b"1")], **TERMS)
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(asyncio.shield(job), 0.1)
        assert not job.done()
        sandbox.clear_faults()
        assert (await job).status == "active"

    asyncio.run(body(), debug=True)


def test_async_with(sandbox: Sandbox) -> None:
    async def body() -> None:
        d = sandbox.async_agentdrop()
        sandbox.fault(HELD)
        async with d.start_send([("a", b"1")], **TERMS) as job:
            assert not job.done()
            sandbox.clear_faults()
        assert job.done() and (await job).status == "active"
        sandbox.fault(STALL)
        with soon(), pytest.raises(Enough):
            async with d.start_send([("a", BIG)], **TERMS) as job:
                raise Enough
        assert job.done()
        with pytest.raises(dropoff.CancelledError):
            await job

    asyncio.run(body(), debug=True)


# -- progress


def test_progress_is_told_on_the_loops_thread(sandbox: Sandbox, run: Callable[[Body], Any]) -> None:
    sandbox.fault(HELD)  # until enough was told
    seen: list[tuple[int, Progress]] = []
    content = pattern(2_000_000)

    def on_progress(progress: Progress) -> None:
        seen.append((threading.get_ident(), progress))
        if len(seen) == 3:
            sandbox.clear_faults()

    async def body() -> None:
        await sandbox.async_agentdrop().send([("a", content)], on_progress=on_progress, **TERMS)

    run(body)
    assert {thread for thread, _ in seen} == {threading.get_ident()}
    steps = [progress for _, progress in seen]
    assert 3 <= len(steps) <= steps[-1].elapsed / 0.1 + 2
    assert all(p.phase in ("preparing", "requesting", "sending", "completing") for p in steps[:-1])
    last = steps[-1]
    assert (last.phase, last.bytes_done, last.bytes_total) == ("done", len(content), len(content))


def test_the_final_call_comes_after_a_failure_too(sandbox: Sandbox) -> None:
    seen: list[Progress] = []

    async def body() -> None:
        with pytest.raises(dropoff.SourceUnreadableError):
            await sandbox.async_agentdrop().send(["/nowhere"], on_progress=seen.append, **TERMS)

    asyncio.run(body(), debug=True)
    assert [p.phase for p in seen] == ["done"]


def test_a_callback_that_raises_cancels_and_passes_through(sandbox: Sandbox) -> None:
    sandbox.fault(STALL)

    async def body() -> None:
        with soon(), pytest.raises(Enough) as caught:
            await sandbox.async_agentdrop().send([("a", BIG)], on_progress=raising, **TERMS)
        assert isinstance(caught.value.__context__, dropoff.CancelledError)

    asyncio.run(body(), debug=True)
    assert not sandbox.requests("confirm")


def test_a_callback_that_raises_after_success_says_so(sandbox: Sandbox) -> None:
    async def body() -> None:
        with pytest.raises(Enough) as caught:
            await sandbox.async_agentdrop().send([("a", b"1")], on_progress=raising, **TERMS)
        assert caught.value.__notes__ == ["the call had completed before it could be stopped"]

    asyncio.run(body(), debug=True)


def test_a_started_jobs_callback_has_returned_when_the_job_was_awaited(sandbox: Sandbox) -> None:
    seen: list[tuple[int, str]] = []

    def slow(progress: Progress) -> None:
        time.sleep(0.3)
        seen.append((threading.get_ident(), progress.phase))

    async def body() -> None:
        d = sandbox.async_agentdrop()
        await d.start_send([("a", b"1")], on_progress=slow, **TERMS)
        assert seen[-1][1] == "done" and threading.get_ident() not in {thread for thread, _ in seen}
        with pytest.raises(Enough):
            await d.start_send([("a", b"1")], on_progress=raising, **TERMS)

    asyncio.run(body(), debug=True)


async def coroutine_callback(_: Progress) -> None:
    """No callback."""


async def generator_callback(_: Progress) -> AsyncIterator[None]:
    yield


class AsyncCallable:
    async def __call__(self, _: Progress) -> None:
        """No callback either."""

    async def method(self, _: Progress) -> None:
        """Nor this."""


@pytest.mark.parametrize(
    "callback",
    [
        coroutine_callback,
        generator_callback,
        AsyncCallable(),
        AsyncCallable().method,
        functools.partial(functools.partial(coroutine_callback)),
    ],
)
def test_an_async_callback_is_refused(sandbox: Sandbox, callback: Any) -> None:
    async def body() -> None:
        d = sandbox.async_agentdrop()
        with pytest.raises(InvalidInputError) as caught:
            await d.send([("a", b"1")], on_progress=callback, **TERMS)
        assert caught.value.message == "on_progress must be a plain function, not async"
        for start in (sandbox.agentdrop().send, sandbox.agentdrop().start_send, d.start_send):
            with pytest.raises(InvalidInputError, match="not async"):
                start([("a", b"1")], on_progress=callback, **TERMS)

    asyncio.run(body(), debug=True)
    assert not sandbox.requests()


class AsyncFile:
    """As those of aiofiles."""

    async def read(self, size: int = -1) -> bytes:
        return b""


async def chunks() -> AsyncIterator[bytes]:
    yield b"x"


@pytest.mark.parametrize("source", [AsyncFile(), asyncio.StreamReader, chunks])
def test_an_async_source_is_refused_by_sync_clients(sandbox: Sandbox, source: Any) -> None:
    async def body() -> None:
        given = source() if callable(source) else source
        for send in (sandbox.agentdrop().send, sandbox.agentdrop().start_send):
            with pytest.raises(InvalidInputError, match="asynchronously, which only the async clients read"):
                send([("a", given)], **TERMS)
        with pytest.raises(InvalidInputError, match="asynchronously"):
            sandbox.hcompany().upload_profile(given, **PROFILE)

    asyncio.run(body(), debug=True)
    assert not sandbox.requests()


# -- cancellation


@pytest.mark.parametrize(
    ("operation", "action", "outcome", "reserved"),
    [
        ("presign", {"hold": True}, "not_completed", False),
        ("put", {"stall_after": 100_000}, "not_completed", True),
        ("put", {"hold": True}, "not_completed", True),
        ("confirm", {"hold": True}, "unknown", True),
    ],
)
def test_a_task_cancelled_in_any_phase_cancels_the_call(
    sandbox: Sandbox,
    run: Callable[[Body], Any],
    operation: str,
    action: dict[str, int | bool],
    outcome: str,
    reserved: bool,
) -> None:
    sandbox.fault({"on": operation, "times": -1, "do": action})

    async def body() -> None:
        task = asyncio.create_task(sandbox.async_agentdrop().send([("a", BIG)], **TERMS))
        await reached(sandbox, operation)
        task.cancel("enough")
        with soon(), pytest.raises(asyncio.CancelledError) as caught:
            await task
        assert caught.value.args == ("enough",)
        why = caught.value.__context__
        assert isinstance(why, dropoff.CancelledError)
        assert (why.outcome, why.transfer_id is not None) == (outcome, reserved)
        assert task.cancelled()

    run(body)


def test_the_same_for_a_profile(sandbox: Sandbox) -> None:
    sandbox.fault({"on": "complete_upload", "do": {"hold": True}})

    async def body() -> None:
        task = asyncio.create_task(sandbox.async_hcompany().upload_profile(zipped(10), **PROFILE))
        await reached(sandbox, "complete_upload")
        task.cancel()
        with soon(), pytest.raises(asyncio.CancelledError) as caught:
            await task
        why = caught.value.__context__
        assert isinstance(why, dropoff.CancelledError) and why.profile_id and why.outcome == "unknown"

    asyncio.run(body(), debug=True)


def test_a_task_cancelled_too_late_is_told_so(sandbox: Sandbox) -> None:
    # Until somebody waits: a job that is over by then is not waited for.
    sandbox.fault(HELD)

    async def body() -> None:
        job = sandbox.async_agentdrop().start_send([("a", b"1")], **TERMS)

        async def wait() -> None:
            await job

        task = asyncio.create_task(wait())
        await asyncio.sleep(0)
        sandbox.clear_faults()
        until(job.done)  # the loop has not heard of it
        task.cancel()
        with pytest.raises(asyncio.CancelledError) as caught:
            await task
        assert caught.value.__notes__ == ["the call had completed before it could be stopped"]
        assert (await job).status == "active"

    asyncio.run(body(), debug=True)


def test_a_task_cancelled_before_it_ran_sends_nothing(sandbox: Sandbox) -> None:
    async def body() -> None:
        task = asyncio.create_task(sandbox.async_agentdrop().send([("a", b"1")], **TERMS))
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(body(), debug=True)
    assert not sandbox.requests()


def test_timeouts_of_asyncio(sandbox: Sandbox, run: Callable[[Body], Any]) -> None:
    sandbox.fault(STALL)

    async def body() -> None:
        d = sandbox.async_agentdrop()
        with soon(), pytest.raises(TimeoutError) as caught:
            async with asyncio.timeout(0.3):
                await d.send([("a", BIG)], **TERMS)
        assert not isinstance(caught.value, DropoffError)
        cancelled = caught.value.__cause__
        assert isinstance(cancelled, asyncio.CancelledError)
        assert isinstance(cancelled.__context__, dropoff.CancelledError)
        job = d.start_send([("a", BIG)], **TERMS)
        with soon(), pytest.raises(TimeoutError):
            await asyncio.wait_for(job, 0.3)
        assert job.done()
        # Ours is an error of the call, and says whose it is.
        with soon(), pytest.raises(dropoff.TransferTimeoutError):
            await d.send([("a", BIG)], timeout=0.3, **TERMS)
        assert asyncio.current_task().cancelling() == 0  # type: ignore[union-attr]

    run(body)


def test_a_failure_in_a_task_group_cancels_the_others(sandbox: Sandbox) -> None:
    sandbox.fault(STALL)
    tasks: list[asyncio.Task[Any]] = []

    async def body() -> None:
        d = sandbox.async_agentdrop()
        with soon(), pytest.raises(ExceptionGroup) as caught:
            async with asyncio.TaskGroup() as group:
                tasks.append(group.create_task(d.send([("a", BIG)], **TERMS)))
                await reached(sandbox, "put")
                group.create_task(d.send(["/nowhere"], **TERMS))
        assert [type(e) for e in caught.value.exceptions] == [dropoff.SourceNotFoundError]
        assert tasks[0].cancelled()

    asyncio.run(body(), debug=True)


def test_a_second_cancel_is_honoured_at_once(sandbox: Sandbox) -> None:
    gate = threading.Event()

    async def body() -> None:
        # The job is over when its callback has returned, which takes its time.
        job = sandbox.async_agentdrop().start_send(
            [("a", b"1")], on_progress=lambda _: gate.wait(HANGS), **TERMS
        )

        async def wait() -> None:
            await job

        once, twice = asyncio.create_task(wait()), asyncio.create_task(wait())
        await asyncio.sleep(0)
        started = time.monotonic()
        once.cancel()
        twice.cancel()
        await asyncio.sleep(0.2)
        assert not once.done() and not twice.done()
        twice.cancel()
        with soon(), pytest.raises(asyncio.CancelledError):
            await twice
        assert not once.done() and not job.done()
        # Without a second one, the wait is bounded.
        with soon(), pytest.raises(asyncio.CancelledError):
            await once
        assert time.monotonic() - started > 5
        gate.set()
        # It was cancelled, but it may have been sent by then.
        with contextlib.suppress(dropoff.CancelledError):
            await job

    asyncio.run(body(), debug=True)


# -- what is left behind


def test_no_descriptor_is_left_behind(sandbox: Sandbox) -> None:
    async def good() -> None:
        await asyncio.gather(*(sandbox.async_agentdrop().send([("a", b"1")], **TERMS) for _ in range(5)))

    async def stopped() -> None:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.05):
                await sandbox.async_agentdrop().send([("a", BIG)], **TERMS)

    async def unfinished() -> None:
        # asyncio.run cancels what is left.
        task = asyncio.create_task(sandbox.async_agentdrop().send([("a", BIG)], **TERMS))
        await reached(sandbox, "put")
        assert not task.done()

    asyncio.run(good(), debug=True)
    sandbox.fault(STALL)
    before = descriptors()
    for _ in range(10):
        for body in (stopped, unfinished):
            asyncio.run(body(), debug=True)
    sandbox.reset()
    for _ in range(20):
        asyncio.run(good(), debug=True)
    until(lambda: descriptors() <= before)


@pytest.mark.filterwarnings("ignore:unclosed event loop")
@pytest.mark.parametrize(
    ("factory", "closed"),
    [*((factory, True) for factory in LOOPS.values()), (ReceivingLoop, False)],
    ids=[*LOOPS, "forgotten"],
)
def test_a_loop_closed_while_a_job_runs(
    sandbox: Sandbox, factory: Callable[[], Any], closed: bool, caplog: pytest.LogCaptureFixture
) -> None:
    async def good() -> None:
        await sandbox.async_agentdrop().send([("a", b"1")], **TERMS)

    # The runtime, and uvloop, open some for good when they are first used.
    with asyncio.Runner(debug=True, loop_factory=factory) as runner:
        runner.run(good())
    sandbox.fault(STALL)
    before = descriptors()
    jobs = []

    def abandon() -> weakref.ref[Any]:
        loop = factory()

        async def wait(job: dropoff.Job[Any]) -> None:
            await job

        async def body() -> None:
            jobs.append(sandbox.async_agentdrop().start_send([("a", BIG)], **TERMS))
            tasks.append(asyncio.create_task(wait(jobs[0])))
            await reached(sandbox, "put")

        tasks: list[asyncio.Task[None]] = []
        loop.run_until_complete(body())
        if closed:
            loop.close()
        return weakref.ref(loop)

    loop = abandon()
    gc.collect()
    # asyncio tells its user off; the coroutine that was thrown away has cancelled the call.
    assert said(caplog) == ["Task was destroyed but it is pending!"]
    caplog.clear()
    # A thread that receives for it looks whether it is there.
    until(lambda: loop() is None)
    with pytest.raises(dropoff.CancelledError):
        jobs[0].wait(HANGS)
    until(lambda: descriptors() <= before)


def test_a_call_that_is_never_awaited_sends_nothing(sandbox: Sandbox) -> None:
    with pytest.warns(RuntimeWarning, match="'AsyncAgentDrop.send' was never awaited"):
        sandbox.async_agentdrop().send([("a", b"1")], **TERMS)  # type: ignore[unused-coroutine]
        gc.collect()
    assert not sandbox.requests()


def test_a_closed_coroutine_cancels_the_call(sandbox: Sandbox) -> None:
    sandbox.fault(STALL)

    async def body() -> None:
        job = sandbox.async_agentdrop().start_send([("a", BIG)], **TERMS)
        waiting = job.__await__()
        next(waiting)
        waiting.close()
        with pytest.raises(dropoff.CancelledError):
            await job

    asyncio.run(body(), debug=True)


def test_a_secret_is_in_no_frame_of_ours(sandbox: Sandbox) -> None:
    canary = "canary5ignature"
    url = f"{sandbox.storage_url}/b/k?X-Amz-Signature={canary}"
    s = sandbox.async_storage(max_attempts=1)
    calls: list[Callable[[], Any]] = [
        lambda: s.put(url, b"1", headers={"x-a": canary}),
        lambda: s.put(url, 3, on_progress=print),  # type: ignore[arg-type]
        lambda: s.start_put(url, 3),  # type: ignore[arg-type]
        lambda: s.start_put(url, b"1"),
        lambda: AsyncAgentDrop(canary, base_url="ftp://h"),
        lambda: AsyncHCompany(canary, proxy=f"ftp://u:{canary}@h"),
    ]

    async def body(call: Callable[[], Any]) -> None:
        await call()

    for call in calls:
        with pytest.raises(DropoffError) as caught:
            asyncio.run(body(call), debug=True)
        ours = 0
        for frame, _ in traceback.walk_tb(caught.tb):
            if Path(frame.f_code.co_filename).parent == Path(dropoff.__file__).parent:
                ours += 1
                assert canary not in str(frame.f_locals)
        assert ours and canary not in f"{caught.value!r} {caught.value.to_dict()}"
