"""What people see at a terminal, and Ctrl-C there."""

from __future__ import annotations

import contextlib
import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import termios
import time
from collections.abc import Iterator
from pathlib import Path

from conftest import HANGS, PROGRAM, WINDOWS, Cli
from control import until

SEND = ("send", "--from", "a", "--to", "b")


class Terminal:
    """A program at a terminal of its own, whose keys are typed by us."""

    def __init__(self, cli: Cli, arguments: tuple[str | Path, ...], **environment: str) -> None:
        self._ours, theirs = pty.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 120, 0, 0))
        self.process = subprocess.Popen(
            [PROGRAM, *arguments],
            cwd=cli.folder,
            env=cli.environment | {"TERM": "xterm-256color"} | environment,
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
        )
        os.close(theirs)
        self.seen = ""

    def read(self) -> bool:
        """Takes what there is; whether there may be more."""
        readable, _, _ = select.select([self._ours], [], [], 0.05)
        if readable:
            try:
                self.seen += os.read(self._ours, 65536).decode(errors="replace")
            except OSError:
                # The other side is closed.
                return False
        return bool(readable) or self.process.poll() is None

    def read_for(self, seconds: float) -> None:
        deadline = time.monotonic() + seconds
        while self.read() and time.monotonic() < deadline:
            pass

    def until_seen(self, text: str) -> None:
        deadline = time.monotonic() + HANGS
        while text not in self.seen:
            assert self.read() and time.monotonic() < deadline, self.seen

    def press_ctrl_c(self) -> None:
        os.write(self._ours, b"\x03")

    def end(self) -> int:
        deadline = time.monotonic() + HANGS
        while self.read():
            assert time.monotonic() < deadline, self.seen
        return self.process.wait(HANGS)

    def close(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            self.process.kill()
        self.process.wait()
        os.close(self._ours)


@contextlib.contextmanager
def terminal(cli: Cli, *arguments: str | Path, **environment: str) -> Iterator[Terminal]:
    shown = Terminal(cli, arguments, **environment)
    try:
        yield shown
    finally:
        shown.close()


def test_a_bar_and_colour_at_a_terminal(cli: Cli) -> None:
    files = [cli.file(name, b"x" * 2_000_000) for name in ("a.bin", "b.bin")]
    # The second, until the bar has told what became of the first.
    cli.fault({"on": "put", "skip": 1, "do": {"hold": True}})
    with terminal(cli, *SEND, *files, "--concurrency", "1") as shown:
        for text in ("sending", "MB of 4", "B/s", "1 of 2 files"):
            shown.until_seen(text)
        cli.clear_faults()
        assert shown.end() == 0
    assert "\x1b[1msent 2 files" in shown.seen


def test_no_color_and_no_progress(cli: Cli) -> None:
    report = cli.file("report.pdf", b"x" * 1_000_000)
    with terminal(cli, *SEND, report, "--progress", "none", NO_COLOR="1") as shown:
        assert shown.end() == 0
    # Wine's console hides the cursor while it writes.
    seen = re.sub(r"\x1b\[\?25[hl]", "", shown.seen) if WINDOWS else shown.seen
    assert "\x1b" not in seen and "sent 1 file" in seen


def test_a_ticket_that_is_too_short_is_told(cli: Cli) -> None:
    # Under Wine the buffers are Linux's, and nothing tells what of them has arrived: they take 4 MB at once.
    report = cli.file("report.pdf", b"x" * (40_000_000 if WINDOWS else 4_000_000))
    cli.settings(connection_rate=400_000, upload_expires_in=4)
    with terminal(cli, *SEND, report) as shown:
        shown.until_seen("the upload ticket lasts")
        shown.press_ctrl_c()
        assert shown.end() == 130


def test_ctrl_c_cancels_and_cleans_up(cli: Cli) -> None:
    report = cli.file("report.pdf", b"x" * 12_000_000)
    cli.fault({"on": "put_part", "times": 99, "do": {"hold": True}})
    with terminal(cli, *SEND, report, "--multipart", "true", "--part-size", "5MiB") as shown:
        until(lambda: cli.requests("put_part"))
        shown.press_ctrl_c()
        shown.until_seen("cancelling and cleaning up")
        assert shown.end() == 130
    assert "error:" in shown.seen and "cleanup" in shown.seen and "transfer tr_" in shown.seen, shown.seen
    assert len(cli.requests("abort_multipart")) == 1, "the parts are removed"


def test_ctrl_c_twice_ends_at_once(cli: Cli) -> None:
    report = cli.file("report.pdf", b"x" * 12_000_000)
    cli.fault(
        {"on": "put_part", "times": 99, "do": {"hold": True}},
        {"on": "abort_multipart", "times": 9, "do": {"hold": True}},
    )
    with terminal(cli, *SEND, report, "--multipart", "true", "--part-size", "5MiB") as shown:
        until(lambda: cli.requests("put_part"))
        shown.press_ctrl_c()
        until(lambda: cli.requests("abort_multipart"))
        # The second may come so soon that it counts as the first, and then it is pressed again.
        while shown.process.poll() is None:
            shown.press_ctrl_c()
            shown.read_for(0.6)
        assert shown.end() == 130
    assert "error:" not in shown.seen
    cli.clear_faults()


def test_the_second_signal_waits_for_nobody_who_reads(cli: Cli) -> None:
    """Standard error is a pipe that is full, and stays so."""
    report = cli.file("report.pdf", b"x" * 12_000_000)
    cli.fault(
        {"on": "put_part", "times": 99, "do": {"hold": True}},
        {"on": "abort_multipart", "times": 9, "do": {"hold": True}},
    )
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    with contextlib.suppress(BlockingIOError):
        while True:
            os.write(writer, b"x" * 4096)
    os.set_blocking(writer, True)
    arguments = [PROGRAM, "--json", *SEND, report, "--multipart", "true", "--part-size", "5MiB"]
    process = subprocess.Popen(
        arguments, cwd=cli.folder, env=cli.environment, stdout=subprocess.PIPE, stderr=writer
    )
    os.close(writer)
    try:
        until(lambda: cli.requests("put_part"))
        process.send_signal(signal.SIGTERM)
        until(lambda: cli.requests("abort_multipart"))
        while process.poll() is None:
            process.send_signal(signal.SIGTERM)
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(0.6)
        assert process.returncode == 130
    finally:
        process.kill()
        process.communicate()
        os.close(reader)
    cli.clear_faults()


def test_a_signal_to_terminate_cleans_up_too(cli: Cli) -> None:
    report = cli.file("report.pdf", b"x" * 12_000_000)
    cli.fault({"on": "put_part", "times": 99, "do": {"hold": True}})
    arguments = [PROGRAM, "--json", *SEND, report, "--multipart", "true", "--part-size", "5MiB"]
    with subprocess.Popen(arguments, cwd=cli.folder, env=cli.environment, stdout=subprocess.PIPE) as process:
        until(lambda: cli.requests("put_part"))
        process.send_signal(signal.SIGTERM)
        out, _ = process.communicate(timeout=HANGS)
    assert process.returncode == 130 and b'"cancelled"' in out and b'"cleanup":"done"' in out


def test_an_interrupted_send_goes_on(cli: Cli) -> None:
    report = cli.file("report.pdf", b"x" * 12_000_000)
    cli.fault({"on": "put_part", "skip": 1, "times": 99, "do": {"hold": True}})
    send = (*SEND, report, "--multipart", "true", "--part-size", "5MiB", "--concurrency", "1", "--resume")
    with terminal(cli, *send) as shown:
        until(lambda: len(cli.requests("put_part")) == 2)
        shown.press_ctrl_c()
        assert shown.end() == 130
    assert "the same command goes on from" in shown.seen, shown.seen
    cli.clear_faults()
    cli.forget_requests()
    assert cli.json(0, *send)["status"] == "active"
    assert len(cli.requests("put_part")) == 2, "the first part is not sent again"
    assert cli.requests("presign_multipart") == []


def test_ctrl_c_while_a_secret_is_awaited(cli: Cli) -> None:
    with terminal(cli, "put", cli.file("x"), "--url-file", "-") as shown:
        until(lambda: "S" in Path(f"/proc/{shown.process.pid}/stat").read_text().rsplit(")")[1].split()[0])
        shown.press_ctrl_c()
        # The launcher, which starts it under Wine, may have taken that.
        while WINDOWS and shown.process.poll() is None:
            shown.read_for(0.6)
            shown.press_ctrl_c()
        shown.end()
    # The last byte of STATUS_CONTROL_C_EXIT, which is all that Linux sees of it.
    assert shown.process.returncode in ([0x3A] if WINDOWS else [130, -signal.SIGINT])


def test_the_sandbox_at_a_terminal_says_what_to_set(cli: Cli) -> None:
    with terminal(cli, "sandbox") as shown:
        shown.until_seen("control endpoint")
        shown.press_ctrl_c()
        assert shown.end() == 0
    setting = "$env:AGENTDROP_BASE_URL = '" if WINDOWS else "export AGENTDROP_BASE_URL="
    assert f"{setting}http://127.0.0.1:" in shown.seen
