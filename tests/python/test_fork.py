"""A forked child beside calls of its parent."""

from __future__ import annotations

from conftest import Sandbox
from helpers import (
    child,
)


def test_a_job_with_a_callback_does_not_hang_in_a_forked_child(sandbox: Sandbox) -> None:
    sandbox.fault({"on": "put", "do": {"delay_ms": 500}})
    body = """
        job = d.start_send([("a", io.BytesIO(b"1"))], on_progress=lambda p: None, **terms)
        time.sleep(0.1)
        pid = os.fork()
        if pid == 0:
            status = 1
            try:
                job.wait(5)
            except CancelledError:
                status = 0
            finally:
                os._exit(status)
        print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), job.wait().status)
    """
    with child(sandbox, body) as process:
        out, err = process.communicate(timeout=30)
    assert (process.returncode, out.strip()) == (0, "0 active"), err


def test_a_forked_child_and_its_parent_both_send(sandbox: Sandbox) -> None:
    sandbox.fault({"on": "put", "skip": 1, "do": {"delay_ms": 500}})
    body = """
        def verified(name):
            return all(f.verified for f in d.send([(name, b"x")], timeout=10, **terms).files)
        assert verified("before")
        running = d.start_send([("running", b"y")], **terms)
        time.sleep(0.1)
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
        assert running.wait().status == "active"
        print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
    """
    with child(sandbox, body) as process:
        out, err = process.communicate(timeout=30)
    assert (process.returncode, out.strip()) == (0, "0"), err
    assert len(sandbox.requests("confirm")) == 4
