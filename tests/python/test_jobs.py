"""Jobs: waited for, cancelled, and as context managers."""

from __future__ import annotations

from datetime import timedelta

import dropoff
import pytest
from conftest import Sandbox
from control import HANGS
from dropoff import (
    AgentDrop,
    CancelledError,
    DropoffError,
    HCompany,
    Storage,
)
from helpers import (
    BIG,
    HELD,
    PROFILE,
    STALL,
    TERMS,
    Enough,
    parameters,
    soon,
    until,
)
from sources import zipped


def test_wait_with_a_timeout_leaves_the_job_running(sandbox: Sandbox) -> None:
    sandbox.fault(HELD)
    job = sandbox.agentdrop().start_send([("a", b"1")], **TERMS)
    for limit in (0, 0.05, timedelta(milliseconds=50)):
        with pytest.raises(TimeoutError, match="still running") as caught:
            job.wait(limit)
        assert not isinstance(caught.value, DropoffError)
    assert not job.done() and job.progress().phase != "done"
    sandbox.clear_faults()
    assert job.wait(timeout=HANGS).status == "active"
    assert job.done() and job.wait() == job.wait(0)
    assert "Job(" in repr(job)


def test_cancel_ends_the_job(sandbox: Sandbox) -> None:
    sandbox.fault(STALL)
    job = sandbox.agentdrop().start_send([("a", BIG)], **TERMS)
    until(lambda: sandbox.requests("put"))
    job.cancel()
    with soon(), pytest.raises(CancelledError) as caught:
        job.wait()
    assert caught.value.transfer_id and caught.value.outcome == "not_completed"
    job.cancel()  # once more does no harm


def test_with_waits_on_success(sandbox: Sandbox) -> None:
    sandbox.fault(HELD)
    with sandbox.agentdrop().start_send([("a", b"1")], **TERMS) as job:
        assert not job.done()
        sandbox.clear_faults()
    assert job.done() and job.wait(0).status == "active"


def test_with_raises_what_the_call_failed_with(sandbox: Sandbox) -> None:
    with pytest.raises(dropoff.SourceNotFoundError), sandbox.agentdrop().start_send(["/nowhere"], **TERMS):
        pass


def test_with_cancels_and_joins_on_an_exception(sandbox: Sandbox) -> None:
    sandbox.fault(STALL)
    job = sandbox.agentdrop().start_send([("a", BIG)], **TERMS)
    with soon(), pytest.raises(Enough), job:
        raise Enough
    assert job.done()
    with pytest.raises(CancelledError):
        job.wait(0)


def test_jobs_of_all_steps(sandbox: Sandbox) -> None:
    h, d = sandbox.hcompany(), sandbox.agentdrop()
    ticket = h.start_initiate_upload().wait()
    uploaded = h.start_upload(ticket, zipped(1000)).wait()
    profile = h.start_complete_upload(ticket.profile_id, uploaded=uploaded, **PROFILE).wait()
    assert profile.verified and profile.upload == uploaded
    assert h.start_get_profile(profile.id).wait().checksum == profile.checksum
    assert h.start_upload_profile(zipped(10), **PROFILE).wait().verified
    pending = d.start_presign([("a", b"1")], **TERMS).wait()
    assert [f.verified for f in d.start_upload(pending, [("a", b"1")]).wait()] == [True]
    assert d.start_confirm(pending.id).wait().status == "active"
    info = d.start_get_transfer(pending.id).wait()
    assert info.status == info.fields["status"] == "active"
    target = d.presign([("a", b"1")], **TERMS).reveal()["upload_urls"][0]
    s = sandbox.storage()
    assert s.start_put(target["upload_url"], b"1", headers=target["headers"]).wait().verified
    form = h.initiate_upload().reveal()
    assert s.start_post_form(form["upload_url"], form["upload_fields"], b"1").wait().verified


def test_the_waiting_forms_look_like_methods() -> None:
    for cls in (HCompany, AgentDrop, Storage):
        for name, start in vars(cls).items():
            if name.startswith("start_"):
                waiting = getattr(cls, name.removeprefix("start_"))
                assert parameters(waiting) == parameters(start)
                assert (
                    waiting.__doc__
                    and waiting.__qualname__ == f"{cls.__name__}.{name.removeprefix('start_')}"
                )
    for free in (dropoff.open_sealed, dropoff.async_open_sealed):
        assert parameters(free) == parameters(dropoff.start_open_sealed)
        assert free.__doc__ == dropoff.start_open_sealed.__doc__ and free.__module__ == "dropoff"
    assert dropoff.open_sealed.__qualname__ == "open_sealed"
    assert dropoff.async_open_sealed.__qualname__ == "async_open_sealed"
