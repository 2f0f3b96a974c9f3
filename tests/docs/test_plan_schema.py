"""The published schema of a plan: takes the plans that are taken, and refuses those whose form is wrong."""

from __future__ import annotations

import json
from typing import Any

import pytest
from blocks import ROOT
from jsonschema import Draft202012Validator

SCHEMA = json.loads((ROOT / "docs/plan.schema.json").read_text("utf-8"))
SCENARIOS = json.loads((ROOT / "tests/vectors/scenarios/plans.json").read_text("utf-8"))
URL = "https://storage.example/k?X-Amz-Signature=s"
# The part of a plan that comes from the sandbox.
GIVEN: dict[str | None, dict[str, Any]] = {
    "put": {"url": URL, "headers": {"Content-Type": "text/csv"}},
    "form": {"url": URL, "fields": {"key": "k"}},
    "parts": {"parts": [URL, URL]},
    None: {},
}
OF_ANOTHER_FORM = {
    "plan_without_url",
    "plan_with_an_unknown_member",
    "plan_with_an_unknown_method",
    "plan_with_a_method_of_steps",
    "plan_of_a_part_with_a_method_of_steps",
    "plan_of_a_request_with_an_oid",
}


def own() -> list[tuple[str, dict[str, Any]]]:
    plans = [
        (s["name"], GIVEN[s["args"].get("from")] | s["args"]["plan"])
        for s in SCENARIOS
        if "plan" in s["args"]
    ]
    return [(name, plan) for name, plan in plans if not {"objects", "actions"} & plan.keys()]


def test_the_schema_is_one() -> None:
    Draft202012Validator.check_schema(SCHEMA)


@pytest.mark.parametrize(("name", "plan"), own(), ids=[name for name, _ in own()])
def test_it_takes_what_is_taken(name: str, plan: dict[str, Any]) -> None:
    assert Draft202012Validator(SCHEMA).is_valid(plan) == (name not in OF_ANOTHER_FORM), plan


@pytest.mark.parametrize(
    ("plan", "valid"),
    [
        ({"url": URL, "commit": URL}, False),
        ({"url": URL, "parts": [URL]}, False),
        ({"parts": []}, False),
        ({"parts": [{"url": URL, "offset": -1}]}, False),
        ({"parts": [URL], "commit": {"url": URL, "body": "x", "format": "s3"}}, False),
        ({"parts": [URL], "commit": {"url": URL, "format": "s3"}, "abort": URL, "init": URL}, True),
        (
            {"url": URL, "headers": [{"key": "a", "value": "b"}, "c: d"], "verify": {"url": URL, "body": {}}},
            True,
        ),
        ({"url": URL, "fields": {}, "expires": 60, "expires_at": "2030-01-01T00:00:00Z"}, True),
        # A form is sent by POST and has no headers; Companion adds an empty list of fields to a PUT.
        ({"url": URL, "fields": {"key": "k"}, "headers": {"a": "b"}}, False),
        ({"url": URL, "fields": {"key": "k"}, "headers": ["a: b"]}, False),
        ({"url": URL, "method": "POST", "file_field": "f", "headers": {"a": ["b"]}}, False),
        ({"url": URL, "fields": {"key": "k"}, "headers": {}}, True),
        ({"url": URL, "fields": {"key": "k"}, "headers": {"a": []}}, True),
        ({"url": URL, "method": "POST", "headers": {"a": "b"}}, True),
        ({"url": URL, "method": "PUT", "fields": {"key": "k"}}, False),
        ({"url": URL, "method": "PUT", "fields": [{"name": "key", "value": "k"}]}, False),
        ({"url": URL, "method": "PUT", "file_name": "a"}, False),
        ({"url": URL, "method": "PUT", "fields": {}, "headers": {"a": "b"}}, True),
        ({"url": URL, "method": "PUT", "fields": [], "file_field": "f"}, True),
        ({"url": URL, "method": "POST", "fields": {"key": "k"}}, True),
    ],
)
def test_its_edges(plan: dict[str, Any], valid: bool) -> None:
    assert Draft202012Validator(SCHEMA).is_valid(plan) is valid
