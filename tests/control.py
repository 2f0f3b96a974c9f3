"""The sandbox's control endpoint, and waiting for what it shows. Knows nothing of the package, so that the
suites and the programs that they start use it."""

from __future__ import annotations

import json
import time
import urllib.parse
import urllib.request
from collections.abc import Callable
from typing import Any

# Seconds after which something hangs. No verdict on how long anything takes: a machine may stop for many.
HANGS = 120.0


def until(condition: Callable[[], object], seconds: float = HANGS) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not come to pass"
        time.sleep(0.01)


class Control:
    """A client of one."""

    def __init__(self, control_url: str) -> None:
        self.control_url = control_url

    def _control(self, method: str, path: str, body: Any = None) -> bytes:
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.control_url + path, data, method=method)
        # Nothing of the environment's proxies is wanted on loopback.
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(request, timeout=HANGS) as reply:
            content: bytes = reply.read()
        return content

    def reset(self) -> None:
        self._control("POST", "/reset")

    def settings(self, **changes: Any) -> None:
        self._control("POST", "/settings", changes)

    def fault(self, *orders: dict[str, Any]) -> None:
        self._control("POST", "/faults", list(orders))

    def clear_faults(self, *operations: str) -> None:
        """Forgets all orders, or those for these operations, and lets go the requests that they hold."""
        for path in [f"/faults/{operation}" for operation in operations] or ["/faults"]:
            self._control("DELETE", path)

    def agents(self, *agents: dict[str, Any]) -> None:
        self._control("POST", "/agents", list(agents))

    def requests(self, operation: str | None = None) -> list[dict[str, Any]]:
        log = json.loads(self._control("GET", "/requests"))
        return [entry for entry in log if operation in (None, entry["op"])]

    def content(self, key: str) -> bytes:
        return self._control("GET", f"/objects/{urllib.parse.quote(key, safe='')}/content")

    def forget_requests(self) -> None:
        self._control("DELETE", "/requests")

    def objects(self) -> list[dict[str, Any]]:
        objects: list[dict[str, Any]] = json.loads(self._control("GET", "/objects"))
        return objects
