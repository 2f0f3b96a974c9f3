"""Whether others leave the processors alone, and how long we wait for that."""

import os
import time

# Others may use this share of all processors when a run starts.
QUIET = 0.15
# How long to wait for that before one run, seconds.
WAIT = 5.0
# A run during which others kept more than this many processors busy is made once more, while patience lasts.
LOUD = 0.25


class Patience:
    """Seconds that may be spent, in all, on waiting and on making runs again."""

    def __init__(self, seconds):
        self._left = seconds

    def allows(self, seconds):
        """Whether there is some left, after these."""
        self._left -= seconds
        return self._left > 0

    def wait_for_quiet(self):
        end = time.monotonic() + WAIT
        while True:
            began, busy = time.monotonic(), busy_seconds()
            time.sleep(0.3)
            lasted = time.monotonic() - began
            share = (busy_seconds() - busy) / lasted / os.cpu_count()
            if share <= QUIET or self._left <= 0 or time.monotonic() > end:
                return
            time.sleep(0.5)
            self._left -= time.monotonic() - began


def busy_seconds():
    """Seconds that all processors together have worked, or were taken away from a virtual machine."""
    with open("/proc/stat") as stat:
        user, nice, system, _idle, _iowait, irq, softirq, steal, *_ = map(int, stat.readline().split()[1:])
    return (user + nice + system + irq + softirq + steal) / os.sysconf("SC_CLK_TCK")
