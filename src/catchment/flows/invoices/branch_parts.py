"""What an invoice says of a customer, or of a customer with all below it, member by member.

Who is below whom is what was kept with the invoice: later moves do not change it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import Connection

from catchment.core.families.hierarchy import CustomerId
from catchment.core.shares.allocation import Method
from catchment.core.values.money import Money, total
from catchment.flows.invoices.share_invoice import Allocation, lines_of, members_shares, payers_own
from catchment.store.invoices import invoice_contents
from catchment.store.invoices.invoices import Invoice
from catchment.store.invoices.rows.invoice_parts import UsageItem, UsageItemGroup

Path = tuple[tuple[CustomerId, str], ...]
"""Ids and names, from the customer that was asked for to the member itself."""


@dataclass(frozen=True, slots=True)
class Part:
    """What a member used, and its share of each line in the order printed."""

    path: Path
    usage: tuple[UsageItem, ...]
    shares: tuple[Allocation, ...]
    currency: str

    @property
    def customer(self) -> CustomerId:
        return self.path[-1][0]

    @property
    def name(self) -> str:
        return self.path[-1][1]

    @property
    def net(self) -> Money:
        return total((one.net for one in self.shares), self.currency)

    @property
    def tax(self) -> Money:
        return total((one.tax for one in self.shares), self.currency)


def parts(
    tx: Connection, invoice: Invoice, method: Method, customer: CustomerId, *, descendants: bool
) -> Iterator[Part]:
    """The customer's part, then with ``descendants`` those of all below it, in their order.

    The lines that nobody shares are in the payer's. Who has nothing of the invoice is left out, but
    for a payer alone.
    """
    lines = lines_of(tx, invoice)
    pays = customer == invoice.customer_id
    own = tuple(payers_own(invoice, lines)) if pays else ()
    payer = Part(((customer, invoice.customer_legal_name),), (), own, invoice.currency)
    for member in members_of(tx, invoice, customer, descendants=descendants):
        shares = tuple(members_shares(member, invoice, lines, method))
        if own and member.customer_id != customer:
            yield payer
        elif own:
            shares = tuple(sorted((*own, *shares), key=lambda one: one.line.index))
        own, pays = (), False
        yield Part(path_from(customer, member), member.items, shares, invoice.currency)
    if pays:
        yield payer


def members_of(
    tx: Connection, invoice: Invoice, customer: CustomerId, *, descendants: bool
) -> Iterator[UsageItemGroup]:
    """The customer among the members of the invoice, or with ``descendants`` its whole branch."""
    if descendants:
        yield from invoice_contents.branch(tx, invoice.workspace_id, invoice.id, customer)
        return
    member = invoice_contents.member(tx, invoice.workspace_id, invoice.id, customer)
    if member is not None:
        yield member


def path_from(customer: CustomerId, member: UsageItemGroup) -> Path:
    """The way from a customer to a member below it; who stands above the customer is left out."""
    ids = [id for id, _ in member.path]
    return member.path[ids.index(customer) :]
