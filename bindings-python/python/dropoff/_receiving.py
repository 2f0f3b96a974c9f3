"""Waking a loop that watches no descriptor, as asyncio's default one on Windows: it receives from the socket
that another loop would watch."""

from __future__ import annotations

import socket

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any


class Receiver:
    """Calls `on_wake`, in the loop, whenever there is something at the socket of this number."""

    def __init__(self, loop: Any, number: int, on_wake: Callable[[], object]) -> None:
        self._loop = loop
        self._on_wake = on_wake
        self._stopped = False
        # A copy: the other is the compiled half's.
        self._socket = socket.fromfd(number, socket.AF_INET, socket.SOCK_STREAM)
        self._socket.setblocking(False)
        self._task = loop.create_task(self._receive())
        # One that is stopped before the loop came to it never begins.
        self._task.add_done_callback(lambda _: self._socket.close())

    async def _receive(self) -> None:
        from asyncio import CancelledError

        while not self._stopped:
            try:
                await self._loop.sock_recv(self._socket, 8)
            except CancelledError:
                # A program that cancels all tasks still waits for the job's end.
                continue
            self._on_wake()

    def stop(self) -> None:
        self._stopped = True
        self._task.cancel()
