"""Sources that are no file objects, as such: what the compiled half wants is `read`, on a thread of Python's
own (`_threads`). Both are made by that half, which calls no `__init__`.
"""

from __future__ import annotations

from ._finishing import Waiter

TYPE_CHECKING = False
if TYPE_CHECKING:
    import asyncio
    from collections.abc import Coroutine, Iterator
    from typing import Any

    from ._finishing import _Waited

_END = object()
# How often a reader looks whether its loop is still there.
_PATIENCE = 1.0


class _Chunks:
    """Chunks of any length, handed out as somebody asks for them."""

    _rest: memoryview | None = None
    # The end of the call that reads it, of which an async source must be told.
    _call: _Waited

    def cut(self, size: int) -> bytes | memoryview | None:
        """As much as there is, up to `size`; None if the next chunk is wanted."""
        rest = self._rest
        if not rest:
            return None
        # Not even an empty rest: a buffer that somebody looks into cannot change its size.
        self._rest = rest[size:] or None
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
    _end: _End | None = None
    # What waits for the next chunk.
    _task: asyncio.Task[Any] | None = None

    def read(self, size: int) -> bytes | memoryview:
        while (found := self.cut(size)) is None:
            chunk = self._wait(self._next(size))
            if chunk is _END:
                return b""
            self.take(chunk)
        return found

    async def _next(self, size: int) -> object:
        import asyncio

        if self._call.done():
            raise RuntimeError("the call is over")
        if self._end is None:
            self._end = _End(self).__enter__()
        self._task = asyncio.current_task()
        try:
            return await self._chunk(size)
        finally:
            self._task = None

    async def _chunk(self, size: int) -> object:
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


class _End(Waiter):
    """Waits for the end of the call, in the loop. The chunk after that is for whoever reads on."""

    leaves_source = True

    def __init__(self, file: AsyncFile) -> None:
        super().__init__(file._call, file._loop)
        self._file = file

    def __enter__(self) -> _End:
        super().__enter__()
        return self

    def wake(self) -> None:
        if not self._waited.done():
            return
        self.__exit__()
        self._file._end = None
        if self._file._task is not None:
            self._file._task.cancel()
