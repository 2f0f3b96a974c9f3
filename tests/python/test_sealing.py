"""Key pairs, sealing and opening: what a program may do with them, and what it may not."""

from __future__ import annotations

import asyncio
import copy
import hashlib
import inspect
import io
import json
import os
import pickle
import threading
import time
from base64 import b64decode
from collections.abc import Callable
from pathlib import Path
from typing import Any

import dropoff
import pytest
from conftest import Sandbox
from dropoff import (
    CancelledError,
    DropoffError,
    Encryption,
    EncryptionError,
    File,
    InvalidInputError,
    KeyPair,
    Progress,
    SentTransfer,
    SourceNotFoundError,
    async_open_sealed,
    open_sealed,
    start_open_sealed,
)
from helpers import TERMS, BytesPath, Enough, child, download, raising, soon, stored, until
from sources import pattern

CONTENT = pattern(100_000)


@pytest.fixture
def pairs(sandbox: Sandbox) -> tuple[KeyPair, KeyPair]:
    """The sender's and the recipient's, which the service knows."""
    ours, theirs = KeyPair.generate(), KeyPair.generate()
    for agent, pair in ((TERMS["sender"], ours), (TERMS["recipient"], theirs)):
        sandbox.agents({"agent_id": agent, "public_key": pair.public_key})
    return ours, theirs


@pytest.fixture
def sealed(sandbox: Sandbox, pairs: tuple[KeyPair, KeyPair], tmp_path: Path) -> tuple[Path, dict[str, Any]]:
    """A file as its recipient has it, and what opens it."""
    sent = sandbox.agentdrop().send([("a", CONTENT)], encrypt=Encryption(pairs[0]), **TERMS)
    ((path, opens),) = download(sandbox, sent.id, tmp_path)
    return path, opens | {"key_pair": pairs[1]}


# -- key pairs


def test_a_pair_shows_its_public_half_alone() -> None:
    pair = KeyPair.generate()
    private = pair.reveal_private_key()
    assert len(b64decode(private)) == len(b64decode(pair.public_key)) == 32
    assert repr(pair) == str(pair) == f"{pair}" == f"KeyPair(public_key='{pair.public_key}')"
    members = {name: repr(getattr(pair, name)) for name in dir(pair) if name != "reveal_private_key"}
    assert private not in str(members) and not hasattr(pair, "__dict__")
    again = KeyPair.from_private_key(private)
    assert (again.public_key, again.reveal_private_key()) == (pair.public_key, private)
    assert KeyPair.generate().public_key != pair.public_key


def test_a_pair_and_an_encryption_are_copied_and_not_pickled() -> None:
    pair = KeyPair.generate()
    for held in (pair, Encryption(pair), Encryption.presealed("key")):
        for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
            with pytest.raises(TypeError, match="cannot be pickled") as caught:
                pickle.dumps(held, protocol)
            assert pair.reveal_private_key() not in repr(caught.value)
        with pytest.raises(TypeError):
            json.dumps(held)
        assert copy.copy(held) is held and copy.deepcopy([held])[0] is held


def test_a_pair_is_made_by_its_methods() -> None:
    with pytest.raises(TypeError, match="KeyPair"):
        KeyPair()
    wrong: list[Any] = [3, b"key", None, ["key"]]
    for value in wrong:
        with pytest.raises(InvalidInputError, match="^private_key must be text"):
            KeyPair.from_private_key(value)
    for text in ("", "canary", "canary" * 10):
        why = "not the base64 of 32 bytes" if text else "the private key is missing"
        with pytest.raises(EncryptionError, match=why) as caught:
            KeyPair.from_private_key(text)
        assert "canary" not in f"{caught.value} {caught.value.to_dict()}"


def test_the_official_sdks_pair_is_read(sandbox: Sandbox, tmp_path: Path) -> None:
    pair, folder = KeyPair.generate(), Path.home() / ".agentdrop"
    folder.mkdir()
    file = folder / "config.json"
    file.write_text(json.dumps({"agent_id": "a", "private_key": pair.reveal_private_key()}))
    for path in (folder, str(file), "~/.agentdrop", BytesPath(os.fsencode(file))):
        assert KeyPair.from_agentdrop_config(path).public_key == pair.public_key
    with pytest.raises(SourceNotFoundError) as missing:
        KeyPair.from_agentdrop_config(tmp_path / "nowhere")
    assert missing.value.path == str(tmp_path / "nowhere")
    file.write_text('{"private_key": "canary"}')
    with pytest.raises(EncryptionError) as caught:
        KeyPair.from_agentdrop_config(folder)
    assert caught.value.path == str(file) and "canary" not in str(caught.value.to_dict())
    wrong: list[Any] = [3, None, b"path", pair]
    for value in wrong:
        with pytest.raises(InvalidInputError, match="^path must be a path"):
            KeyPair.from_agentdrop_config(value)


# -- encryption


def test_what_is_no_encryption(sandbox: Sandbox) -> None:
    d, a, pair = sandbox.agentdrop(), sandbox.async_agentdrop(), KeyPair.generate()
    wrong: list[Any] = [True, False, "key", pair, {"key_pair": pair}, Encryption]
    for value in wrong:
        for call in (d.send, d.start_send, d.presign, lambda *args, **o: asyncio.run(a.send(*args, **o))):
            with pytest.raises(InvalidInputError, match="^encrypt must be an Encryption, such as") as caught:
                call([("a", b"1")], encrypt=value, **TERMS)
            assert isinstance(caught.value, ValueError) and "\n" not in str(caught.value)
            assert pair.reveal_private_key() not in str(caught.value)
    assert not sandbox.requests()


def test_what_makes_no_encryption() -> None:
    pair = KeyPair.generate()
    make: Any = Encryption
    for value in (None, "key", pair.reveal_private_key(), make(pair)):
        with pytest.raises(InvalidInputError, match="^key_pair must be a KeyPair, such as") as caught:
            make(value)
        assert pair.reveal_private_key() not in str(caught.value)
    for name in ("recipient_public_key", "algorithm"):
        for value in (3, b"key", pair):
            with pytest.raises(InvalidInputError, match=f"^{name} must be text"):
                make(pair, **{name: value})
    with pytest.raises(EncryptionError, match="recipient"):
        make(pair, "no key")
    for value in (3, None, b"key", pair):
        with pytest.raises(InvalidInputError, match="^encrypted_key must be text"):
            make.presealed(value)
    with pytest.raises(TypeError):
        make(pair, pair.public_key, "positional")


def test_an_encryption_shows_no_secret() -> None:
    pair, other = KeyPair.generate(), KeyPair.generate()
    assert repr(Encryption(pair)) == f"Encryption({pair!r})"
    given = Encryption(pair, f" {other.public_key}\n")
    assert str(given) == f"Encryption({pair!r}, recipient_public_key='{other.public_key}')"
    assert repr(Encryption.presealed("canary")) == "Encryption.presealed(<hidden>)"


def test_the_schemes_name_is_told(sandbox: Sandbox) -> None:
    d, pair = sandbox.agentdrop(), KeyPair.generate()
    file = File(bytes(100), name="a", encryption_iv="AAAAAAAAAAAAAAAA")
    for name in (None, "AES-256-GCM"):
        for encryption, source in (
            (Encryption(pair, algorithm=name), File(b"1", name="a")),
            (Encryption.presealed("A" * 80, algorithm=name), file),
        ):
            plan = d.plan([source], encrypt=encryption, **TERMS)
            assert plan.request["encryption_algorithm"] == (name or "X25519-HKDF-AES-256-GCM")
    with pytest.raises(InvalidInputError, match="algorithm is empty"):
        d.send([("a", b"1")], encrypt=Encryption(pair, algorithm=""), **TERMS)


def test_the_fingerprint_is_that_of_the_recipients_key(
    sandbox: Sandbox, pairs: tuple[KeyPair, KeyPair]
) -> None:
    d, (ours, theirs) = sandbox.agentdrop(), pairs
    fingerprint = hashlib.sha256(b64decode(theirs.public_key)).hexdigest()
    for encryption, source in (
        (Encryption(ours), "service"),
        (Encryption(ours, theirs.public_key), "caller"),
    ):
        sent = d.send([("a", b"1")], encrypt=encryption, **TERMS)
        assert (sent.encrypted, sent.recipient_key_source) == (True, source)
        assert sent.recipient_key_fingerprint == fingerprint and sent.files[0].bytes == 17
    plain = d.send([("a", b"1")], **TERMS)
    assert (plain.encrypted, plain.recipient_key_source, plain.recipient_key_fingerprint) == (
        False,
        None,
        None,
    )


def test_pairs_and_encryptions_are_used_again_and_in_threads(
    sandbox: Sandbox, pairs: tuple[KeyPair, KeyPair], tmp_path: Path
) -> None:
    d, encryption = sandbox.agentdrop(), Encryption(pairs[0])
    sent: list[SentTransfer] = []

    def work() -> None:
        for _ in range(3):
            sent.append(d.send([("a", CONTENT), ("b", io.BytesIO(b"1"))], encrypt=encryption, **TERMS))

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(sent) == 24 and all(s.encrypted and s.files[0].verified for s in sent)
    # Each file under a key and a nonce of its own.
    assert len(stored(sandbox)) == 48
    files = [file for s in sent for file in download(sandbox, s.id, tmp_path)]
    assert len({opens["encrypted_key"] for _, opens in files}) == 24
    assert len({opens["encryption_iv"] for _, opens in files}) == 48


def test_a_fork_after_making_a_pair(sandbox: Sandbox, pairs: tuple[KeyPair, KeyPair]) -> None:
    body = f"""
        first, encryption = KeyPair.generate(), Encryption(KeyPair.generate(), {pairs[1].public_key!r})
        def send(name):
            return d.send([(name, b"x")], encrypt=encryption, timeout=120, **terms).encrypted
        assert send("before")
        here, there = os.pipe()
        pid = os.fork()
        if pid == 0:
            status = 1
            try:
                assert send("child") and KeyPair.from_private_key(first.reveal_private_key())
                os.write(there, KeyPair.generate().public_key.encode())
                status = 0
            finally:
                os._exit(status)
        os.close(there)
        made = [KeyPair.generate().public_key, first.public_key, os.read(here, 100).decode()]
        assert send("parent") and len(set(made)) == 3, made
        print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
    """
    with child(sandbox, body) as process:
        out, err = process.ended()
    assert (process.returncode, out.strip()) == (0, "0"), err
    assert len(sandbox.requests("confirm")) == 3


# -- opening


def in_loop(*args: Any, **kwargs: Any) -> Any:
    return asyncio.run(async_open_sealed(*args, **kwargs), debug=True)


def as_job(*args: Any, **kwargs: Any) -> Any:
    return start_open_sealed(*args, **kwargs).wait()


FORMS = pytest.mark.parametrize("opening", [open_sealed, as_job, in_loop])


@FORMS
def test_what_was_sealed_opens(
    sealed: tuple[Path, dict[str, Any]], tmp_path: Path, opening: Callable[..., Any]
) -> None:
    path, args = sealed
    home = Path.home()
    (home / "in.sealed").write_bytes(path.read_bytes())
    odd = os.fsencode(tmp_path) + b"/caf\xe9"
    places: list[tuple[Any, Any, Path]] = [
        (path, tmp_path / "one", tmp_path / "one"),
        (str(path), str(tmp_path / "two"), tmp_path / "two"),
        ("~/in.sealed", "~/out", home / "out"),
        (BytesPath(os.fsencode(path)), BytesPath(odd), Path(os.fsdecode(odd))),
    ]
    for source, to, place in places:
        seen: list[Progress] = []
        opened = opening(source, to=to, on_progress=seen.append, **args)
        assert (opened.path, opened.bytes) == (str(place), len(CONTENT))
        assert place.read_bytes() == CONTENT and place.stat().st_mode & 0o777 == 0o600
        assert {p.phase for p in seen} <= {"preparing", "opening", "done"}
        assert (seen[-1].phase, seen[-1].bytes_done) == ("done", len(CONTENT))


@FORMS
def test_what_cannot_be_opened(
    sealed: tuple[Path, dict[str, Any]], tmp_path: Path, opening: Callable[..., Any]
) -> None:
    path, args = sealed
    (tmp_path / "taken").write_bytes(b"mine")
    broken = tmp_path / "broken"
    broken.write_bytes(bytes([path.read_bytes()[0] ^ 1]) + path.read_bytes()[1:])
    to = tmp_path / "to"
    calls: list[tuple[type[DropoffError], dict[str, Any]]] = [
        (EncryptionError, {"path": broken}),
        (EncryptionError, {"key_pair": KeyPair.generate()}),
        (EncryptionError, {"encryption_iv": "no nonce"}),
        (EncryptionError, {"encrypted_key": args["sender_public_key"]}),
        (EncryptionError, {"sender_public_key": "no key"}),
        (SourceNotFoundError, {"path": tmp_path / "nowhere"}),
        (InvalidInputError, {"path": "https://h/k?X-Amz-Signature=canary"}),
        (InvalidInputError, {"to": tmp_path / "taken"}),
        (InvalidInputError, {"to": tmp_path / "no" / "folder"}),
    ]
    names = set(os.listdir(tmp_path))
    for kind, change in calls:
        with pytest.raises(kind) as caught:
            opening(**{"path": path, "to": to} | args | change)
        error = caught.value
        assert "\n" not in error.message and "canary" not in str(error.to_dict())
        assert (error.outcome, error.journal, error.side != "network") == ("not_completed", None, True)
    assert set(os.listdir(tmp_path)) == names and (tmp_path / "taken").read_bytes() == b"mine"


@FORMS
def test_arguments_of_opening(
    sealed: tuple[Path, dict[str, Any]], tmp_path: Path, opening: Callable[..., Any]
) -> None:
    path, args = sealed
    good = {"path": path, "to": tmp_path / "to"} | args
    for name, wrong, due in [
        ("path", b"bytes", "a path"),
        ("path", io.BytesIO(b""), "a path"),
        ("to", None, "a path"),
        ("key_pair", "key", "a KeyPair, not str"),
        ("sender_public_key", b"key", "text"),
        ("encrypted_key", 3, "text"),
        ("encryption_iv", 3, "text"),
        ("encryption_salt", b"salt", "text"),
    ]:
        with pytest.raises(InvalidInputError, match=f"^{name} must be {due}"):
            opening(**good | {name: wrong})
    for name in ("path", "to", "key_pair"):
        with pytest.raises(TypeError, match=name):
            opening(**{n: value for n, value in good.items() if n != name})
    # A reply has None where a scheme has no such field.
    for name in ("sender_public_key", "encrypted_key", "encryption_iv"):
        with pytest.raises(EncryptionError):
            opening(**good | {name: None})
    with pytest.raises(TypeError):
        opening(path, tmp_path / "to", **args)
    for callback in (3, asyncio.sleep):
        with pytest.raises(InvalidInputError, match="on_progress must be"):
            opening(**good, on_progress=callback)
    assert not (tmp_path / "to").exists()


@pytest.fixture
def large(sandbox: Sandbox, pairs: tuple[KeyPair, KeyPair], tmp_path: Path) -> tuple[Path, dict[str, Any]]:
    """One that takes longer to open than to stop."""
    content = tmp_path / "large"
    with content.open("wb") as file:
        file.truncate(100_000_000)
    sent = sandbox.agentdrop().send([content], encrypt=Encryption(pairs[0]), **TERMS)
    ((path, opens),) = download(sandbox, sent.id, tmp_path)
    content.unlink()
    return path, opens | {"key_pair": pairs[1]}


def test_opening_is_stopped_and_leaves_nothing(large: tuple[Path, dict[str, Any]], tmp_path: Path) -> None:
    path, args = large
    to = tmp_path / "to"
    for _ in range(3):
        job = start_open_sealed(path, to=to, **args)
        job.cancel()
        with soon(), pytest.raises(CancelledError) as caught:
            job.wait()
        assert (caught.value.operation, caught.value.outcome) == ("open_sealed", "not_completed")
        assert os.listdir(tmp_path) == [path.name, "home"] or sorted(os.listdir(tmp_path)) == [
            "home",
            path.name,
        ]

    async def body() -> None:
        task = asyncio.create_task(async_open_sealed(path, to=to, **args))
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError) as caught:
            await task
        assert caught.value.__context__ is None or isinstance(caught.value.__context__, CancelledError)

    asyncio.run(body(), debug=True)
    assert not to.exists()


def test_a_callback_that_raises_stops_opening(sealed: tuple[Path, dict[str, Any]], tmp_path: Path) -> None:
    path, args = sealed
    for at, opening in enumerate((open_sealed, as_job, in_loop)):
        with pytest.raises(Enough) as raised:
            opening(path, to=tmp_path / str(at), on_progress=raising, **args)
        # A small file is opened before anything can be told, unless the machine has no time for that.
        opened = tmp_path / str(at)
        if notes := getattr(raised.value, "__notes__", []):
            assert notes == ["the call had completed before it could be stopped"]
            assert opened.read_bytes() == CONTENT
        else:
            stopped = raised.value.__context__
            assert isinstance(stopped, CancelledError)
            assert stopped.outcome == "unknown" or not opened.exists()


def test_a_cancel_at_the_very_end_tells_the_truth(large: tuple[Path, dict[str, Any]], tmp_path: Path) -> None:
    path, args = large
    for at in range(5):
        to = tmp_path / f"to-{at}"
        job = start_open_sealed(path, to=to, **args)
        until(lambda job=job: job.progress().bytes_done == 100_000_000 or job.done())  # type: ignore[misc]
        job.cancel()
        try:
            job.wait()
        except CancelledError as error:
            time.sleep(0.5)
            assert error.outcome == "unknown" or not to.exists()
        else:
            assert to.exists()
        to.unlink(missing_ok=True)


def test_the_loop_runs_on_while_a_file_is_opened(large: tuple[Path, dict[str, Any]], tmp_path: Path) -> None:
    path, args = large

    async def turns_meanwhile(to: Path) -> int:
        opening, turns = asyncio.create_task(async_open_sealed(path, to=to, **args)), 0
        while not opening.done():
            turns += 1
            await asyncio.sleep(0)
        assert opening.result().bytes == 100_000_000
        return turns

    # The opening takes long for a processor; one that does much else may leave the loop no turn, but not each
    # time.
    assert any(asyncio.run(turns_meanwhile(tmp_path / f"to-{at}")) > 10 for at in range(5))


def test_a_relative_path_is_of_the_moment_of_the_call(
    large: tuple[Path, dict[str, Any]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, args = large
    monkeypatch.chdir(tmp_path)
    job = start_open_sealed(path.name, to="opened", **args)
    monkeypatch.chdir("/")
    assert job.wait().path == str(tmp_path / "opened") and (tmp_path / "opened").exists()


def test_presealed_files_pass_through(
    sandbox: Sandbox, sealed: tuple[Path, dict[str, Any]], tmp_path: Path
) -> None:
    path, args = sealed
    file = File(path, name="again", encryption_iv=args["encryption_iv"])
    assert repr(file).endswith(f'name="again", encryption_iv="{args["encryption_iv"]}")')
    presealed = Encryption.presealed(args["encrypted_key"])
    sent = sandbox.agentdrop().send([file], encrypt=presealed, **TERMS)
    assert sent.encrypted and sent.recipient_key_source is None
    ((again, opens),) = download(sandbox, sent.id, tmp_path)
    assert again.read_bytes() == path.read_bytes()
    open_sealed(again, to=tmp_path / "to", key_pair=args["key_pair"], **opens)
    assert (tmp_path / "to").read_bytes() == CONTENT


def test_steps_are_sealed_too(sandbox: Sandbox, pairs: tuple[KeyPair, KeyPair], tmp_path: Path) -> None:
    d, ad = sandbox.agentdrop(), sandbox.async_agentdrop()
    for parts in (False, True):
        ticket = d.presign([("a", CONTENT)], encrypt=Encryption(pairs[0]), multipart=parts, **TERMS)
        files = asyncio.run(ad.upload(ticket, [("a", CONTENT)]))
        assert [(f.bytes, f.parts, f.verified) for f in files] == [(len(CONTENT) + 16, int(parts), True)]
        d.confirm(ticket.id)
        ((path, opens),) = download(sandbox, ticket.id, tmp_path)
        to = tmp_path / f"parts-{parts}"
        assert open_sealed(path, to=to, key_pair=pairs[1], **opens).bytes == len(CONTENT)
        assert to.read_bytes() == CONTENT


def test_the_names_are_there() -> None:
    for name in (
        "KeyPair",
        "Encryption",
        "OpenedFile",
        "open_sealed",
        "start_open_sealed",
        "async_open_sealed",
    ):
        assert name in dropoff.__all__ and name in dir(dropoff)
    assert inspect.iscoroutinefunction(dropoff.async_open_sealed)
