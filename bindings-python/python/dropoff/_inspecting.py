"""`inspect_profile` and `start_inspect_profile`, which need no client."""

from __future__ import annotations

from . import _native
from ._waiting import starting, waiting

inspect_profile = waiting("inspect_profile", _native.start_inspect_profile)
start_inspect_profile = starting("inspect_profile", _native.start_inspect_profile)
