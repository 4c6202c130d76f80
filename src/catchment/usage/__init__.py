"""Usage events: a durable inbox, sorted segments, and quantities out of both."""

from catchment.usage.census import CensusQuery, Claimed
from catchment.usage.events import Batch, SentEvent, batch, sent_events
from catchment.usage.late import MeasuredTo
from catchment.usage.listing import EventFilter, EventPage, EventPageRequest, StoredEvent
from catchment.usage.statistics import UsageStats
from catchment.usage.store import Bucket, Reading, UsageStore

__all__ = [
    "Batch",
    "Bucket",
    "CensusQuery",
    "Claimed",
    "EventFilter",
    "EventPage",
    "EventPageRequest",
    "MeasuredTo",
    "Reading",
    "SentEvent",
    "StoredEvent",
    "UsageStats",
    "UsageStore",
    "batch",
    "sent_events",
]
