"""The services' API where storage is the sink: hands out URLs that point there, and says when it did.

The sandbox signs URLs of its own storage, and will not confirm what it did not get itself. This checks
nothing, so that an API that takes its time is no part of what is measured."""

import json
import threading
import time
import urllib.parse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

KEY = "agd_test_benchmark0123456789abcdef"
RECIPIENT = "recipient-agent"
TRANSFER = "tr_bench"
EXPIRES_AT = "2099-01-01T00:00:00.000Z"
PROFILE = "00000000-0000-4000-8000-000000000002"
# What a form's ticket has, about as long as it is.
FIELDS = {
    "key": f"browser-profiles/pending/org/{PROFILE}/profile.zip",
    "Content-Type": "application/zip",
    "x-amz-checksum-algorithm": "SHA256",
    "x-amz-algorithm": "AWS4-HMAC-SHA256",
    "x-amz-credential": "bench/20260101/us-east-1/s3/aws4_request",
    "x-amz-date": "20260101T000000Z",
    "x-amz-signature": "0" * 64,
}


class Tickets:
    """Served by threads of this process, which has nothing else to do while a client runs."""

    def __init__(self):
        self.key = KEY
        self.storage_url = ""
        self.recipient_public_key = self.checksum = None
        self.presigned_at = self.confirmed_at = None
        handler = type("Bound", (Handler,), {"tickets": self})
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self._server.daemon_threads = True
        self.api_url = f"http://127.0.0.1:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def prepare(self, storage_url, recipient_public_key, checksum):
        """`checksum`: what the service will say of the profile that it gets."""
        self.storage_url, self.recipient_public_key = storage_url, recipient_public_key
        self.checksum = checksum
        self.presigned_at = self.confirmed_at = None

    def sending(self):
        """Seconds from the ticket to the question whether all is there; None if there was no transfer."""
        if self.presigned_at is None or self.confirmed_at is None:
            return None
        return self.confirmed_at - self.presigned_at

    def stop(self):
        self._server.shutdown()
        self._server.server_close()


class Handler(BaseHTTPRequestHandler):
    tickets: Tickets
    protocol_version = "HTTP/1.1"
    # Otherwise a reply may wait 40 ms for the acknowledgement of its head.
    disable_nagle_algorithm = True

    def do_GET(self):
        path = urllib.parse.urlsplit(self.path).path
        if path == "/v1/agents/resolve":
            self._reply(200, self._recipient())
        elif path == f"/v1/transfers/{TRANSFER}":
            self._reply(200, {"id": TRANSFER, "status": "active"})
        else:
            self._reply(404, {"error": {"code": "NOT_FOUND", "message": path, "status": 404}})

    def do_POST(self):
        came = time.monotonic()
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if self.path == "/v1/transfers/presigned":
            slots = [self._slot(at, file) for at, file in enumerate(json.loads(body)["files"], 1)]
            reply = {"id": TRANSFER, "upload_urls": slots, "expires_at": EXPIRES_AT}
            # Before the reply is written: what the client does from then on is the client's.
            self._reply(200, reply, sent_at="presigned_at")
        elif self.path == f"/v1/transfers/{TRANSFER}/confirm":
            self.tickets.confirmed_at = came
            self._reply(200, {"id": TRANSFER, "status": "active"})
        elif self.path.endswith("/initiate-upload"):
            self._reply(200, self._form(), sent_at="presigned_at")
        elif self.path.endswith("/complete-upload"):
            self.tickets.confirmed_at = came
            self._reply(201, json.loads(body) | {"id": PROFILE, "checksum": self.tickets.checksum})
        else:
            self._reply(404, {"error": {"code": "NOT_FOUND", "message": self.path, "status": 404}})

    def _form(self):
        return {
            "profile_id": PROFILE,
            "upload_url": f"{self.tickets.storage_url}/bench",
            "upload_fields": FIELDS,
            "upload_expires_in": 3600,
        }

    def _slot(self, at, file):
        return {
            "file_id": f"file_{at}",
            "file_name": file["name"],
            "upload_url": f"{self.tickets.storage_url}/bench/{urllib.parse.quote(file['name'])}",
            "method": "PUT",
            "headers": {"Content-Type": file["content_type"]},
        }

    def _recipient(self):
        return {
            "agent_id": RECIPIENT,
            "agent_uuid": "00000000-0000-4000-8000-000000000001",
            "public_key": self.tickets.recipient_public_key,
            "public_key_algorithm": "X25519",
            "connection_status": "connected",
        }

    def _reply(self, status, value, sent_at=None):
        body = json.dumps(value).encode()
        head = (
            f"HTTP/1.1 {status} OK\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        if sent_at:
            setattr(self.tickets, sent_at, time.monotonic())
        self.wfile.write(head.encode() + body)

    def log_message(self, *_):
        pass
