"""Browsers without a window, on a folder of the test's, with nothing of them left when the test ends.

What they have in common, and Chromium; Firefox is in `firefox.py`.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

PROGRAM = "/usr/bin/chromium"
# What automation starts when no window is wanted: without the browser around the page, and without its lock.
# The program itself: /usr/bin/chromium-headless-shell is a script that stays, and passes no signal on.
SHELL = "/usr/lib/chromium/chromium-headless-shell"
FLAGS = [
    "--headless=new",
    "--no-sandbox",  # the tests may run as root
    "--disable-gpu",
    "--disable-dev-shm-usage",
    # Cookies encrypted by this desktop's keyring could be read nowhere else.
    "--password-store=basic",
    "--no-first-run",
    "--no-default-browser-check",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
# Of every process of one browser's environment.
MARK = "DROPOFF_TEST_BROWSER"


def until(condition: Callable[[], Any], what: str, within: float = 60.0, every: float = 0.05) -> Any:
    """Waits until the condition gives something true, and gives that."""
    deadline = time.monotonic() + within
    while not (found := condition()):
        assert time.monotonic() < deadline, f"not within {within:.0f} s: {what}"
        time.sleep(every)
    return found


def version(program: str = PROGRAM) -> str:
    """Such as `156.0.8078.79`."""
    said = subprocess.run([program, "--version"], capture_output=True, text=True, timeout=60, check=True)
    return next(word for word in said.stdout.split() if word[0].isdigit())


class Started:
    """A browser's process and all it starts; as a context they are killed at the end, whatever happened."""

    def __init__(
        self, folder: Path, command: list[Any], descriptors: Sequence[int] = (), **environment: str
    ) -> None:
        """`descriptors`: those of ours that it has too."""
        self.folder = folder
        # Its socket's path must stay below 108 bytes, and its home must not be the developer's.
        self._place = Path(tempfile.mkdtemp(prefix="dropoff-browser-"))
        self._log = self._place / "log"
        self._mark = f"{MARK}={self._place}"
        base = {
            "PATH": os.environ["PATH"],
            "HOME": str(self._place),
            "TMPDIR": str(self._place),
            MARK: str(self._place),
        }
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=base | environment,
                start_new_session=True,
                pass_fds=tuple(descriptors),
            )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def runs(self) -> bool:
        return self._process.poll() is None

    def close(self) -> None:
        """Closes it as a user does."""
        raise NotImplementedError

    def log(self) -> str:
        """What it printed."""
        return self._log.read_text("utf-8", "replace")

    def said(self) -> str:
        """The end of that, for a sentence."""
        return self.log()[-2000:]

    def _end(self, number: signal.Signals) -> None:
        os.kill(self.pid, number)
        try:
            self._process.wait(60)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"the browser did not end on {number.name}: {self.said()}") from None
        until(lambda: not self.alive(), "the browser's processes end")

    def kill(self) -> None:
        """Ends whatever still runs of it."""

        def none_left() -> bool:
            # Each time anew: one that was just started is not in the list before.
            for pid in (left := self.alive()):
                try:
                    os.kill(pid, signal.SIGKILL)
                except ProcessLookupError:
                    pass
            return not left

        try:
            until(none_left, "all of the browser's processes end")
            self._process.wait(60)
        finally:
            shutil.rmtree(self._place, ignore_errors=True)

    @contextmanager
    def frozen(self) -> Iterator[None]:
        """All of it stands still, so that whatever changes in its folder is somebody else's work."""
        for pid in self.alive():
            os.kill(pid, signal.SIGSTOP)
        try:
            until(lambda: all(_state(pid) == "T" for pid in self.alive()), "the browser's processes stop")
            yield
        finally:
            for pid in self.alive():
                os.kill(pid, signal.SIGCONT)

    def alive(self) -> list[int]:
        """The processes of it that run. Crash handlers leave its session, others change their environment."""
        found = []
        for entry in Path("/proc").iterdir():
            if not entry.name.isdigit():
                continue
            try:
                session = int((entry / "stat").read_text().rpartition(")")[2].split()[3])
                environment = (entry / "environ").read_bytes()
            except OSError:  # ended meanwhile, or is another user's
                continue
            ours = session == self._process.pid or self._mark.encode() in environment.split(b"\0")
            if ours and _state(int(entry.name)) not in ("Z", ""):
                found.append(int(entry.name))
        return found


class Browser(Started):
    """Chromium on a folder, with an address opened; `program` may be its headless shell.

    `inside`: a command that becomes it, or ends with it.
    """

    def __init__(
        self,
        folder: Path,
        url: str,
        *flags: str,
        program: str = PROGRAM,
        inside: Sequence[str] = (),
        descriptors: Sequence[int] = (),
    ) -> None:
        # /usr/bin/chromium is a script that becomes the browser, so this is the browser's own process.
        super().__init__(
            folder,
            [*inside, program, *FLAGS, *flags, f"--user-data-dir={folder}", url],
            descriptors=descriptors,
        )

    def close(self) -> None:
        """Closes it as a user does. SIGTERM would not: the browser ends at once, loses the cookies of the
        last half minute and leaves its lock behind."""
        self._end(signal.SIGINT)

    def break_off(self) -> None:
        """Ends it as a service manager does; see `close`."""
        self._end(signal.SIGTERM)


class Apart(Browser):
    """In a PID namespace and with a temporary folder of its own, as in a container: neither its process nor
    its socket can be found from the lock it makes. The folder itself is shared. Needs root."""

    def __init__(self, folder: Path, url: str, *flags: str) -> None:
        namespaces = ("unshare", "--pid", "--fork", "--kill-child", "--mount", "--mount-proc")
        # Not the first process in there, whose number every container has.
        started = 'mount -t tmpfs none "$TMPDIR" && for i in $(seq 500); do /bin/true; done; "$@"; exit'
        super().__init__(folder, url, *flags, inside=(*namespaces, "sh", "-c", started, "sh"))

    @property
    def pid(self) -> int:
        """The number it has out here: that of what the shell started, which unshare started."""
        pid = self._process.pid
        for _ in range(2):
            # The first: what lost its parent in there is the shell's too.
            pid = int(Path(f"/proc/{pid}/task/{pid}/children").read_text().split()[0])
        return pid


def _state(pid: int) -> str:
    """`R`, `S`, `T`, `Z` and so on; nothing if there is no such process."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return ""
