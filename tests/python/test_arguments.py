"""A wrong argument is named, and what is said of it can be acted on."""

from __future__ import annotations

import asyncio
import enum
import inspect
from collections.abc import Callable
from typing import Any

import dropoff
import pytest
from conftest import Sandbox
from dropoff import AgentDrop, AsyncAgentDrop, File, HCompany, InvalidInputError, Storage
from helpers import PROFILE, TERMS

TEXTS = ["sender", "recipient", "mode", "expires_in", "message", "recipient_account"]
WRONG: list[Any] = [3, b"bytes", ["list"], object()]
LONE = "half of \ud83d"


@pytest.mark.parametrize("name", TEXTS)
def test_a_text_of_a_transfer_that_is_none(sandbox: Sandbox, name: str) -> None:
    d = sandbox.agentdrop()
    for value in WRONG:
        for call in (d.send, d.start_send, d.presign):
            with pytest.raises(InvalidInputError, match=f"^{name} must be text \\(str\\), not ") as caught:
                call([("a", b"1")], **TERMS | {name: value})
            assert isinstance(caught.value, ValueError) and caught.value.kind == "invalid_input"
    with pytest.raises(InvalidInputError, match=f"^{name} holds characters that UTF-8 cannot hold"):
        d.send([("a", b"1")], **TERMS | {name: LONE})
    assert not sandbox.requests()


@pytest.mark.parametrize("name", ["name", "browser_name", "browser_version", "description"])
def test_a_text_of_a_profile_that_is_none(sandbox: Sandbox, name: str) -> None:
    h = sandbox.hcompany()
    for value in WRONG:
        with pytest.raises(InvalidInputError, match=f"^{name} must be text"):
            h.upload_profile(b"PK", **PROFILE | {name: value})
        with pytest.raises(InvalidInputError, match=f"^{name} must be text"):
            h.complete_upload("00000000-0000-0000-0000-000000000000", **PROFILE | {name: value})
    with pytest.raises(InvalidInputError, match=f"^{name} holds characters"):
        h.upload_profile(b"PK", **PROFILE | {name: LONE})
    assert not sandbox.requests()


def test_other_texts(sandbox: Sandbox) -> None:
    h, d, s = sandbox.hcompany(), sandbox.agentdrop(), sandbox.storage()
    wrong: list[Any] = [3, LONE]
    calls: dict[str, Callable[[Any], object]]
    for value in wrong:
        calls = {
            "api_key": lambda v: AgentDrop(v),
            "base_url": lambda v: HCompany("k", base_url=v),
            "region": lambda v: HCompany("k", region=v),
            "transfer_id": d.confirm,
            "profile_id": h.get_profile,
            "url": lambda v: s.put(v, b""),
            "file_name": lambda v: s.post_form("https://h", {}, b"", file_name=v),
            "content_type": lambda v: File(b"", content_type=v),
            "encryption_iv": lambda v: File(b"", encryption_iv=v),
            "name": lambda v: File(b"", name=v),
            "the name in a pair": lambda v: d.send([(v, b"")], **TERMS),
            "option proxy": lambda v: Storage(proxy=v),
            "option user_agent": lambda v: Storage(user_agent=v),
        }
        for name, call in calls.items():
            with pytest.raises(InvalidInputError, match=f"^{name} "):
                call(value)
    pairs: dict[str, Callable[[], object]] = {
        "fields": lambda: s.post_form("https://h", {"a": LONE}, b""),
        "headers": lambda: s.put("https://h", b"", headers={LONE: "a"}),
        "labels": lambda: h.upload_profile(b"PK", labels={"a": LONE}, **PROFILE),
        "metadata": lambda: d.send([("a", b"")], metadata={"a": LONE}, **TERMS),
    }
    for name, send in pairs.items():
        with pytest.raises(InvalidInputError, match=f"^{name} .*UTF-8 cannot hold"):
            send()
    assert not sandbox.requests()


@pytest.mark.parametrize("value", [1, 0, None, "yes"])
def test_a_truth_that_is_none(sandbox: Sandbox, value: Any) -> None:
    with pytest.raises(InvalidInputError, match="^auto_delete must be True or False, not "):
        sandbox.agentdrop().send([("a", b"1")], auto_delete=value, **TERMS)
    if value is not None:
        with pytest.raises(InvalidInputError, match="^multipart must be True or False, not "):
            sandbox.agentdrop().presign([("a", b"1")], multipart=value, **TERMS)
    assert not sandbox.requests()


def test_a_ticket_that_is_none(sandbox: Sandbox) -> None:
    h, d = sandbox.hcompany(), sandbox.agentdrop()
    profile, transfer = h.initiate_upload(), d.presign([("a", b"1")], **TERMS)
    wrong: list[tuple[Any, Any, str, str]] = [
        (h.upload, transfer, "ProfileTicket", "dropoff.TransferTicket"),
        (d.upload, profile, "TransferTicket", "dropoff.ProfileTicket"),
        (d.upload, transfer.reveal(), "TransferTicket", "dict"),
    ]
    for call, value, due, given in wrong:
        with pytest.raises(InvalidInputError, match=f"^ticket must be a {due}, not {given}$"):
            call(value, [("a", b"1")])
    with pytest.raises(InvalidInputError, match="^uploaded must be a StoredObject, not dict$"):
        h.complete_upload(profile.profile_id, uploaded={}, **PROFILE)  # type: ignore[arg-type]


def test_names_that_python_refuses_stay_type_errors(sandbox: Sandbox) -> None:
    d: Any = sandbox.agentdrop()
    with pytest.raises(TypeError, match="recipients"):
        d.send([("a", b"1")], recipients="b", **TERMS)
    with pytest.raises(TypeError, match="recipient"):
        d.send([("a", b"1")], sender="a")
    assert not isinstance(InvalidInputError("x"), TypeError)


def test_texts_of_a_subclass_are_texts(sandbox: Sandbox) -> None:
    class Agent(enum.StrEnum):
        SENDER = "sender-agent"

    assert sandbox.agentdrop().send([("a", b"1")], sender=Agent.SENDER, recipient="b").status == "active"


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("maxAttempts", "max_attempts"),
        ("max-attempts", "max_attempts"),
        ("STALL_TIMEOUT", "stall_timeout"),
        ("trustedStorage", "trusted_storage"),
    ],
)
def test_an_option_in_another_languages_spelling(name: str, meant: str) -> None:
    option: Any = {name: 3}
    for client in (Storage, lambda **o: AgentDrop("k", **o), lambda **o: AsyncAgentDrop("k", **o)):
        with pytest.raises(InvalidInputError) as caught:
            client(**option)
        begin = (
            f'there is no option named "{name}" (perhaps {meant} is meant); the options are connect_timeout, '
        )
        assert caught.value.message.startswith(begin)
    with pytest.raises(InvalidInputError) as caught:
        Storage(retries=3)  # type: ignore[call-arg]
    assert caught.value.message.startswith('there is no option named "retries"; the options are ')


def test_help_tells_units_and_errors() -> None:
    for cls in (HCompany, AgentDrop, Storage, dropoff.AsyncHCompany, AsyncAgentDrop, dropoff.AsyncStorage):
        assert inspect.getdoc(cls)
        for name, method in inspect.getmembers(cls, callable):
            if name.startswith("_"):
                continue
            text = inspect.getdoc(method)
            job = f"start_{name.removeprefix('start_')}() "
            # What waits for nothing has none.
            alone = name.startswith("set_") or name in ("close", "restore_ticket")
            assert text and (alone or job in text), name
            names = set(inspect.signature(method).parameters)
            if "timeout" in names and name.removeprefix("start_") not in ("plan", "presign", "post_form"):
                assert "seconds or a timedelta" in text and "Raises" in text, name
            if names & {"on_progress"}:
                assert "on_progress" in text or "Arguments and errors as in send" in text


@pytest.mark.parametrize("point", ["request", "result"])
def test_a_panic_is_an_internal_error(
    sandbox: Sandbox, point: str, capfd: pytest.CaptureFixture[str]
) -> None:
    d, a = sandbox.agentdrop(), sandbox.async_agentdrop()

    async def body() -> None:
        dropoff._native._panic(point)
        await a.send([("a", b"1")], **TERMS)

    def plain() -> None:
        dropoff._native._panic(point)
        d.send([("a", b"1")], **TERMS)

    for call in (plain, lambda: asyncio.run(body(), debug=True)):
        with pytest.raises(dropoff.InternalError, match=f"defect in dropoff: ordered at {point}; .*report"):
            call()
        assert "ordered at" in capfd.readouterr().err
    # The process lives, and so does the client.
    assert d.send([("a", b"1")], **TERMS).status == "active"
    assert asyncio.run(a.send([("a", b"1")], **TERMS)).status == "active"


def test_pairs_keep_their_order_and_are_checked(sandbox: Sandbox) -> None:
    given = sandbox.hcompany().initiate_upload().reveal()
    fields = list(given["upload_fields"].items())
    s = sandbox.storage()
    for shape in (fields, [list(pair) for pair in fields], dict(fields), iter(fields)):
        assert s.post_form(given["upload_url"], shape, b"1", file_name="x.zip").bytes == 1  # type: ignore[arg-type]
    logged = [entry["fields"] for entry in sandbox.requests("post_form")]
    assert len(logged) == 4
    for seen in logged:
        assert [name for name, _ in seen][: len(fields)] == [name for name, _ in fields]
    for wrong in ("ab", [("a",)], [("a", 1)], ["ab"], {"a": b"b"}, 3):
        with pytest.raises(InvalidInputError, match="fields must be a mapping"):
            s.post_form(given["upload_url"], wrong, b"1")  # type: ignore[arg-type]


def test_metadata_is_whatever_json_holds(sandbox: Sandbox) -> None:
    d = sandbox.agentdrop()
    sent = d.send([("a", b"1")], metadata={"ü": [1, None, {"x": 1.5}]}, **TERMS)
    assert d.get_transfer(sent.id).fields.get("metadata", {"ü": [1, None, {"x": 1.5}]}) == {
        "ü": [1, None, {"x": 1.5}]
    }
    for wrong in ({"a": object()}, {"a": float("nan")}, [1], "x"):
        with pytest.raises(InvalidInputError, match="metadata must be a mapping"):
            d.send([("a", b"1")], metadata=wrong, **TERMS)  # type: ignore[arg-type]


def test_arguments_python_itself_refuses(sandbox: Sandbox) -> None:
    h = sandbox.hcompany()
    with pytest.raises(TypeError, match="name"):
        h.upload_profile(b"x")  # type: ignore[call-arg]
    with pytest.raises(TypeError, match="on_progress"):
        h.complete_upload("x", name="x", on_progress=print)  # type: ignore[call-arg]


@pytest.mark.parametrize("count", [-1, 10**30, 1.5, True, "3"])
def test_a_count_that_is_none(sandbox: Sandbox, count: Any) -> None:
    with pytest.raises(InvalidInputError, match="max_downloads must be a whole number"):
        sandbox.agentdrop().send([("a", b"1")], max_downloads=count, **TERMS)
