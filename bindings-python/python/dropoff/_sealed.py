"""`open_sealed` and `start_open_sealed`, which need no client."""

from __future__ import annotations

from . import _native
from ._waiting import annotated, waiting

open_sealed = waiting("open_sealed", _native.start_open_sealed)
start_open_sealed = annotated(_native.start_open_sealed)
