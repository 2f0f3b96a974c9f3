"""A file system that shows a folder, and answers late, never, or with an error, as it is told: a program that
speaks FUSE to the kernel (include/uapi/linux/fuse.h), read-only. Once it ends, whoever waits gets an error.

The kernel keeps nothing of names and attributes, so each call asks. Whoever waits for a page can be killed,
and for anything else cannot until there is an answer (`request_wait_answer` in fs/fuse/dev.c)."""

from __future__ import annotations

import ctypes
import errno
import os
import struct
import sys
import threading
import time
from pathlib import Path
from typing import Any

# Of a request, and of an answer.
HEAD, ANSWER = struct.Struct("<IIQQIIIHH"), struct.Struct("<IiQ")
LOOKUP, FORGET, GETATTR, READLINK, OPEN, READ, STATFS, RELEASE = 1, 2, 3, 5, 14, 15, 17, 18
FLUSH, INIT, OPENDIR, READDIR, RELEASEDIR, INTERRUPT, BATCH_FORGET = 25, 26, 27, 28, 29, 36, 42
UNANSWERED = (FORGET, INTERRUPT, BATCH_FORGET)
# Pages are asked for without waiting; who needs one waits for the page.
ASYNC_READ = 1


class Mount:
    def __init__(self, shown: Path, at: Path) -> None:
        self.delay = 0.0
        # By their names: read never, or with an error.
        self.silent: set[str] = set()
        self.broken: set[str] = set()
        self._paths = {1: str(shown)}
        self._nodes = {str(shown): 1}
        self._fuse = os.open("/dev/fuse", os.O_RDWR)
        settings = f"fd={self._fuse},rootmode=40000,user_id=0,group_id=0,allow_other"
        libc = ctypes.CDLL(None, use_errno=True)
        read_only, no_suid, no_devices = 1, 2, 4
        flags = read_only | no_suid | no_devices
        if libc.mount(b"tests", os.fsencode(at), b"fuse", flags, settings.encode()):
            raise OSError(ctypes.get_errno(), "mount")
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                request = os.read(self._fuse, 1 << 20)
            except OSError as e:
                if e.errno in (errno.EINTR, errno.ENOENT):
                    continue
                return
            threading.Thread(target=self._one, args=[request], daemon=True).start()

    def _one(self, request: bytes) -> None:
        _, kind, number, node, *_ = HEAD.unpack_from(request)
        if kind in UNANSWERED:
            return
        time.sleep(self.delay)
        try:
            status, answer = 0, self._answer(kind, node, request[HEAD.size :])
        except OSError as e:
            status, answer = -(e.errno or errno.EIO), b""
        os.write(self._fuse, ANSWER.pack(ANSWER.size + len(answer), status, number) + answer)

    def _answer(self, kind: int, node: int, rest: bytes) -> bytes:
        if kind == INIT:
            return struct.pack("<IIIIHHIIHHI28x", 7, 31, 1 << 17, ASYNC_READ, 16, 12, 1 << 17, 1, 32, 0, 0)
        path = self._paths[node]
        if kind == LOOKUP:
            return self._entry(os.path.join(path, os.fsdecode(rest[:-1])))
        if kind == GETATTR:
            return struct.pack("<QII", 0, 0, 0) + attributes(os.lstat(path))
        if kind == READLINK:
            return os.fsencode(os.readlink(path))
        if kind in (OPEN, OPENDIR):
            return struct.pack("<QIi", 0, 0, 0)
        if kind == READ:
            return self._read(path, *struct.unpack_from("<QQI", rest))
        if kind == READDIR:
            return self._names(path, *struct.unpack_from("<QQI", rest))
        if kind == STATFS:
            return bytes(80)
        if kind in (RELEASE, RELEASEDIR, FLUSH):
            return b""
        raise OSError(errno.ENOSYS, "not needed")

    def _entry(self, path: str) -> bytes:
        found = os.lstat(path)
        node = self._nodes.setdefault(path, len(self._nodes) + 1)
        self._paths[node] = path
        return struct.pack("<QQQQII", node, 0, 0, 0, 0, 0) + attributes(found)

    def _read(self, path: str, _: int, at: int, size: int) -> bytes:
        name = os.path.basename(path)
        if name in self.broken:
            raise OSError(errno.EIO, "broken")
        while name in self.silent:
            time.sleep(0.01)
        with open(path, "rb") as file:
            return os.pread(file.fileno(), size, at)

    def _names(self, path: str, _: int, at: int, size: int) -> bytes:
        found = b""
        for number, name in enumerate(sorted(os.listdir(path))[at:], at + 1):
            raw = os.fsencode(name)
            entry = struct.pack("<QQII", number, number, len(raw), 0) + raw
            entry += bytes(-len(entry) % 8)
            if len(found) + len(entry) > size:
                break
            found += entry
        return found


def attributes(of: os.stat_result) -> bytes:
    times = [of.st_atime_ns, of.st_mtime_ns, of.st_ctime_ns]
    whole, parts = [t // 10**9 for t in times], [t % 10**9 for t in times]
    numbers = (of.st_mode, of.st_nlink, of.st_uid, of.st_gid, 0, 4096, 0)
    return struct.pack("<6Q10I", of.st_ino, of.st_size, of.st_blocks, *whole, *parts, *numbers)


def main(shown: str, at: str) -> None:
    """Serves until its input ends. A line says what is set to what."""
    mount: Any = Mount(Path(shown), Path(at))
    print("{}", flush=True)
    for line in sys.stdin:
        name, _, value = line.strip().partition(" ")
        setattr(mount, name, float(value) if name == "delay" else {value} - {""})
        print("{}", flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
