"""Starts native sandboxes for programs under an emulator that cannot start them: see sandbox.c. A connection
gives the arguments, each in a line, and an empty line; it then is the sandbox's standard input and output."""

from __future__ import annotations

import os
import socket
import subprocess
import threading
from contextlib import suppress
from pathlib import Path


class Sandboxes:
    """Use as a context manager; `port` is where it listens, on loopback. Sandboxes have their temporary files
    in a folder that the programs see, too."""

    def __init__(self, program: Path, temporary: Path) -> None:
        self._program = program
        self._environment = os.environ | {"TMPDIR": str(temporary)}
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]

    def __enter__(self) -> Sandboxes:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._listener.close()

    def _accept(self) -> None:
        with suppress(OSError):  # it was closed
            while True:
                connection, _ = self._listener.accept()
                threading.Thread(target=self._serve, args=[connection], daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with connection, connection.makefile("rb", buffering=0) as reader:
            arguments = []
            while word := reader.readline().strip():
                arguments.append(word.decode())
            sandbox = subprocess.Popen(
                [self._program, *arguments],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                bufsize=0,
                env=self._environment,
            )
            assert sandbox.stdin is not None
            threading.Thread(target=self._tell, args=[sandbox, connection], daemon=True).start()
            # Until the program that wanted it closes its end, or is gone.
            with suppress(OSError):
                while reader.read(4096):
                    pass
            sandbox.stdin.close()
            sandbox.wait()

    @staticmethod
    def _tell(sandbox: subprocess.Popen[bytes], connection: socket.socket) -> None:
        assert sandbox.stdout is not None
        with suppress(OSError):
            while text := sandbox.stdout.read(4096):
                connection.sendall(text)
            connection.shutdown(socket.SHUT_WR)
