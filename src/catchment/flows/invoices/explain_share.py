"""Why a member's share of a line is what it is: shared once more, from what was kept of it.

What made the shares is asked again for its working, of the events, aliases and stretches that
counted then. An adjustment shares the whole charge, and deducts what the member has of the lines
that it adjusts. Where another share comes out than was kept, there is no explanation.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from catchment.core.families.hierarchy import CustomerId
from catchment.core.invoices.settling import StepKind
from catchment.core.shares.allocation import METHODS, Method, Reckoning, workings
from catchment.core.terms.pricing import bounds, needs_values, within
from catchment.core.terms.single_events import by_event
from catchment.core.usage.metering import ADDING_UP, NO_USAGE, Usage
from catchment.core.values.errors import FigureDiffers, NotFound
from catchment.core.values.money import EXACT, Money, exact_sum, total
from catchment.flows.billing.agreed.counting import Asking, count
from catchment.flows.billing.agreed.onward import Onward
from catchment.flows.invoices.branch_parts import Path, members_of, path_from
from catchment.flows.invoices.credited_again import credited_again
from catchment.flows.invoices.explain_line import query_of
from catchment.flows.invoices.finalize_invoice import one_invoice
from catchment.flows.invoices.settled_again import settled_again
from catchment.store.access import Workspace
from catchment.store.catalog import structures
from catchment.store.invoices import adjustments, invoice_contents
from catchment.store.invoices.invoices import Invoice
from catchment.store.invoices.rows import evidence
from catchment.store.invoices.rows.evidence import Evidence
from catchment.store.invoices.rows.invoice_parts import LineItem
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
    place = _PLACES[method]
    invoice = one_invoice(tx, workspace.id, invoice_id)
    line = invoice_contents.one_line(tx, workspace.id, invoice_id, line_id)
    kept = evidence.of_line(tx, workspace.id, line_id)
    if line is None or kept is None:
        raise NotFound(f"There is no line item {line_id} on invoice {invoice_id}.")
    if line.share_counts is None:
        if customer != invoice.customer_id or not line.is_payers:
            raise NotFound(f"{customer} has no share of line item {line_id}.")
        name = invoice.customer_legal_name
        return ShareExplanation(invoice, line, method, customer, name, (), 1)
    shares = [
        _Kept(path_from(customer, member), share.quantity, part)
        for member in members_of(tx, invoice, customer, descendants=descendants)
        for share in member.shares
        if share.line_index == line.index and (part := share.parts[place]) is not None
    ]
    if not shares:
        raise NotFound(f"{customer} has no share of line item {line_id}.")
    [(_, name), *_] = shares[0].path
    if line.settles is None and kept.counted is None and line.deducted is None:
        # Nothing was measured that somebody could share.
        [whole] = shares
        if (whole.quantity, whole.minor) != (line.quantity, line.net.minor):
            raise FigureDiffers(f"The share in line item {line_id} is not the whole of it.")
        return ShareExplanation(invoice, line, method, customer, name, (), 1)
    wanted = {one.customer for one in shares}
    found = _found_again(tx, usage, workspace, invoice, line, kept, method, wanted)
    members = _explained(shares, found, _taken(tx, workspace.id, line, place, wanted), line)
    sharing = line.share_counts[place]
    return ShareExplanation(invoice, line, method, customer, name, members, sharing)


@dataclass(frozen=True, slots=True)
class _Kept:
    """A member's share as it is stored. ``path`` leads from who was asked for to the member."""

    path: Path
    quantity: Decimal
    minor: int

    @property
    def customer(self) -> CustomerId:
        return self.path[-1][0]


def _found_again(
    tx: Connection,
    usage: UsageStore,
    workspace: Workspace,
    invoice: Invoice,
    line: LineItem,
    kept: Evidence,
    method: Method,
    wanted: Container[CustomerId],
) -> dict[CustomerId, Reckoning]:
    """How the shares of those ``wanted`` came about, of whatever kind the line is."""
    if line.settles is StepKind.CREDIT:
        return credited_again(tx, invoice, line, method, wanted)
    if line.settles is not None:
        return settled_again(tx, usage, workspace, invoice, line, kept, method, wanted)
    used = _used(tx, usage, line, kept, workspace)
    return {} if used is None else _reckoned(line, kept, used, method, wanted)


def _explained(
    shares: Iterable[_Kept],
    found: Mapping[CustomerId, Reckoning],
    taken: Mapping[CustomerId, tuple[Taken, ...]],
    line: LineItem,
) -> tuple[Explained, ...]:
    """The shares with their working. Raises FigureDiffers where that leads to another figure."""
    nothing = Reckoning.none(line.net.currency)
    members = []
    for share in shares:
        who = share.customer
        one = Explained(share.path, found.get(who, nothing), taken.get(who, ()))
        again, kept_as = (one.quantity, one.net.minor), (share.quantity, share.minor)
        if who not in found.keys() | taken.keys() or again != kept_as:
            raise FigureDiffers(f"The share of {who} in line item {line.id} is not what comes out.")
        members.append(one)
    return tuple(members)


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
