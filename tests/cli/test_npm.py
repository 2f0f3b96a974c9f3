"""The command as npm installs it: a few lines of JavaScript, and the program in a package of its own."""

from __future__ import annotations

import os
import platform
import shutil
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import HANGS, PROGRAM, ROOT, Cli
from control import until

MACHINE = {"x86_64": "x64", "aarch64": "arm64"}[platform.machine()]
GUIDE = "https://dropoff.github.io/dropoff/guides/cli/"
SEND = ("send", "--from", "a", "--to", "b", "--multipart", "true", "--part-size", "5MiB")


@pytest.fixture(params=["as Node can", "without execve"])
def command(cli: Cli, request: pytest.FixtureRequest) -> Iterator[list[str]]:
    """How it is started. Node 20 cannot become another program, and others can be kept from it."""
    node = os.environ.get("NODE") or shutil.which("node")
    if node is None:
        pytest.fail("node is missing; run: .ci/tools")
    modules = cli.folder / "node_modules"
    own = modules / "@dropoff" / f"cli-linux-{MACHINE}-gnu"
    own.mkdir(parents=True)
    (own / "dropoff").symlink_to(PROGRAM)
    script = modules / "dropoff-cli" / "dropoff.js"
    script.parent.mkdir()
    shutil.copy(ROOT / "cli" / "npm" / "dropoff.js", script)
    without = cli.file("without.cjs", "process.execve = undefined")
    options = ["--require", str(without)] if request.param == "without execve" else []
    yield [node, *options, str(script)]


def start(cli: Cli, command: list[str], report: Path) -> subprocess.Popen[bytes]:
    """Parts that never end, until somebody says so. The clean-up takes its time."""
    cli.fault(
        {"on": "put_part", "times": 99, "do": {"hold": True}},
        {"on": "abort_multipart", "do": {"delay_ms": 1000}},
    )
    process = subprocess.Popen(
        [*command, "--json", *SEND, str(report)],
        cwd=cli.folder,
        env=cli.environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    until(lambda: cli.requests("put_part"))
    return process


@pytest.mark.parametrize("to", ["its group", "it alone"])
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_cleans_up_whoever_gets_it(
    cli: Cli, command: list[str], to: str, number: signal.Signals
) -> None:
    """`timeout` and systemd tell the whole group, and the wrapper tells the program once more."""
    with start(cli, command, cli.file("report.pdf", b"x" * 12_000_000)) as process:
        try:
            if to == "its group":
                os.killpg(process.pid, number)
            else:
                process.send_signal(number)
            out, told = process.communicate(timeout=HANGS)
        finally:
            process.kill()
    assert process.returncode == 130 and b'"cancelled"' in out and b'"cleanup":"done"' in out, (out, told)
    assert len(cli.requests("abort_multipart")) == 1, "the parts are removed"


def run(cli: Cli, command: list[str], *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*command, *arguments],
        cwd=cli.folder,
        env=cli.environment,
        input="from a pipe",
        capture_output=True,
        text=True,
        timeout=HANGS,
        check=False,
    )


def test_it_ends_as_the_program_does(cli: Cli, command: list[str]) -> None:
    sent = run(cli, command, *SEND[:5], "-", "--name", "a b.txt", "-q")
    assert sent.returncode == 0 and sent.stdout.startswith("tr_") and sent.stderr == "", sent
    [stored] = cli.objects()
    assert cli.content(stored["key"]) == b"from a pipe"
    wrong = run(cli, command, "put", "x")
    assert wrong.returncode == 2 and "DROPOFF_URL" in wrong.stderr and wrong.stdout == ""


def test_npm_left_the_program_out(cli: Cli, command: list[str]) -> None:
    """Or a folder was copied from another system."""
    own = cli.folder / "node_modules" / "@dropoff" / f"cli-linux-{MACHINE}-gnu"
    own.rename(own.with_name("cli-darwin-arm64"))
    done = run(cli, command, "whoami")
    assert (done.returncode, done.stdout) == (3, "")
    assert done.stderr == (
        f"dropoff-cli has no program for linux {MACHINE}, or npm left it out (--omit=optional, or a lock "
        f"file of another system); install it again without that, or see {GUIDE}\n"
    )


def test_a_program_that_may_not_run(cli: Cli, command: list[str]) -> None:
    program = cli.folder / "node_modules" / "@dropoff" / f"cli-linux-{MACHINE}-gnu" / "dropoff"
    program.unlink()
    program.write_bytes(b"")
    done = run(cli, command, "whoami")
    assert (done.returncode, done.stdout) == (3, "")
    assert done.stderr == (
        f"{program} cannot be started (EACCES), so it is damaged or may not run here; install dropoff-cli "
        f"again, or see {GUIDE}\n"
    )
