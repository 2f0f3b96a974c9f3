"""A forked child beside calls of its parent."""

from __future__ import annotations

from conftest import Sandbox
from helpers import (
    HELD,
    child,
)


def test_a_job_with_a_callback_does_not_hang_in_a_forked_child(sandbox: Sandbox) -> None:
    sandbox.fault(HELD)
    body = """
        job = d.start_send([("a", io.BytesIO(b"1"))], on_progress=lambda p: None, **terms)
        until(lambda: sandbox.requests("put"))
        pid = os.fork()
        if pid == 0:
            status = 1
            try:
                job.wait(HANGS)
            except CancelledError:
                status = 0
            finally:
                os._exit(status)
        status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        sandbox.clear_faults()
        print(status, job.wait().status)
    """
    with child(sandbox, body) as process:
        out, err = process.ended()
    assert (process.returncode, out.strip()) == (0, "0 active"), err


def test_a_forked_child_and_its_parent_both_send(sandbox: Sandbox) -> None:
    sandbox.fault(HELD | {"skip": 1})
    body = """
        def verified(name):
            return all(f.verified for f in d.send([(name, b"x")], timeout=HANGS, **terms).files)
        assert verified("before")
        running = d.start_send([("running", b"y")], **terms)
        until(lambda: len(sandbox.requests("put")) == 2)
        pid = os.fork()
        if pid == 0:
            status = 1
            try:
                assert verified("child")
                try:
                    running.wait()
                except CancelledError as error:
                    assert "parent" in error.message and running.done()
                    status = 0
            finally:
                os._exit(status)
        assert verified("parent")
        status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        sandbox.clear_faults()
        assert running.wait().status == "active"
        print(status)
    """
    with child(sandbox, body) as process:
        out, err = process.ended()
    assert (process.returncode, out.strip()) == (0, "0"), err
    assert len(sandbox.requests("confirm")) == 4
