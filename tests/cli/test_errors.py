"""What the command ends with, by what is to be done next, and what it prints of it."""

from __future__ import annotations

import json
import re
import shutil
import signal
import socket
import subprocess
from typing import Any

import jsonschema
import pytest
from conftest import HANGS, PROGRAM, ROOT, SCHEMA, Cli
from control import until

SEND = ("send", "--from", "a", "--to", "b", "--max-attempts", "2", "--backoff-base", "1ms")


# What each operation is to meet, for as often as it is tried.
def meets(operation: str, **action: Any) -> dict[str, Any]:
    return {"on": operation, "times": 99, "do": action}


def answers(operation: str, status: int, **more: Any) -> dict[str, Any]:
    return meets(operation, reply={"status": status} | more)


# The kinds that a send ends with, each by a fault: what it is followed by, and the flags that make it quick.
FAULTS: list[tuple[str, int, list[dict[str, Any]], list[str]]] = [
    ("authentication", 4, [answers("presign", 401)], []),
    ("permission", 4, [answers("presign", 403)], []),
    ("conflict", 6, [answers("presign", 409)], []),
    ("rejected", 6, [answers("presign", 422)], []),
    ("too_large", 6, [answers("presign", 413)], []),
    ("rate_limited", 5, [answers("presign", 429)], []),
    ("unavailable", 5, [answers("put", 503)], []),
    ("storage_refused", 6, [answers("put", 403)], []),
    ("integrity", 7, [meets("put", flip_bit=3)], []),
    ("network", 5, [meets("put", reset_after=0)], []),
    ("timeout", 5, [meets("presign", hold=True)], ["--timeout", "300ms"]),
    ("unknown_outcome", 8, [meets("confirm", lose_reply=True), meets("get_transfer", lose_reply=True)], []),
]


@pytest.mark.parametrize(("kind", "code", "faults", "flags"), FAULTS, ids=[row[0] for row in FAULTS])
def test_a_failed_send_ends_by_what_to_do(
    cli: Cli, kind: str, code: int, faults: list[dict[str, Any]], flags: list[str]
) -> None:
    report = cli.file("report.pdf")
    cli.fault(*faults)
    facts = cli.error(code, *SEND, report, *flags)
    assert facts["kind"] == kind, facts
    human = cli.run(*SEND, report, *flags)
    assert human.returncode == code and human.stdout == ""
    assert human.stderr.startswith("error: ")


def test_the_kinds_that_no_fault_makes(cli: Cli) -> None:
    report = cli.file("report.pdf")
    kinds = {
        "invalid_input": cli.error(2, *SEND, report, "--expires-in", " "),
        "not_found": cli.error(6, "transfer", "get", "tr_nobody"),
        "source_unreadable": cli.error(3, *SEND, "nowhere.pdf"),
        "encryption": cli.error(2, "key", "show", cli.file("no.key", "no key")),
        "unsafe_target": cli.error(6, "put", report, DROPOFF_URL="https://127.0.0.1/x?X-Amz-Signature=s"),
    }
    cli.settings(signed_ago=7200)
    kinds["expired"] = cli.error(6, "put", report, "--url-file", cli.target())
    cli.settings(signed_ago=0, storage_over_tls=True)
    trusted = f"{cli.ready['storage_url']},{cli.ready['untrusted_storage_url']}"
    kinds["tls"] = cli.error(6, *SEND, report, DROPOFF_TRUSTED_STORAGE=trusted)
    assert {kind: facts["kind"] for kind, facts in kinds.items()} == {kind: kind for kind in kinds}


def test_a_source_that_changed_since_it_was_sent(cli: Cli) -> None:
    send = (*SEND, cli.file("a.bin"), cli.file("b.bin"), "--concurrency", "1", "--resume=here.journal")
    cli.fault({"on": "put", "skip": 1, "do": {"reply": {"status": 403}}})
    assert cli.error(6, *send)["journal"].endswith("here.journal")
    cli.file("a.bin", b"some bytez")
    assert cli.error(3, *send)["kind"] == "source_changed"


def test_a_running_browser(cli: Cli) -> None:
    folder = cli.folder / "user-data"
    (folder / "Default").mkdir(parents=True)
    (folder / "Local State").write_text("{}")
    browser = shutil.copy(shutil.which("sleep") or "", cli.folder / "chrome")
    with subprocess.Popen([browser, str(HANGS)]) as running:
        (folder / "SingletonLock").symlink_to(f"{socket.gethostname()}-{running.pid}")
        upload = ("profile", "upload", folder, "--name", "x", "--browser", "chromium@131")
        assert cli.error(3, *upload)["kind"] == "browser_running"
        snapshot = cli.json(0, *upload, "--if-running", "snapshot")
        assert snapshot["packed"]["consistency"] == "snapshot"
        running.kill()


def test_an_unknown_outcome_says_where_to_look_first(cli: Cli) -> None:
    lost = [{"on": on, "times": 99, "do": {"lose_reply": True}} for on in ("confirm", "get_transfer")]
    cli.fault(*lost)
    for arguments in (SEND, ("--format", "agent", *SEND)):
        done = cli.run(*arguments, cli.file("report.pdf"))
        told = done.stderr
        assert done.returncode == 8
        assert "ask `dropoff transfer get tr_" in told
        assert re.search(r"look.first.*dropoff transfer get tr_", told), told


def test_a_pipeline_that_failed_may_be_run_again(cli: Cli) -> None:
    """Its stream is spent, which makes the error none that is worth another call. The shell reads it anew."""
    cli.fault({"on": "put", "times": 9, "do": {"reply": {"status": 503}}})
    facts = cli.error(5, *SEND, "-", "--name", "x", stdin="x")
    assert facts["retryable"] is False


def test_what_a_proxy_wants_is_no_better_the_next_time(cli: Cli) -> None:
    """Whether the bytes are in a file or come by a pipe."""
    put = ("put", "-", "--url-file", cli.target())
    cli.fault(answers("presign", 407), answers("put", 511))
    assert cli.error(6, *SEND, cli.file("x"))["kind"] == "network"
    assert cli.error(6, *SEND, "-", "--name", "x", stdin="x")["kind"] == "network"
    assert cli.error(6, *put, stdin="0123456789")["kind"] == "network"


def test_what_is_not_known_comes_before_all_else(cli: Cli) -> None:
    cli.fault(answers("put", 200))
    put = ("put", cli.file("x"), "--url-file", cli.target(), "--integrity-check", "true")
    facts = cli.error(8, *put)
    assert (facts["kind"], facts["outcome"]) == ("integrity", "unknown")
    cli.clear_faults()
    cli.fault(meets("confirm", hold=True))
    arguments = [PROGRAM, "--json", *SEND, cli.file("report.pdf")]
    with subprocess.Popen(arguments, cwd=cli.folder, env=cli.environment, stdout=subprocess.PIPE) as process:
        until(lambda: cli.requests("confirm"))
        process.send_signal(signal.SIGINT)
        out, _ = process.communicate(timeout=HANGS)
    facts = json.loads(out)["error"]
    assert (process.returncode, facts["kind"], facts["outcome"]) == (8, "cancelled", "unknown")
    cli.clear_faults()


def test_a_disk_without_room_for_what_comes_by_a_pipe(cli: Cli) -> None:
    shim = cli.folder / "full_disk.so"
    source = ROOT / "tests" / "c" / "full_disk.c"
    subprocess.run(["cc", "-shared", "-fPIC", source, "-o", shim, "-ldl"], check=True)
    facts = cli.error(3, *SEND, "-", "--name", "x", stdin="x" * 1000, LD_PRELOAD=str(shim))
    assert (facts["kind"], facts["errno"]) == ("disk_full", 28)
    assert "--spool-dir" in facts["message"]


def test_every_kind_fits_the_schema(cli: Cli) -> None:
    """The kinds that no fault makes here too: their facts have the same shape."""
    facts = cli.error(2, "put", "x")
    for kind in json.loads((ROOT / "tests" / "vectors" / "errors.json").read_text()):
        jsonschema.validate({"error": facts | {"kind": kind["kind"]}}, SCHEMA)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({"error": facts | {"kind": "bad_luck"}}, SCHEMA)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({"error": {name: facts[name] for name in facts if name != "outcome"}}, SCHEMA)


def test_the_guide_and_help_tell_the_same_codes(cli: Cli) -> None:
    help_ = cli.run("--help").stdout
    told = re.findall(r"^ +(\d+)  (.+)$", help_.split("Exit codes:")[1], re.M)
    guide = (ROOT / "docs" / "guides" / "cli.md").read_text("utf-8")
    assert len(told) == 11
    for code, meaning in told:
        assert f"| {code} | {meaning} |" in guide
