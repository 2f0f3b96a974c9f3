"""SeaweedFS as a child process, on loopback, with one bucket."""

import contextlib
import ctypes
import glob
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
from pathlib import Path

import boto3
import s3
from botocore.config import Config
from sandbox_process import http

BINARY = Path(sys.executable).parent / "weed"
READY_WITHIN = 60.0
# Every listener has a gRPC twin this far above it.
GRPC = 10_000
PR_SET_PDEATHSIG = 1
NAMES = ("s3", "master", "volume", "filer", "admin")


class Weed:
    bucket = "lab"
    region = "us-east-1"
    access_key = "labkey"
    secret_key = "labsecret123"

    def __init__(self):
        for _ in range(3):
            self._ports = free_ports()
            self._folder = Path(tempfile.mkdtemp(prefix="dropoff-weed-"))
            self.url = f"http://127.0.0.1:{self._ports[0]}"
            self._start()
            if self._ready():
                return
            said = self.log()
            self.stop()
        raise RuntimeError(f"SeaweedFS was not ready within {READY_WITHIN} s, three times; it said:\n{said}")

    def client(self):
        """boto3's, which signs for it."""
        return boto3.client(
            "s3",
            endpoint_url=self.url,
            aws_access_key_id=self.access_key,
            aws_secret_access_key=self.secret_key,
            region_name=self.region,
            config=Config(signature_version="s3v4"),
        )

    def _start(self):
        environment = {
            **os.environ,
            "AWS_ACCESS_KEY_ID": self.access_key,
            "AWS_SECRET_ACCESS_KEY": self.secret_key,
        }
        command = [
            BINARY,
            f"-logdir={self._folder}",
            "mini",
            f"-dir={self._folder}",
            "-ip=127.0.0.1",
            "-ip.bind=127.0.0.1",
            f"-bucket={self.bucket}",
            *(f"-{name}.port={port}" for name, port in zip(NAMES, self._ports, strict=True)),
            "-webdav=false",
            "-admin.ui=false",
            "-s3.port.iceberg=0",
            "-s3.port.lance=0",
            "-s3.autoCreateBucket=false",
        ]
        with open(self._folder / "output", "ab") as output:
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env=environment,
                cwd=self._folder,
                preexec_fn=_end_with_parent,
            )

    def _ready(self):
        """The port answers, with 403, before the bucket exists: so the bucket is asked for, and with
        a signature, which also proves that the credentials are loaded."""
        deadline = time.monotonic() + READY_WITHIN
        while time.monotonic() < deadline and self._process.poll() is None:
            with contextlib.suppress(OSError, urllib.error.URLError):
                if http("GET", self.presign("GET", ""))[0] == 200:
                    return True
            time.sleep(0.05)
        return False

    def presign(self, method, key, **options):
        return s3.presign(
            method,
            self.url,
            f"/{self.bucket}/{key}" if key else f"/{self.bucket}",
            access_key=self.access_key,
            secret_key=self.secret_key,
            region=self.region,
            **options,
        )

    def read(self, key):
        """The object's bytes as SeaweedFS gives them out; None if there is no such object."""
        status, _, body = http("GET", self.presign("GET", key))
        assert status in (200, 404), f"GET {key}: {status} {body!r}"
        return body if status == 200 else None

    @contextlib.contextmanager
    def frozen(self):
        """Connections are still accepted, by the kernel; nothing sent on one is ever answered."""
        self._process.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self._process.send_signal(signal.SIGCONT)

    def kill(self):
        # It takes seconds to end on SIGTERM.
        self._process.kill()
        self._process.wait()

    def start_again(self):
        """On the same ports, over what was stored before."""
        self._start()
        assert self._ready(), self.log()

    def log(self):
        return (self._folder / "output").read_text(errors="replace")[-2000:]

    def stop(self):
        self.kill()
        shutil.rmtree(self._folder, ignore_errors=True)
        # Put there whatever TMPDIR says, and left behind.
        for port in self._ports:
            for number in (port, port + GRPC):
                for left in glob.glob(f"/tmp/seaweedfs-*-{number}.sock"):
                    os.unlink(left)


def _end_with_parent():
    """A test run that is killed leaves no server behind (Linux)."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def free_ports():
    """Consecutive ports that are free together with their twins, below the range the kernel hands
    out for outgoing connections."""
    while True:
        first = random.randrange(20_000, 22_700, len(NAMES))
        ports = range(first, first + len(NAMES))
        if all(is_free(port) and is_free(port + GRPC) for port in ports):
            return ports


def is_free(port):
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True
