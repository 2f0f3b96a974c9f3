"""The async clients: those of the compiled half, their calls as coroutines. And the calls that need
no client: whoever opens a file or looks at a folder may have no account."""

from __future__ import annotations

from inspect import Parameter, signature
from typing import TYPE_CHECKING, Any, Self

from ._awaiting import awaiting, leave, starting
from ._native import AgentDrop, HCompany, Storage, start_inspect_profile, start_open_sealed
from ._waiting import CLOSE, CLOSING, annotate, annotated, at_once_methods, starting_methods

if TYPE_CHECKING:
    from types import TracebackType


def _of_the_sync_client(self: Any, /, *args: Any) -> tuple[Any, ...]:
    return (self._client, *args)


def _closing() -> Any:
    async def close(self: Any) -> None:
        for job in self._client._close():
            await leave(job, CLOSING)

    close.__doc__ = CLOSE
    annotate(close)
    return close


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
                starting(start, _of_the_sync_client),
            ):
                cls._add(call)
        for method in at_once_methods(of):
            cls._add(annotated(method, _of_the_sync_client))
        cls._add(_closing())

    @classmethod
    def _add(cls, call: Any) -> None:
        call.__qualname__ = f"{cls.__name__}.{call.__name__}"
        setattr(cls, call.__name__, call)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc_value: BaseException | None,
        traceback: TracebackType | None,
        /,
    ) -> None:
        await self.close()  # type: ignore[attr-defined]

    def __reduce__(self) -> Any:
        _, (_, _, named) = self._client.__reduce__()  # which says so if it may not be pickled
        return _made_again, (type(self), named)

    def __repr__(self) -> str:
        return f"Async{self._client!r}"


def _made_again(cls: type[_Client], named: dict[str, Any]) -> _Client:
    return cls(**named)


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
