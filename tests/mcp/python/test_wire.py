"""What is no client of the protocol, or a bad one."""

from __future__ import annotations

import json
import os
import pty
import subprocess
from pathlib import Path

import pytest
from served import PROGRAM, Raw, Sandbox, Server

LIST = {"jsonrpc": "2.0", "id": 5, "method": "tools/list"}


@pytest.fixture
def raw(server: Server) -> Raw:
    return server.start()


def test_an_input_that_ends_at_once_ends_the_server(raw: Raw) -> None:
    assert raw.end()[0] == 0


def test_what_is_no_json_is_passed_over(raw: Raw) -> None:
    raw.begin()
    for line in ("{", "not json", '{"jsonrpc": "2.0", "id": 1, "method"', "\x00", '"\\ud800"', ""):
        raw.send(line)
    raw.send(LIST)
    answer = raw.receive()
    # The one that is JSON and no message is told so.
    while answer["id"] != 5:
        assert answer["error"]["code"] == -32600, answer
        answer = raw.receive()
    assert answer["result"]["tools"]
    assert raw.end()[0] == 0


def test_json_that_is_no_message_is_told_so(raw: Raw) -> None:
    raw.begin()
    raw.send("[1]")
    assert raw.receive()["error"]["code"] == -32600
    raw.send(LIST)
    assert raw.receive()["id"] == 5
    raw.end()


def test_a_line_without_end_is_passed_over(raw: Raw) -> None:
    raw.begin()
    raw.send(json.dumps({**LIST, "id": "x" * (17 << 20)}))
    raw.send(LIST)
    assert raw.receive()["id"] == 5
    raw.end()


def test_a_tool_that_is_not_there(raw: Raw) -> None:
    raw.begin()
    error = raw.ask(1, "tools/call", name="delete_everything\nnow", arguments={})["error"]
    assert error["code"] == -32602
    assert error["message"].startswith("there is no tool delete_everything now; the tools are send_files")
    raw.end()


def test_a_method_that_is_not_there(raw: Raw) -> None:
    raw.begin()
    assert raw.ask(1, "resources/read", uri="file:///etc/passwd")["error"]["code"] == -32601
    assert raw.ask(2, "prompts/get", name="x")["error"]["code"] == -32601
    raw.end()


def test_arguments_that_are_no_object(raw: Raw) -> None:
    raw.begin()
    answer = raw.ask(1, "tools/call", name="get_transfer", arguments=["tr_1"])
    assert answer["error"]["code"] == -32602 and "by name" in answer["error"]["message"], answer
    raw.send(LIST)
    assert raw.receive()["id"] == 5
    raw.end()


def test_what_speaks_another_protocol_is_told_how_to_start_this(sandbox: Sandbox, raw: Raw) -> None:
    raw.send({"jsonrpc": "2.0", "method": "notifications/initialized"})
    assert raw.process.wait(60) == 2
    _, told = raw.end()
    assert "start this command from a client's settings" in told


def test_a_person_at_a_terminal_is_told_who_is_awaited(sandbox: Sandbox, server: Server) -> None:
    ours, theirs = pty.openpty()
    command, environment = [PROGRAM, *server.arguments], {**os.environ, **server.environment}
    process = subprocess.Popen(command, env=environment, stdin=theirs, stderr=subprocess.PIPE)
    os.close(theirs)
    assert process.stderr
    told = b""
    while b"is awaited here" not in told:
        line = process.stderr.readline()
        assert line, told
        told += line
    os.write(ours, b"\x04")
    assert process.wait(60) == 0
    process.stderr.close()
    os.close(ours)


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--allow-root", "https://bucket.example/k"], "each of roots"),
        (["--seal"], "there is no key pair"),
        (["--targets-file", "/dev/null"], "is empty"),
        (["--key-file", "-"], "standard input is the client's here"),
        (["--ask", "sometimes"], "possible values: first, always, never"),
        (["--targets-file", "$folder/unknown.json"], 'the one named "logs" is neither'),
        (["--targets-file", "$folder/http.json"], 'the target named "logs" cannot be used: the storage URL'),
    ],
)
def test_settings_that_make_no_server_end_it(
    sandbox: Sandbox, tmp_path: Path, arguments: list[str], told: str
) -> None:
    signed = "https://b.example/k?X-Amz-Signature=canary"
    unknown = {"logs": {"url": signed, "header": {"Content-Type": "text/plain"}}}
    (tmp_path / "unknown.json").write_text(json.dumps(unknown))
    (tmp_path / "http.json").write_text(json.dumps({"logs": signed.replace("https", "http")}))
    arguments = [argument.replace("$folder", str(tmp_path)) for argument in arguments]
    code, words = Server(sandbox, *arguments).start().end()
    assert code and told in words and "canary" not in words, words


def test_a_variable_of_targets_that_is_no_text_is_told(sandbox: Sandbox) -> None:
    server = Server(sandbox)
    raw = Raw([PROGRAM, *server.arguments], {**os.environ, **server.environment, "DROPOFF_TARGETS": "\udcff"})
    code, words = raw.end()
    assert code == 2 and "the environment variable DROPOFF_TARGETS holds no text" in words, words
