"""A website on loopback that a browser logs in to: it stores values where a page can, and reads them back.

What is stored belongs to an origin, port included, so one `Website` serves both the browser that stores and
the one that reads on a copy of its folder.
"""

from __future__ import annotations

import json
import ssl
import struct
import threading
import zlib
from collections.abc import Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from queue import Empty, Queue
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

PAGE = (Path(__file__).parent / "website.html").read_bytes()
# Answers one address with what it was registered with.
WORKER = b"""
addEventListener('install', () => skipWaiting())
addEventListener('activate', (event) => event.waitUntil(clients.claim()))
addEventListener('fetch', (event) => {
  if (new URL(event.request.url).pathname === '/of-the-worker')
    event.respondWith(new Response(new URL(location).searchParams.get('token')))
})
"""
APP = {
    "id": "/app",
    "name": "dropoff test app",
    "start_url": "/app",
    "display": "standalone",
    # Chromium installs what has one of at least 144 pixels.
    "icons": [{"src": "/icon.png", "sizes": "192x192", "type": "image/png"}],
}
# Cookies without an age are gone with the browser: they prove nothing about what was packed.
AGE = "Max-Age=864000; Path=/"


class Website:
    """Serves the page, and keeps what it reports of each visit. Over TLS it asks for a certificate."""

    def __init__(self, tls: ssl.SSLContext | None = None, page: bytes = PAGE) -> None:
        self._page = page
        self._certificates: dict[str, bool] = {}
        self._reports: dict[str, Queue[dict[str, Any]]] = {}
        self._cookies: dict[str, str] = {}
        self._written: dict[str, int] = {}
        self._stored: set[str] = set()
        self._visits = 0
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler(tls is not None))
        self._server.daemon_threads = True
        if tls is not None:
            self._server.socket = tls.wrap_socket(self._server.socket, server_side=True)
        self.origin = f"http{'s' if tls else ''}://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(10)

    def visit(self, do: str, **query: object) -> tuple[str, str]:
        """The name of a new visit, and the address that makes it. `do` is `store` or `read`.

        `what`: where it is stored, as the page names it; `session` is a cookie that ends with the browser.
        `framed`: by a page of another site inside the one that is opened.
        """
        self._visits += 1
        visit = str(self._visits)
        self._reports[visit] = Queue()
        if query.pop("framed", False):
            do, query = "frame", {"do": do, **query}
        return visit, f"{self.origin}/{do}?{urlencode({'visit': visit, **query})}"

    def report(self, visit: str, within: float) -> dict[str, Any] | None:
        """What the page says it stored or read; None if it says nothing.

        With the Cookie header it came with, and whether a certificate was shown. `within` is in seconds.
        """
        try:
            report = self._reports[visit].get(timeout=within)
        except Empty:
            return None
        assert "error" not in report, f"the page failed: {report['error']}"
        came = {"cookie_header": self._cookies[visit], "certificate": self._certificates[visit]}
        return report | came

    def written(self, visit: str) -> int:
        """The highest number that a page which keeps writing says its database holds; 0 before the first."""
        return self._written.get(visit, 0)

    def _handler(website, tls: bool) -> type[BaseHTTPRequestHandler]:  # noqa: N805
        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_: object) -> None:
                pass

            def _reply(
                self, status: int, body: bytes = b"", cookies: Sequence[str] = (), **headers: str
            ) -> None:
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                # From the cache a page would come without asking, and its cookies would not be seen.
                self.send_header("Cache-Control", "no-store")
                for name, value in headers.items():
                    self.send_header(name.replace("_", "-"), value)
                for cookie in cookies:
                    self.send_header("Set-Cookie", cookie)
                self.end_headers()
                self.wfile.write(body)

            def do_GET(self) -> None:
                url = urlsplit(self.path)
                query = {name: values[0] for name, values in parse_qs(url.query).items()}
                if url.path == "/worker.js":
                    return self._reply(200, WORKER, Content_Type="text/javascript")
                if url.path == "/app.webmanifest":
                    return self._reply(
                        200, json.dumps(APP).encode(), Content_Type="application/manifest+json"
                    )
                if url.path == "/icon.png":
                    return self._reply(200, _icon(192), Content_Type="image/png")
                if url.path == "/app":
                    # The page, which does nothing then.
                    return self._reply(200, PAGE, Content_Type="text/html")
                if url.path not in ("/store", "/read", "/frame"):
                    return self._reply(404)
                visit = query["visit"]
                if url.path == "/store" and visit in website._stored:
                    # A browser that restores its tabs would sign in once more.
                    return self._reply(204)
                website._cookies[visit] = self.headers.get("Cookie", "")
                shown = self.connection.getpeercert() if tls else None
                website._certificates[visit] = bool(shown)
                places = query.get("what", "cookie").split(",") if url.path == "/store" else []
                cookies = []
                if "cookie" in places:
                    cookies.append(f"login={query['token']}; HttpOnly; {AGE}")
                if "session" in places:
                    cookies.append(f"brief={query['token']}; HttpOnly; Path=/")
                return self._reply(200, website._page, cookies, Content_Type="text/html")

            def do_POST(self) -> None:
                url = urlsplit(self.path)
                visit = parse_qs(url.query)["visit"][0]
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                if url.path == "/written":
                    website._written[visit] = max(website.written(visit), body)
                else:
                    website._stored.add(visit)
                    website._reports[visit].put(body)
                self._reply(204)

        return Handler


def _icon(size: int) -> bytes:
    """A square of one colour."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        check = struct.pack(">I", zlib.crc32(kind + content))
        return struct.pack(">I", len(content)) + kind + content + check

    head = struct.pack(">IIBBBBB", size, size, 8, 2, 0, 0, 0)
    rows = (b"\0" + b"\x20\x60\xc0" * size) * size
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", head)
        + chunk(b"IDAT", zlib.compress(rows))
        + chunk(b"IEND", b"")
    )
