"""Our own package, in a language it comes in. Each call is a small program of `senders/` or `openers/`, as a
user would write it; nothing of ours is loaded beside the official SDK.

What to do stands in the program's environment, and nothing else does: `CONFIG` is the folder where the
official SDK keeps an agent's keys, the other names are those of the arguments here, in capitals. It prints
one line of words with tabs between: the result, or, with status 3, the kind of the error and the journal to
go on from.
"""

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

from sandbox_process import ROOT

HERE = Path(__file__).resolve().parent
PYTHON = ROOT / ".venv/bin/python"
BUILT = ROOT / "target/debug"
REFUSED = 3


def missing():
    """One line that says what is missing, or None."""
    built = {
        "Python": [*(ROOT / ".venv/lib").glob("python*/site-packages/dropoff*")],
        "Node": [*(ROOT / "bindings-node").glob("*.node")],
        "C": [*BUILT.glob("libdropoff_c.so")],
    }
    if languages := [language for language, files in built.items() if not files]:
        return f"our package is not built for {', '.join(languages)}: run `make build python node`"
    return None


def compile_c(folder):
    """The programs in C, against the library as it is installed."""
    prefix = folder / "prefix"
    subprocess.run([ROOT / "bindings-c/install.sh", prefix, BUILT], check=True)
    strict = ["-std=c99", "-Wall", "-Wextra", "-Werror", "-pedantic"]
    linking = [f"-I{prefix}/include", f"-L{prefix}/lib", "-ldropoff", f"-Wl,-rpath,{prefix}/lib"]
    for source in (HERE / "senders/send.c", HERE / "openers/open.c"):
        subprocess.run(["cc", *strict, source, "-o", folder / source.stem, *linking], check=True)
    return {"send": [folder / "send"], "open": [folder / "open"]}


COMMANDS = {
    "Python": {"send": [PYTHON, HERE / "senders/send.py"], "open": [PYTHON, HERE / "openers/open.py"]},
    "Node": {"send": ["node", HERE / "senders/send.mjs"], "open": ["node", HERE / "openers/open.mjs"]},
}


class Refused(Exception):
    """An error that our package gave. Anything else that goes wrong with a program fails the test."""

    def __init__(self, kind, journal, message):
        super().__init__(message)
        self.kind = kind
        self.journal = journal


@dataclass
class Sent:
    id: str
    recipient_key_fingerprint: str
    recipient_key_source: str


class Ours:
    def __init__(self, commands, sandbox, home):
        self._commands = commands
        self._sandbox = sandbox
        self._home = home

    def _run(self, name, arguments, **told):
        environment = {"PATH": os.environ["PATH"], "HOME": self._home}
        environment |= {key.upper(): str(value) for key, value in told.items() if value is not None}
        command = [*self._commands[name], *arguments]
        done = subprocess.run(
            command, env=environment, cwd=self._home, capture_output=True, text=True, timeout=60
        )
        if done.returncode not in (0, REFUSED):
            raise RuntimeError(f"{command[:2]} ended with {done.returncode}: {done.stderr}")
        words = done.stdout.rstrip("\n").split("\t")
        if done.returncode == REFUSED:
            kind, journal = words
            raise Refused(kind, journal, done.stderr.strip())
        return words

    def send(self, files, sender, recipient, *, config=None, in_parts=False, **told):
        """Seals and sends as the SDK's client `sender`, with its keys unless `config` is another's folder.

        `recipient_key`, `part_size`, `concurrency` and `journal` are the package's own unless given."""
        facts = {
            "api_url": self._sandbox.api_url,
            "storage_url": self._sandbox.storage_url,
            "agentdrop_api_key": self._sandbox.agentdrop_api_key,
            "config": config or sender.config_dir,
            "sender": sender.agent_id,
            "recipient": recipient.agent_id,
            "multipart": 1 if in_parts else None,
        }
        return Sent(*self._run("send", files, **facts, **told))

    def open(self, path, to, recipient, **fields):
        """Opens a file with the keys of the SDK's client `recipient`, and gives its size as it is told."""
        place, count = self._run("open", [path, to], config=recipient.config_dir, **fields)
        assert place == str(to)
        return int(count)
