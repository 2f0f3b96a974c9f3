"""Stores, and the ways into each: what signs a ticket there, what sends it, and how the object is read back
piece by piece, since it may be larger than memory."""

from __future__ import annotations

import base64
import json
import math
import re
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from azure.storage.blob import BlobSasPermissions, BlobServiceClient, generate_blob_sas
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from google.auth import credentials as google_credentials
from google.auth import crypt
from google.cloud.storage import Client
from plain import call, initiated
from sandbox_process import Sandbox
from servers import Azurite, GoogleEmulator
from weed import Weed

if TYPE_CHECKING:
    from dropoff import Storage

PIECE = 1 << 20
PART = 8 << 20
# More than any file here, so that it goes whole.
WHOLE = 5 << 30
LIFE = 3600
Bytes = Iterator[bytes]


@dataclass
class Ticket:
    """What somebody who signs hands out. `upload` is whatever the store wants to know of it at the end."""

    urls: list[str]
    headers: dict[str, str] = field(default_factory=dict)
    fields: dict[str, str] | None = None
    upload: Any = None
    steps: dict[str, str] = field(default_factory=dict)

    def aged(self) -> Ticket:
        """The same, signed ten days ago, as far as it tells. Its signature is another's then."""
        fields = self.fields and {name: aged_field(name, value) for name, value in self.fields.items()}
        return replace(self, urls=[aged_url(url) for url in self.urls], fields=fields)

    def forged(self) -> Ticket:
        fields = self.fields and {
            name: "0" * 64 if name.lower() == "x-amz-signature" else value
            for name, value in self.fields.items()
        }
        return replace(self, urls=[forged_url(url) for url in self.urls], fields=fields)


def past() -> datetime:
    return datetime.now(UTC) - timedelta(days=10)


def aged_url(url: str) -> str:
    url = re.sub(r"(X-(?:Amz|Goog)-Date)=[^&]+", rf"\g<1>={past():%Y%m%dT%H%M%SZ}", url)
    return re.sub(r"([?&]se)=[^&]+", rf"\g<1>={quote(f'{past():%Y-%m-%dT%H:%M:%SZ}', safe='')}", url)


def aged_field(name: str, value: str) -> str:
    if name.lower() != "policy":
        return value
    policy = json.loads(base64.b64decode(value)) | {"expiration": f"{past():%Y-%m-%dT%H:%M:%SZ}"}
    return base64.b64encode(json.dumps(policy).encode()).decode()


def forged_url(url: str) -> str:
    """Another signature; where none is looked at, a bucket and a session that nobody has."""
    url = re.sub(r"(X-(?:Amz|Goog)-Signature)=[^&]+", rf"\g<1>={'0' * 64}", url)
    url = re.sub(r"([?&]sig)=[^&]+", rf"\g<1>={quote(base64.b64encode(bytes(32)).decode(), safe='')}", url)
    url = re.sub(r"(upload_id)=[^&]+", r"\g<1>=00000000-0000-0000-0000-000000000000", url)
    return url.replace("/reports/", "/nobodys/") if "X-Goog-" in url else url.replace("/b/reports/", "/b/no/")


class Store:
    """One of the stores; `ways` are those that it knows."""

    name: str
    ways: tuple[str, ...]
    origin: str

    def client(self, way: str, **options: Any) -> Storage:
        # Where the package is missing, the suite says so in a sentence.
        from dropoff import Storage

        threshold = PART if way == "blocks" else WHOLE
        settings = {"part_size": PART, "multipart_threshold": threshold, "backoff_base": 0.001} | options
        return Storage(trusted_storage=[self.origin], **settings)

    def ticket(self, way: str, key: str, size: int) -> Ticket:
        raise NotImplementedError

    def send(self, way: str, client: Storage, ticket: Ticket, source: Path) -> Any:
        url = ticket.urls[0]
        if way == "form":
            return client.post_form(url, ticket.fields or {}, source)
        if way == "post":
            return client.post(url, source)
        if way == "parts":
            return client.put_parts(ticket.urls, source, part_size=PART)
        if way == "plan":
            return client.send(self.plan(ticket, source), source)
        return client.put(url, source, headers=ticket.headers)

    def plan(self, ticket: Ticket, source: Path) -> dict[str, Any]:
        return {"url": ticket.urls[0], "headers": ticket.headers, "size": source.stat().st_size}

    def complete(self, way: str, ticket: Ticket, stored: Any) -> None:
        """What only the signer can do once the parts are there."""

    def read(self, key: str) -> Bytes | None:
        """None if there is no such object."""
        raise NotImplementedError

    def remove(self, key: str) -> None:
        raise NotImplementedError


class SeaweedFS(Store):
    name, ways = "SeaweedFS", ("put", "form", "parts", "plan")

    def __init__(self, weed: Weed) -> None:
        self.origin, self._bucket = weed.url, weed.bucket
        self._s3 = weed.client()

    def ticket(self, way: str, key: str, size: int) -> Ticket:
        target = {"Bucket": self._bucket, "Key": key}
        sign = self._s3.generate_presigned_url
        if way == "put":
            return Ticket([sign("put_object", Params=target)])
        if way == "form":
            form = self._s3.generate_presigned_post(self._bucket, key)
            return Ticket([form["url"]], fields=form["fields"])
        upload = target | {"UploadId": self._s3.create_multipart_upload(**target)["UploadId"]}
        numbers = range(1, parts(size) + 1)
        urls = [sign("upload_part", Params=upload | {"PartNumber": number}) for number in numbers]
        steps = {
            "commit": sign("complete_multipart_upload", Params=upload),
            "abort": sign("abort_multipart_upload", Params=upload),
        }
        return Ticket(urls, upload=upload, steps=steps)

    def plan(self, ticket: Ticket, source: Path) -> dict[str, Any]:
        return {"parts": ticket.urls, "part_size": PART} | ticket.steps

    def complete(self, way: str, ticket: Ticket, stored: Any) -> None:
        if way == "parts":
            numbered = [{"PartNumber": part.part_number, "ETag": part.etag} for part in stored.parts]
            self._s3.complete_multipart_upload(**ticket.upload, MultipartUpload={"Parts": numbered})

    def read(self, key: str) -> Bytes | None:
        try:
            return self._s3.get_object(Bucket=self._bucket, Key=key)["Body"].iter_chunks(PIECE)
        except self._s3.exceptions.NoSuchKey:
            return None

    def remove(self, key: str) -> None:
        self._s3.delete_object(Bucket=self._bucket, Key=key)


class AzuriteStore(Store):
    name, ways = "Azurite", ("put", "blocks", "plan")

    def __init__(self, azurite: Azurite) -> None:
        self.origin, self._key = azurite.url, azurite.key
        service = BlobServiceClient.from_connection_string(azurite.connection)
        self._container = service.get_container_client("table")
        if not self._container.exists():
            self._container.create_container()

    def ticket(self, way: str, key: str, size: int) -> Ticket:
        blob = self._container.get_blob_client(key)
        signature = generate_blob_sas(
            blob.account_name,
            blob.container_name,
            blob.blob_name,
            account_key=self._key,
            permission=BlobSasPermissions(create=True, write=True),
            expiry=datetime.now(UTC) + timedelta(seconds=LIFE),
        )
        return Ticket([f"{blob.url}?{signature}"])

    def read(self, key: str) -> Bytes | None:
        blob = self._container.get_blob_client(key)
        return blob.download_blob().chunks() if blob.exists() else None

    def remove(self, key: str) -> None:
        blob = self._container.get_blob_client(key)
        if blob.exists():
            blob.delete_blob()


class Signer(google_credentials.Signing):
    """A service account of nobody's, whose key was made just now: the emulator looks at no signature."""

    def __init__(self) -> None:
        key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        encoding, form = serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL
        pem = key.private_bytes(encoding, form, serialization.NoEncryption())
        self._signer = crypt.RSASigner.from_string(pem.decode())

    @property
    def signer_email(self) -> str:
        return "nobody@reports.test"

    def sign_bytes(self, message: bytes) -> bytes:
        return self._signer.sign(message)

    @property
    def signer(self) -> crypt.Signer:
        return self._signer


class GoogleStore(Store):
    name, ways = "gcp-storage-emulator", ("put", "post", "session", "plan")

    def __init__(self, emulator: GoogleEmulator) -> None:
        self.origin, self._signer = emulator.url, Signer()
        anonymous = google_credentials.AnonymousCredentials()
        options = {"api_endpoint": emulator.url}
        client = Client(project="reports", credentials=anonymous, client_options=options)
        self._bucket = client.bucket("reports")

    def ticket(self, way: str, key: str, size: int) -> Ticket:
        blob = self._bucket.blob(key)
        if way == "put":
            url = blob.generate_signed_url(
                version="v4",
                method="PUT",
                expiration=LIFE,
                credentials=self._signer,
                api_access_endpoint=self.origin,
            )
            return Ticket([url])
        if way == "post":
            name = quote(key, safe="")
            return Ticket([f"{self.origin}/upload/storage/v1/b/reports/o?uploadType=media&name={name}"])
        return Ticket([blob.create_resumable_upload_session(size=size, content_type="text/csv")])

    def read(self, key: str) -> Bytes | None:
        # In one request: the emulator reads all of it for each.
        url = f"{self.origin}/download/storage/v1/b/reports/o/{quote(key, safe='')}?alt=media"
        return read_url(url) if self._bucket.blob(key).exists() else None

    def remove(self, key: str) -> None:
        # A deleted object is kept for days otherwise.
        urllib.request.urlopen(f"{self.origin}/wipe?keep-buckets=1", timeout=60).close()


class SandboxStore(Store):
    """The sandbox's storage in one of its dialects, by the tickets of both services."""

    def __init__(self, sandbox: Sandbox, name: str, ways: tuple[str, ...], **settings: Any) -> None:
        self.name, self.ways, self.sandbox, self._settings = name, ways, sandbox, settings
        self.origin = sandbox.storage_url

    def prepare(self, way: str) -> None:
        """As this store: one process is all of them."""
        self.sandbox.reset()
        self.sandbox.control("DELETE", "/faults")
        defaults = {"dialect": "s3", "answered_checksums": [], "md5_etags": True}
        settings = defaults | self._settings
        if settings["dialect"] == "google" and way in ("session", "plan"):
            settings["dialect"] = "google_session"
        self.sandbox.change(max_profile_bytes=WHOLE, **settings)

    def ticket(self, way: str, key: str, size: int) -> Ticket:
        self.prepare(way)
        if way == "form":
            reply = initiated(self.sandbox)
            return Ticket([reply["upload_url"]], fields=reply["upload_fields"])
        entry = {"name": key, "size": size, "content_type": "text/csv"}
        if way == "parts":
            entry["part_size"] = PART
        transfer = {"mode": "agent-to-agent", "sender": "a", "recipient": "b", "files": [entry]}
        path = "/v1/transfers/presigned" + ("/multipart" if way == "parts" else "")
        status, reply = call(self.sandbox, self.sandbox.agentdrop_api_key, "POST", path, transfer)
        assert status == 200, reply
        if way != "parts":
            (slot,) = reply["upload_urls"]
            return Ticket([slot["upload_url"]], slot["headers"])
        (file,) = reply["files"]
        upload = f"/v1/transfers/{reply['id']}/files/{file['file_id']}", file["upload_id"]
        return Ticket([part["upload_url"] for part in file["part_urls"]], upload=upload)

    def complete(self, way: str, ticket: Ticket, stored: Any) -> None:
        if way == "parts":
            path, upload_id = ticket.upload
            numbered = [{"part_number": part.part_number, "etag": part.etag} for part in stored.parts]
            body = {"upload_id": upload_id, "parts": numbered}
            status, reply = call(
                self.sandbox,
                self.sandbox.agentdrop_api_key,
                "POST",
                f"{path}/complete-multipart",
                body,
            )
            assert status == 200, reply

    def read(self, key: str) -> Bytes | None:
        # Its services choose the name.
        held = self.sandbox.objects()
        if not held:
            return None
        (entry,) = held
        return read_url(f"{self.sandbox.control_url}/objects/{quote(entry['key'])}/content")

    def remove(self, key: str) -> None:
        self.sandbox.reset()


def read_url(url: str) -> Bytes:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(url, timeout=60) as reply:
        while piece := reply.read(PIECE):
            yield piece


def parts(size: int) -> int:
    return max(1, math.ceil(size / PART))
