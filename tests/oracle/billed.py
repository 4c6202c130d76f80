"""What the product has billed contracts, in the words of the oracle."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from fractions import Fraction
from typing import Any

from sqlalchemy import Row, select

from catchment.core.invoices.adjustments import ORIGINAL
from catchment.store.engine import reading
from catchment.store.schema import invoices, line_items, usage_item_groups
from tests.flows.books import Books
from tests.oracle.contracts import (
    Bill,
    Invoice,
    InvoiceKey,
    Line,
    LineKey,
    adjustments,
    part_of_event,
)
from tests.oracle.ledger import accounts, granted
from tests.oracle.numbers import decimals

_Shares = Mapping[tuple[str, int], Mapping[int, int]]


def bills(books: Books, ids: Mapping[Any, str], numbers: Iterable[int]) -> dict[int, Bill]:
    """By number; ``ids`` are those of everything that has a name in a contract."""
    names = {id: name for name, id in ids.items()} | granted(books, ids)
    lines: dict[int, dict[LineKey, Line]] = {number: {} for number in numbers}
    heads: dict[int, dict[InvoiceKey, Invoice]] = {number: {} for number in lines}
    shares = _shares(books, names)
    c, i, mine = line_items.c, invoices.c, books.workspace.id
    with reading(books.engine) as tx:
        found = tx.execute(
            select(line_items, i.billing_schedule_id, i.due_on, i.customer_id)
            .join(invoices, i.id == c.invoice_id)
            .where(c.workspace_id == mine, i.live_key == "")
            .order_by(c.adjustment)
        ).all()
        in_force = i.workspace_id == mine, i.live_key == ""
        totals = tx.execute(select(invoices).where(*in_force)).all()
    counts: Counter[str] = Counter()
    for row in found:
        line = _line(row, shares, names)
        if row.adjustment and line.quantity == "0" and not (line.net or line.shares):
            continue  # only shares have changed that are not compared
        number, schedule = names[row.schedule_id]
        part = row.part.replace(part_of_event(f"{number}."), part_of_event(""), 1)
        what = f"{_called(row.price_id, names)} {part}".strip()
        if row.credit_grant_id is not None and _pays_adjustment(row.price_id):
            what = f"{what} late on {row.due_on}"
        key = schedule, what, row.service_start
        if row.adjustment:
            key = next(one for one in adjustments(key) if one not in lines[number])
        assert key not in lines[number], (number, key)
        lines[number][key] = line
        counts[row.invoice_id] += 1
    for row in totals:
        number, _ = names[row.billing_schedule_id]
        key = _invoice(row, names)
        if row.id in counts or row.net_minor or row.tax_minor:  # a draft may have lost all lines
            # What is charged on demand may have come when the invoice of its day was final.
            net, tax, count = heads[number].get(key, (0, 0, 0))
            both = Invoice(net + row.net_minor, tax + row.tax_minor, count + counts[row.id])
            heads[number][key] = both
    grants = accounts(books, names)
    return {number: Bill(lines[number], heads[number], grants.get(number, {})) for number in lines}


def _invoice(row: Row[Any], names: Mapping[str, Any]) -> InvoiceKey:
    _, schedule = names[row.billing_schedule_id]
    _, payer = names[row.customer_id]
    return InvoiceKey(schedule, row.due_on, payer)


def _line(row: Row[Any], shares: _Shares, names: Mapping[str, Any]) -> Line:
    own = shares.get((row.invoice_id, row.index), {})
    shared = row.share_counts is not None and row.settles is None
    return Line(
        _invoice(row, names),
        row.service_end,
        decimals(Fraction(row.quantity), 9) if row.aggregation == "SEATS" else row.quantity,
        row.net_minor,
        Fraction(row.tax_rate),
        row.tax_minor,
        own if shared else None,
    )


def _shares(books: Books, names: Mapping[str, Any]) -> _Shares:
    """By invoice and line what every member has of the net, shared by quantity."""
    c = usage_item_groups.c
    query = select(c.invoice_id, c.customer_id, c.shares)
    found: dict[tuple[str, int], dict[int, int]] = {}
    with reading(books.engine) as tx:
        for row in tx.execute(query.where(c.workspace_id == books.workspace.id)):
            _, who = names[row.customer_id]
            for line, _, part, *_ in row.shares:
                if part:
                    found.setdefault((row.invoice_id, line), {})[who] = part
    return found


def _called(price_id: str, names: Mapping[str, Any]) -> str:
    """What a line charges, by its name in the contract."""
    kind, *of = price_id.split(":")
    if kind == "credit":
        grant, _, *paid = of
        return f"{names[grant][1]} pays {_called(':'.join(paid), names)}"
    called = [names[id][1] for id in of or [kind]]
    return " of ".join(called)


def _pays_adjustment(price_id: str) -> bool:
    _, _, number, *_ = price_id.split(":")
    return number != str(ORIGINAL)
