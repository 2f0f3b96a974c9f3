"""Three ways to count what a program does, none of which depends on how fast the machine is. Each runs the
command once and gives counts by name.

The command may use one processor only. The library then has one worker thread, whatever machine this is, and
no two threads race for the same work.
"""

import os
import re
import subprocess
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
SECONDS = 120

READS = {"read", "readv", "pread64", "preadv", "preadv2"}
WRITES = {"writev", "sendto", "sendmsg", "sendfile", "splice"}
# Threads that wait for each other or for the socket, and those that wake them: tokio wakes its poller by a
# `write` to an eventfd. How many there are depends on who runs when.
WAITS = {"futex", "epoll_wait", "epoll_pwait", "epoll_pwait2", "poll", "ppoll", "write", "sched_yield"}


def run(command, environment):
    one = {min(os.sched_getaffinity(0))}
    done = subprocess.run(
        command,
        env=environment,
        timeout=SECONDS,
        capture_output=True,
        text=True,
        preexec_fn=lambda: os.sched_setaffinity(0, one),
    )
    if done.returncode != 0:
        raise SystemExit(f"{' '.join(map(str, command))}\nended with {done.returncode}:\n{done.stderr}")
    return done


class Counting:
    """The counters. `folder` is for what they write, `environment` for what they run."""

    def __init__(self, folder, environment):
        self._environment = environment
        self._preloaded = folder / "allocations.so"
        compiler = ["cc", "-std=c99", "-O2", "-Wall", "-Wextra", "-shared", "-fPIC"]
        run([*compiler, HERE / "allocations.c", "-o", self._preloaded], {"PATH": os.environ["PATH"]})

    def system_calls(self, command):
        """By kind, and all of them."""
        with tempfile.NamedTemporaryFile("r") as told:
            strace = ["strace", "-f", "-qq", "-c", "-U", "name,calls", "-o", told.name]
            run([*strace, *command], self._environment)
            # Lines of a name and a number, between a head and a sum.
            lines = [line.split() for line in told]
        calls = {line[0]: int(line[1]) for line in lines if len(line) == 2 and line[1].isdigit()}
        total = calls.pop("total")
        kinds = {
            kind: sum(count for name, count in calls.items() if name in names)
            for kind, names in (("reads", READS), ("writes", WRITES), ("waits", WAITS))
        }
        return {**kinds, "other calls": total - sum(kinds.values()), "system calls": total}

    def allocations(self, command):
        """How often, and how many bytes."""
        with tempfile.NamedTemporaryFile("r") as told:
            run(command, {**self._environment, "LD_PRELOAD": self._preloaded, "ALLOCATIONS_TO": told.name})
            count, size = told.read().split()
        return {"allocations": int(count), "KiB allocated": int(size) / 1024}

    def instructions(self, command):
        """Of the whole program, outside the kernel."""
        callgrind = ["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null"]
        told = run([*callgrind, *command], self._environment).stderr
        return {"instructions": int(re.search(r"Collected : (\d+)", told)[1])}
