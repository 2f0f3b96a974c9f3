"""Symbols, layouts of structs and numbers of enumerators, as text: compiled programs depend on them. Two of
these are compared: the new one may add, and change nothing."""

from __future__ import annotations

from header import TYPES, enumerators

# The structs that the header shows. A pointer to one of the others is all that a program has.
STRUCTS = [type_ for type_ in TYPES if type_.fields]


def program() -> str:
    """A C program that prints layouts and enumerators, as its compiler sees the header."""
    lines = ["#include <dropoff.h>", "#include <stdio.h>", "int main(void) {"]
    for struct in STRUCTS:
        # Not the size of the whole: that grows, and programs are told by the struct itself.
        lines += [f'    printf("struct {struct.name}\\n");']
        for field in struct.fields:
            place = f"(int)offsetof({struct.name}, {field.name})"
            size = f"(int)sizeof((({struct.name} *)0)->{field.name})"
            lines.append(f'    printf("    %d %d {field.name}: {field.type}\\n", {place}, {size});')
    lines += [f'    printf("enum {name} %d\\n", (int){name});' for name in enumerators()]
    return "\n".join([*lines, "    return 0;", "}", ""])


def described(layouts: str, symbols: set[str]) -> str:
    """The whole of it: what that program printed, and the symbols."""
    return layouts + "".join(f"function {name}\n" for name in sorted(symbols))


def _parsed(text: str) -> tuple[dict[str, list[str]], set[str]]:
    structs: dict[str, list[str]] = {}
    others = set()
    for line in text.splitlines():
        if line.startswith("struct "):
            fields = structs.setdefault(line, [])
        elif line.startswith("    "):
            fields.append(line)
        else:
            others.add(line)
    return structs, others


def broken(old: str, new: str) -> list[str]:
    """What a program that was compiled before no longer finds as it was."""
    (old_structs, old_others), (new_structs, new_others) = _parsed(old), _parsed(new)
    found = sorted(old_others - new_others)
    for name, fields in old_structs.items():
        now = new_structs.get(name)
        if now is None:
            found.append(name)
        elif now[: len(fields)] != fields:
            found.append(
                f"{name}: {next(f for f in fields if f not in now or now.index(f) != fields.index(f))}"
            )
    return found
