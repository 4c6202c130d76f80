"""The parts of an invoice as rows, and rows as parts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from msgspec.json import encode
from sqlalchemy import Row

from catchment.core.invoices.settling import Step, StepKind
from catchment.core.terms.pricing import Segment
from catchment.core.terms.schedules import part_of
from catchment.core.values.money import Money
from catchment.core.values.period import Period
from catchment.store.invoices.figures_text import text_of, text_or_none
from catchment.store.invoices.rows import deductions
from catchment.store.invoices.rows.invoice_parts import (
    LineItem,
    LineItemGroup,
)
from catchment.store.rows import named
from catchment.store.taxes import taxations


def group_of_row(row: Row[Any]) -> LineItemGroup:
    """The group of a row that has the invoice's ``currency`` besides."""
    of = named(row)
    return LineItemGroup(
        id=of.id,
        invoice_id=of.invoice_id,
        index=of.index,
        title=of.title,
        product_id=of.product_id,
        net=Money(of.net_minor, of.currency),
        tax=Money(of.tax_minor, of.currency),
        description=of.description,
    )


def line_of_row(row: Row[Any]) -> LineItem:
    """The line of a row that has besides the invoice's ``currency`` and how it is taxed."""
    of = named(row)
    return LineItem(
        id=of.id,
        invoice_id=of.invoice_id,
        group_id=of.group_id,
        index=of.index,
        title=of.title,
        quantity=Decimal(of.quantity),
        rate=Decimal(of.rate),
        rate_display=of.rate_display,
        net=Money(of.net_minor, of.currency),
        tax=Money(of.tax_minor, of.currency),
        service=Period(of.service_start, of.service_end) if of.service_start else None,
        segments=tuple(map(_segment_of, of.segments)),
        tax_rate=Decimal(of.tax_rate),
        taxation=taxations.of(of.taxation, of.tax_rate),
        description=of.description,
        unit=of.unit,
        schedule_id=of.schedule_id,
        phase_id=of.phase_id,
        price_id=of.price_id,
        part=part_of(of.part),
        product_id=of.product_id,
        usage_metric_id=of.usage_metric_id,
        aggregation=of.aggregation,
        event_type=of.event_type,
        event_count=of.event_count,
        share_counts=None if of.share_counts is None else tuple(of.share_counts),
        scope=frozenset(of.restrict_to_customers or ()),
        deducted=deductions.of(of.deducted, of.adjustment, of.currency),
        last_seq=of.last_seq,
        last_seat=of.last_seat,
        known_at=of.known_at,
        steps=tuple(step_of(step, of.currency) for step in of.steps or ()),
        settles=StepKind(of.settles) if of.settles else None,
        credit_grant_id=of.credit_grant_id,
        tiers_from=of.tiers_from,
    )


GROUP_COLUMNS = (
    "id",
    "workspace_id",
    "invoice_id",
    "index",
    "title",
    "description",
    "product_id",
    "net_minor",
    "tax_minor",
    "gross_minor",
)


def group_row(workspace_id: str, group: LineItemGroup) -> tuple[Any, ...]:
    """The values of GROUP_COLUMNS."""
    net, tax = group.net.minor, group.tax.minor
    return (
        group.id,
        workspace_id,
        group.invoice_id,
        group.index,
        group.title,
        group.description,
        group.product_id,
        net,
        tax,
        net + tax,
    )


LINE_COLUMNS = (
    "id",
    "workspace_id",
    "invoice_id",
    "group_id",
    "index",
    "title",
    "description",
    "quantity",
    "rate",
    "rate_display",
    "tax_rate",
    "taxation_id",
    "net_minor",
    "tax_minor",
    "gross_minor",
    "service_start",
    "service_end",
    "tiers_from",
    "unit",
    "schedule_id",
    "phase_id",
    "price_id",
    "part",
    "product_id",
    "usage_metric_id",
    "aggregation",
    "event_type",
    "settles",
    "credit_grant_id",
    "event_count",
    "adjustment",
    "last_seq",
    "last_seat",
    "known_at",
    "segments",
    "steps",
    "share_counts",
    "restrict_to_customers",
    "deducted",
)
LINE_JSON = LINE_COLUMNS[-5:]
"""Columns whose values are JSON as text, or None."""


def line_row(workspace_id: str, line: LineItem, taxation_id: str | None) -> tuple[Any, ...]:
    """The values of LINE_COLUMNS; ``taxation_id`` names how it is taxed."""
    net, tax, service = line.net.minor, line.tax.minor, line.service
    return (
        line.id,
        workspace_id,
        line.invoice_id,
        line.group_id,
        line.index,
        line.title,
        line.description,
        text_of(line.quantity),
        text_of(line.rate),
        str(line.rate_display),  # a driver looks for what it is where it is no plain text
        text_of(line.tax_rate),
        taxation_id,
        net,
        tax,
        net + tax,
        service.start if service else None,
        service.end if service else None,
        line.tiers_from,
        line.unit,
        line.schedule_id,
        line.phase_id,
        line.price_id,
        str(line.part),
        line.product_id,
        line.usage_metric_id,
        line.aggregation,
        line.event_type,
        str(line.settles) if line.settles else None,
        line.credit_grant_id,
        line.event_count,
        line.number,
        line.last_seq,
        line.last_seat,
        line.known_at,
        _json([_segment_kept(segment) for segment in line.segments]),
        _json([_step_kept(step) for step in line.steps]) if line.steps else None,
        _json_or_none(line.share_counts),
        _json(sorted(line.scope)) if line.scope else None,
        _json_or_none(deductions.kept(line.deducted)),
    )


def _json(value: object) -> str:
    return encode(value).decode()


def _json_or_none(value: object) -> str | None:
    return None if value is None else _json(value)


_FIGURES = 4
"""Of a segment: its quantity, rate, fee and amount."""


def _segment_kept(one: Segment) -> list[str | None]:
    """The figures of a segment; the bounds of its tier only where it has them."""
    kept = list(map(text_or_none, one))
    while kept[-1] is None:
        kept.pop()
    return kept


def segment_texts(segment: Segment) -> dict[str, str]:
    """A segment as it is shown; the bounds of its tier only where it has them."""
    texts = {
        "quantity": text_of(segment.quantity),
        "rate": text_of(segment.rate),
        "fee": text_of(segment.fee),
        "amount": text_of(segment.amount),
    }
    if segment.lower is not None:
        texts["from"] = text_of(segment.lower)
    if segment.upper is not None:
        texts["to"] = text_of(segment.upper)
    return texts


def _segment_of(kept: Sequence[Any]) -> Segment:
    figures = [Decimal(one) for one in kept[:_FIGURES]]
    bounds = [None if one is None else Decimal(one) for one in kept[_FIGURES:]]
    return Segment(*figures, *bounds)


def step_of(kept: Mapping[str, Any], currency: str) -> Step:
    """A step from what is kept of it."""
    return Step(
        StepKind(kept["kind"]),
        kept["id"],
        kept["message"],
        Money(kept["beforeMinor"], currency),
        Money(kept["amountMinor"], currency),
    )


def _step_kept(step: Step) -> dict[str, Any]:
    return {
        "kind": step.kind.value,
        "id": step.id,
        "message": step.message,
        "beforeMinor": step.before.minor,
        "amountMinor": step.amount.minor,
    }
