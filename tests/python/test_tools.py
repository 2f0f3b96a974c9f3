"""Tools for agents: the cases that all languages share, and what only Python has."""

from __future__ import annotations

import asyncio
import hashlib
import inspect
import json
import logging
import traceback
from collections import UserList, deque
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from types import MappingProxyType
from typing import Any

import dropoff
import pytest
from conftest import ROOT, VECTORS, Sandbox
from dropoff import AsyncAgentDrop, Encryption, InvalidInputError, KeyPair, Pack, Storage
from dropoff.tools import ERROR_SCHEMA, Tool, make_tools
from helpers import STALL, download, python, until

CASES: list[dict[str, Any]] = json.loads((VECTORS / "tools.json").read_text())
PATHS: dict[str, Any] = json.loads((VECTORS / "tool_paths.json").read_text())
REFUSED: list[dict[str, str]] = PATHS["refused"]
# The answers to such a case, as the Node suite compares them too.
PAIR = KeyPair.from_private_key("AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyA=")
RECIPIENT = KeyPair.from_private_key("QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVpbXF1eX2A=")


def lay(folder: Path, files: dict[str, str], links: dict[str, str]) -> None:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    for name, target in links.items():
        (folder / name).symlink_to(target)


def named(value: Any, folder: Path) -> Any:
    """A value of a case, in which a folder is named `$folder`."""
    if isinstance(value, dict):
        return {key: named(item, folder) for key, item in value.items()}
    if isinstance(value, list):
        return [named(item, folder) for item in value]
    return value.replace("$folder", str(folder)) if isinstance(value, str) else value


def compare(at: str, wanted: Any, got: Any) -> None:
    """Every fact is expected, and none is missing: what a model sees is the same in all languages."""
    if isinstance(wanted, list):
        assert isinstance(got, list) and len(got) == len(wanted), (at, got)
        for number, item in enumerate(wanted):
            compare(f"{at}[{number}]", item, got[number])
    elif not isinstance(wanted, dict):
        assert got == wanted and type(got) is type(wanted) or got == wanted == 120, (at, got)
    elif "contains" in wanted:
        assert wanted["contains"] in got, (at, got)
    elif "present" in wanted:
        assert got is not None, at
    elif "maybe" not in wanted:
        needed = {name for name, value in wanted.items() if value != {"maybe": True}}
        assert needed <= set(got) <= set(wanted), (at, got)
        for name, value in got.items():
            compare(f"{at}.{name}", wanted[name], value)


KINDS: dict[str, Any] = {
    "string": str,
    "integer": int,
    "boolean": bool,
    "array": list,
    "object": dict,
    "number": (int, float),
}


def conforms(schema: dict[str, Any], value: Any, at: str = "") -> None:
    """Whether a value is as a schema says, as far as the description uses JSON Schema."""
    assert isinstance(value, KINDS[schema["type"]]), (at, value)
    if "enum" in schema:
        assert value in schema["enum"], (at, value)
    for number, item in enumerate(value if "items" in schema else []):
        conforms(schema["items"], item, f"{at}[{number}]")
    if "properties" in schema:
        assert set(schema.get("required", [])) <= set(value) <= set(schema["properties"]), (at, value)
        for name, item in value.items():
            conforms(schema["properties"][name], item, f"{at}.{name}")


class Made:
    """The tools of a case, by name."""

    def __init__(self, sandbox: Sandbox, folder: Path, case: dict[str, Any]) -> None:
        key, options = case.get("api_key"), case.get("options", {})
        make = case.get("make", {})
        ticket = sandbox.agentdrop().presign([("report.pdf", b"%PDF")], sender="sender-agent", recipient="b")
        url = ticket.reveal()["upload_urls"][0]
        sandbox.forget_requests()
        made = make_tools(
            roots=[folder / root for root in case.get("roots", ["outbox"])],
            agentdrop=sandbox.agentdrop(key, **options),
            sender="sender-agent",
            recipients=["recipient-agent", "another-agent"],
            encrypt=Encryption(PAIR) if make.get("encrypt") else None,
            hcompany=sandbox.hcompany(key, **options),
            pack=Pack(make["pack"]) if "pack" in make else None,
            key_pair=RECIPIENT,
            storage=sandbox.storage(**options),
            targets={"report": (url["upload_url"], url.get("headers") or {})},
        )
        self.tools = {tool.name: tool for tool in made}


def ran(tool: Tool, arguments: Any) -> dict[str, Any]:
    return tool.run(arguments)


def ran_in_asyncio(tool: Tool, arguments: Any) -> dict[str, Any]:
    return asyncio.run(tool.run_async(arguments))


@pytest.mark.parametrize("run", [ran, ran_in_asyncio])
@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_case(
    sandbox: Sandbox, tmp_path: Path, case: dict[str, Any], run: Callable[[Tool, Any], dict[str, Any]]
) -> None:
    folder = tmp_path / "case"
    (folder / "outbox").mkdir(parents=True)
    lay(folder, case.get("files", {}), case.get("links", {}))
    sandbox.agents({"agent_id": "recipient-agent", "public_key": RECIPIENT.public_key})
    tools = Made(sandbox, folder, case).tools
    tool, arguments = tools[case["tool"]], named(case.get("arguments", {}), folder)
    if before := case.get("before"):
        gave = run(tools[before["tool"]], named(before["arguments"], folder))
        arguments |= {name: gave[fact] for name, fact in before["gives"].items()}
    if "faults" in case:
        sandbox.fault(*case["faults"])
    got = run(tool, arguments)
    md5 = hashlib.md5(b"%PDF").hexdigest()
    wanted = json.loads(json.dumps(named(case["expect"], folder)).replace("{md5}", md5))
    compare(case["name"], wanted, json.loads(json.dumps(got)))
    conforms(ERROR_SCHEMA if "error" in got else tool.output_schema, got)
    for operation, count in case.get("requests", {}).items():
        assert len(sandbox.requests(operation)) == count, operation
    assert "X-Amz" not in json.dumps(got)


# -- which files a model may name


@pytest.fixture
def outbox(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "paths"
    lay(folder, PATHS["files"], PATHS["links"])
    monkeypatch.setenv("HOME", str(folder / "home"))
    return folder


def made_for(folder: Path, sandbox: Sandbox, **more: Any) -> dict[str, Tool]:
    roots = [folder / root for root in PATHS["roots"]]
    terms = {"sender": "sender-agent", "recipients": ["recipient-agent"]}
    made = make_tools(roots=roots, agentdrop=sandbox.agentdrop(), **terms | more)
    return {tool.name: tool for tool in made}


@pytest.mark.parametrize("attempt", REFUSED, ids=[attempt["name"] for attempt in REFUSED])
def test_a_file_does_not_get_out(sandbox: Sandbox, outbox: Path, attempt: dict[str, str]) -> None:
    more = {"storage": sandbox.storage(), "targets": {"report": "https://storage.example/report"}}
    tools = made_for(outbox, sandbox, key_pair=RECIPIENT, hcompany=sandbox.hcompany(), **more)
    path = named(attempt["path"], outbox)
    sent = tools["send_files"].run(paths=["report.pdf", path], recipient="recipient-agent")
    assert attempt["why"] in sent["error"]["message"] and sent["error"]["kind"] == "invalid_input"
    for paths in ({"path": path, "to": "new"}, {"path": "report.pdf", "to": path}):
        assert attempt["why"] in tools["open_sealed"].run(paths)["error"]["message"]
    for tool, terms in (
        ("put_file", {"target": "report"}),
        ("inspect_profile", {}),
        ("upload_profile", {"name": "x"}),
    ):
        assert attempt["why"] in tools[tool].run({"path": path} | terms)["error"]["message"], tool
    assert sandbox.requests() == [] and not (outbox / "private" / "new").exists()


def test_a_file_that_is_allowed_is_sent(sandbox: Sandbox, outbox: Path) -> None:
    send = made_for(outbox, sandbox)["send_files"]
    for path, file in PATHS["allowed"].items():
        sandbox.reset()
        sent = send.run(paths=[named(path, outbox)], recipient="recipient-agent")
        assert sent.get("status") == "active", sent
        content = (outbox / file).read_bytes()
        assert [o["sha256"] for o in sandbox.objects()] == [hashlib.sha256(content).hexdigest()]


# -- what only this language has


RESULTS = {
    "send_files": dropoff.SentTransfer,
    "get_transfer": dropoff.TransferInfo,
    "upload_profile": dropoff.Profile,
    "inspect_profile": dropoff.ProfileInspection,
    "get_profile": dropoff.Profile,
    "open_sealed": dropoff.OpenedFile,
    "put_file": dropoff.StoredObject,
}


def test_results_have_what_the_schemas_promise(sandbox: Sandbox, tmp_path: Path) -> None:
    """A field that is renamed in the core would be absent for models, without an error."""
    described = json.loads((ROOT / "core" / "src" / "tools" / "description.json").read_text())
    for tool in described["tools"]:
        fields = dict(inspect.get_annotations(RESULTS[tool["name"]])) or {
            name: None for name in dir(RESULTS[tool["name"]])
        }
        assert set(tool["output"]["properties"]) <= set(fields), tool["name"]
    facts = InvalidInputError("x").to_dict()
    assert set(ERROR_SCHEMA["properties"]["error"]["properties"]) - {"next"} <= set(facts)
    nested = {"send_files": ("files", dropoff.SentFile), "inspect_profile": ("sizes", dropoff.CategorySize)}
    by_name = {tool["name"]: tool["output"]["properties"] for tool in described["tools"]}
    for name, (field, cls) in nested.items():
        assert set(by_name[name][field]["items"]["properties"]) <= set(dir(cls))
    assert set(by_name["upload_profile"]["packed"]["properties"]) <= set(dir(dropoff.PackReport))


def test_schemas_say_what_the_program_allows(sandbox: Sandbox, tmp_path: Path) -> None:
    tools = {tool.name: tool for tool in make_tools(roots=[tmp_path], **everything(sandbox))}
    send = tools["send_files"]
    assert send.input_schema["properties"]["recipient"]["enum"] == ["b", "c"]
    assert tools["put_file"].input_schema["properties"]["target"]["enum"] == ["report"]
    assert send.annotations["readOnlyHint"] is False and tools["get_profile"].annotations["readOnlyHint"]
    told = json.loads(json.dumps(send.to_dict()))
    assert told["name"] == "send_files" and told["input_schema"] == send.input_schema and len(told) == 6
    assert told["title"] and told["description"] and repr(send) == "Tool('send_files')"
    free = make_tools(roots=[tmp_path], **everything(sandbox) | {"recipients": lambda _: True})[0]
    assert "enum" not in free.input_schema["properties"]["recipient"]
    assert set(tools) == set(RESULTS)


def everything(sandbox: Sandbox) -> dict[str, Any]:
    return {
        "agentdrop": sandbox.agentdrop(),
        "sender": "a",
        "recipients": ("b", "c"),
        "hcompany": sandbox.hcompany(),
        "key_pair": PAIR,
        "storage": sandbox.storage(),
        "targets": {"report": "https://storage.example/report?X-Amz-Signature=0"},
    }


def test_the_guide_lists_every_tool() -> None:
    """Its programs are run by tests/docs."""
    text = (ROOT / "docs" / "guides" / "agents.md").read_text("utf-8")
    table = text[text.index("| tool | made with |") :].split("\n\n")[0]
    assert {line.split("`")[1] for line in table.splitlines()[2:]} == set(RESULTS)


def test_what_a_tool_needs_is_asked_for(sandbox: Sandbox) -> None:
    for wrong, words in (
        (
            {"agentdrop": None, "hcompany": None, "key_pair": None, "storage": None},
            "there are no tools without",
        ),
        ({"roots": []}, "roots is empty"),
        ({"roots": ""}, 'roots is empty; name a folder, or "." for the one that the program runs in'),
        ({"roots": [".", ""]}, r"roots\[1\] is empty; name a folder"),
        ({"roots": None}, "roots must be a path or a list of paths, not NoneType"),
        ({"roots": [5]}, r"roots\[0\] must be a path \(str or os.PathLike\), not int"),
        ({"roots": [b"outbox"]}, r"roots\[0\] must be a path \(str or os.PathLike\), not bytes"),
        ({"roots": "\ud800"}, r"roots holds characters that no path holds"),
        ({"recipients": None}, "agentdrop needs sender and recipients"),
        ({"sender": None}, "agentdrop needs sender and recipients"),
        ({"sender": 5}, r"sender must be text \(str\), not int"),
        ({"sender": ""}, "sender is empty; every transfer needs one"),
        ({"mode": b"x"}, r"mode must be text \(str\), not bytes"),
        (
            {"recipients": "bob"},
            "recipients must be a list of ids or a function, not str; put a single one in",
        ),
        ({"agentdrop": None, "recipients": 5}, "recipients must be a list of ids or a function, not int"),
        ({"recipients": 5}, "recipients must be a list of ids or a function, not int"),
        ({"recipients": {"b": False}}, "recipients must be a list of ids or a function, not dict"),
        ({"recipients": b"bob"}, "recipients must be a list of ids or a function, not bytes"),
        ({"recipients": ["b", ""]}, r"recipients\[1\] is empty; give an id"),
        ({"recipients": iter([])}, "recipients is empty"),
        ({"recipients": []}, "recipients is empty; name whom files may be sent to"),
        ({"recipients": ["b", 5]}, r"recipients\[1\] must be text \(str\), not int"),
        ({"recipients": ["\ud800"]}, r"recipients\[0\] holds characters that UTF-8 cannot hold"),
        ({"recipients": asynchronous}, "recipients must be a plain function, not async"),
        ({"targets": None}, "storage needs targets"),
        ({"targets": {}}, "targets is empty; give the presigned URLs by name"),
        ({"targets": {5: "https://x"}}, r"a name of targets must be text \(str\), not int"),
        ({"targets": "https://x"}, "targets must be a mapping or a function, not str"),
        (
            {"targets": {"r": {"upload_url": "https://x"}}},
            'or a pair of one and its headers .*; found dict by the name "r"',
        ),
        ({"targets": {"a": "https://x", "b": None}}, 'found NoneType by the name "b"'),
        ({"targets": {"r": ("https://x", {}, 3)}}, 'found a tuple of 3 by the name "r"'),
        ({"targets": {"r": ("https://x", 3)}}, 'found a pair of str and int by the name "r"'),
        ({"targets": asynchronous}, "targets must be a plain function, not async"),
        (
            {"agentdrop": sandbox.hcompany()},
            "agentdrop must be an AgentDrop or AsyncAgentDrop, not dropoff.HCompany",
        ),
        ({"hcompany": "hk"}, "hcompany must be an HCompany or AsyncHCompany, not str"),
        (
            {"storage": sandbox.agentdrop()},
            "storage must be a Storage or AsyncStorage, not dropoff.AgentDrop",
        ),
        ({"key_pair": PAIR.public_key}, "key_pair must be a KeyPair, not str"),
        (
            {"encrypt": PAIR},
            r"encrypt must be an Encryption, such as Encryption\(key_pair\), not dropoff.KeyPair",
        ),
        ({"pack": "minimal"}, r"pack must be a Pack, such as Pack\(level=\"minimal\"\), not str"),
    ):
        with pytest.raises(InvalidInputError, match=words):
            make_tools(**{"roots": ["."]} | everything(sandbox) | wrong)


async def asynchronous(_: str) -> bool:
    return True


def test_a_limit_of_time_is_refused_as_a_call_refuses_it(sandbox: Sandbox) -> None:
    wrong: tuple[Any, ...] = (0, -1, 10_000_001, 10**400, True, "5", float("nan"), timedelta(seconds=-1))
    for timeout in wrong:
        with pytest.raises(InvalidInputError) as made:
            make_tools(roots=["."], timeout=timeout, **everything(sandbox))
        with pytest.raises(InvalidInputError) as called:
            sandbox.agentdrop().start_send([("x", b"")], sender="a", recipient="b", timeout=timeout)
        assert made.value.message == called.value.message
    for right in (0.5, 10_000_000, timedelta(days=1), None):
        assert make_tools(roots=["."], timeout=right, **everything(sandbox))


def test_a_refusal_with_locals_shows_no_target() -> None:
    signed = "https://storage.example/x?X-Amz-Signature=0"
    wrong: list[Any] = [{5: signed}, [signed], {"r": (signed, 5)}, {"r": [signed]}, {"report": signed}]
    for targets, more in zip(wrong, ({}, {}, {}, {}, {"pack": 5}), strict=True):
        refused: Any = {"roots": ["."], "storage": Storage(), **more}
        with pytest.raises(InvalidInputError) as told:
            make_tools(**refused, targets=targets)
        [_, *ours] = traceback.TracebackException.from_exception(told.value, capture_locals=True).stack
        assert ours and "X-Amz" not in str([frame.locals for frame in ours])


def test_what_a_framework_does_to_a_schema_changes_nothing(sandbox: Sandbox, tmp_path: Path) -> None:
    (tmp_path / "report.pdf").write_bytes(b"%PDF")
    send, *_ = make_tools(roots=[tmp_path], **everything(sandbox))
    before = send.to_dict()
    send.to_dict()["input_schema"]["properties"].clear()
    assert send.to_dict() == before
    send.input_schema["properties"]["recipient"].pop("enum")
    send.input_schema["properties"]["sender"] = {"type": "string"}
    send.output_schema["properties"].clear()
    send.annotations["readOnlyHint"] = True
    ERROR_SCHEMA["properties"]["error"]["properties"].pop("next")
    try:
        told = send.run(paths=["report.pdf"], recipient="stranger")["error"]
        assert told["message"] == "recipient must be one of b, c" and told["next"]
        assert "has no argument sender" in send.run(sender="x", recipient="b")["error"]["message"]
        assert send.run(paths=["report.pdf"], recipient="b")["status"] == "active"
        assert make_tools(roots=[tmp_path], **everything(sandbox))[0].to_dict() == before
    finally:
        ERROR_SCHEMA["properties"]["error"]["properties"]["next"] = {"type": "string"}


class PathOfBytes:
    def __fspath__(self) -> bytes:
        return b"report.pdf"


@pytest.mark.parametrize(
    "paths",
    [
        ("report.pdf",),
        deque(["report.pdf"]),
        UserList(["report.pdf"]),
        [Path("report.pdf")],
        [PathOfBytes()],
        {"report.pdf": 1}.keys(),
    ],
    ids=["tuple", "deque", "list-like", "path", "path of bytes", "keys"],
)
def test_arguments_are_what_frameworks_hand_over(sandbox: Sandbox, tmp_path: Path, paths: Any) -> None:
    (tmp_path / "report.pdf").write_bytes(b"%PDF")
    send, *_ = make_tools(roots=[tmp_path], **everything(sandbox))
    given = MappingProxyType({"paths": paths, "recipient": "b"})
    assert send.run(given).get("status") == "active", send.run(given)


def test_arguments_that_no_json_holds_are_refused(sandbox: Sandbox, tmp_path: Path) -> None:
    send, *_ = make_tools(roots=[tmp_path], **everything(sandbox))
    circle: list[Any] = []
    circle.append(circle)
    deep: list[Any] = []
    for _ in range(100_000):
        deep = [deep]
    for paths in (circle, UserList([circle]), deep, [b"x"], [10**5000], [object()], [float("nan")]):
        told = send.run({"paths": paths, "recipient": "b"})["error"]
        assert told["kind"] == "invalid_input", told
        assert told["message"].startswith("the arguments of send_files must be a JSON object")
    while deep:  # Python would free it by recursion
        [deep] = deep
    assert sandbox.requests() == []


def test_a_target_that_is_refused_is_told_without_its_signature(tmp_path: Path) -> None:
    (tmp_path / "report.pdf").write_bytes(b"%PDF")
    targets = {"report": "https://10.0.0.1/bucket/report?X-Amz-Signature=0"}
    [put] = make_tools(roots=[tmp_path], storage=Storage(), targets=targets)
    told = put.run(path="report.pdf", target="report")["error"]
    assert told["kind"] == "unsafe_target" and "10.0.0.1" in told["message"]
    assert "X-Amz" not in json.dumps(told)


def test_an_async_client_does_as_well(sandbox: Sandbox, tmp_path: Path) -> None:
    (tmp_path / "report.pdf").write_bytes(b"%PDF")
    d: AsyncAgentDrop = sandbox.async_agentdrop()
    send = make_tools(roots=str(tmp_path), agentdrop=d, sender="a", recipients=lambda name: name == "b")[0]
    told: list[str] = []
    sent = send.run(paths=["report.pdf"], recipient="b", on_progress=lambda p: told.append(p.phase))
    assert sent["status"] == "active" and told[-1] == "done"
    error = send.run(paths=["report.pdf"], recipient="c")["error"]
    assert error["message"].startswith("this program does not send to c;")


def test_an_answer_that_is_no_answer_lets_nothing_pass(
    sandbox: Sandbox, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "report.pdf").write_bytes(b"%PDF")
    terms: dict[str, Any] = {"agentdrop": sandbox.agentdrop(), "sender": "a"}
    for answer in ("yes", 1, object()):
        wrong: Any = {"b": answer}.__getitem__
        send = make_tools(roots=[tmp_path], recipients=wrong, **terms)[0]
        told = send.run(paths=["report.pdf"], recipient="b")["error"]
        assert (told["kind"], told["outcome"]) == ("internal", "not_completed")
    assert "recipients must give True or False, not str" in caplog.text
    assert sandbox.requests() == []


def test_a_sealed_file_is_opened(sandbox: Sandbox, tmp_path: Path) -> None:
    for agent, pair in (("a", PAIR), ("b", RECIPIENT)):
        sandbox.agents({"agent_id": agent, "public_key": pair.public_key})
    sent = sandbox.agentdrop().send(
        [("report.pdf", b"%PDF")], sender="a", recipient="b", encrypt=Encryption(PAIR)
    )
    [(path, texts)] = download(sandbox, sent.id, tmp_path)
    [tool] = make_tools(roots=[tmp_path], key_pair=RECIPIENT)
    opened = tool.run(path=path.name, to="report.pdf", **texts)
    assert opened == {"path": str(tmp_path / "report.pdf"), "bytes": 4}
    assert (tmp_path / "report.pdf").read_bytes() == b"%PDF"
    again = tool.run(path=path.name, to="report.pdf", **texts)["error"]
    assert again["kind"] == "invalid_input" and again["outcome"] == "not_completed"


def failing(_: object) -> Any:
    raise RuntimeError("a secret of the program")


def test_a_function_of_the_program_that_raises(
    sandbox: Sandbox, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "report.pdf").write_bytes(b"%PDF")
    terms: dict[str, Any] = {"roots": [tmp_path], "agentdrop": sandbox.agentdrop(), "sender": "a"}
    with caplog.at_level(logging.ERROR, "dropoff.tools"):
        before = make_tools(recipients=failing, **terms)[0].run(paths=["report.pdf"], recipient="b")
        send = make_tools(recipients=["b"], **terms)[0]
        after = send.run({"paths": ["report.pdf"], "recipient": "b"}, on_progress=failing)
    assert [told["error"]["outcome"] for told in (before, after)] == ["not_completed", "unknown"]
    for told in (before, after):
        assert told["error"]["message"].startswith("a function of this program failed (RuntimeError);")
        assert "secret" not in json.dumps(told)
    assert [record.exc_info is not None for record in caplog.records] == [True, True]
    targets: Any = {"report": "https://storage.example/"}.__getitem__
    put = make_tools(roots=[tmp_path], storage=Storage(), targets=targets)[0]
    assert put.run(path="report.pdf", target="x")["error"]["message"].startswith(
        "this program has no target x;"
    )


def refused(sandbox: Sandbox) -> Callable[[], object]:
    """A call of the program's own, which fails without having done anything."""
    sandbox.fault({"on": "get_transfer", "times": -1, "do": {"reply": {"status": 503}}})
    return lambda: sandbox.agentdrop(max_attempts=1).get_transfer("tr_other")


def stopped() -> object:
    raise dropoff.CancelledError("a secret of the program")


def run_told(tool: Tool, arguments: Any, on_progress: Any) -> dict[str, Any]:
    return tool.run(arguments, on_progress=on_progress)


def run_told_in_asyncio(tool: Tool, arguments: Any, on_progress: Any) -> dict[str, Any]:
    return asyncio.run(tool.run_async(arguments, on_progress=on_progress))


@pytest.mark.parametrize("run", [run_told, run_told_in_asyncio])
def test_an_error_of_ours_that_a_callback_raises_is_the_programs(
    sandbox: Sandbox, tmp_path: Path, caplog: pytest.LogCaptureFixture, run: Callable[..., dict[str, Any]]
) -> None:
    """A model that is told that nothing happened sends again."""
    (tmp_path / "report.pdf").write_bytes(b"%PDF")
    client = sandbox.agentdrop(max_attempts=1)
    [send, _] = make_tools(roots=[tmp_path], agentdrop=client, sender="a", recipients=["b"])
    given = {"paths": ["report.pdf"], "recipient": "b"}
    for fail, name in ((refused(sandbox), "UnavailableError"), (stopped, "CancelledError")):
        caplog.clear()
        sandbox.forget_requests()
        told = run(send, given, lambda p, fail=fail: p.phase == "done" and fail())["error"]
        assert len(sandbox.requests("confirm")) == 1
        assert (told["kind"], told["outcome"], told["retryable"]) == ("internal", "unknown", False)
        assert told["message"].startswith(f"a function of this program failed ({name});")
        assert told["next"].startswith("It may have happened.")
        assert not [word for word in ("secret", "tr_other", "503") if word in json.dumps(told)]
        [record] = [record for record in caplog.records if record.name == "dropoff.tools"]
        text = logging.Formatter().format(record)
        assert f"a tool met {name} of a function of the program" in text and "in <lambda>" in text
        assert "the call had completed before it could be stopped" in text
    sandbox.fault({"on": "presign", "do": {"reply": {"status": 503}}})
    told = run(send, given, lambda _: None)["error"]
    assert (told["kind"], told["outcome"], told["operation"]) == (
        "unavailable",
        "not_completed",
        "presign",
    )
    assert told["next"].startswith("Nothing happened. The same call may be made again")


def test_an_error_of_ours_that_another_function_raises_is_the_programs(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    (tmp_path / "report.pdf").write_bytes(b"%PDF")

    def asked(_: str) -> Any:
        raise dropoff.DropoffError("a secret of the program", outcome="completed", transfer_id="tr_other")

    more: Any = {"agentdrop": sandbox.agentdrop(), "sender": "a", "storage": sandbox.storage()}
    tools = {t.name: t for t in make_tools(roots=[tmp_path], recipients=asked, targets=asked, **more)}
    for name, to in (("send_files", {"paths": ["report.pdf"], "recipient": "b"}), ("put_file", None)):
        told = tools[name].run(to or {"path": "report.pdf", "target": "x"})["error"]
        assert (told["kind"], told["outcome"]) == ("internal", "not_completed")
        assert told["message"].startswith("a function of this program failed (DropoffError);")
        assert "secret" not in json.dumps(told) and "transfer_id" not in told
    assert sandbox.requests() == []


@pytest.mark.parametrize("run", [run_told, run_told_in_asyncio])
def test_a_bar_is_closed_when_the_call_of_a_tool_fails(
    sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, run: Callable[..., dict[str, Any]]
) -> None:
    closed: list[dropoff.progress_bar] = []
    monkeypatch.setattr("dropoff._progress_bar._drawn_by", lambda _: None)
    monkeypatch.setattr(dropoff.progress_bar, "__call__", lambda _, __: None)
    monkeypatch.setattr(dropoff.progress_bar, "close", lambda bar: closed.append(bar))
    (tmp_path / "report.pdf").write_bytes(b"%PDF")
    send, *_ = make_tools(roots=[tmp_path], **everything(sandbox))
    bar = dropoff.progress_bar()
    sandbox.fault({"on": "put", "times": -1, "do": {"reply": {"status": 403}}})
    assert run(send, {"paths": ["report.pdf"], "recipient": "b"}, bar)["error"]["kind"] == "storage_refused"
    assert closed and set(closed) == {bar}


def test_a_slip_of_the_program_is_not_told_as_one_of_the_model(
    sandbox: Sandbox, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "report.pdf").write_bytes(b"%PDF")
    send, *_ = make_tools(roots=[tmp_path], **everything(sandbox))
    wrong: Any
    for wrong in (5, asynchronous):
        told = send.run({"paths": ["report.pdf"], "recipient": "b"}, on_progress=wrong)["error"]
        assert (told["kind"], told["outcome"]) == ("internal", "not_completed")
    assert "on_progress must be a plain function of one argument" in caplog.text
    assert sandbox.requests() == []


def test_a_traceback_with_locals_shows_no_target(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "report.pdf").write_bytes(b"%PDF")
    signed = "https://storage.example/x?X-Amz-Signature=0"
    wrong: Any = {"two": (signed, {}, 3), "other": (signed, 3)}
    put = make_tools(roots=[tmp_path], storage=Storage(), targets=wrong.__getitem__)[0]
    kinds = [put.run(path="report.pdf", target=name)["error"]["kind"] for name in wrong]
    assert kinds == ["internal", "invalid_input"]
    [record] = [record for record in caplog.records if record.name == "dropoff.tools"]
    assert record.exc_info and record.exc_info[1]
    frames = traceback.TracebackException.from_exception(record.exc_info[1], capture_locals=True).stack
    assert [frame.name for frame in frames][-1] == "start_put"
    assert "X-Amz" not in str([frame.locals for frame in frames])


def test_a_cancelled_task_cancels_the_call(sandbox: Sandbox, tmp_path: Path) -> None:
    with open(tmp_path / "large", "wb") as file:
        file.truncate(20_000_000)
    terms: dict[str, Any] = {"agentdrop": sandbox.agentdrop(), "sender": "a", "recipients": ["b"]}
    send = make_tools(roots=[tmp_path], **terms)[0]
    sandbox.fault(STALL)

    async def main() -> None:
        task = asyncio.ensure_future(send.run_async(paths=["large"], recipient="b"))
        await asyncio.to_thread(until, lambda: sandbox.requests("put"))
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(main())
    assert sandbox.requests("confirm") == []


def test_a_limit_of_time_is_told(sandbox: Sandbox, tmp_path: Path) -> None:
    (tmp_path / "report.pdf").write_bytes(b"%PDF")
    sandbox.fault({"on": "presign", "do": {"hold": True}})
    terms: dict[str, Any] = {"agentdrop": sandbox.agentdrop(), "sender": "a", "recipients": ["b"]}
    send = make_tools(roots=[tmp_path], timeout=0.05, **terms)[0]
    error = send.run(paths=["report.pdf"], recipient="b")["error"]
    assert error["kind"] == "timeout" and error["next"]


def test_the_package_alone_does_not_load_them() -> None:
    with python(
        "import sys, dropoff; print('dropoff.tools' in sys.modules, 'asyncio' in sys.modules)"
    ) as program:
        assert program.ended()[0].split() == ["False", "False"]
