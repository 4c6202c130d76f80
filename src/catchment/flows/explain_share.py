"""Why a member's share of a line is what it is: shared once more, from what was kept of it.

What made the shares is asked again for its working, of the events, aliases and stretches that
counted then. Where another share comes out than was kept, there is no explanation.
"""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction

from sqlalchemy import Connection

from catchment.core.allocation import METHODS, Method, Reckoning, workings
from catchment.core.errors import FigureDiffers, NotFound, NotSupportedYet
from catchment.core.hierarchy import CustomerId
from catchment.core.metering import ADDING_UP
from catchment.core.money import Money, exact_sum, total
from catchment.core.pricing import bounds, needs_values
from catchment.flows.branch_parts import Path, members_of, path_from
from catchment.flows.explain_line import query_of
from catchment.flows.finalize_invoice import one_invoice
from catchment.store import evidence, invoice_contents, structures
from catchment.store.evidence import Evidence
from catchment.store.invoice_parts import LineItem
from catchment.store.invoices import Invoice
from catchment.usage import UsageStore

_PLACES = {method: place for place, method in enumerate(METHODS)}


@dataclass(frozen=True, slots=True)
class Explained:
    """One member's share. ``path`` leads to it from the customer that was asked for."""

    path: Path
    reckoning: Reckoning

    @property
    def customer(self) -> CustomerId:
        return self.path[-1][0]


@dataclass(frozen=True, slots=True)
class ShareExplanation:
    """The share of a customer, or of a branch: the sum over its ``members``.

    There are none where nobody shares the line, and all of it is one customer's: the payer's, or
    that of a child whose bill the payer pays. ``sharing`` says how many share the line in
    all.
    """

    invoice: Invoice
    line: LineItem
    method: Method
    customer: CustomerId
    name: str
    members: tuple[Explained, ...]
    sharing: int

    @property
    def quantity(self) -> Decimal | None:
        """What was used together; None where the members' own figures do not add up."""
        if not self.members:
            return self.line.quantity
        if len(self.members) > 1 and self.line.aggregation not in ADDING_UP:
            return None
        return exact_sum(one.reckoning.quantity for one in self.members)

    @property
    def exact(self) -> Fraction:
        """The share before it was rounded, in major units."""
        if not self.members:
            return Fraction(self.line.net.decimal)
        return sum((one.reckoning.exact for one in self.members), Fraction(0))

    @property
    def net(self) -> Money:
        if not self.members:
            return self.line.net
        return total((one.reckoning.share for one in self.members), self.invoice.currency)


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
    """Why the customer, alone or with all below it, has its share of the line.

    Raises NotFound, also where it has none, FigureDiffers, and NotSupportedYet for adjustments.
    """
    invoice = one_invoice(tx, workspace_id, invoice_id)
    line = invoice_contents.one_line(tx, workspace_id, invoice_id, line_id)
    kept = evidence.of_line(tx, workspace_id, line_id)
    if line is None or kept is None:
        raise NotFound(f"There is no line item {line_id} on invoice {invoice_id}.")
    if line.deducted is not None:
        raise NotSupportedYet(
            "The share of an adjustment is what the member has of the whole charge less its shares"
            f" of the lines {', '.join(line.deducted.line_ids)}; explain those."
        )
    if line.share_counts is None:
        if customer != invoice.customer_id or not line.is_payers:
            raise NotFound(f"{customer} has no share of line item {line_id}.")
        name = invoice.customer_legal_name
        return ShareExplanation(invoice, line, method, customer, name, (), 1)
    shares = {
        member.customer_id: (member, share)
        for member in members_of(tx, invoice, customer, descendants=descendants)
        for share in member.shares
        if share.line_index == line.index and share.parts[_PLACES[method]] is not None
    }
    if not shares:
        raise NotFound(f"{customer} has no share of line item {line_id}.")
    if kept.counted is None:  # nothing was measured that somebody could share
        [(member, share)] = shares.values()
        if (share.quantity, share.parts[_PLACES[method]]) != (line.quantity, line.net.minor):
            raise FigureDiffers(f"The share in line item {line_id} is not the whole of it.")
        [(_, name), *_] = path_from(customer, member)
        return ShareExplanation(invoice, line, method, customer, name, (), 1)
    found = _reckoned(usage, line, kept, workspace_id, method, shares)
    for who, (_, share) in shares.items():
        again = found.get(who)
        kept_as = share.quantity, share.parts[_PLACES[method]]
        if again is None or kept_as != (again.quantity, again.share.minor):
            raise FigureDiffers(f"The share of {who} in line item {line_id} is not what comes out.")
    members = tuple(
        Explained(path_from(customer, member), found[who]) for who, (member, _) in shares.items()
    )
    [(_, name), *_] = members[0].path
    sharing = line.share_counts[_PLACES[method]]
    return ShareExplanation(invoice, line, method, customer, name, members, sharing)


def _reckoned(
    usage: UsageStore,
    line: LineItem,
    kept: Evidence,
    workspace_id: str,
    method: Method,
    wanted: Container[CustomerId],
) -> dict[CustomerId, Reckoning]:
    """The line shared anew among all its members, by the usage that counted then."""
    counted = kept.counted
    assert counted is not None, line.id
    price = structures.parse(kept.structure)
    query = replace(query_of(counted), want_values=needs_values(price), bounds=bounds(price))
    [used] = usage.reading(workspace_id, [query], counted.last_seq).answers
    made = workings(line.net, price, line.segments, used)
    return made[method].reckonings(wanted) if made else {}
