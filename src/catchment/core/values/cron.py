"""Occasions that recur, as cron says it: five fields, in a time zone.

Read by ``cronsim``, which follows Debian's cron where the clock is changed: an occasion at an hour
that is skipped comes once that is over, and one at an hour that comes twice comes the first time.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo

from cronsim import CronSim, CronSimError

_FIELDS = 5
_MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Cron:
    """When something recurs. Raises ValueError, which names the field that is wrong."""

    text: str

    def __post_init__(self) -> None:
        if len(self.text.split()) != _FIELDS:
            message = "minute, hour, day of the month, month, day of the week"
            raise ValueError(f"Five fields are expected: {message}.")
        try:
            CronSim(self.text, datetime(2026, 1, 1, tzinfo=UTC))
        except CronSimError as error:
            raise ValueError(f"{self.text!r} is no schedule: {error}.") from error

    def latest(self, at: datetime, zone: tzinfo) -> datetime:
        """The last occasion at or before ``at``."""
        next_minute = at.astimezone(UTC).replace(second=0, microsecond=0) + _MINUTE
        found = next(CronSim(self.text, next_minute.astimezone(zone), reverse=True))
        return found.astimezone(UTC)
