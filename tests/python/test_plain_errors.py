"""What a Python user reads and catches: the call made, errno, the key of `hai login`, one journal."""

from __future__ import annotations

import errno
import os
import pickle
import subprocess
import sys
from pathlib import Path

import dropoff
import pytest
from conftest import Sandbox
from dropoff import AgentDrop, AsyncAgentDrop, ConflictError, HCompany, InvalidInputError, Storage
from helpers import TERMS, until


@pytest.mark.parametrize("make", [AgentDrop, AsyncAgentDrop, HCompany, Storage])
def test_an_unknown_option_is_a_type_error_too(make: type) -> None:
    given = {} if make is Storage else {"api_key": "k"}
    with pytest.raises(TypeError) as caught:
        make(**given, retries=3)
    error = caught.value
    assert isinstance(error, dropoff.UnknownOptionError) and error.kind == "invalid_input"
    assert "retries" in str(error) and type(pickle.loads(pickle.dumps(error))) is type(error)
    with pytest.raises(InvalidInputError) as other:
        make(**given, max_attempts=0)
    assert not isinstance(other.value, TypeError)


def test_wrong_arguments_are_told_of_the_call_that_was_made(sandbox: Sandbox) -> None:
    d, storage = sandbox.agentdrop(), sandbox.storage()
    with pytest.raises(TypeError, match=r"^AgentDrop\.send\(\) takes 1 positional"):
        d.send(["a"], "a", "b")  # type: ignore[call-arg]
    with pytest.raises(TypeError, match=r"^AgentDrop\.send\(\) .*'recipient'"):
        d.send(["a"], sender="a")  # type: ignore[call-arg]
    with pytest.raises(TypeError, match=r"^AgentDrop\.send\(\) .*'to'"):
        d.send(["a"], to="b", **TERMS)  # type: ignore[call-arg]
    with pytest.raises(TypeError, match=r"^Storage\.put\(\)"):
        storage.put()  # type: ignore[call-arg]
    with pytest.raises(TypeError, match=r"^open_sealed\(\)"):
        dropoff.open_sealed()  # type: ignore[call-arg]
    with pytest.raises(TypeError, match=r"^AgentDrop\.start_send\(\)"):
        d.start_send(["a"], "a", "b")  # type: ignore[call-arg]

    class Odd:
        def __fspath__(self) -> str:
            raise TypeError("AgentDrop.start_send() is what somebody else says")

    with pytest.raises(TypeError, match="somebody else"):
        d.send([Odd()], **TERMS)


async def _send(d: AsyncAgentDrop) -> None:
    await d.send(["a"], "a", "b")  # type: ignore[call-arg]


def test_so_is_an_async_call(sandbox: Sandbox) -> None:
    import asyncio

    with pytest.raises(TypeError, match=r"^AsyncAgentDrop\.send\(\) takes"):
        asyncio.run(_send(sandbox.async_agentdrop()))


def test_local_trouble_has_its_errno(sandbox: Sandbox, tmp_path: Path) -> None:
    d = sandbox.agentdrop()
    (tmp_path / "file").write_bytes(b"1")
    os.mkfifo(tmp_path / "fifo")
    for path, number in [
        (tmp_path, errno.EISDIR),
        (tmp_path / "gone", errno.ENOENT),
        (tmp_path / "file" / "below", errno.ENOTDIR),
        (tmp_path / ("x" * 300), errno.ENAMETOOLONG),
        (tmp_path / "fifo", errno.EINVAL),
        (Path("/proc/version"), errno.EINVAL),
    ]:
        with pytest.raises(OSError, match=".") as caught:
            d.send([path], **TERMS)
        assert isinstance(caught.value, dropoff.SourceUnreadableError)
        assert (caught.value.errno, caught.value.filename) == (number, str(path)), caught.value
    for journal, number in [
        (tmp_path / "no" / "journal", errno.ENOENT),
        (tmp_path, errno.EISDIR),
    ]:
        with pytest.raises(InvalidInputError) as refused:
            d.send([("a", b"1")], journal=journal, **TERMS)
        assert refused.value.errno == number, refused.value
    with pytest.raises(InvalidInputError) as folder:
        sandbox.agentdrop(spool_dir=tmp_path / "file")
    assert folder.value.errno == errno.ENOTDIR


KEY = """
import dropoff
try:
    print(dropoff.HCompany())
except dropoff.AuthenticationError as error:
    print(error)
"""


def test_the_key_of_hai_login_is_found(tmp_path: Path) -> None:
    home, other = tmp_path / "home", tmp_path / "config"
    clean = {
        name: value for name, value in os.environ.items() if name not in ("HAI_API_KEY", "XDG_CONFIG_HOME")
    }

    def said(**environ: str) -> str:
        ran = subprocess.run(
            [sys.executable, "-c", KEY],
            env=clean | {"HOME": str(home)} | environ,
            check=True,
            capture_output=True,
            text=True,
        )
        return ran.stdout.strip()

    def sign_in(folder: Path) -> None:
        (folder / "hai").mkdir(parents=True)
        (folder / "hai" / ".env").write_text("HAI_API_KEY='hk-1'\n")

    assert said().endswith("or sign in with `hai login`")
    sign_in(other)
    assert "hai login" in said()
    assert said(XDG_CONFIG_HOME=str(other)).startswith("HCompany(")
    assert "hai login" in said(XDG_CONFIG_HOME="")
    sign_in(home / ".config")
    assert said().startswith("HCompany(") and said(XDG_CONFIG_HOME="").startswith("HCompany(")
    (other / "hai" / ".env").write_text("OTHER=1\n")
    assert f"its file {other}/hai/.env holds none" in said(XDG_CONFIG_HOME=str(other))


def _open(path: Path) -> int:
    def of_it(fd: str) -> bool:
        try:
            return os.readlink(f"/proc/self/fd/{fd}") == str(path)
        except OSError:
            return False

    return sum(map(of_it, os.listdir("/proc/self/fd")))


def test_two_calls_with_one_journal_send_once(sandbox: Sandbox, tmp_path: Path) -> None:
    d, (file, journal) = sandbox.agentdrop(), (tmp_path / "a", tmp_path / "journal")
    file.write_bytes(b"1")
    sandbox.fault({"on": "confirm", "do": {"hold": True}})
    first = d.start_send([file], journal=journal, **TERMS)
    until(lambda: sandbox.requests("confirm"))
    second = d.start_send([file], journal=journal, **TERMS)
    # They overlap once the second has the journal open while the first has it.
    until(lambda: second.done() or _open(journal) == 2)
    sandbox.clear_faults()
    sent = first.wait()
    with pytest.raises(ConflictError) as caught:
        second.wait()
    assert (caught.value.outcome, caught.value.retryable) == ("not_completed", False)
    assert "in use" in caught.value.message or (
        sent.id in caught.value.message and caught.value.transfer_id == sent.id
    )
    assert len(sandbox.requests("presign")) == 1 and not journal.exists()
