"""The ledger of credits. It only grows, and every balance is the sum of its entries."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, Select, insert, select

from catchment.core.invoices.settling import StepKind
from catchment.core.terms.credits import CreditUnit, Entry, EntryKind
from catchment.core.values.money import EXACT, Money, decimal_text
from catchment.store import sequences
from catchment.store.chunks import chunks
from catchment.store.schema import credit_entries, credit_grants, invoices, line_items

_c, _line, _head = credit_entries.c, line_items.c, invoices.c


@dataclass(frozen=True, slots=True)
class Recorded:
    """An entry as the ``number``-th of its workspace's ledger.

    ``invoice_id`` is the invoice that is paid, or no longer; '' for what happens to the grant.
    """

    number: int
    entry: Entry
    invoice_id: str
    run_id: str | None
    on: date


@dataclass(frozen=True, slots=True)
class PaidBy:
    """What a grant pays of an invoice, and what that takes off its tax."""

    grant_id: str
    name: str
    net: Money
    tax: Money


def add(
    tx: Connection,
    workspace_id: str,
    entries: Sequence[tuple[Entry, str]],
    *,
    on: date,
    now: datetime,
) -> None:
    """Enter (entry, invoice or '') in their order. The same entry a second time is refused."""
    if not entries:
        return
    numbers = sequences.take(tx, workspace_id, sequences.CREDIT_ENTRY, len(entries))
    rows = [
        {
            "workspace_id": workspace_id,
            "number": number,
            "grant_id": entry.grant_id,
            "kind": entry.kind,
            "amount": decimal_text(entry.amount),
            "invoice_id": invoice_id,
            "on_date": on,
            "created_at": now,
        }
        for number, (entry, invoice_id) in zip(numbers, entries, strict=True)
    ]
    tx.execute(insert(credit_entries), rows)


def of_grants(
    tx: Connection, workspace_id: str, grant_ids: Collection[str]
) -> Mapping[str, list[Recorded]]:
    """The entries of each of these grants, in their order."""
    found: defaultdict[str, list[Recorded]] = defaultdict(list)
    for part in chunks(sorted(set(grant_ids))):
        for one in _recorded(tx, _entries(workspace_id).where(_c.grant_id.in_(part))):
            found[one.entry.grant_id].append(one)
    return found


def of_invoices(
    tx: Connection, workspace_id: str, invoice_ids: Collection[str]
) -> Mapping[str, list[Entry]]:
    """What was entered for each of these invoices, in its order."""
    found: defaultdict[str, list[Entry]] = defaultdict(list)
    for part in chunks(sorted(set(invoice_ids))):
        for one in _recorded(tx, _entries(workspace_id).where(_c.invoice_id.in_(part))):
            found[one.invoice_id].append(one.entry)
    return found


def held(
    tx: Connection, workspace_id: str, grant_ids: Collection[str], but: Collection[str] = ()
) -> Mapping[str, Decimal]:
    """What drafts draw from grants, which is theirs until they are final, void or deleted.

    Those drafts ``but`` some.
    """
    found: defaultdict[str, Decimal] = defaultdict(Decimal)
    for part in chunks(sorted(set(grant_ids))):
        query = _drawn(workspace_id).where(_line.credit_grant_id.in_(part), _head.status == "DRAFT")
        for row in tx.execute(query):
            if row.invoice_id not in but:
                found[row.credit_grant_id] = EXACT.add(found[row.credit_grant_id], _amount(row))
    return found


def drawn_by(
    tx: Connection, workspace_id: str, invoice_ids: Collection[str]
) -> Mapping[str, dict[str, Decimal]]:
    """What the lines of each of these invoices draw from each grant, in the order of the lines."""
    found: defaultdict[str, dict[str, Decimal]] = defaultdict(dict)
    for part in chunks(sorted(set(invoice_ids))):
        query = _drawn(workspace_id).where(_line.invoice_id.in_(part)).order_by(_line["index"])
        for row in tx.execute(query):
            own = found[row.invoice_id]
            known = own.get(row.credit_grant_id, Decimal(0))
            own[row.credit_grant_id] = EXACT.add(known, _amount(row))
    return found


def paid_by(
    tx: Connection, workspace_id: str, invoice_ids: Collection[str]
) -> Mapping[str, list[PaidBy]]:
    """What each grant pays of each of these invoices, in the order of the lines."""
    found: defaultdict[str, dict[str, PaidBy]] = defaultdict(dict)
    for part in chunks(sorted(set(invoice_ids))):
        query = _drawn(workspace_id).where(_line.invoice_id.in_(part)).order_by(_line["index"])
        for row in tx.execute(query):
            own, id = found[row.invoice_id], row.credit_grant_id
            net, tax = Money(-row.net_minor, row.currency), Money(-row.tax_minor, row.currency)
            known = own.get(id)
            if known is not None:
                net, tax = net + known.net, tax + known.tax
            own[id] = PaidBy(id, row.name, net, tax)
    return {id: list(own.values()) for id, own in found.items()}


def _entries(workspace_id: str) -> Select[Any]:
    return (
        select(credit_entries, _head.billing_run_id)
        .join(invoices, _head.id == _c.invoice_id, isouter=True)
        .where(_c.workspace_id == workspace_id)
        .order_by(_c.number)
    )


def _recorded(tx: Connection, query: Select[Any]) -> list[Recorded]:
    return [
        Recorded(
            row.number,
            Entry(row.grant_id, EntryKind(row.kind), Decimal(row.amount)),
            row.invoice_id,
            row.billing_run_id,
            row.on_date,
        )
        for row in tx.execute(query)
    ]


def _drawn(workspace_id: str) -> Select[Any]:
    """The lines by which credits pay, for ``_amount``."""
    return (
        select(
            _line.invoice_id,
            _line.credit_grant_id,
            _line.quantity,
            _line.net_minor,
            _line.tax_minor,
            credit_grants.c.name,
            credit_grants.c.unit_type,
            _head.currency,
        )
        .join(invoices, _head.id == _line.invoice_id)
        .join(credit_grants, credit_grants.c.id == _line.credit_grant_id)
        .where(credit_grants.c.workspace_id == workspace_id, _line.settles == StepKind.CREDIT)
    )


def _amount(row: Any) -> Decimal:
    """What a line takes from its grant, in the grant's unit."""
    if row.unit_type == CreditUnit.METRIC:
        return -Decimal(row.quantity)
    return -Money(row.net_minor, row.currency).decimal
