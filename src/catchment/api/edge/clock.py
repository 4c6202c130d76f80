"""Where the clock of whoever serves ticks."""

from __future__ import annotations

from datetime import UTC, datetime


def utcnow() -> datetime:
    """Now."""
    return datetime.now(UTC)
