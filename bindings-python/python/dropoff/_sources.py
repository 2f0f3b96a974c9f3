"""Sources that are no file objects, as such: what the compiled half wants is `read`, on a thread of Python's
own (`_threads`). Both are made by that half, which calls no `__init__`.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    import asyncio
    from collections.abc import Coroutine, Iterator
    from typing import Any

_END = object()
# How often a reader looks whether its loop is still there.
_PATIENCE = 1.0


class _Chunks:
    """Chunks of any length, handed out as somebody asks for them."""

    _rest: memoryview | None = None

    def cut(self, size: int) -> bytes | memoryview | None:
        """As much as there is, up to `size`; None if the next chunk is wanted."""
        rest = self._rest
        if not rest:
            return None
        self._rest = rest[size:]
        return rest[:size]

    def take(self, chunk: object) -> None:
        if isinstance(chunk, str):
            raise TypeError("the iterator gave text, not bytes; encode it")
        try:
            memory = memoryview(chunk)  # type: ignore[arg-type]
        except TypeError:
            raise TypeError(f"the iterator gave {type(chunk).__name__}, not bytes") from None
        self._rest = memory.cast("B") if memory.c_contiguous else memoryview(memory.tobytes())


class IteratorFile(_Chunks):
    """An iterator of bytes."""

    _iterator: Iterator[object]

    def read(self, size: int) -> bytes | memoryview:
        while (found := self.cut(size)) is None:
            chunk = next(self._iterator, _END)
            if chunk is _END:
                return b""
            self.take(chunk)
        return found


class AsyncFile(_Chunks):
    """An async iterable of bytes, or a file object whose `read` is a coroutine. Both belong to a loop."""

    _source: Any
    _loop: asyncio.AbstractEventLoop
    _iterator: Any = None

    def read(self, size: int) -> bytes | memoryview:
        while (found := self.cut(size)) is None:
            chunk = self._wait(self._next(size))
            if chunk is _END:
                return b""
            self.take(chunk)
        return found

    async def _next(self, size: int) -> object:
        if hasattr(self._source, "read"):
            return (await self._source.read(size)) or _END
        if self._iterator is None:
            self._iterator = aiter(self._source)
        return await anext(self._iterator, _END)

    def _wait(self, coroutine: Coroutine[Any, Any, object]) -> object:
        import asyncio

        try:
            future = asyncio.run_coroutine_threadsafe(coroutine, self._loop)
        except RuntimeError:
            coroutine.close()
            raise
        while True:
            try:
                return future.result(_PATIENCE)
            except TimeoutError:
                if future.done():
                    return future.result()
                if self._loop.is_closed():
                    raise RuntimeError("the event loop of the source is closed") from None
