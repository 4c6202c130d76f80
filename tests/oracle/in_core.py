"""What the core alone makes of a contract, given the usage that the oracle found.

No database and no events: what is due when, prices, discounts, minimums and shares, thousands of lines a second.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from decimal import Decimal
from fractions import Fraction
from itertools import groupby

from catchment.core.due.charging import charges
from catchment.core.due.daily import Use
from catchment.core.invoices.lines import line_of
from catchment.core.shares.allocation import METHODS
from catchment.core.shares.breakdown import Measured
from catchment.core.terms.discounts import Discount, DiscountType
from catchment.core.terms.minimums import Minimum
from catchment.core.terms.schedules import (
    Charge,
    Frequency,
    Phase,
    PricedItem,
    Schedule,
    Timing,
    part_of,
)
from catchment.core.usage.metering import Aggregation, Metric, Usage, Values
from catchment.store.catalog import structures
from tests.oracle import contracts
from tests.oracle.biller import as_agreed, measured, used_before
from tests.oracle.contracts import Contract, LineKey, price_of
from tests.oracle.numbers import decimals
from tests.oracle.structures import structure
from tests.oracle.usage import NOTHING, Used, key_of

Figures = tuple[date, date, int, Mapping[int, int] | None]
"""When a line is due, until when it is for, what it comes to, and whose it is by quantity."""


def lines(contract: Contract, until: date) -> Iterator[tuple[LineKey, Figures]]:
    """Every line due by the day ``until``; the shares of those that stand beside others are left out."""
    contract = as_agreed(contract)
    charged, usage = measured(contract, until)
    known = {
        key_of(one, service): _usage(one.price, usage, key_of(one, service), before)
        for one in charged
        for service in one.services
        for before in [used_before(one, service, usage)]
    }
    for agreed in contract.schedules:
        schedule = _schedule(agreed)

        def days(_schedule: Schedule, item: PricedItem, id: str = agreed.id) -> list[Use]:
            per_event = item.frequency is Frequency.PER_EVENT
            return [
                Use(day, part_of(what.partition(" ")[2]))
                for schedule, what, day in usage
                if (schedule, price_of(what)) == (id, item.id)
                if (what != item.id) == per_event
            ]

        for charge in charges(schedule, until, used=days):
            made = line_of(schedule, _measured(charge, known))
            shares = None
            if made.shares is not None and charge.item.settles is None:
                shares = {int(one.customer): one.parts[0] for one in made.shares if one.parts[0]}
                for place, _ in enumerate(METHODS):
                    parts = [one.parts[place] or 0 for one in made.shares]
                    assert sum(parts) == made.net.minor, (charge, made.shares)
            yield _key(charge), (charge.due_on, charge.service.end, made.net.minor, shares)


def _key(charge: Charge) -> LineKey:
    kind, *of = charge.item.id.split(":")
    called = " of ".join(of or [kind])
    return charge.schedule_id, f"{called} {charge.part}".strip(), charge.service.start


def _measured(charge: Charge, known: Mapping[LineKey, Usage]) -> Measured:
    beside = tuple(_measured(one, known) for one in charge.beside)
    if charge.item.metric is None:
        return Measured(charge, beside=beside)
    return Measured(charge, known[_key(charge)], beside=beside)


def _usage(
    price: contracts.Price, usage: Mapping[LineKey, Used], key: LineKey, before: Fraction
) -> Usage:
    own = usage.get(key, NOTHING)
    by_day = price.model == "SEAT_BASED"
    members = {str(who): _decimal(figure) for who, figure in own.members.items()}
    if by_day and any(members.values()):
        members = {who: figure for who, figure in members.items() if figure}
    elif by_day and members:  # nobody has any: a minimum is the payer's
        members = {min(members): Decimal(0)}
    values = own.daily if by_day else own.events
    return Usage(
        _decimal(own.pooled),
        members,
        0,
        {},
        _counted(values, in_order=by_day),
        {str(who): _counted(each, in_order=by_day) for who, each in own.values.items()},
        reached=_decimal(before),
    )


def _counted(values: Iterable[Fraction], *, in_order: bool) -> Values:
    found = [_decimal(value) for value in values]
    if in_order:
        return tuple((value, len(list(days))) for value, days in groupby(found))
    return tuple(sorted(Counter(found).items()))


def _schedule(agreed: contracts.Schedule) -> Schedule:
    phases = tuple(_phase(agreed, place, phase) for place, phase in enumerate(agreed.phases))
    return Schedule(
        agreed.id,
        str(agreed.customer),
        agreed.start,
        agreed.end,
        agreed.billing_day,
        agreed.rolls_up,
        phases,
    )


def _phase(agreed: contracts.Schedule, place: int, phase: contracts.Phase) -> Phase:
    discounts = (
        Discount(
            one.id,
            DiscountType(one.type),
            Decimal(one.amount),
            "Less",
            one.separate,
            one.prices,
        )
        for one in phase.discounts
    )
    minimums = (Minimum(one.id, Decimal(one.amount), one.prices) for one in phase.minimums)
    return Phase(
        f"{agreed.id}-{place}",
        phase.start,
        phase.end,
        tuple(_item(agreed.currency, price) for price in phase.prices),
        phase.resets,
        tuple(discounts),
        tuple(minimums),
        milestone=phase.milestone is not None,
    )


def _item(currency: str, price: contracts.Price) -> PricedItem:
    metric = None
    if price.metric is not None:
        kind = Aggregation.SEATS if price.model == "SEAT_BASED" else Aggregation.SUM
        metric = Metric(price.metric.name, price.metric.event_type, kind, "n")
    return PricedItem(
        price.id,
        "product",
        "Product",
        price.id,
        currency,
        structures.parse(structure(price)),
        Frequency(price.frequency),
        Timing(price.timing),
        metric,
    )


def _decimal(value: Fraction) -> Decimal:
    return Decimal(decimals(value, 12))
