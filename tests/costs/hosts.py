"""Who takes the uploads: sinks that drop what they get, and a sandbox for what needs an API."""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[1]))

from child import Child  # noqa: E402


def sink(built):
    return Child([built / "dropoff-sink"])


def secure_sink(built):
    return Child([built / "dropoff-sink", "--tls"])


def sandbox(built):
    return Child([built / "dropoff-sandbox", "serve", "--exit-with-stdin", "--storage", "discard"])
