"""The Node reference, in Markdown, from the types of the package and of its modules. TypeDoc renders it."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

from pages import ROOT

SITE = Path(__file__).parent
REPEATED = ["Constructors?", "Extended by", "Extends", "Implements", "Indexable", "Inherited from", "Methods"]
REPEATED += ["Overrides", "Parameters", "Properties", "Returns", "Throws"]
REPEATED += ["Type Declaration", "Type Parameters"]
OPTIONS = [
    "--plugin",
    "typedoc-plugin-markdown",
    "--readme",
    "none",
    "--router",
    "module",
    "--hideBreadcrumbs",
    "true",
    "--hidePageHeader",
    "true",
    "--hidePageTitle",
    "true",
    "--parametersFormat",
    "table",
    "--interfacePropertiesFormat",
    "table",
    "--propertyMembersFormat",
    "table",
    "--classPropertiesFormat",
    "table",
    "--enumMembersFormat",
    "table",
    "--disableSources",
    "true",
    "--logLevel",
    "Warn",
]


def reference(folder: Path) -> str:
    return _page("Node reference", ROOT / "bindings-node/index.d.ts", folder)


def module_reference(name: str, folder: Path) -> str:
    """The page of a module beside the package's own names, which it may mention and does not describe."""
    elsewhere = ["--validation.notExported", "false", "--validation.invalidLink", "false"]
    return _page(f"dropoff/{name}, in Node", ROOT / f"bindings-node/{name}.d.ts", folder / name, *elsewhere)


def _page(title: str, types: Path, folder: Path, *options: str) -> str:
    """Writes to the folder what TypeDoc makes, and gives it as one page."""
    typedoc = SITE / "node_modules/.bin/typedoc"
    command = [typedoc, "--tsconfig", SITE / "tsconfig.json", "--out", folder, *OPTIONS, *options]
    subprocess.run([*command, types], check=True)
    text = (folder / "README.md").read_text("utf-8")
    # Anchors of members that several classes have are numbered by the order of the page; a link that means
    # another class's would lead astray, so those are text.
    titles = re.findall(r"^#+ (.+)$", text, re.M)
    slugs = [_slug(title) for title in titles]
    unique = {slug for slug in slugs if slugs.count(slug) == 1}
    text = re.sub(
        r"\[([^\]]+)\]\(#([\w-]+)\)", lambda m: m[0] if m[2] in unique else f"`{m[1].strip('`')}`", text
    )
    # Titles that each item has would only fill the page's table of contents.
    text = re.sub(rf"^#+ ({'|'.join(REPEATED)})\n", r"**\1**\n", text, flags=re.M)
    text = re.sub(r"^##### ", "#### ", text, flags=re.M)
    # Python-Markdown does not know these escapes.
    text = text.replace("\\<", "&lt;").replace("\\>", "&gt;")
    return f"# {title}\n\n" + text.replace("```ts", "```typescript")


def _slug(title: str) -> str:
    return re.sub(r"[^\w\- ]", "", re.sub(r"\\(.)", r"\1", title).lower()).strip().replace(" ", "-")
