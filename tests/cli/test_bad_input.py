"""What people and scripts get wrong, each tried as they would."""

from __future__ import annotations

import os
import socket
import subprocess
from pathlib import Path
from typing import Any

import pytest
from conftest import HANGS, PROGRAM, Cli

SEND = ("send", "--from", "a", "--to", "b")
SIGNED = "https://storage.example/key?X-Amz-Credential=c&X-Amz-Signature=canary"


@pytest.mark.parametrize(
    ("arguments", "nearest"),
    [
        (["put", "x", "--url-fil", "u"], "--url-file"),
        (["put", "x", "--stall-timeou", "1s"], "--stall-timeout"),
        (["sen", "x"], "send"),
        (["profile", "uploa", "x"], "upload"),
        (["--format", "jsn", "whoami"], "json"),
    ],
)
def test_an_unknown_word_names_the_nearest(cli: Cli, arguments: list[str], nearest: str) -> None:
    done = cli.run(*arguments)
    assert done.returncode == 2 and nearest in done.stderr and done.stdout == ""
    assert nearest in cli.error(2, *arguments)["message"]
    for format_ in (["--format", "agent"], ["-q"], []):
        asked = cli.run(*arguments, *format_, CLAUDECODE=None if format_ else "1")
        [line] = asked.stderr.splitlines()
        assert asked.returncode == 2 and nearest in line
        assert ("retryable=false" in line) == (format_ != ["-q"])


@pytest.mark.parametrize(
    ("option", "value", "range_"),
    [
        ("--max-attempts", "0", "1 to 100"),
        ("--stall-timeout", "soon", "0.001 s to 1 h"),
        ("--part-size", "1kB", "5 MiB to 5 GiB"),
        ("--integrity-check", "maybe", "auto"),
        ("--trusted-storage", "ftp://x", "https://minio.internal:9000"),
        ("--timeout", "for ever", "30s"),
    ],
)
def test_a_bad_value_names_its_flag_and_range(cli: Cli, option: str, value: str, range_: str) -> None:
    message = cli.error(2, *SEND, cli.file("x"), option, value)["message"]
    assert option in message and range_ in message, message


@pytest.mark.parametrize(
    "arguments",
    [
        ["put", SIGNED, "x"],
        ["put", "x", "--url-file", SIGNED],
        ["put", "x", "--url", "canary"],
        ["put", "x", "-H", "Authorization: Bearer canary"],
        [*SEND, "x", "--api-key", "canary"],
        [*SEND, "x", "agd_canary0123456789"],
        [*SEND, "x", "--key", "canary"],
        [*SEND, "x", "--proxy", "http://user:canary@proxy:3128"],
        [*SEND, "x", "--proxy", "user:canary@proxy:3128"],
        ["put", "x", "-vH", "Authorization: Bearer canary"],
        ["put", "x", "-H", "x-goog-encryption-key: canary"],
        ["put", "x", "--url-file", "https://up.example/session/canary"],
        [*SEND, "x", "--seal", "--key-file", "canary0123456789ABCDEFGHIJabcdefghijklm/nop="],
        ["sandbox", "--secret-key", "canary"],
    ],
)
def test_a_secret_as_an_argument_is_refused_and_not_repeated(cli: Cli, arguments: list[str]) -> None:
    cli.file("x")
    for format_ in ([], ["--json"]):
        done = cli.run(*format_, *arguments)
        said = done.stdout + done.stderr
        assert done.returncode == 2 and "must not be an argument" in said and "give it by" in said
        assert "canary" not in said
    assert cli.requests() == []


def test_no_url_and_odd_ones(cli: Cli) -> None:
    data = cli.file("x")
    assert "DROPOFF_URL" in cli.error(2, "put", data)["message"]
    for name, content in {
        "empty": "",
        "list": "[]",
        "broken": '{"url": "https://x/canary',
        "number": '{"url": 5}',
        "two": "https://x/1\nhttps://x/2",
        "binary": b"\xff\xfe",
        "nothing": "canary",
    }.items():
        done = cli.run("--json", "put", data, "--url-file", cli.file(f"{name}.txt", content))
        assert done.returncode in (2, 6) and "canary" not in done.stdout, done.stdout
    missing = cli.error(3, "put", data, "--url-file", "nowhere.txt")
    assert missing["kind"] == "source_unreadable" and missing["path"] == "nowhere.txt"
    form = cli.error(2, "post-form", data, "--url-file", cli.file("u.txt", "https://x/1"))
    assert '"fields"' in form["message"]


@pytest.mark.parametrize("flag", ["--key-file", "--api-key-file"])
def test_a_secret_where_its_file_belongs_is_not_repeated(cli: Cli, flag: str) -> None:
    """One that looks like no secret that is known."""
    seal = ["--seal"] if flag == "--key-file" else []
    for format_ in ("human", "json", "agent", "quiet"):
        done = cli.run(
            "--format", format_, *SEND, cli.file("x"), *seal, flag, "canary/words-in-no-known-form="
        )
        said = done.stdout + done.stderr
        assert done.returncode == 3 and "canary" not in said and "not repeated" in said, said


def test_standard_input_is_one_thing(cli: Cli) -> None:
    assert "standard input" in cli.error(2, "put", "-", "--url-file", "-", stdin="x")["message"]
    twice = cli.error(2, *SEND, "-", "--name", "x", "--message", "-", stdin="x")
    assert "standard input" in twice["message"]
    assert "--name" in cli.error(2, *SEND, "-", stdin="x")["message"]


def test_standard_input_that_ends_early(cli: Cli) -> None:
    """Nothing else tells a short stream from a whole one: its producer's failure is not in it."""
    put = ("put", "-", "--url-file", cli.target(), "--size")
    for size, told in (("10", "after 4 of the 10 bytes"), ("3", "more than the 3 bytes")):
        error = cli.error(3, *put, size, stdin="only")
        assert error["kind"] == "source_unreadable" and told in str(error)
    assert cli.requests("put") == []
    assert cli.json(0, *put, "4", stdin="only")["bytes"] == 4
    assert "--size" in cli.error(2, "put", cli.file("x"), *put[2:], "4")["message"]


def test_what_is_no_file(cli: Cli) -> None:
    folder = cli.folder / "folder"
    folder.mkdir()
    assert cli.error(3, *SEND, folder)["kind"] == "source_unreadable"
    assert cli.error(3, *SEND, "nowhere.pdf")["path"].endswith("nowhere.pdf")
    assert cli.error(2, "profile", "inspect", folder)["kind"] == "invalid_input"
    assert "not a URL" in cli.error(2, *SEND, "https://example.com/a.pdf")["message"]


def test_a_home_that_cannot_be_written_to(cli: Cli) -> None:
    report = cli.file("report.pdf")
    # Not by permissions, which do not stop root.
    error = cli.error(2, *SEND, report, "--resume", HOME="/dev/null")
    assert "--resume=FILE" in error["message"]
    assert cli.json(0, *SEND, report, HOME="/dev/null")["status"] == "active"
    assert cli.json(0, *SEND, report, "--resume=here.journal", HOME="/dev/null")["status"] == "active"
    assert not (cli.folder / "here.journal").exists(), "it is removed once the transfer is active"


# What the system answers for a number that is in no list of users.
NO_USERS = """
#include <pwd.h>
int getpwuid_r(uid_t user, struct passwd *entry, char *buffer, size_t size, struct passwd **found) {
    *found = 0;
    return 0;
}
"""


def test_a_user_without_a_home(cli: Cli) -> None:
    """As in a container that runs as a bare number."""
    shim = cli.folder / "no_users.so"
    source = cli.file("no_users.c", NO_USERS)
    subprocess.run(["cc", "-shared", "-fPIC", source, "-o", shim], check=True)
    report = cli.file("report.pdf")
    nobody: dict[str, Any] = {"HOME": None, "LD_PRELOAD": str(shim)}
    for more in (nobody, nobody | {"HOME": ""}):
        error = cli.error(2, *SEND, report, "--resume", **more)
        assert error["message"] == "there is no home folder for the journal; name one by --resume=FILE"
    assert cli.requests() == []
    assert cli.json(0, *SEND, report, "--resume=here.journal", **nobody)["status"] == "active"
    state = str(cli.folder / "state")
    assert cli.json(0, *SEND, report, "--resume", XDG_STATE_HOME=state, **nobody)["status"] == "active"


def test_output_that_nobody_reads(cli: Cli) -> None:
    """`dropoff … | head -0`: the pipe is closed before anything is written."""
    report = cli.file("report.pdf")
    for arguments in (
        ["--help"],
        ["completion", "bash"],
        [*SEND, str(report)],
        ["--json", *SEND, str(report)],
    ):
        reader, writer = os.pipe()
        os.close(reader)
        done = subprocess.run(
            [PROGRAM, *arguments],
            cwd=cli.folder,
            env=cli.environment,
            stdout=writer,
            stderr=subprocess.PIPE,
            timeout=HANGS,
            check=False,
        )
        os.close(writer)
        assert done.returncode == 0 and b"panic" not in done.stderr and b"ipe" not in done.stderr, done


def test_output_that_cannot_be_written(cli: Cli) -> None:
    """What was sent is not lost with it, and nobody takes the end for a success."""
    report = cli.file("report.pdf")

    def run(*arguments: str | Path, **more: str) -> tuple[int, str]:
        with open("/dev/full", "wb") as full:
            done = subprocess.run(
                [PROGRAM, *arguments],
                cwd=cli.folder,
                env=cli.environment | more,
                stdout=full,
                stderr=subprocess.PIPE,
                timeout=HANGS,
                check=False,
            )
        return done.returncode, done.stderr.decode()

    for format_ in ("human", "agent", "json", "quiet"):
        code, told = run("--format", format_, *SEND, report)
        assert code == 3 and "cannot be written" in told and "tr_" in told, told
    code, told = run("completion", "zsh")
    assert code == 3 and len(told.splitlines()) == 1
    assert run("--help")[0] == 3
    code, told = run("--json", "transfer", "get", "tr_nobody")
    assert code == 6 and '"not_found"' in told
    assert run("doctor", AGENTDROP_API_KEY="agd_wrong")[0] == 4
    assert run("sandbox")[0] == 2


def test_the_sandboxs_port_is_taken(cli: Cli) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        error = cli.error(2, "sandbox", "--port", port)
    assert port in error["message"] and "--port" in error["message"]


def test_a_wrong_place_and_no_key(cli: Cli) -> None:
    report = cli.file("report.pdf")
    assert cli.error(2, *SEND, report, "--base-url", "http://example.com")["kind"] == "invalid_input"
    assert cli.error(4, *SEND, report, AGENTDROP_API_KEY=None)["kind"] == "authentication"
    assert (
        cli.error(5, *SEND, report, "--max-attempts=1", AGENTDROP_BASE_URL="http://127.0.0.1:1")["kind"]
        == "network"
    )
    empty = cli.error(2, *SEND, report, "--api-key-file", cli.file("empty.txt", " \n"))
    assert "empty" in empty["message"]


@pytest.mark.parametrize("wrong", ["{", "[]", "5"])
def test_metadata_that_is_no_object(cli: Cli, wrong: str) -> None:
    assert "JSON object" in cli.error(2, *SEND, cli.file("x"), "--metadata", wrong)["message"]


def test_a_list_that_is_missing_and_one_name_for_two(cli: Cli, tmp_path: Path) -> None:
    missing = cli.error(3, *SEND, "--files-from", tmp_path / "nowhere.txt")
    assert missing["kind"] == "source_unreadable" and missing["path"].endswith("nowhere.txt")
    two = cli.error(2, *SEND, cli.file("a"), cli.file("b"), "--name", "c")
    assert "--name" in two["message"]


def test_a_list_is_taken_as_it_is(cli: Cli) -> None:
    odd = [b" begins with a blank", b"ends with one ", b"no text \xff/x", b"-"]
    (cli.folder / os.fsdecode(b"no text \xff")).mkdir()
    for name in odd:
        (cli.folder / os.fsdecode(name)).write_bytes(b"x")
    listed = cli.file("list.txt", b"\n".join(odd[:3]) + b"\r\n\n./-\n")
    names = [file["name"] for file in cli.json(0, *SEND, "-n", "--files-from", listed)["files"]]
    assert names == [" begins with a blank", "ends with one ", "x", "-"]
    assert "standard input" in cli.error(2, *SEND, "--files-from", "-", "--name", "x", stdin="-\n")["message"]
    assert "no file" in cli.error(2, *SEND, "--files-from", cli.file("empty.txt", ""))["message"]
    assert "--size" in cli.error(2, *SEND, cli.file("x"), "--size", "4")["message"]
    assert cli.requests() == []
