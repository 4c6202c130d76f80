"""What a question is about, so that a storage need not look at events elsewhere."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from catchment.core.usage.metering import Aggregation, UsageQuery
from catchment.core.values.period import Span

_MANY = 20_000
"""Of more names it is not told which they are."""


@dataclass(frozen=True, slots=True)
class Near:
    """What a question is about: events elsewhere need not be there. None: it may be about any.

    ``since``: about events that came after that place, or were superseded after it.
    """

    within: Span | None = None
    event_types: frozenset[str] | None = None
    aliases: frozenset[str] | None = None
    since: int | None = None

    @classmethod
    def to(cls, spans: Iterable[Span], event_types: Iterable[str]) -> Near:
        """Events of these types during any of ``spans``."""
        known = set(spans)
        hull = (
            Span(min(span.start for span in known), max(span.end for span in known))
            if known
            else None
        )
        return cls(hull, frozenset(event_types))

    @classmethod
    def of(cls, asked: Sequence[UsageQuery]) -> Near:
        """What all of ``asked`` are about; where names are many, none is told."""
        pools = {id(query.members): query.members for query in asked}  # many share one
        members = [member for pool in pools.values() for member in pool]
        names: set[str] = set()
        for member in members:
            names.update(member.aliases)
            if len(names) > _MANY:
                break
        spans = {id(member.spans): member.spans for member in members}
        metrics = {id(query.metric): query.metric for query in asked}.values()
        found = cls.to(
            (span for some in spans.values() for span in some),
            (metric.event_type for metric in metrics),
        )
        # What stood before a span may have been told at any time.
        told = any(metric.aggregation is Aggregation.TIME_WEIGHTED_SUM for metric in metrics)
        return replace(
            found,
            within=None if told else found.within,
            aliases=frozenset(names) if len(names) <= _MANY else None,
        )
