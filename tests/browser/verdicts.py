"""Goes over every kind of folder: what is said of it, and what a real browser finds in its copy elsewhere.

`verdicts.py`, by the tests' Python, prints the table of `docs/profiles.md`; `verdicts.py --write` puts it
there; `verdicts.py WORD…` takes only the kinds whose name has all of these words.
"""

from __future__ import annotations

import re
import shutil
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[1] / "sdk"))

import firefox  # noqa: E402
from browser import version  # noqa: E402
from dropoff import DropoffError, HCompany, Pack, inspect_profile  # noqa: E402
from folders import TOKEN, Maker  # noqa: E402
from kinds import KINDS, Kind  # noqa: E402
from logins import cookies, read_back, unpack  # noqa: E402
from sandbox_process import ROOT, Sandbox  # noqa: E402
from website import Website  # noqa: E402

DOCUMENT = ROOT / "docs" / "profiles.md"
BEGIN, END = "<!-- verdicts: made by tests/browser/verdicts.py -->", "<!-- end of verdicts -->"
HEAD = "| folder | verdict | on the other side | |\n|---|---|---|---|\n"


@dataclass
class Row:
    """What became of one folder."""

    kind: Kind
    # `likely`, `unlikely`, `unknown`, or `refused` with the sentence that says why.
    verdict: str = ""
    said: str = ""
    warnings: tuple[str, ...] = ()
    lock: str = ""
    # Whether an upload that asks for nothing went through although its browser runs.
    went_unnoticed: bool = False
    signed_in: bool | None = None
    also: str = ""

    def disagreement(self) -> str | None:
        """What is wrong: `likely` must be signed in, `unlikely` must not be, `unknown` needs a reason."""
        kind, said = self.kind, f"{self.verdict}: {self.said}"
        if self.verdict == "refused":
            return None if kind.refused and kind.refused in self.said else said
        if self.signed_in != kind.signs_in:
            return f"the browser is {self.found()}, against what is known of this kind; {said}"
        if kind.warned and not any(kind.warned in warning for warning in self.warnings):
            return f"no warning says {kind.warned!r}: {self.warnings}"
        if kind.running and (self.lock != "live" or self.went_unnoticed):
            return f"its browser runs and was not noticed: {self.lock}"
        # Of the folder, not of what the caller says it is.
        right = kind.signs_in or kind.browser_name is not None
        if self.verdict == "unknown":
            return None if kind.unknown else said
        return None if (self.verdict == "likely") == right else f"the browser is {self.found()}; {said}"

    def found(self) -> str:
        return {True: "signed in", False: "signed out", None: ""}[self.signed_in]

    def line(self) -> str:
        """Of the table."""
        kind = self.kind
        remarks = [self.also] if self.also else []
        if self.verdict == "refused":
            remarks.append("the error says why")
        elif self.verdict == "unknown":
            remarks.append(kind.unknown)
        if kind.running and self.verdict != "refused":
            remarks.append('refused as running; this is `if_running="snapshot"`')
        if kind.warned and self.verdict != "refused":
            remarks.append("a warning says so")
        return f"| {kind.name} | {self.verdict} | {self.found()} | {'; '.join(remarks)} |\n"


def look(kind: Kind, maker: Maker, sandbox: Sandbox, place: Path) -> Row:
    """Inspects it, uploads it, unpacks what arrived, and opens that."""
    row = Row(kind)
    folder, copy = place / "folder", place / "copy"
    try:
        given = kind.make(maker, folder) or folder
        _send(row, given, copy, sandbox)
    except DropoffError as error:
        assert error.kind == "invalid_input", error
        row.verdict, row.said = "refused", str(error)
    finally:
        maker.end()
    if row.verdict != "refused":
        maker.leave()
        row.signed_in = _is_signed_in(kind, maker, copy)
        row.also = kind.also(maker, copy) if kind.also else ""
    return row


def _send(row: Row, folder: Path, copy: Path, sandbox: Sandbox) -> None:
    kind = row.kind
    seen = inspect_profile(folder, pack=Pack(**kind.pack))
    row.verdict, row.said, row.lock = seen.verdict, seen.advice, seen.lock
    sandbox.reset()
    client = HCompany(
        sandbox.h_api_key, base_url=sandbox.api_url, trusted_storage=[sandbox.storage_url], max_attempts=1
    )

    def upload(**pack: str) -> tuple[str, ...]:
        profile = client.upload_profile(
            folder,
            name="kind",
            browser_name=kind.browser_name,
            browser_version=seen.browser_version or "156",
            pack=Pack(**kind.pack, **pack),
            timeout=120,
        )
        assert profile.packed is not None
        return tuple(profile.packed.warnings)

    row.warnings = seen.warnings
    if kind.running:
        try:
            upload()
            row.went_unnoticed = True
            sandbox.reset()
        except DropoffError as error:
            if error.kind != "browser_running":
                raise
        row.warnings += upload(if_running="snapshot")
    else:
        row.warnings += upload()
    (entry,) = sandbox.objects()
    unpack(sandbox.content(entry["key"]), copy)


def _is_signed_in(kind: Kind, maker: Maker, copy: Path) -> bool:
    by_certificate = kind.kept_in == "certificate"
    report = read_back(maker.closed_website if by_certificate else maker.website, copy, start=kind.opens)
    match kind.kept_in:
        case "certificate":
            return bool(report["certificate"])
        case "local":
            return bool(report["local"] == TOKEN)
        case "record":
            return bool((report.get("record") or {}).get("token") == TOKEN)
        case cookie:
            return cookies(report).get(cookie) == TOKEN


def documented() -> dict[str, str]:
    """The lines of the table in the documentation, by kind."""
    text = DOCUMENT.read_text("utf-8").partition(BEGIN)[2].partition(END)[0]
    lines = text.replace(HEAD, "").strip().splitlines(keepends=True)
    return {line.split("|")[1].strip(): line.rstrip("\n") + "\n" for line in lines if line.startswith("| ")}


def main() -> None:
    words = [word for word in sys.argv[1:] if not word.startswith("--")]
    chosen = [kind for kind in KINDS if all(word in kind.name for word in words)]
    table = HEAD
    failed: list[str] = []
    with tempfile.TemporaryDirectory(prefix="dropoff-verdicts-", dir="/var/tmp") as at:
        website, sandbox = Website(), Sandbox()
        maker = Maker(website, Path(at) / "made")
        try:
            for number, kind in enumerate(chosen):
                place = Path(at) / str(number)
                place.mkdir()
                try:
                    row = look(kind, maker, sandbox, place)
                except AssertionError as error:
                    failed.append(kind.name)
                    print(f"FAILED {kind.name}: {error}", file=sys.stderr, flush=True)
                    continue
                if wrong := row.disagreement():
                    print(f"DISAGREES {kind.name}: {wrong}", file=sys.stderr, flush=True)
                table += row.line()
                print(f"{number + 1} of {len(chosen)}: {row.line()}", end="", file=sys.stderr, flush=True)
                shutil.rmtree(place)
        finally:
            maker.stop()
            sandbox.stop()
            website.stop()
    if failed:
        sys.exit(f"these could not be made or opened: {', '.join(failed)}")
    print(f"Chromium {version()}, Firefox {version(firefox.PROGRAM)}", file=sys.stderr)
    if "--write" in sys.argv:
        text = DOCUMENT.read_text("utf-8")
        between = re.compile(re.escape(BEGIN) + ".*" + re.escape(END), re.S)
        DOCUMENT.write_text(between.sub(lambda _: f"{BEGIN}\n{table}{END}", text), "utf-8")
    else:
        print(table, end="")


if __name__ == "__main__":
    main()
