"""Laws of what makes no difference: to the order of events, to how they are sent, to what happens later, to scale."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal as D
from random import Random

from catchment.core.terms.pricing import Linear
from catchment.core.usage.metering import Event, Metric
from catchment.core.values.money import EXACT, Money, exact_sum
from tests.laws import generator
from tests.laws.billing import Billed, Rules, billed, drafts
from tests.laws.families import CUSTOMERS, Family, Relocation
from tests.laws.generator import ANY, BITS, Terms, any_price, growing_price, instant
from tests.laws.laws import Law, named


def _anything(random: Random) -> Family:
    return generator.family(random, Terms(ANY, any_price, ("EUR", "JPY", "KWD")))


def _each_once(random: Random) -> Family:
    """No event corrects another one, and no two are of one instant."""
    family = _anything(random)
    first = {event.at: event for event in reversed(family.events)}
    events = sorted(first.values(), key=lambda event: int(event.id))
    return replace(family, events=tuple(replace(one, customer_event_id=one.id) for one in events))


def _order_matters(family: Family, rules: Rules) -> str | None:
    backwards = replace(family, events=family.events[::-1])
    for one, other in zip(drafts(family, rules), drafts(backwards, rules), strict=True):
        if one != other:
            return f"{one}\nbackwards is\n{other}"
    return None


ORDER = Law("in which order events come makes no difference", _each_once, _order_matters)


def _bits(random: Random) -> Family:
    return generator.family(random, Terms(BITS, growing_price))


def _parts_differ(family: Family, rules: Rules) -> str | None:
    halves = tuple(half for event in family.events for half in _halves(event))
    return _differ(family, replace(family, events=halves), rules)


def _halves(event: Event) -> tuple[Event, Event]:
    """The event as two; whatever corrects it corrects both."""
    half = event.properties | {"bit": str(D(event.properties["bit"]) / 2)}
    made = [
        replace(
            event,
            id=f"{event.id}{part}",
            customer_event_id=f"{event.customer_event_id}{part}",
            properties=half,
        )
        for part in "xy"
    ]
    return made[0], made[1]


SPLIT = Law("usage sent in two parts costs the same", _bits, _parts_differ)


def _moving_on(random: Random) -> Family:
    family = _anything(random)
    at = instant(random, family.zone)
    parent = random.choice((*CUSTOMERS, None))
    return replace(family, change=(Relocation(random.choice(CUSTOMERS), parent, at),))


def _past_differs(family: Family, rules: Rules) -> str | None:
    """Lines of days that were over before anybody moved."""
    at = min((one.at for one in family.change), default=None)

    def over(one: Billed) -> bool:
        return at is not None and one.line.service.span(family.zone).end <= at

    before = {named(one): _figures(one) for one in billed(family, rules) if over(one)}
    after = {named(one): _figures(one) for one in billed(family.changed(), rules) if over(one)}
    return _unlike(before, after)


BEFORE = Law("a move changes nothing of before it", _moving_on, _past_differs)


def _linear(random: Random, _metric: Metric) -> Linear:
    return Linear(D(random.randrange(1, 10_000)) / 1000)


def _linear_only(random: Random) -> Family:
    return generator.family(random, Terms(BITS, _linear))


def _doubled_differs(family: Family, rules: Rules) -> str | None:
    events = tuple(
        replace(one, properties=one.properties | {"bit": str(2 * int(one.properties["bit"]))})
        for one in family.events
    )
    once = {named(one): _exact(one) for one in billed(family, rules)}
    twice = {named(one): _exact(one) for one in billed(replace(family, events=events), rules)}
    return _unlike({name: EXACT.multiply(D(2), amount) for name, amount in once.items()}, twice)


DOUBLED = Law("with linear prices twice the usage costs twice", _linear_only, _doubled_differs)

SAMENESS = (ORDER, SPLIT, BEFORE, DOUBLED)


def _differ(family: Family, other: Family, rules: Rules) -> str | None:
    before = {named(one): _figures(one) for one in billed(family, rules)}
    return _unlike(before, {named(one): _figures(one) for one in billed(other, rules)})


def _unlike(before: Mapping[str, object], after: Mapping[str, object]) -> str | None:
    changed = (one for one in before if before[one] != after.get(one))
    return next((f"{one}: {before[one]}, then {after.get(one)}" for one in changed), None)


def _figures(one: Billed) -> tuple[D, Money]:
    return one.line.quantity, one.line.net


def _exact(one: Billed) -> D:
    return exact_sum(segment.amount for segment in one.line.segments)
