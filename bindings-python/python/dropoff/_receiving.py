"""Waking a loop that watches no descriptor, as asyncio's default one on Windows: a thread of Python's own
receives from the socket that another loop would watch.

It is no task of the loop. `asyncio.run` cancels all of those at its end and waits for them, and this one has
to receive until its call is over, for which the program may not wait.
"""

from __future__ import annotations

import socket
import time
from threading import Thread

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from ._native import _LoopWaker

# Seconds. How often the thread looks whether its loop is still there.
_PATIENCE = 1.0
# Seconds. How often it wakes the loop where the system refuses to tell of the socket.
_WITHOUT_SOCKET = 0.05


class Receiver:
    """Calls `on_wake`, in the loop, whenever somebody woke `waker`."""

    def __init__(self, loop: Any, waker: _LoopWaker, on_wake: Callable[[], object]) -> None:
        self._loop = loop
        self._waker = waker
        self._on_wake = on_wake
        self._stopped = False
        # A copy: the other is the compiled half's. Neither may wait by itself; with a timeout Python does.
        self._socket = socket.fromfd(waker.fileno(), socket.AF_INET, socket.SOCK_STREAM)
        self._socket.settimeout(_PATIENCE)
        try:
            Thread(target=self._receive, name="dropoff-wake", daemon=True).start()
        except BaseException:
            self._socket.close()
            raise

    def _receive(self) -> None:
        with self._socket:
            while not self._stopped and not self._loop.is_closed():
                try:
                    self._socket.recv(8)
                except TimeoutError:
                    continue
                except OSError:
                    # Programs that look into all connections may break this one. Nobody is left waiting.
                    time.sleep(_WITHOUT_SOCKET)
                if self._stopped:
                    return
                try:
                    self._loop.call_soon_threadsafe(self._on_wake)
                except RuntimeError:
                    # It was closed, and who waited there waits no more.
                    return

    def stop(self) -> None:
        self._stopped = True
        self._waker.wake()
