"""Under gevent and eventlet, which replace threads, locks and sockets: nothing hangs, and the hub runs on."""

from __future__ import annotations

import json
import subprocess
import sys
import textwrap

import pytest
from conftest import Sandbox
from helpers import SHARED

pytestmark = pytest.mark.parametrize("library", ["gevent", "eventlet"])

PATCH = {
    "gevent": "import gevent.monkey; gevent.monkey.patch_all()",
    "eventlet": "import eventlet; eventlet.monkey_patch()",
}
POOL = {
    "gevent": "gevent.get_hub().threadpool.apply",
    "eventlet": "(lambda f: __import__('eventlet.tpool').tpool.execute(f))",
}
BEFORE = """
import faulthandler, io, json, logging, os, sys, threading, time
faulthandler.dump_traceback_later(90, exit=True)
{patch}
import dropoff
box = json.loads(sys.argv[1])
options = dict(trusted_storage=[box["storage"]], backoff_base=0.001, max_attempts=1)
sys.path.append(box["shared"])
from control import Control, until
sandbox = Control(box["control"])
drop = dropoff.AgentDrop(box["key"], base_url=box["api"], **options)
TERMS = dict(sender="a", recipient="b")
"""


def green(sandbox: Sandbox, library: str, body: str, patch: str | None = None) -> str:
    """What the program prints, in a process whose threads are greenlets."""
    patch = PATCH[library] if patch is None else patch
    program = BEFORE.format(patch=patch) + textwrap.dedent(body)
    box = {"api": sandbox.api_url, "storage": sandbox.storage_url, "key": sandbox.agentdrop_api_key}
    box |= {"control": sandbox.control_url, "shared": SHARED}
    command = [sys.executable, "-W", "ignore", "-c", program, json.dumps(box)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=240, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_a_file_object_is_read(sandbox: Sandbox, library: str) -> None:
    body = """
    print(drop.send([("a", io.BytesIO(bytes(3_000_000)))], **TERMS).files[0].bytes)
    with drop.start_send([("a", io.BytesIO(b"12"))], **TERMS) as job:
        pass
    print(job.wait().files[0].bytes)
    job = drop.start_send([("a", io.BytesIO(b"123"))], **TERMS)
    while not job.done():
        time.sleep(0.01)
    print(job.wait(timeout=0).files[0].bytes)
    """
    assert green(sandbox, library, body).split() == ["3000000", "2", "3"]


def test_a_file_object_that_switches_is_read(sandbox: Sandbox, library: str) -> None:
    # A socket of the library's belongs to the hub it is used in; another thread could not read it.
    body = """
    import socket
    ours, theirs = socket.socketpair()
    def talk():
        for _ in range(5):
            time.sleep(0.02)
            theirs.sendall(b"x" * 1000)
        theirs.close()
    threading.Thread(target=talk).start()
    print(drop.send([("a", ours.makefile("rb"))], **TERMS).files[0].bytes)
    """
    assert green(sandbox, library, body) == "5000\n"


def test_what_a_file_object_raises_is_told_and_it_goes_back(sandbox: Sandbox, library: str) -> None:
    sandbox.fault({"on": "put", "do": {"reply": {"status": 503}}})
    body = """
    class Bad:
        def read(self, size):
            raise ValueError("torn")
    source = io.BytesIO(b"12345")
    for given in (Bad(), source):
        try:
            drop.send([("a", given)], **TERMS)
        except dropoff.DropoffError as error:
            print(error.kind, error.retryable, type(error.__cause__).__name__)
    print(source.tell())
    """
    want = ["source_unreadable False ValueError", "unavailable True NoneType", "0"]
    assert green(sandbox, library, body).splitlines() == want


def test_progress_is_told(sandbox: Sandbox, library: str) -> None:
    body = """
    for call in (drop.send, lambda files, **more: drop.start_send(files, **more).wait()):
        seen = []
        call([("a", bytes(100_000))], on_progress=lambda p: seen.append((p.phase, time.sleep(0.01))), **TERMS)
        print(seen[-1][0])
    def inside(progress):
        if progress.phase == "done" and not told:
            told.append(1)
            told.append(job.wait())
    told = []
    job = drop.start_send([("a", b"1")], on_progress=inside, **TERMS)
    print(job.wait() == told[1])
    def raising(progress):
        raise ZeroDivisionError
    job = drop.start_send([("a", b"1")], on_progress=raising, **TERMS)
    try:
        job.wait()
    except ZeroDivisionError:
        print("raised")
    """
    assert green(sandbox, library, body).split() == ["done", "done", "True", "raised"]


def test_the_hub_runs_on_during_a_call(sandbox: Sandbox, library: str) -> None:
    body = """
    HELD = {"on": "presign", "do": {"hold": True}}
    sandbox.fault(HELD)
    def let_go():
        until(lambda: sandbox.requests("presign"))
        sandbox.clear_faults()
    threading.Thread(target=let_go).start()
    print(drop.send([("a", b"1")], **TERMS).status)
    sandbox.fault(HELD)
    try:
        drop.start_send([("a", b"1")], **TERMS).wait(timeout=0)
    except TimeoutError as error:
        print(error)
    """
    want = ["active", "the job is still running after 0 s; wait again, or cancel it"]
    assert green(sandbox, library, body).splitlines() == want


def test_many_calls_run_at_once_and_share_a_socket_pair(sandbox: Sandbox, library: str) -> None:
    sandbox.fault({"on": "presign", "times": -1, "do": {"delay_ms": 300}})
    body = """
    sizes, most = [], 0
    def send(n):
        sizes.append(drop.send([("a", io.BytesIO(bytes(n)))], **TERMS).files[0].bytes)
    threads = [threading.Thread(target=send, args=(n,)) for n in range(30)]
    for thread in threads: thread.start()
    for thread in threads: thread.join()
    print(sorted(sizes) == list(range(30)))
    from dropoff._finishing import LoopListener
    while LoopListener._by_loop:  # what read the last stream may take a moment to end
        time.sleep(0.01)
    print(len(LoopListener._by_loop))
    """
    assert green(sandbox, library, body).split() == ["True", "0"]


@pytest.mark.skipif(sys.platform != "linux", reason="the limit is Linux's")
def test_a_hub_that_no_descriptor_can_wake_looks_by_itself(sandbox: Sandbox, library: str) -> None:
    body = """
    import resource
    def all_forms():
        yield drop.send([("a", b"1")], **TERMS)
        with drop.start_send([("a", b"1")], **TERMS, on_progress=lambda _: None) as job:
            pass
        yield job.wait()
        yield drop.start_send([("a", b"1")], **TERMS).future().result()
    print(*(sent.status for sent in all_forms()))
    resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))
    hogs = []
    try:
        while True: hogs.append(os.open("/dev/null", os.O_RDONLY))
    except OSError:
        pass
    print(*(sent.status for sent in all_forms()))
    """
    assert green(sandbox, library, body).split() == ["active"] * 6


def test_records_reach_a_handler_that_switches(sandbox: Sandbox, library: str) -> None:
    body = """
    class Handler(logging.Handler):
        def emit(self, record):
            time.sleep(0.001)
            texts.append(record.getMessage())
    texts = []
    logging.basicConfig(level=logging.DEBUG, handlers=[Handler()])
    logging.getLogger("eventlet").setLevel(logging.ERROR)
    drop.send([("a", io.BytesIO(b"1"))], **TERMS)
    print(texts[0].startswith("started"), texts[-1].startswith("done"))
    def send():
        drop.send([("a", b"1")], **TERMS)
    threads = [threading.Thread(target=send) for _ in range(5)]
    for thread in threads: thread.start()
    for thread in threads: thread.join()
    print(sum(text.startswith("done") for text in texts))
    class Nested(logging.Handler):
        def emit(self, record):
            if not depth:
                depth.append(1)
                send()
    depth = []
    logging.getLogger("dropoff").addHandler(Nested())
    send()
    send()
    print(sum(text.startswith("done") for text in texts))
    """
    assert green(sandbox, library, body).split() == ["True", "True", "6", "9"]


def test_a_timeout_of_the_library_cancels_the_call(sandbox: Sandbox, library: str) -> None:
    sandbox.fault({"on": "put", "times": -1, "do": {"stall_after": 10}})
    timeout = "gevent.Timeout" if library == "gevent" else "eventlet.Timeout"
    body = f"""
    source = io.BytesIO(bytes(1_000_000))
    try:
        with {timeout}(0.5):
            drop.send([("a", source)], **TERMS)
    except {timeout} as error:
        print(type(error.__context__).__name__, source.tell())
    """
    assert green(sandbox, library, body) == "CancelledError 0\n"


def test_ctrl_c_cancels_the_call(sandbox: Sandbox, library: str) -> None:
    sandbox.fault({"on": "put", "times": -1, "do": {"stall_after": 10}})
    body = """
    # From outside: in this process the greenlet that sends it would be the one that gets it.
    import subprocess
    code = f"import os; from control import *; sandbox = Control('{sandbox.control_url}');"
    code += f"until(lambda: sandbox.requests('put')); os.kill({os.getpid()}, 2)"
    subprocess.Popen([sys.executable, "-c", code], env=os.environ | {"PYTHONPATH": box["shared"]})
    try:
        drop.send([("a", bytes(1_000_000))], **TERMS)
    except KeyboardInterrupt as error:
        print(type(error.__context__).__name__)
    """
    assert "CancelledError" in green(sandbox, library, body)


def test_a_thread_pool_works_as_without_the_library(sandbox: Sandbox, library: str) -> None:
    pool = POOL[library]
    body = f"""
    logging.basicConfig(level=logging.DEBUG, stream=sys.stdout)
    logging.getLogger("eventlet").setLevel(logging.ERROR)
    def send():
        return drop.send([("a", io.BytesIO(b"12"))], on_progress=lambda p: None, **TERMS).files[0].bytes
    print(({pool})(send))
    def start():
        return drop.start_send([("a", io.BytesIO(b"123"))], **TERMS)
    print(({pool})(start).wait().files[0].bytes)
    """
    lines = green(sandbox, library, body).splitlines()
    assert [line for line in lines if line.isdigit()] == ["2", "3"]
    assert sum("dropoff:done" in line for line in lines) == 2


def test_whoever_waits_for_a_job_elsewhere_is_told(sandbox: Sandbox, library: str) -> None:
    sandbox.fault({"on": "put", "times": -1, "do": {"hold": True}})
    # The first on a thread of a pool, where no hub turns afterwards.
    body = f"""
    def send():
        return drop.start_send([("a", b"1")], **TERMS)
    elsewhere, here = [], []
    ({POOL[library]})(lambda: send().add_done_callback(elsewhere.append))
    job = send()
    job.add_done_callback(here.append)
    job.add_done_callback(print)
    print(job.remove_done_callback(print))
    future = send().future()
    sandbox.clear_faults()
    print(future.result(60).status)
    until(lambda: here and elsewhere)
    print(here == [job], elsewhere[0].wait().status, send().wait().status)
    """
    assert green(sandbox, library, body).split() == ["1", "active", "True", "active", "active"]


def test_a_client_is_closed(sandbox: Sandbox, library: str) -> None:
    sandbox.fault({"on": "put", "times": -1, "do": {"stall_after": 10}})
    body = f"""
    with dropoff.AgentDrop(box["key"], base_url=box["api"], **options) as closed:
        job = closed.start_send([("a", io.BytesIO(bytes(1_000_000)))], **TERMS)
        until(lambda: sandbox.requests("put"))
    print(job.done())
    other = drop.start_send([("a", bytes(1_000_000))], **TERMS)
    until(lambda: len(sandbox.requests("put")) == 2)
    ({POOL[library]})(drop.close)
    for job in (job, other):
        try:
            job.wait()
        except dropoff.CancelledError as error:
            print(error.kind)
    """
    assert green(sandbox, library, body).split() == ["True", "cancelled", "cancelled"]


def test_asyncio_works(sandbox: Sandbox, library: str) -> None:
    body = """
    import asyncio
    logging.basicConfig(level=logging.DEBUG, stream=sys.stdout)
    async def main():
        async with dropoff.AsyncAgentDrop(box["key"], base_url=box["api"], **options).start_send(
            [("a", io.BytesIO(b"12"))], **TERMS
        ) as job:
            print((await job).files[0].bytes)
    asyncio.run(main())
    """
    lines = green(sandbox, library, body).splitlines()
    assert "2" in lines and any("dropoff:done" in line for line in lines)


def test_a_call_before_the_patch_does_no_harm(sandbox: Sandbox, library: str) -> None:
    body = f"""
    logging.basicConfig(level=logging.INFO, stream=sys.stdout)
    sizes = [drop.send([("a", io.BytesIO(b"12"))], **TERMS).files[0].bytes]
    {PATCH[library]}
    sizes.append(drop.send([("a", io.BytesIO(b"123"))], **TERMS).files[0].bytes)
    print(sizes)
    """
    assert "[2, 3]" in green(sandbox, library, body, patch="")
