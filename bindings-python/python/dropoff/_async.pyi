"""The async clients. The arguments and errors of each call are those of the sync client's."""

from collections.abc import Iterable, Mapping
from types import TracebackType
from typing import Any, Self, final

from typing_extensions import Unpack

from ._native import (
    Confirmed,
    Encryption,
    Job,
    KeyPair,
    OpenedFile,
    Pack,
    Profile,
    ProfileInspection,
    ProfileTicket,
    SentFile,
    SentTransfer,
    StoredObject,
    StoredParts,
    TransferInfo,
    TransferPlan,
    TransferTicket,
    _AsyncFile,
    _AsyncSource,
    _OnProgress,
    _Pairs,
    _Path,
    _Seconds,
)
from ._options import Options

@final
class AsyncHCompany:
    """An :class:`HCompany` for asyncio. May be shared between tasks, loops and threads.

    Each call is a coroutine and never blocks the loop. ``on_progress`` is called on the loop's own thread, so
    it should be quick. A task that is cancelled cancels the call, and waits for its end, at most 6 s.
    Each ``start_…`` twin returns a :class:`Job`, which can be awaited, and calls ``on_progress`` on a thread
    of its own.
    """

    def __new__(
        cls,
        api_key: str | None = None,
        *,
        region: str = "eu",
        base_url: str | None = None,
        **options: Unpack[Options],
    ) -> Self:
        """As :class:`HCompany`. Looks for the key, and at the files that the options name, now."""

    def set_bandwidth_limit(self, bytes_per_second: int | None) -> None:
        """From now on all uploads of this client together send at most so many bytes a second, those under
        way too.

        :param bytes_per_second: 1024 to 1099511627776 (1 TiB), or ``None`` for no limit.
        :raises InvalidInputError: it is neither.
        """

    async def close(self) -> None:
        """Stops the calls that run, and waits for their end, at most 6 s for one that cannot be stopped.
        Calls from then on are refused with :class:`InvalidInputError`. ``async with`` does so at the end."""

    async def __aenter__(self) -> Self: ...
    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc_value: BaseException | None,
        traceback: TracebackType | None,
        /,
    ) -> None: ...

    # <generated calls HCompany> by `make generate`, from `_native.pyi`
    async def upload_profile(
        self,
        source: _AsyncSource,
        *,
        name: str,
        browser_name: str | None = None,
        browser_version: str | None = None,
        description: str | None = None,
        labels: _Pairs | None = None,
        pack: Pack | None = None,
        if_changed_from: str | None = None,
        timeout: _Seconds | None = None,
        on_progress: _OnProgress | None = None,
    ) -> Profile:
        """As :meth:`HCompany.upload_profile`."""

    def start_upload_profile(
        self,
        source: _AsyncSource,
        *,
        name: str,
        browser_name: str | None = None,
        browser_version: str | None = None,
        description: str | None = None,
        labels: _Pairs | None = None,
        pack: Pack | None = None,
        if_changed_from: str | None = None,
        timeout: _Seconds | None = None,
        on_progress: _OnProgress | None = None,
    ) -> Job[Profile]:
        """As :meth:`HCompany.start_upload_profile`. Returns at once."""

    async def initiate_upload(self) -> ProfileTicket:
        """As :meth:`HCompany.initiate_upload`."""

    def start_initiate_upload(self) -> Job[ProfileTicket]:
        """As :meth:`HCompany.start_initiate_upload`. Returns at once."""

    async def upload(
        self,
        ticket: ProfileTicket,
        source: _AsyncSource,
        *,
        pack: Pack | None = None,
        on_progress: _OnProgress | None = None,
    ) -> StoredObject:
        """As :meth:`HCompany.upload`."""

    def start_upload(
        self,
        ticket: ProfileTicket,
        source: _AsyncSource,
        *,
        pack: Pack | None = None,
        on_progress: _OnProgress | None = None,
    ) -> Job[StoredObject]:
        """As :meth:`HCompany.start_upload`. Returns at once."""

    async def complete_upload(
        self,
        profile_id: str,
        *,
        name: str,
        browser_name: str | None = None,
        browser_version: str | None = None,
        description: str | None = None,
        labels: _Pairs | None = None,
        uploaded: StoredObject | None = None,
    ) -> Profile:
        """As :meth:`HCompany.complete_upload`."""

    def start_complete_upload(
        self,
        profile_id: str,
        *,
        name: str,
        browser_name: str | None = None,
        browser_version: str | None = None,
        description: str | None = None,
        labels: _Pairs | None = None,
        uploaded: StoredObject | None = None,
    ) -> Job[Profile]:
        """As :meth:`HCompany.start_complete_upload`. Returns at once."""

    async def get_profile(self, profile_id: str) -> Profile:
        """As :meth:`HCompany.get_profile`."""

    def start_get_profile(self, profile_id: str) -> Job[Profile]:
        """As :meth:`HCompany.start_get_profile`. Returns at once."""

    # </generated calls HCompany>

@final
class AsyncAgentDrop:
    """An :class:`AgentDrop` for asyncio. May be shared between tasks, loops and threads.

    Each call is a coroutine and never blocks the loop. ``on_progress`` is called on the loop's own thread, so
    it should be quick. A task that is cancelled cancels the call, and waits for its end, at most 6 s.
    Each ``start_…`` twin returns a :class:`Job`, which can be awaited, and calls ``on_progress`` on a thread
    of its own.
    """

    def __new__(
        cls, api_key: str | None = None, *, base_url: str | None = None, **options: Unpack[Options]
    ) -> Self:
        """As :class:`AgentDrop`. Looks for the key, and at the files that the options name, now."""

    def set_bandwidth_limit(self, bytes_per_second: int | None) -> None:
        """From now on all uploads of this client together send at most so many bytes a second, those under
        way too.

        :param bytes_per_second: 1024 to 1099511627776 (1 TiB), or ``None`` for no limit.
        :raises InvalidInputError: it is neither.
        """

    def restore_ticket(self, revealed: Mapping[str, Any]) -> TransferTicket:
        """As :meth:`AgentDrop.restore_ticket`. Waits for nothing."""

    async def close(self) -> None:
        """Stops the calls that run, and waits for their end, at most 6 s for one that cannot be stopped.
        Calls from then on are refused with :class:`InvalidInputError`. ``async with`` does so at the end."""

    async def __aenter__(self) -> Self: ...
    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc_value: BaseException | None,
        traceback: TracebackType | None,
        /,
    ) -> None: ...

    # <generated calls AgentDrop> by `make generate`, from `_native.pyi`
    async def send(
        self,
        files: Iterable[_AsyncFile],
        *,
        sender: str,
        recipient: str,
        mode: str = "agent-to-agent",
        expires_in: str | None = None,
        max_downloads: int | None = None,
        message: str | None = None,
        metadata: Mapping[str, Any] | None = None,
        auto_delete: bool = False,
        recipient_account: str | None = None,
        encrypt: Encryption | None = None,
        multipart: bool | None = None,
        journal: _Path | None = None,
        timeout: _Seconds | None = None,
        on_progress: _OnProgress | None = None,
    ) -> SentTransfer:
        """As :meth:`AgentDrop.send`."""

    def start_send(
        self,
        files: Iterable[_AsyncFile],
        *,
        sender: str,
        recipient: str,
        mode: str = "agent-to-agent",
        expires_in: str | None = None,
        max_downloads: int | None = None,
        message: str | None = None,
        metadata: Mapping[str, Any] | None = None,
        auto_delete: bool = False,
        recipient_account: str | None = None,
        encrypt: Encryption | None = None,
        multipart: bool | None = None,
        journal: _Path | None = None,
        timeout: _Seconds | None = None,
        on_progress: _OnProgress | None = None,
    ) -> Job[SentTransfer]:
        """As :meth:`AgentDrop.start_send`. Returns at once."""

    async def plan(
        self,
        files: Iterable[_AsyncFile],
        *,
        sender: str,
        recipient: str,
        mode: str = "agent-to-agent",
        expires_in: str | None = None,
        max_downloads: int | None = None,
        message: str | None = None,
        metadata: Mapping[str, Any] | None = None,
        auto_delete: bool = False,
        recipient_account: str | None = None,
        encrypt: Encryption | None = None,
        multipart: bool | None = None,
        journal: _Path | None = None,
        timeout: _Seconds | None = None,
        on_progress: _OnProgress | None = None,
    ) -> TransferPlan:
        """As :meth:`AgentDrop.plan`."""

    def start_plan(
        self,
        files: Iterable[_AsyncFile],
        *,
        sender: str,
        recipient: str,
        mode: str = "agent-to-agent",
        expires_in: str | None = None,
        max_downloads: int | None = None,
        message: str | None = None,
        metadata: Mapping[str, Any] | None = None,
        auto_delete: bool = False,
        recipient_account: str | None = None,
        encrypt: Encryption | None = None,
        multipart: bool | None = None,
        journal: _Path | None = None,
        timeout: _Seconds | None = None,
        on_progress: _OnProgress | None = None,
    ) -> Job[TransferPlan]:
        """As :meth:`AgentDrop.start_plan`. Returns at once."""

    async def presign(
        self,
        files: Iterable[_AsyncFile],
        *,
        sender: str,
        recipient: str,
        mode: str = "agent-to-agent",
        expires_in: str | None = None,
        max_downloads: int | None = None,
        message: str | None = None,
        metadata: Mapping[str, Any] | None = None,
        auto_delete: bool = False,
        recipient_account: str | None = None,
        encrypt: Encryption | None = None,
        multipart: bool | None = None,
        timeout: _Seconds | None = None,
        on_progress: _OnProgress | None = None,
    ) -> TransferTicket:
        """As :meth:`AgentDrop.presign`."""

    def start_presign(
        self,
        files: Iterable[_AsyncFile],
        *,
        sender: str,
        recipient: str,
        mode: str = "agent-to-agent",
        expires_in: str | None = None,
        max_downloads: int | None = None,
        message: str | None = None,
        metadata: Mapping[str, Any] | None = None,
        auto_delete: bool = False,
        recipient_account: str | None = None,
        encrypt: Encryption | None = None,
        multipart: bool | None = None,
        timeout: _Seconds | None = None,
        on_progress: _OnProgress | None = None,
    ) -> Job[TransferTicket]:
        """As :meth:`AgentDrop.start_presign`. Returns at once."""

    async def upload(
        self, ticket: TransferTicket, files: Iterable[_AsyncFile], *, on_progress: _OnProgress | None = None
    ) -> list[SentFile]:
        """As :meth:`AgentDrop.upload`."""

    def start_upload(
        self, ticket: TransferTicket, files: Iterable[_AsyncFile], *, on_progress: _OnProgress | None = None
    ) -> Job[list[SentFile]]:
        """As :meth:`AgentDrop.start_upload`. Returns at once."""

    async def confirm(self, transfer_id: str) -> Confirmed:
        """As :meth:`AgentDrop.confirm`."""

    def start_confirm(self, transfer_id: str) -> Job[Confirmed]:
        """As :meth:`AgentDrop.start_confirm`. Returns at once."""

    async def get_transfer(self, transfer_id: str) -> TransferInfo:
        """As :meth:`AgentDrop.get_transfer`."""

    def start_get_transfer(self, transfer_id: str) -> Job[TransferInfo]:
        """As :meth:`AgentDrop.start_get_transfer`. Returns at once."""

    # </generated calls AgentDrop>

@final
class AsyncStorage:
    """A :class:`Storage` for asyncio. May be shared between tasks, loops and threads.

    Each call is a coroutine and never blocks the loop. ``on_progress`` is called on the loop's own thread, so
    it should be quick. A task that is cancelled cancels the call, and waits for its end, at most 6 s.
    Each ``start_…`` twin returns a :class:`Job`, which can be awaited, and calls ``on_progress`` on a thread
    of its own.
    """

    def __new__(cls, **options: Unpack[Options]) -> Self:
        """As :class:`Storage`. Looks at the files that the options name now."""

    def set_bandwidth_limit(self, bytes_per_second: int | None) -> None:
        """From now on all uploads of this client together send at most so many bytes a second, those under
        way too.

        :param bytes_per_second: 1024 to 1099511627776 (1 TiB), or ``None`` for no limit.
        :raises InvalidInputError: it is neither.
        """

    async def close(self) -> None:
        """Stops the calls that run, and waits for their end, at most 6 s for one that cannot be stopped.
        Calls from then on are refused with :class:`InvalidInputError`. ``async with`` does so at the end."""

    async def __aenter__(self) -> Self: ...
    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc_value: BaseException | None,
        traceback: TracebackType | None,
        /,
    ) -> None: ...

    # <generated calls Storage> by `make generate`, from `_native.pyi`
    async def put(
        self,
        url: str,
        source: _AsyncSource,
        *,
        headers: _Pairs | None = None,
        journal: _Path | None = None,
        timeout: _Seconds | None = None,
        on_progress: _OnProgress | None = None,
    ) -> StoredObject:
        """As :meth:`Storage.put`."""

    def start_put(
        self,
        url: str,
        source: _AsyncSource,
        *,
        headers: _Pairs | None = None,
        journal: _Path | None = None,
        timeout: _Seconds | None = None,
        on_progress: _OnProgress | None = None,
    ) -> Job[StoredObject]:
        """As :meth:`Storage.start_put`. Returns at once."""

    async def post_form(
        self,
        url: str,
        fields: _Pairs,
        source: _AsyncSource,
        *,
        file_name: str = "file",
        file_field: str | None = None,
        timeout: _Seconds | None = None,
        on_progress: _OnProgress | None = None,
    ) -> StoredObject:
        """As :meth:`Storage.post_form`."""

    def start_post_form(
        self,
        url: str,
        fields: _Pairs,
        source: _AsyncSource,
        *,
        file_name: str = "file",
        file_field: str | None = None,
        timeout: _Seconds | None = None,
        on_progress: _OnProgress | None = None,
    ) -> Job[StoredObject]:
        """As :meth:`Storage.start_post_form`. Returns at once."""

    async def put_parts(
        self,
        urls: Iterable[str],
        source: _AsyncSource,
        *,
        part_size: int | None = None,
        part_sizes: Iterable[int] | None = None,
        headers: _Pairs | None = None,
        part_headers: Iterable[_Pairs] | None = None,
        timeout: _Seconds | None = None,
        on_progress: _OnProgress | None = None,
    ) -> StoredParts:
        """As :meth:`Storage.put_parts`."""

    def start_put_parts(
        self,
        urls: Iterable[str],
        source: _AsyncSource,
        *,
        part_size: int | None = None,
        part_sizes: Iterable[int] | None = None,
        headers: _Pairs | None = None,
        part_headers: Iterable[_Pairs] | None = None,
        timeout: _Seconds | None = None,
        on_progress: _OnProgress | None = None,
    ) -> Job[StoredParts]:
        """As :meth:`Storage.start_put_parts`. Returns at once."""

    async def post(
        self,
        url: str,
        source: _AsyncSource,
        *,
        headers: _Pairs | None = None,
        timeout: _Seconds | None = None,
        on_progress: _OnProgress | None = None,
    ) -> StoredObject:
        """As :meth:`Storage.post`."""

    def start_post(
        self,
        url: str,
        source: _AsyncSource,
        *,
        headers: _Pairs | None = None,
        timeout: _Seconds | None = None,
        on_progress: _OnProgress | None = None,
    ) -> Job[StoredObject]:
        """As :meth:`Storage.start_post`. Returns at once."""

    async def send(
        self,
        plan: str | Mapping[str, object],
        source: _AsyncSource,
        *,
        allow_authorization: bool | None = None,
        timeout: _Seconds | None = None,
        on_progress: _OnProgress | None = None,
    ) -> StoredObject:
        """As :meth:`Storage.send`."""

    def start_send(
        self,
        plan: str | Mapping[str, object],
        source: _AsyncSource,
        *,
        allow_authorization: bool | None = None,
        timeout: _Seconds | None = None,
        on_progress: _OnProgress | None = None,
    ) -> Job[StoredObject]:
        """As :meth:`Storage.start_send`. Returns at once."""

    # </generated calls Storage>

async def async_inspect_profile(path: _Path, *, pack: Pack | None = None) -> ProfileInspection:
    """As :func:`inspect_profile`, for asyncio: never blocks the loop. A task that is cancelled cancels the
    call, and waits for its end, at most 6 s."""

async def async_open_sealed(
    path: _Path,
    *,
    to: _Path,
    key_pair: KeyPair,
    sender_public_key: str | None = None,
    encrypted_key: str | None = None,
    encryption_iv: str | None = None,
    encryption_salt: str | None = None,
    on_progress: _OnProgress | None = None,
) -> OpenedFile:
    """As :func:`open_sealed`, for asyncio: never blocks the loop. ``on_progress`` is called on the loop's own
    thread. A task that is cancelled cancels the call, and waits for its end, at most 6 s."""
