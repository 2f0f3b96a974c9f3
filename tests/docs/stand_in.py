"""In the place of Google's and Azure's storage, which nobody can install here: takes an upload as they do.

Their own libraries sign; whether a signature is right is theirs to know. What it must carry is looked at.
"""

from __future__ import annotations

import base64
import hashlib
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

GOOGLE = {"X-Goog-Algorithm", "X-Goog-Credential", "X-Goog-Date", "X-Goog-Expires", "X-Goog-Signature"}
AZURE = {"sv", "se", "sp", "sr", "sig"}


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_PUT(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        query = set(parse_qs(urlsplit(self.path).query))
        if "upload_id" in query:
            md5 = base64.b64encode(hashlib.md5(body).digest()).decode()
            self._answer(200, {"x-goog-hash": f"md5={md5}", "X-GUploader-UploadID": "x"})
        elif query >= GOOGLE and self.headers["Content-Type"] == "application/pdf":
            self._answer(200, {"ETag": f'"{hashlib.md5(body).hexdigest()}"', "X-GUploader-UploadID": "x"})
        elif query >= AZURE and self.headers["x-ms-blob-type"] == "BlockBlob":
            self._answer(201, {"ETag": '"0x8DD0A0A0A0A0A0A"', "x-ms-request-id": "x"})
        else:
            self._answer(403, {})

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        query = set(parse_qs(urlsplit(self.path).query))
        if query >= GOOGLE and self.headers["x-goog-resumable"] == "start":
            place = f"http://{self.headers['Host']}{urlsplit(self.path).path}?upload_id=1"
            self._answer(201, {"Location": place, "X-GUploader-UploadID": "x"})
        else:
            is_post = body and self.headers["Content-Type"] == "application/pdf"
            self._answer(200 if is_post else 403, {})

    def _answer(self, status: int, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in (headers | {"Content-Length": "0"}).items():
            self.send_header(name, value)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        pass


class StandIn:
    def __init__(self) -> None:
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        key = base64.b64encode(b"k" * 64).decode()
        self.azure_connection = f"AccountName=reports;AccountKey={key};BlobEndpoint={self.url}/reports"

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


def service_account() -> str:
    """A key file as Google hands them out, of nobody."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    return json.dumps(
        {
            "type": "service_account",
            "project_id": "reports",
            "private_key_id": "0",
            "private_key": pem,
            "client_email": "uploader@reports.iam.gserviceaccount.com",
            "token_uri": "https://oauth2.googleapis.com/token",
        }
    )
