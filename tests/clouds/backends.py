"""Other people's backends that hand out uploads, as child processes on loopback: giftless, a server of Git
LFS, over Azurite, and Uppy's Companion over SeaweedFS."""

from __future__ import annotations

import hashlib
import json
import os
import re
import sys
import urllib.parse
import urllib.request
from pathlib import Path
from typing import Any

import jwt
from servers import Azurite, Server
from weed import Weed

FOLDER = Path(__file__).parent
COMPANION = FOLDER / "node_modules" / "@uppy" / "companion" / "package.json"
LFS = "application/vnd.git-lfs+json"


class Backend:
    """What both have: a place, and JSON over HTTP."""

    def __init__(self, command: list[object], environment: dict[str, str], said: str) -> None:
        self._server = Server(command, dict(os.environ) | environment)
        self.url = "http://127.0.0.1:" + self._server.told(re.compile(said))

    def stop(self) -> None:
        self._server.stop()

    def said(self) -> str:
        """What it printed so far."""
        return self._server.said()

    def ask(self, method: str, path: str, value: Any = None, **headers: str) -> Any:
        data = None if value is None else json.dumps(value).encode()
        told = {"Content-Type": "application/json", "Accept": "application/json"} | headers
        request = urllib.request.Request(self.url + path, data, told, method=method)
        with urllib.request.urlopen(request, timeout=60) as reply:
            return json.load(reply)


class Giftless(Backend):
    """Both of its transfers over one container: `basic`, which is one PUT, and `multipart-basic`."""

    container = "lfs"
    part_size = 5 << 20
    key = "nobody's key, of 32 bytes or more"

    def __init__(self, azurite: Azurite) -> None:
        storage = {
            "storage_class": "giftless.storage.azure:AzureBlobsStorage",
            "storage_options": {"connection_string": azurite.connection, "container_name": self.container},
            "action_lifetime": 900,
        }
        signed = {"algorithm": "HS256", "private_key": self.key}
        configuration = {
            "LEGACY_ENDPOINTS": False,
            "AUTH_PROVIDERS": [{"factory": "giftless.auth.jwt:factory", "options": signed}],
            # Of the tokens that it hands out for `verify`.
            "PRE_AUTHORIZED_ACTION_PROVIDER": {"options": {"private_key": self.key[::-1]}},
            "TRANSFER_ADAPTERS": {
                "basic": {"factory": "giftless.transfer.basic_external:factory", "options": storage},
                "multipart-basic": {
                    "factory": "giftless.transfer.multipart:factory",
                    "options": storage | {"max_part_size": self.part_size},
                },
            },
        }
        command = [sys.executable, "-m", "flask", "--app", "giftless.wsgi_entrypoint", "run"]
        super().__init__(
            [*command, "--host=127.0.0.1", "--port=0"],
            {"GIFTLESS_CONFIG_STR": json.dumps(configuration), "NO_COLOR": "1"},
            r"Running on http://127\.0\.0\.1:(\d+)",
        )

    def batch(self, transfer: str, data: bytes, **more: Any) -> Any:
        """Its reply for the upload of one object, as it is."""
        entry = {"oid": hashlib.sha256(data).hexdigest(), "size": len(data)} | more
        request = {"operation": "upload", "transfers": [transfer], "objects": [entry]}
        token = jwt.encode({"sub": "sender", "scopes": "obj:team/reports/*", "exp": 2**40}, self.key)
        headers = {"Content-Type": LFS, "Accept": LFS, "Authorization": f"Bearer {token}"}
        return self.ask("POST", "/team/reports.git/info/lfs/objects/batch", request, **headers)


class Companion(Backend):
    def __init__(self, weed: Weed, **environment: str) -> None:
        settings = {
            "COMPANION_AWS_KEY": weed.access_key,
            "COMPANION_AWS_SECRET": weed.secret_key,
            "COMPANION_AWS_BUCKET": weed.bucket,
            "COMPANION_AWS_REGION": weed.region,
            "COMPANION_AWS_ENDPOINT": weed.url,
            "COMPANION_AWS_FORCE_PATH_STYLE": "true",
            "COMPANION_CLIENT_ORIGINS": "true",
            # Its own folder, for what it uploads itself, which is nothing here.
            "COMPANION_DATADIR": ".",
            "COMPANION_DOMAIN": "127.0.0.1",
            "COMPANION_SECRET": "nobody's",
            "COMPANION_PREAUTH_SECRET": "nobody's either",
            # Its SDK signs the checksum of an empty body into the URL of each part, unless it is told not to.
            "AWS_REQUEST_CHECKSUM_CALCULATION": "WHEN_REQUIRED",
        }
        super().__init__(
            ["node", FOLDER / "companion.mjs"],
            settings | environment,
            r"listens on http://127\.0\.0\.1:(\d+)",
        )

    def params(self, filename: str, media_type: str) -> Any:
        """Its document for an upload in one request, as it is."""
        query = urllib.parse.urlencode({"filename": filename, "type": media_type})
        return self.ask("GET", f"/s3/params?{query}")
