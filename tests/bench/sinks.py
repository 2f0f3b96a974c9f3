"""What the clients send to: sandboxes, most of which drop what they are sent, and the sink that takes any
framing."""

import contextlib
import json
import os
import select
import shutil
import subprocess
import urllib.parse
import urllib.request
from pathlib import Path

HERE = Path(__file__).parent
READY_WITHIN = 30.0

# What the sent file is called.
NAME = "large.bin"

# The environment may name a proxy; loopback is not behind it.
_opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))


class Child:
    """A program that prints lines of JSON and ends with its standard input, so also when we are killed."""

    def __init__(self, command):
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0, cwd=HERE
        )
        try:
            self.ready = self.line(READY_WITHIN)
        except BaseException:
            self.stop()
            raise

    def line(self, seconds):
        readable, _, _ = select.select([self._process.stdout], [], [], seconds)
        line = self._process.stdout.readline() if readable else b""
        if not line:
            raise RuntimeError(f"{self._process.args[0]}: no line within {seconds} s")
        return json.loads(line)

    def cpu(self):
        """Seconds of processor time so far."""
        with open(f"/proc/{self._process.pid}/stat") as stat:
            fields = stat.read().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def stop(self):
        self._process.stdin.close()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process.stdout.close()


class Sandbox:
    """API and storage in one, as the sandbox is; storage in parts or whole, framed as the documents say.
    It drops what it is sent, unless it `keeps` it."""

    def __init__(self, binary, *options, keeps=False):
        storage = [] if keeps else ["--storage", "discard"]
        self.child = Child([binary, "serve", "--exit-with-stdin", *storage, *options])
        ready = self.child.ready
        self.api_url, self.api_key = ready["api_url"], ready["agentdrop_api_key"]
        self.h_api_key = ready["h_api_key"]
        self.storage_url, self.ca_file = ready["storage_url"], ready["ca_file"]
        self._control = ready["control_url"]

    def prepare(self, recipient_public_key):
        """As new, and the recipient known."""
        self.control("POST", "/reset")
        self.control("POST", "/agents", {"agent_id": "recipient-agent", "public_key": recipient_public_key})

    def control(self, method, path, value=None):
        body = None if value is None else json.dumps(value).encode()
        request = urllib.request.Request(self._control + path, data=body, method=method)
        with _opener.open(request, timeout=60) as reply:
            return json.loads(reply.read() or b"null")

    def download(self, key, path):
        """A stored object's bytes, into a file."""
        url = f"{self._control}/objects/{urllib.parse.quote(key)}/content"
        with _opener.open(url, timeout=60) as reply, open(path, "wb") as file:
            shutil.copyfileobj(reply, file, 1024 * 1024)

    def arrived(self):
        """Bytes that storage took for the one file that was sent."""
        (object_,) = self.control("GET", "/objects")
        return {"bytes": object_["size"]}


class Tolerant:
    """The API of a sandbox, whose tickets point at the sink."""

    ID = "tr_bench"

    def __init__(self, sandbox, python, certificate=None):
        self._sandbox = sandbox
        files = [certificate / "sink.pem", certificate / "sink.key"] if certificate else []
        self.child = Child([python, HERE / "sink.py", *files])
        self.api_url, self.api_key = sandbox.api_url, sandbox.api_key
        self.storage_url = self.child.ready["storage_url"]
        self.ca_file = str(certificate / "ca.pem") if certificate else None

    def prepare(self, recipient_public_key):
        """The sandbox answers presigning itself, but for where the file goes. It cannot find the file
        there, so confirming is answered for it."""
        self._sandbox.prepare(recipient_public_key)
        slot = {
            "file_id": "file_1",
            "file_name": NAME,
            "upload_url": f"{self.storage_url}/bench/{NAME}",
            "method": "PUT",
            "headers": {"Content-Type": "application/octet-stream"},
        }
        reply = {"status": 200, "body": {"id": self.ID, "status": "active"}}
        orders = [
            {"on": "presign", "do": {"patch": {"id": self.ID, "upload_urls": [slot]}}},
            {"on": "confirm", "do": {"reply": reply}},
        ]
        self._sandbox.control("POST", "/faults", orders)

    def arrived(self):
        return self.child.line(5)


@contextlib.contextmanager
def stopped_at_the_end():
    """Collects sinks, and ends them however the block ends."""
    with contextlib.ExitStack() as stack:

        def started(sink):
            stack.callback(sink.child.stop)
            return sink

        yield started
