"""Usage events: a durable inbox, sorted segments, and quantities out of both."""

from catchment.usage.answers import Bucket, Reading
from catchment.usage.intake.events import Batch, SentEvent, batch, sent_events
from catchment.usage.questions.census import CensusQuery, Claimed
from catchment.usage.questions.late import MeasuredTo
from catchment.usage.questions.listing import EventFilter, EventPage, EventPageRequest, StoredEvent
from catchment.usage.questions.statistics import Earlier, UsageStats
from catchment.usage.store import UsageStore

__all__ = [
    "Batch",
    "Bucket",
    "CensusQuery",
    "Claimed",
    "Earlier",
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
