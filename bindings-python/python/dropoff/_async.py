"""The async clients: those of the compiled half, their calls as coroutines. And the calls that need
no client: whoever opens a file or looks at a folder may have no account."""

from __future__ import annotations

from inspect import Parameter, signature
from typing import Any

from ._awaiting import awaiting
from ._native import AgentDrop, HCompany, Storage, start_inspect_profile, start_open_sealed
from ._waiting import annotated, at_once_methods, starting_methods


def _of_the_sync_client(self: Any, /, *args: Any) -> tuple[Any, ...]:
    return (self._client, *args)


class _Client:
    """What they share: each holds a sync client, and derives from that its calls and their arguments."""

    __slots__ = ("__weakref__", "_client")
    _client: Any

    def __init_subclass__(cls, of: type | None = None) -> None:
        if of is None:  # like the sync clients
            raise TypeError(f"type 'dropoff.{cls.__base__.__name__}' is not an acceptable base type")

        def __new__(cls: type[_Client], /, *args: Any, **kwargs: Any) -> _Client:
            try:
                client = of(*args, **kwargs)
            finally:
                # A traceback that shows locals must not show a key.
                del args, kwargs
            self = object.__new__(cls)
            self._client = client
            return self

        shown = signature(of)
        parameters = [Parameter("cls", Parameter.POSITIONAL_ONLY), *shown.parameters.values()]
        __new__.__signature__ = shown.replace(parameters=parameters)  # type: ignore[attr-defined]
        __new__.__qualname__ = f"{cls.__name__}.__new__"
        cls.__new__ = __new__  # type: ignore[method-assign]
        cls.__module__ = "dropoff"
        for name, start in starting_methods(of):
            for call in (
                awaiting(name, start, _of_the_sync_client),
                annotated(start, _of_the_sync_client),
            ):
                cls._add(call)
        for method in at_once_methods(of):
            cls._add(annotated(method, _of_the_sync_client))

    @classmethod
    def _add(cls, call: Any) -> None:
        call.__qualname__ = f"{cls.__name__}.{call.__name__}"
        setattr(cls, call.__name__, call)

    def __reduce__(self) -> Any:
        return self._client.__reduce__()  # which says why not

    def __repr__(self) -> str:
        return f"Async{self._client!r}"


class AsyncHCompany(_Client, of=HCompany):
    """An :class:`HCompany` for asyncio. May be shared between tasks, loops and threads."""

    __slots__ = ()


class AsyncAgentDrop(_Client, of=AgentDrop):
    """An :class:`AgentDrop` for asyncio. May be shared between tasks, loops and threads."""

    __slots__ = ()


class AsyncStorage(_Client, of=Storage):
    """A :class:`Storage` for asyncio. May be shared between tasks, loops and threads."""

    __slots__ = ()


async_inspect_profile = awaiting("async_inspect_profile", start_inspect_profile)
async_open_sealed = awaiting("async_open_sealed", start_open_sealed)
