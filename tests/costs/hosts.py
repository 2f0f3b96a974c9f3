"""Who takes the uploads: sinks that drop what they get, and a sandbox for what needs an API."""

import json
import select
import subprocess

READY_WITHIN = 30.0


class Host:
    """A program that prints a line of JSON when it is ready, and ends with its standard input, so also when
    we are killed."""

    def __init__(self, command):
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0)
        readable, _, _ = select.select([self._process.stdout], [], [], READY_WITHIN)
        line = self._process.stdout.readline() if readable else b""
        if not line:
            self._process.kill()
            raise SystemExit(f"{command[0]}: not ready within {READY_WITHIN} s")
        self.ready = json.loads(line)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._process.stdin.close()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process.stdout.close()


def sink(built):
    return Host([built / "dropoff-sink"])


def secure_sink(built):
    return Host([built / "dropoff-sink", "--tls"])


def sandbox(built):
    return Host([built / "dropoff-sandbox", "serve", "--exit-with-stdin", "--storage", "discard"])
