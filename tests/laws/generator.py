"""Random families. One seed always gives one family."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo
from decimal import Decimal as D
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

from catchment.core.terms.pricing import Graduated, Linear, Package, Price, Tier, Volume
from catchment.core.terms.schedules import (
    EVERYONE,
    Frequency,
    Phase,
    PricedItem,
    Schedule,
    Scope,
    Timing,
)
from catchment.core.usage.metering import OF_EVENTS, VALUING, Aggregation, Event, Metric
from catchment.core.values.period import BEGINNING, day_after, first_instant
from tests.laws.families import CUSTOMERS, Family, Relocation, aliases

FIRST_DAY = date(2026, 1, 1)
DAYS = 100
LAST_DAY = FIRST_DAY + timedelta(days=DAYS)
TICK = timedelta(microseconds=1)
ZONES = (UTC, UTC, ZoneInfo("America/New_York"), ZoneInfo("Pacific/Auckland"))
_EU = (("region", frozenset({"eu"})),)

BITS = (
    Metric("calls", "call", Aggregation.SUM, "bit"),
    Metric("calls in the EU", "call", Aggregation.SUM, "bit", _EU),
    Metric("texts", "text", Aggregation.SUM, "bit"),
)
"""The bit of an event is a power of two of its own: a sum says which events it is made of."""

_READING: dict[Aggregation, dict[str, Any]] = {
    Aggregation.COUNT: {},
    Aggregation.PERCENTILE: {"property": "n", "percentile": D("0.9")},
    Aggregation.CUSTOM: {"expression": "n * w / 3", "parameters": (("w", D("1.5")),)},
}

ANY = tuple(
    Metric(kind.lower(), "call", kind, **_READING.get(kind, {"property": "n"}))
    for kind in OF_EVENTS
)


@dataclass(frozen=True)
class Terms:
    """What the prices of a family may be."""

    metrics: Sequence[Metric]
    price: Callable[[Random, Metric], Price]
    currencies: Sequence[str] = ("EUR",)
    once: bool = False  # no customer is priced twice on one metric by one schedule
    archives: bool = True


def any_price(random: Random, metric: Metric) -> Price:
    """A price of any model; some pay out, some price every event by itself."""
    kind = random.randrange(6 if metric.aggregation in VALUING else 5)
    if kind == 0:
        return Linear(_amount(random))
    if kind == 1:
        return Package(D(random.randrange(1, 100)) / 10, _amount(random))
    uppers = [D(n) / 10 for n in sorted(random.sample(range(1, 600), random.randrange(4)))]
    if kind == 5:
        lower, upper = sorted((abs(_amount(random)), abs(_amount(random))))
        capped = Tier(None, D("0.3"), _amount(random), True, lower, upper)
        return Volume((*(Tier(one, D("0.1"), percentage=True) for one in uppers), capped))
    tiers = tuple(Tier(upper, _amount(random), _amount(random)) for upper in (*uppers, None))
    return Graduated(tiers) if kind < 4 else Volume(tiers)


def growing_price(random: Random, metric: Metric) -> Price:
    """A price above zero, so that usage shows in what it comes to."""
    rate = D(random.randrange(1, 10_000)) / 1000
    if random.random() < 0.5:
        return Linear(rate)
    bound = D(2 ** random.randrange(1, 20))
    return Graduated((Tier(bound, rate), Tier(None, rate / 2, D(random.randrange(3)))))


def family(random: Random, terms: Terms) -> Family:
    """A family of a few customers over a quarter, with two to five schedules."""
    zone = random.choice(ZONES)
    rivals = (random.choice(CUSTOMERS) for _ in range(random.randrange(1, 5)))
    schedules = tuple(
        schedule(random, f"s{n}", customer, terms, zone)
        for n, customer in enumerate((CUSTOMERS[0], *rivals))
    )
    edges = [day for one in schedules for day in _edges(one) if day < LAST_DAY]
    near = [first_instant(day, zone) for day in edges]
    near += [one.archived_at for one in schedules if one.archived_at is not None]
    moves = (*homes(random), *relocations(random, random.randrange(2, 7), zone, near))
    near += [one.at for one in moves if one.at > BEGINNING]
    return Family(zone, moves, schedules, events(random, random.randrange(8, 32), zone, near))


def homes(random: Random) -> Iterator[Relocation]:
    """Where customers stand since always: most below one that comes before."""
    for place, customer in enumerate(CUSTOMERS):
        if place and random.random() < 0.85:
            yield Relocation(customer, CUSTOMERS[random.randrange(place)], BEGINNING)


def relocations(
    random: Random, many: int, zone: tzinfo, near: Sequence[datetime] = ()
) -> tuple[Relocation, ...]:
    """Moves, a few since always; some would make a circle."""
    return tuple(
        Relocation(
            random.choice(CUSTOMERS),
            random.choice((*CUSTOMERS, None)),
            BEGINNING if random.random() < 0.1 else instant(random, zone, near),
        )
        for _ in range(many)
    )


def events(
    random: Random, many: int, zone: tzinfo, near: Sequence[datetime] = ()
) -> tuple[Event, ...]:
    """Usage, also by strangers; some events correct earlier ones."""
    names = [alias for customer in CUSTOMERS for alias in aliases(customer)] + ["nobody"]
    return tuple(
        Event(
            str(number),
            str(random.randrange(number + 1) if random.random() < 0.15 else number),
            random.choice(names),
            random.choice(("call", "call", "call", "text")),
            instant(random, zone, near),
            {
                "bit": str(2**number),
                "n": random.choice((str(_amount(random)), str(random.randrange(9)), "x")),
                "region": random.choice(("eu", "eu", "us")),
            },
        )
        for number in range(many)
    )


def instant(random: Random, zone: tzinfo, near: Sequence[datetime] = ()) -> datetime:
    """Often exactly where something changes, or just before."""
    if near and random.random() < 0.4:
        return random.choice(near) - random.choice((TICK, 0 * TICK, 0 * TICK))
    day = FIRST_DAY + timedelta(days=random.randrange(DAYS))
    return first_instant(day, zone) + random.choice((0 * TICK, timedelta(hours=13, minutes=7)))


def schedule(random: Random, id: str, customer: str, terms: Terms, zone: tzinfo) -> Schedule:
    """One to three phases, with or without an end, mostly rolling up."""
    roll_up = random.random() < 0.7
    currency = random.choice(terms.currencies)
    start = day = FIRST_DAY + timedelta(days=random.choice((0, 0, random.randrange(60))))
    phases = []
    for number in range(last := random.choice((1, 1, 2, 3))):
        end = day + timedelta(days=random.randrange(5, 60))
        open_ended = number == last - 1 and random.random() < 0.6
        items = _items(random, f"{id}-{number}", terms, currency, roll_up=roll_up)
        resets = number > 0 and random.random() < 0.3
        phases.append(Phase(f"{id}-{number}", day, None if open_ended else end, items, resets))
        day = day_after(end) + timedelta(days=random.choice((0, 0, 7)))
    others = [one for one in CUSTOMERS if one != customer]
    return Schedule(
        id,
        customer,
        start,
        random.choice((None, None, None, start + timedelta(days=random.randrange(10, 90)))),
        random.choice((None, 1, 15, 31)),
        roll_up,
        tuple(phases),
        instant(random, zone) if terms.archives and random.random() < 0.15 else None,
        exclusions=frozenset(random.sample(others, random.choice((0, 0, 0, 1, 2)) * roll_up)),
    )


def _items(
    random: Random, phase: str, terms: Terms, currency: str, *, roll_up: bool
) -> tuple[PricedItem, ...]:
    items = []
    priced: dict[str, set[str]] = {}
    for number in range(random.choice((1, 1, 2, 3))):
        metric = random.choice(terms.metrics)
        scope: Scope = EVERYONE
        if roll_up and random.random() < 0.25:
            scope = frozenset(random.sample(CUSTOMERS, random.choice((1, 1, 2))))
        already = priced.setdefault(metric.id, set())
        if terms.once and (already & (scope or {"everyone"})):
            continue
        already |= scope or {"everyone"}
        frequency = random.choice(_FREQUENCIES)
        price, id = terms.price(random, metric), f"{phase}-{number}"
        words = (id, "product", "Product", id, currency, price, frequency, Timing.IN_ARREARS)
        items.append(PricedItem(*words, metric, scope=scope))
    return tuple(items)


_FREQUENCIES = (*[Frequency.MONTHLY] * 6, *[Frequency.QUARTERLY] * 2, Frequency.ONE_TIME)


def _edges(agreed: Schedule) -> list[date]:
    ends = [phase.end for phase in agreed.phases] + [agreed.end]
    return [phase.start for phase in agreed.phases] + [day_after(end) for end in ends if end]


def _amount(random: Random) -> D:
    return D(random.randrange(-2000, 6000)) / 100
