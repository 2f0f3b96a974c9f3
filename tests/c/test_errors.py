"""The table of errors: header, shared vectors and core agree, and each kind is raised for real."""

from __future__ import annotations

import base64
import json
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import header
import pytest
from conftest import HERE, Library, Programs, Sandbox, run, serve
from scenarios import VECTORS, Source, expect, pattern, scenarios, zipped
from test_programs import SUITES
from test_scenarios import Driver

TABLE: list[dict[str, Any]] = json.loads((VECTORS / "errors.json").read_text())


def test_the_header_has_the_numbers_of_the_table() -> None:
    wanted = {"DROPOFF_OK": 0} | {f"DROPOFF_{row['kind'].upper()}": row["code"] for row in TABLE}
    # The first of the enums.
    statuses = header.TEXT[: header.TEXT.index("} dropoff_status;")]
    found = {name: value for name, value in header.enumerators().items() if f" {name} = " in statuses}
    assert list(found.items()) == list(wanted.items())


# What raises each kind. (That the core's kinds have these numbers is proved when bindings-c is compiled.)
BY_SCENARIOS = {s["expect"]["error"].get("kind") for s in scenarios() if "error" in s["expect"]} - {None}
BELOW = {"tls", "source_changed", "disk_full"}
BY_PROGRAMS = {"cancelled": SUITES, "internal": ["panic"]}


def test_every_kind_is_raised_somewhere() -> None:
    assert {row["kind"] for row in TABLE} == BY_SCENARIOS | BELOW | set(BY_PROGRAMS)
    for kind, programs in BY_PROGRAMS.items():
        texts = [(HERE / f"{program}.c").read_text() for program in programs]
        assert any(f"MUST_FAIL(DROPOFF_{kind.upper()}," in text for text in texts)


@pytest.fixture
def over_tls() -> Iterator[Sandbox]:
    """Storage over https, with a certificate that nobody knows."""
    with serve("--tls") as sandbox:
        yield sandbox


def send(driver: Driver, path: Path, **options: Any) -> dict[str, Any]:
    return driver.call("agentdrop.send", options, [Source("path", path, None, None, None)])


def test_tls(programs: Programs, over_tls: Sandbox, tmp_path: Path) -> None:
    over_tls.home = str(tmp_path)
    path = tmp_path / "a.txt"
    path.write_bytes(b"a")
    outcome = send(Driver([programs["scenario"]], over_tls), path, max_attempts=2)
    wanted = {"kind": "tls", "side": "network", "operation": "put", "outcome": "not_completed"}
    expect("error", wanted, outcome["error"])


def test_source_changed(programs: Programs, sandbox: Sandbox, tmp_path: Path) -> None:
    path = tmp_path / "grows.bin"
    path.write_bytes(pattern(20_000_000))
    sandbox.fault({"on": "put", "times": -1, "do": {"hold": True}})

    def change() -> None:
        while not sandbox.requests("put"):
            time.sleep(0.01)
        path.write_bytes(b"other")
        sandbox.clear_faults()

    changing = threading.Thread(target=change, daemon=True)
    changing.start()
    outcome = send(Driver([programs["scenario"]], sandbox), path)
    changing.join()
    wanted = {"kind": "source_changed", "side": "caller", "outcome": "not_completed"}
    expect("error", wanted | {"message": {"contains": path.name}}, outcome["error"])


def test_disk_full(programs: Programs, library: Library, sandbox: Sandbox, tmp_path: Path) -> None:
    shim = tmp_path / "full_disk.so"
    run(["gcc", "-shared", "-fPIC", HERE / "full_disk.c", "-o", shim, "-ldl"])
    path = tmp_path / "stream"
    path.write_bytes(pattern(1000))
    driver = Driver(["env", f"LD_PRELOAD={shim}", programs["scenario"]], sandbox)
    outcome = driver.call("agentdrop.send", {}, [Source("reader", path, "a.bin", None, None)])
    wanted = {"kind": "disk_full", "errno": 28, "message": {"contains": ["no room left", "spool_dir"]}}
    expect("error", wanted, outcome["error"])


def test_a_path_that_is_not_utf8_is_given_as_it_is(
    programs: Programs, sandbox: Sandbox, tmp_path: Path
) -> None:
    """The getter has the raw bytes, the JSON a text that comes near."""
    line = f"arg call agentdrop.send\narg api_url {sandbox.ready['api_url']}\narg api_key k\n"
    line += f"source path {tmp_path}/caf%E9 a.bin %\n"
    done = subprocess.run(
        [programs["scenario"]],
        input=line,
        capture_output=True,
        text=True,
        timeout=240,
        env=sandbox.environment,
    )
    assert done.returncode == 0, done.stderr
    encoded = "".join(f"%{byte:02X}" for byte in bytes(tmp_path) + b"/caf\xe9")
    assert f"got path {encoded}\n" in done.stdout
    assert json.loads(done.stdout.splitlines()[0].removeprefix("error "))["path"] == f"{tmp_path}/caf\ufffd"


def test_a_journal_is_given_as_it_is(programs: Programs, sandbox: Sandbox, tmp_path: Path) -> None:
    """As a path is: the getter has the raw bytes."""
    path = tmp_path / "a.txt"
    path.write_bytes(b"a")
    sandbox.fault({"on": "put", "times": -1, "do": {"reply": {"status": 403}}})
    lines = ["arg call agentdrop.send", f"arg api_url {sandbox.ready['api_url']}"]
    lines += [f"arg api_key {sandbox.ready['agentdrop_api_key']}", f"source path {path} % % %"]
    lines += [f"option trusted_storage {sandbox.ready['storage_url']}"]
    lines += [f"arg journal {tmp_path}/journal-%E9"]
    done = subprocess.run(
        [programs["scenario"]],
        input="\n".join(lines) + "\n\n",
        capture_output=True,
        text=True,
        timeout=240,
        env=sandbox.environment,
    )
    assert done.returncode == 0, done.stderr
    encoded = "".join(f"%{byte:02X}" for byte in bytes(tmp_path) + b"/journal-\xe9")
    assert f"got journal {encoded}\n" in done.stdout, done.stdout
    told = json.loads(done.stdout.splitlines()[0].removeprefix("error "))
    assert told["journal"] == f"{tmp_path}/journal-\ufffd"


KEY = "hk-canary \u00fc'\"<&>%41-0123456789"  # what escaping, quoting and decoding might let through
SENDABLE = "hk-canary-key'\"<&>%41-0123456789"
SIGNATURE = "canary5ignature%2Fab+cd"
PUBLIC = "B6N8vBQgk8i3VdwbEOhstCY3StFqqFPtC9/AsrhtHHw="


def test_no_secret_is_ever_printed(programs: Programs, sandbox: Sandbox, tmp_path: Path) -> None:
    """The driver prints every fact of an error by its getter and as JSON, and each log line, and looks for
    the key, the query and the form's fields in all of it."""
    content = Source("memory", tmp_path / "content", "a.txt", None, b"a")
    content.path.write_bytes(zipped(1000))
    storage, api = sandbox.ready["storage_url"], sandbox.ready["api_url"]
    query = f"X-Amz-Signature={SIGNATURE}&X-Amz-Credential={SIGNATURE}"
    url, closed = f"{storage}/b/k?{query}", f"http://127.0.0.1:1/b/k?{query}"
    given = ("arg", "api_key", SENDABLE)
    nowhere = {"trusted_storage": ["http://127.0.0.1:1"], "max_attempts": 2}
    fields = [("field", "policy", SIGNATURE), ("field", "x-amz-signature", SIGNATURE)]
    odd = [("field", "x-canary-1", "canary \u2028 one\r\ntwo"), ("field", "x-canary-2", KEY)]
    private, wrapped = (base64.b64encode(bytes(range(1, n + 1))).decode() for n in (32, 60))
    sealing, seals, good = (
        [given, ("arg", "encrypt", "yes")],
        ("arg", "encrypt", "yes"),
        ("arg", "encrypt.private_key", private),
    )
    to = ("arg", "to", tmp_path / "opened")
    opening = [
        ("arg", "private_key", private),
        ("arg", "sender_public_key", PUBLIC),
        ("arg", "encryption_iv", wrapped[:16]),
    ]
    calls: list[tuple[Any, ...]] = [
        ("agentdrop.send", {}, given),
        ("hcompany.upload_profile", {}, given),
        ("agentdrop.send", {}, ("arg", "api_key", KEY)),
        ("hcompany.upload_profile", {}, ("arg", "api_key", f"{KEY}\n")),
        ("agentdrop.send", {}, ("arg", "api_key", f"{SENDABLE}\n"), ("arg", "api_url", f"{api}/?{SENDABLE}")),
        ("storage.put", {}, ("arg", "url", url)),
        ("storage.put", {}, ("arg", "url", url), ("header", "Authorization", f"Bearer {SENDABLE}")),
        ("storage.put", {}, ("arg", "url", url), ("header", "x-canary\n", SENDABLE)),
        ("storage.put", {}, ("arg", "url", url), ("header", "x-canary", f"{SENDABLE}\n")),
        ("storage.put", {}, ("arg", "url", f"https://user:{SENDABLE}@h.example/k")),
        ("storage.put", {}, ("arg", "url", f"ftp://h.example/k?{query}")),
        ("storage.put", nowhere, ("arg", "url", closed)),
        ("storage.post_form", {}, ("arg", "url", url), *fields),
        ("storage.post_form", {}, ("arg", "url", url), *fields, *odd),
        ("storage.post_form", nowhere, ("arg", "url", closed), *fields, *odd),
        ("storage.put", {"proxy": f"ftp://u:{SENDABLE}@h"}, ("arg", "url", url)),
        # Keys: that are none, that are good where nothing else is, and that came wrapped.
        *[("agentdrop.send", {}, *sealing, ("arg", "encrypt.private_key", key)) for key in (KEY, SENDABLE)],
        ("agentdrop.send", {}, good, seals, ("arg", "encrypt.recipient_public_key", SENDABLE)),
        ("agentdrop.send", {}, good, seals, ("arg", "mode", "agent-to-human")),
        ("agentdrop.send", {"max_attempts": 2}, good, seals, ("arg", "api_url", "http://127.0.0.1:1")),
        ("agentdrop.send", {}, *sealing, ("arg", "encrypt.presealed", SENDABLE)),
        ("agentdrop.plan", {}, *sealing, ("arg", "encrypt.presealed", SENDABLE)),
        ("open_sealed", {}, to, ("arg", "private_key", KEY)),
        ("open_sealed", {}, to, *opening, ("arg", "encrypted_key", SENDABLE)),
        ("open_sealed", {}, to, *opening, ("arg", "encrypted_key", wrapped)),
        ("storage.put_parts", {}, ("url", url), ("arg", "part_size", 2), ("url", url)),
        ("storage.put_parts", nowhere, ("url", closed)),
        ("storage.put_parts", {}, ("url", f"https://user:{SENDABLE}@h.example/k")),
    ]
    for name, options, *lines in calls:
        driver = Driver([programs["scenario"]], sandbox)
        outcome = driver.call(name, options, [content], *lines)
        assert set(outcome) == {"error"}, outcome
        for secret in (KEY, SENDABLE, SIGNATURE, "canary5ignature", "-0123456789", private, wrapped):
            assert secret not in json.dumps([outcome, driver.logs], ensure_ascii=False), outcome


@pytest.mark.parametrize("status", [307, 400, 403, 404, 503])
def test_a_secret_that_a_peer_quotes_is_masked(
    programs: Programs, sandbox: Sandbox, tmp_path: Path, status: int
) -> None:
    """Storage and the services may say in their refusals what they were sent, and proxies do."""
    content = Source("memory", tmp_path / "content", "a.txt", None, b"a")
    content.path.write_bytes(zipped(1000))
    # The sandbox wants its own keys, so the fault is what quotes it.
    h, d = sandbox.ready["h_api_key"], sandbox.ready["agentdrop_api_key"]
    signature, value = "canary5ignature0123", "canary-field-value-0123"
    url = f"{sandbox.ready['storage_url']}/b/k?X-Amz-Signature={signature}"

    def quoting(operation: str, *quoted: str) -> None:
        said = " and ".join(quoted)
        xml = f"<Error><Code>Canary</Code><Message>not {said}</Message></Error>"
        form = {"error": {"code": quoted[0], "message": f"not {said}", "details": [f"not {said}"]}}
        headers = dict.fromkeys(["x-amz-request-id", "x-request-id"], f"no {quoted[0]}")
        headers["Location"] = f"{url}&q={quoted[0]}"
        body = xml if operation.startswith("p") and operation != "presign" else json.dumps(form)
        reply = {"status": status, "headers": headers, "body": body}
        sandbox.fault({"on": operation, "times": -1, "do": {"reply": reply}})

    quoting("presign", d, f"Bearer {d}")
    quoting("put_part", signature, url)
    quoting("initiate_upload", h, f"Authorization: Bearer {h}")
    quoting("put", signature, url)
    quoting("post_form", value, f"policy={value}")
    once = {"max_attempts": 2}
    form = [("field", "policy", value), ("field", "x-canary", value)]
    calls: list[tuple[Any, ...]] = [
        ("agentdrop.send", once),
        ("hcompany.upload_profile", once),
        ("storage.put", once, ("arg", "url", url)),
        ("storage.put_parts", once, ("url", f"{url}&partNumber=1")),
        ("storage.post_form", once, ("arg", "url", url), *form),
    ]
    for name, options, *lines in calls:
        driver = Driver([programs["scenario"]], sandbox)
        outcome = driver.call(name, options, [content], *lines)
        assert outcome["error"]["http_status"] == status and driver.logs, outcome
        for secret in (h, d, signature, value):
            assert secret not in json.dumps([outcome, driver.logs]), outcome


@pytest.mark.parametrize("status", [400, 503])
def test_a_wrapped_key_that_the_service_quotes_is_masked(
    programs: Programs, sandbox: Sandbox, tmp_path: Path, status: int
) -> None:
    wrapped = base64.b64encode(b"canary: a wrapped key of sixty bytes, and it is exactly that").decode()
    assert len(wrapped) == 80
    sealed = Source("memory", tmp_path / "content", "a.bin", None, b"", "AAAAAAAAAAAAAAAA")
    sealed.path.write_bytes(pattern(100))
    said = {"error": {"code": "CANARY", "message": f"not {wrapped}", "details": [f"not {wrapped}"]}}
    sandbox.fault(
        {"on": "presign", "times": -1, "do": {"reply": {"status": status, "body": json.dumps(said)}}}
    )
    driver = Driver([programs["scenario"]], sandbox)
    seals = [("arg", "encrypt", "yes"), ("arg", "encrypt.presealed", wrapped)]
    outcome = driver.call("agentdrop.send", {"max_attempts": 2}, [sealed], *seals)
    assert outcome["error"]["http_status"] == status and driver.logs, outcome
    assert wrapped[:20] not in json.dumps([outcome, driver.logs]), outcome
