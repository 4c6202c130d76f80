"""Why a member's share of a line is what it is: shared once more, from what was kept of it.

What made the shares is asked again for its working, of the events, aliases and stretches that
counted then. The shares that come out are those that were kept, or we do not explain them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction

from sqlalchemy import Connection

from catchment.core.allocation import METHODS, Method, Reckoning, workings
from catchment.core.errors import NotFound
from catchment.core.hierarchy import CustomerId
from catchment.core.metering import ADDING_UP
from catchment.core.money import Money, exact_sum, total
from catchment.core.pricing import bounds, needs_values
from catchment.flows.explain_line import query_of
from catchment.flows.finalize_invoice import one_invoice
from catchment.flows.share_branch import members_of
from catchment.store import evidence, invoice_contents, structures
from catchment.store.evidence import Evidence
from catchment.store.invoice_contents import LineItem, UsageItemGroup
from catchment.store.invoices import Invoice
from catchment.usage import UsageStore


@dataclass(frozen=True, slots=True)
class Explained:
    """One member's share. ``path`` leads to it from the customer that was asked for."""

    customer: CustomerId
    name: str
    path: tuple[CustomerId, ...]
    reckoning: Reckoning


@dataclass(frozen=True, slots=True)
class ShareExplanation:
    """The share of a customer, or of a whole branch: the sum over its ``members``.

    There are none where the whole line is the payer's: nobody else has a share in it. ``quantity``
    is None where the members' figures do not add up.
    """

    invoice: Invoice
    line: LineItem
    method: Method
    customer: CustomerId
    name: str
    members: tuple[Explained, ...]
    quantity: Decimal | None
    net: Money

    @property
    def exact(self) -> Fraction:
        """The share before it was rounded, in major units."""
        if not self.members:
            return Fraction(self.line.net.decimal)
        return sum((one.reckoning.exact for one in self.members), Fraction(0))


def explain_share(
    tx: Connection,
    usage: UsageStore,
    workspace_id: str,
    invoice_id: str,
    line_id: str,
    customer: CustomerId,
    method: Method,
    *,
    descendants: bool,
) -> ShareExplanation:
    """Why the customer, alone or with all below it, has its share of the line. Raises NotFound."""
    invoice = one_invoice(tx, workspace_id, invoice_id)
    line = invoice_contents.one_line(tx, workspace_id, invoice_id, line_id)
    kept = evidence.of_line(tx, workspace_id, line_id)
    if line is None or kept is None:
        raise NotFound(f"There is no line item {line_id} on invoice {invoice_id}.")
    if line.share_counts is None:
        return _whole(invoice, line, customer, method)
    own = {
        one.customer_id: one
        for one in members_of(tx, invoice, customer, descendants=descendants)
        if _kept(one, line, method) is not None
    }
    if not own:
        raise _nothing(line, customer)
    reckoned = _reckoned(usage, line, kept, workspace_id, method, own)
    members = tuple(
        Explained(who, one.title, _path_from(customer, one), reckoned[who])
        for who, one in own.items()
    )
    return ShareExplanation(
        invoice,
        line,
        method,
        customer,
        name_in(own, customer),
        members,
        _quantity(line, members),
        total((one.reckoning.share for one in members), invoice.currency),
    )
