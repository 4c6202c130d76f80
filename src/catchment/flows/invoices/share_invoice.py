"""Whose share of an invoice is whose, as kept when the invoice was calculated.

Lines that nobody shares come first: they are the payer's. Then the members follow in the order of
the tree, each with its lines in the order printed. So a page is read without the pages before it,
however large the family.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from itertools import islice

from sqlalchemy import Connection

from catchment.core.families.hierarchy import CustomerId
from catchment.core.shares.allocation import METHODS, Method
from catchment.core.values.money import Money, Taxed
from catchment.store.invoices import invoice_contents
from catchment.store.invoices.invoices import Invoice
from catchment.store.invoices.rows.invoice_parts import LineItem, UsageItemGroup

Place = tuple[int, int]
"""The member's index, and the line's. Members count from 0; -1 is what the payer has alone."""

START: Place = (-1, -1)


@dataclass(frozen=True, slots=True)
class Allocation(Taxed):
    """What a customer used of a line, and its share of the line. ``path`` leads from the payer."""

    place: Place
    customer: CustomerId
    path: tuple[CustomerId, ...]
    line: LineItem
    quantity: Decimal
    net: Money
    tax: Money


@dataclass(frozen=True, slots=True)
class Allocations:
    """Some shares, the place to go on after (None: no more), and how many there are in all."""

    found: tuple[Allocation, ...]
    following: Place | None
    total: int


def allocations(
    tx: Connection,
    invoice: Invoice,
    method: Method,
    *,
    customer: CustomerId | None = None,
    after: Place = START,
    limit: int,
) -> Allocations:
    """Up to ``limit`` shares after a place: everyone's, or one customer's."""
    lines = lines_of(tx, invoice)
    if customer is None:
        place = METHODS.index(method)
        counts = (_counted(line, place) for line in lines.values())
        shares = _shares(tx, invoice, lines, method, after=after, at_once=limit + 1)
        total = sum(counts)
    else:
        everything = list(_own(tx, invoice, lines, method, customer))
        shares = (one for one in everything if one.place > after)
        total = len(everything)
    found = tuple(islice(shares, limit + 1))
    following = found[limit - 1].place if len(found) > limit else None
    return Allocations(found[:limit], following, total)


def lines_of(tx: Connection, invoice: Invoice) -> dict[int, LineItem]:
    """The lines of an invoice by their index, in the order printed."""
    return {
        line.index: line for line in invoice_contents.lines(tx, invoice.workspace_id, invoice.id)
    }


def payers_own(invoice: Invoice, lines: Mapping[int, LineItem]) -> Iterator[Allocation]:
    """The lines that nobody shares."""
    payer = invoice.customer_id
    for index, line in lines.items():
        if line.is_payers:
            yield Allocation((-1, index), payer, (payer,), line, line.quantity, line.net, line.tax)


def members_shares(
    member: UsageItemGroup, invoice: Invoice, lines: Mapping[int, LineItem], method: Method
) -> Iterator[Allocation]:
    """A member's shares."""
    place = METHODS.index(method)
    path = tuple(customer for customer, _ in member.path)
    for index, quantity, parts, taxes in member.shares:
        part = parts[place]
        if part is not None:
            tax = taxes[place] if taxes else 0
            assert tax is not None, member
            yield Allocation(
                (member.index, index),
                member.customer_id,
                path,
                lines[index],
                quantity,
                Money(part, invoice.currency),
                Money(tax, invoice.currency),
            )


def _counted(line: LineItem, place: int) -> int:
    return int(line.is_payers) if line.share_counts is None else line.share_counts[place]


def _own(
    tx: Connection,
    invoice: Invoice,
    lines: Mapping[int, LineItem],
    method: Method,
    customer: CustomerId,
) -> Iterator[Allocation]:
    if customer == invoice.customer_id:
        yield from payers_own(invoice, lines)
    member = invoice_contents.member(tx, invoice.workspace_id, invoice.id, customer)
    if member is not None:
        yield from members_shares(member, invoice, lines, method)


def _shares(
    tx: Connection,
    invoice: Invoice,
    lines: Mapping[int, LineItem],
    method: Method,
    *,
    after: Place,
    at_once: int,
) -> Iterator[Allocation]:
    """The shares after a place, members being read ``at_once``."""
    yield from (one for one in payers_own(invoice, lines) if one.place > after)
    since = max(after[0], 0)
    while members := invoice_contents.members(
        tx, invoice.workspace_id, invoice.id, since=since, limit=at_once
    ):
        for member in members:
            yield from (
                one for one in members_shares(member, invoice, lines, method) if one.place > after
            )
        since = members[-1].index + 1
