"""The functions that a program gives to its tools, and what they raise."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from .._errors import DropoffError

_A = TypeVar("_A")
_R = TypeVar("_R")


class ProgramError(Exception):
    """A function of the program raised `raised`, an error of this package. It tells what became of a call of
    that function's own. A model would read it as being about the tool's call, and send again what was sent.
    """

    def __init__(self, raised: DropoffError) -> None:
        super().__init__("a function of the program raised an error of a call of its own")
        self.raised = raised


def of_program(function: Callable[[_A], _R]) -> Callable[[_A], _R]:
    """The same function, whose errors are told from those of the tool's call. Only those of this package
    could be taken for one of that."""

    def call(argument: _A, /) -> _R:
        try:
            return function(argument)
        except DropoffError as error:
            raise ProgramError(error) from error

    return call
