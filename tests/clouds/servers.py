"""Azurite and gcp-storage-emulator as child processes, on loopback, each empty; and a gateway."""

from __future__ import annotations

import base64
import contextlib
import http.client
import http.server
import os
import re
import shutil
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from pathlib import Path
from tempfile import mkdtemp

AZURITE = Path(__file__).parent / "node_modules" / "azurite" / "dist" / "src" / "blob" / "main.js"
EMULATOR = Path(sys.executable).parent / "gcp-storage-emulator"
READY_WITHIN = 60.0


class Azurite:
    account = "reports"
    key = base64.b64encode(b"k" * 64).decode()

    def __init__(self) -> None:
        # One account, whose key is nobody's.
        environment = os.environ | {"AZURITE_ACCOUNTS": f"{self.account}:{self.key}"}
        command = ["node", AZURITE, "--blobPort", "0", "--inMemoryPersistence", "--skipApiVersionCheck"]
        self._server = Server(command, environment)
        port = self._server.told(
            re.compile(r"listens on http://127\.0\.0\.1:(\d+)|listening (?:on|at) http://127\.0\.0\.1:(\d+)")
        )
        self.url = f"http://127.0.0.1:{port}"
        self.connection = (
            f"DefaultEndpointsProtocol=http;AccountName={self.account};AccountKey={self.key};"
            f"BlobEndpoint={self.url}/{self.account};"
        )

    def stop(self) -> None:
        self._server.stop()


class GoogleEmulator:
    def __init__(self) -> None:
        port = free_port()
        command = [
            EMULATOR,
            "start",
            "--host=127.0.0.1",
            f"--port={port}",
            "--in-memory",
            "--default-bucket=reports",
        ]
        self._server = Server(command, dict(os.environ))
        self.url = f"http://127.0.0.1:{port}"
        self._server.answers(self.url)

    def stop(self) -> None:
        self._server.stop()


class Gateway:
    """In front of Azurite: takes as many blocks as are left to it, and refuses the next one."""

    def __init__(self, upstream: str) -> None:
        self.blocks_left = 0
        host = upstream.removeprefix("http://")
        gateway = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_PUT(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                if "comp=block&" in self.path:
                    gateway.blocks_left -= 1
                    if gateway.blocks_left < 0:
                        self.send_response(403)
                        self.send_header("Content-Length", "0")
                        self.end_headers()
                        return
                connection = http.client.HTTPConnection(host, timeout=60)
                # Its headers are not signed, and the host is that of Azurite.
                passed = {name: value for name, value in self.headers.items() if name.lower() != "host"}
                connection.request("PUT", self.path, body, passed)
                answer = connection.getresponse()
                told = answer.read()
                self.send_response(answer.status)
                for name, value in answer.getheaders():
                    if name.lower().startswith(("x-ms-", "etag", "content-md5")):
                        self.send_header(name, value)
                self.send_header("Content-Length", str(len(told)))
                self.end_headers()
                self.wfile.write(told)
                connection.close()

            def log_message(self, *_: object) -> None:
                pass

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()


class Server:
    def __init__(self, command: list[object], environment: dict[str, str]) -> None:
        self._folder = Path(mkdtemp(prefix="dropoff-cloud-"))
        self._output = self._folder / "output"
        with self._output.open("wb") as output:
            self._process = subprocess.Popen(
                [str(word) for word in command],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env=environment,
                cwd=self._folder,
            )

    def told(self, pattern: re.Pattern[str]) -> str:
        """The first group of what it says once it is ready."""
        until = time.monotonic() + READY_WITHIN
        while time.monotonic() < until:
            if found := pattern.search(self.said()):
                return next(group for group in found.groups() if group)
            self._alive()
            time.sleep(0.05)
        raise RuntimeError(f"it was not ready in time; it said:\n{self.said()}")

    def answers(self, url: str) -> None:
        until = time.monotonic() + READY_WITHIN
        while time.monotonic() < until:
            with contextlib.suppress(urllib.error.URLError, ConnectionError):
                try:
                    urllib.request.urlopen(url, timeout=5).close()
                except urllib.error.HTTPError as error:
                    error.close()
                return
            self._alive()
            time.sleep(0.05)
        raise RuntimeError(f"it did not answer in time; it said:\n{self.said()}")

    def _alive(self) -> None:
        if self._process.poll() is not None:
            raise RuntimeError(f"it ended; it said:\n{self.said()}")

    def said(self) -> str:
        return self._output.read_text(errors="replace")

    def stop(self) -> None:
        self._process.kill()
        self._process.wait()
        shutil.rmtree(self._folder, ignore_errors=True)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
