"""Builds the site from `docs/`: `make docs`. See `pages.py` for what else of the repository has a page.

This program puts the pages together in target/docs/pages, and Zensical makes target/docs/site of them. A link
to a page, an anchor or a file that is not there ends the build.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import c_reference
import error_facts
import node_reference
import pages
import plain
import python_reference

HERE = Path(__file__).parent
OUT = pages.ROOT / "target/docs"
# Each is `dropoff.…` in Python and `dropoff/…` in Node.
MODULES = ("tools", "testing")
RUSTDOC = pages.ROOT / "target/doc"
# Zensical's search needs this where the site is opened from a folder, and would ask the network for it.
SHIM = "https://unpkg.com/iframe-worker/shim"


def main() -> None:
    shutil.rmtree(OUT, ignore_errors=True)
    built = {page: _page(source, page) for source, page in pages.sources().items()}
    built |= {
        "reference/python.md": python_reference.reference(),
        "reference/node.md": node_reference.reference(OUT / "typedoc"),
        **{f"reference/python-{name}.md": python_reference.module_reference(name) for name in MODULES},
        **{
            f"reference/node-{name}.md": node_reference.module_reference(name, OUT / "typedoc")
            for name in MODULES
        },
        "reference/c.md": c_reference.reference(),
        "reference/rust.md": _rust(),
    }
    navigation = tomllib.loads((HERE / "zensical.toml").read_text("utf-8"))["project"]["nav"]
    if nowhere := set(built) - {page for _, page in plain.entries(navigation)}:
        raise SystemExit(f"zensical.toml does not name {', '.join(sorted(nowhere))}")
    for page, text in built.items():
        (OUT / "pages" / page).parent.mkdir(parents=True, exist_ok=True)
        (OUT / "pages" / page).write_text(text, "utf-8")
    shutil.copytree(pages.ROOT / "docs/assets", OUT / "pages/assets")
    shutil.copy(HERE / "zensical.toml", OUT)
    zensical = [Path(sys.executable).parent / "zensical", "build", "--strict"]
    subprocess.run([*zensical, "--config-file", OUT / "zensical.toml"], check=True)
    _finish(built)


def _page(source: str, page: str) -> str:
    places = pages.sources() | pages.ELSEWHERE
    text = (pages.ROOT / source).read_text("utf-8")
    text = error_facts.with_facts(page, pages.with_links(text, source, page, places))
    # The highlighter knows no attributes of documentation tests.
    return re.sub(r"^```rust,\w+$", "```rust", text, flags=re.M)


def _rust() -> str:
    """The crate's own introduction; rustdoc, beside the site, has the rest."""
    lines = (pages.ROOT / "core/src/lib.rs").read_text("utf-8").splitlines()
    comment = "\n".join(line[3:].removeprefix(" ") for line in lines if line.startswith("//!"))
    # Links of rustdoc's own lead to types, and are text here.
    comment = re.sub(r"\[(`[^`]+`)\](?!\()", r"\1", comment)
    code = re.compile(r"^```(?:no_run|rust[^\n]*)?\n(.*?)^```$", re.M | re.S)
    shown = re.compile(r"^# .*\n", re.M)
    comment = code.sub(lambda match: f"```rust\n{shown.sub('', match[1])}```", comment)
    link = '<a href="../rustdoc/dropoff/index.html">every type and function</a>'
    begin = f"`cargo doc` makes the reference of {link}; this is how it begins."
    return f"# Rust reference\n\n{begin}\n\n{comment}\n"


def _finish(built: dict[str, str]) -> None:
    site = OUT / "site"
    shutil.copy(
        HERE / "node_modules/iframe-worker/shim/index.js", site / "assets/javascripts/iframe-worker.js"
    )
    for file in site.rglob("*.html"):
        text = file.read_text("utf-8")
        up = "../" * (len(file.relative_to(site).parts) - 1)
        file.write_text(text.replace(SHIM, f"{up}assets/javascripts/iframe-worker.js"), "utf-8")
    project = tomllib.loads((HERE / "zensical.toml").read_text("utf-8"))["project"]
    plain.write(built, project["nav"], site, project["site_description"])
    if RUSTDOC.is_dir():
        shutil.copytree(RUSTDOC, site / "rustdoc")
    print(f"{site}/index.html: {len(built)} pages")


if __name__ == "__main__":
    main()
