"""What the usage store answers, where that is more than a quantity."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple

from catchment.core.usage.metering import Usage


@dataclass(frozen=True, slots=True)
class Bucket:
    """Usage of one stretch of a chart."""

    start: datetime
    value: Decimal
    event_count: int


@dataclass(frozen=True, slots=True)
class Reading:
    """Answers, and the place in the order of acknowledgement up to which events were counted."""

    answers: list[Usage]
    last_seq: int


class Names(NamedTuple):
    """Under which names events came, up to the place ``last_seq``; in no particular order."""

    found: list[str]
    last_seq: int
