"""Which usage a schedule prices, and when: what decides between schedules that could measure it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, tzinfo
from functools import lru_cache

from catchment.core.due.phase_days import PhaseDays, phases_of
from catchment.core.families.hierarchy import CustomerId
from catchment.core.terms.schedules import EVERYONE, Frequency, PricedItem, Schedule, Scope
from catchment.core.values.period import Period, Span, union


@dataclass(frozen=True, slots=True)
class Claim:
    """A live schedule prices some metrics during ``span``: usage then is its customer's.

    With ``roll_up`` that holds for everyone below the customer too, down to the ``exclusions``,
    which it does not reach. ``scopes`` are those of its prices on each of the metrics.
    ``started`` decides between two schedules of one customer.
    """

    schedule_id: str
    customer: CustomerId
    metric_ids: tuple[str, ...]
    span: Span
    roll_up: bool
    started: date
    exclusions: frozenset[CustomerId] = frozenset()
    scopes: frozenset[Scope] = frozenset({EVERYONE})


def claims(schedule: Schedule, zone: tzinfo) -> tuple[Claim, ...]:
    """The usage that an activated schedule prices, by time; of one metric no two share an instant.

    Metrics that are priced at the same times for the same scopes are claimed together.
    """
    spans: list[Span] = []
    priced: dict[tuple[str, frozenset[Scope]], list[int]] = {}
    for _, of in phases_of(schedule):
        for days, items in _priced(of):
            for one in _scopes(items).items():
                priced.setdefault(one, []).append(len(spans))
            spans.append(_until_archived(schedule, days.span(zone)))
    alike: dict[tuple[tuple[int, ...], frozenset[Scope]], list[str]] = {}
    for (metric, scopes), places in priced.items():
        alike.setdefault((tuple(places), scopes), []).append(metric)
    found = [
        Claim(
            schedule.id,
            schedule.customer,
            tuple(sorted(metrics)),
            span,
            schedule.roll_up,
            schedule.start,
            schedule.exclusions,
            scopes,
        )
        for (places, scopes), metrics in alike.items()
        for span in union(spans[place] for place in places)
    ]
    return tuple(sorted(found, key=lambda one: (one.span, one.metric_ids)))


def _priced(of: PhaseDays) -> Iterator[tuple[Period, tuple[PricedItem, ...]]]:
    """The days of a phase, with what is priced on them: what is charged once only while it is."""
    once, items = of.once, of.phase.items
    yield once, items
    if once.end < of.days.end:
        recurring = (item for item in items if item.frequency is not Frequency.ONE_TIME)
        yield Period(once.end, of.days.end), tuple(recurring)


def _scopes(items: Iterable[PricedItem]) -> dict[str, frozenset[Scope]]:
    """The metrics that are priced, each with the scopes of its prices."""
    found: dict[str, frozenset[Scope]] = {}
    for item in items:
        if item.metric is not None:
            id, own = item.metric.id, _alone(item.scope)
            found[id] = found[id] | own if id in found else own
    return found


@lru_cache(1_024)
def _alone(scope: Scope) -> frozenset[Scope]:
    """A scope by itself: one set for all that name nobody."""
    return frozenset({scope})


def _until_archived(schedule: Schedule, span: Span) -> Span:
    if schedule.archived_at is None:
        return span
    end = max(span.start, min(span.end, schedule.archived_at))
    return Span(span.start, end)
