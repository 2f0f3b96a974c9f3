"""A running sandbox: where it is, clients of it, and its control endpoint."""

from __future__ import annotations

import http.client
import json
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Sequence
from os import PathLike
from types import TracebackType
from typing import Any

from .._errors import InvalidInputError
from .._native import AgentDrop, HCompany, Storage
from ._program import Program, found

# Seconds after which the control endpoint hangs.
CONTROL_LIMIT = 120.0


class Sandbox:
    """Both services on loopback. Starts with the object, and ends with :meth:`close`, the ``with`` block, or
    the process. May be used from any thread.

    The sandbox's manual lists orders and settings, and the facts of requests and objects.
    """

    def __init__(self, program: str | PathLike[str] | None = None, *, options: Sequence[str] = ()) -> None:
        """
        :param program: path of ``dropoff`` or ``dropoff-sandbox``. Default: the environment variable
            ``DROPOFF_SANDBOX``, then the scripts of this Python, then the ``PATH``.
        :param options: of its command line, such as ``["--tls"]``.
        :raises FileNotFoundError: there is no such program.
        :raises RuntimeError: it is no sandbox, or it did not start.
        """
        if isinstance(options, str):
            raise InvalidInputError("options must be a list of str, not str; put a single one in brackets")
        self._closed = False
        self._program = Program(found(program), options)
        ready = self._program.ready
        self.api_url: str = ready["api_url"]
        """The base URL of both services."""
        self.storage_url: str = ready["storage_url"]
        """The origin of object storage."""
        self.control_url: str = ready["control_url"]
        """Where :meth:`faults` and the others ask. No client needs to know it."""
        self.h_api_key: str = ready["h_api_key"]
        """The key that H Company's imitation takes."""
        self.agentdrop_api_key: str = ready["agentdrop_api_key"]
        """The key that AgentDrop's imitation takes."""
        self.ca_file: str | None = ready["ca_file"]
        """The authority of storage's certificate, with the option ``--tls``."""

    def close(self) -> None:
        """Ends it. What was stored is gone."""
        self._closed = True
        self._program.stop()

    def __enter__(self) -> Sandbox:
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc_value: BaseException | None,
        traceback: TracebackType | None,
        /,
    ) -> None:
        self.close()

    # -- clients

    def environment(self) -> dict[str, str]:
        """The variables that point clients without arguments at it: this package's and H Company's own.

        With the option ``--tls`` ``SSL_CERT_FILE`` is one of them, so a program that is given them trusts no
        other authority than the sandbox's."""
        authority = {} if self.ca_file is None else {"SSL_CERT_FILE": self.ca_file}
        return authority | {
            "HAI_API_KEY": self.h_api_key,
            "HAI_API_BASE_URL": self.api_url,
            "AGENTDROP_API_KEY": self.agentdrop_api_key,
            "AGENTDROP_BASE_URL": self.api_url,
            "DROPOFF_TRUSTED_STORAGE": self.storage_url,
        }

    def agentdrop(self, **options: Any) -> AgentDrop:
        """A client of its AgentDrop. Retries wait a millisecond; `options` as of :class:`dropoff.AgentDrop`,
        ``api_key`` and ``base_url`` too, go before that unless they are None."""
        return AgentDrop(**self._options(options, self.agentdrop_api_key))

    def hcompany(self, **options: Any) -> HCompany:
        """A client of its H Company, as :meth:`agentdrop`."""
        return HCompany(**self._options(options, self.h_api_key))

    def storage(self, **options: Any) -> Storage:
        """A client of storage, for the targets of its tickets; `options` as of :class:`dropoff.Storage`."""
        return Storage(**self._options(options))

    def _options(self, given: dict[str, Any], api_key: str | None = None) -> dict[str, Any]:
        """What is not given leads nowhere else than here."""
        service = {} if api_key is None else {"api_key": api_key, "base_url": self.api_url}
        storage = {"trusted_storage": [self.storage_url], "backoff_base": 0.001, "ca_file": self.ca_file}
        return service | storage | {name: value for name, value in given.items() if value is not None}

    # -- what is to happen

    def faults(self, *orders: dict[str, Any]) -> None:
        """Orders faults, such as ``{"on": "put", "times": 2, "do": {"reply": {"status": 503}}}``.

        :raises ValueError: there is no such order.
        """
        self._ask("POST", "/faults", list(orders))

    def clear_faults(self, *operations: str) -> None:
        """Forgets all orders, or those for these operations, and lets go the requests that they hold."""
        for path in [f"/faults/{operation}" for operation in operations] or ["/faults"]:
            self._ask("DELETE", path)

    def hostile(self, percent: int, seed: int = 0) -> None:
        """From now on so many requests of a hundred meet a fault drawn at random. A seed draws the same ones
        each time."""
        self._ask("POST", "/hostile", {"percent": percent, "seed": seed})

    def settings(self, **changes: Any) -> None:
        """Changes settings, such as ``upload_expires_in=1``.

        :raises ValueError: there is no such setting, or not of this kind.
        """
        self._ask("POST", "/settings", changes)

    def agents(self, *agents: dict[str, Any]) -> None:
        """Makes agents known, such as ``{"agent_id": "b", "public_key": pair.public_key}``."""
        self._ask("POST", "/agents", list(agents))

    def reset(self) -> None:
        """Forgets everything, as if just started."""
        self._ask("POST", "/reset")

    # -- what has happened

    def requests(self, operation: str | None = None) -> list[dict[str, Any]]:
        """What came, to the services and to storage, in order; of one operation if it is named."""
        log: list[dict[str, Any]] = json.loads(self._ask("GET", "/requests"))
        return [entry for entry in log if operation in (None, entry["op"])]

    def forget_requests(self) -> None:
        """Begins the log anew."""
        self._ask("DELETE", "/requests")

    def objects(self) -> list[dict[str, Any]]:
        """What storage holds: ``key``, ``size``, ``sha256``, ``md5``, ``etag``, ``content_type``."""
        return self._list("/objects")

    def content(self, key: str) -> bytes:
        """The bytes of an object.

        :raises KeyError: there is none.
        """
        return self._ask("GET", f"/objects/{urllib.parse.quote(key, safe='')}/content")

    def transfers(self) -> list[dict[str, Any]]:
        """The transfers, pending ones too."""
        return self._list("/transfers")

    def profiles(self) -> list[dict[str, Any]]:
        """The profiles that were registered."""
        return self._list("/profiles")

    def _list(self, path: str) -> list[dict[str, Any]]:
        listed: list[dict[str, Any]] = json.loads(self._ask("GET", path))
        return listed

    def _ask(self, method: str, path: str, body: Any = None) -> bytes:
        if self._closed:
            raise RuntimeError("the sandbox is closed, and what it had is gone; use it before that")
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.control_url + path, data, method=method)
        # Loopback is behind no proxy, whatever the environment says.
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with opener.open(request, timeout=CONTROL_LIMIT) as reply:
                content: bytes = reply.read()
        except urllib.error.HTTPError as refusal:
            with refusal:
                told = json.loads(refusal.read()).get("error", "")
            raise (KeyError(path) if refusal.code == 404 else ValueError(f"the sandbox: {told}")) from None
        except (OSError, http.client.HTTPException) as error:
            raise RuntimeError("the sandbox does not answer; perhaps its process was ended") from error
        return content

    def __repr__(self) -> str:
        return f"Sandbox({self.api_url!r})"
