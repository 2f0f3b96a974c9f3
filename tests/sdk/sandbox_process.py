"""`dropoff-sandbox serve` as a child process. Standard library only; `tests/seaweed` uses it too."""

import json
import os
import sys
import urllib.error
import urllib.request
from pathlib import Path
from urllib.parse import quote

sys.path.append(str(Path(__file__).resolve().parents[1]))

from child import Child  # noqa: E402

ROOT = Path(__file__).resolve().parents[2]
BINARY = Path(os.environ.get("DROPOFF_SANDBOX") or ROOT / "target/debug/dropoff-sandbox")

# The environment may name a proxy; loopback is not behind it.
_opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def missing_binary():
    """One line that says what is missing, or None."""
    if os.access(BINARY, os.X_OK):
        return None
    return f"no sandbox at {BINARY}: run `cargo build --workspace`, or set DROPOFF_SANDBOX"


def http(method, url, body=None, headers=None):
    """One plain request: status, headers, bytes. An error status is a result, not an exception."""
    request = urllib.request.Request(url, data=body, method=method, headers=headers or {})
    try:
        with _opener.open(request, timeout=60) as reply:
            return reply.status, reply.headers, reply.read()
    except urllib.error.HTTPError as reply:
        with reply:
            return reply.code, reply.headers, reply.read()


class Sandbox:
    """Both services. The ready line's values are attributes, the control endpoint's calls methods."""

    def __init__(self, *options, secret_key=None):
        environment = dict(os.environ)
        if secret_key is not None:
            environment["DROPOFF_SANDBOX_SECRET_KEY"] = secret_key
        self._child = Child([BINARY, "serve", "--exit-with-stdin", *options], env=environment)
        ready = self._child.ready
        self.api_url = ready["api_url"]
        self.storage_url = ready["storage_url"]
        self.control_url = ready["control_url"]
        self.h_api_key = ready["h_api_key"]
        self.agentdrop_api_key = ready["agentdrop_api_key"]

    def stop(self):
        self._child.stop()

    def control(self, method, path, value=None):
        body = None if value is None else json.dumps(value).encode()
        status, _, reply = http(method, self.control_url + path, body)
        assert status == 200, f"{method} {path}: {status} {reply!r}"
        return reply

    def requests(self, op=None):
        """The log, in order of arrival; of one operation if it is named."""
        entries = json.loads(self.control("GET", "/requests"))
        return [entry for entry in entries if op in (None, entry["op"])]

    def objects(self):
        return json.loads(self.control("GET", "/objects"))

    def content(self, key):
        return self.control("GET", f"/objects/{quote(key)}/content")

    def transfers(self):
        return json.loads(self.control("GET", "/transfers"))

    def profiles(self):
        return json.loads(self.control("GET", "/profiles"))

    def register_agent(self, agent_id, public_key=None, **more):
        """Of the own account, unless `account_id` says otherwise."""
        self.control("POST", "/agents", {"agent_id": agent_id, "public_key": public_key, **more})

    def order(self, on, action, **more):
        self.control("POST", "/faults", {"on": on, "do": action, **more})

    def change(self, **settings):
        self.control("POST", "/settings", settings)

    def reset(self):
        """Forgets everything but the settings, so those go back to their defaults here."""
        self.control("POST", "/reset")
        self.change(max_profile_bytes=1_000_000_000, upload_expires_in=3600, max_file_bytes=10 * 1024**3)
