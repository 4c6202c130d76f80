"""The lines of charges that are billed for good, and which of them more may be known of.

What is asked of all invoices is asked of columns only: that a year of them has nothing late costs
one pass over the lines.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, Select, and_, case, func, literal, select, tuple_

from catchment.core.families.hierarchy import CustomerId
from catchment.core.invoices.adjustments import ORIGINAL, BilledLine, Standing
from catchment.core.shares.line_shares import Share
from catchment.core.terms.schedules import ChargeId
from catchment.core.terms.taxes import NOT_TAXED, Taxation
from catchment.core.usage.metering import Aggregation
from catchment.core.values.money import Money
from catchment.core.values.period import Period
from catchment.store.chunks import chunks
from catchment.store.invoices.invoices import ISSUED
from catchment.store.invoices.rows import taxation_rows
from catchment.store.invoices.rows.usage_rows import parts_of
from catchment.store.schema import (
    billing_schedules,
    customer_aliases,
    invoices,
    line_items,
    line_taxations,
    usage_item_groups,
)
from catchment.store.schema import late_looks as looks
from catchment.store.taxes import taxations
from catchment.store.usage import late_looks

_head, _line = invoices.c, line_items.c
_CHARGE = (_line.schedule_id, _line.price_id, _line.service_start, _line.part)
_CHARGED = and_(_line.schedule_id.is_not(None), _line.credit_grant_id.is_(None))
_LAST_SEQ = case(
    (_line.aggregation == Aggregation.SEATS, _line.last_seat),
    else_=late_looks.last_seq(_line),
)
_READS_FROM = func.coalesce(_line.tiers_from, _line.service_start)
_KNOWN_AT = late_looks.known_at(_line)

ADJUSTING = _line.adjustment > literal(ORIGINAL, literal_execute=True)
"""Whether a line is an adjustment, in the words of the index of those: a parameter finds none."""


class Stretch(NamedTuple):
    """Services that were measured by the same reading: what came after it is late for them.

    ``reads`` are the days whose usage matters: those of the service, and those before it on which
    usage had moved its tiers.
    """

    event_type: str
    aggregation: Aggregation
    service: Period
    reads: Period
    last_seq: int
    known_at: datetime


class IssuedLine(NamedTuple):
    """A line in force on an issued invoice, or as an adjustment on a draft.

    One that only takes back others has measured nothing; a fee, and what settles others, have no
    metric.
    ``last_seq`` and ``known_at`` are those of the last look at the charge, where that came to the
    same.
    """

    charge: ChargeId
    standing: Standing
    customer: CustomerId
    payer: CustomerId
    host_id: str
    invoice_id: str
    place: int
    issued: bool
    due_on: date
    event_type: str | None
    aggregation: Aggregation | None
    service: Period
    reads: Period
    last_seq: int | None
    known_at: datetime | None
    quantity: Decimal
    net: Money
    event_count: int
    shared: bool
    taxation: Taxation


def measured_by(lines: Sequence[IssuedLine]) -> Stretch:
    """What the lines of a usage charge that were issued have measured last; one of them has."""
    assert lines[0].event_type is not None, lines[0]
    assert lines[0].aggregation is not None, lines[0]
    return Stretch(
        lines[0].event_type,
        lines[0].aggregation,
        _service(lines),
        Period(lines[0].reads.start, _service(lines).end),
        max(one.last_seq for one in lines if one.last_seq is not None),
        max(one.known_at for one in lines if one.known_at is not None),
    )


def stretches(
    tx: Connection, workspace_id: str, hosts: Collection[str] | None = None
) -> list[Stretch]:
    """What the usage lines on issued invoices of ``hosts`` (None: of all schedules) measured.

    Of a charge that was adjusted, or looked at again, only the last reading counts.
    """
    found: set[Stretch] = set()
    for ids in [None] if hosts is None else chunks(sorted(hosts)):
        of_charges = (
            select(
                func.max(_line.event_type).label("event_type"),
                func.max(_line.aggregation).label("aggregation"),
                _line.service_start,
                func.max(_line.service_end).label("service_end"),
                func.min(_READS_FROM).label("reads_from"),
                func.max(_LAST_SEQ).label("last_seq"),
                func.max(_KNOWN_AT).label("known_at"),
            )
            .join(invoices, _head.id == _line.invoice_id)
            .join(looks, late_looks.at(_line), isouter=True)
            .where(*_issued(workspace_id, ids), _line.usage_metric_id.is_not(None))
            .group_by(*_CHARGE)
            .having(func.max(_line.last_seq).is_not(None))
            .subquery()
        )
        # A run measures thousands of charges by one reading.
        found.update(
            Stretch(kind, Aggregation(how), Period(start, end), Period(since, end), seq, at)
            for kind, how, start, end, since, seq, at in tx.execute(select(of_charges).distinct())
        )
    return sorted(found)


def adjusted(
    tx: Connection, workspace_id: str, hosts: Collection[str] | None = None
) -> set[ChargeId]:
    """The charges with an adjustment in force on an issued invoice of ``hosts`` (None: of all)."""
    found: set[ChargeId] = set()
    for ids in [None] if hosts is None else chunks(sorted(hosts)):
        query = (
            select(*_CHARGE)
            .distinct()
            .join(invoices, _head.id == _line.invoice_id)
            .where(*_issued(workspace_id, ids), _line.workspace_id == workspace_id, ADJUSTING)
        )
        found.update(tuple(row) for row in tx.execute(query))
    return found


def lines_of(
    tx: Connection, workspace_id: str, charges: Collection[ChargeId]
) -> dict[ChargeId, list[IssuedLine]]:
    """The lines in force of ``charges``, by number: issued ones, and adjustments on drafts."""
    found: dict[ChargeId, list[IssuedLine]] = {}
    for part in chunks(sorted(charges), 1_000):
        _add(tx, _lines(workspace_id).where(tuple_(*_CHARGE).in_(part)), found)
    return found


def lines_within(
    tx: Connection,
    workspace_id: str,
    customers: Collection[CustomerId],
    services: Iterable[Period],
) -> dict[ChargeId, list[IssuedLine]]:
    """The same of all usage charges for ``services`` of these customers' schedules."""
    wanted = set(services)
    found: dict[ChargeId, list[IssuedLine]] = {}
    starts = sorted({one.start for one in wanted})
    for part in chunks(sorted(customers)):
        query = _lines(workspace_id).where(
            billing_schedules.c.customer_id.in_(part),
            _line.service_start.in_(starts),
            _line.usage_metric_id.is_not(None),
        )
        _add(tx, query, found)
    return {charge: lines for charge, lines in found.items() if _service(lines) in wanted}


def lines_called(tx: Connection, workspace_id: str, line_ids: Collection[str]) -> list[IssuedLine]:
    """The lines with these ids, in force or not."""
    found: dict[ChargeId, list[IssuedLine]] = {}
    for part in chunks(sorted(line_ids)):
        query = _of_charges(workspace_id).where(_line.id.in_(part))
        _add(tx, query, found)
    return [one for lines in found.values() for one in lines]


def invoices_of(
    tx: Connection, workspace_id: str, line_ids: Collection[str]
) -> dict[str, tuple[str, str | None]]:
    """The invoice that each of these lines stands on: its id and number."""
    return {
        row.line_id: (row.id, row.invoice_number)
        for part in chunks(sorted(line_ids))
        for row in tx.execute(
            select(_line.id.label("line_id"), _head.id, _head.invoice_number)
            .join(invoices, _head.id == _line.invoice_id)
            .where(_line.workspace_id == workspace_id, _line.id.in_(part))
        )
    }


def with_shares(
    tx: Connection, workspace_id: str, lines: Collection[IssuedLine]
) -> dict[str, BilledLine]:
    """The same lines, by id, with everyone's share as it was kept with them."""
    wanted = {(one.invoice_id, one.place) for one in lines if one.shared}
    found: dict[tuple[str, int], list[tuple[Share, tuple[CustomerId, ...]]]] = {}
    c = usage_item_groups.c
    for part in chunks(sorted({one.invoice_id for one in lines if one.shared})):
        query = select(c.invoice_id, c.customer_id, c.above, c.shares).where(
            c.workspace_id == workspace_id, c.invoice_id.in_(part)
        )
        for row in tx.execute(query):
            path = (*(id for id, _ in row.above), row.customer_id)
            for index, quantity, *parts in row.shares:
                if (row.invoice_id, index) in wanted:
                    share = Share(row.customer_id, Decimal(quantity), *parts_of(parts))
                    found.setdefault((row.invoice_id, index), []).append((share, path))
    return {
        one.standing.id: _billed(one, found.get((one.invoice_id, one.place), ())) for one in lines
    }


def renamed(tx: Connection, workspace_id: str, since: datetime) -> list[tuple[str, datetime]]:
    """The names that were given or taken after an instant, and when last."""
    c = customer_aliases.c
    query = select(c.value, c.created_at, c.deleted_at).where(
        c.workspace_id == workspace_id, (c.created_at > since) | (c.deleted_at > since)
    )
    found: dict[str, datetime] = {}
    for value, created_at, deleted_at in tx.execute(query):
        at = max(created_at, deleted_at or created_at)
        found[value] = max(at, found.get(value, at))
    return list(found.items())


def owners_before(
    tx: Connection, workspace_id: str, values: Collection[str]
) -> dict[str, set[CustomerId]]:
    """Who had these names once and has them no more."""
    c = customer_aliases.c
    found: dict[str, set[CustomerId]] = {}
    for part in chunks(sorted(values)):
        query = select(c.value, c.customer_id).where(
            c.workspace_id == workspace_id, c.deleted_at.is_not(None), c.value.in_(part)
        )
        for value, customer in tx.execute(query):
            found.setdefault(value, set()).add(customer)
    return found


def _service(lines: Sequence[IssuedLine]) -> Period:
    """All days that any of the lines of a charge is for."""
    return Period(lines[0].service.start, max(one.service.end for one in lines))


def _issued(workspace_id: str, hosts: list[str] | None) -> tuple[ColumnElement[bool], ...]:
    among = () if hosts is None else (_head.billing_schedule_id.in_(hosts),)
    mine = _head.workspace_id == workspace_id
    return mine, *among, _line.live_key == "", _CHARGED, _head.status.in_(ISSUED)


def _lines(workspace_id: str) -> Select[Any]:
    """For ``_add``. Of drafts there are only adjustments: what else stands there is not billed."""
    return _of_charges(workspace_id).where(
        _line.live_key == "", _head.status.in_(ISSUED) | (_line.adjustment > ORIGINAL)
    )


def _of_charges(workspace_id: str) -> Select[Any]:
    """Every line of a charge, for ``_add``."""
    return (
        select(
            line_items,
            _head.customer_id.label("payer"),
            _head.billing_schedule_id.label("host_id"),
            _head.status,
            _head.due_on,
            _head.currency,
            billing_schedules.c.customer_id,
            _LAST_SEQ.label("seen_seq"),
            _KNOWN_AT.label("seen_at"),
            line_taxations.c.taxation,
        )
        .join(invoices, _head.id == _line.invoice_id)
        .join(billing_schedules, billing_schedules.c.id == _line.schedule_id)
        .join(looks, late_looks.at(_line), isouter=True)
        .join(line_taxations, taxation_rows.OF_LINE, isouter=True)
        .where(_line.workspace_id == workspace_id, _CHARGED)
        .order_by(_line.adjustment)
    )


def _add(tx: Connection, query: Select[Any], found: dict[ChargeId, list[IssuedLine]]) -> None:
    for row in tx.execute(query):
        charge = row.schedule_id, row.price_id, row.service_start, row.part
        kept: Mapping[str, Any] = row.deducted or {"lineItemIds": (), "reverses": False}
        standing = Standing(row.id, row.adjustment, tuple(kept["lineItemIds"]), kept["reverses"])
        one = IssuedLine(
            charge,
            standing,
            row.customer_id,
            row.payer,
            row.host_id,
            row.invoice_id,
            row._mapping["index"],  # noqa: SLF001 -- SQLAlchemy's public name
            row.status in ISSUED,
            row.due_on,
            row.event_type,
            Aggregation(row.aggregation) if row.aggregation else None,
            Period(row.service_start, row.service_end),
            Period(row.tiers_from or row.service_start, row.service_end),
            row.seen_seq,
            row.seen_at,
            Decimal(row.quantity),
            Money(row.net_minor, row.currency),
            row.event_count or 0,
            row.share_counts is not None,
            taxations.of(row.taxation, row.tax_rate) or NOT_TAXED,
        )
        found.setdefault(charge, []).append(one)


def _billed(one: IssuedLine, shares: Sequence[tuple[Share, tuple[CustomerId, ...]]]) -> BilledLine:
    return BilledLine(
        one.standing.id,
        one.standing.number,
        one.quantity,
        one.net,
        one.event_count,
        tuple(share for share, _ in shares) if one.shared else None,
        {share.customer: path for share, path in shares},
        one.taxation,
        one.service,
    )
