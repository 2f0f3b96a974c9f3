"""Folders in which nobody can make a file, root neither: permissions would not stop it."""

from __future__ import annotations

import errno
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import Sandbox
from dropoff import DropoffError, Encryption, InvalidInputError, KeyPair, open_sealed
from helpers import PROFILE, TERMS, download, user_data


@pytest.fixture(params=["the kernel's own", "mounted read-only"])
def folder(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Path]:
    if request.param == "the kernel's own":
        yield Path("/sys")
        return
    if os.geteuid() != 0:
        pytest.skip("to mount needs root")
    at = tmp_path / "mounted"
    at.mkdir()
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", "ro", "tests", at], capture_output=True, text=True)
    if done.returncode != 0:
        pytest.skip(f"nothing can be mounted here: {done.stderr.strip()}")
    yield at
    subprocess.run(["umount", at], check=True)


def check(error: DropoffError, before: str, after: str) -> None:
    assert isinstance(error, InvalidInputError)
    assert error.message.startswith(f"{before} failed ("), error
    assert error.message.endswith(f"); {after} a folder that can be written to"), error
    assert error.outcome == "not_completed" and not error.retryable


def test_no_temporary_file_can_be_made(sandbox: Sandbox, folder: Path, tmp_path: Path) -> None:
    profile = user_data(tmp_path / "chromium")
    for call in (
        lambda: sandbox.agentdrop(spool_dir=folder).send([("a", iter([b"1"]))], **TERMS),
        lambda: sandbox.hcompany(spool_dir=folder).upload_profile(profile, **PROFILE),
    ):
        with pytest.raises(InvalidInputError) as caught:
            call()
        check(caught.value, f"making a temporary file in {folder}", "set spool_dir to")
        assert caught.value.path == str(folder)
    assert sandbox.requests() == [], "nothing was asked for"
    # What is read anew for each try wants no such file.
    sandbox.agentdrop(spool_dir=folder).send([("a", b"1")], **TERMS)


def test_a_journal_cannot_be_made(sandbox: Sandbox, folder: Path) -> None:
    journal = folder / "journal"
    with pytest.raises(InvalidInputError) as caught:
        sandbox.agentdrop().send([("a", b"1")], journal=journal, **TERMS)
    check(caught.value, f"opening the journal {journal}", "give a path in")
    assert caught.value.errno in (errno.EACCES, errno.EROFS)
    assert sandbox.requests() == []


def test_no_file_can_be_opened_into_it(sandbox: Sandbox, folder: Path, tmp_path: Path) -> None:
    ours, theirs = KeyPair.generate(), KeyPair.generate()
    for agent, pair in ((TERMS["sender"], ours), (TERMS["recipient"], theirs)):
        sandbox.agents({"agent_id": agent, "public_key": pair.public_key})
    sent = sandbox.agentdrop().send([("a", b"1")], encrypt=Encryption(ours), **TERMS)
    [(path, opens)] = download(sandbox, sent.id, tmp_path)
    with pytest.raises(InvalidInputError) as caught:
        open_sealed(path, to=folder / "opened", key_pair=theirs, **opens)
    check(caught.value, f"writing to {folder}", "give a path in")
