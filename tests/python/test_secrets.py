"""Nothing that can be printed shows a secret: keys, signed URLs and form fields that look like no others are
looked for in everything a program may hold, log or keep."""

from __future__ import annotations

import asyncio
import json
import logging
import pickle
import re
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

import dropoff
import pytest
from conftest import Sandbox
from dropoff import (
    AgentDrop,
    AsyncHCompany,
    DropoffError,
    Encryption,
    File,
    HCompany,
    KeyPair,
    Storage,
)
from helpers import PROFILE, TERMS, download
from sources import zipped

KEY = "hk-canary-key-0123456789"
SIGNATURE = "canary5ignature"
FIELD = "canary/field+value=="
SECRET_FIELDS = ("policy", "x-amz-signature", "x-amz-credential", "x-amz-security-token")


def shown(error: BaseException) -> list[str]:
    """What a program, a log or an error reporter may make of an exception."""
    texts = [str(error), repr(error), "".join(traceback.format_exception(error))]
    # Error reporters show locals. The caller's frames hold what the caller holds; ours hold nothing.
    frames = traceback.TracebackException.from_exception(error, capture_locals=True).stack
    texts += [str(f.locals) for f in frames if Path(f.filename).parent == Path(dropoff.__file__).parent]
    if isinstance(error, DropoffError):
        texts += [json.dumps(error.to_dict()), pickle.dumps(error, 0).decode("latin-1")]
        texts += [str(vars(error)), repr(error.__notes__) if hasattr(error, "__notes__") else ""]
    texts += [text for other in (error.__cause__, error.__context__) if other for text in shown(other)]
    return texts


def kept(result: Any) -> list[str]:
    texts = [repr(result), str(result)]
    if hasattr(result, "to_dict"):
        texts += [json.dumps(result.to_dict()), pickle.dumps(result, 0).decode("latin-1")]
    return texts


def clear_of(secrets: list[str], texts: list[str]) -> None:
    for secret in secrets:
        assert len(secret) >= 10
        for text in texts:
            assert secret not in text, text


@pytest.fixture
def log(caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    caplog.set_level(logging.DEBUG)
    return caplog


def printed(log: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]) -> list[str]:
    # asyncio's debug mode is of no interest here.
    records = [r for r in log.records if r.name != "asyncio"]
    assert {r.name for r in records} == {"dropoff"}
    return [str(vars(r)) for r in records] + list(capfd.readouterr())


def run(made: Any) -> Any:
    """The result of a call, be it a coroutine, a job or the result itself."""

    async def body() -> Any:
        return await made

    if asyncio.iscoroutine(made):
        return asyncio.run(body(), debug=True)
    return made.wait() if isinstance(made, dropoff.Job) else made


@pytest.mark.parametrize("form", ["sync", "job", "async"])
def test_no_secret_is_in_what_a_failure_leaves(
    sandbox: Sandbox, log: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str], form: str
) -> None:
    url = f"{sandbox.storage_url}/b/k?X-Amz-Signature={SIGNATURE}&X-Amz-Credential={SIGNATURE}"
    closed = f"http://127.0.0.1:1/b/k?X-Amz-Signature={SIGNATURE}"
    fields = {"policy": FIELD, "x-amz-signature": SIGNATURE}
    prefix, start = ("async_" if form == "async" else ""), ("start_" if form == "job" else "")

    def client(name: str, *args: Any, **options: Any) -> Any:
        return getattr(sandbox, prefix + name)(*args, **options)

    def call(of: Any, name: str, /, *args: Any, **kwargs: Any) -> Callable[[], Any]:
        return lambda: run(getattr(of, start + name)(*args, **kwargs))

    h, d, s = client("hcompany", KEY), client("agentdrop", KEY), client("storage", max_attempts=2)
    nowhere = client("storage", trusted_storage=["http://127.0.0.1:1"], max_attempts=2)
    good = client("hcompany")
    quoting = f"<Error><Code>AccessDenied</Code><Message>{url} {FIELD} {SIGNATURE}</Message></Error>"
    said = json.dumps({"detail": KEY, "error": {"code": KEY, "message": f"Bearer {KEY}"}})
    refuse = {"reply": {"status": 403, "body": quoting}}
    later = {"reply": {"status": 503, "body": quoting}}
    lost = {"reset_after": 0}
    calls: list[tuple[list[dict[str, Any]], Callable[[], Any]]] = [
        ([], call(h, "upload_profile", zipped(10), **PROFILE)),
        ([], call(d, "send", [("a", b"1")], **TERMS)),
        ([{"on": "presign", "do": {"reply": {"status": 401, "body": said}}}],
         call(d, "send", [("a", b"1")], **TERMS)),
        ([], call(s, "put", url, b"1")),
        ([{"on": "put", "do": refuse}], call(s, "put", url, b"1")),
        ([{"on": "put", "times": -1, "do": later}], call(s, "put", url, b"1")),
        ([{"on": "post_form", "do": refuse}], call(s, "post_form", url, fields, b"1")),
        ([{"on": "post_form", "times": -1, "do": lost}], call(s, "post_form", url, fields, b"1")),
        ([{"on": "post_form", "do": refuse}], call(good, "upload_profile", zipped(10), **PROFILE)),
        ([], call(s, "put", url, b"1", headers={"Authorization": f"Bearer {KEY}"})),
        ([], call(s, "put", url, b"1", headers={"x-bad\n": KEY})),
        ([], call(s, "put", f"https://user:{KEY}@h.example/k", b"1")),
        ([], call(s, "put", url, 3, headers={"x-a": KEY})),
        ([], call(s, "put", url, b"1", timeout=0.000001)),
        ([], call(s, "post_form", url, fields, b"1")),
        ([], call(s, "post_form", url, [(FIELD, 3)], b"1")),
        ([], call(nowhere, "put", closed, b"1")),
    ]  # fmt: skip
    texts = [repr(h), repr(d), repr(s), str(h)]
    for faults, make in calls:
        sandbox.reset()
        sandbox.fault(*faults)
        with pytest.raises(DropoffError) as caught:
            make()
        texts += shown(caught.value)
    for word in ("AccessDenied", "401", "127.0.0.1"):
        assert any(word in text for text in texts), "what is no secret is told"
    secrets = [KEY, SIGNATURE, FIELD, sandbox.h_api_key, sandbox.agentdrop_api_key]
    clear_of(secrets, texts + printed(log, capfd))


def test_no_secret_is_in_what_makes_no_client(capfd: pytest.CaptureFixture[str]) -> None:
    calls: list[Callable[[], object]] = [
        lambda: HCompany(KEY, base_url=f"https://u:{KEY}@h.example"),
        lambda: HCompany(KEY, base_url=f"http://h.example/?{KEY}"),
        lambda: HCompany(KEY + "\n", base_url="not a url"),
        lambda: AsyncHCompany(KEY, proxy=f"ftp://u:{KEY}@h"),
        lambda: AgentDrop(KEY, trusted_storage=[f"https://u:{KEY}@h"]),
        lambda: Storage(proxy=f"ftp://u:{KEY}@h"),
    ]
    texts = []
    for call in calls:
        with pytest.raises(DropoffError) as caught:
            call()
        texts += shown(caught.value)
    clear_of([KEY], texts + list(capfd.readouterr()))


def test_no_secret_is_in_what_a_success_leaves(
    sandbox: Sandbox, log: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    d, h, s = sandbox.agentdrop(), sandbox.hcompany(), sandbox.storage()
    ad, ah = sandbox.async_agentdrop(), sandbox.async_hcompany()
    progress: list[Any] = []
    sandbox.fault(
        {"on": "put", "do": {"reply": {"status": 503}}}, {"on": "post_form", "do": {"reset_after": 0}}
    )
    ticket, form = d.presign([("a", b"1")], **TERMS), h.initiate_upload()
    revealed = [ticket.reveal()["upload_urls"][0]["upload_url"], form.reveal()["upload_fields"]]
    secrets = [sandbox.h_api_key, sandbox.agentdrop_api_key, revealed[0].partition("X-Amz-Signature=")[2]]
    secrets += [value for name, value in revealed[1].items() if name.lower() in SECRET_FIELDS]
    job = d.start_send([("a", b"1")], on_progress=progress.append, **TERMS)
    target = form.reveal()
    results = [
        *d.upload(ticket, [("a", b"1")], on_progress=progress.append),
        d.confirm(ticket.id),
        s.post_form(target["upload_url"], target["upload_fields"], zipped(10)),
        h.upload(form, zipped(10)),
        h.complete_upload(form.profile_id, **PROFILE),
        h.get_profile(form.profile_id),
        job.wait(),
        asyncio.run(ad.send([("a", b"1")], on_progress=progress.append, **TERMS)),
        asyncio.run(ah.upload_profile(zipped(10), on_progress=progress.append, **PROFILE)),
        d.get_transfer(ticket.id),
    ]
    assert "ProfileTicket(profile_id=" in repr(form) and form.expires_in > 3000
    held = [ticket, form, d, h, s, ad, ah, job, *progress]
    texts = [text for thing in (*results, *held) for text in kept(thing)]
    texts += [str(p.warning) for p in progress]
    clear_of(secrets, texts + printed(log, capfd))
    assert len(secrets) >= 6


def held_by(journal: Path) -> list[str]:
    """What a journal holds that opens something: signatures, uploads, the wrapped key, marks of blocks."""
    text = journal.read_text()
    lines = [json.loads(line.partition(" ")[2]) for line in text.splitlines()[1:]]
    begun = lines[0]["begun"]
    secrets = re.findall(r"X-Amz-Signature=([0-9a-f]{64})", text)
    secrets += [file["upload_id"] for file in begun["reply"]["files"]]
    if begun["seal"]:
        secrets += [begun["seal"]["encrypted_key"], *begun["seal"]["marks"]]
    return secrets


WRAPPED = "canary" * 13 + "aa"


class Sealing:
    """What sends and opens sealed files in one form of the calls, and with which keys."""

    def __init__(self, sandbox: Sandbox, form: str, folder: Path) -> None:
        prefix, start = ("async_" if form == "async" else ""), ("start_" if form == "job" else "")
        self.opening = getattr(
            dropoff, {"sync": "", "job": "start_", "async": "async_"}[form] + "open_sealed"
        )
        self.d = getattr(sandbox, f"{prefix}agentdrop")(part_size=5 << 20, concurrency=1, max_attempts=2)
        self.s = getattr(sandbox, f"{prefix}storage")(max_attempts=1)
        self.send, self.presign = getattr(self.d, f"{start}send"), getattr(self.d, f"{start}presign")
        self.plan = getattr(self.d, f"{start}plan")
        self.put_parts = getattr(self.s, f"{start}put_parts")
        self.ours, self.theirs = KeyPair.generate(), KeyPair.generate()
        self.sealing, self.presealed = Encryption(self.ours), Encryption.presealed(WRAPPED)
        self.in_parts: dict[str, Any] = {"multipart": True, "encrypt": self.sealing, **TERMS}
        self.came_sealed = File(bytes(100), name="a", encryption_iv="AAAAAAAAAAAAAAAA")
        self.large, self.journal, self.broken = folder / "large.bin", folder / "journal", folder / "broken"
        self.large.write_bytes(bytes(12_000_000))
        self.folder = folder

    def agents(self) -> list[dict[str, Any]]:
        pairs = {"sender": self.ours, "recipient": self.theirs}
        return [{"agent_id": TERMS[who], "public_key": pair.public_key} for who, pair in pairs.items()]

    def secrets(self) -> list[str]:
        pairs = [pair.reveal_private_key() for pair in (self.ours, self.theirs)]
        return pairs + [WRAPPED, SIGNATURE] + [key.encode().hex() for key in pairs]

    def texts(self) -> list[str]:
        sealed_for_them = Encryption(self.ours, self.theirs.public_key)
        held = (self.ours, self.sealing, sealed_for_them, self.presealed, self.came_sealed)
        return [text for value in held for text in (repr(value), str(value), f"{value}", str(dir(value)))]

    def failing(self, sandbox: Sandbox) -> list[tuple[list[dict[str, Any]], Callable[[], Any]]]:
        """Orders to the sandbox, and a call that fails with them."""
        ours, theirs = self.secrets()[:2]
        config = self.folder / "config.json"
        config.write_text(json.dumps({"private_key": ours + "x", "public_key": theirs}))
        lost = [{"on": "put_part", "skip": 1, "times": -1, "do": {"reset_after": 0}}]
        refused = {"on": "presign", "do": {"reply": {"status": 422, "body": "{}"}}}
        urls = [f"{sandbox.storage_url}/b/k?partNumber={n}&X-Amz-Signature={SIGNATURE}" for n in (1, 2)]
        any_file: Any = [("a", b"1")]
        opens: dict[str, Any] = {"to": self.folder / "to", "key_pair": self.theirs}
        opens |= {"sender_public_key": self.ours.public_key, "encrypted_key": WRAPPED}
        opens |= {"encryption_iv": "AAAAAAAAAAAAAAAA"}
        send, put_parts, opening, in_parts = self.send, self.put_parts, self.opening, self.in_parts
        large, sealing, presealed = self.large, self.sealing, self.presealed
        return [
            ([], lambda: KeyPair.from_private_key(ours + "x")),
            ([], lambda: KeyPair.from_agentdrop_config(config)),
            ([], lambda: Encryption(ours, self.theirs.public_key)),  # type: ignore[arg-type]
            ([], lambda: Encryption(self.ours, theirs + "x")),
            ([], lambda: send(any_file, encrypt=ours, **TERMS)),
            ([], lambda: send(any_file, encrypt=sealing, **TERMS | {"recipient": "nobody"})),
            ([], lambda: send(any_file, encrypt=presealed, **TERMS)),
            ([refused], lambda: send([self.came_sealed], encrypt=presealed, **TERMS)),
            (lost, lambda: send([large], **in_parts)),
            (lost, lambda: send([large], journal=self.journal, **in_parts)),
            ([], lambda: send([large], journal=self.journal, **in_parts | {"encrypt": None})),
            ([], lambda: send([large], journal=self.broken, **in_parts)),
            ([], lambda: put_parts(urls, bytes(2))),
            ([], lambda: put_parts([*urls, 3], bytes(2))),
            ([], lambda: put_parts(urls[0], bytes(2))),
            ([], lambda: opening(large, **opens)),
            ([], lambda: opening(large, **opens | {"key_pair": ours})),
            ([], lambda: opening(large, **opens | {"sender_public_key": theirs + "x"})),
        ]

    def damage_the_journal(self) -> None:
        lines = self.journal.read_text().splitlines()
        self.broken.write_text("\n".join([lines[0], lines[1].replace("begun", "begum"), *lines[1:], ""]))

    def send_and_open(self, sandbox: Sandbox) -> tuple[list[str], list[str]]:
        """A whole round that ends well: its secrets, and what a program can print of it."""
        progress: list[Any] = []
        plan = run(self.plan([self.large], **self.in_parts))
        sent = run(
            self.send([self.large], journal=self.journal, on_progress=progress.append, **self.in_parts)
        )
        ((path, opens),) = download(sandbox, sent.id, self.folder)
        to = self.folder / "opened"
        opened = run(self.opening(path, to=to, key_pair=self.theirs, on_progress=progress.append, **opens))
        assert to.read_bytes() == self.large.read_bytes()
        ticket = run(self.presign([self.large], **self.in_parts))
        reply = ticket.reveal()["files"][0]
        secrets = re.findall(r"X-Amz-Signature=([0-9a-f]{64})", json.dumps(reply))
        secrets += [opens["encrypted_key"], reply["upload_id"]]
        parts = run(self.put_parts([part["upload_url"] for part in reply["part_urls"]], bytes(12_000_016)))
        texts = [text for thing in (plan, sent, opened, parts) for text in kept(thing)]
        return secrets, texts + [repr(thing) for thing in (ticket, self.d, self.s, *progress)]


@pytest.mark.parametrize("form", ["sync", "job", "async"])
def test_no_secret_of_sealing_is_in_what_it_leaves(
    sandbox: Sandbox,
    tmp_path: Path,
    log: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
    form: str,
) -> None:
    calls = Sealing(sandbox, form, tmp_path)
    secrets, texts = calls.secrets(), calls.texts()
    for faults, make in calls.failing(sandbox):
        sandbox.reset()
        sandbox.agents(*calls.agents())
        sandbox.fault(*faults)
        if calls.journal.exists() and not calls.broken.exists():
            calls.damage_the_journal()
            secrets += held_by(calls.journal)
        with pytest.raises(DropoffError) as caught:
            run(make())
        texts += shown(caught.value)
    assert len(secrets) >= 12 and any(str(calls.journal) in text for text in texts)

    # The journal's own sandbox is gone; another whole round ends well.
    calls.journal.unlink()
    sandbox.clear_faults()
    more_secrets, more_texts = calls.send_and_open(sandbox)
    texts += more_texts
    for word in ("fingerprint", "EncryptionError", "KeyPair(public_key="):
        assert any(word in text for text in texts), "what is no secret is told"
    clear_of(secrets + more_secrets, texts + printed(log, capfd))


def test_a_wrapped_key_that_the_service_quotes_is_hidden(
    sandbox: Sandbox, log: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    said = json.dumps({"error": {"code": "VALIDATION_ERROR", "message": f"encrypted_key {WRAPPED} is bad"}})
    sandbox.fault({"on": "presign", "do": {"reply": {"status": 422, "body": said}}})
    file = File(bytes(100), name="a", encryption_iv="AAAAAAAAAAAAAAAA")
    with pytest.raises(DropoffError) as caught:
        sandbox.agentdrop().send([file], encrypt=Encryption.presealed(WRAPPED), **TERMS)
    clear_of([WRAPPED], shown(caught.value) + printed(log, capfd))
