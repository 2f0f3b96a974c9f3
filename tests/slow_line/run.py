"""Uploads over a line as slow as the worst that people have: what arrives, in how many requests, and how
long it takes next to what the line needs for the bytes alone.

Each row is a program of its own in a network of its own, whose loopback carries 32, 64 or 128 kbit/s both
ways (tbf, with a queue of 2 s, as a modem has). Wants root, `ip`, `tc` and `unshare`; takes 40 min, nearly
all of it waiting. A report: it fails only if something did not arrive, or took too long.

    python tests/slow_line/run.py [KBIT[,KBIT] [WIDTH[,WIDTH] [put|parts|both]]]

"put" is as many calls at once as the width, of one client; "parts" is one call whose `concurrency` is the
width.
"""

from __future__ import annotations

import hashlib
import itertools
import json
import logging
import os
import socket
import subprocess
import sys
import threading
import time

RATES = (32, 64, 128)
WIDTHS = (1, 4, 16)
HOWS = ("put", "parts")
SECONDS = 100
"""What the line needs for one row, or longer: one of fewer bytes is mostly TCP's own start, which fills the
queue, loses what is too much of it, and is silent for 18 s at 32 kbit/s, whoever sends."""
LEAST = 800_000
"""Bytes of a row."""
HEADERS = 40 + 12
"""Of each segment: IP, and TCP with timestamps. Acknowledgements, which share the line here, come on top."""
SEGMENT = 1500
MOST = 1.3


def main() -> None:
    given = sys.argv[1:]
    if given[:1] == ["row"]:
        return row(int(given[1]), int(given[2]), given[3])
    rates = [int(rate) for rate in given[0].split(",")] if given else RATES
    widths = [int(width) for width in given[1].split(",")] if given[1:] else WIDTHS
    hows = HOWS if given[2:] in ([], ["both"]) else given[2:]
    print(
        "kbit/s  width  how    stored   bytes    attempts  time     time / line bound  longest silence",
        flush=True,
    )
    good = True
    for rate, width, how in itertools.product(rates, widths, hows):
        command = ["unshare", "--net", sys.executable, __file__, "row", str(rate), str(width), how]
        done = subprocess.run(command, stdout=subprocess.PIPE, text=True, timeout=SECONDS * 30)
        if done.returncode:
            sys.exit(f"the row {rate} {width} {how} failed to run")
        seen = json.loads(done.stdout)
        good &= seen["stored"] == width and seen["ratio"] <= MOST
        cells = (
            f"{rate:6}",
            f"{width:5}",
            f"{how:5}",
            f"{seen['stored']:2} of {width:<2}",
            f"{seen['bytes']:7}",
            f"{seen['attempts']:8}",
            f"{seen['seconds']:5.1f} s",
            f"{seen['ratio']:17.2f}",
            f"{seen['silence']:13.1f} s",
            seen["error"],
        )
        print("  ".join(cells), flush=True)
    if not good:
        sys.exit("not everything was stored, or not in time")


def row(kbit: int, width: int, how: str) -> None:
    """One row, in a network that is its own."""
    limit = kbit * 1000 // 8 * 2
    for command in (
        "ip link set lo mtu 1500",
        "ip link set lo up",
        f"tc qdisc add dev lo root tbf rate {kbit}kbit burst 4000 limit {limit + 8000}",
    ):
        subprocess.run(command.split(), check=True)
    each = max(kbit * 1000 // 8 * SECONDS, LEAST) // width
    server = Server()
    began = time.monotonic()
    stored, attempts, error = send(server, width, each, how)
    seconds = time.monotonic() - began
    bound = each * width * SEGMENT / (SEGMENT - HEADERS) / (kbit * 1000 / 8)
    print(
        json.dumps(
            {
                "stored": stored,
                "bytes": each * width,
                "attempts": attempts,
                "seconds": round(seconds, 1),
                "ratio": round(seconds / bound, 3),
                "silence": max((seen["silence"] for seen in server.seen), default=0.0),
                "error": error,
            }
        )
    )
    sys.stdout.flush()
    os._exit(0)


def send(server: Server, width: int, each: int, how: str) -> tuple[int, int, str]:
    """How many objects or parts storage has, in how many attempts, and what went wrong."""
    import dropoff

    # What had to be repeated, and why.
    logging.basicConfig(level=logging.INFO, format="    %(relativeCreated)8d ms  %(message)s")
    client = dropoff.Storage(trusted_storage=[server.origin], concurrency=width)
    data = os.urandom(each * width)
    if how == "parts":
        urls = [f"{server.origin}/k?partNumber={n}&uploadId=u" for n in range(1, width + 1)]
        try:
            parts = client.put_parts(urls, data, part_size=each).parts
            return len(parts), sum(part.attempts for part in parts), ""
        except dropoff.DropoffError as error:
            return 0, 0, str(error)
    starts = range(0, each * width, each)
    jobs = [client.start_put(f"{server.origin}/{start}", data[start : start + each]) for start in starts]
    stored, attempts, said = 0, 0, ""
    for job in jobs:
        try:
            attempts += job.wait().attempts
            stored += 1
        except dropoff.DropoffError as error:
            said = str(error)
    return stored, attempts, said


class Server:
    """Storage that takes everything, and notes how long it heard nothing."""

    def __init__(self) -> None:
        self.seen: list[dict[str, float]] = []
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.origin = f"http://127.0.0.1:{self.listener.getsockname()[1]}"
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self) -> None:
        while True:
            connection, _ = self.listener.accept()
            threading.Thread(target=self.serve, args=(connection,), daemon=True).start()

    def serve(self, connection: socket.socket) -> None:
        try:
            while self.exchange(connection):
                pass
        except OSError:
            pass

    def exchange(self, connection: socket.socket) -> bool:
        head = b""
        while b"\r\n\r\n" not in head:
            more = connection.recv(65536)
            if not more:
                return False
            head += more
        head, _, body = head.partition(b"\r\n\r\n")
        lines = [line.partition(b":") for line in head.lower().split(b"\r\n")[1:]]
        fields = {name: value.strip() for name, _, value in lines}
        left = int(fields[b"content-length"]) - len(body)
        seen = {"silence": 0.0}
        self.seen.append(seen)
        if fields.get(b"expect") == b"100-continue":
            connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
        digest, last = hashlib.md5(body), time.monotonic()
        while left:
            more = connection.recv(65536)
            now = time.monotonic()
            seen["silence"], last = max(seen["silence"], round(now - last, 1)), now
            if not more:
                return False
            digest.update(more)
            left -= len(more)
        etag = digest.hexdigest().encode()
        connection.sendall(b'HTTP/1.1 200 OK\r\nETag: "%s"\r\nContent-Length: 0\r\n\r\n' % etag)
        return True


if __name__ == "__main__":
    main()
