"""Invoices as figures that must add up, in bulk: every total as stored, every member summed.

Names and order do not matter here, so a family of a million is read as sums, not as members.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple

import msgspec
from msgspec.json import decode
from sqlalchemy import ColumnElement, Connection, Row, Table, Text, cast, select

from catchment.core.adjustments import Deducted
from catchment.core.allocation import METHODS
from catchment.core.control import (
    BilledUsage,
    Claimant,
    GroupFigures,
    InvoiceFigures,
    LineFigures,
    Totals,
)
from catchment.core.metering import ADDING_UP, Metric
from catchment.core.money import EXACT, Money, exact_sum
from catchment.core.period import Period, outermost
from catchment.core.settling import StepKind
from catchment.store.chunks import chunks
from catchment.store.invoices import deductions
from catchment.store.invoices.evidence import MemberSums, Sums
from catchment.store.invoices.invoice_rows import segment_of, step_of
from catchment.store.invoices.usage_rows import metric_ids, parts_of
from catchment.store.schema import (
    invoice_usage_metrics,
    invoices,
    line_item_groups,
    line_items,
    usage_item_groups,
)

_INVOICES_AT_ONCE = 500
_ROWS_AT_ONCE = 5_000
_TOTALS = ("net_minor", "tax_minor", "gross_minor")


def _as_text(column: ColumnElement[Any]) -> ColumnElement[str]:
    """JSON as the database has it: it is read by the faster decoder."""
    return cast(column, Text)


_HEAD = [invoices.c[n] for n in ("id", "customer_id", "billing_schedule_id", "currency", *_TOTALS)]
_GROUP = [line_item_groups.c[name] for name in ("id", "invoice_id", *_TOTALS)]
_c = line_items.c
_LINE = [
    *(_c[name] for name in ("id", "invoice_id", "group_id", "index", *_TOTALS)),
    *(_c[name] for name in ("schedule_id", "service_start", "service_end", "event_count")),
    *(_c[name] for name in ("quantity", "tax_rate", "adjustment", "deducted")),
    _c.settles,
    _c.restrict_to_customers,
    _c.share_counts.is_not(None).label("is_shared"),
    _as_text(_c.segments).label("segments"),
    _as_text(_c.steps).label("steps"),
]


_Same = dict[Any, Any]
"""Values by themselves: a million lines have a few metrics and months."""


_items = msgspec.json.Decoder(list[tuple[int, Decimal]])


class MeasuredLine(NamedTuple):
    """A usage line, the metric as it was, and what was read for it.

    Events up to the place ``last_seq`` were counted, by the tree and the aliases of ``known_at``.
    An adjustment has the events that there are beyond those of the lines it ``deducted``.
    """

    line: BilledUsage
    metric: Metric
    known_at: datetime
    last_seq: int
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


@dataclass(slots=True)
class _Members:
    """What the members of an invoice have together: usage by metric, and by line the shares of its
    net and then of its tax.
    """

    used: defaultdict[str, Decimal]
    shared: defaultdict[int, list[int]]


def read(tx: Connection, workspace_id: str, invoice_ids: Sequence[str]) -> Iterator[ReadInvoice]:
    """The figures of invoices, in no particular order."""
    same: _Same = {}
    sums_of = Sums()
    for ids in chunks(invoice_ids, _INVOICES_AT_ONCE):
        heads = tx.execute(
            select(*_HEAD).where(invoices.c.workspace_id == workspace_id, invoices.c.id.in_(ids))
        ).all()
        groups = _rows(tx, line_item_groups, _GROUP, ids)
        lines = _rows(tx, line_items, _LINE, ids)
        summed = sums_of.of(tx, workspace_id, ids)
        members = _members(tx, ids)
        for head in heads:
            whose = (head.id, head.customer_id, head.billing_schedule_id)
            try:
                sums = {line.id: summed[line.id] for line in lines[head.id]}
                found = _invoice(head, groups[head.id], lines[head.id], sums, members[head.id])
                measured = tuple(_measured(head, lines[head.id], sums, same))
            except (ArithmeticError, LookupError, ValueError, TypeError, AssertionError) as error:
                yield ReadInvoice(*whose, None, problem=f"unreadable ({type(error).__name__})")
            else:
                yield ReadInvoice(*whose, found, measured)


def _rows(
    tx: Connection, table: Table, columns: Sequence[ColumnElement[Any]], ids: Sequence[str]
) -> defaultdict[str, list[Row[Any]]]:
    found: defaultdict[str, list[Row[Any]]] = defaultdict(list)
    c = table.c
    query = select(*columns).where(c.invoice_id.in_(ids)).order_by(c.invoice_id, c["index"])
    for row in tx.execute(query):
        found[row.invoice_id].append(row)
    return found


def _members(tx: Connection, ids: Sequence[str]) -> defaultdict[str, _Members]:
    found: defaultdict[str, _Members] = defaultdict(
        lambda: _Members(defaultdict(Decimal), defaultdict(lambda: [0] * 2 * len(METHODS)))
    )
    c = usage_item_groups.c
    of = invoice_usage_metrics.c
    named = select(of.invoice_id, of.metrics).where(of.invoice_id.in_(ids))
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


def _invoice(
    head: Row[Any],
    groups: Sequence[Row[Any]],
    lines: Sequence[Row[Any]],
    sums: Mapping[str, MemberSums | None],
    members: _Members,
) -> InvoiceFigures:
    return InvoiceFigures(
        head.id,
        head.customer_id,
        head.billing_schedule_id,
        _totals(head, head.currency),
        tuple(GroupFigures(row.id, _totals(row, head.currency)) for row in groups),
        tuple(_line(row, head.currency, sums[row.id], members) for row in lines),
        _usage(lines, sums, members),
    )


def _line(
    row: Row[Any], currency: str, summed: MemberSums | None, members: _Members
) -> LineFigures:
    adds_up = summed is not None and summed.metric.aggregation in ADDING_UP
    shared = tax_shared = None
    if row.is_shared:
        place = row._mapping["index"]  # noqa: SLF001 -- SQLAlchemy's public name
        both = [Money(minor, currency) for minor in members.shared[place]]
        shared, tax_shared = parts_of(both)
    return LineFigures(
        id=row.id,
        group_id=row.group_id,
        schedule_id=row.schedule_id,
        totals=_totals(row, currency),
        segments=tuple(map(segment_of, decode(row.segments))),
        steps=tuple(step_of(step, currency).amount for step in decode(row.steps or "[]")),
        quantity=Decimal(row.quantity),
        used=summed.quantity if summed is not None and adds_up else None,
        shares=shared,
        tax_shares=tax_shared,
        tax_rate=None if row.settles == StepKind.CREDIT else Decimal(row.tax_rate),
        event_count=row.event_count,
        member_events=None if summed is None else summed.event_count,
        deducted=deductions.of(row.deducted, row.adjustment, currency),
    )


def _usage(
    lines: Sequence[Row[Any]], sums: Mapping[str, MemberSums | None], members: _Members
) -> dict[str, tuple[Decimal, Decimal]]:
    """By metric what is shown and what is billed, on an invoice that shows its members."""
    billed: defaultdict[str, dict[Claimant, dict[Period, Decimal]]] = defaultdict(dict)
    for row in lines:
        summed = sums[row.id]
        if (
            summed is not None
            and summed.metric.aggregation in ADDING_UP
            and row.is_shared
            and row.deducted is None  # what came late is no usage of this invoice's time
        ):
            service = Period(row.service_start, row.service_end)
            of_metric = billed[summed.metric.id]
            of_metric.setdefault(_claimant(row), {})[service] = Decimal(row.quantity)
    return {
        metric: (
            members.used[metric],
            exact_sum(of[service] for of in of_metric.values() for service in outermost(of)),
        )
        for metric, of_metric in billed.items()
    }


def _claimant(row: Row[Any]) -> Claimant:
    return Claimant(row.schedule_id, frozenset(row.restrict_to_customers or ()))


def _measured(
    head: Row[Any],
    lines: Sequence[Row[Any]],
    sums: Mapping[str, MemberSums | None],
    same: _Same,
) -> Iterator[MeasuredLine]:
    """The usage lines of an invoice; what is the ``same`` on many is one value."""
    for row in lines:
        summed = sums[row.id]
        if summed is not None:
            service = Period(row.service_start, row.service_end)
            service = same.setdefault(service, service)
            billed = BilledUsage(
                row.id, head.id, head.customer_id, _claimant(row), service, row.event_count or 0
            )
            deducted = deductions.of(row.deducted, row.adjustment, head.currency)
            metric = same.setdefault(summed.metric, summed.metric)
            known_at = same.setdefault(summed.known_at, summed.known_at)
            yield MeasuredLine(billed, metric, known_at, summed.last_seq, deducted)


def _totals(row: Row[Any], currency: str) -> Totals:
    named = row._mapping  # noqa: SLF001
    return Totals(*(Money(named[column], currency) for column in _TOTALS))
