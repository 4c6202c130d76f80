"""Which usage a schedule prices, and when: what decides between schedules that could measure it."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, tzinfo

from catchment.core.hierarchy import CustomerId
from catchment.core.period import Period, Span, union
from catchment.core.phase_days import PhaseDays, phases_of
from catchment.core.schedules import EVERYONE, Frequency, PricedItem, Schedule, Scope


@dataclass(frozen=True, slots=True)
class Claim:
    """A live schedule prices a metric during ``span``: usage then is its customer's.

    With ``roll_up`` that holds for everyone below the customer too, down to the ``exclusions``,
    which it does not reach. ``scopes`` are those of its prices on the metric. ``started`` decides
    between two schedules of one customer.
    """

    schedule_id: str
    customer: CustomerId
    metric_id: str
    span: Span
    roll_up: bool
    started: date
    exclusions: frozenset[CustomerId] = frozenset()
    scopes: frozenset[Scope] = frozenset({EVERYONE})

    @property
    def terms(self) -> Hashable:
        """All but the metric: claims with the same terms have the same pools."""
        whose = self.schedule_id, self.customer, self.started
        return *whose, self.span, self.roll_up, self.exclusions, self.scopes


def claims(schedule: Schedule, zone: tzinfo) -> tuple[Claim, ...]:
    """The usage that an activated schedule prices, by metric and time; no two share an instant."""
    spans: dict[tuple[str, frozenset[Scope]], list[Span]] = {}
    for _, of in phases_of(schedule):
        for days, items in _priced(of):
            span = _until_archived(schedule, days.span(zone))
            for priced in _scopes(items).items():
                spans.setdefault(priced, []).append(span)
    return tuple(
        Claim(
            schedule.id,
            schedule.customer,
            metric,
            span,
            schedule.roll_up,
            schedule.start,
            schedule.exclusions,
            scopes,
        )
        for (metric, scopes), parts in sorted(spans.items(), key=lambda one: (one[0][0], one[1]))
        for span in union(parts)
    )


def _priced(of: PhaseDays) -> Iterator[tuple[Period, tuple[PricedItem, ...]]]:
    """The days of a phase, with what is priced on them: what is charged once only while it is."""
    once, items = of.once, of.phase.items
    yield once, items
    if once.end < of.days.end:
        recurring = (item for item in items if item.frequency is not Frequency.ONE_TIME)
        yield Period(once.end, of.days.end), tuple(recurring)


def _scopes(items: Iterable[PricedItem]) -> dict[str, frozenset[Scope]]:
    """The metrics that are priced, each with the scopes of its prices."""
    found: dict[str, set[Scope]] = {}
    for item in items:
        if item.metric is not None:
            found.setdefault(item.metric.id, set()).add(item.scope)
    whole = frozenset({EVERYONE})  # one for all that name nobody
    return {
        metric: whole if scopes == whole else frozenset(scopes) for metric, scopes in found.items()
    }


def _until_archived(schedule: Schedule, span: Span) -> Span:
    if schedule.archived_at is None:
        return span
    end = max(span.start, min(span.end, schedule.archived_at))
    return Span(span.start, end)
