"""Invoices as figures that must add up, in bulk: every total as stored, every member summed.

Names and order do not matter here, so a family of a million is read as sums, not as members.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any

import msgspec
from msgspec.json import decode
from sqlalchemy import ColumnElement, Connection, Table, Text, cast, select

from catchment.core.control import (
    BilledUsage,
    Claimant,
    GroupFigures,
    InvoiceFigures,
    LineFigures,
    Service,
    Totals,
)
from catchment.core.invoices.adjustments import Deducted
from catchment.core.invoices.settling import StepKind
from catchment.core.shares.allocation import METHODS
from catchment.core.terms.schedules import ChargeId
from catchment.core.usage.metering import ADDING_UP, Metric
from catchment.core.values.money import EXACT, exact_sum
from catchment.core.values.period import Period, outermost
from catchment.store.chunks import chunks
from catchment.store.invoices.rows import deductions
from catchment.store.invoices.rows.evidence import MemberSums, Sums
from catchment.store.invoices.rows.usage_rows import PRINTED, metric_ids, parts_of
from catchment.store.schema import (
    invoice_usage_metrics,
    invoices,
    line_item_groups,
    line_items,
    printed_metrics,
    usage_item_groups,
)

_INVOICES_AT_ONCE = 500
_ROWS_AT_ONCE = 5_000
_TOTALS = ("net_minor", "tax_minor", "gross_minor")


def _as_text(column: ColumnElement[Any]) -> ColumnElement[str]:
    """JSON as the database has it: it is read by the faster decoder."""
    return cast(column, Text)


_HEAD = [invoices.c[n] for n in ("id", "customer_id", "billing_schedule_id", "currency", *_TOTALS)]
_GROUP = [line_item_groups.c[name] for name in ("invoice_id", "id", *_TOTALS)]
_c = line_items.c
_LINE = [
    *(_c[name] for name in ("invoice_id", "id", "group_id", "index", *_TOTALS)),
    *(_c[name] for name in ("schedule_id", "event_count", "quantity", "tax_rate")),
    *(_c[name] for name in ("adjustment", "deducted", "settles")),
    _c.share_counts.is_not(None).label("is_shared"),
    _as_text(_c.segments).label("segments"),
    _as_text(_c.steps).label("steps"),
    *(_c[name] for name in ("service_start", "service_end", "restrict_to_customers")),
    *(_c[name] for name in ("price_id", "part")),
]


_Row = Sequence[Any]
_INDEX, _SCHEDULE = 3, 7
_Billed = tuple[Claimant, Period, str, Decimal]
"""What a line bills: of whom, for which days, by which price, and how much."""


class _Segment(msgspec.Struct, array_like=True, gc=False):
    """A segment up to what counts of it."""

    quantity: str
    rate: str
    fee: str
    amount: Decimal


class _Step(msgspec.Struct, gc=False):
    """What counts of a step."""

    amountMinor: int  # noqa: N815 -- as it is kept


_rate = lru_cache(maxsize=100)(Decimal)
_segments = msgspec.json.Decoder(list[_Segment])
_steps = msgspec.json.Decoder(list[_Step])
_items = msgspec.json.Decoder(list[tuple[int, Decimal]])


class MeasuredLine(msgspec.Struct, gc=False, frozen=True):
    """A usage line, the metric as it was, and what was read for it.

    Events up to the place ``last_seq`` were counted, by the tree and the aliases of ``known_at``.
    An adjustment has the events that there are beyond those of the lines it ``deducted``.
    """

    line: BilledUsage
    metric: Metric
    known_at: datetime
    last_seq: int
    charge: ChargeId
    deducted: Deducted | None = None


@dataclass(frozen=True, slots=True)
class ReadInvoice:
    """An invoice's figures, or the ``problem`` that keeps them from being read."""

    id: str
    customer: str
    schedule_id: str | None
    figures: InvoiceFigures | None
    measured: tuple[MeasuredLine, ...] = ()
    problem: str | None = None

    @property
    def adjusting(self) -> tuple[str, ...]:
        """The ids of the lines that adjust earlier ones."""
        lines = self.figures.lines if self.figures else ()
        return tuple(line.id for line in lines if line.deducted is not None)


@dataclass(slots=True)
class _Members:
    """What the members of an invoice have together: usage by metric, and by line the shares of its
    net and then of its tax.
    """

    used: defaultdict[str, Decimal]
    shared: defaultdict[int, list[int]]


def read(tx: Connection, workspace_id: str, invoice_ids: Sequence[str]) -> Iterator[ReadInvoice]:
    """The figures of invoices, in no particular order."""
    alike = _Alike()
    sums_of = Sums()
    for ids in chunks(invoice_ids, _INVOICES_AT_ONCE):
        query = select(*_HEAD)
        heads = tx.execute(
            query.where(invoices.c.workspace_id == workspace_id, invoices.c.id.in_(ids))
        ).all()
        groups = _rows(tx, line_item_groups, _GROUP, ids)
        lines = _rows(tx, line_items, _LINE, ids)
        sums = sums_of.of(tx, workspace_id, ids)
        members = _members(tx, ids)
        for head in heads:
            id, customer, schedule_id, *_ = head
            try:
                found = _invoice(head, groups[id], lines[id], sums.get(id, {}), members[id], alike)
            except (ArithmeticError, LookupError, ValueError, TypeError, AssertionError) as error:
                problem = f"unreadable ({type(error).__name__})"
                yield ReadInvoice(id, customer, schedule_id, None, problem=problem)
            else:
                yield ReadInvoice(id, customer, schedule_id, *found)


def _rows(
    tx: Connection, table: Table, columns: Sequence[ColumnElement[Any]], ids: Sequence[str]
) -> defaultdict[str, list[_Row]]:
    """The rows of invoices, the first column of which says whose each is, in the order shown."""
    found: defaultdict[str, list[_Row]] = defaultdict(list)
    c = table.c
    query = select(*columns).where(c.invoice_id.in_(ids)).order_by(c.invoice_id, c["index"])
    for row in tx.execute(query).all():
        found[row[0]].append(row)
    return found


def _members(tx: Connection, ids: Sequence[str]) -> defaultdict[str, _Members]:
    found: defaultdict[str, _Members] = defaultdict(
        lambda: _Members(defaultdict(Decimal), defaultdict(lambda: [0] * 2 * len(METHODS)))
    )
    c = usage_item_groups.c
    of = invoice_usage_metrics.c
    named = (
        select(of.invoice_id, printed_metrics.c.metrics)
        .join(printed_metrics, PRINTED)
        .where(of.invoice_id.in_(ids))
    )
    metrics = {invoice_id: metric_ids(kept) for invoice_id, kept in tx.execute(named)}
    query = select(c.invoice_id, _as_text(c["items"]), _as_text(c.shares)).where(
        c.invoice_id.in_(ids)
    )
    rows = tx.execute(query.execution_options(yield_per=_ROWS_AT_ONCE))
    for invoice_id, items, shares in rows:
        own = found[invoice_id]
        names = metrics[invoice_id]
        for place, value in _items.decode(items):
            metric = names[place]
            own.used[metric] = EXACT.add(own.used[metric], value)
        for line_index, _, *parts in decode(shares):
            sums = own.shared[line_index]
            for place, part in enumerate(parts):
                sums[place] += part or 0
    return found


class _Alike:
    """Values that many lines have alike, made once."""

    def __init__(self) -> None:
        self._days: dict[tuple[date, date], Period] = {}
        self._of_everyone: dict[tuple[str, date, date], Service] = {}

    def service(
        self, schedule_id: str, named: Sequence[str] | None, start: date, end: date
    ) -> Service:
        """The usage of these days that a schedule's prices bill of whom they name."""
        key = schedule_id, start, end
        found = None if named else self._of_everyone.get(key)
        if found is None:
            days = self._days.get((start, end)) or self._days.setdefault(
                (start, end), Period(start, end)
            )
            found = Claimant(schedule_id, frozenset(named or ())), days
            if not named:
                self._of_everyone[key] = found
        return found


def _invoice(
    head: _Row,
    groups: Sequence[_Row],
    lines: Sequence[_Row],
    sums: Mapping[int, MemberSums | None],
    members: _Members,
    alike: _Alike,
) -> tuple[InvoiceFigures, tuple[MeasuredLine, ...]]:
    """The figures of an invoice, and its usage lines."""
    id, customer, schedule_id, currency, *totals = head
    found: list[LineFigures] = []
    measured: list[MeasuredLine] = []
    billed: dict[str, list[_Billed]] = {}
    for row in lines:
        sum = sums[row[_INDEX]]
        line = _line(row, currency, sum, members)
        found.append(line)
        if sum is None:
            continue
        start, end, named, price, part = row[-5:]
        whose = alike.service(row[_SCHEDULE], named, start, end)
        own = BilledUsage(line.id, id, customer, whose, line.event_count or 0)
        charge = row[_SCHEDULE], price, start, part
        read = sum.metric, sum.known_at, sum.last_seq
        measured.append(MeasuredLine(own, *read, charge, line.deducted))
        # What came late is no usage of this invoice's time.
        if line.used is not None and line.shares is not None and line.deducted is None:
            one = *whose, price, line.quantity
            billed.setdefault(sum.metric.id, []).append(one)
    figures = InvoiceFigures(
        id,
        customer,
        schedule_id,
        currency,
        _totals(*totals),
        tuple(GroupFigures(id, _totals(*own)) for _, id, *own in groups),
        tuple(found),
        {metric: (members.used[metric], _once(of)) for metric, of in billed.items()},
    )
    return figures, tuple(measured)


def _line(row: _Row, currency: str, sum: MemberSums | None, members: _Members) -> LineFigures:
    (_, id, group_id, index, net, tax, gross, schedule_id, event_count, quantity, tax_rate,
     adjustment, deducted, settles, is_shared, segments, steps, *_) = row  # fmt: skip
    shares = tax_shares = None
    if is_shared:
        shares, tax_shares = parts_of(members.shared[index])
    return LineFigures(
        id,
        group_id,
        schedule_id,
        _totals(net, tax, gross),
        tuple([segment.amount for segment in _segments.decode(segments)]),
        Decimal(quantity),
        sum.quantity if sum is not None and sum.metric.aggregation in ADDING_UP else None,
        shares,
        tax_shares,
        None if settles == StepKind.CREDIT else _rate(tax_rate),
        event_count,
        None if sum is None else sum.event_count,
        deductions.of(deducted, adjustment, currency),
        tuple(step.amountMinor for step in _steps.decode(steps)) if steps else (),
    )


def _once(billed: Sequence[_Billed]) -> Decimal:
    """All that is billed; what is billed by several prices, or as a month and as part of its
    quarter, once.
    """
    if len(billed) == 1:
        return billed[0][-1]
    of_claimants: defaultdict[Claimant, dict[Period, dict[str, Decimal]]] = defaultdict(dict)
    for claimant, service, price, quantity in billed:
        of_prices = of_claimants[claimant].setdefault(service, {})
        of_prices[price] = EXACT.add(of_prices.get(price, Decimal(0)), quantity)
    return exact_sum(
        next(iter(own[service].values()))
        for own in of_claimants.values()
        for service in outermost(own)
    )


def _totals(net: int, tax: int, gross: int) -> Totals:
    """Raises TypeError for what is no number: SQLite keeps whatever it is given."""
    if type(net) is type(tax) is type(gross) is int:
        return Totals(net, tax, gross)
    raise TypeError(net, tax, gross)
