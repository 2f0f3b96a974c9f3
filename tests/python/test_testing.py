"""What users test with: the sandbox as a context manager, and the fixture of the pytest plugin."""

from __future__ import annotations

import json
import os
import runpy
import signal
import subprocess
import sys
import textwrap
import urllib.request
from importlib.metadata import entry_points
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from conftest import PROGRAM
from dropoff import (
    AuthenticationError,
    DropoffError,
    Encryption,
    InvalidInputError,
    KeyPair,
    TooLargeError,
    UnavailableError,
)
from dropoff.testing import Sandbox, _program
from helpers import digest, until

TERMS: dict[str, Any] = {"sender": "a", "recipient": "b"}
FILES = [("report.pdf", b"%PDF")]
REFUSED: dict[str, Any] = {"on": "put", "times": 2, "do": {"reply": {"status": 503}}}


@pytest.fixture(autouse=True)
def _here(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DROPOFF_SANDBOX", str(PROGRAM))


def test_what_was_sent_and_stored_is_told() -> None:
    with Sandbox() as sandbox:
        sandbox.faults(REFUSED)
        sent = sandbox.agentdrop().send(FILES, **TERMS)
        assert [request["op"] for request in sandbox.requests()].count("put") == 3
        assert len(sandbox.requests("confirm")) == 1
        [stored] = sandbox.objects()
        assert (stored["size"], stored["sha256"]) == (4, digest(b"%PDF"))
        assert sandbox.content(stored["key"]) == b"%PDF"
        assert [transfer["id"] for transfer in sandbox.transfers()] == [sent.id]
        sandbox.forget_requests()
        assert sandbox.requests() == []
        sandbox.reset()
        assert sandbox.objects() == sandbox.transfers() == sandbox.profiles() == []
        assert repr(sandbox) == f"Sandbox({sandbox.api_url!r})"


def test_orders_are_followed_and_forgotten() -> None:
    with Sandbox() as sandbox:
        drop = sandbox.agentdrop(max_attempts=1)
        sandbox.faults(REFUSED | {"times": -1}, {"on": "get_profile", "do": {"reply": {"status": 503}}})
        with pytest.raises(UnavailableError):
            drop.send(FILES, **TERMS)
        sandbox.clear_faults("put")
        assert drop.send(FILES, **TERMS).status == "active"
        with pytest.raises(UnavailableError):
            sandbox.hcompany(max_attempts=1).get_profile("00000000-0000-4000-8000-000000000000")
        sandbox.settings(max_file_bytes=3)
        with pytest.raises(TooLargeError):
            drop.send(FILES, **TERMS)
        with pytest.raises(AuthenticationError):
            sandbox.agentdrop(api_key="agd_wrong").get_transfer("tr_1")


def test_hostile_mode_is_drawn_by_its_seed() -> None:
    def met(seed: int) -> str:
        with Sandbox() as sandbox:
            sandbox.hostile(50, seed)
            for _ in range(5):
                try:
                    sandbox.agentdrop(max_attempts=1, stall_timeout=0.2).get_transfer("tr_1")
                except DropoffError:
                    pass
            return json.dumps([request.get("fault") for request in sandbox.requests()])

    assert met(7) == met(7) and "{" in met(7)


def test_agents_have_keys() -> None:
    pair = KeyPair.generate()
    with Sandbox() as sandbox:
        sandbox.agents({"agent_id": "b", "public_key": pair.public_key})
        sent = sandbox.agentdrop().send(FILES, **TERMS, encrypt=Encryption(KeyPair.generate()))
        assert sent.encrypted and sent.recipient_key_source == "service"


def test_storage_over_tls_is_trusted() -> None:
    with Sandbox(options=["--tls"]) as sandbox:
        assert sandbox.storage_url.startswith("https://") and sandbox.ca_file
        ticket = sandbox.agentdrop().presign(FILES, **TERMS).reveal()["upload_urls"][0]
        stored = sandbox.storage().put(ticket["upload_url"], b"%PDF", headers=ticket.get("headers"))
        assert stored.verified


def test_its_environment_leads_other_programs_there_over_tls_too() -> None:
    program = f"import dropoff; print(dropoff.AgentDrop().send([('x', b'1')], **{TERMS!r}).status)"
    for options in ([], ["--tls"]):
        with Sandbox(options=options) as sandbox:
            environment = {**os.environ, **sandbox.environment()}
            told = subprocess.run(
                [sys.executable, "-c", program], env=environment, capture_output=True, text=True
            )
            assert told.stdout == "active\n", (options, told.stderr)


def test_a_process_may_have_many_descriptors() -> None:
    program = """
        import os, resource
        from dropoff.testing import Sandbox
        _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
        kept = [os.open(os.devnull, os.O_RDONLY) for _ in range(1100)]
        with Sandbox() as sandbox:
            print(sandbox.objects())
    """
    told = subprocess.run([sys.executable, "-c", textwrap.dedent(program)], capture_output=True, text=True)
    assert told.stdout == "[]\n", told.stderr


def test_a_slip_is_told() -> None:
    with Sandbox() as sandbox:
        with pytest.raises(ValueError, match="the sandbox: unknown setting"):
            sandbox.settings(no_such=1)
        with pytest.raises(ValueError, match="the sandbox: "):
            sandbox.faults({"on": "put", "do": {"no_such": 1}})
        with pytest.raises(KeyError):
            sandbox.content("no such object")


def test_a_program_that_is_not_there(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("DROPOFF_SANDBOX")
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(FileNotFoundError, match="environment variable DROPOFF_SANDBOX"):
        Sandbox()
    # The command has it as a subcommand; the sandbox alone goes before it.
    for name in ("dropoff", "dropoff-sandbox"):
        (tmp_path / name).symlink_to(PROGRAM.with_name(name))
        with Sandbox() as sandbox:
            assert sandbox.objects() == []


def test_on_windows_no_script_of_the_current_folder_is_taken_for_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("DROPOFF_SANDBOX")
    # The module's own view alone.
    monkeypatch.setattr(_program, "sys", SimpleNamespace(platform="win32"))
    for folder, names in {"here": ["dropoff.js", "dropoff.exe"], "npm": ["dropoff", "dropoff.cmd"]}.items():
        (tmp_path / folder).mkdir()
        for name in names:
            (tmp_path / folder / name).touch(0o755)
    monkeypatch.chdir(tmp_path / "here")
    monkeypatch.setenv("PATH", os.pathsep.join(["", str(tmp_path / "none"), str(tmp_path / "npm")]))
    assert _program.found(None) == str(tmp_path / "npm" / "dropoff.cmd")
    (tmp_path / "npm" / "dropoff-sandbox.exe").touch(0o755)
    assert _program.found(None) == str(tmp_path / "npm" / "dropoff-sandbox.exe")


def script(folder: Path, text: str) -> str:
    path = folder / f"program-{len(list(folder.iterdir()))}"
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return str(path)


def test_a_program_that_is_no_sandbox(tmp_path: Path) -> None:
    (tmp_path / "text").write_text("no program")
    (tmp_path / "binary").write_bytes(b"\x7fELF")
    (tmp_path / "binary").chmod(0o755)
    for program, error, words in (
        ("/no/such/program", FileNotFoundError, "there is no program /no/such/program;"),
        (tmp_path, RuntimeError, r"cannot be started \(Permission denied\);"),
        (tmp_path / "text", RuntimeError, r"/text cannot be started \(Permission denied\);"),
        (tmp_path / "binary", RuntimeError, r"/binary cannot be started \(Exec format error\);"),
        ("a\0b", RuntimeError, r"cannot be started \(embedded null byte\);"),
        ("/bin/false", RuntimeError, "/bin/false is not ready, it ended with 1; its standard error says why"),
        ("/bin/echo", RuntimeError, "/bin/echo is no sandbox, or one of another version: it does not say"),
        (
            script(tmp_path, 'echo \'{"control_url": "http://x", "api_url": 5}\'; cat'),
            RuntimeError,
            "another",
        ),
        (script(tmp_path, "echo '{}'; cat"), RuntimeError, "/program-. is no sandbox"),
        (script(tmp_path, "echo null; cat"), RuntimeError, "/program-. is no sandbox"),
        (script(tmp_path, "yes | tr -d '\\n'"), RuntimeError, "/program-. is no sandbox"),
    ):
        with pytest.raises(error, match=words) as told:
            Sandbox(program)
        assert str(told.value).endswith("name the right one in the environment variable DROPOFF_SANDBOX")


def test_one_option_that_is_no_list_is_refused() -> None:
    with pytest.raises(
        InvalidInputError, match="options must be a list of str, not str; put a single one in"
    ):
        Sandbox(options="--tls")


def test_a_sandbox_that_is_closed_or_killed_says_so(tmp_path: Path) -> None:
    sandbox = Sandbox()
    sandbox.close()
    sandbox.close()
    for call in (sandbox.requests, sandbox.reset, sandbox.objects):
        with pytest.raises(
            RuntimeError, match="the sandbox is closed, and what it had is gone; use it before"
        ):
            call()
    with Sandbox(script(tmp_path, f'echo $$ > {tmp_path}/pid; exec {PROGRAM} "$@"')) as sandbox:
        os.kill(int((tmp_path / "pid").read_text()), signal.SIGKILL)
        until(lambda: is_gone(sandbox.control_url))
        with pytest.raises(RuntimeError, match="the sandbox does not answer; perhaps its process was ended"):
            sandbox.requests()


def test_settings_that_are_none_lead_nowhere_else(monkeypatch: pytest.MonkeyPatch) -> None:
    with Sandbox() as elsewhere, Sandbox() as sandbox:
        for name, value in elsewhere.environment().items():
            monkeypatch.setenv(name, value)
        nothing: dict[str, Any] = {"trusted_storage": None, "backoff_base": None, "ca_file": None}
        service = nothing | {"api_key": None, "base_url": None}
        assert sandbox.agentdrop(**service).send(FILES, **TERMS).status == "active"
        assert sandbox.hcompany(**service).initiate_upload().profile_id
        ticket = sandbox.agentdrop().presign(FILES, **TERMS).reveal()["upload_urls"][0]
        assert sandbox.storage(**nothing).put(ticket["upload_url"], b"%PDF", headers=ticket.get("headers"))
        assert len(sandbox.requests()) > 4 and elsewhere.requests() == []


def is_gone(url: str) -> bool:
    try:
        urllib.request.urlopen(f"{url}/healthz").close()
    except OSError:
        return True
    return False


def test_it_ends_with_its_block_and_with_the_process() -> None:
    with Sandbox() as sandbox:
        url = sandbox.control_url
        assert not is_gone(url)
    assert is_gone(url)
    code = "import os; from dropoff.testing import Sandbox; sandbox = Sandbox()"
    code += "; print(sandbox.control_url, flush=True); os.abort()"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode < 0 and done.stdout.startswith("http://")
    until(lambda: is_gone(done.stdout.strip()))


def test_ctrl_c_at_a_terminal_does_not_reach_it() -> None:
    """A terminal sends it to all processes of a group. A prompt or debugger goes on after that."""
    code = """
        import os, signal
        from dropoff.testing import Sandbox

        os.setpgrp()
        signal.signal(signal.SIGINT, signal.default_int_handler)
        with Sandbox() as sandbox:
            try:
                os.killpg(0, signal.SIGINT)
                signal.pause()
            except KeyboardInterrupt:
                print(sandbox.agentdrop().send([("a", b"1")], sender="a", recipient="b").status)
    """
    command = [sys.executable, "-c", textwrap.dedent(code)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=240, check=False)
    assert done.stdout == "active\n", done.stderr


def test_ctrl_c_at_a_console_of_windows_does_not_reach_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """There is none here, but what is asked of Windows is seen: a console tells the group of its program."""
    asked: dict[str, Any] = {}

    def start(*_: Any, **settings: Any) -> None:
        asked.update(settings)
        raise FileNotFoundError

    monkeypatch.setattr(sys, "platform", "win32")
    monkeypatch.setattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0x200, raising=False)
    monkeypatch.setattr(subprocess, "Popen", start)
    with pytest.raises(FileNotFoundError):
        runpy.run_path(_program.__file__)["Program"]("dropoff-sandbox", [])
    assert asked["creationflags"] == 0x200


# -- the fixture


def pytest_of_a_user(folder: Path, test: str) -> subprocess.CompletedProcess[str]:
    (folder / "test_mine.py").write_text(textwrap.dedent(test))
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_mine.py"]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=240, check=False)


def test_the_plugin_is_found() -> None:
    [entry] = [entry for entry in entry_points(group="pytest11") if entry.name == "dropoff"]
    assert entry.value == "pytest_dropoff"


def test_a_damaged_package_ends_no_run_that_does_not_use_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "damaged" / "dropoff").mkdir(parents=True)
    (tmp_path / "damaged" / "dropoff" / "__init__.py").write_text("raise ImportError('it is damaged')\n")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "damaged"))
    done = pytest_of_a_user(tmp_path, "def test_nothing(): pass\n\ndef test_it(dropoff_sandbox): pass\n")
    assert "1 passed, 1 error" in done.stdout and "ImportError: it is damaged" in done.stdout, (
        done.stdout + done.stderr
    )


def test_a_program_runs_against_it_unchanged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    done = pytest_of_a_user(
        tmp_path,
        """
        from dropoff import AgentDrop, HCompany

        def test_a_send(dropoff_sandbox):
            dropoff_sandbox.faults({"on": "put", "do": {"delay_ms": 1}})
            assert AgentDrop().send([("report.pdf", b"%PDF")], sender="a", recipient="b").status == "active"
            [stored] = dropoff_sandbox.objects()
            assert dropoff_sandbox.content(stored["key"]) == b"%PDF"

        def test_it_is_empty_again(dropoff_sandbox):
            assert dropoff_sandbox.objects() == dropoff_sandbox.requests() == []
            assert HCompany().initiate_upload().profile_id
        """,
    )
    assert done.returncode == 0 and "2 passed" in done.stdout, done.stdout + done.stderr


def test_a_sandbox_that_nobody_asks_for_is_not_started(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DROPOFF_SANDBOX", "/no/such/program")
    done = pytest_of_a_user(tmp_path, "def test_nothing(): pass\n\ndef test_it(dropoff_sandbox): pass\n")
    assert "1 passed, 1 error" in done.stdout and "/no/such/program" in done.stdout, done.stdout
