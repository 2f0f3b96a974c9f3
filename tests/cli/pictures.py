"""Makes the pictures of docs/guides/cli.md: the command in a real terminal (tmux), before the sandbox.

    make pictures

Each waits for what has to be on the screen, and for no time. The sandbox holds what should be seen under way.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from pathlib import Path

from rich.console import Console
from rich.terminal_theme import TerminalTheme
from rich.text import Text

ROOT = Path(__file__).resolve().parents[2]
PICTURES = ROOT / "docs" / "assets"
sys.path.append(str(ROOT / "tests"))

from child import Child  # noqa: E402
from control import Control, until  # noqa: E402

COLUMNS, ROWS = 96, 24
THEME = TerminalTheme(
    (24, 26, 31),
    (214, 218, 224),
    [
        (60, 64, 72), (224, 108, 117), (152, 195, 121), (229, 192, 123),
        (97, 175, 239), (198, 120, 221), (86, 182, 194), (214, 218, 224),
    ],
)  # fmt: skip
# Rich's own asks a host for its font, and pages work offline.
SVG = """\
<svg class="rich-terminal" viewBox="0 0 {width} {height}" xmlns="http://www.w3.org/2000/svg">
<style>
.{unique_id}-matrix {{ font-family: ui-monospace, Menlo, Consolas, "DejaVu Sans Mono", monospace;
  font-size: {char_height}px; line-height: {line_height}px; }}
{styles}
</style>
<defs><clipPath id="{unique_id}-clip-terminal">
<rect x="0" y="0" width="{terminal_width}" height="{terminal_height}"/></clipPath>{lines}</defs>
{chrome}
<g transform="translate({terminal_x}, {terminal_y})" clip-path="url(#{unique_id}-clip-terminal)">
{backgrounds}<g class="{unique_id}-matrix">{matrix}</g></g>
</svg>
"""
SEND = "dropoff send film.mp4 --from pipeline --to analyst"
IN_PARTS = f"{SEND} --multipart true --part-size 8MiB --resume"


class Screen:
    """A shell in a terminal of tmux's."""

    def __init__(self, folder: Path, environment: dict[str, str]) -> None:
        self.home = folder / "work"
        self._tmux = ["tmux", "-S", str(folder / "tmux"), "-f", "/dev/null"]
        shell = ["env", "-i", *(f"{name}={value}" for name, value in environment.items())]
        size = ["-x", str(COLUMNS), "-y", str(ROWS)]
        self._run("new-session", "-d", *size, "-c", str(self.home), *shell, "bash", "--norc", "--noprofile")
        until(lambda: "$" in self.shown())

    def _run(self, *arguments: str) -> str:
        return subprocess.run([*self._tmux, *arguments], check=True, stdout=subprocess.PIPE, text=True).stdout

    def clear(self) -> None:
        # Without what was printed before, so that a later look finds what is new.
        self.type("clear")
        until(lambda: self.shown().strip() == "$")

    def type(self, line: str) -> None:
        self._run("send-keys", "-l", line)
        self.press("Enter")

    def press(self, key: str) -> None:
        self._run("send-keys", key)

    def shown(self) -> str:
        return self._run("capture-pane", "-p")

    def until_ended(self, text: str) -> None:
        until(lambda: text in self.shown() and self.shown().rstrip().endswith("\n$"))

    def picture(self, name: str, title: str) -> None:
        shown = self._run("capture-pane", "-e", "-J", "-p").rstrip().removesuffix("$")
        # A home as people have one.
        lines = [line.rstrip().replace(str(self.home), "/home/ada") for line in shown.splitlines()]
        with open(os.devnull, "w") as nowhere:
            settings = {
                "width": COLUMNS,
                "file": nowhere,
                "force_terminal": True,
                "color_system": "truecolor",
            }
            console = Console(record=True, **settings)
            console.print(Text.from_ansi("\n".join(lines).rstrip()))
            svg = console.export_svg(title=title, theme=THEME, code_format=SVG, unique_id=name)
        (PICTURES / f"terminal-{name}.svg").write_text(svg)
        print(f"{name}:\n{self.shown().rstrip()}\n")

    def close(self) -> None:
        self._run("kill-server")


def sent(screen: Screen, sandbox: Control) -> None:
    sandbox.settings(connection_rate=8_000_000)
    screen.type(SEND)
    until(lambda: re.search(r" [3-7][0-9]% .* left", screen.shown()))
    screen.picture("send", "a file on its way")
    screen.until_ended("sent 1 file")
    screen.picture("sent", "sent")


def profile(screen: Screen, sandbox: Control) -> None:
    screen.type("dropoff profile upload ~/.config/google-chrome --name acme-prod-login")
    screen.until_ended("profile")
    screen.picture("profile", "a browser's profile")


def interrupted(screen: Screen, sandbox: Control) -> None:
    sandbox.fault({"on": "put_part", "skip": 3, "times": -1, "do": {"hold": True}})
    screen.type(IN_PARTS)
    until(lambda: len(sandbox.requests("put_part")) > 3 and re.search(r" [3-9][0-9]% ", screen.shown()))
    screen.press("C-c")
    screen.until_ended("the same command goes on")
    screen.picture("interrupted", "Ctrl-C")
    sandbox.clear_faults()
    screen.clear()
    screen.type(IN_PARTS)
    screen.until_ended("sent 1 file")
    screen.picture("resumed", "the same command goes on")


def refused(screen: Screen, sandbox: Control) -> None:
    sandbox.fault({"on": "put", "times": -1, "do": {"refuse_after": 100_000}})
    screen.type(SEND)
    screen.until_ended("error:")
    screen.picture("refused", "a refusal")
    sandbox.clear_faults()


def main() -> int:
    program = ROOT / "target" / "debug" / "dropoff"
    with tempfile.TemporaryDirectory() as made, Child([program, "sandbox", "--exit-with-stdin"]) as child:
        folder = Path(made)
        (folder / "bin").mkdir()
        (folder / "bin" / "dropoff").symlink_to(program)
        (folder / "work").mkdir()
        (folder / "work" / "film.mp4").write_bytes(os.urandom(48_000_000))
        ready = child.ready
        environment = {
            "PATH": f"{folder / 'bin'}:{os.environ['PATH']}",
            "HOME": str(folder / "work"),
            "TERM": "tmux-256color",
            "PS1": "$ ",
            "AGENTDROP_BASE_URL": ready["api_url"],
            "AGENTDROP_API_KEY": ready["agentdrop_api_key"],
            "HAI_API_BASE_URL": ready["api_url"],
            "HAI_API_KEY": ready["h_api_key"],
            "DROPOFF_TRUSTED_STORAGE": ready["storage_url"],
        }
        browser(folder / "work" / ".config" / "google-chrome")
        sandbox = Control(ready["control_url"])
        screen = Screen(folder, environment)
        try:
            for scene in (sent, profile, interrupted, refused):
                sandbox.reset()
                screen.clear()
                scene(screen, sandbox)
        finally:
            screen.close()
    return 0


def browser(folder: Path) -> None:
    """A folder as a Chrome that was signed in on Linux leaves it."""
    (folder / "Default").mkdir(parents=True)
    (folder / "Local State").write_text("{}")
    (folder / "Last Version").write_text("156.0.8078.73")
    (folder / "Default" / "Preferences").write_text("{}")
    with contextlib.closing(sqlite3.connect(folder / "Default" / "Cookies")) as database:
        columns = "host_key, name, encrypted_value, expires_utc, has_expires, is_persistent"
        database.execute(f"CREATE TABLE cookies ({columns})")
        cookie = ["acme.example", "sid", b"v10" + bytes(32), 250_000_000_000_000_000, 1, 1]
        database.execute("INSERT INTO cookies VALUES (?, ?, ?, ?, ?, ?)", cookie)
        database.commit()


if __name__ == "__main__":
    if not shutil.which("tmux"):
        sys.exit("tmux is missing; install it")
    sys.exit(main())
