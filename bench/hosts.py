"""What the clients send to: the sink, which drops everything, and sandboxes, most of which do too."""

import contextlib
import json
import shutil
import ssl
import sys
import time
import urllib.parse
import urllib.request
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[1] / "tests"))

import measure  # noqa: E402
from child import Child  # noqa: E402
from tickets import RECIPIENT, Tickets  # noqa: E402

HERE = Path(__file__).parent

# The environment may name a proxy; loopback is not behind it.
_opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))


# A presigner's words, for a client that looks at them. The sink looks at none.
SIGNED = "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Expires=86400&X-Amz-SignedHeaders=host&X-Amz-Signature=bench"


def _ask(url, method="GET", value=None):
    body = None if value is None else json.dumps(value).encode()
    with _opener.open(urllib.request.Request(url, data=body, method=method), timeout=60) as reply:
        return json.loads(reply.read() or b"null")


def _started(command, cores):
    with measure.pinned(cores):
        return Child(command, cwd=HERE)


class Sink:
    """`dropoff-sink`, and the API whose tickets point at it."""

    def __init__(self, binary, host, cores, tickets):
        options = ["--tls"] if host.tls else []
        options += ["--looks"] if host.looks else []
        for name in ("latency", "connect_latency", "rate", "total_rate", "busy_above"):
            if value := getattr(host, name):
                options += [f"--{name.replace('_', '-')}", str(value)]
        self.child = _started([binary, *options], cores)
        ready = self.child.ready
        self.storage_url, self.ca_file = ready["url"], ready["ca_file"]
        self.tickets = tickets
        self.api_url, self.api_key = tickets.api_url, tickets.key
        self._control = ready["control_url"]

    def prepare(self, recipient_public_key, checksum):
        self.tickets.prepare(self.storage_url, recipient_public_key, checksum)
        _ask(self._control + "/", "DELETE")

    def arrived(self):
        return _ask(self._control + "/")

    def plan(self, key, size, part_size):
        """Begins an upload in parts, and hands out what a backend would: URLs of parts, and the one that
        completes it."""
        url = f"{self.storage_url}/bench/{key}"
        trusted = urllib.request.HTTPSHandler(context=ssl.create_default_context(cafile=self.ca_file))
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), trusted)
        with opener.open(urllib.request.Request(f"{url}?uploads", method="POST"), timeout=60) as reply:
            id_ = reply.read().decode().partition("<UploadId>")[2].partition("<")[0]
        query = f"uploadId={id_}&{SIGNED}&X-Amz-Date={time.strftime('%Y%m%dT%H%M%SZ', time.gmtime())}"
        parts = [
            {"url": f"{url}?partNumber={number}&{query}"} for number in range(1, -(-size // part_size) + 1)
        ]
        return {"version": 1, "part_size": part_size, "parts": parts, "commit": {"url": f"{url}?{query}"}}


class Sandbox:
    """API and storage in one, strict as the documents. Drops what it is sent, unless it `keeps` it."""

    def __init__(self, binary, *options, keeps=False, cores=None):
        storage = [] if keeps else ["--storage", "discard"]
        self.child = _started([binary, "serve", "--exit-with-stdin", *storage, *options], cores)
        ready = self.child.ready
        self.api_url, self.api_key = ready["api_url"], ready["agentdrop_api_key"]
        self.h_api_key = ready["h_api_key"]
        self.storage_url, self.ca_file = ready["storage_url"], ready["ca_file"]
        self.tickets = None
        self._control = ready["control_url"]

    def prepare(self, recipient_public_key, _checksum):
        """As new, and the recipient known."""
        self.control("POST", "/reset")
        self.control("POST", "/agents", {"agent_id": RECIPIENT, "public_key": recipient_public_key})

    def control(self, method, path, value=None):
        return _ask(self._control + path, method, value)

    def download(self, key, path):
        """A stored object's bytes, into a file."""
        url = f"{self._control}/objects/{urllib.parse.quote(key)}/content"
        with _opener.open(url, timeout=60) as reply, open(path, "wb") as file:
            shutil.copyfileobj(reply, file, 1024 * 1024)

    def arrived(self):
        """Bytes that storage has, of all files."""
        return {"bytes": sum(object_["size"] for object_ in self.control("GET", "/objects"))}


class Hosts:
    """Hosts as cases ask for them, one of each kind, started when the first case needs it."""

    def __init__(self, sink, sandbox, cores):
        self._sink, self._sandbox, self._cores = sink, sandbox, cores
        self._running = {}
        self._stack = contextlib.ExitStack()
        self._tickets = Tickets()
        self._stack.callback(self._tickets.stop)

    def of(self, host, pinned):
        if (host, pinned) not in self._running:
            cores = self._cores if pinned else None
            self._running[host, pinned] = self._keep(self._start(host, cores))
        return self._running[host, pinned]

    def sandbox(self, **how):
        return self._keep(Sandbox(self._sandbox, **how))

    def close(self):
        self._stack.close()

    def _start(self, host, cores):
        if host.kind == "sink":
            return Sink(self._sink, host, cores, self._tickets)
        options = ["--tls"] if host.tls else []
        if host.rate:
            options += ["--rate", str(host.rate)]
        return Sandbox(self._sandbox, *options, cores=cores)

    def _keep(self, started):
        self._stack.callback(started.child.stop)
        return started
