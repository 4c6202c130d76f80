"""Why a member's share of a line is what it is: shared once more, from what was kept of it.

What made the shares is asked again for its working, of the events, aliases and stretches that
counted then. An adjustment shares the whole charge, and deducts what the member has of the lines
that it adjusts. Where another share comes out than was kept, there is no explanation.
"""

from __future__ import annotations

from collections.abc import Container, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from catchment.core.allocation import METHODS, Method, Reckoning, workings
from catchment.core.errors import FigureDiffers, NotFound
from catchment.core.hierarchy import CustomerId
from catchment.core.metering import ADDING_UP, NO_USAGE, Usage
from catchment.core.money import EXACT, Money, exact_sum, total
from catchment.core.pricing import bounds, needs_values, within
from catchment.core.settling import StepKind
from catchment.core.single_events import by_event
from catchment.flows.billing.agreed.counting import Asking, count
from catchment.flows.billing.agreed.onward import Onward
from catchment.flows.invoices.branch_parts import Path, members_of, path_from
from catchment.flows.invoices.credited_again import credited_again
from catchment.flows.invoices.explain_line import query_of
from catchment.flows.invoices.finalize_invoice import one_invoice
from catchment.flows.invoices.settled_again import settled_again
from catchment.store.access import Workspace
from catchment.store.catalog import structures
from catchment.store.invoices import adjustments, evidence, invoice_contents
from catchment.store.invoices.evidence import Evidence
from catchment.store.invoices.invoice_parts import LineItem
from catchment.store.invoices.invoices import Invoice
from catchment.store.schedules import schedules
from catchment.usage import UsageStore

_PLACES = {method: place for place, method in enumerate(METHODS)}


@dataclass(frozen=True, slots=True)
class Taken:
    """What a member has of a line that an adjustment deducts."""

    line_id: str
    quantity: Decimal
    net: Money


@dataclass(frozen=True, slots=True)
class Explained:
    """One member's share. ``path`` leads to it from the customer that was asked for.

    Of an adjustment ``reckoning`` is that of the whole charge, and ``taken`` is taken off it.
    """

    path: Path
    reckoning: Reckoning
    taken: tuple[Taken, ...] = ()

    @property
    def customer(self) -> CustomerId:
        return self.path[-1][0]

    @property
    def quantity(self) -> Decimal:
        taken = exact_sum(one.quantity for one in self.taken)
        return EXACT.subtract(self.reckoning.quantity, taken)

    @property
    def net(self) -> Money:
        share = self.reckoning.share
        return share - total((one.net for one in self.taken), share.currency)


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
        return exact_sum(one.quantity for one in self.members)

    @property
    def exact(self) -> Fraction:
        """The share before it was rounded and anything was deducted, in major units."""
        if not self.members:
            return Fraction(self.line.net.decimal)
        return sum((one.reckoning.exact for one in self.members), Fraction(0))

    @property
    def net(self) -> Money:
        if not self.members:
            return self.line.net
        return total((one.net for one in self.members), self.invoice.currency)

    @property
    def deducted(self) -> dict[str, Money]:
        """What the customer has of each line that an adjustment deducts, by the line's id."""
        found = dict.fromkeys(
            () if self.line.deducted is None else self.line.deducted.line_ids,
            Money(0, self.invoice.currency),
        )
        for member in self.members:
            for one in member.taken:
                found[one.line_id] += one.net
        return found


def explain_share(
    tx: Connection,
    usage: UsageStore,
    workspace: Workspace,
    invoice_id: str,
    line_id: str,
    customer: CustomerId,
    method: Method,
    *,
    descendants: bool,
) -> ShareExplanation:
    """Why the customer, alone or with all below it, has its share of the line.

    Raises NotFound, also where it has none, and FigureDiffers.
    """
    workspace_id = workspace.id
    invoice = one_invoice(tx, workspace_id, invoice_id)
    line = invoice_contents.one_line(tx, workspace_id, invoice_id, line_id)
    kept = evidence.of_line(tx, workspace_id, line_id)
    if line is None or kept is None:
        raise NotFound(f"There is no line item {line_id} on invoice {invoice_id}.")
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
    if line.settles is None and kept.counted is None and line.deducted is None:
        # Nothing was measured that somebody could share.
        [(member, share)] = shares.values()
        if (share.quantity, share.parts[_PLACES[method]]) != (line.quantity, line.net.minor):
            raise FigureDiffers(f"The share in line item {line_id} is not the whole of it.")
        [(_, name), *_] = path_from(customer, member)
        return ShareExplanation(invoice, line, method, customer, name, (), 1)
    if line.settles is StepKind.CREDIT:
        found = credited_again(tx, invoice, line, _PLACES[method], shares)
    elif line.settles is not None:
        found = settled_again(tx, usage, workspace, invoice, line, kept, method, shares)
    else:
        used = _used(tx, usage, line, kept, workspace)
        found = {} if used is None else _reckoned(line, kept, used, method, shares)
    taken = _taken(tx, workspace_id, line, _PLACES[method], shares)
    nothing = Reckoning.none(invoice.currency)
    members = tuple(
        Explained(path_from(customer, member), found.get(who, nothing), taken.get(who, ()))
        for who, (member, _) in shares.items()
    )
    for (who, (_, share)), one in zip(shares.items(), members, strict=True):
        kept_as = share.quantity, share.parts[_PLACES[method]]
        again = one.quantity, one.net.minor
        if who not in found.keys() | taken.keys() or again != kept_as:
            raise FigureDiffers(f"The share of {who} in line item {line_id} is not what comes out.")
    [(_, name), *_] = members[0].path
    sharing = line.share_counts[_PLACES[method]]
    return ShareExplanation(invoice, line, method, customer, name, members, sharing)


def _used(
    tx: Connection,
    usage: UsageStore,
    line: LineItem,
    kept: Evidence,
    workspace: Workspace,
) -> Usage | None:
    """What counted then; None for a line that only takes back what was adjusted before."""
    counted = kept.counted
    if counted is None:
        return None
    price, place = structures.parse(kept.terms.structure), counted.last_seq
    query = replace(
        query_of(counted),
        want_values=needs_values(price),
        bounds=bounds(price),
        want_events=line.event is not None,
    )
    assert line.service is not None, line
    assert line.schedule_id is not None, line
    payer = schedules.one(tx, workspace.id, line.schedule_id).customer
    zone = ZoneInfo(workspace.timezone)
    asking = [Asking(Onward(query, counted.before), line.service, payer, line.part)]
    [used] = count(tx, usage, workspace.id, zone, asking, last_seq=place, last_seat=place).answers
    return used if line.event is None else by_event(used).get(line.event, NO_USAGE)


def _reckoned(
    line: LineItem,
    kept: Evidence,
    used: Usage,
    method: Method,
    wanted: Container[CustomerId],
) -> dict[CustomerId, Reckoning]:
    """The line shared anew among all its members, by the usage that counted then."""
    price = within(structures.parse(kept.terms.structure), kept.terms.full.days, line.part)
    whole = line.net if line.deducted is None else line.net + line.deducted.net
    made = workings(whole, price, line.segments, used)
    return made[method].reckonings(wanted) if made else {}


def _taken(
    tx: Connection, workspace_id: str, line: LineItem, place: int, wanted: Container[CustomerId]
) -> Mapping[CustomerId, tuple[Taken, ...]]:
    """What those ``wanted`` have, by the method of that place, of what an adjustment deducts."""
    if line.deducted is None:
        return {}
    found: dict[CustomerId, tuple[Taken, ...]] = {}
    lines = adjustments.lines_called(tx, workspace_id, line.deducted.line_ids)
    for id, billed in adjustments.with_shares(tx, workspace_id, lines).items():
        for share in billed.shares or ():
            if share.customer not in wanted:
                continue
            part = Money(share.parts[place] or 0, line.net.currency)
            one = Taken(id, share.quantity, part)
            found[share.customer] = (*found.get(share.customer, ()), one)
    return found
