"""The waiting form of `start_inspect_profile`, which needs no client."""

from __future__ import annotations

from ._native import start_inspect_profile
from ._waiting import waiting

inspect_profile = waiting("inspect_profile", start_inspect_profile)
