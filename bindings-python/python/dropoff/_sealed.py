"""The waiting form of `start_open_sealed`, which needs no client."""

from __future__ import annotations

from ._native import start_open_sealed
from ._waiting import waiting

open_sealed = waiting("open_sealed", start_open_sealed)
