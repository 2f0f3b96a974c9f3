"""The Node reference, in Markdown, from `index.d.ts`. TypeDoc renders it."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

from pages import ROOT

SITE = Path(__file__).parent
REPEATED = ["Constructors?", "Extended by", "Extends", "Implements", "Inherited from", "Methods", "Overrides"]
REPEATED += ["Parameters", "Properties", "Returns", "Throws", "Type Declaration", "Type Parameters"]
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
    """Writes to the folder what TypeDoc makes, and gives it as one page."""
    typedoc = SITE / "node_modules/.bin/typedoc"
    command = [typedoc, "--tsconfig", SITE / "tsconfig.json", "--out", folder, *OPTIONS]
    subprocess.run([*command, ROOT / "bindings-node/index.d.ts"], check=True)
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
    return "# Node reference\n\n" + text.replace("```ts", "```typescript")


def _slug(title: str) -> str:
    return re.sub(r"[^\w\- ]", "", re.sub(r"\\(.)", r"\1", title).lower()).strip().replace(" ", "-")
