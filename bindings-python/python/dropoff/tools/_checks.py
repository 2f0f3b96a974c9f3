"""What tools are made of, checked when they are made: a model can do nothing about a slip of the program."""

from __future__ import annotations

import json
import math
import os
from collections.abc import Callable, Iterable, Mapping
from datetime import timedelta
from typing import Any

from .._async import AsyncAgentDrop, AsyncHCompany, AsyncStorage
from .._errors import InvalidInputError
from .._native import AgentDrop, Encryption, HCompany, KeyPair, Pack, Storage, _is_callback

# The sentences are those of the calls that take the same.
_OBJECTS: dict[str, tuple[tuple[type, ...], str]] = {
    "agentdrop": ((AgentDrop, AsyncAgentDrop), "an AgentDrop or AsyncAgentDrop"),
    "hcompany": ((HCompany, AsyncHCompany), "an HCompany or AsyncHCompany"),
    "storage": ((Storage, AsyncStorage), "a Storage or AsyncStorage"),
    "key_pair": ((KeyPair,), "a KeyPair"),
    "encrypt": ((Encryption,), "an Encryption, such as Encryption(key_pair)"),
    "pack": ((Pack,), 'a Pack, such as Pack(level="minimal")'),
}
# As `LONGEST` of the compiled half.
_LONGEST = 10_000_000


def check_objects(**given: Any) -> None:
    """Each is of its class, or None."""
    for name, value in given.items():
        kinds, words = _OBJECTS[name]
        if value is not None and not isinstance(value, kinds):
            raise InvalidInputError(f"{name} must be {words}, not {_kind(value)}")


def checked_roots(given: Any) -> list[str]:
    """One path or several. A text alone would be taken for a list of letters."""
    if isinstance(given, str | os.PathLike):
        return [_path(given, "roots")]
    if isinstance(given, bytes | bytearray | memoryview | Mapping) or not isinstance(given, Iterable):
        raise InvalidInputError(f"roots must be a path or a list of paths, not {_kind(given)}")
    return [_path(root, f"roots[{at}]") for at, root in enumerate(given)]


def _path(value: Any, what: str) -> str:
    if not isinstance(value, str | os.PathLike):
        raise InvalidInputError(f"{what} must be a path (str or os.PathLike), not {_kind(value)}")
    path = os.fsdecode(value)
    if not path:
        # Of a variable that is not set, say, and would be the folder that the program runs in.
        raise InvalidInputError(
            f'{what} is empty; name a folder, or "." for the one that the program runs in'
        )
    try:
        os.fsencode(path)
    except UnicodeError:
        raise InvalidInputError(
            f"{what} holds characters that no path holds; check how it was read"
        ) from None
    return path


def checked_recipients(given: Any) -> list[str] | Callable[[str], bool]:
    """Ids as they are now, or a function that is asked."""
    if callable(given):
        _check_function(given, "recipients")
        function: Callable[[str], bool] = given
        return function
    # The letters of a text are ids too, and so are the names of a mapping, whatever it says of them.
    lone = isinstance(given, str | bytes | bytearray | memoryview | Mapping)
    if lone or not isinstance(given, Iterable):
        raise InvalidInputError(
            f"recipients must be a list of ids or a function, not {_kind(given)}; "
            "put a single one in brackets"
        )
    ids = [checked_text(item, f"recipients[{at}]") for at, item in enumerate(given)]
    if not ids:
        raise InvalidInputError("recipients is empty; name whom files may be sent to")
    if "" in ids:
        raise InvalidInputError(f"recipients[{ids.index('')}] is empty; give an id, or leave it out")
    return ids


def checked_names(given: Iterable[Any]) -> list[str]:
    """The names of targets as they are now."""
    names = [checked_text(name, "a name of targets") for name in given]
    if not names:
        raise InvalidInputError("targets is empty; give the presigned URLs by name")
    return names


def check_targets(given: Any) -> None:
    """They are a mapping, or a function that is asked."""
    if callable(given):
        _check_function(given, "targets")
        return
    kind = None if isinstance(given, Mapping) else _kind(given)
    # Another mapping may make them when it is asked for one.
    kinds = {name: _kind_of_target(target) for name, target in given.items()} if type(given) is dict else {}
    # A traceback that shows locals must not show what is signed.
    del given
    if kind is not None:
        raise InvalidInputError(f"targets must be a mapping or a function, not {kind}")
    for name, found in kinds.items():
        if found is not None:
            raise InvalidInputError(
                "a target must be a URL (str), or a pair of one and its headers (a mapping of str to str); "
                f"found {found} by the name {json.dumps(str(name)[:50])}"
            )


def _kind_of_target(target: object) -> str | None:
    """What is wrong with it: its type."""
    if isinstance(target, str):
        return None
    if not isinstance(target, tuple):
        return _kind(target)
    if len(target) != 2:
        return f"a tuple of {len(target)}"
    url, headers = target
    try:
        if isinstance(url, str) and (headers is None or isinstance(headers, Mapping)):
            return None
        return f"a pair of {_kind(url)} and {_kind(headers)}"
    finally:
        del target, url, headers


def _check_function(given: Any, what: str) -> None:
    if not _is_callback(given):
        raise InvalidInputError(f"{what} must be a plain function, not async")


def checked_text(value: Any, what: str) -> str:
    """Text that is sent."""
    if not isinstance(value, str):
        raise InvalidInputError(f"{what} must be text (str), not {_kind(value)}")
    try:
        value.encode()
    except UnicodeError:
        raise InvalidInputError(
            f"{what} holds characters that UTF-8 cannot hold (lone surrogates); check how it was read"
        ) from None
    return value


def check_timeout(given: Any) -> None:
    """Within the range of a call's, or None."""
    if given is None:
        return
    seconds = given.total_seconds() if isinstance(given, timedelta) else given
    try:
        # Refuses text, as a call does; and a bool is an int to Python, and a slip to everybody else.
        seconds = math.nan if isinstance(given, bool) else math.ldexp(seconds, 0)
    except (TypeError, OverflowError):
        seconds = math.nan
    if not 0 <= seconds <= _LONGEST:
        raise InvalidInputError("timeout must be 0 to 10 000 000 s, in seconds or as a timedelta")
    # In whole nanoseconds.
    if round(seconds, 9) == 0:
        raise InvalidInputError("timeout must be more than zero; leave it out for no limit")


def _kind(value: object) -> str:
    """Its type, since the value itself may be a secret."""
    of = type(value)
    return of.__qualname__ if of.__module__ == "builtins" else f"{of.__module__}.{of.__qualname__}"
