"""What stands on an invoice: line item groups, line items, and the usage of every member."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple

from msgspec.json import encode
from sqlalchemy import Connection, Row, Select, delete, insert, select

from catchment.core.adjustments import ORIGINAL, Deducted
from catchment.core.allocation import Parts
from catchment.core.money import EXACT, Money, decimal_text, exact_sum
from catchment.core.period import Period
from catchment.core.pricing import Segment
from catchment.core.schedules import EVERYONE, Scope
from catchment.store import branches, deductions, evidence
from catchment.store.bulk import add_rows
from catchment.store.evidence import Evidence
from catchment.store.schema import invoices, line_item_groups, line_items, usage_item_groups

_AT_ONCE = 1_000


@dataclass(frozen=True, slots=True)
class LineItemGroup:
    """The lines of one product."""

    id: str
    invoice_id: str
    index: int
    title: str
    product_id: str | None
    net: Money
    tax: Money
    description: str | None = None

    @property
    def gross(self) -> Money:
        return self.net + self.tax


@dataclass(frozen=True, slots=True)
class LineItem:
    """One charge. ``quantity`` is what was used, ``segments`` explain ``net``.

    A usage price that named customers priced only those of ``scope``; ``aggregation`` is how its
    metric aggregated when it was calculated. ``share_counts`` says how many members share it by
    each of METHODS; None: all is the payer's. An adjustment says what it ``deducted``; its segments
    are those of the whole charge. ``last_seq`` and ``known_at`` are what was read to measure it.
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
    description: str | None = None
    unit: str | None = None
    schedule_id: str | None = None
    phase_id: str | None = None
    price_id: str | None = None
    product_id: str | None = None
    usage_metric_id: str | None = None
    aggregation: str | None = None
    event_count: int | None = None
    share_counts: tuple[int, ...] | None = None
    scope: Scope = EVERYONE
    deducted: Deducted | None = None
    last_seq: int | None = None
    known_at: datetime | None = None

    @property
    def gross(self) -> Money:
        return self.net + self.tax

    @property
    def whole_quantity(self) -> Decimal:
        """What was used in all, also where an adjustment bills only some of it."""
        taken = self.deducted
        return self.quantity if taken is None else EXACT.add(self.quantity, taken.quantity)

    @property
    def exact(self) -> Decimal:
        """The net before it was rounded; what is deducted was rounded before."""
        whole = exact_sum(segment.amount for segment in self.segments)
        taken = self.deducted
        return whole if taken is None else EXACT.subtract(whole, taken.net.decimal)

    @property
    def number(self) -> int:
        """What tells the lines of one charge apart."""
        return ORIGINAL if self.deducted is None else self.deducted.number

    @property
    def is_payers(self) -> bool:
        """Whether the whole line is the payer's; a line of nothing is nobody's."""
        return self.share_counts is None and (bool(self.segments) or self.deducted is not None)


@dataclass(frozen=True, slots=True)
class UsageItem:
    """What a member used of one metric."""

    id: str
    metric_id: str
    title: str
    value: Decimal
    unit: str | None
    group_id: str | None  # the line item group that charges for it


class MemberShare(NamedTuple):
    """A member's parts of the net of the line ``line_index``, calculated with the line."""

    line_index: int
    quantity: Decimal
    parts: Parts


@dataclass(frozen=True, slots=True)
class UsageItemGroup:
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


@dataclass(frozen=True, slots=True)
class Contents:
    """Everything on one invoice, each part in the order shown.

    ``evidence``, by line, is written with it and read on its own (``store.evidence``).
    """

    groups: tuple[LineItemGroup, ...] = ()
    lines: tuple[LineItem, ...] = ()
    usage: tuple[UsageItemGroup, ...] = ()
    evidence: Mapping[str, Evidence] = field(default_factory=dict, compare=False)


def of(tx: Connection, workspace_id: str, invoice_id: str) -> Contents:
    """All that stands on an invoice."""
    usage = tx.execute(usage_of(workspace_id, invoice_id).order_by(usage_item_groups.c.index))
    return Contents(
        groups(tx, workspace_id, invoice_id),
        lines(tx, workspace_id, invoice_id),
        tuple(map(usage_of_row, usage)),
    )


def groups(tx: Connection, workspace_id: str, invoice_id: str) -> tuple[LineItemGroup, ...]:
    """The groups of an invoice, in the order printed."""
    query = groups_of(workspace_id, invoice_id).order_by(line_item_groups.c.index)
    return tuple(map(group_of_row, tx.execute(query)))


def lines(tx: Connection, workspace_id: str, invoice_id: str) -> tuple[LineItem, ...]:
    """The lines of an invoice, in the order printed."""
    query = lines_of(workspace_id, invoice_id).order_by(line_items.c.index)
    return tuple(map(line_of_row, tx.execute(query)))


def members(
    tx: Connection, workspace_id: str, invoice_id: str, *, since: int, limit: int
) -> tuple[UsageItemGroup, ...]:
    """Members in the order shown, from the one with the index ``since``."""
    c = usage_item_groups.c
    query = usage_of(workspace_id, invoice_id).where(c.index >= since).order_by(c.index)
    return tuple(map(usage_of_row, tx.execute(query.limit(limit))))


def member(
    tx: Connection, workspace_id: str, invoice_id: str, customer_id: str
) -> UsageItemGroup | None:
    """One member of an invoice, or None."""
    c = usage_item_groups.c
    query = usage_of(workspace_id, invoice_id).where(c.customer_id == customer_id)
    row = tx.execute(query).one_or_none()
    return None if row is None else usage_of_row(row)


def branch(
    tx: Connection, workspace_id: str, invoice_id: str, customer_id: str
) -> Iterator[UsageItemGroup]:
    """The customer and all below it, in the order shown, by the paths kept with the invoice."""
    stretches = branches.of_customer(tx, workspace_id, invoice_id, customer_id)
    if not stretches:
        alone = member(tx, workspace_id, invoice_id, customer_id)
        yield from () if alone is None else (alone,)
    for first, last in stretches:
        since = first
        while since <= last:
            found = members(
                tx, workspace_id, invoice_id, since=since, limit=min(_AT_ONCE, last - since + 1)
            )
            assert found, (invoice_id, first, last)
            yield from found
            since = found[-1].index + 1


def add(tx: Connection, workspace_id: str, added: Sequence[Contents]) -> None:
    """Store the contents of new heads, in a few statements however many there are."""
    group_rows = [_group_row(workspace_id, g) for contents in added for g in contents.groups]
    line_rows = [_line_row(workspace_id, line) for contents in added for line in contents.lines]
    usage = [_usage_row(workspace_id, u) for contents in added for u in contents.usage]
    for table, rows in (
        (line_item_groups, group_rows),
        (line_items, line_rows),
    ):
        if rows:
            tx.execute(insert(table), rows)
    _add_usage(tx, workspace_id, usage)
    branches.add(tx, workspace_id, usage)
    kept = [(c.lines[0].invoice_id, c.evidence) for c in added if c.lines]
    evidence.add(tx, workspace_id, kept)


def _add_usage(tx: Connection, workspace_id: str, rows: Sequence[Mapping[str, Any]]) -> None:
    """Members of a large family are many: their JSON is made by the faster encoder, in bulk."""
    plain = ("id", "invoice_id", "index", "customer_id", "title", "depth")
    nested = ("path", "items", "shares")
    values = (
        (*(row[name] for name in plain), *(encode(row[name]).decode() for name in nested))
        for row in rows
    )
    common = {"workspace_id": workspace_id}
    add_rows(tx, usage_item_groups, common, (*plain, *nested), values, ready=nested)


def member_names(tx: Connection, workspace_id: str, invoice_id: str) -> dict[str, str]:
    """The members of an invoice by id with the names they had, in the order shown."""
    c = usage_item_groups.c
    query = select(c.customer_id, c.title).where(
        c.workspace_id == workspace_id, c.invoice_id == invoice_id
    )
    return {row.customer_id: row.title for row in tx.execute(query.order_by(c.index))}


def one_line(tx: Connection, workspace_id: str, invoice_id: str, line_id: str) -> LineItem | None:
    """A line of an invoice; None without one."""
    query = lines_of(workspace_id, invoice_id).where(line_items.c.id == line_id)
    row = tx.execute(query).one_or_none()
    return None if row is None else line_of_row(row)


def clear(tx: Connection, invoice_id: str) -> None:
    """Take everything off an invoice."""
    evidence.clear(tx, invoice_id)
    branches.clear(tx, invoice_id)
    for table in (line_items, line_item_groups, usage_item_groups):
        tx.execute(delete(table).where(table.c.invoice_id == invoice_id))


def groups_of(workspace_id: str, invoice_id: str) -> Select[Any]:
    """The groups of an invoice, for ``group_of_row``."""
    return _with_currency(line_item_groups, workspace_id, invoice_id)


def lines_of(workspace_id: str, invoice_id: str) -> Select[Any]:
    """The lines of an invoice, for ``line_of_row``."""
    return _with_currency(line_items, workspace_id, invoice_id)


def usage_of(workspace_id: str, invoice_id: str) -> Select[Any]:
    """The members of an invoice, for ``usage_of_row``."""
    c = usage_item_groups.c
    return select(usage_item_groups).where(
        c.workspace_id == workspace_id, c.invoice_id == invoice_id
    )


def _with_currency(table: Any, workspace_id: str, invoice_id: str) -> Select[Any]:
    joined = table.join(invoices, invoices.c.id == table.c.invoice_id)
    return (
        select(table, invoices.c.currency)
        .select_from(joined)
        .where(table.c.workspace_id == workspace_id, table.c.invoice_id == invoice_id)
    )


def group_of_row(row: Row[Any]) -> LineItemGroup:
    named = row._mapping  # noqa: SLF001 -- SQLAlchemy's public name; "index" is a method of rows
    return LineItemGroup(
        id=row.id,
        invoice_id=row.invoice_id,
        index=named["index"],
        title=row.title,
        product_id=row.product_id,
        net=Money(row.net_minor, row.currency),
        tax=Money(row.tax_minor, row.currency),
        description=row.description,
    )


def line_of_row(row: Row[Any]) -> LineItem:
    named = row._mapping  # noqa: SLF001
    return LineItem(
        id=row.id,
        invoice_id=row.invoice_id,
        group_id=row.group_id,
        index=named["index"],
        title=row.title,
        quantity=Decimal(row.quantity),
        rate=Decimal(row.rate),
        rate_display=row.rate_display,
        net=Money(row.net_minor, row.currency),
        tax=Money(row.tax_minor, row.currency),
        service=Period(row.service_start, row.service_end) if row.service_start else None,
        segments=tuple(map(segment_of, row.segments)),
        tax_rate=Decimal(row.tax_rate),
        description=row.description,
        unit=row.unit,
        schedule_id=row.schedule_id,
        phase_id=row.phase_id,
        price_id=row.price_id,
        product_id=row.product_id,
        usage_metric_id=row.usage_metric_id,
        aggregation=row.aggregation,
        event_count=row.event_count,
        share_counts=None if row.share_counts is None else tuple(row.share_counts),
        scope=frozenset(row.restrict_to_customers or ()),
        deducted=deductions.of(row.deducted, row.adjustment, row.currency),
        last_seq=row.last_seq,
        known_at=row.known_at,
    )


def usage_of_row(row: Row[Any]) -> UsageItemGroup:
    named = row._mapping  # noqa: SLF001
    items = (
        UsageItem(
            item["id"],
            item["metricId"],
            item["title"],
            Decimal(item["value"]),
            item.get("unit"),
            item.get("lineItemGroupId"),
        )
        for item in named["items"]
    )
    return UsageItemGroup(
        id=row.id,
        invoice_id=row.invoice_id,
        index=named["index"],
        customer_id=row.customer_id,
        title=row.title,
        depth=row.depth,
        path=tuple((id, name) for id, name in row.path),
        items=tuple(items),
        shares=tuple(
            MemberShare(line_index, Decimal(quantity), tuple(parts))
            for line_index, quantity, *parts in row.shares
        ),
    )


def _group_row(workspace_id: str, group: LineItemGroup) -> dict[str, Any]:
    return {
        "id": group.id,
        "workspace_id": workspace_id,
        "invoice_id": group.invoice_id,
        "index": group.index,
        "title": group.title,
        "description": group.description,
        "product_id": group.product_id,
        "net_minor": group.net.minor,
        "tax_minor": group.tax.minor,
        "gross_minor": group.gross.minor,
    }


def _line_row(workspace_id: str, line: LineItem) -> dict[str, Any]:
    return {
        "id": line.id,
        "workspace_id": workspace_id,
        "invoice_id": line.invoice_id,
        "group_id": line.group_id,
        "index": line.index,
        "title": line.title,
        "description": line.description,
        "quantity": decimal_text(line.quantity),
        "rate": decimal_text(line.rate),
        "rate_display": line.rate_display,
        "tax_rate": decimal_text(line.tax_rate),
        "net_minor": line.net.minor,
        "tax_minor": line.tax.minor,
        "gross_minor": line.gross.minor,
        "service_start": line.service.start if line.service else None,
        "service_end": line.service.end if line.service else None,
        "unit": line.unit,
        "schedule_id": line.schedule_id,
        "phase_id": line.phase_id,
        "price_id": line.price_id,
        "product_id": line.product_id,
        "usage_metric_id": line.usage_metric_id,
        "aggregation": line.aggregation,
        "segments": [segment_texts(segment) for segment in line.segments],
        "event_count": line.event_count,
        "share_counts": None if line.share_counts is None else list(line.share_counts),
        "restrict_to_customers": sorted(line.scope) or None,
        "adjustment": line.number,
        "deducted": deductions.kept(line.deducted),
        "last_seq": line.last_seq,
        "known_at": line.known_at,
    }


def _usage_row(workspace_id: str, group: UsageItemGroup) -> dict[str, Any]:
    items = [
        {
            "id": item.id,
            "metricId": item.metric_id,
            "title": item.title,
            "value": decimal_text(item.value),
            "unit": item.unit,
            "lineItemGroupId": item.group_id,
        }
        for item in group.items
    ]
    return {
        "id": group.id,
        "workspace_id": workspace_id,
        "invoice_id": group.invoice_id,
        "index": group.index,
        "customer_id": group.customer_id,
        "title": group.title,
        "depth": group.depth,
        "path": [list(step) for step in group.path],
        "items": items,
        "shares": [
            [line_index, decimal_text(quantity), *parts]
            for line_index, quantity, parts in group.shares
        ],
    }


def segment_texts(segment: Segment) -> dict[str, str]:
    """A segment as it is stored and shown; the bounds of its tier only where it has them."""
    texts = {
        "quantity": decimal_text(segment.quantity),
        "rate": decimal_text(segment.rate),
        "fee": decimal_text(segment.fee),
        "amount": decimal_text(segment.amount),
    }
    if segment.lower is not None:
        texts["from"] = decimal_text(segment.lower)
    if segment.upper is not None:
        texts["to"] = decimal_text(segment.upper)
    return texts


def segment_of(texts: Mapping[str, str]) -> Segment:
    """A segment from what ``segment_texts`` made of it."""
    lower, upper = texts.get("from"), texts.get("to")
    return Segment(
        Decimal(texts["quantity"]),
        Decimal(texts["rate"]),
        Decimal(texts["fee"]),
        Decimal(texts["amount"]),
        None if lower is None else Decimal(lower),
        None if upper is None else Decimal(upper),
    )
