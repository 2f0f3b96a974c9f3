"""The kinds of errors, for annotations. Not in `_errors`, since `typing` costs more than all the rest."""

from __future__ import annotations

from typing import Literal, TypeAlias

ErrorKind: TypeAlias = Literal[
    # <generated kinds> by `make generate`, from the core's sources
    "invalid_input",
    "authentication",
    "permission",
    "not_found",
    "conflict",
    "rejected",
    "too_large",
    "rate_limited",
    "expired",
    "storage_refused",
    "unavailable",
    "network",
    "timeout",
    "tls",
    "source_unreadable",
    "source_changed",
    "integrity",
    "encryption",
    "unsafe_target",
    "browser_running",
    "disk_full",
    "cancelled",
    "unknown_outcome",
    "internal",
    # </generated kinds>
]
"""What :attr:`DropoffError.kind` may be. A later version may have more."""
