"""The user's word: asked for before a first send, by clients that can ask."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from mcp_types import ElicitResult
from served import Sandbox, Server, failure, success
from test_tools import target


class User:
    """Whoever sits at the client."""

    def __init__(self, *answers: str) -> None:
        self.answers = list(answers)
        self.asked: list[str] = []

    async def answer(self, _: object, params: Any) -> ElicitResult:
        self.asked.append(params.message)
        answer: Any = self.answers.pop(0)
        return ElicitResult(action=answer, content={} if answer == "accept" else None)


async def sent(client: Any, recipient: str = "b", **more: Any) -> Any:
    return await client.call_tool("send_files", {"paths": ["report.pdf"], "recipient": recipient, **more})


@pytest.fixture
def asking(sandbox: Sandbox, outbox: Path) -> Server:
    return Server(sandbox, "--allow-root", str(outbox), "--allow-to", "b", "--allow-to", "c")


def test_the_user_is_asked_before_the_first_send_to_each_recipient(
    sandbox: Sandbox, asking: Server, outbox: Path, mode: str
) -> None:
    user = User("accept", "accept")

    async def called() -> None:
        async with asking.client(mode, elicitation_callback=user.answer) as client:
            success(await sent(client, message="here you are\nPut it elsewhere?"))
            success(await sent(client))
            assert len(user.asked) == 1
            success(await sent(client, "c"))

    asyncio.run(called())
    assert user.asked == [
        f"Send to the agent b?\n{outbox}/report.pdf (4 bytes)\n"
        "with the message: here you are Put it elsewhere?",
        f"Send to the agent c?\n{outbox}/report.pdf (4 bytes)",
    ]
    assert len(sandbox.requests("presign")) == 3


@pytest.mark.parametrize("where", ["elsewhere", "another"])
@pytest.mark.parametrize(
    ("tool", "more"),
    [
        ("send_files", {"recipient": "b"}),
        ("upload_profile", {"name": "x"}),
        ("put_file", {"target": "report"}),
    ],
)
def test_a_file_that_is_exchanged_while_the_user_is_asked_stays(
    sandbox: Sandbox, outbox: Path, tmp_path: Path, mode: str, tool: str, more: dict[str, str], where: str
) -> None:
    (tmp_path / "elsewhere").write_bytes(b"PK\x05\x06" + bytes(18))
    (outbox / "another").write_bytes(b"PK\x05\x06" + bytes(18))
    (outbox / "x.zip").write_bytes(b"PK\x05\x06" + bytes(18))
    (tmp_path / "targets.json").write_text(json.dumps({"report": target(sandbox)}))
    target_of_link = {"elsewhere": tmp_path / "elsewhere", "another": outbox / "another"}[where]
    asked: list[str] = []

    async def answer(_: object, params: Any) -> ElicitResult:
        asked.append(params.message)
        if len(asked) == 1:
            (outbox / "x.zip").unlink()
            (outbox / "x.zip").symlink_to(target_of_link)
            return ElicitResult(action="accept", content={})
        return ElicitResult(action="decline")

    server = Server(
        sandbox,
        "--allow-root",
        str(outbox),
        "--allow-to",
        "b",
        "--targets-file",
        str(tmp_path / "targets.json"),
    )
    given = {"paths": ["x.zip"]} if tool == "send_files" else {"path": "x.zip"}

    async def called() -> dict[str, Any]:
        async with server.client(mode, elicitation_callback=answer) as client:
            return failure(await client.call_tool(tool, given | more))

    facts = asyncio.run(called())
    assert str(outbox / "x.zip") in asked[0]
    if where == "elsewhere":
        assert "is not in a folder" in facts["message"], facts
    elif mode == "legacy":
        assert "leads to another file than the one that the user was asked about" in facts["message"], facts
    else:
        # The call begins anew with the answer, and so does the question.
        assert str(outbox / "another") in asked[1] and facts["kind"] == "permission", (asked, facts)
    assert sandbox.requests() == []


def test_a_file_is_put_once_the_user_has_said_so(
    sandbox: Sandbox, outbox: Path, tmp_path: Path, mode: str
) -> None:
    user = User("decline", "accept")
    server = Server(
        sandbox, "--allow-root", str(outbox), DROPOFF_TARGETS=json.dumps({"report": target(sandbox)})
    )

    async def called() -> None:
        async with server.client(mode, elicitation_callback=user.answer) as client:
            given = {"path": "report.pdf", "target": "report"}
            failure(await client.call_tool("put_file", given))
            assert sandbox.objects() == []
            success(await client.call_tool("put_file", given))
            success(await client.call_tool("put_file", given))

    asyncio.run(called())
    question = "Put this file where the target report is, and replace what is there?"
    assert user.asked == [f"{question}\n{outbox}/report.pdf (4 bytes)"] * 2
    assert len(sandbox.objects()) == 1


@pytest.mark.parametrize("answer", ["decline", "cancel"])
def test_what_the_user_does_not_allow_is_not_sent(
    sandbox: Sandbox, asking: Server, mode: str, answer: str
) -> None:
    user = User(answer, "accept")

    async def called() -> dict[str, Any]:
        async with asking.client(mode, elicitation_callback=user.answer) as client:
            facts = failure(await sent(client))
            assert sandbox.requests() == []
            # No word is no word for good.
            success(await sent(client))
            return facts

    facts = asyncio.run(called())
    assert (facts["kind"], facts["side"], facts["outcome"]) == ("permission", "caller", "not_completed")
    assert "did not allow" in facts["message"] and "Do not repeat" in facts["next"]
    assert len(user.asked) == 2


def test_a_client_that_cannot_ask_sends_what_is_allowed(sandbox: Sandbox, asking: Server, mode: str) -> None:
    async def called() -> None:
        async with asking.client(mode) as client:
            success(await sent(client))

    asyncio.run(called())


def test_always_and_never_are_what_they_say(sandbox: Sandbox, outbox: Path, mode: str) -> None:
    async def called(how: str, user: User) -> None:
        server = Server(sandbox, "--allow-root", str(outbox), "--allow-to", "b", "--ask", how)
        async with server.client(mode, elicitation_callback=user.answer) as client:
            success(await sent(client))
            success(await sent(client))

    always, never = User("accept", "accept"), User()
    asyncio.run(called("always", always))
    asyncio.run(called("never", never))
    assert (len(always.asked), len(never.asked)) == (2, 0)


def test_a_folder_that_is_looked_at_needs_no_word_and_one_that_is_uploaded_does(
    sandbox: Sandbox, asking: Server, outbox: Path, mode: str
) -> None:
    profile = outbox / "chrome" / "Default"
    profile.mkdir(parents=True)
    (outbox / "chrome" / "Local State").write_text("{}")
    (outbox / "chrome" / "Last Version").write_text("131.0.6778.85")
    (profile / "Preferences").write_text("{}")
    user = User("decline")

    async def called() -> None:
        async with asking.client(mode, elicitation_callback=user.answer) as client:
            success(await client.call_tool("inspect_profile", {"path": "chrome"}))
            assert user.asked == []
            failure(await client.call_tool("upload_profile", {"path": "chrome", "name": "login"}))

    asyncio.run(called())
    [question] = user.asked
    assert "cookies" in question and str(outbox / "chrome") in question and "as login" in question
    assert sandbox.requests() == []
