"""What programs ask of our functions at run time, as agent frameworks do."""

from __future__ import annotations

import inspect
import subprocess
import sys
import typing
from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from typing import Any

import dropoff
import pytest
from dropoff import (
    AgentDrop,
    AsyncAgentDrop,
    AsyncHCompany,
    AsyncStorage,
    DropoffError,
    Encryption,
    File,
    HCompany,
    Job,
    Pack,
    SentTransfer,
    Storage,
    TransferPlan,
)

CLIENTS = [HCompany, AgentDrop, Storage, AsyncHCompany, AsyncAgentDrop, AsyncStorage]
FUNCTIONS = [getattr(dropoff, name) for name in dropoff.__all__ if inspect.isfunction(getattr(dropoff, name))]


def calls() -> Iterator[Callable[..., Any]]:
    yield from FUNCTIONS
    for client in CLIENTS:
        for name, call in vars(client).items():
            if not name.startswith("_"):
                yield call


@pytest.mark.parametrize("call", list(calls()), ids=lambda call: str(call.__qualname__))
def test_every_argument_of_every_call_has_a_type(call: Callable[..., Any]) -> None:
    hints = typing.get_type_hints(call)
    signature = inspect.signature(call, eval_str=True)
    arguments = [name for name in signature.parameters if name != "self"]
    assert sorted(hints) == sorted([*arguments, "return"])
    extras = typing.get_type_hints(call, include_extras=True)
    for name in arguments:
        assert signature.parameters[name].annotation == extras[name] == call.__annotations__[name]
    assert not [kind for kind in hints.values() if isinstance(kind, str | typing.ForwardRef) or kind is Any]


def test_there_are_as_many_as_the_readme_has() -> None:
    assert len(FUNCTIONS) == 6 and len(list(calls())) > 50


def test_the_types_are_those_of_the_stubs() -> None:
    hints = typing.get_type_hints(AgentDrop.send)
    assert hints["sender"] is str and hints["auto_delete"] is bool and hints["mode"] is str
    assert hints["timeout"] == float | timedelta | None
    assert hints["encrypt"] == Encryption | None
    assert hints["metadata"] == Mapping[str, Any] | None
    assert hints["return"] is SentTransfer
    assert typing.get_type_hints(AgentDrop.plan)["return"] is TransferPlan
    there = typing.get_type_hints(AsyncAgentDrop.send)
    # An async client reads what its loop reads, too.
    assert str(hints.pop("files")) != str(there.pop("files")) and hints == there
    assert typing.get_type_hints(AgentDrop.start_confirm)["return"] == Job[dropoff.Confirmed]
    assert inspect.iscoroutinefunction(AsyncAgentDrop.send) and not inspect.iscoroutinefunction(
        AgentDrop.send
    )


def test_a_signature_has_them_beside_the_defaults() -> None:
    drop = AgentDrop("agd_key")
    parameters = inspect.signature(drop.send, eval_str=True).parameters
    assert next(iter(parameters)) == "files" and parameters["mode"].default == "agent-to-agent"
    assert (
        parameters["mode"].annotation is str and parameters["sender"].kind is inspect.Parameter.KEYWORD_ONLY
    )
    assert drop.send.__doc__ and drop.send.__name__ == "send" and drop.send.__module__ == "dropoff"


@pytest.mark.parametrize("cls", [File, Pack, Encryption, *CLIENTS])
def test_a_constructor_tells_its_types(cls: type) -> None:
    parameters = inspect.signature(cls).parameters.values()
    assert parameters and all(p.annotation is not inspect.Parameter.empty for p in parameters)
    typing.get_type_hints(cls)


def test_what_is_made_by_hand_tells_its_attributes() -> None:
    assert typing.get_type_hints(File)["name"] == str | None
    assert typing.get_type_hints(DropoffError)["retryable"] is bool
    assert typing.get_type_hints(dropoff.Options)["max_attempts"] == int | None
    assert typing.get_type_hints(DropoffError.to_dict)["return"] == dict[str, Any]
    for method in (Job.wait, Job.__enter__, Job.__exit__, Job.__await__, Job.__aenter__, Job.__aexit__):
        assert "return" in typing.get_type_hints(method)


def test_annotations_are_a_dict_however_they_are_read() -> None:
    def fresh(read: str) -> str:
        program = f"import dropoff; a = dropoff.AgentDrop.confirm.__annotations__; print({read})"
        done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
        return done.stdout.strip()

    for read in (
        "sorted(a)",
        "sorted(dict(a))",
        "sorted({**a})",
        "sorted(a.copy())",
        "sorted(a | {})",
        "sorted({} | a)",
        "sorted(a.keys())",
        "sorted(k for k, _ in a.items())",
        "len(a) and sorted(a)",
        "bool(a) and sorted(a)",
        "a.get('return') and sorted(a)",
        "'return' in a and sorted(a)",
        "a['return'] and sorted(a)",
        "repr(a) and sorted(a)",
        "a == {} or sorted(a)",
        "isinstance(a, dict) and sorted(a)",
        "sorted((lambda **k: k)(**a))",
    ):
        assert fresh(read) == "['return', 'transfer_id']", read


def test_a_wrapper_keeps_them() -> None:
    import functools

    @functools.wraps(Storage.put)
    def wrapper(*args: Any, **kwargs: Any) -> Any: ...

    assert typing.get_type_hints(wrapper) == typing.get_type_hints(Storage.put)
    assert inspect.signature(wrapper) == inspect.signature(Storage.put)
