"""The Python reference, in Markdown, from the stubs. Griffe reads them; nothing is imported or run."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator
from typing import Any

import griffe
from pages import ROOT

INTRODUCTION = """# Python reference

Made from the package's stubs, which your editor and type checker read too. `help(dropoff)` says the same.
Lengths of time are seconds or a `timedelta`, sizes are bytes. Each call of a client has a `start_…` twin that
takes the same arguments and returns a [`Job`](#job) at once. Results and errors have `to_dict()`, which gives
every field, fit for JSON.
"""

GROUPS = {
    "Clients": ["HCompany", "AgentDrop", "Storage"],
    "Clients for asyncio": ["AsyncHCompany", "AsyncAgentDrop", "AsyncStorage"],
    "Functions": ["inspect_profile", "async_inspect_profile", "open_sealed", "async_open_sealed"],
    "What calls are given": ["File", "Pack", "KeyPair", "Encryption", "Options"],
    "Calls under way": ["Job", "Progress"],
    "Tickets": ["ProfileTicket", "TransferTicket"],
}
LEFT_OUT = {"__version__", "start_inspect_profile", "start_open_sealed"}


def reference() -> str:
    package = _package()
    exported = _exported(package)
    errors = [name for name in exported if name.endswith("Error")]
    errors.sort(key=lambda name: (name != "DropoffError", name))
    placed = {name for names in GROUPS.values() for name in names}
    results = [name for name in exported if name not in placed | set(errors) | LEFT_OUT]
    lines = [INTRODUCTION]
    for title, names in {**GROUPS, "Results": sorted(results), "Errors": errors}.items():
        lines.append(f"## {title}\n")
        for name in names:
            lines += _object(package[name])
    lines += _aliases(package["_native"])
    return "\n".join(lines)


def module_reference(name: str) -> str:
    """The page of a module beside the package's own names."""
    module = _package()[name]
    lines = [f"# dropoff.{name}, in Python\n", *_documentation(module)]
    names = _exported(module)
    for exported in names:
        lines += _object(module[exported])
    own = {exported.lower() for exported in names}
    # The rest stands on the package's page, which has groups above the names.
    link = re.compile(r"\]\(#(\w+)\)")
    text = link.sub(lambda m: m[0] if m[1] in own else f"](python.md#{m[1]})", "\n".join(lines))
    return re.sub(r"^###", "##", text, flags=re.M)


def _package() -> Any:
    sources = [ROOT / "bindings-python/python"]
    return griffe.load("dropoff", search_paths=sources, allow_inspection=False, resolve_aliases=True)


def _exported(module: Any) -> list[str]:
    return [str(name).strip("'\"") for name in module.exports or []]


def _object(found: Any) -> Iterator[str]:
    target = found.final_target if found.is_alias else found
    if target.is_function:
        yield from _call(target, target.name, 3)
        return
    yield f"### {target.name}\n"
    if target.is_attribute:
        yield from _documentation(target)
        if str(target.annotation) == "TypeAlias":
            yield from _code(f"{target.name} = {target.value}")
        return
    if bases := [str(base) for base in target.bases if "Error" in str(base) or "Exception" in str(base)]:
        yield "A " + " and a ".join(f"`{base}`" for base in bases) + ".\n"
    yield from _documentation(target)
    constructor = target.members.get("__new__") or target.members.get("__init__")
    # One without is the library's own to call.
    if constructor and (constructor.docstring or constructor.name == "__new__"):
        yield from _code(_signature(constructor, target.name))
        yield from _documentation(constructor)
    yield from _fields(target)
    if target.name.startswith("Async"):
        calls = [_signature(method, method.name) for method in _methods(target)]
        yield from _code("\n".join(f"await {call}" if call[:3] != "set" else call for call in calls))
        return
    for method in _methods(target):
        yield from _call(method, f"{target.name}.{method.name}", 4)


def _methods(target: Any) -> list[Any]:
    return [
        member
        for name, member in target.members.items()
        if member.is_function and not name.startswith(("_", "start_")) and name != "to_dict"
    ]


def _fields(target: Any) -> Iterator[str]:
    fields = [
        member
        for name, member in target.members.items()
        if not name.startswith("_") and member.is_attribute and member.docstring
    ]
    if not fields:
        return
    yield "| field | type | |\n|---|---|---|"
    for field in fields:
        kind = str(field.annotation or "").replace("|", "\\|")
        yield f"| `{field.name}` | `{kind}` | {_cell(field.docstring.value)} |"
    yield ""


def _call(function: Any, title: str, level: int) -> Iterator[str]:
    yield f"{'#' * level} {title}\n"
    prefix = "async " if "async" in getattr(function, "labels", ()) else ""
    yield from _code(prefix + _signature(function, function.name))
    yield from _documentation(function)


def _signature(function: Any, name: str) -> str:
    parameters, keywords_only = [], False
    for parameter in function.parameters:
        if parameter.name in ("self", "cls"):
            continue
        kind = parameter.kind.value
        if kind == "keyword-only" and not keywords_only:
            keywords_only = True
            parameters.append("*")
        stars = {"variadic keyword": "**", "variadic positional": "*"}.get(kind, "")
        keywords_only = keywords_only or stars == "*"
        annotation = f": {parameter.annotation}" if parameter.annotation else ""
        default = f" = {parameter.default}" if parameter.default is not None and not stars else ""
        parameters.append(f"{stars}{parameter.name}{annotation}{default}")
    returns = f" -> {function.returns}" if function.returns and str(function.returns) != "Self" else ""
    line = f"{name}({', '.join(parameters)}){returns}"
    if len(line) <= 90:
        return line
    return f"{name}(\n" + "".join(f"    {parameter},\n" for parameter in parameters) + f"){returns}"


def _code(text: str) -> Iterator[str]:
    yield f"```python\n{text}\n```\n"


def _documentation(thing: Any) -> Iterator[str]:
    if not thing.docstring:
        return
    # Griffe takes one exception for each directive, and names that nothing separates for one.
    several = re.compile(r":raises ([\w,\s]+):")
    thing.docstring.value = several.sub(lambda m: f":raises {''.join(m[1].split())}:", thing.docstring.value)
    for section in thing.docstring.parse("sphinx"):
        kind = section.kind.value
        if kind == "text" and section.value.strip():
            yield _markdown(section.value) + "\n"
        elif kind == "parameters":
            yield "| argument | |\n|---|---|"
            yield from (f"| `{item.name}` | {_cell(item.description)} |" for item in section.value)
            yield ""
        elif kind == "raises":
            yield "| raises | |\n|---|---|"
            for item in section.value:
                names = ", ".join(f"`{name}`" for name in str(item.annotation).split(","))
                yield f"| {names} | {_cell(item.description)} |"
            yield ""


def _cell(text: str) -> str:
    return " ".join(_markdown(text).split()).replace("|", "\\|")


def _markdown(text: str) -> str:
    """Of the notation that the docstrings use."""
    text = re.sub(r":(?:class|func|mod):`~?([\w.]+)`", _reference, text)
    text = re.sub(r":(?:data|meth|attr):`~?([\w.]+)`", r"`\1`", text)
    text = text.replace("``", "`")
    return re.sub(r"(^|.)::\n\n((?: {4}[^\n]*\n?|\n)+)", _block, text, flags=re.M)


def _reference(match: re.Match[str]) -> str:
    name = match[1]
    known = name[0].isupper() or name in GROUPS["Functions"]
    return f"[`{name}`](#{name.lower()})" if known and "." not in name else f"`{name}`"


def _block(match: re.Match[str]) -> str:
    before = f"{match[1]}:\n\n" if match[1] else ""
    return f"{before}```python\n{textwrap.dedent(match[2]).strip()}\n```\n\n"


def _aliases(stubs: Any) -> Iterator[str]:
    """The short names that signatures use for what an argument may be."""
    yield "## Names in signatures\n"
    yield "| name | stands for | |\n|---|---|---|"
    for name, member in stubs.members.items():
        if not member.is_alias and member.is_attribute and str(member.annotation) == "TypeAlias":
            about = _cell(member.docstring.value) if member.docstring else ""
            stands = str(member.value).replace("|", "\\|")
            yield f"| `{name}` | `{stands}` | {about} |"
    yield ""
