"""One tool: what a model is told of it, and its handler."""

from __future__ import annotations

import copy
import json
import logging
from collections.abc import Callable, Mapping
from typing import Any, Literal, NamedTuple, TypeAlias

from .._errors import DropoffError, InternalError
from .._native import Job, Progress, _is_callback
from .._threads import close_bar
from ._arguments import checked
from ._description import described, failure, sentence
from ._program import ProgramError, of_program

_OnProgress: TypeAlias = Callable[[Progress], object]
_Given: TypeAlias = dict[str, Any]
# Of each file that a model named, the name that a recipient sees, and the path.
_Found: TypeAlias = list[tuple[str, str]]


class Handler(NamedTuple):
    """How a call is carried out: a look for the files it is about, and what is done with them."""

    begin: Callable[[_Given, _Found, _OnProgress | None], Job[Any]]
    find: Callable[[_Given], Job[_Found]] | None = None
    """May take arguments away. Default: it is about none."""


_logger = logging.getLogger("dropoff.tools")


class Tool:
    """What a model may call. It may be called from any thread, as often as you like, and at the same time.

    :meth:`run` and :meth:`run_async` take the arguments as a model gives them: a mapping, JSON text, or by
    name. They give the facts that :attr:`output_schema` describes, or after a failure ``{"error": {…}}`` as
    :data:`ERROR_SCHEMA` says. They never raise, except for what stops a program from outside: Ctrl-C and the
    cancellation of an asyncio task, which cancel the call.
    """

    __slots__ = (
        "_handler",
        "_input",
        "_output",
        "annotations",
        "description",
        "input_schema",
        "name",
        "output_schema",
        "title",
    )

    name: str
    """Its name, such as ``send_files``."""
    title: str
    """The same for people."""
    description: str
    """What it does and when to use it, for the model."""
    input_schema: dict[str, Any]
    """JSON Schema of its arguments, of which those that the program has settled are left out. A copy: to
    change it allows a model nothing."""
    output_schema: dict[str, Any]
    """JSON Schema of what a success gives."""
    annotations: dict[str, bool]
    """Hints by MCP's names: ``readOnlyHint``, ``destructiveHint``, ``idempotentHint``, ``openWorldHint``."""

    def __init__(
        self, description: Mapping[str, Any], input_schema: dict[str, Any], handler: Handler
    ) -> None:
        self.name = description["name"]
        self.title = description["title"]
        self.description = description["description"]
        self.input_schema = input_schema
        self.output_schema = copy.deepcopy(description["output"])
        self.annotations = dict(description["annotations"])
        # Frameworks change the schemas that they are given, and these are what is held to.
        self._input = json.dumps(input_schema)
        self._output: Mapping[str, Any] = description["output"]
        self._handler = handler

    def run(
        self,
        arguments: Mapping[str, Any] | str | None = None,
        /,
        *,
        on_progress: _OnProgress | None = None,
        **named: Any,
    ) -> dict[str, Any]:
        """Calls it and waits.

        :param arguments: as the model gave them: a mapping or JSON text. Default: those given by name.
        :param on_progress: called on a thread of its own with a :class:`Progress`.
        """
        outcome: Literal["not_completed", "unknown"] = "not_completed"
        try:
            given, finding = self._look(arguments, named, on_progress)
            found = [] if finding is None else finding.wait()
            job = self._begin(given, found, on_progress)
            outcome = "unknown"
            try:
                return self._told(job.wait())
            finally:
                close_bar(on_progress)
        except Exception as error:
            return _failed(error, outcome)

    async def run_async(
        self,
        arguments: Mapping[str, Any] | str | None = None,
        /,
        *,
        on_progress: _OnProgress | None = None,
        **named: Any,
    ) -> dict[str, Any]:
        """Calls it and waits in a running asyncio loop. Arguments as in :meth:`run`."""
        outcome: Literal["not_completed", "unknown"] = "not_completed"
        try:
            given, finding = self._look(arguments, named, on_progress)
            found = [] if finding is None else await finding
            job = self._begin(given, found, on_progress)
            outcome = "unknown"
            try:
                return self._told(await job)
            finally:
                close_bar(on_progress)
        except Exception as error:
            return _failed(error, outcome)

    def to_dict(self) -> dict[str, Any]:
        """What a model is told of it, fit for JSON: ``name``, ``title``, ``description``, ``input_schema``,
        ``output_schema`` and ``annotations``."""
        return {
            name: copy.deepcopy(getattr(self, name)) for name in self.__slots__ if not name.startswith("_")
        }

    def _look(
        self,
        arguments: Mapping[str, Any] | str | None,
        named: _Given,
        on_progress: _OnProgress | None,
    ) -> tuple[_Given, Job[_Found] | None]:
        """The arguments, and the look for files. It is waited for as the call is: a mount may be dead."""
        if on_progress is not None and not _is_callback(on_progress):
            # A slip of the program, which a model cannot correct.
            raise TypeError("on_progress must be a plain function of one argument, a Progress")
        given = checked(self.name, self._input, named if arguments is None else arguments)
        return given, self._handler.find(given) if self._handler.find else None

    def _begin(self, given: _Given, found: _Found, on_progress: _OnProgress | None) -> Job[Any]:
        """The call. It cannot see that `on_progress` is a bar, so whoever waits closes that."""
        tell = None if on_progress is None else of_program(on_progress)
        return self._handler.begin(given, found, tell)

    def _told(self, result: Any) -> dict[str, Any]:
        told: dict[str, Any] = described(self._output, result.to_dict())
        return told

    def __repr__(self) -> str:
        return f"Tool({self.name!r})"


def _failed(error: Exception, outcome: Literal["not_completed", "unknown"]) -> dict[str, Any]:
    if isinstance(error, DropoffError):
        return failure(error)
    # Of the program's own functions: what they raise is for its log, and may hold what is not for a model.
    name = type(error.raised if isinstance(error, ProgramError) else error).__name__
    _logger.error("a tool met %s of a function of the program", name, exc_info=error)
    return failure(InternalError(sentence("program", name=name), outcome=outcome))
