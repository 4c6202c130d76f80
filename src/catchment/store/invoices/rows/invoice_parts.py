"""The parts of an invoice as values: groups of lines, lines, and what every member used.

Nobody changes them, but only ``Contents`` is frozen. There are so many, with so many fields, that
how they are made matters: structs take a third of the time that classes of Python would.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import NamedTuple
from uuid import NAMESPACE_OID, uuid5

import msgspec

from catchment.core.invoices.adjustments import ORIGINAL, Deducted
from catchment.core.invoices.settling import Step, StepKind
from catchment.core.shares.allocation import Parts
from catchment.core.terms.pricing import SeatPart, Segment
from catchment.core.terms.schedules import EVERYONE, ChargePart, Scope
from catchment.core.terms.single_events import EventPart
from catchment.core.terms.taxes import Taxation
from catchment.core.values.money import EXACT, Money, Taxed, exact_sum
from catchment.core.values.period import Period
from catchment.store.invoices.rows.evidence import Evidence


class LineItemGroup(Taxed, msgspec.Struct, gc=False):
    """The lines of one product."""

    id: str
    invoice_id: str
    index: int
    title: str
    product_id: str | None
    net: Money
    tax: Money
    description: str | None = None


class LineItem(Taxed, msgspec.Struct, gc=False):
    """One charge. ``quantity`` is what was used, ``segments`` and ``steps`` explain ``net``.

    A usage price that named customers priced only those of ``scope``; ``aggregation`` is how its
    metric aggregated when it was calculated. ``share_counts`` says how many members share it by
    each of METHODS; None: all is the payer's. An adjustment says what it ``deducted``; its segments
    are those of the whole charge. ``last_seq``, ``last_seat`` and ``known_at`` are what was read to
    measure it. ``taxation`` says why it has its ``tax_rate``. Its tiers go on from the usage since
    the day ``tiers_from``; None where they begin with the service.
    """

    id: str
    invoice_id: str
    group_id: str | None
    index: int
    title: str
    quantity: Decimal
    rate: Decimal
    rate_display: str
    net: Money
    tax: Money
    service: Period | None
    segments: tuple[Segment, ...] = ()
    tax_rate: Decimal = Decimal(0)
    taxation: Taxation | None = None
    description: str | None = None
    unit: str | None = None
    schedule_id: str | None = None
    phase_id: str | None = None
    price_id: str | None = None
    product_id: str | None = None
    usage_metric_id: str | None = None
    aggregation: str | None = None
    event_type: str | None = None
    event_count: int | None = None
    share_counts: tuple[int, ...] | None = None
    scope: Scope = EVERYONE
    deducted: Deducted | None = None
    last_seq: int | None = None
    known_at: datetime | None = None
    steps: tuple[Step, ...] = ()
    settles: StepKind | None = None
    tiers_from: date | None = None
    part: ChargePart = SeatPart.ALL
    last_seat: int | None = None
    credit_grant_id: str | None = None

    @property
    def shown_price_id(self) -> str | None:
        """The price it charges, or what of it is not to be paid; a minimum is of several."""
        *kinds, id = (self.price_id or "").split(":")
        return None if "minimum" in kinds else id or None

    @property
    def event(self) -> str | None:
        """The sender's id of the event that it is for; None where it is for all of its service."""
        return self.part.event if isinstance(self.part, EventPart) else None

    @property
    def whole_quantity(self) -> Decimal:
        """What was used in all, also where an adjustment bills only some of it."""
        taken = self.deducted
        return self.quantity if taken is None else EXACT.add(self.quantity, taken.quantity)

    @property
    def counts_nothing(self) -> bool:
        """Whether there is no quantity to tell: a fee is adjusted, by an amount alone."""
        fee = self.deducted is not None and self.usage_metric_id is None
        return fee and not self.quantity

    @property
    def exact(self) -> Decimal:
        """The net before it was rounded; what its steps and what is deducted come to is round."""
        amounts = (segment.amount for segment in self.segments)
        whole = exact_sum((*amounts, *(step.amount.decimal for step in self.steps)))
        taken = self.deducted
        return whole if taken is None else EXACT.subtract(whole, taken.net.decimal)

    @property
    def number(self) -> int:
        """What tells the lines of one charge apart."""
        return ORIGINAL if self.deducted is None else self.deducted.number

    @property
    def is_payers(self) -> bool:
        """Whether the whole line is the payer's; a line of nothing is nobody's."""
        made = bool(self.segments or self.net.minor)
        return self.share_counts is None and (made or self.deducted is not None)


class PrintedMetric(NamedTuple):
    """A metric with the title and the unit that it had.

    ``group_index`` is the place of the line item group that charges for it, if one does.
    """

    metric_id: str
    title: str
    unit: str | None
    group_index: int | None


class UsageItem(msgspec.Struct, frozen=True, gc=False):
    """What a member used of one metric."""

    metric: PrintedMetric
    value: Decimal

    @property
    def metric_id(self) -> str:
        return self.metric.metric_id

    @property
    def title(self) -> str:
        return self.metric.title

    @property
    def unit(self) -> str | None:
        return self.metric.unit


class MemberShare(NamedTuple):
    """A member's parts of the net and the tax of the line ``line_index``, made with the line."""

    line_index: int
    quantity: Decimal
    parts: Parts
    taxes: Parts = ()


class UsageItemGroup(msgspec.Struct, gc=False):
    """A member of the pool, by the name it had.

    ``path`` leads from the payer to the member itself: (id, name) of each.
    """

    id: str
    invoice_id: str
    index: int
    customer_id: str
    title: str
    depth: int
    path: tuple[tuple[str, str], ...]
    items: tuple[UsageItem, ...]
    shares: tuple[MemberShare, ...] = ()

    def id_of(self, item: UsageItem) -> str:
        """The id of one of its items: a UUID of its name, that of the member and the metric's.

        So it stays the same however often the invoice is calculated, and nobody has to keep it.
        """
        return str(uuid5(NAMESPACE_OID, f"{self.id}/{item.metric_id}"))


@dataclass(frozen=True, slots=True)
class Contents:
    """Everything on one invoice, each part in the order shown.

    ``evidence``, by line, is written with it and read on its own (``store.evidence``).
    """

    groups: tuple[LineItemGroup, ...] = ()
    lines: tuple[LineItem, ...] = ()
    usage: tuple[UsageItemGroup, ...] = ()
    evidence: Mapping[str, Evidence] = field(default_factory=dict, compare=False)
