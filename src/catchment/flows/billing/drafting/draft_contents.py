"""What stands on the invoice of a draft: groups, lines and usage, with their ids and evidence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

from catchment.core.families.hierarchy import CustomerId
from catchment.core.invoices.invoicing import Draft, Group, Line
from catchment.core.invoices.settling import StepKind
from catchment.core.shares import breakdown
from catchment.core.shares.breakdown import Basis
from catchment.core.terms.schedules import Charge
from catchment.core.values.ids import NewId
from catchment.core.values.money import Money
from catchment.flows.billing.drafting.draft_evidence import Explaining
from catchment.store.invoices.rows.evidence import Evidence
from catchment.store.invoices.rows.invoice_parts import (
    Contents,
    LineItem,
    LineItemGroup,
    MemberShare,
    PrintedMetric,
    UsageItem,
    UsageItemGroup,
)


def contents_of(
    draft: Draft,
    invoice_id: str,
    new_id: NewId,
    before: Contents | None = None,
    *,
    explained: bool = True,
) -> Contents:
    """Groups, lines and usage with ids; what was there ``before`` keeps its own.

    What is not to be stored need not be ``explained`` by evidence.
    """
    ids = _Ids(before, new_id)
    groups: list[LineItemGroup] = []
    lines: list[LineItem] = []
    shares: dict[CustomerId, list[MemberShare]] = {who: [] for who in draft.usage_groups.customers}
    evidence: dict[str, Evidence] = {}
    explaining = Explaining()
    places: dict[_Product, int] = {}
    for place, group in enumerate(draft.groups):
        group_id = ids.group(group)
        net = tax = 0
        for line in group.lines:
            index = len(lines)
            made = _line(line, ids.line(line), invoice_id, group_id, index)
            lines.append(made)
            net += made.net.minor
            tax += made.tax.minor
            if line.shares is not None:
                for who, quantity, parts, taxes in line.shares.among(shares):
                    shares[who].append(MemberShare(index, quantity, parts, taxes))
            if explained:
                evidence[made.id] = explaining.of(line.measured)
            if line.deducted is None:
                places[line.schedule_id, line.product_id] = place
        named = group.title, group.product_id
        sums = Money(net, draft.currency), Money(tax, draft.currency)
        groups.append(LineItemGroup(group_id, invoice_id, place, *named, *sums))
    usage = _usage(draft, invoice_id, ids, places, shares)
    return Contents(tuple(groups), tuple(lines), usage, evidence)


_Product = tuple[str, str]
"""The schedule that charges for a product, and that."""


def _line(line: Line, id: str, invoice_id: str, group_id: str, index: int) -> LineItem:
    charge, basis = line.measured.charge, _reading(line)
    item = charge.item
    metric, taxation = item.metric, line.taxation
    return LineItem(
        id=id,
        invoice_id=invoice_id,
        group_id=group_id,
        index=index,
        title=line.title,
        quantity=line.quantity,
        rate=line.rate,
        rate_display=line.rate_display,
        net=line.net,
        tax=line.tax,
        tax_rate=taxation.fraction,
        taxation=taxation,
        service=line.service,
        segments=line.segments,
        unit=line.unit,
        schedule_id=line.schedule_id,
        phase_id=line.phase_id,
        price_id=line.price_id,
        part=line.part,
        product_id=line.product_id,
        usage_metric_id=line.metric_id,
        aggregation=None if metric is None else str(metric.aggregation),
        event_type=None if metric is None else metric.event_type,
        event_count=line.event_count,
        share_counts=None if line.shares is None else line.shares.counts,
        scope=item.scope,
        deducted=line.deducted,
        last_seq=basis.last_seq if basis else None,
        last_seat=basis.last_seat if basis else None,
        known_at=basis.known_at if basis else None,
        steps=line.steps,
        settles=line.settles,
        tiers_from=_tiers_from(charge),
    )


def _tiers_from(charge: Charge) -> date | None:
    """Since when its tiers have been moved: by earlier days, or events before it on its own."""
    return charge.tiers_from if charge.before or charge.event else None


def _reading(line: Line) -> Basis | None:
    """What was read to measure a line; one that only takes back others measured nothing."""
    if line.deducted is not None and line.deducted.owes_nothing:
        return None
    made = line.measured
    if made.basis is not None:
        return made.basis
    return next((one.basis for one in made.beside if one.basis is not None), None)


def _usage(
    draft: Draft,
    invoice_id: str,
    ids: _Ids,
    places: Mapping[_Product, int],
    shares: Mapping[CustomerId, Sequence[MemberShare]],
) -> tuple[UsageItemGroup, ...]:
    printed: dict[int, PrintedMetric] = {}  # by identity of what all members have

    def item(one: breakdown.UsageItem) -> UsageItem:
        shown, value = one
        metric = printed.get(id(shown))
        if metric is None:
            place = places.get((shown.schedule_id, shown.product_id))
            metric = PrintedMetric(shown.metric_id, shown.title, shown.unit, place)
            printed[id(shown)] = metric
        return UsageItem(metric, value)

    return tuple(
        [
            UsageItemGroup(
                id=ids.member(member.customer),
                invoice_id=invoice_id,
                index=place,
                customer_id=member.customer,
                title=member.name,
                depth=member.depth,
                path=tuple(zip(member.path, member.path_names, strict=True)),
                items=tuple(map(item, member.items)),
                shares=tuple(shares[member.customer]),
            )
            for place, member in enumerate(draft.usage_groups)
        ]
    )


class _Ids:
    """The ids of the parts of an invoice, by what they stand for: known ones, else new ones."""

    def __init__(self, before: Contents | None, new_id: NewId) -> None:
        self._new_id = new_id
        self._groups: dict[tuple[str | None, str | None, bool], str] = {}
        self._lines: dict[tuple[object, ...], str] = {}
        self._members: dict[CustomerId, str] = {}
        if before is not None:
            self._know(before)

    def _know(self, before: Contents) -> None:
        for line in (one for one in before.lines if one.settles is not StepKind.CREDIT):
            late = line.deducted is not None
            if line.group_id is not None:
                self._groups[line.schedule_id, line.product_id, late] = line.group_id
            if line.service is not None:
                start = line.service.start
                self._lines[line.schedule_id, line.price_id, start, line.part, late] = line.id
        self._members = {member.customer_id: member.id for member in before.usage}

    def group(self, group: Group) -> str:
        """A group of a child may have lines of several schedules, and is known by all of them."""
        known = self._groups
        names = (
            {(line.schedule_id, line.product_id, line.deducted is not None) for line in group.lines}
            if known
            else ()
        )
        return min([known[name] for name in names if name in known], default=None) or self._new_id()

    def line(self, line: Line) -> str:
        known = self._lines and self._lines.get((*line.billed_as, line.deducted is not None))
        return known or self._new_id()

    def member(self, customer: CustomerId) -> str:
        return self._members.get(customer) or self._new_id()
