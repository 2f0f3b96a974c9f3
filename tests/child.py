"""A program of ours that prints one line of JSON when it is ready and ends with its standard input, so also
when we are killed: the sandbox, the sink. For suites and benchmarks alike."""

import json
import select
import subprocess

READY_WITHIN = 60.0


class Child:
    def __init__(self, command, **settings):
        """`settings` as of `subprocess.Popen`."""
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0, **settings
        )
        try:
            self.ready = self._line()
        except BaseException:
            self.stop()
            raise

    @property
    def pid(self):
        return self._process.pid

    def _line(self):
        readable, _, _ = select.select([self._process.stdout], [], [], READY_WITHIN)
        line = self._process.stdout.readline() if readable else b""
        if not line:
            raise RuntimeError(f"{self._process.args[0]}: not ready within {READY_WITHIN} s")
        return json.loads(line)

    def stop(self):
        self._process.stdin.close()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process.stdout.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()
