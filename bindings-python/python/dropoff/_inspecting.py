"""`inspect_profile` and `start_inspect_profile`, which need no client."""

from __future__ import annotations

from . import _native
from ._waiting import annotated, waiting

inspect_profile = waiting("inspect_profile", _native.start_inspect_profile)
start_inspect_profile = annotated(_native.start_inspect_profile)
