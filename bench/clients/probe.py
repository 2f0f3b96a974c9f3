"""What one call costs the process it is made in. Imported by every Python client, so that all are measured
alike; standard library only, and nothing that would weigh on any of them."""

import json
import os
import resource
import sys
import time


def _status(name):
    with open("/proc/self/status") as lines:
        for line in lines:
            if line.startswith(name + ":"):
                return int(line.split()[1])
    raise RuntimeError(f"no {name} in /proc/self/status")


def _cpu():
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime, used.ru_stime


def job():
    """What this process was told to do: one JSON object, its only argument."""
    return json.loads(sys.argv[1])


def counts():
    """How many threads and open files this process has. Counting opens one file, each time."""
    return {"threads": len(os.listdir("/proc/self/task")), "fds": len(os.listdir("/proc/self/fd"))}


def idle(before, after):
    """What is told about an idle process, of its counts at the very start and with the client made."""
    return {what: {"before": before[what], "after": after[what]} for what in before}


def measure(call):
    """Prints what `call` cost, over the process as it stood before, as one line of JSON."""
    # The kernel forgets its peak so far: importing may have needed more for a moment than is left idle.
    with open("/proc/self/clear_refs", "w") as forget:
        forget.write("5")
    # Of its own, and of programs and libraries, whose code counts as soon as it is used.
    held = {kind: _status(kind) for kind in ("RssAnon", "RssFile")}
    # The sink tells its times in the same clock.
    idle_kib, before, began = _status("VmRSS"), _cpu(), time.monotonic()
    facts = call()
    wall, after, peak = time.monotonic() - began, _cpu(), _status("VmHWM")
    held = {kind: _status(kind) - before_kib for kind, before_kib in held.items()}
    print(
        json.dumps(
            {
                "user": after[0] - before[0],
                "system": after[1] - before[1],
                "before": sum(before),
                "wall": wall,
                "began_at": began,
                "idle_kib": idle_kib,
                "over_idle_kib": peak - idle_kib,
                "peak_kib": peak,
                "left_over_idle_kib": held,
                "facts": facts,
            }
        )
    )
