"""What stands on the invoice of a draft: groups, lines and usage, with their ids and evidence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

from catchment.core.allocation import METHODS, Share
from catchment.core.breakdown import Basis, Measured
from catchment.core.hierarchy import CustomerId
from catchment.core.ids import NewId
from catchment.core.invoicing import Draft, Group, Line
from catchment.core.metering import Aggregation
from catchment.core.money import total
from catchment.core.schedules import Charge
from catchment.core.settling import StepKind
from catchment.store.catalog import structures
from catchment.store.invoices.evidence import Counted, Evidence, EvidenceMember
from catchment.store.invoices.invoice_parts import (
    Contents,
    LineItem,
    LineItemGroup,
    MemberShare,
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
    ids = _Ids(before or Contents(), new_id)
    groups: list[LineItemGroup] = []
    lines: list[LineItem] = []
    shares: dict[CustomerId, list[MemberShare]] = {who: [] for who in draft.usage_groups.customers}
    evidence: dict[str, Evidence] = {}
    for place, group in enumerate(draft.groups):
        group_id = ids.group(group)
        first = len(lines)
        for index, line in enumerate(group.lines, start=first):
            made = _line(line, ids.line(line), invoice_id, group_id, index)
            lines.append(made)
            for who, quantity, parts, taxes in line.shares or ():
                own = shares.get(who)
                if own is not None:  # on the page that is shown
                    own.append(MemberShare(index, quantity, parts, taxes))
            if explained:
                evidence[made.id] = evidence_of(line.measured)
        net = total([one.net for one in lines[first:]], draft.currency)
        tax = total([one.tax for one in lines[first:]], draft.currency)
        named = group.title, group.product_id
        groups.append(LineItemGroup(group_id, invoice_id, place, *named, net, tax))
    usage = _usage(draft, invoice_id, ids, shares)
    return Contents(tuple(groups), tuple(lines), usage, evidence)


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
        aggregation=None if metric is None else metric.aggregation.value,
        event_type=None if metric is None else metric.event_type,
        event_count=line.event_count,
        share_counts=None if line.shares is None else _counts(line.shares),
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


def evidence_of(measured: Measured) -> Evidence:
    """What is kept to explain a line and to recompute it."""
    charge, usage, basis = measured.charge, measured.usage, measured.basis
    item = charge.item
    counted = None
    if item.metric is not None:
        assert basis is not None, measured
        of_seats = item.metric.aggregation is Aggregation.SEATS
        counted = Counted(
            item.metric,
            item.metric_name,
            basis.span,
            basis.known_at,
            basis.last_seat if of_seats else basis.last_seq,
            _members(measured, basis),
            tuple(sorted(item.scope)),
            tuple(sorted(basis.exclusions)),
            usage.reached,
            basis.before,
            usage.values if of_seats else (),
        )
    return Evidence(
        structures.dumped(item.price, item.metric.id if item.metric else None),
        item.name,
        item.frequency,
        item.timing,
        charge.full,
        counted,
        charge.version,
    )


def _members(measured: Measured, basis: Basis) -> tuple[EvidenceMember, ...]:
    figures, events = measured.usage.members, measured.usage.member_events
    aliases, links = basis.aliases, basis.links
    return tuple(
        [
            EvidenceMember(
                who,
                figures[who],
                events[who],
                member.spans,
                aliases[who],
                member.depth,
                member.path,
                links[who],
            )
            for member in measured.pool.members
            for who in [member.customer]
        ]
    )


def _reading(line: Line) -> Basis | None:
    """What was read to measure a line; one that only takes back others measured nothing."""
    if line.deducted is not None and line.deducted.owes_nothing:
        return None
    made = line.measured
    if made.basis is not None:
        return made.basis
    return next((one.basis for one in made.beside if one.basis is not None), None)


def _counts(shares: Sequence[Share]) -> tuple[int, ...]:
    """How many there are by each of METHODS."""
    by_method = zip(*[share.parts for share in shares], strict=True)
    counts = tuple([len(parts) - parts.count(None) for parts in by_method])
    return counts or (0,) * len(METHODS)


def _usage(
    draft: Draft, invoice_id: str, ids: _Ids, shares: Mapping[CustomerId, Sequence[MemberShare]]
) -> tuple[UsageItemGroup, ...]:
    return tuple(
        UsageItemGroup(
            id=ids.member(member.customer),
            invoice_id=invoice_id,
            index=place,
            customer_id=member.customer,
            title=member.name,
            depth=member.depth,
            path=tuple(zip(member.path, member.path_names, strict=True)),
            items=tuple(
                [
                    UsageItem(
                        item.metric_id,
                        item.title,
                        item.value,
                        item.unit,
                        ids.group_of(item.schedule_id, item.product_id),
                    )
                    for item in member.items
                ]
            ),
            shares=tuple(shares[member.customer]),
        )
        for place, member in enumerate(draft.usage_groups)
    )


class _Ids:
    """The ids of the parts of an invoice, by what they stand for: known ones, else new ones."""

    def __init__(self, before: Contents, new_id: NewId) -> None:
        self._new_id = new_id
        self._known: dict[tuple[object, ...], str] = {}
        for line in (one for one in before.lines if one.settles is not StepKind.CREDIT):
            late = line.deducted is not None
            if line.group_id is not None:
                self._known["group", line.schedule_id, line.product_id, late] = line.group_id
            if line.service is not None:
                start = line.service.start
                what = (line.schedule_id, line.price_id, start, line.part)
                self._known["line", *what, late] = line.id
        for member in before.usage:
            self._known["member", member.customer_id] = member.id

    def _of(self, *what: object) -> str:
        found = self._known.get(what)
        if found is None:
            found = self._known[what] = self._new_id()
        return found

    def group(self, group: Group) -> str:
        """A group of a child may have lines of several schedules, and is known by all of them."""
        names = {
            ("group", line.schedule_id, line.product_id, line.deducted is not None)
            for line in group.lines
        }
        known = {self._known[name] for name in names if name in self._known}
        id = min(known) if known else self._new_id()
        self._known |= dict.fromkeys(names, id)
        return id

    def group_of(self, schedule_id: str, product_id: str) -> str:
        return self._of("group", schedule_id, product_id, False)

    def line(self, line: Line) -> str:
        late = line.deducted is not None
        return self._of("line", *line.billed_as, late)

    def member(self, customer: CustomerId) -> str:
        return self._of("member", customer)
