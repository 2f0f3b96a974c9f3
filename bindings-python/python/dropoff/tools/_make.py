"""Makes tools of clients: which there are, what a model may choose, and the calls they make."""

from __future__ import annotations

import copy
from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import timedelta
from os import PathLike
from typing import Any, TypeAlias

from .. import _native
from .._async import AsyncAgentDrop, AsyncHCompany, AsyncStorage
from .._errors import InvalidInputError
from .._native import AgentDrop, Encryption, HCompany, Job, KeyPair, Pack, Storage, _ToolRoots
from ._checks import (
    check_objects,
    check_targets,
    check_timeout,
    checked_names,
    checked_recipients,
    checked_roots,
    checked_text,
)
from ._description import TOOLS, refusal
from ._program import of_program
from ._tool import Handler, Tool

Target: TypeAlias = str | tuple[str, Mapping[str, str]]
"""A presigned URL, or one with the headers that were signed into it."""

_Given: TypeAlias = dict[str, Any]
_Found: TypeAlias = list[tuple[str, str]]


def make_tools(
    *,
    roots: Iterable[str | PathLike[str]] | str | PathLike[str],
    agentdrop: AgentDrop | AsyncAgentDrop | None = None,
    sender: str | None = None,
    recipients: Collection[str] | Callable[[str], bool] | None = None,
    mode: str = "agent-to-agent",
    encrypt: Encryption | None = None,
    hcompany: HCompany | AsyncHCompany | None = None,
    pack: Pack | None = None,
    key_pair: KeyPair | None = None,
    storage: Storage | AsyncStorage | None = None,
    targets: Mapping[str, Target] | Callable[[str], Target] | None = None,
    timeout: float | timedelta | None = None,
) -> list[Tool]:
    """Tools for what is given: ``send_files`` and ``get_transfer`` with `agentdrop`; ``upload_profile``,
    ``inspect_profile`` and ``get_profile`` with `hcompany`; ``open_sealed`` with `key_pair`; ``put_file``
    with `storage`.

    A model chooses paths, recipients and targets, and may do so as a stranger's text tells it. So it reaches
    only what is allowed here.

    :param roots: folders, and single files, that paths may be in; symlinks are followed before that is
        looked at. Hidden files and keys in them are refused unless they are a root themselves.
    :param agentdrop: a client; it needs `sender` and `recipients`.
    :param sender: the id that transfers come from.
    :param recipients: ids that files may be sent to; or a plain function that says of one whether they may,
        by True or False.
    :param mode: as in :meth:`AgentDrop.send`.
    :param encrypt: seals every file before it leaves. Default: files are sent as they are.
    :param hcompany: a client.
    :param pack: how folders are packed, which the model then does not choose.
    :param key_pair: opens what came sealed for it.
    :param storage: a client; it needs `targets`.
    :param targets: where files may be put, by a name that the model chooses by; or a function that gives the
        target of a name, and raises ``KeyError`` if there is none. The model sees no signed
        URL: it is told of a target that is refused by its host and path.
    :param timeout: seconds that bound each call that sends bytes. Default: no limit.
    :raises InvalidInputError: what one of them needs is missing, or there is nothing to make tools of.
    """
    try:
        known = None if targets is None else _Targets(targets)
    finally:
        # A traceback that shows locals must not show what is signed.
        del targets
    check_objects(agentdrop=agentdrop, hcompany=hcompany, storage=storage, key_pair=key_pair)
    check_objects(encrypt=encrypt, pack=pack)
    check_timeout(timeout)
    terms = _terms(sender=sender, mode=mode) | {"encrypt": encrypt, "timeout": timeout}
    whom = None if recipients is None else checked_recipients(recipients)
    allowed = _ToolRoots([*checked_roots(roots)])
    handlers: dict[str, Handler] = {}
    chosen: dict[str, dict[str, list[str]]] = {}
    if agentdrop is not None:
        if sender is None or whom is None:
            raise InvalidInputError("agentdrop needs sender and recipients; give both")
        handlers |= _transfers(agentdrop, allowed, whom, terms)
        if not callable(whom):
            chosen["send_files"] = {"recipient": whom}
    if hcompany is not None:
        handlers |= _profiles(hcompany, allowed, pack, timeout)
    if key_pair is not None:
        handlers["open_sealed"] = _opening(key_pair, allowed)
    if storage is not None:
        if known is None:
            raise InvalidInputError("storage needs targets; give the presigned URLs by name")
        handlers["put_file"] = _putting(storage, allowed, known, timeout)
        if known.names is not None:
            chosen["put_file"] = {"target": known.names}
    if not handlers:
        raise InvalidInputError("there are no tools without agentdrop, hcompany, key_pair or storage")
    settled = () if pack is None else _PACK
    return [
        Tool(tool, _schema(tool["input"], settled, chosen.get(tool["name"], {})), handlers[tool["name"]])
        for tool in TOOLS
        if tool["name"] in handlers
    ]


_PACK = ("level", "profile", "if_running")


def _terms(**texts: str | None) -> _Given:
    """What the program says of each transfer."""
    for name, text in texts.items():
        if text is not None and not checked_text(text, name):
            raise InvalidInputError(f"{name} is empty; every transfer needs one")
    return dict(texts)


def _schema(
    described: Mapping[str, Any], settled: Iterable[str], chosen: Mapping[str, list[str]]
) -> dict[str, Any]:
    """The arguments that are left for the model, and what it may choose among."""
    schema: dict[str, Any] = copy.deepcopy(dict(described))
    for name in settled:
        schema["properties"].pop(name, None)
    for name, values in chosen.items():
        schema["properties"][name]["enum"] = list(values)
    return schema


def _transfers(
    client: AgentDrop | AsyncAgentDrop,
    allowed: _ToolRoots,
    recipients: list[str] | Callable[[str], bool],
    terms: _Given,
) -> dict[str, Handler]:
    def find(given: _Given) -> Job[_Found]:
        recipient = given["recipient"]
        if callable(recipients) and not _is_yes(of_program(recipients)(recipient)):
            raise refusal("recipient", recipient=recipient)
        return allowed.start_find(given.pop("paths"))

    def send(given: _Given, files: _Found, on_progress: Any) -> Job[Any]:
        return client.start_send(files, **given, **terms, on_progress=on_progress)

    def get(given: _Given, _: _Found, __: Any) -> Job[Any]:
        return client.start_get_transfer(given["transfer_id"])

    return {"send_files": Handler(send, find), "get_transfer": Handler(get)}


def _finding(allowed: _ToolRoots, *names: str) -> Callable[[_Given], Job[_Found]]:
    """Takes these arguments for paths."""
    return lambda given: allowed.start_find([given.pop(name) for name in names])


def _is_yes(answer: object) -> bool:
    """A coroutine would be one, and so let everything pass."""
    if isinstance(answer, bool):
        return answer
    raise TypeError(f"recipients must give True or False, not {type(answer).__name__}")


def _profiles(
    client: HCompany | AsyncHCompany,
    allowed: _ToolRoots,
    pack: Pack | None,
    timeout: float | timedelta | None,
) -> dict[str, Handler]:
    def packed(given: _Given) -> Pack:
        return pack or Pack(**{name: given.pop(name) for name in _PACK if name in given})

    def upload(given: _Given, found: _Found, on_progress: Any) -> Job[Any]:
        how, [(_, path)] = packed(given), found
        return client.start_upload_profile(path, **given, pack=how, timeout=timeout, on_progress=on_progress)

    def inspect(given: _Given, found: _Found, _: Any) -> Job[Any]:
        [(_, path)] = found
        return _native.start_inspect_profile(path, pack=packed(given))

    def get(given: _Given, _: _Found, __: Any) -> Job[Any]:
        return client.start_get_profile(given["profile_id"])

    find = _finding(allowed, "path")
    return {
        "upload_profile": Handler(upload, find),
        "inspect_profile": Handler(inspect, find),
        "get_profile": Handler(get),
    }


def _opening(key_pair: KeyPair, allowed: _ToolRoots) -> Handler:
    def open_sealed(given: _Given, found: _Found, on_progress: Any) -> Job[Any]:
        (_, path), (_, to) = found
        return _native.start_open_sealed(path, to=to, key_pair=key_pair, **given, on_progress=on_progress)

    return Handler(open_sealed, _finding(allowed, "path", "to"))


def _putting(
    client: Storage | AsyncStorage,
    allowed: _ToolRoots,
    known: _Targets,
    timeout: float | timedelta | None,
) -> Handler:
    def put(given: _Given, found: _Found, on_progress: Any) -> Job[Any]:
        [(_, path)] = found
        return known.start_put(client, given["target"], path, timeout=timeout, on_progress=on_progress)

    return Handler(put, _finding(allowed, "path"))


class _Targets:
    """Shows none of them, also where a traceback shows locals: they are signed."""

    __slots__ = ("_find", "names")

    names: list[str] | None
    """Those there are, unless a function is asked."""

    def __init__(self, given: Mapping[str, Target] | Callable[[str], Target]) -> None:
        try:
            check_targets(given)
            self._find: Callable[[str], Target] = of_program(given if callable(given) else given.__getitem__)
            self.names = None if callable(given) else checked_names(list(given))
        finally:
            del given

    def start_put(self, client: Storage | AsyncStorage, name: str, path: str, **more: Any) -> Job[Any]:
        target: Any = None
        url: Any = None
        headers: Any = None
        try:
            target = self._find(name)
            url, headers = (target, None) if isinstance(target, str) else target
            return client.start_put(url, path, headers=headers, **more)
        except KeyError:
            raise refusal("target", target=name) from None
        finally:
            del target, url, headers
