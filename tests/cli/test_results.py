"""Each command, against the sandbox: what it prints in each format, and what it ends with."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
from conftest import PROGRAM, WINDOWS, Cli

SEND = ("send", "--from", "a", "--to", "b")


def test_send_in_each_format(cli: Cli) -> None:
    report = cli.file("report.pdf")
    sent = cli.json(0, *SEND, report)
    assert sent["status"] == "active" and sent["files"][0]["verified"] is True
    quiet = cli.run("-q", *SEND, report)
    assert quiet.stdout.startswith("tr_") and len(quiet.stdout.split()) == 1 and quiet.stderr == ""
    agent = cli.run("--format", "agent", *SEND, report).stdout
    assert len(agent.splitlines()) == 1 and " status=active " in agent and " verified=true" in agent
    human = cli.run(*SEND, report)
    assert human.stdout.startswith("sent 1 file, 10 B, to b\n") and human.stderr == ""
    assert "\x1b" not in human.stdout, "colour that no terminal asked for"
    assert cli.run(*SEND, report, CLAUDECODE="1").stdout.startswith("transfer=tr_"), "an agent runs it"


def test_progress_of_a_program_is_lines_of_json(cli: Cli) -> None:
    done = cli.run("--json", *SEND, cli.file("report.pdf", b"x" * 1_000_000))
    lines = [json.loads(line)["progress"] for line in done.stderr.splitlines()]
    assert lines[-1]["phase"] == "done" and lines[-1]["bytes_done"] == 1_000_000


def test_standard_input_is_sent(cli: Cli) -> None:
    sent = cli.json(0, *SEND, "-", "--name", "notes.txt", stdin="from a pipe")
    assert sent["files"][0]["name"] == "notes.txt" and sent["files"][0]["bytes"] == 11
    [stored] = cli.objects()
    assert cli.content(stored["key"]) == b"from a pipe"


def test_a_dry_run_sends_nothing(cli: Cli) -> None:
    plan = cli.json(0, *SEND, "-n", cli.file("report.pdf"), "--expires-in", "12h")
    assert plan["total_bytes"] == 10 and plan["request"]["expires_in"] == "12h"
    assert cli.requests() == []


def test_ten_thousand_files(cli: Cli) -> None:
    folder = cli.folder / "many"
    folder.mkdir()
    paths = [folder / f"{number:05}.txt" for number in range(10_000)]
    for path in paths:
        path.write_bytes(b"x")
    listed = cli.file("list.txt", "\n".join(map(str, paths)))
    assert len(cli.json(0, *SEND, "-n", "--files-from", listed)["files"]) == 10_000
    # Windows takes 32,767 characters of arguments.
    few = paths[:100] if WINDOWS else paths
    assert len(cli.json(0, *SEND, "-n", *few)["files"]) == len(few)


def test_sealed_and_opened(cli: Cli) -> None:
    keys = {}
    for name in ("sender", "recipient"):
        keys[name] = cli.json(0, "key", "new", f"{name}.key")["public_key"]
        # Linux sees nothing of the rights that a file has under Wine.
        assert WINDOWS or (cli.folder / f"{name}.key").stat().st_mode & 0o777 == 0o600
        assert cli.json(0, "key", "show", f"{name}.key")["public_key"] == keys[name]
    plain = cli.file("plan.txt", "nobody else may read this")
    sent = cli.json(0, *SEND, plain, "--seal-for", keys["recipient"], "--key-file", "sender.key")
    assert sent["encrypted"] is True and sent["recipient_key_source"] == "caller"
    [stored] = cli.objects()
    sealed = cli.file("downloaded", cli.content(stored["key"]))
    [transfer] = json.loads(cli._control("GET", "/transfers"))
    reply = cli.file("reply.json", json.dumps(transfer | {"sender_public_key": keys["sender"]}))
    arguments = ("open", sealed, "--to", "opened.txt", "--reply", reply, "--key-file", "recipient.key")
    assert cli.json(0, *arguments)["bytes"] == 25
    assert (cli.folder / "opened.txt").read_text() == "nobody else may read this"
    assert cli.error(2, *arguments)["kind"] == "invalid_input", "nothing is replaced"
    other = ("--key-file", "sender.key", "--to", "other.txt")
    assert cli.error(2, *arguments[:2], *other, "--reply", reply)["kind"] == "encryption"


def test_a_key_is_never_replaced_and_never_printed(cli: Cli) -> None:
    made = cli.run("key", "new", "my.key")
    private = (cli.folder / "my.key").read_text().strip()
    for done in (
        made,
        cli.run("key", "show", "my.key"),
        cli.run("--json", "key", "show", "-", stdin=private),
    ):
        assert done.returncode == 0 and private not in done.stdout + done.stderr
    assert "is never replaced" in cli.error(2, "key", "new", "my.key")["message"]


def test_a_key_of_the_environment(cli: Cli) -> None:
    """What is set and empty is not set, as where a client of MCP has no value for its setting."""
    made = cli.json(0, "key", "new", "my.key")
    key = (cli.folder / "my.key").read_text()
    assert cli.json(0, "key", "show", DROPOFF_PRIVATE_KEY=key) == made
    assert "no key pair" in cli.error(2, "key", "show", DROPOFF_PRIVATE_KEY="")["message"]
    assert cli.run("mcp", stdin="", DROPOFF_PRIVATE_KEY="").returncode == 0
    assert cli.run("mcp", stdin="", DROPOFF_PRIVATE_KEY="broken").returncode == 2
    config = cli.folder / "home" / ".agentdrop"
    config.mkdir()
    (config / "config.json").write_text(json.dumps({"private_key": key.strip()}))
    assert cli.json(0, "key", "show", DROPOFF_PRIVATE_KEY="") == made
    # On Windows a variable is always text.
    no_text = "\udcff"
    assert WINDOWS or "holds no text" in cli.error(2, "key", "show", DROPOFF_PRIVATE_KEY=no_text)["message"]


def test_a_disk_that_is_full_leaves_no_key(cli: Cli) -> None:
    """What a limit on a file's length stands in for: `File size limit exceeded`, with nothing written."""
    program = f'ulimit -f 0; trap "" XFSZ; exec "{PROGRAM}" key new my.key'
    done = subprocess.run(
        ["bash", "-c", program], cwd=cli.folder, env=cli.environment, capture_output=True, check=False
    )
    assert done.returncode == 2 and b"cannot be written" in done.stderr, done
    assert not (cli.folder / "my.key").exists()
    cli.json(0, "key", "new", "my.key")


def test_a_reply_that_says_null_of_the_file(cli: Cli) -> None:
    keys = {name: cli.json(0, "key", "new", name)["public_key"] for name in ("a.key", "b.key")}
    plain = cli.file("plan.txt")
    cli.json(0, *SEND, plain, "--seal-for", keys["b.key"], "--key-file", "a.key")
    [stored] = cli.objects()
    sealed = cli.file("plan.sealed", cli.content(stored["key"]))
    [transfer] = json.loads(cli._control("GET", "/transfers"))
    transfer |= {"sender_public_key": keys["a.key"]}
    for file in transfer["files"]:
        file |= {"encrypted_key": None, "sender_public_key": None}
    reply = cli.file("reply.json", json.dumps(transfer))
    opened = cli.json(0, "open", sealed, "--to", "out.txt", "--reply", reply, "--key-file", "b.key")
    assert opened["bytes"] == 10


def test_names_of_a_service_have_no_power_over_the_terminal(cli: Cli) -> None:
    sent = cli.json(0, *SEND, cli.file("report.pdf"))
    evil = "active \x1b]0;title\x07\x9b2J"
    cli.fault({"on": "get_transfer", "times": 3, "do": {"patch": {"status": evil, "sender": evil}}})
    for format_ in ("human", "agent", "quiet"):
        told = cli.run("--format", format_, "transfer", "get", sent["id"]).stdout
        assert told and not set(told) & set("\x1b\x07\x9b"), told


def test_put_and_post_form(cli: Cli) -> None:
    data = cli.file("x.bin", b"0123456789")
    assert cli.json(0, "put", data, "--url-file", cli.target())["bytes"] == 10
    by_environment = json.dumps(cli.presigned())
    assert cli.json(0, "put", data, DROPOFF_URL=by_environment)["verified"] is True
    assert cli.json(0, "put", data, "--url-file", "-", stdin=by_environment)["verified"] is True
    target = cli.presigned()
    bare = cli.file("url.txt", target["url"] + "\n")
    headers = [part for name, value in target["headers"].items() for part in ("-H", f"{name}: {value}")]
    assert cli.json(0, "put", "-", "--url-file", bare, *headers, stdin=b"0123456789")["bytes"] == 10
    archive = cli.file("form.json", json.dumps(cli.form()))
    assert cli.json(0, "post-form", data, "--url-file", archive)["bytes"] == 10


def test_put_parts(cli: Cli) -> None:
    data = cli.file("x.bin", b"0123456789" * 600_000)
    urls = cli.presigned_parts(6_000_000)
    put = ("put-parts", data, "--part-size", "5MiB", "--url-file")
    stored = cli.json(0, *put, cli.file("urls.json", json.dumps({"urls": urls})))
    assert stored["part_size"] == 5 << 20 and stored["verified"] is True
    assert [part["bytes"] for part in stored["parts"]] == [5 << 20, 6_000_000 - (5 << 20)]
    etags = [f"{part['part_number']} {part['etag']}\n" for part in stored["parts"]]
    again = cli.run("-q", *put, cli.file("urls.txt", "\n".join(urls)))
    assert again.returncode == 0 and again.stdout == "".join(etags)
    swapped = cli.error(2, *put, cli.file("swapped.txt", "\n".join(reversed(urls))))
    assert "order" in swapped["message"] and cli.requests("put_part")[4:] == []


def test_put_parts_with_lengths_and_headers_of_their_own(cli: Cli) -> None:
    data = cli.file("x.bin", b"0123456789" * 600_000)
    sizes = [1_000, 5_999_000]
    told = {
        "urls": cli.presigned_parts(6_000_000),
        "headers": {"X-Kind": "all", "Content-Language": "de"},
        "part_sizes": sizes,
        "part_headers": [{"x-kind": "first"}, [["X-Part", "2"], ["X-Part", "b"]]],
    }
    put = ("put-parts", data, "--concurrency", "1", "--url-file")
    stored = cli.json(0, *put, cli.file("targets.json", json.dumps(told)))
    assert [part["bytes"] for part in stored["parts"]] == sizes and stored["verified"] is True
    first, second = (entry["headers"] for entry in cli.requests("put_part"))
    assert (first["x-kind"], first["content-language"]) == ("first", "de") and "x-part" not in first
    assert (second["x-kind"], second["x-part"]) == ("all", "2, b")
    nothing = {"headers": None, "part_sizes": None, "part_headers": None}
    equal = told | nothing | {"part_size": 4_000_000}
    stored = cli.json(0, *put, cli.file("equal.json", json.dumps(equal)))
    assert stored["part_size"] == 4_000_000 and stored["verified"] is True
    signed = told | {"part_headers": [{}, {"Authorization": "canary"}]}
    refused = cli.error(6, *put, cli.file("signed.json", json.dumps(signed)))["message"]
    assert refused.startswith("the headers of part 2: ") and "canary" not in refused


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("headers", "X-Kind: a"),
        ("headers", {"X-Kind": 1}),
        ("part_size", "1000"),
        ("part_sizes", 1000),
        ("part_sizes", [1000, "5999000"]),
        ("part_sizes", [1000, -1]),
        ("part_headers", {"X-Kind": "a"}),
        ("part_headers", [{"X-Kind": None}, {}]),
    ],
)
def test_put_parts_names_the_member_that_is_wrong(cli: Cli, name: str, value: object) -> None:
    told = {"urls": ["https://h.example/1?X-Amz-Signature=canary", "https://h.example/2"], name: value}
    given = cli.file("targets.json", json.dumps(told))
    error = cli.error(2, "put-parts", cli.file("x.bin", b"0123456789"), "--url-file", given)
    assert f'the member "{name}" of' in error["message"] and "canary" not in error["message"]


def test_transfer_and_profile_get(cli: Cli) -> None:
    sent = cli.json(0, *SEND, cli.file("report.pdf"))
    assert cli.json(0, "transfer", "get", sent["id"])["status"] == "active"
    assert cli.error(6, "transfer", "get", "tr_nobody")["kind"] == "not_found"
    unknown = "00000000-0000-4000-8000-000000000000"
    assert cli.error(6, "profile", "get", unknown)["kind"] == "not_found"


@pytest.fixture
def profile(cli: Cli) -> Path:
    folder = cli.folder / "user-data"
    (folder / "Default").mkdir(parents=True)
    (folder / "Local State").write_text("{}")
    (folder / "Default" / "Preferences").write_text("{}")
    return folder


def test_a_profile_is_inspected_uploaded_and_known_again(cli: Cli, profile: Path) -> None:
    found = cli.json(0, "profile", "inspect", profile)
    assert found["family"] == "chrome"
    assert found["advice"] in found["warnings"]
    told = cli.run("profile", "inspect", profile)
    assert (told.stdout + told.stderr).count(found["advice"]) == 1
    upload = (
        "profile",
        "upload",
        profile,
        "--name",
        "shop",
        "--browser",
        "chromium@131",
        "--label",
        "team=red",
    )
    first = cli.json(0, *upload)
    assert first["verified"] is True and first["labels"] == {"team": "red"}
    again = cli.json(9, *upload, "--if-changed-from", first["id"])
    assert again["unchanged"] is True and again["id"] == first["id"]
    assert cli.json(0, "profile", "get", first["id"])["name"] == "shop"


def test_whoami_and_doctor(cli: Cli) -> None:
    assert cli.json(0, "whoami")["agentdrop"] == {
        "key": "AGENTDROP_API_KEY",
        "accepted": True,
        "url": cli.ready["api_url"] + "/",
    }
    healthy = cli.json(0, "doctor")
    results = {check["name"]: check["result"] for check in healthy["checks"]}
    assert healthy["ok"] is True and set(results.values()) == {"ok"}, healthy
    assert {"agentdrop key", "agentdrop network", "agentdrop clock", "tls roots", "spool"} <= set(results)


def test_a_key_goes_to_its_own_service_alone(cli: Cli) -> None:
    key = cli.file("agentdrop.key", cli.ready["agentdrop_api_key"])
    for command in ("whoami", "doctor"):
        for flag in (["--api-key-file", key], ["--base-url", cli.ready["api_url"]]):
            assert "--service" in cli.error(2, command, *flag)["message"]
        assert cli.requests() == []
        one = (command, "--service", "agentdrop", "--api-key-file")
        for place, stdin in ((key, None), ("-", key.read_text())):
            found = cli.json(0, *one, place, stdin=stdin, AGENTDROP_API_KEY=None, HAI_API_KEY="hk-other")
            assert "hcompany" not in str(found)
            assert len(cli.requests()) == 1, cli.requests()
            cli.forget_requests()
    told = cli.json(0, "whoami", "--service", "hcompany")
    assert list(told) == ["hcompany"] and told["hcompany"]["accepted"] is True


@pytest.mark.parametrize(
    ("flags", "check"),
    [
        (["--service", "agentdrop", "--api-key-file", "nowhere.txt"], "agentdrop key"),
        (["--service", "hcompany", "--region", "moon"], "hcompany settings"),
        (["--proxy", "ftp://proxy"], "agentdrop settings"),
    ],
)
def test_the_doctor_names_what_is_wrong_here_as_such(cli: Cli, flags: list[str], check: str) -> None:
    done = cli.run("--json", "doctor", *flags, HAI_API_BASE_URL=None)
    failed = [entry["name"] for entry in json.loads(done.stdout)["checks"] if entry["result"] == "failed"]
    assert check in failed and not any("network" in name for name in failed), failed


@pytest.mark.parametrize(
    ("broken", "check", "code", "told"),
    [
        ({"AGENTDROP_API_KEY": "agd_wrong"}, "agentdrop key", 4, "key"),
        ({"AGENTDROP_API_KEY": None, "HAI_API_KEY": None}, "agentdrop key", 4, "AGENTDROP_API_KEY"),
        ({"AGENTDROP_BASE_URL": "http://127.0.0.1:1"}, "agentdrop network", 5, "127.0.0.1:1"),
        ({"TMPDIR": "/nowhere"}, "spool", 2, "/nowhere"),
        ({"SSL_CERT_FILE": "/nowhere.pem"}, "tls roots", 2, "/nowhere.pem"),
    ],
)
def test_the_doctor_says_what_is_in_the_way(
    cli: Cli, broken: dict[str, str | None], check: str, code: int, told: str
) -> None:
    found = cli.json(code, "doctor", **broken)
    [failed] = [entry for entry in found["checks"] if entry["name"] == check]
    assert failed["result"] == "failed" and told in failed["message"].replace("\\", "/")


@pytest.mark.parametrize(
    "reply",
    [
        {"status": 404, "body": {"message": "Not Found"}},
        {"status": 404},
        {"status": 200, "body": {}},
        {"status": 200, "headers": {"Content-Type": "text/html"}, "body": "<!doctype html><p>Shop"},
    ],
    ids=["a gateway", "an empty answer", "JSON for anything", "a page for anything"],
)
def test_another_server_is_not_taken_for_the_service(cli: Cli, reply: dict[str, Any]) -> None:
    cli.fault(*({"on": on, "do": {"reply": reply}} for on in ("get_transfer", "get_profile")))
    done = cli.run("--json", "doctor")
    assert done.returncode == 6, "trying again does not help"
    checks = {check["name"]: check for check in json.loads(done.stdout)["checks"]}
    for service in ("agentdrop", "hcompany"):
        network, key = checks[f"{service} network"], checks[f"{service} key"]
        assert network["result"] == "failed" and "--base-url" in network["message"], network
        assert key["result"] != "ok", key


def test_whoami_tells_a_wrong_key_and_none(cli: Cli) -> None:
    assert cli.error(4, "whoami", AGENTDROP_API_KEY="agd_wrong")["kind"] == "authentication"
    none = cli.error(4, "whoami", AGENTDROP_API_KEY=None, HAI_API_KEY=None)
    assert "give --api-key-file" in none["message"] and "AGENTDROP_API_KEY" in none["message"]
    key = cli.file("key.txt", cli.ready["agentdrop_api_key"] + "\n")
    sent = ("send", cli.file("report.pdf"), "--from", "a", "--to", "b", "--api-key-file")
    assert cli.json(0, *sent, key, AGENTDROP_API_KEY=None)["status"] == "active"
    with_stdin = cli.json(0, *sent, "-", AGENTDROP_API_KEY=None, stdin=key.read_text())
    assert with_stdin["status"] == "active"
