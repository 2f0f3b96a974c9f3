"""The logger `dropoff`: what the core tells arrives in Python's `logging`, as much as the logger wants."""

from __future__ import annotations

import asyncio
import contextvars
import gc
import io
import json
import logging
import re
import signal
import subprocess
import sys
import textwrap
import threading
import time
import weakref
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from conftest import Sandbox
from control import HANGS
from dropoff import DropoffError, NotFoundError, _native
from helpers import HELD, PROFILE, SHARED, STALL, TERMS, Program, async_child, child, complaints, soon, until
from sources import zipped

LOGGER = logging.getLogger("dropoff")


@pytest.fixture
def debug(caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    caplog.set_level(logging.DEBUG, logger="dropoff")
    return caplog


def told(caplog: pytest.LogCaptureFixture, level: int = logging.DEBUG) -> list[str]:
    records = [r for r in caplog.records if r.name == "dropoff"]
    return [r.getMessage() for r in records if r.levelno >= level]


class Calling(logging.Handler):
    """A handler that does what it is told, without the lock of a handler."""

    def __init__(self, call: Callable[[str], object]) -> None:
        super().__init__()
        self._call = call

    def handle(self, record: logging.LogRecord) -> bool:
        self._call(record.getMessage())
        return True


@pytest.fixture
def handled(debug: pytest.LogCaptureFixture) -> Iterator[Callable[[Callable[[str], object]], None]]:
    """Adds handlers, for the test only."""
    added: list[Calling] = []

    def add(call: Callable[[str], object]) -> None:
        added.append(Calling(call))
        LOGGER.addHandler(added[-1])

    yield add
    for handler in added:
        LOGGER.removeHandler(handler)


# -- what arrives, and when


def test_every_record_of_a_call_is_there_when_it_returns(
    sandbox: Sandbox, debug: pytest.LogCaptureFixture
) -> None:
    d, a = sandbox.agentdrop(), sandbox.async_agentdrop()
    calls: list[Callable[[], object]] = [
        lambda: d.send([("a", b"1")], **TERMS),
        lambda: d.send([("a", b"1")], on_progress=lambda _: None, **TERMS),
        lambda: d.start_send([("a", b"1")], **TERMS).wait(),
        lambda: asyncio.run(a.send([("a", b"1")], **TERMS), debug=True),
        lambda: asyncio.run(a.send([("a", b"1")], on_progress=lambda _: None, **TERMS)),
    ]
    for call in calls * 10:
        debug.clear()
        call()
        lines = told(debug)
        assert re.fullmatch(r"started job=\d+ operation=send", lines[0])
        assert re.fullmatch(r"done job=\d+ operation=send ms=\d+", lines[-1])
        assert len(lines) >= 5 and all("\n" not in line for line in lines)
    record = debug.records[-1]
    assert (record.name, record.levelno, record.threadName) == ("dropoff", logging.DEBUG, "dropoff-logs")


def test_a_failure_and_a_repetition_are_info(sandbox: Sandbox, debug: pytest.LogCaptureFixture) -> None:
    sandbox.fault({"on": "put", "do": {"reply": {"status": 503}}})
    sandbox.agentdrop().send([("100 %s", b"1")], **TERMS)
    with pytest.raises(NotFoundError) as caught:
        sandbox.agentdrop().get_transfer("tr_nothing")
    again, failed = told(debug, logging.INFO)
    assert again.startswith("trying again ") and "kind=unavailable" in again and "503" in again
    assert failed.startswith("failed ") and "kind=not_found" in failed and caught.value.message in failed


REQUEST = contextvars.ContextVar("request", default="none")


def test_records_are_handled_in_the_context_of_their_call(
    sandbox: Sandbox, handled: Callable[[Callable[[str], object]], None]
) -> None:
    seen: list[tuple[str, str]] = []
    handled(lambda text: seen.append((REQUEST.get(), text)))
    d, a = sandbox.agentdrop(), sandbox.async_agentdrop()
    read: list[str] = []
    progressed: list[str] = []

    class Named(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            read.append(REQUEST.get())
            return super().read(size)

    def send(request: str) -> None:
        REQUEST.set(request)
        d.start_send(
            [("a", Named(b"1"))], on_progress=lambda _: progressed.append(REQUEST.get()), **TERMS
        ).wait()

    async def sends() -> None:
        async def one(request: str) -> None:
            REQUEST.set(request)
            await a.send([("a", b"1")], **TERMS)

        await asyncio.gather(*(one(f"async {n}") for n in range(5)))

    threads = [threading.Thread(target=send, args=(f"thread {n}",)) for n in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    asyncio.run(sends())
    d.start_get_transfer("tr_nothing").future().exception()
    by_job: dict[str, set[str]] = {}
    for request, text in seen:
        for number in re.findall(r"job=(\d+)", text):
            by_job.setdefault(number, set()).add(request)
    expected = [f"{kind} {n}" for kind in ("async", "thread") for n in range(5)]
    assert sorted(request for [request] in by_job.values()) == [*expected[:5], "none", *expected[5:]]
    assert set(read) == set(progressed) == set(expected[5:])


def test_a_future_is_done_after_the_records_of_its_call(
    sandbox: Sandbox, handled: Callable[[Callable[[str], object]], None]
) -> None:
    seen: list[str] = []
    called = threading.Event()

    def handle(text: str) -> None:
        if text.startswith("done job="):
            # Gives a callback that does not wait for this record the time to come first.
            called.wait(0.5)
        seen.append(text)

    handled(handle)
    before: list[list[str]] = []
    job = sandbox.agentdrop().start_send([("a", b"1")], **TERMS)

    def on_done(_: object) -> None:
        before.append(seen.copy())
        called.set()

    job.add_done_callback(on_done)
    job.future().result()
    assert seen[-1].startswith("done job=")
    until(lambda: before)
    assert before[0][-1].startswith("done job=")
    # The same of a call that was over before anybody asked.
    over = sandbox.agentdrop().start_get_transfer("tr_nothing")
    until(over.done)
    assert over.future().exception() is not None
    assert seen[-1].startswith("failed job=")


def test_a_record_has_the_numbers_of_its_job_and_attempt(
    sandbox: Sandbox, debug: pytest.LogCaptureFixture
) -> None:
    sandbox.fault({"on": "put", "times": 2, "do": {"reply": {"status": 503}}})
    job = sandbox.agentdrop().start_send([("a", b"1")], **TERMS)
    job.wait()
    records: list[Any] = [r for r in debug.records if r.name == "dropoff"]
    assert {record.job for record in records} - {None} == {job.number} and job.number > 0
    again = [r.attempt for r in records if r.getMessage().startswith("trying again")]
    assert again == [2, 3] and f"job={job.number} attempt=2" in debug.text
    assert {r.attempt for r in records if "started" in r.getMessage()} == {None}


def test_contexts_are_let_go_after_their_calls(sandbox: Sandbox, debug: pytest.LogCaptureFixture) -> None:
    class Kept:
        pass

    variable: contextvars.ContextVar[Kept] = contextvars.ContextVar("kept")
    d = sandbox.agentdrop()

    def send() -> weakref.ref[Kept]:
        kept = Kept()
        variable.set(kept)
        d.send([("a", b"1")], **TERMS)
        return weakref.ref(kept)

    gone = [contextvars.copy_context().run(send) for _ in range(20)]
    d.send([("a", b"1")], **TERMS)
    until(lambda: (d.plan([("a", b"1")], **TERMS), gc.collect(), not any(ref() for ref in gone))[-1])


def test_contexts_are_let_go_while_handlers_are_busy(
    sandbox: Sandbox, handled: Callable[[Callable[[str], object]], None]
) -> None:
    """With records of one call after the other, the queue is never empty."""

    class Kept:
        pass

    variable: contextvars.ContextVar[Kept] = contextvars.ContextVar("kept")
    d, latest, handling, changed = sandbox.agentdrop(), [0.0], [0.0], threading.Condition()

    def hold(text: str) -> None:
        """Until a later call is over, and has records in the queue."""
        numbers = [int(number) for number in re.findall(r"job=(\d+)", text)]
        with changed:
            handling[0] = max([handling[0], *numbers])
            changed.notify_all()
            changed.wait_for(lambda: not numbers or numbers[0] < latest[0], HANGS)

    def tell(number: float) -> None:
        with changed:
            latest[0] = number
            changed.notify_all()

    def plan() -> weakref.ref[Kept]:
        kept = Kept()
        variable.set(kept)
        job = d.start_plan([("a", b"1")], **TERMS)
        until(job.done)
        tell(job.number)
        with changed:
            # Not before those of the call before are handled: the queue is to be short, and never empty.
            assert changed.wait_for(lambda: handling[0] >= job.number, HANGS)
        return weakref.ref(kept)

    handled(hold)
    try:
        plans = [contextvars.copy_context().run(plan) for _ in range(100)]
        gc.collect()
        assert sum(ref() is not None for ref in plans) < 50
    finally:
        tell(float("inf"))


def test_a_replaced_ticket_is_a_warning(sandbox: Sandbox, caplog: pytest.LogCaptureFixture) -> None:
    # Nobody asked for anything: the level is the root's, which is WARNING.
    sandbox.fault(
        {
            "on": "post_form",
            "do": {"reply": {"status": 400, "body": "<Error><Code>ExpiredToken</Code></Error>"}},
        }
    )
    sandbox.hcompany().upload_profile(zipped(100), **PROFILE)
    (line,) = told(caplog)
    assert "is replaced by a new one" in line


@pytest.mark.parametrize("kind", ["sync", "async"])
def test_a_call_that_is_cancelled_has_told_so_as_well(
    sandbox: Sandbox, debug: pytest.LogCaptureFixture, kind: str
) -> None:
    sandbox.fault(STALL)
    if kind == "sync":

        def stop(_: object) -> None:
            if sandbox.requests("put"):
                raise ZeroDivisionError

        with pytest.raises(ZeroDivisionError):
            sandbox.agentdrop().send([("a", bytes(20_000_000))], on_progress=stop, **TERMS)
    else:

        async def body() -> None:
            async with asyncio.timeout(1):
                await sandbox.async_agentdrop().send([("a", bytes(20_000_000))], **TERMS)

        with pytest.raises(TimeoutError):
            asyncio.run(body())
    assert "kind=cancelled" in told(debug)[-1]


# -- how much


def test_the_level_is_the_loggers(sandbox: Sandbox, caplog: pytest.LogCaptureFixture) -> None:
    d = sandbox.agentdrop()

    def lines() -> int:
        caplog.clear()
        d.send([("a", b"1")], **TERMS)
        with pytest.raises(NotFoundError):
            d.get_transfer("tr_nothing")
        return len(told(caplog))

    try:
        for level, count in [(10, 8), (20, 1), (30, 0), (15, 1), (10, 8), (1, 8), (40, 0)]:
            caplog.set_level(level, logger="dropoff")
            assert lines() == count, level
        caplog.set_level(logging.NOTSET, logger="dropoff")
        caplog.set_level(logging.DEBUG)
        assert lines() == 8, "the root's level counts"
        logging.disable(logging.DEBUG)
        assert lines() == 1
        logging.disable(logging.NOTSET)
        LOGGER.disabled = True
        assert lines() == 0
    finally:
        logging.disable(logging.NOTSET)
        LOGGER.disabled = False
    assert lines() == 8


def run(process: Program) -> str:
    with process:
        out, err = process.ended()
    assert (process.returncode, complaints(err)) == (0, ""), err
    return out


def test_nothing_is_there_when_nobody_asked(sandbox: Sandbox) -> None:
    body = """
        def failing():
            try:
                d.get_transfer("tr_nothing")
            except NotFoundError:
                pass
            return [t.name for t in threading.enumerate() if t is not threading.main_thread()]
        assert failing() == []
        import logging
        logging.getLogger("dropoff.child")  # makes a placeholder of the parent
        logging.getLogger().setLevel("DEBUG")
        assert failing() == [], "no handler, so nobody hears"
        logging.getLogger("dropoff").addHandler(logging.NullHandler())
        assert failing() == []
        lines = []
        handler = logging.Handler()
        handler.emit = lambda record: lines.append(record.levelname)
        logging.getLogger().addHandler(handler)
        logging.disable(logging.CRITICAL)
        assert failing() == []
        logging.disable(logging.NOTSET)
        logging.getLogger("dropoff").propagate = False
        assert failing() == []
        logging.getLogger("dropoff").propagate = True
        assert failing() == failing() == ["dropoff-logs"]
        assert lines == ["DEBUG", "DEBUG", "INFO"] * 2
        logging.getLogger().removeHandler(handler)
        failing()
        seen = []
        def reporter(self, record):  # as error reporters do it
            seen.append(record.levelname)
        logging.Logger.callHandlers = reporter
        failing()
        assert (lines, seen) == (["DEBUG", "DEBUG", "INFO"] * 2, ["DEBUG", "DEBUG", "INFO"])
    """
    assert run(child(sandbox, body)) == ""


def test_without_a_handler_nothing_is_printed(sandbox: Sandbox) -> None:
    # Warnings of a logger without any handler would go to stderr.
    body = """
        import logging
        handler = logging.Handler()
        handler.emit = lambda record: logging.getLogger().removeHandler(handler)
        logging.getLogger().addHandler(handler)
        logging.getLogger("dropoff").setLevel("DEBUG")
        d.send([("a", b"1")], **terms)
        (null,) = logging.getLogger("dropoff").handlers
        assert type(null) is logging.NullHandler
    """
    assert run(child(sandbox, body)) == ""


# -- handlers as they are


def test_a_handler_that_raises_is_told_by_the_rules_of_logging(sandbox: Sandbox) -> None:
    body = """
        import logging
        class Emits(logging.Handler):
            def emit(self, record):
                raise ValueError("from emit")
        class Exits(logging.Handler):
            def handle(self, record):
                sys.exit(3)
        logger = logging.getLogger("dropoff")
        logger.setLevel("DEBUG")
        for handler in (Emits(), Exits()):
            logger.addHandler(handler)
            for logging.raiseExceptions in (True, False):
                assert d.send([("a", b"1")], **terms).status == "active"
                print("--", file=sys.stderr, flush=True)
            logger.removeHandler(handler)
    """
    with child(sandbox, body) as process:
        _, err = process.ended()
    assert process.returncode == 0, err
    emits, quiet, exits, quiet_too = re.split(r"(?m)^--\n", err)[:4]
    assert emits.count("--- Logging error ---") == exits.count("--- Logging error ---") == 5
    assert emits.count("ValueError: from emit") == 5 and exits.count("SystemExit: 3") == 5
    assert (quiet, quiet_too) == ("", "")


def test_a_handler_may_call_the_package(sandbox: Sandbox, handled: Any) -> None:
    d, a = sandbox.agentdrop(), sandbox.async_agentdrop()
    seen: list[str] = []

    def report(line: str) -> None:
        if "trying again" in line and not seen:
            seen.append(d.send([("log", line.encode())], **TERMS).status)
            seen.append(asyncio.run(a.send([("log", line.encode())], **TERMS)).status)
            seen.append(d.start_send([("log", line.encode())], on_progress=id, **TERMS).wait().status)

    handled(report)
    sandbox.fault({"on": "put", "do": {"reply": {"status": 503}}})
    with soon():
        d.send([("a", b"1")], **TERMS)
    assert seen == ["active"] * 3


@pytest.mark.parametrize("kind", ["sync", "async"])
def test_a_handler_that_waits_for_the_caller_delays_it_only(
    sandbox: Sandbox, handled: Any, kind: str
) -> None:
    lock, d, a = threading.Lock(), sandbox.agentdrop(), sandbox.async_agentdrop()

    def locked(_: str) -> None:
        with lock:
            pass

    handled(locked)
    # As in a handler that uploads what it is given, with its own lock held.
    with lock, soon():
        if kind == "sync":
            assert d.send([("a", b"1")], **TERMS).status == "active"
        else:
            assert asyncio.run(a.send([("a", b"1")], **TERMS)).status == "active"
    # Its records are none of the next test's.
    until(lambda: _native._records_owed() is None)


def test_slow_handlers_are_waited_for(sandbox: Sandbox, handled: Any) -> None:
    d, a, lines = sandbox.agentdrop(), sandbox.async_agentdrop(), []

    ticked = threading.Event()
    ticked.set()

    def slow(line: str) -> None:
        time.sleep(0.02)
        assert ticked.wait(HANGS)
        lines.append(line)

    handled(slow)
    d.send([(name, b"1") for name in "abcdefgh"], **TERMS)
    assert len(lines) == 12 and lines[-1].startswith("done ")

    async def body() -> None:
        ticked.clear()
        # The handlers get on once the call is over but for them, and only if the loop runs on meanwhile.
        sending = asyncio.create_task(a.send([(name, b"1") for name in "abcdefgh"], **TERMS))
        while not sandbox.requests("confirm")[1:]:
            await asyncio.sleep(0.01)
        assert not sending.done()
        ticked.set()
        await sending

    asyncio.run(body())
    assert len(lines) == 24 and lines[-1].startswith("done ")


def test_ctrl_c_ends_the_wait_for_a_handler(sandbox: Sandbox) -> None:
    body = """
        import logging
        class Stuck(logging.Handler):
            def handle(self, record):  # without its lock, which `logging` itself takes at the program's end
                print("stuck", flush=True)
                time.sleep(100)
        logger = logging.getLogger("dropoff")
        logger.setLevel("DEBUG")
        logger.addHandler(Stuck())
        job = d.start_send([("a", b"1")], **terms)
        def ctrl_c():
            here = lambda: sys._current_frames()[threading.main_thread().ident].f_code.co_name
            until(lambda: job.done() and here() == "wait")
            time.sleep(0.2)  # in `wait`, it is about to wait
            os.kill(os.getpid(), signal.SIGINT)
        threading.Thread(target=ctrl_c).start()
        job.wait()
    """
    with child(sandbox, body) as process:
        _, err = process.ended()
    assert process.returncode == -signal.SIGINT and "KeyboardInterrupt" in err
    assert "the call had completed before it could be stopped" in err


def test_what_is_too_much_is_counted_and_told(sandbox: Sandbox, handled: Any) -> None:
    go, lines, d = threading.Event(), [], sandbox.agentdrop()

    def blocked(line: str) -> None:
        go.wait(HANGS)
        lines.append(line)

    handled(blocked)
    retries = 0
    for _ in range(20):
        jobs = [d.start_get_transfer("tr_nothing") for _ in range(100)]
        until(lambda jobs=jobs: all(job.done() for job in jobs))  # type: ignore[misc]
        retries += sum(job.progress().retries for job in jobs)
    go.set()
    # What was being handled, what there was room for, and the count of the rest.
    until(lambda: len(lines) == 1 + 4096 + 1)
    count, words = lines[-1].split(maxsplit=1)
    assert words == "records were dropped here, since handlers are too slow"
    assert len(lines) - 1 + int(count) == 20 * 100 * 3 + retries, "none is missing uncounted"
    with pytest.raises(NotFoundError):
        d.get_transfer("tr_nothing")
    assert len(lines) == 4098 + 3 and lines[-1].startswith("failed ")


# -- threads, processes and the end of a program


def test_32_threads_on_one_client(sandbox: Sandbox, debug: pytest.LogCaptureFixture) -> None:
    d, done = sandbox.agentdrop(), []

    def work(n: int) -> None:
        for round in range(5):
            sent = d.send([(f"{n}-{round}", f"{n} {round}".encode())], **TERMS)
            done.append(sent.files[0].verified)

    threads = [threading.Thread(target=work, args=[n]) for n in range(32)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert done == [True] * 160
    lines = told(debug)
    for word in ("started", "done"):
        jobs = {line.split()[1] for line in lines if line.startswith(f"{word} ")}
        assert len(jobs) == 160, word


@pytest.mark.parametrize("ending", ["", "sys.exit(0)", "raise RuntimeError('of the program')"])
@pytest.mark.parametrize("kind", ["sync", "async"])
def test_a_program_may_end_while_logs_are_on(sandbox: Sandbox, kind: str, ending: str) -> None:
    prelude = """
        import logging
        class Busy(logging.Handler):
            def emit(self, record):
                sum(range(2000))
        logging.basicConfig(level="DEBUG", handlers=[Busy()])
        logging.getLogger("asyncio").setLevel("ERROR")
        def sending():
            while True:
                d.send([("a", b"1")], **terms)
        class Slow(io.RawIOBase):
            def read(self, size=-1):
                time.sleep(0.0005)
                return b"x"
    """
    sync = """
        for _ in range(4):
            threading.Thread(target=sending, daemon=True).start()
        jobs = [d.start_send([("big", Slow())], on_progress=lambda p: None, **terms) for _ in range(3)]
        time.sleep(0.3)
    """
    asynchronous = """
        async def forever():
            while True:
                await asyncio.gather(*(d.send([("a", b"1")], **terms) for _ in range(4)))
        for _ in range(3):
            threading.Thread(target=lambda: asyncio.run(forever()), daemon=True).start()
        time.sleep(0.3)
    """
    make, body = (child, sync) if kind == "sync" else (async_child, asynchronous)
    source = "\n".join(textwrap.dedent(part) for part in (prelude, body, ending))
    # By chance, as in test_program_end.
    for _ in range(6):
        with soon(), make(sandbox, source) as process:
            _, err = process.ended()
        if ending.startswith("raise"):
            assert process.returncode == 1 and err.rstrip().endswith("RuntimeError: of the program"), err
        else:
            assert (process.returncode, complaints(err)) == (0, ""), err


def test_forks_in_the_middle_of_records(sandbox: Sandbox) -> None:
    # By chance: the fork would have to come while another thread holds the queue.
    body = """
        import logging
        lines = []
        class Keep(logging.Handler):
            def emit(self, record):
                lines.append(record.getMessage())
        logging.basicConfig(level="DEBUG", handlers=[Keep()])
        stop = False
        def sending():
            while not stop:
                d.send([("a", b"1")], **terms)
        threads = [threading.Thread(target=sending) for _ in range(4)]
        for thread in threads:
            thread.start()
        ends = []
        for _ in range(25):
            pid = os.fork()
            if pid == 0:
                status = 1
                try:
                    lines.clear()
                    d.send([("child", b"2")], timeout=HANGS, **terms)
                    jobs = {line.split()[1] for line in lines if line.startswith("done")}
                    status = 0 if len(jobs) == 1 and lines[0].startswith("started") else 2
                finally:
                    os._exit(status)
            ends.append(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
        stop = True
        for thread in threads:
            thread.join()
        lines.clear()
        d.send([("after", b"3")], **terms)
        print(ends == [0] * 25 or ends, len(lines) >= 5)
    """
    assert run(child(sandbox, body)) == "True True\n"


SCRIPT = """
import asyncio
import contextvars
import gc
import io
import json
import logging
import multiprocessing
import sys

import dropoff

where = json.loads(sys.argv[1])
KEY, TERMS = where.pop("key"), where.pop("terms")
sys.path.append(where.pop("shared"))
from control import Control, until

sandbox = Control(where.pop("control_url"))


class Keep(logging.Handler):
    lines = []

    def emit(self, record):
        self.lines.append(record.getMessage().split()[0])


def work(answers):
    logging.basicConfig(level="DEBUG", handlers=[Keep()], force=True)
    logging.getLogger("asyncio").setLevel("ERROR")
    Keep.lines.clear()
    dropoff.AgentDrop(KEY, **where).send([("c", b"1")], timeout=120, **TERMS)
    first = Keep.lines[:]
    Keep.lines.clear()
    asyncio.run(dropoff.AsyncAgentDrop(KEY, **where).send([("c", b"1")], timeout=120, **TERMS))
    answers.put([first, Keep.lines])


if __name__ == "__main__":
    logging.basicConfig(level="DEBUG", handlers=[Keep()])
    job = dropoff.AgentDrop(KEY, **where).start_send([("parent", bytes(4_000_000))], **TERMS)
    until(lambda: sandbox.requests("put"))
    context = multiprocessing.get_context(sys.argv[2])
    answers = context.SimpleQueue()
    processes = [context.Process(target=work, args=(answers,)) for _ in range(2)]
    for process in processes:
        process.start()
    got = [answers.get() for _ in processes]
    for process in processes:
        process.join()
    over = job.done()
    sandbox.clear_faults()
    job.wait(60)
    print(json.dumps([got, [p.exitcode for p in processes], over, Keep.lines]))
"""


@pytest.mark.parametrize("method", ["fork", "spawn", "forkserver"])
def test_children_of_every_kind_log_too(sandbox: Sandbox, tmp_path: Path, method: str) -> None:
    # The parent's upload ends after the children.
    sandbox.fault(HELD)
    script = tmp_path / "parent.py"
    script.write_text(SCRIPT)
    where = {"key": sandbox.agentdrop_api_key, "base_url": sandbox.api_url, "terms": TERMS}
    where |= {"control_url": sandbox.control_url, "shared": SHARED}
    command = [sys.executable, "-W", "error", "-W", "ignore:This process:DeprecationWarning", str(script)]
    command += [json.dumps(where | sandbox.options()), method]
    done = subprocess.run(command, capture_output=True, text=True, timeout=2 * HANGS, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    got, codes, over, parent = json.loads(done.stdout)
    one = ["started", "the", "storage", "the", "done"]
    assert got == [[one, one], [one, one]] and codes == [0, 0]
    assert not over and parent == one


def test_an_error_of_the_call_is_in_the_log_word_for_word(
    sandbox: Sandbox, debug: pytest.LogCaptureFixture
) -> None:
    with pytest.raises(DropoffError) as caught:
        sandbox.agentdrop("wrong").send([("a", b"1")], **TERMS)
    assert json.dumps(caught.value.message) in told(debug)[-1]
