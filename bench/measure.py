"""Runs one program and says what the whole process took: processor time, time, memory. And which processors
it may use."""

import contextlib
import os
import select
import signal
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path


class Failed(Exception):
    """A program that did not do what it was started for."""


@dataclass(frozen=True)
class Process:
    output: str
    user: float
    system: float
    wall: float
    # The most it held, as seen every few milliseconds; None if it was gone before it was looked at.
    peak_kib: int | None


def processors():
    """One for the client and one for the host, of different cores; none if there are not two."""
    allowed = sorted(os.sched_getaffinity(0))
    if len(allowed) < 2:
        return None, None
    first = allowed[0]
    siblings = _siblings(first)
    second = next((one for one in allowed[1:] if one not in siblings), allowed[1])
    return {first}, {second}


def _siblings(number):
    """Threads of the same core: two that share one slow each other down."""
    path = Path(f"/sys/devices/system/cpu/cpu{number}/topology/thread_siblings_list")
    try:
        text = path.read_text().strip()
    except OSError:
        return {number}
    found = set()
    for part in text.split(","):
        first, _, last = part.partition("-")
        found |= set(range(int(first), int(last or first) + 1))
    return found


@contextlib.contextmanager
def pinned(cores):
    """What is started inside has these processors only. It inherits them from this thread: a function to be
    called in the child would make Python fork all of itself, which takes longer than some clients."""
    if cores is None:
        yield
        return
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, cores)
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def run(argv, env, cores, timeout, kill_when=None):
    """To its end, or `Failed`; or until `kill_when` says so, and then it has no output."""
    with tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as errors:
        with pinned(cores):
            began = time.monotonic()
            child = _start([str(word) for word in argv], env, output, errors)
        try:
            peak = _watch(child, began + timeout, kill_when)
        except BaseException:
            # We are to end; it would go on.
            child.kill()
            child.wait()
            raise
        _, status, used = os.wait4(child.pid, 0)
        wall = time.monotonic() - began
        # Popen must not wait for it again.
        child.returncode = os.waitstatus_to_exitcode(status)
        if kill_when and child.returncode == -signal.SIGKILL:
            return Process("", used.ru_utime, used.ru_stime, wall, peak)
        if child.returncode:
            errors.seek(0)
            said = errors.read().decode("utf-8", "replace").strip()[-2000:]
            raise Failed(f"{Path(argv[0]).name} ended with {child.returncode}: {said}")
        output.seek(0)
        text = output.read().decode("utf-8", "replace")
    return Process(text, used.ru_utime, used.ru_stime, wall, peak)


def _start(argv, env, output, errors):
    try:
        return subprocess.Popen(argv, env=env, stdin=subprocess.DEVNULL, stdout=output, stderr=errors)
    except OSError as error:
        raise Failed(f"{argv[0]}: {error.strerror}") from error


def _watch(child, deadline, kill_when):
    """Until it ends, or is ended at the deadline. The memory it held at most; what wait4 says of that is of
    no use, since it begins with what we hold ourselves at the fork."""
    watcher, peak, pause = os.pidfd_open(child.pid), None, 0.002
    try:
        poller = select.poll()
        poller.register(watcher, select.POLLIN)
        while not poller.poll(pause * 1000):
            if time.monotonic() > deadline or (kill_when and kill_when()):
                child.kill()
                return peak
            peak = _most(child.pid) or peak
            pause = min(pause * 2, 0.05)
    finally:
        os.close(watcher)
    return peak


def _most(pid):
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return None
    for line in status.splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1])
    return None


def cpu_of(pid):
    """Seconds of processor time that a running process has used."""
    with open(f"/proc/{pid}/stat") as stat:
        fields = stat.read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
