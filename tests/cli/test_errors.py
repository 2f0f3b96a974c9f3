"""What the command ends with, by what is to be done next, and what it prints of it."""

from __future__ import annotations

import json
import re
from typing import Any

import jsonschema
import pytest
from conftest import ROOT, SCHEMA, Cli

SEND = ("send", "--from", "a", "--to", "b", "--max-attempts", "2", "--backoff-base", "1ms")


@pytest.mark.parametrize(
    ("fault", "kind", "code"),
    [
        ({"on": "put", "times": 9, "do": {"reply": {"status": 503}}}, "unavailable", 5),
        ({"on": "presign", "times": 9, "do": {"reply": {"status": 401}}}, "authentication", 4),
        ({"on": "presign", "times": 9, "do": {"reply": {"status": 403}}}, "permission", 4),
        ({"on": "presign", "times": 9, "do": {"reply": {"status": 429}}}, "rate_limited", 5),
        ({"on": "presign", "times": 9, "do": {"reply": {"status": 422}}}, "rejected", 6),
        ({"on": "put", "times": 9, "do": {"reply": {"status": 403}}}, "storage_refused", 6),
    ],
)
def test_a_failed_send_ends_by_what_to_do(cli: Cli, fault: dict[str, Any], kind: str, code: int) -> None:
    report = cli.file("report.pdf")
    cli.fault(fault)
    facts = cli.error(code, *SEND, report)
    assert facts["kind"] == kind, facts
    human = cli.run(*SEND, report)
    assert human.returncode == code and human.stdout == ""
    assert human.stderr.startswith("error: ")


def test_an_unknown_outcome_says_where_to_look_first(cli: Cli) -> None:
    lost = [{"on": on, "times": 99, "do": {"lose_reply": True}} for on in ("confirm", "get_transfer")]
    cli.fault(*lost)
    for arguments in (SEND, ("--format", "agent", *SEND)):
        done = cli.run(*arguments, cli.file("report.pdf"))
        told = done.stderr
        assert done.returncode == 8
        assert re.search(r"look.first.*dropoff transfer get tr_", told), told


def test_a_pipeline_that_failed_may_be_run_again(cli: Cli) -> None:
    """Its stream is spent, which makes the error none that is worth another call. The shell reads it anew."""
    cli.fault({"on": "put", "times": 9, "do": {"reply": {"status": 503}}})
    facts = cli.error(5, *SEND, "-", "--name", "x", stdin="x")
    assert facts["retryable"] is False


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
