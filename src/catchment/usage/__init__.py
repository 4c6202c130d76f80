"""Usage events: a durable inbox, sorted segments, and quantities out of both."""

from catchment.usage.census import CensusQuery, Claimed
from catchment.usage.events import AcceptedEvent
from catchment.usage.late import MeasuredTo
from catchment.usage.listing import EventFilter, EventPage, EventPageRequest, StoredEvent
from catchment.usage.store import Bucket, Reading, UsageStore

__all__ = [
    "AcceptedEvent",
    "Bucket",
    "CensusQuery",
    "Claimed",
    "EventFilter",
    "EventPage",
    "EventPageRequest",
    "MeasuredTo",
    "Reading",
    "StoredEvent",
    "UsageStore",
]
