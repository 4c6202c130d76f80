"""The laws of families. Each says how a family breaks it, or nothing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from decimal import Decimal as D
from fractions import Fraction
from random import Random

from catchment.core.shares.allocation import METHODS, Method
from catchment.core.terms.pricing import Linear
from catchment.core.terms.schedules import Frequency, Phase, PricedItem, Schedule, Timing
from catchment.core.usage.metering import Metric
from catchment.core.values.money import Money, exact_sum
from catchment.core.values.period import BEGINNING
from tests.laws import generator, oracle
from tests.laws.billing import Billed, Rules, billed, drafts
from tests.laws.families import CUSTOMERS, NEWCOMER, Family, Relocation
from tests.laws.generator import ANY, BITS, FIRST_DAY, Terms, any_price, growing_price, instant

PAYERS, OTHERS = CUSTOMERS[:2], CUSTOMERS[2:]


@dataclass(frozen=True)
class Law:
    """``draw`` makes a family from chance; ``broken`` says how it breaks the law under rules."""

    name: str
    draw: Callable[[Random], Family]
    broken: Callable[[Family, Rules], str | None]


def _bits(random: Random) -> Family:
    return generator.family(random, Terms(BITS, growing_price))


def _billed_otherwise(family: Family, rules: Rules) -> str | None:
    expected = oracle.lines(family)
    sizes = {event.id: int(event.properties["bit"]) for event in family.events}
    for one in billed(family, rules):
        charge, line = one.measured.charge, one.line
        ids = expected.pop((charge.schedule_id, charge.item.id, charge.service), set())
        quantity = sum(sizes[id] for id in ids)
        if line.quantity != quantity:
            found = [id for id, size in sizes.items() if int(line.quantity) & size]
            return f"{named(one)} has the events {found}, should have {sorted(ids, key=int)}"
        cost = oracle.amount(charge.item.price, D(quantity)) if quantity else D(0)
        if line.net != Money.rounded(cost, charge.item.currency):
            return f"{named(one)} comes to {line.net}, should come to {cost}"
    return f"no line has {expected}" if expected else None


ONCE = Law("every event is billed once, by the nearest who reaches it", _bits, _billed_otherwise)


def _anything(random: Random) -> Family:
    return generator.family(random, Terms(ANY, any_price, ("EUR", "JPY", "KWD")))


def _shared_otherwise(family: Family, rules: Rules) -> str | None:
    for one in billed(family, rules, lambda schedule: schedule.roll_up):
        usage, net = one.measured.usage, one.line.net
        found = rules.shares(net, one.measured.charge.item.price, one.line.segments, usage)
        if not found and net.minor:
            return f"nobody has a share of {named(one)}, {net}"
        for place, method in enumerate(METHODS if found else ()):
            parts = {each.customer: each.parts[place] for each in found}
            own = {who: part for who, part in parts.items() if part is not None}
            wrong = _unlike(one, own, method)
            if wrong is not None:
                return f"{named(one)}, {net}, by {method}: {wrong}"
    return None


def _unlike(one: Billed, parts: dict[str, int], method: Method) -> str | None:
    """How parts differ from a line of which they should be the shares."""
    net, used = one.line.net.minor, one.measured.usage.members
    paths = {member.customer: member.path for member in one.measured.pool.members}
    if not parts.keys() <= paths.keys():
        return f"{parts} are also of others than {sorted(paths)}"
    if any(part * net < 0 for part in parts.values()):
        return f"somebody gains: {parts}"
    for depth in range(max(map(len, paths.values()))):
        above = sum(part for who, part in parts.items() if len(paths[who]) <= depth)
        nodes = {path[: depth + 1] for path in paths.values() if len(path) > depth}
        subtrees = {
            node: sum(part for who, part in parts.items() if paths[who][: depth + 1] == node)
            for node in nodes
        }
        if above + sum(subtrees.values()) != net:
            return f"{above} above and {subtrees} do not add up"
    if method is Method.PROPORTIONAL:
        whole = sum(Fraction(value) for value in used.values() if value > 0)
        for who, part in parts.items():
            if abs(part - net * Fraction(used[who]) / whole) >= 1:
                return f"{who} used {used[who]} of {whole}, and has {part}"
    return None


SHARES = Law("shares add up to the line at every level", _anything, _shared_otherwise)


def _redrawn(random: Random) -> Family:
    family = _anything(random)
    anew = [
        Relocation(customer, random.choice((*CUSTOMERS, None)), BEGINNING) for customer in CUSTOMERS
    ]
    moves = generator.relocations(random, 3, family.zone)
    return replace(family, change=(*anew, *moves))


def _unpooled_differs(family: Family, rules: Rules) -> str | None:
    def unpooled(one: Family) -> dict[str, tuple[D, Money]]:
        return {
            named(each): (each.line.quantity, each.line.net)
            for each in billed(one, rules, lambda schedule: not schedule.roll_up)
        }

    before, after = unpooled(family), unpooled(family.changed())
    changes = (
        f"{one}: {before[one]}, then {after[one]}" for one in before if before[one] != after[one]
    )
    return next(changes, None)


UNPOOLED = Law(
    "redrawing the tree never changes what unpooled usage costs", _redrawn, _unpooled_differs
)

_RATES = {BITS[0]: Linear(D("0.07")), BITS[1]: Linear(D("1.3"))}


def _linear(_random: Random, metric: Metric) -> Linear:
    return _RATES[metric]


def _moving(random: Random) -> Family:
    """Two payers pool all metrics all the time; everybody else is below one of them, always."""
    family = generator.family(random, Terms(tuple(_RATES), _linear, once=True, archives=False))
    homes = [Relocation(who, random.choice(PAYERS), BEGINNING) for who in OTHERS]
    moves = [one for one in family.relocations if one.customer in OTHERS and one.parent]
    moved, to = random.choice(OTHERS), random.choice(CUSTOMERS)
    at = random.choice((BEGINNING, instant(random, family.zone)))
    return replace(
        family,
        relocations=(*homes, *moves),
        schedules=(*(_payers(who, random) for who in PAYERS), *family.schedules[:3]),
        change=(Relocation(moved, to, at),),
    )


def _payers(who: str, random: Random) -> Schedule:
    items = tuple(
        PricedItem(
            f"{who} {metric.id}", "p", "P", metric.id, "EUR", price,
            Frequency.MONTHLY, Timing.IN_ARREARS, metric,
        )
        for metric, price in _RATES.items()
    )  # fmt: skip
    phase = Phase(f"phase of {who}", FIRST_DAY, None, items)
    billing_day = random.choice((1, 15, 31))
    return Schedule(f"payer {who}", who, FIRST_DAY, None, billing_day, True, (phase,))


def _sum_differs(family: Family, rules: Rules) -> str | None:
    if not _everybody_is_paid_for(family):
        return None

    def paid(one: Family) -> D:
        lines = (each.line for each in billed(one, rules))
        return exact_sum(segment.amount for line in lines for segment in line.segments)

    before, after = paid(family), paid(family.changed())
    return f"{before} in all, then {after}" if before != after else None


def _everybody_is_paid_for(family: Family) -> bool:
    """What the law takes for granted; a family made simpler may lack it."""
    homes = {one.customer for one in family.relocations if one.at == BEGINNING}
    payers = {one.customer for one in family.schedules if one.id.startswith("payer")}
    priced = all(
        len(phase.items) == len(_RATES)
        for one in family.schedules
        if one.id.startswith("payer")
        for phase in one.phases
    )
    return homes.issuperset(OTHERS) and payers.issuperset(PAYERS) and priced


LINEAR = Law("with linear prices a move never changes the sum over payers", _moving, _sum_differs)


def _newcomer(random: Random) -> Family:
    family = _anything(random)
    at = random.choice((BEGINNING, instant(random, family.zone)))
    return replace(family, change=(Relocation(NEWCOMER, random.choice(CUSTOMERS), at),))


def _invoices_differ(family: Family, rules: Rules) -> str | None:
    before, after = drafts(family, rules), drafts(family.changed(), rules)
    for one, then in zip(before, after, strict=True):
        if one != then:
            return f"{one}\nbecomes\n{then}"
    return None


IDLE = Law("a child without usage changes no invoice", _newcomer, _invoices_differ)

LAWS = (ONCE, SHARES, UNPOOLED, LINEAR, IDLE)


def named(one: Billed) -> str:
    charge = one.measured.charge
    return f"the line of {charge.item.id} for {charge.service.start} to {charge.service.last_day}"
