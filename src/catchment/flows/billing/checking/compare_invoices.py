"""Two versions of one invoice, figure by figure.

Names and titles are left out: they are printed as they were, and may change without the money.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from catchment.core.invoices.lines import line as priced
from catchment.core.shares.breakdown import Measured
from catchment.core.terms.pricing import Segment, needs_values
from catchment.core.terms.schedules import Charge
from catchment.core.terms.taxes import Taxation
from catchment.core.usage.metering import NO_USAGE
from catchment.core.values.money import Money, decimal_text, money_text
from catchment.core.values.period import Period, Span
from catchment.store.catalog import structures
from catchment.store.invoices.invoices import Invoice
from catchment.store.invoices.rows.evidence import Evidence
from catchment.store.invoices.rows.invoice_parts import (
    Contents,
    LineItem,
    LineItemGroup,
    UsageItemGroup,
)
from catchment.store.invoices.rows.invoice_rows import segment_texts

_Figures = Iterator[tuple[str, Any]]


@dataclass(frozen=True, slots=True)
class Difference:
    """``part`` (line, group, member, invoice) called ``name``: what it says, and what it should."""

    part: str
    name: str
    field: str
    stored: str
    recomputed: str


def first_difference(
    invoice: Invoice, stored: Contents, again: Invoice, recomputed: Contents
) -> Difference | None:
    """Where the stored invoice first differs from it as made ``again``: lines, their evidence,
    groups, members, the head.
    """
    found = (
        _compared("line", stored.lines, recomputed.lines, _line),
        _compared(
            "line", stored.evidence.items(), recomputed.evidence.items(), lambda e: _evidence(e[1])
        ),
        _compared("group", stored.groups, recomputed.groups, _group),
        _compared("member", stored.usage, recomputed.usage, _member),
        _fields("invoice", invoice.id, _head(invoice), _head(again)),
    )
    return next((one for one in found if one is not None), None)


def mispriced(charge: Charge, line: LineItem, kept: Evidence) -> Difference | None:
    """Where a line is not what its price makes of its quantity, whatever that was measured by.

    A price that goes by single events cannot tell that, nor what stands beside other charges.
    """
    item, taken = charge.item, line.deducted
    dumped = structures.dump(item.price, item.metric.id if item.metric else None)
    stored: list[tuple[str, Any]] = [("price", kept.terms.structure)]
    again: list[tuple[str, Any]] = [("price", dumped)]
    alone = item.settles is None and not charge.beside
    if alone and not needs_values(item.price) and not (taken and taken.owes_nothing):
        reached = kept.counted.reached if kept.counted else NO_USAGE.reached
        usage = replace(NO_USAGE, pooled=line.whole_quantity, reached=reached)
        made = priced(Measured(charge, usage))
        stored += [("segments", line.segments), ("netTotal", line.net)]
        net = made.net - taken.net if taken else made.net
        again += [("segments", made.segments), ("netTotal", net)]
        if taken is None:
            stored.append(("rate", line.rate))
            again.append(("rate", made.rate))
    return _fields("line", line.id, iter(stored), iter(again))


def _compared(
    part: str, stored: Iterable[Any], recomputed: Iterable[Any], figures: Any
) -> Difference | None:
    """The first difference between parts that have the same id."""
    left = {_id(one): one for one in stored}
    right = {_id(one): one for one in recomputed}
    for id, one in left.items():
        if id not in right:
            return Difference(part, id, part, "there", "nothing")
        found = _fields(part, id, figures(one), figures(right[id]))
        if found is not None:
            return found
    for id in right:
        if id not in left:
            return Difference(part, id, part, "nothing", "there")
    return None


def _id(one: Any) -> str:
    return str(one[0] if isinstance(one, tuple) else one.id)


def _fields(part: str, name: str, stored: _Figures, recomputed: _Figures) -> Difference | None:
    for (field, left), (_, right) in zip(stored, recomputed, strict=True):
        if left != right:
            return _difference(part, name, field, left, right)
    return None


def _line(line: LineItem) -> _Figures:
    yield "quantity", line.quantity
    yield "rate", line.rate
    yield "rateDisplay", line.rate_display
    yield "segments", line.segments
    yield "steps", [step.amount for step in line.steps]
    yield "netTotal", line.net
    yield "totalTax", line.tax
    yield "taxRate", line.tax_rate
    yield "taxation", line.taxation
    yield "servicePeriod", line.service
    yield "eventCount", line.event_count
    yield "usageMetricId", line.usage_metric_id
    yield "restrictToCustomers", sorted(line.scope)
    yield "productId", line.product_id
    yield "groupId", line.group_id
    yield "billingScheduleId", line.schedule_id
    yield "part", line.part
    yield "index", line.index
    yield "adjusts", line.deducted
    yield "creditGrantId", line.credit_grant_id


def _evidence(kept: Evidence) -> _Figures:
    yield "price", kept.terms.structure
    yield "billingFrequency", kept.terms.frequency
    yield "billingType", kept.terms.timing
    yield "full cycle", kept.terms.full
    counted = kept.counted
    yield "window", counted.how.span if counted else None
    yield "restrictToCustomers", counted.how.scope if counted else None
    yield "rollUpExclusions", counted.how.exclusions if counted else None
    yield "seats", counted.seats if counted else None
    yield "members", {m.customer: m for m in counted.members} if counted else None
    yield "reached before", counted.reached if counted else None
    yield "members before", {m.customer: m for m in counted.before} if counted else None


def _group(group: LineItemGroup) -> _Figures:
    yield "netTotal", group.net
    yield "totalTax", group.tax
    yield "productId", group.product_id
    yield "index", group.index


def _member(member: UsageItemGroup) -> _Figures:
    yield "customerId", member.customer_id
    yield "items", [(item.metric_id, item.value) for item in member.items]
    yield (
        "shares",
        [(one.line_index, one.quantity, *one.parts, *one.taxes) for one in member.shares],
    )
    yield "depth", member.depth
    yield "path", [id for id, _ in member.path]
    yield "index", member.index


def _head(invoice: Invoice) -> _Figures:
    yield "netTotal", invoice.net
    yield "totalTax", invoice.tax
    yield "currency", invoice.currency
    yield "customerId", invoice.customer_id
    yield "lines without a tax rate", invoice.undecided_taxes
    yield "billingPeriod", invoice.billing_period
    yield "accountingDate", invoice.accounting_date
    yield "notes", invoice.notes


def _difference(part: str, name: str, field: str, stored: Any, recomputed: Any) -> Difference:
    if isinstance(stored, dict) and isinstance(recomputed, dict):
        keys = sorted({*stored, *recomputed})
        key = next(key for key in keys if stored.get(key) != recomputed.get(key))
        field, stored, recomputed = f"{field} {key}", stored.get(key), recomputed.get(key)
    return Difference(part, name, field, _text(stored), _text(recomputed))


def _text(value: Any) -> str:
    match value:
        case Money():
            text = money_text(value)
        case Decimal():
            text = decimal_text(value)
        case Period():
            text = f"{value.start} to {value.last_day}"
        case Span():
            text = f"{value.start.isoformat()} to {value.end.isoformat()}"
        case Taxation():
            name = f", {value.rate.name} version {value.rate.version}" if value.rate else ""
            text = f"{value.reason}{name}"
        case Segment():
            text = ", ".join(f"{name} {part}" for name, part in segment_texts(value).items())
        case tuple() | list():
            text = "; ".join(map(_text, value))
        case _:
            text = "" if value is None else str(value)
    return text or "nothing"
