"""Waking a loop that watches no descriptor, as asyncio's default one on Windows: a thread of Python's own
receives from the socket that another loop would watch.

It is no task of the loop. `asyncio.run` cancels all of those at its end and waits for them, and this one has
to receive until its call is over, for which the program may not wait. Nor does the thread keep a loop that
nobody else does.
"""

from __future__ import annotations

import _socket
from weakref import WeakMethod, ref

from ._done import _start_thread

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from ._native import _LoopWaker

# Seconds. How often the thread looks whether its loop is still there.
_PATIENCE = 1.0


class Receiver:
    """Calls `on_wake` in the loop whenever somebody woke `waker`, and `on_lost` once if it can no more. Both
    are methods, which it does not keep."""

    def __init__(
        self,
        loop: Any,
        waker: _LoopWaker,
        fd: int,
        on_wake: Callable[[], object],
        on_lost: Callable[[], object],
    ) -> None:
        self._waker = waker
        self._stop = _Stop()
        # A copy: the other is the compiled half's. Neither may wait by itself; with a timeout Python does. Of
        # the module that gevent and eventlet replace nothing of, as the thread is none of theirs.
        copy = _socket.socket(_socket.AF_INET, _socket.SOCK_STREAM, 0, _socket.dup(fd))
        copy.settimeout(_PATIENCE)
        told = ref(loop), WeakMethod(on_wake), WeakMethod(on_lost)
        try:
            _start_thread(_receive, (copy, self._stop, *told))
        except BaseException:
            self._stop.asked = True
            copy.close()
            raise

    def stop(self) -> None:
        self._stop.asked = True
        self._waker.wake()


class _Stop:
    asked = False


def _receive(
    socket: _socket.socket,
    stop: _Stop,
    loop: ref[Any],
    on_wake: WeakMethod[Any],
    on_lost: WeakMethod[Any],
) -> None:
    heard = True
    try:
        while heard and not stop.asked:
            try:
                heard = bool(socket.recv(8))
            except TimeoutError:
                if not _is_open(loop()) or on_wake() is None:
                    return
                continue
            except OSError:
                # What looks into all connections of a machine may break this one. Nobody is left waiting.
                heard = False
            if not stop.asked and not _call(loop(), (on_wake if heard else on_lost)()):
                return
    finally:
        socket.close()


def _is_open(loop: Any) -> bool:
    return loop is not None and not loop.is_closed()


def _call(loop: Any, function: Any) -> bool:
    """Whether there is still somebody to tell."""
    if loop is None or function is None:
        return False
    try:
        loop.call_soon_threadsafe(function)
    except RuntimeError:
        # It was closed, and who waited there waits no more.
        return False
    return True
