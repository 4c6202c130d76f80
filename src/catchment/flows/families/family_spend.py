"""What a family spent: the shares of its invoices, added up along the tree as each invoice has it.

The shares are those of ``share_invoice``, so the figures are the invoices' own, and a customer that
moved counts below each parent with what it used there.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from catchment.core.families.hierarchy import CustomerId
from catchment.core.shares.allocation import Method
from catchment.core.shares.spending import Branch, Path, branch
from catchment.core.values.money import Amount, Money
from catchment.flows.invoices import branch_parts
from catchment.store.invoices import spending
from catchment.store.invoices.invoices import Invoice
from catchment.store.invoices.spending import Wanted


@dataclass(frozen=True, slots=True)
class InvoicePart:
    """What of an invoice is the branch's."""

    invoice: Invoice
    amount: Amount


@dataclass(frozen=True, slots=True)
class Spend:
    """What a branch came to in one currency. ``parts``, the latest first, add up to it."""

    currency: str
    branch: Branch
    parts: tuple[InvoicePart, ...]


def family_spend(
    tx: Connection,
    workspace_id: str,
    way: Sequence[CustomerId],
    wanted: Wanted,
    method: Method,
    *,
    depth: int,
    limit: int,
) -> tuple[Spend, ...]:
    """The spend of the branch at the end of ``way``, by currency.

    ``way`` leads down from the customer asked about, parent by parent: someone who was below
    several parents counts on it only with what it used there.
    """
    shares: defaultdict[str, list[tuple[Path, Amount]]] = defaultdict(list)
    parts: defaultdict[str, list[InvoicePart]] = defaultdict(list)
    for invoice in spending.candidates(tx, workspace_id, way[0], wanted):
        found = list(_shares(tx, invoice, method, tuple(way)))
        if found:
            whole = Amount(Money(0, invoice.currency), Money(0, invoice.currency))
            for _, amount in found:
                whole = whole.plus(amount)
            parts[invoice.currency].append(InvoicePart(invoice, whole))
            shares[invoice.currency] += found
    return tuple(
        Spend(
            currency,
            branch(shares[currency], way[-1], currency, depth=depth, limit=limit),
            tuple(parts[currency]),
        )
        for currency in sorted(shares)
    )


def _shares(
    tx: Connection, invoice: Invoice, method: Method, way: Path
) -> Iterator[tuple[Path, Amount]]:
    """The shares at and below the end of ``way``, each with the path from there."""
    shares = (
        share
        for part in branch_parts.parts(tx, invoice, method, way[-1], descendants=True)
        for share in part.shares
    )
    for one in shares:
        if way[0] in one.path:
            start = one.path.index(way[0])
            end = start + len(way)
            if one.path[start:end] == way:
                yield one.path[end - 1 :], Amount(one.net, one.tax)
