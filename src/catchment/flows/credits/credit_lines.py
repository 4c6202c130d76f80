"""The lines by which credits pay, on the contents of an invoice as they are stored.

A grant has a line for each charge that it pays: that is taxed and shared as the charge is. So the
same lines can be made of what is stored, without measuring anything again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from msgspec.structs import replace

from catchment.core.families.hierarchy import CustomerId
from catchment.core.invoices.drawing import Draw, Payable
from catchment.core.invoices.lines import RateDisplay
from catchment.core.invoices.settling import Step, StepKind
from catchment.core.shares import allocation
from catchment.core.shares.allocation import METHODS, MemberParts
from catchment.core.terms.credits import CreditUnit
from catchment.core.values.ids import NewId
from catchment.core.values.money import EXACT, to_decimals, total
from catchment.store.invoices.rows.evidence import Evidence
from catchment.store.invoices.rows.invoice_parts import (
    Contents,
    LineItem,
    LineItemGroup,
    MemberShare,
    UsageItemGroup,
)

_TITLE = "Credits"
_Key = tuple[str | None, str | None, date, str]


def without_credits(contents: Contents) -> Contents:
    """The same contents, unpaid."""
    lines = tuple(line for line in contents.lines if line.settles is not StepKind.CREDIT)
    if len(lines) == len(contents.lines):
        return contents
    kept, group_ids = len(lines), {line.group_id for line in lines}
    return Contents(
        tuple(group for group in contents.groups if group.id in group_ids),
        lines,
        tuple(
            replace(one, shares=tuple(s for s in one.shares if s.line_index < kept))
            for one in contents.usage
        ),
        {line.id: contents.evidence[line.id] for line in lines if line.id in contents.evidence},
    )


def payables(lines: Sequence[LineItem], customers: Mapping[str, CustomerId]) -> tuple[Payable, ...]:
    """What of an invoice a credit can pay; ``customers`` are those of the schedules that charge.

    Each has the index of its first line, by which ``credited`` finds them again.
    """
    return tuple(
        Payable(
            place=first.index,
            customer=customers[first.schedule_id],
            schedule_id=first.schedule_id,
            price_id=first.shown_price_id or "",
            metric_id=first.usage_metric_id,
            service=first.service,
            quantity=first.quantity,
            net=total((one.net for one in own), first.net.currency),
            tax=total((one.tax for one in own), first.net.currency),
            fraction=first.tax_rate,
        )
        for own in _charged(lines)
        for first in own[:1]
        if first.schedule_id is not None and first.service is not None
    )


def credited(
    contents: Contents,
    draws: Sequence[Draw],
    new_id: NewId,
    before: Iterable[LineItem] = (),
) -> Contents:
    """The contents, which nothing pays yet, with the lines of ``draws`` at the end.

    Lines that were there ``before`` keep their ids.
    """
    if not draws:
        return contents
    made = _Made(contents, new_id, [one for one in before if one.settles is StepKind.CREDIT])
    lines = [made.line(draw, place) for place, draw in enumerate(draws, start=len(contents.lines))]
    currency = lines[0].net.currency
    group = LineItemGroup(
        made.group_id,
        lines[0].invoice_id,
        len(contents.groups),
        _TITLE,
        None,
        total((line.net for line in lines), currency),
        total((line.tax for line in lines), currency),
    )
    evidence = {
        line.id: Evidence(contents.evidence[paid.id].terms, None)
        for line, paid in zip(lines, (made.paid(draw) for draw in draws), strict=True)
        if paid.id in contents.evidence
    }
    return Contents(
        (*contents.groups, group),
        (*contents.lines, *lines),
        tuple(made.member(one) for one in contents.usage),
        {**contents.evidence, **evidence},
    )


def paid_lines(lines: Iterable[LineItem], credit: LineItem) -> list[LineItem]:
    """What the line of a credit pays: a charge and its discounts, or a minimum."""
    found = (own for own in _charged(lines) if _pays(credit, own[0]))
    return next(found, [])


def parts_of(usage: Iterable[UsageItemGroup], lines: Iterable[LineItem]) -> MemberParts:
    """What members have of some lines together."""
    places = {line.index for line in lines}
    return allocation.added(
        {one.customer_id: share.parts}
        for one in usage
        for share in one.shares
        if share.line_index in places
    )


def parts_to_pay(usage: Iterable[UsageItemGroup], paid: Iterable[LineItem]) -> MemberParts:
    """The same, as far as that is not given back to them."""
    left = {
        who: tuple(None if part is None else max(part, 0) for part in parts)
        for who, parts in parts_of(usage, paid).items()
    }
    return {who: own for who, own in left.items() if any(own)}


def _pays(credit: LineItem, paid: LineItem) -> bool:
    assert credit.credit_grant_id is not None, credit
    same = (credit.schedule_id, credit.service, credit.part) == (
        paid.schedule_id,
        paid.service,
        paid.part,
    )
    return same and credit.price_id == _price_id(credit.credit_grant_id, paid)


def _price_id(grant_id: str, paid: LineItem) -> str:
    """What the line of a grant says instead of the price that it pays."""
    return f"credit:{grant_id}:{paid.number}:{paid.price_id}"


def _charged(lines: Iterable[LineItem]) -> list[list[LineItem]]:
    """The lines that are paid together: a charge and its discounts; a minimum is by itself."""
    found: dict[object, list[LineItem]] = {}
    for line in lines:
        if line.service is not None and line.settles is not StepKind.CREDIT:
            price = line.shown_price_id or line.price_id
            late = line.deducted is not None
            key = line.schedule_id, price, line.service.start, line.part, late
            found.setdefault(key, []).append(line)
    return list(found.values())


@dataclass
class _Made:
    """What is made of the draws on one invoice, one line after the other."""

    contents: Contents
    new_id: NewId
    before: Sequence[LineItem]

    def __post_init__(self) -> None:
        known = next((one.group_id for one in self.before), None)
        self.group_id = known or self.new_id()
        self._ids = {_key(one): one.id for one in self.before}
        self._paid = {own[0].index: own for own in _charged(self.contents.lines)}
        self._shares: dict[CustomerId, list[MemberShare]] = {}

    def paid(self, draw: Draw) -> LineItem:
        """The first line of what a draw pays."""
        return self._paid[draw.place][0]

    def line(self, draw: Draw, index: int) -> LineItem:
        """The line of a draw, the ``index``-th of the invoice."""
        paid, grant, net = self.paid(draw), draw.grant, -draw.net
        in_units = grant.unit is CreditUnit.METRIC
        quantity = -draw.amount if in_units else Decimal(1)
        made = LineItem(
            id="",
            invoice_id=paid.invoice_id,
            group_id=self.group_id,
            index=index,
            title=f"{grant.name} – {paid.title}",
            quantity=quantity,
            rate=to_decimals(EXACT.divide(net.decimal, quantity)),
            rate_display=RateDisplay.ABSOLUTE,
            net=net,
            tax=-draw.tax,
            service=paid.service,
            tax_rate=paid.tax_rate,
            taxation=paid.taxation,
            unit=paid.unit if in_units else None,
            schedule_id=paid.schedule_id,
            phase_id=paid.phase_id,
            price_id=_price_id(grant.id, paid),
            product_id=paid.product_id,
            part=paid.part,
            share_counts=self._share(draw, index),
            steps=(Step(StepKind.CREDIT, grant.id, grant.name, draw.before, net),),
            settles=StepKind.CREDIT,
            credit_grant_id=grant.id,
        )
        return replace(made, id=self._ids.get(_key(made)) or self.new_id())

    def member(self, one: UsageItemGroup) -> UsageItemGroup:
        """A member with its shares of the lines made."""
        own = self._shares.get(one.customer_id)
        return one if own is None else replace(one, shares=(*one.shares, *own))

    def _share(self, draw: Draw, index: int) -> tuple[int, ...] | None:
        """Share a draw as what it pays is shared, so nobody's part of that falls below zero.

        How many share it by each of METHODS; None where the whole line is the payer's.
        """
        paid = self._paid[draw.place]
        if any(line.is_payers for line in paid):
            return None
        weights = parts_to_pay(self.contents.usage, paid)
        nets = allocation.spread(-draw.net, weights)
        taxes: MemberParts = {}
        if paid[0].tax_rate or draw.tax.minor:
            taxes = allocation.spread(-draw.tax, _sizes(nets))
        for who, parts in nets.items():
            share = MemberShare(index, Decimal(0), parts, taxes.get(who, ()))
            self._shares.setdefault(who, []).append(share)
        columns = list(nets.values())
        return tuple(
            sum(parts[place] is not None for parts in columns) for place in range(len(METHODS))
        )


def _sizes(parts: MemberParts) -> MemberParts:
    return {
        who: tuple(None if part is None else abs(part) for part in own)
        for who, own in parts.items()
    }


def _key(line: LineItem) -> _Key:
    assert line.service is not None, line
    return line.schedule_id, line.price_id, line.service.start, line.part
