"""A program may end at any moment, whatever its threads are doing in the package."""

from __future__ import annotations

import pytest
from conftest import Sandbox
from helpers import (
    STALL,
    child,
)


def test_a_program_may_end_while_jobs_run(sandbox: Sandbox) -> None:
    sandbox.fault(STALL)
    body = """
        class Slow(io.RawIOBase):
            def read(self, size=-1):
                time.sleep(0.0005)
                return b"x"
        def busy(progress):
            for _ in range(10_000):
                time.sleep(0.0003)
        jobs = [d.start_send([("a", bytes(20_000_000))], on_progress=busy, **terms),
                d.start_send([("b", Slow())], **terms)]
        waiting = lambda: d.send([("b", Slow())], on_progress=busy, **terms)
        for _ in range(4):
            threading.Thread(target=waiting, daemon=True).start()
        time.sleep(0.3)
        print("end")
    """
    # What goes wrong here goes wrong by chance: a thread must be killed inside the caller's code.
    for _ in range(5):
        with child(sandbox, body) as process:
            out, err = process.ended()
        assert (process.returncode, out.strip(), err) == (0, "end", "")


@pytest.mark.parametrize("kind", ["context", "file"])
def test_a_program_may_end_while_something_is_let_go(sandbox: Sandbox, kind: str) -> None:
    """On a thread of the package, by the last reference to it."""
    body = f"""
        import contextvars, gc, logging
        logging.basicConfig(level=logging.DEBUG, handlers=[logging.StreamHandler(io.StringIO())])
        begun = threading.Event()
        class Last:
            def __del__(self):
                if threading.current_thread() is threading.main_thread():
                    return
                begun.set()
                while True:
                    time.sleep(0.0001)
        def context():
            variable = contextvars.ContextVar("last")
            def plan():
                variable.set(Last())
                return d.start_plan([("a", b"1")], **terms)
            # Another call, whose records come when that one is over.
            other = d.start_send([("a", b"1")], **terms)
            plan = contextvars.copy_context().run(plan)
            other.wait()
        def file():
            def chunks():
                last = Last()
                yield b"1"
                # The call ends while this is suspended, for a caller who waits for nothing.
                started.set()
                go_on.wait()
                yield b"2"
            started, go_on = threading.Event(), threading.Event()
            job = d.start_send([("a", chunks())], **terms)
            started.wait()
            job.cancel()
            del job
            go_on.set()
        # By chance it is this thread that lets go.
        while not begun.wait(0.01):
            {kind}()
        print("end")
    """
    for _ in range(5):
        with child(sandbox, body) as process:
            out, err = process.ended()
        assert (process.returncode, out.strip(), err) == (0, "end", "")


@pytest.mark.parametrize(
    "call",
    [
        "d.start_send([], **terms)",
        "AgentDrop('k', max_attempts=0)",
        "d.start_send([('a', b'1')], sender='', recipient='b', metadata={'a': [1, {'b': None}]})",
        "d.send([('a', io.BytesIO(b'1'))], **terms)",
        "d.start_send([('a', b'1')], on_progress=id, **terms).wait()",
        "sent.to_dict()",
    ],
)
def test_a_program_may_end_while_threads_are_in_the_package(sandbox: Sandbox, call: str) -> None:
    body = f"""
        sent = d.send([("a", b"1")], **terms)
        def busy():
            while True:
                try:
                    {call}
                except DropoffError:
                    pass
        for _ in range(4):
            threading.Thread(target=busy, daemon=True).start()
        time.sleep(0.1)
    """
    # By chance, too: up to thirty of thirty runs aborted while Rust called Python code here.
    for _ in range(8):
        with child(sandbox, body) as process:
            _, err = process.ended()
        assert (process.returncode, err) == (0, "")
