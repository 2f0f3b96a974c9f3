"""A bar for `on_progress`, drawn by `tqdm` or `rich`, as the program has them. The package needs neither."""

from __future__ import annotations

import sys
from functools import partial
from importlib import import_module
from typing import TYPE_CHECKING, Any, Literal, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType
    from typing import Self

    from ._native import Progress


class _Bar(Protocol):
    """What is drawn: one phase after the other."""

    def show(self, progress: Progress) -> None: ...
    def close(self) -> None: ...


class _Tqdm:
    def __init__(self, tqdm: Any, description: str | None) -> None:
        self._description = description
        self._bar = tqdm.tqdm(unit="B", unit_scale=True, unit_divisor=1024, desc=description)

    def show(self, progress: Progress) -> None:
        bar = self._bar
        bar.set_description_str(_words(self._description, progress), refresh=False)
        bar.total = progress.bytes_total or None
        bar.n = progress.bytes_done  # goes back when an attempt fails
        bar.set_postfix_str(_files(progress), refresh=False)
        bar.refresh()

    def close(self) -> None:
        self._bar.close()


class _Rich:
    def __init__(self, rich: Any, description: str | None) -> None:
        self._description = description
        columns = (
            rich.TextColumn("{task.description}"),
            rich.BarColumn(),
            rich.DownloadColumn(binary_units=True),
            rich.TransferSpeedColumn(),
            rich.TimeRemainingColumn(),
            rich.TextColumn("{task.fields[files]}"),
        )
        self._progress = rich.Progress(*columns)
        self._task = self._progress.add_task(description or "", total=None, files="")
        self._progress.start()

    def show(self, progress: Progress) -> None:
        self._progress.update(
            self._task,
            description=_words(self._description, progress),
            total=progress.bytes_total or None,
            completed=progress.bytes_done,
            files=_files(progress),
        )

    def close(self) -> None:
        self._progress.stop()


def _words(description: str | None, progress: Progress) -> str:
    return progress.phase if description is None else f"{description}: {progress.phase}"


def _files(progress: Progress) -> str:
    files = f"{progress.files_done}/{progress.files_total} files" if progress.files_total > 1 else ""
    return " ".join(part for part in (files, "ticket too short" if progress.warning else "") if part)


def _drawn_by(using: str | None) -> Callable[[str | None], _Bar]:
    modules: dict[str, tuple[str, type[_Tqdm | _Rich]]] = {
        "tqdm": ("tqdm.auto", _Tqdm),
        "rich": ("rich.progress", _Rich),
    }
    if using is not None and using not in modules:
        raise ValueError(f'using must be "tqdm", "rich" or None, not {using!r}')
    # The one that the program uses already goes first.
    wanted = sorted(modules, key=lambda name: name not in sys.modules) if using is None else [using]
    for name in wanted:
        module, cls = modules[name]
        try:
            return partial(cls, import_module(module))
        except ModuleNotFoundError as error:
            if error.name is None or error.name.partition(".")[0] != name:
                raise
    missing = " or ".join(wanted)
    raise ModuleNotFoundError(f"a progress bar needs {missing}; install one, or leave the bar out")


class progress_bar:  # noqa: N801 - called like a function, and used as `with` uses one
    """A bar for one call, such as ``on_progress=progress_bar()``.

    It is drawn by ``tqdm`` or ``rich`` from the call's first snapshot on, and closed when the call is over,
    however it ended. With ``with progress_bar() as bar`` it is closed at the end of the block too.

    :param description: a text before the phase. Default: none.
    :param using: which of the two draws. Default: the one that is imported already, or else installed.
    :raises ModuleNotFoundError: neither is installed.
    """

    __module__ = "dropoff"

    def __init__(
        self, description: str | None = None, *, using: Literal["tqdm", "rich"] | None = None
    ) -> None:
        self._draw = _drawn_by(using)
        self._description = description
        self._bar: _Bar | None = None
        self._closed = False

    def __call__(self, progress: Progress, /) -> None:
        """Draws a snapshot."""
        if self._closed:
            return
        if self._bar is None:
            # Not before: a call whose arguments are wrong never says that it is over.
            self._bar = self._draw(self._description)
        self._bar.show(progress)
        if progress.phase == "done":
            self.close()

    def close(self) -> None:
        """Leaves the bar as it is."""
        self._closed = True
        bar, self._bar = self._bar, None
        if bar is not None:
            bar.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc_value: BaseException | None,
        traceback: TracebackType | None,
        /,
    ) -> None:
        self.close()
