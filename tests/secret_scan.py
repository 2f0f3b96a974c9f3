"""Searches everything the suites printed for secrets: `secret_scan.py FOLDER`.

The sandbox's keys are the same in every run, a presigned URL has its signature in the query, and a form's
policy begins the same way in every ticket. Whatever a passing test printed, an error, a repr, a log line or
a panic's text, none of these may be in it.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
SOURCES = ROOT / "sandbox" / "src"


def key(service: str) -> str:
    """The key that the sandbox takes for a service."""
    text = "".join(file.read_text() for file in (SOURCES / service).glob("*.rs"))
    [found] = re.findall(r'API_KEY: &str = "(.+?)"', text)
    return str(found)


def main(folder: Path) -> int:
    secrets = {
        "the H Company key": re.escape(key("hcompany")),
        "the AgentDrop key": re.escape(key("agentdrop")),
        "a signed URL": r"X-Amz-Signature=[0-9a-f]{16}",
        "a form's signature": r"x-amz-signature\W{1,8}[0-9a-f]{16}",
        "a form's policy": "eyJleHBpcmF0aW9u",  # base64 of {"expiration
        # The private keys of the suites' two agents.
        "the sender's private key": re.escape("AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyA="),
        "the recipient's private key": re.escape("QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVpbXF1eX2A="),
    }
    files = sorted(folder.glob("*.log"))
    found = 0
    for file in files:
        for number, line in enumerate(file.read_text("utf-8", "replace").splitlines(), 1):
            for what, pattern in secrets.items():
                if re.search(pattern, line):
                    print(f"{file}:{number}: {what} is in: {line[:200]}")
                    found += 1
    lines = sum(file.read_text("utf-8", "replace").count("\n") for file in files)
    print(f"secret scan: {found} secrets in {lines} lines that {len(files)} suites printed")
    return int(found > 0 or not files)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
