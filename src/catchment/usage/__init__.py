"""Usage events: a durable inbox, sorted segments, and quantities out of both."""

from catchment.usage.events import AcceptedEvent
from catchment.usage.listing import EventFilter, EventPage, EventPageRequest, StoredEvent
from catchment.usage.store import Bucket, UsageStore

__all__ = [
    "AcceptedEvent",
    "Bucket",
    "EventFilter",
    "EventPage",
    "EventPageRequest",
    "StoredEvent",
    "UsageStore",
]
