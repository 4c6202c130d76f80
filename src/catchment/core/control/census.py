"""Whether every event is accounted for, once: what lines bill, and a census of all there are.

Billing measures pool by pool; a control sheet looks from the other side, at every event there is,
and asks whose it was.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from catchment.core.control.differences import Difference
from catchment.core.families.hierarchy import CustomerId
from catchment.core.terms.schedules import Scope
from catchment.core.values.period import Period, outermost, overlaps


class Claimant(NamedTuple):
    """What has a pool of its own: the prices of one scope that a schedule has on a metric."""

    schedule_id: str
    scope: Scope


Service = tuple[Claimant, Period]
"""Days for which the usage of a claimant is billed."""


@dataclass(slots=True)
class BilledUsage:
    """What a line says of the usage it bills: so many events of a metric, and ``whose``.

    Nobody changes it; freezing so many would take its time.
    """

    line_id: str
    invoice_id: str
    customer: CustomerId
    whose: Service
    event_count: int

    @property
    def claimant(self) -> Claimant:
        """What has the pool that it bills."""
        return self.whose[0]

    @property
    def service(self) -> Period:
        """The days that it bills."""
        return self.whose[1]


@dataclass(frozen=True, slots=True)
class Twice:
    """Events of a customer that are claimed twice, by two schedules or by one with two scopes."""

    customer: CustomerId
    schedule_ids: tuple[str, str]
    event_count: int


@dataclass(frozen=True, slots=True)
class Census:
    """Every event of a metric within a window, by whose it is.

    ``received`` is counted by itself, all others by who claims the instant of the event: the
    services asked for (``counted`` for each of them, and for the days that two of one claimant
    share; ``other`` for what lies in none), no schedule although the customer is known, or not even
    that. Of the last two the most frequent are named.
    """

    received: int
    counted: Mapping[Service, int]
    other: int
    unpriced: int
    unmapped: int
    unpriced_customers: tuple[tuple[CustomerId, int], ...] = ()
    unmapped_aliases: tuple[tuple[str, int], ...] = ()
    twice: tuple[Twice, ...] = ()


@dataclass(frozen=True, slots=True)
class MetricBalance:
    """A row of the control sheet: what was received during ``days`` is what became of it."""

    metric_id: str
    days: Period
    received: int
    billed: int
    other: int
    unpriced: int
    unmapped: int
    unpriced_customers: tuple[tuple[CustomerId, int], ...] = ()
    unmapped_aliases: tuple[tuple[str, int], ...] = ()

    @property
    def accounted(self) -> int:
        """What the parts come to."""
        return self.billed + self.other + self.unpriced + self.unmapped

    @property
    def balanced(self) -> bool:
        """Whether every event is accounted for, once."""
        return self.received == self.accounted


class Fate(StrEnum):
    """What becomes of usage that came too late: this run adjusts its invoice, a later one will, or
    nobody does because its schedule is not to be adjusted.
    """

    ADJUSTED = "ADJUSTED"
    WAITING = "WAITING"
    TURNED_OFF = "TURNED_OFF"


@dataclass(frozen=True, slots=True)
class LateService:
    """A service billed for good that has other events by now. ``before`` are those that its lines
    have billed, ``after`` those that they and an adjustment say there are.
    """

    claimant: Claimant
    service: Period
    fate: Fate
    before: int
    after: int


@dataclass(frozen=True, slots=True)
class LateBalance:
    """A row of the control sheet on what came too late, by what becomes of it.

    Counted are events beyond those that were billed; corrections and names that changed hands can
    make it fewer. ``received`` is what the census finds.
    """

    metric_id: str
    days: Period
    received: int
    adjusted: int
    waiting: int
    turned_off: int

    @property
    def balanced(self) -> bool:
        """Whether every event is accounted for, once."""
        return self.received == self.adjusted + self.waiting + self.turned_off


def late_balance(
    metric_id: str, found: Sequence[LateService], counted: Mapping[Service, int]
) -> LateBalance:
    """The row of a metric. What lies in a longer service of the same claimant is counted there."""
    by_claimant: dict[Claimant, dict[Period, LateService]] = {}
    for one in found:
        by_claimant.setdefault(one.claimant, {})[one.service] = one
    outer = [own[service] for own in by_claimant.values() for service in outermost(own)]
    beyond = {
        fate: sum(one.after - one.before for one in outer if one.fate is fate) for fate in Fate
    }
    return LateBalance(
        metric_id,
        Period(min(one.service.start for one in outer), max(one.service.end for one in outer)),
        sum(counted[one.claimant, one.service] - one.before for one in outer),
        beyond[Fate.ADJUSTED],
        beyond[Fate.WAITING],
        beyond[Fate.TURNED_OFF],
    )


def miscounts(lines: Iterable[BilledUsage], census: Census) -> Iterator[Difference]:
    """The lines whose events are not those that the census found for them."""
    for line in lines:
        counted = census.counted[line.whose]
        if counted != line.event_count:
            yield Difference(
                "line",
                line.line_id,
                "eventCount by the census",
                str(counted),
                str(line.event_count),
                line.customer,
                line.claimant.schedule_id,
                line.invoice_id,
            )


def balance(
    metric_id: str, days: Period, billed: Mapping[Service, int], census: Census
) -> MetricBalance:
    """The row of a metric, from how many events are ``billed`` and a census of their days."""
    return MetricBalance(
        metric_id,
        days,
        census.received,
        _once_each(billed, census),
        census.other,
        census.unpriced,
        census.unmapped,
        census.unpriced_customers,
        census.unmapped_aliases,
    )


def imbalance(row: MetricBalance, census: Census) -> Iterator[Difference]:
    """What of a row does not balance: events claimed twice, or a sum that is another."""
    for one in census.twice:
        yield Difference(
            "metric",
            row.metric_id,
            f"events that {' and '.join(one.schedule_ids)} both claim",
            "0",
            str(one.event_count),
            one.customer,
            one.schedule_ids[0],
        )
    if not row.balanced:
        yield Difference(
            "metric", row.metric_id, "events received", str(row.accounted), str(row.received)
        )


def _once_each(billed: Mapping[Service, int], census: Census) -> int:
    """All events that are billed; those that are billed twice, as a month and as part of its
    quarter, once.
    """
    by_claimant: dict[Claimant, list[Period]] = {}
    for claimant, days in billed:
        by_claimant.setdefault(claimant, []).append(days)
    several = {claimant: own for claimant, own in by_claimant.items() if len(own) > 1}
    whole = sum(events for (claimant, _), events in billed.items() if claimant not in several)
    for claimant, own in several.items():
        whole += sum([billed[claimant, days] for days in outermost(own)])
        whole -= sum([census.counted[claimant, days] for days in overlaps(own)])
    return whole
