"""A loopback without pacing. BBR, which some machines have as their default, paces its connections, on
loopback too: thousands of timers a GiB in one run, none in the next, as its guess of the line goes. Linux's
own default (CUBIC) does not pace. So where the machine paces, everything runs in a network namespace with
nothing in it but a loopback with Reno, the one other kind that every kernel has."""

import ctypes
import fcntl
import os
import socket
import struct
from pathlib import Path

CONTROL = Path("/proc/sys/net/ipv4/tcp_congestion_control")
# <linux/sched.h>, <linux/sockios.h>, <linux/if.h>: Python has names for them from 3.12, or none.
CLONE_NEWNET = 0x40000000
SIOCSIFFLAGS = 0x8914
IFF_UP = 1


def without_pacing():
    """Moves this thread, and what it starts from now on, to a loopback without pacing if it needs one. Tells
    how connections are controlled. Before any thread is started: the others would stay."""
    control = CONTROL.read_text().strip()
    if not control.startswith("bbr"):
        return control
    if failure := _moved():
        return f"{control}, which paces; another network could not be had: {failure}"
    return f"reno, in a network namespace of its own; this machine has {control}, which paces"


def _moved():
    """What stood in the way, if anything did."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(CLONE_NEWNET) != 0:
        return os.strerror(ctypes.get_errno())
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        fcntl.ioctl(any_socket, SIOCSIFFLAGS, struct.pack("16sh14x", b"lo", IFF_UP))
    try:
        CONTROL.write_text("reno")
    except OSError as error:
        return str(error)
    return None
