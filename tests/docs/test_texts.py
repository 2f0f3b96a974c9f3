"""What the documentation says that is no program: it must be true too, where a program can tell."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

import pytest
from blocks import NO_PROGRAMS, OF_FRAMEWORKS, PAGES, PROGRAMS, ROOT, of_page
from core_sentences import flaws, is_said

sys.path += [str(ROOT / "docs" / "site"), str(ROOT / "bench")]

import publish  # noqa: E402
from error_facts import kinds  # noqa: E402
from plots import plots  # noqa: E402

DOCS = ROOT / "docs"
ERRORS = DOCS / "errors"


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_every_block_is_run_or_is_no_program(path: Path) -> None:
    fences = re.findall(r"^ *```(\S*)", path.read_text("utf-8"), re.M)
    found = [block.language for block in of_page(path)]
    assert len(fences) == 2 * len(found), "a block that is not at the left margin"
    assert set(found) <= PROGRAMS | NO_PROGRAMS


def test_rust_is_compiled() -> None:
    included = (ROOT / "tests/rust/src/lib.rs").read_text("utf-8")
    for path in PAGES:
        if any(block.language.startswith("rust") for block in of_page(path)):
            assert f'"../../../{path.relative_to(ROOT).as_posix()}"' in included, path


@pytest.mark.parametrize("page", OF_FRAMEWORKS)
def test_lines_for_a_framework_are_run_with_it(page: str) -> None:
    tests = "".join(path.read_text("utf-8") for path in (ROOT / "tests/frameworks").glob("*/*test*.*"))
    sections = re.split(r"^## ", (ROOT / page).read_text("utf-8"), flags=re.M)
    own = [section for section in sections if section.partition("\n")[0] in OF_FRAMEWORKS[page]]
    assert len(own) == len(OF_FRAMEWORKS[page])
    for section in own:
        before, *headings = re.split(r"^### ", section, flags=re.M)
        assert headings and "```" not in before
        for heading in headings:
            name = re.escape(heading.partition("\n")[0])
            assert re.search(rf"adapt(ed|erOf)\([\"']{name}[\"']", tests), heading


# -- performance


def test_the_figures_shown_are_those_published() -> None:
    data = json.loads((DOCS / "performance.json").read_text("utf-8"))
    page = (DOCS / "performance.md").read_text("utf-8")
    assert publish.with_tables(page, data) == page
    for name, drawn in plots(data["clients"]).items():
        assert (DOCS / "assets" / name).read_text("utf-8") == drawn


def test_the_costs_named_are_those_of_the_baseline() -> None:
    page = " ".join((DOCS / "performance.md").read_text("utf-8").split())
    costs = json.loads((ROOT / "tests/costs/baseline.json").read_text("utf-8"))["costs"]
    http, https = (costs[f"PUT over {scheme}, a MiB"] for scheme in ("http", "https"))
    assert (
        f"a MiB over http takes {http['reads']:.0f} reads, {http['writes']:.0f} writes, "
        f"{http['allocations']:.0f} allocations and {round(http['instructions'], -2):,.0f} instructions "
        f"outside the kernel, and over https {https['reads']:.0f} reads, {https['writes']:.0f} writes and "
        f"{https['allocations']:.0f} allocations." in page
    )


def test_the_packages_weighed_are_those_that_were_tried() -> None:
    page = (DOCS / "platforms.md").read_text("utf-8")
    gates = json.loads((DOCS / "performance.json").read_text("utf-8"))["gates"]
    shown = {gate["name"]: gate["seen"] for gate in gates if gate["setting"] == "make dist"}
    for name, weighed in [
        ("size of wheel", r"a file of ([\d,]+) bytes"),
        ("size of .node", r"`\.node`, ([\d,]+) bytes"),
        ("size of libdropoff.so, stripped", r"`libdropoff\.so`, ([\d,]+) bytes"),
    ]:
        [said] = re.findall(weighed, page)
        weight = f"{int(said.replace(',', '')) / 1e6:.3g} MB"
        # A run that found no packages shows none.
        assert shown.get(name, weight) == weight, name


def test_a_report_is_published_as_it_is_measured() -> None:
    def case(group: str, peer: str, cpu: float, kib: int, setting: str = "defaults") -> dict[str, object]:
        figures = {"cpu": cpu, "cpu_per_gib": cpu, "wall": 2 * cpu, "over_idle_kib": kib, "peak_kib": kib}
        described = {"group": group, "peer": peer, "setting": setting, "runs": 5}
        return described | {name: {"median": value} for name, value in figures.items()}

    cases = [
        case("PUT https", "curl", 1.0, 0),
        case("PUT https", "dropoff-c", 0.43, 4200),
        case("PUT https", "dropoff-c", 2.9, 4200, "integrity_check on"),
        case("PUT http", "curl", 0.4, 0),
        case("PUT http", "dropoff-c", 0.24, 4200),
    ]
    gate = {"name": "n", "setting": "s", "value": 0.4271, "unit": " ms", "limit": 5, "exactly": False}
    report = {"cases": dict(enumerate(cases)), "gates": [gate | {"met": True, "runs": 5}]}
    tables = publish.tables(publish.published(report))
    assert "| **dropoff-c** | 0.43 | 0.43 | 0.43 | 0.24 | 0.60 | 4.1 |\n" in tables["clients"]
    assert "| n | s | 0.427 ms | 5 ms | met | 5 |\n" in tables["gates"]
    assert tables["checked"] == "", "nothing is shown of what was not measured"

    beside = [
        case(publish.CHECKED_PARTS, "dropoff-rust", 0.5, 10240),
        case(publish.CHECKED_PARTS, "awscrt", 2.5, 20480),
        case(publish.CHECKED_PARTS, "obstore", 2.0, 30720),
    ]
    report["cases"] = dict(enumerate([*cases, *beside]))
    tables = publish.tables(publish.published(report))
    assert "| **dropoff-rust** | 0.50 | 0.25 | 1.00 | 0.25 | 10 | 5 |\n" in tables["checked"]
    assert "| awscrt | 2.50 | 1.25 | 5.00 | 1.25 | 20 | 5 |\n" in tables["checked"]


# -- errors


def test_each_kind_has_a_page_with_the_same_sections() -> None:
    pages = {path.stem for path in ERRORS.glob("*.md")} - {"index"}
    assert pages == {kind.name for kind in kinds()}
    for page in pages:
        titles = re.findall(r"^#+ (.+)$", (ERRORS / f"{page}.md").read_text("utf-8"), re.M)
        assert titles[:4] == [page, "What happened", "What to do", "Outcome"], page


QUOTING = [path for path in PAGES if "| the sentence says |" in path.read_text("utf-8")]


@pytest.mark.parametrize("path", QUOTING, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_sentences_quoted_are_in_the_core(path: Path) -> None:
    table = path.read_text("utf-8").partition("| the sentence says |")[2].partition("\n\n")[0]
    rows = [row.split(" | ")[0].removeprefix("| ") for row in table.splitlines()[2:]]
    assert rows
    assert not [flaw for said in rows for flaw in flaws(said)]


@pytest.mark.parametrize(
    ("said", "flaw"),
    [
        ("there is no file or folder in …", "no error says 'there is no file or folder in'"),
        ("The parser's own words quote the value", "no error says"),
        ("… (response_timeout)", "too shortly"),
        ("no connection to … is using …", "no file has all"),
    ],
    ids=["misspelt", "a comment", "too short", "of two files"],
)
def test_a_quotation_that_is_none_is_noticed(said: str, flaw: str) -> None:
    assert flaw in flaws(said)[0]


# -- tools for agents


def test_what_a_model_sees_after_a_failure_is_what_the_tools_say() -> None:
    description = json.loads((ROOT / "core/src/tools/description.json").read_text("utf-8"))
    [sample] = [block for block in of_page(DOCS / "guides/agents.md") if block.language == "json"]
    told = json.loads(sample.text)["error"]
    assert is_said(told["message"]) and not is_said(told["message"].replace("reply", "answer"))
    assert told["next"] in [row["say"] for row in description["next"]]
    assert set(told) <= set(description["error"]["properties"]["error"]["properties"])


# -- the sandbox's manual


def test_the_manual_has_all_that_can_be_ordered_and_set() -> None:
    manual = (ROOT / "sandbox/README.md").read_text("utf-8")
    orders = manual.partition("\n## Orders\n")[2].partition("\n## ")[0]
    operations = manual.partition("\n## Operations\n")[2].partition("\n## ")[0]

    def source(path: str) -> str:
        return (ROOT / "sandbox/src" / path).read_text("utf-8")

    actions = source("faults/action.rs").partition("struct ActionFields {")[2].partition("}")[0]
    fields = re.findall(r"(\w+):", actions)
    ops = re.findall(r'"(\w+)"', source("operation.rs").partition("OPS: ")[2].partition("];")[0])
    settings = re.findall(
        r'^ +"(\w+)" (?:if [^=]*)?=>', source("settings.rs").partition("fn change")[2], re.M
    )
    assert len(fields) > 15 and len(ops) > 20 and len(settings) > 12
    assert not [field for field in fields if f'"{field}"' not in orders and f"`{field}`" not in orders]
    assert not [op for op in ops if f"`{op}`" not in operations]
    assert not [name for name in settings if f"`{name}`" not in manual]
