"""Random contracts: one seed always gives the same one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from random import Random

from tests.oracle.advances import with_credits
from tests.oracle.calendars import beginning
from tests.oracle.contracts import (
    MINOR_DIGITS,
    MONTHS,
    Contract,
    Customer,
    Discount,
    Event,
    Metric,
    Minimum,
    Move,
    Phase,
    Price,
    Rate,
    Schedule,
    Tier,
)
from tests.oracle.turns import joined, late, with_milestones
from tests.oracle.usage import EXPRESSIONS

ZONES = (
    "UTC",
    "America/New_York",
    "Asia/Kolkata",
    "Europe/London",
    "Australia/Lord_Howe",
    "Africa/Cairo",
    "Pacific/Kiritimati",
    "America/St_Johns",
    "Asia/Beirut",
    "America/Santiago",
)
"""Some change their clocks at midnight, some by half an hour, and one is a day ahead."""

RATES = (
    Rate("GB", "0.2", "GB"),
    Rate("GB books", "0", "GB", None, "books"),
    Rate("FR", "0.2", "FR"),
    Rate("FR books", "0.055", "FR", None, "books"),
    Rate("CH", "0.081", "CH"),
    Rate("US", "0.0725", "US"),
    Rate("US CA", "0.08875", "US", "CA"),
    Rate("US CA food", "0.01", "US", "CA", "food"),
)

METRICS = (
    Metric("calls", "COUNT", "call"),
    Metric("calls of the EU", "COUNT", "call", None, (("region", ("eu",)),), case_sensitive=False),
    Metric("data", "SUM", "call", "n"),
    Metric("data elsewhere", "SUM", "call", "n", (("region", ("eu",)),), frozenset({"region"})),
    Metric("texts", "SUM", "text", "n"),
    Metric("users", "UNIQUE", "call", "user"),
    Metric("peak", "MAX", "call", "n"),
    Metric("stock", "LATEST", "gauge", "n"),
    Metric("mean", "AVERAGE", "call", "n"),
    Metric("median", "PERCENTILE", "call", "n", percentile="0.5"),
    Metric("most", "PERCENTILE", "text", "n", percentile="0.95"),
    Metric("storage", "TIME_WEIGHTED_SUM", "gauge", "n"),
    *(
        Metric(f"worth {place}", "CUSTOM", "call", expression=expression)
        for place, expression in enumerate(EXPRESSIONS)
    ),
)
SEATS = (Metric("users", "SEATS", "user"), Metric("viewers", "SEATS", "viewer"))
_BY_EVENT = {"COUNT", "SUM", "MAX", "CUSTOM"}
"""Those where the price of a single event can be bounded."""
_GROWING = {"COUNT", "SUM", "CUSTOM"}
"""Those where tiers can go on from one period to the next."""

FIRST_DAY = date(2024, 1, 1)
LAST_DAY = date(2025, 2, 1)
MONTHS_BILLED = 13
RUN_DAYS: Sequence[date] = [LAST_DAY - timedelta(days=59 * back) for back in reversed(range(7))]
"""When billing runs: every second month, so that each has invoices of several days to make."""
_TICK = timedelta(microseconds=1)
_FREQUENCIES = (*["MONTHLY"] * 5, *["QUARTERLY"] * 2, "HALF_YEARLY", "YEARLY", "ONE_TIME")
_ON_DEMAND = 0.15
"""How many of the usage prices that can be are charged on demand, some of them per event."""


def contract(seed: int, zone: str) -> Contract:
    """A family with one to three schedules over a leap year and a month."""
    random = Random(seed)
    many = random.choice((1, 2, 3, 4, 5))
    customers = tuple(_customer(random) for _ in range(many))
    homes = tuple(
        Move(who, random.randrange(who), datetime(1970, 1, 1, tzinfo=UTC))
        for who in range(1, many)
        if random.random() < 0.85
    )
    moves = (*homes, *_moves(random, many, zone))
    parents = {move.parent for move in moves}
    payers = [0, *(random.randrange(many) for _ in range(random.choice((0, 0, 1, 2))))]
    schedules = tuple(
        _schedule(random, f"s{place}", who, many, family=who in parents)
        for place, who in enumerate(payers)
    )
    edges = [move.at for move in moves if move.at.year > 1970]
    edges += [
        beginning(day, zone)
        for one in schedules
        for phase in one.phases
        for day in (phase.start, _next_month(phase.start), *([phase.end] if phase.end else []))
    ]
    events = _events(random, random.randrange(4, 48), many, zone, edges)
    used = {one.model for each in schedules for phase in each.phases for one in phase.prices}
    seats = _seats(random, many, zone, edges) if "SEAT_BASED" in used else ()
    whole = Contract(zone, customers, moves, schedules, events, RATES, seats)
    if any(one.customer for one in schedules) and random.random() < 0.5:
        whole = joined(random, whole)
    if random.random() < 0.4:
        whole = late(random, whole, RUN_DAYS)
    else:
        ended = (with_milestones(random, one, RUN_DAYS) for one in whole.schedules)
        whole = replace(whole, schedules=tuple(ended))
    return with_credits(random, whole, RUN_DAYS)


def _customer(random: Random) -> Customer:
    status = random.choice(("TAXED", "TAXED", "TAXED", "TAX_EXEMPT", "REVERSE_CHARGED"))
    country = random.choice(("GB", "FR", "CH", "US", "NO"))
    return Customer(status, country, random.choice(("CA", "NY")) if country == "US" else None)


def _moves(random: Random, many: int, zone: str) -> list[Move]:
    found = []
    for _ in range(random.choice((0, 0, 1, 2)) if many > 1 else 0):
        who = random.randrange(1, many)
        parent = random.choice((None, *range(who)))
        found.append(Move(who, parent, _instant(random, zone, ())))
    return sorted(found, key=lambda move: move.at)


def _instant(random: Random, zone: str, near: Sequence[datetime]) -> datetime:
    """Often exactly where something changes, or just before."""
    if near and random.random() < 0.4:
        return random.choice(near) - random.choice((_TICK, 0 * _TICK, 0 * _TICK))
    day = FIRST_DAY + timedelta(days=random.randrange((LAST_DAY - FIRST_DAY).days))
    return beginning(day, zone) + timedelta(seconds=random.choice((0, random.randrange(86_400))))


def _next_month(day: date) -> date:
    return (day.replace(day=1) + timedelta(days=32)).replace(day=1)


def _schedule(random: Random, id: str, who: int, many: int, *, family: bool) -> Schedule:
    rolls_up = family and random.random() < 0.75
    currency = random.choice(tuple(MINOR_DIGITS))
    day = FIRST_DAY + timedelta(
        days=random.choice((0, 30, 59, *(random.randrange(70) for _ in "12")))
    )
    phases: list[Phase] = []
    for place in range(last := random.choice((1, 1, 2, 3))):
        end = day + timedelta(days=random.choice((30, 60, 89, random.randrange(1, 200))))
        open_ended = place == last - 1 and random.random() < 0.6
        if phases and random.random() < 0.3:
            prices = phases[-1].prices
        else:
            prices = _prices(random, f"{id}p{place}", many, rolls_up=rolls_up)
        names = f"{id}p{place}"
        discounts = _discounts(random, names, prices) if random.random() < 0.3 else ()
        minimums = _minimums(random, names, prices) if random.random() < 0.3 else ()
        resets = place > 0 and random.random() < 0.4
        ends = None if open_ended else end
        phases.append(Phase(day, ends, prices, resets, discounts, minimums))
        day = end + timedelta(days=1)
    others = [one for one in range(many) if one != who]
    left_out = random.sample(others, 1) if rolls_up and random.random() < 0.2 else []
    named = [one for phase in phases for one in phase.prices if random.random() < 0.1]
    return Schedule(
        id,
        who,
        currency,
        tuple(phases),
        random.choice((None, None, 1, 15, 28, 29, 30, 31)),
        rolls_up,
        frozenset(left_out),
        {one.id: random.choice(RATES).name for one in named},
        *_stops(random, phases),
    )


def _stops(
    random: Random, phases: Sequence[Phase]
) -> tuple[tuple[int, date] | None, tuple[int, int] | None]:
    """When a schedule is cancelled, and between which runs it is suspended, while it has not ended."""
    start, end = phases[0].start, phases[-1].end or date.max
    running = [place for place, day in enumerate(RUN_DAYS) if day <= end]
    cancelled = suspended = None
    if random.random() < 0.03 and running:
        last = start + timedelta(days=random.randrange(1, 360))
        if last < end:
            cancelled = random.choice(running), last
    elif random.random() < 0.03 and len(running) > 1:
        first, then = sorted(random.sample(running, 2))
        suspended = first, then
    return cancelled, suspended


def _prices(random: Random, name: str, many: int, *, rolls_up: bool) -> tuple[Price, ...]:
    found: list[Price] = []
    scopes: dict[Metric, frozenset[int]] = {}
    for place in range(random.choice((1, 1, 2, 2, 3, 4))):
        id = f"{name}-{place}"
        category = random.choice((None, None, "books", "food"))
        kind = random.random()
        timing = random.choice(("IN_ARREARS", "IN_ADVANCE"))
        often = random.choice(_FREQUENCIES[:-1])
        if kind < 0.1:
            once = Price(id, "ONE_TIME", "ONE_TIME", timing, _amount(random), category=category)
            found.append(once)
            continue
        if kind < 0.25:
            found.append(Price(id, "FIXED", often, timing, _amount(random), category=category))
            continue
        metric = random.choice(SEATS if kind < 0.35 else METRICS)
        names = frozenset({random.randrange(many)} if rolls_up and random.random() < 0.2 else ())
        # Prices on one metric name the same customers, or have none in common.
        names = scopes.setdefault(metric, names)
        if metric in SEATS:
            found.append(_seat_price(random, id, often, timing, metric, names, category))
        else:
            found.append(_usage_price(random, id, metric, names, category))
    cut = {one.metric for one in found if one.mode == "PERIODIC"}
    alone = {one for one in cut if sum(price.metric == one for price in found) == 1}
    return tuple(
        replace(one, mode="CUMULATIVE", window=0)
        if one.metric in cut - alone and one.window
        else one
        for one in found
    )


def _usage_price(
    random: Random, id: str, metric: Metric, names: frozenset[int], category: str | None
) -> Price:
    often = random.choice(_FREQUENCIES)
    model = random.choice(("LINEAR", "PACKAGE", "VOLUME", "GRADUATED", "GRADUATED"))
    shares = model == "LINEAR" and random.random() < 0.3
    goes_on = model == "GRADUATED" and metric.kind in _GROWING
    mode = (
        random.choice(("BILLING_PERIOD", "CUMULATIVE", "PERIODIC")) if goes_on else "BILLING_PERIOD"
    )
    tiers = _tiers(random, model, metric) if model in {"VOLUME", "GRADUATED"} else ()
    by_day = metric.kind != "TIME_WEIGHTED_SUM" and (model != "GRADUATED" or goes_on)
    if by_day and random.random() < _ON_DEMAND:
        single = metric.kind in _GROWING and random.random() < 0.4
        often = "PER_EVENT" if single else "ON_DEMAND"
        if model == "VOLUME":
            tiers = (tiers[-1]._replace(fee="0"),)
    return Price(
        id,
        model,
        often,
        amount=_fraction(random) if shares else _amount(random),
        size=str(random.randrange(1, 400) / 4),
        tiers=tiers,
        percentage=shares,
        metric=metric,
        names=names,
        category=category,
        mode=mode,
        window=random.choice((1, 2, 3, 5, 6, 12)) if mode == "PERIODIC" else 0,
    )


def _seat_price(
    random: Random,
    id: str,
    often: str,
    timing: str,
    metric: Metric,
    names: frozenset[int],
    category: str | None,
) -> Price:
    shorter = [one for one, months in MONTHS.items() if months <= MONTHS[often]]
    uppers = (*map(str, sorted(random.sample(range(1, 40), random.randrange(3)))), None)
    fees = [random.choice(("0", _amount(random))) for _ in uppers]
    tiers = tuple(
        Tier(upper, _amount(random), fee) for upper, fee in zip(uppers, fees, strict=True)
    )
    return Price(
        id,
        "SEAT_BASED",
        often,
        timing,
        _amount(random),
        tiers=tiers if random.random() < 0.6 else (),
        metric=metric,
        names=names,
        category=category,
        proration=random.choice(("USE_MAXIMUM", "PRORATE_INCREMENTS", "PRORATE_ALL_CHANGES")),
        least=random.choice((0, 0, random.randrange(30))),
        overages=random.choice((None, "NONE", *shorter)),
        prorates_fees=random.random() < 0.5,
    )


def _tiers(random: Random, model: str, metric: Metric) -> tuple[Tier, ...]:
    uppers = sorted(random.sample(range(1, 600), random.randrange(4)))
    bounded = model == "VOLUME" and metric.kind in _BY_EVENT and random.random() < 0.4
    found = []
    for upper in (*(str(one / 10) for one in uppers), None):
        fee = random.choice(("0", _amount(random)))
        if bounded and random.random() < 0.7:
            least, most = sorted((random.randrange(900), random.randrange(900)))
            bounds = f"{least / 100:.2f}", f"{most / 100:.2f}"
            kept = random.choice((bounds, (bounds[0], None), (None, bounds[1])))
            found.append(Tier(upper, _fraction(random), fee, True, *kept))
        elif random.random() < 0.2:
            found.append(Tier(upper, _fraction(random), fee, True))
        else:
            found.append(Tier(upper, _amount(random), fee))
    return tuple(found)


def _discounts(random: Random, name: str, prices: Sequence[Price]) -> tuple[Discount, ...]:
    found = []
    for place in range(random.choice((1, 1, 2))):
        id, separate = f"{name}d{place}", random.random() < 0.5
        in_cycles = [one for one in prices if not one.on_demand]
        if random.random() < 0.6 or not in_cycles:
            covered = random.sample([one.id for one in prices], random.randrange(len(prices) + 1))
            fraction = random.choice((_fraction(random), "1"))
            found.append(Discount(id, "PERCENTAGE", fraction, separate, frozenset(covered)))
        else:
            covered = _of_one_cadence(random, in_cycles)
            found.append(Discount(id, "NOMINAL", _amount(random), separate, frozenset(covered)))
    return tuple(found)


def _minimums(random: Random, name: str, prices: Sequence[Price]) -> tuple[Minimum, ...]:
    used = [one for one in prices if one.is_usage and not one.on_demand]
    if not used:
        return ()
    return (Minimum(f"{name}m", _amount(random), frozenset(_of_one_cadence(random, used))),)


def _of_one_cadence(random: Random, prices: Sequence[Price]) -> list[str]:
    cadence = random.choice(prices).cadence
    return [one.id for one in prices if one.cadence == cadence]


def _events(
    random: Random, count: int, many: int, zone: str, near: Sequence[datetime]
) -> tuple[Event, ...]:
    found = []
    for place in range(count):
        properties = {
            "n": random.choice(
                (_amount(random), _amount(random), str(random.randrange(9)), "-3.25", "x")
            ),
            "w": random.choice((str(random.randrange(9)), "0.5")),
            "region": random.choice(("eu", "EU", "us")),
            "user": random.choice("abcde"),
        }
        for name in list(properties):
            if random.random() < 0.05:
                del properties[name]
        sent_as = random.randrange(place + 1) if random.random() < 0.1 else place
        who = None if random.random() < 0.03 else random.randrange(many)
        kind = random.choice(("call", "call", "call", "text", "gauge"))
        at = _instant(random, zone, near)
        found.append(Event(str(sent_as), who, random.randrange(2), kind, at, properties))
    return tuple(found)


def _seats(random: Random, many: int, zone: str, near: Sequence[datetime]) -> tuple[Event, ...]:
    """Totals from an instant on; some correct earlier ones."""
    return tuple(
        Event(
            f"seats {random.randrange(place + 1) if random.random() < 0.1 else place}",
            random.randrange(many),
            random.randrange(2),
            random.choice(SEATS).event_type,
            _instant(random, zone, near),
            {"total": str(random.choice((0, 1, random.randrange(30), random.randrange(60))))},
        )
        for place in range(random.randrange(2, 16))
    )


def _amount(random: Random) -> str:
    """Up to 60, with up to three decimals."""
    decimals = random.choice((0, 1, 2, 3))
    return f"{random.randrange(60 * 10**decimals) / 10**decimals:.{decimals}f}"


def _fraction(random: Random) -> str:
    return f"{random.randrange(1, 1000) / 1000:.3f}"
