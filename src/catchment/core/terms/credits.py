"""Credits: what a customer has in advance, and what becomes of it.

A grant is so much money, or so many units of a usage metric. Its ledger only grows: whatever
happens to it is an entry, and what is left is their sum. What a day makes of it, that it has
expired, is worked out for that day and never written: a grant pays for the days on which it is in
force, also when those are billed only later.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import NamedTuple

from catchment.core.families.hierarchy import CustomerId
from catchment.core.values.money import exact_sum
from catchment.core.values.period import Period, day_after


class CreditUnit(StrEnum):
    """What a grant is counted in: money, or units of a usage metric."""

    CURRENCY = "CURRENCY"
    METRIC = "METRIC"


class Refresh(StrEnum):
    """How often a phase grants anew: with every cycle of so many months, or once."""

    NONE = "NONE"
    MONTHLY = "MONTHLY"
    QUARTERLY = "QUARTERLY"
    HALF_YEARLY = "HALF_YEARLY"
    YEARLY = "YEARLY"

    @property
    def months(self) -> int | None:
        """The length of a cycle; None is once."""
        return _MONTHS[self]


_MONTHS: dict[Refresh, int | None] = {
    Refresh.NONE: None,
    Refresh.MONTHLY: 1,
    Refresh.QUARTERLY: 3,
    Refresh.HALF_YEARLY: 6,
    Refresh.YEARLY: 12,
}


class Rollover(StrEnum):
    """Until when what is left of a phase's grant can be used.

    NONE: the next refresh. ON_GRANT_REFRESH: the end of the phase. ON_GRANT_REFRESH_AND_PHASE: that
    of the schedule.
    """

    NONE = "NONE"
    ON_GRANT_REFRESH = "ON_GRANT_REFRESH"
    ON_GRANT_REFRESH_AND_PHASE = "ON_GRANT_REFRESH_AND_PHASE"


class EntryKind(StrEnum):
    """Why an entry is in the ledger.

    GRANTED begins it. APPLIED: an invoice was finalised that it pays. RETURNED: that was voided.
    VOIDED: what was left was taken back.
    """

    GRANTED = "GRANTED"
    APPLIED = "APPLIED"
    RETURNED = "RETURNED"
    VOIDED = "VOIDED"


@dataclass(frozen=True, slots=True)
class PhaseGrant:
    """What a phase grants its schedule's customer, again with every ``refresh``.

    ``amount`` is in major units of the currency, or in units of the metric ``metric_id``. It pays
    what the schedule charges for ``prices``, for all of them where none is named.
    """

    id: str
    name: str
    unit: CreditUnit
    currency: str
    metric_id: str | None
    amount: Decimal
    refresh: Refresh
    rollover: Rollover
    prices: frozenset[str] = frozenset()
    cost: Decimal | None = None
    tax_rate_id: str | None = None

    def __post_init__(self) -> None:
        assert self.amount > 0, self
        assert (self.metric_id is not None) == (self.unit is CreditUnit.METRIC), self


@dataclass(frozen=True, slots=True)
class Grant:
    """What a customer was granted: ``amount`` in major units of ``currency``, or in units.

    It pays for service on days from ``effective`` to ``expiry``, both included; None has no end.
    One of a phase pays only what ``schedule_id`` charges, for ``prices`` if it names any.
    """

    id: str
    customer: CustomerId
    name: str
    unit: CreditUnit
    currency: str
    metric_id: str | None
    amount: Decimal
    effective: date
    expiry: date | None
    created_at: datetime
    schedule_id: str | None = None
    prices: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        assert self.amount > 0, self
        assert (self.metric_id is not None) == (self.unit is CreditUnit.METRIC), self

    def in_force(self, service: Period) -> bool:
        """Whether it is on at least one of the days."""
        return self.effective < service.end and service.start < day_after(self.expiry)


class Entry(NamedTuple):
    """A change of what is left of a grant: ``amount`` is above zero where that grows."""

    grant_id: str
    kind: EntryKind
    amount: Decimal


class Account(NamedTuple):
    """What became of a grant by a day: the other four always add up to what was ``granted``."""

    granted: Decimal
    applied: Decimal
    voided: Decimal
    expired: Decimal
    balance: Decimal


def rest(entries: Iterable[Entry]) -> Decimal:
    """What is left of a grant by its entries, whatever day it is."""
    return exact_sum(entry.amount for entry in entries)


def account(grant: Grant, entries: Iterable[Entry], on: date) -> Account:
    """What became of a grant by the day ``on``; ``entries`` are its own."""
    entries = tuple(entries)
    kinds = {kind: rest(one for one in entries if one.kind is kind) for kind in EntryKind}
    left, nothing = rest(entries), Decimal(0)
    expired = on >= day_after(grant.expiry)
    return Account(
        granted=kinds[EntryKind.GRANTED],
        applied=-exact_sum((kinds[EntryKind.APPLIED], kinds[EntryKind.RETURNED])) + nothing,
        voided=-kinds[EntryKind.VOIDED] + nothing,
        expired=left if expired else nothing,
        balance=nothing if expired else left,
    )


def returned(entries: Iterable[Entry]) -> list[Entry]:
    """What gives back what ``entries`` of an invoice that is voided now have applied."""
    return [
        Entry(one.grant_id, EntryKind.RETURNED, -one.amount)
        for one in entries
        if one.kind is EntryKind.APPLIED
    ]
