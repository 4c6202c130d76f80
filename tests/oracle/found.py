"""Contracts that were once billed otherwise than the oracle billed them, as small as they get."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from tests.oracle.calendars import DAY, beginning
from tests.oracle.contracts import (
    NEVER,
    Contract,
    Customer,
    Event,
    Minimum,
    Move,
    Phase,
    Price,
    Schedule,
    Tier,
)
from tests.oracle.draw import METRICS, RATES, SEATS


def found(zone: str) -> tuple[Contract, ...]:
    """All of them, in one time zone."""
    return (
        _joins_what_is_final(zone),
        _counts_no_more(zone),
        _waits_for_its_milestone(zone),
        _minimum_waits(zone),
        _leaves_on_the_first_day(zone),
    )


def _joins_what_is_final(zone: str) -> Contract:
    """A child is charged late for a day on which its parent's invoice is final already.

    The parent gets another one, which is not its own schedule's: what else came late waits for that.
    """
    start, day = date(2024, 1, 1), beginning(date(2024, 1, 31), zone)
    monthly = Price("calls", "LINEAR", "MONTHLY", amount="2", metric=METRICS[0])
    daily = Price("texts", "LINEAR", "ON_DEMAND", amount="3", metric=METRICS[4])
    parent = Schedule("s0", 0, "EUR", (Phase(start, None, (monthly,)),), 1, issues=True)
    child = Schedule(
        "s1", 1, "EUR", (Phase(start, None, (daily,)),), issues=True, bills_parent=True
    )
    events = (
        Event("0", 0, 0, "call", day, {}, come=1),
        Event("1", 1, 0, "text", day, {"n": "1"}, come=1),
    )
    home = Move(1, 0, datetime(1970, 1, 1, tzinfo=UTC))
    return Contract(zone, (Customer(), Customer()), (home,), (parent, child), events, RATES)


def _counts_no_more(zone: str) -> Contract:
    """An event that costs nothing is billed by itself and then moved to another day; a third comes on its old one."""
    day = beginning(date(2024, 1, 10), zone)
    price = Price("texts", "LINEAR", "PER_EVENT", amount="3", metric=METRICS[4])
    schedule = Schedule("s0", 0, "EUR", (Phase(date(2024, 1, 1), None, (price,)),), issues=True)
    events = (
        Event("0", 0, 0, "text", day, {"n": "x"}),
        Event("0", 0, 0, "text", day + 5 * DAY, {"n": "x"}, come=1),
        Event("1", 0, 0, "text", day, {"n": "1"}, come=2),
    )
    return Contract(zone, (Customer(),), (), (schedule,), events, RATES)


def _waits_for_its_milestone(zone: str) -> Contract:
    """A child is charged once it has reached something, which it never does; its parent is not charged for it."""
    start = date(2024, 1, 1)
    monthly = Price("calls", "LINEAR", "MONTHLY", amount="2", metric=METRICS[0])
    once = Price("all calls", "LINEAR", "ONE_TIME", amount="3", metric=METRICS[0])
    waiting = Phase(start, date(2024, 3, 31), (once,), milestone=NEVER)
    parent = Schedule("s0", 0, "EUR", (Phase(start, None, (monthly,)),), 1, rolls_up=True)
    child = Schedule("s1", 1, "EUR", (waiting,))
    day = beginning(date(2024, 1, 10), zone)
    events = (Event("0", 0, 0, "call", day, {}), Event("1", 1, 0, "call", day, {}))
    home = Move(1, 0, datetime(1970, 1, 1, tzinfo=UTC))
    return Contract(zone, (Customer(), Customer()), (home,), (parent, child), events, RATES)


def _minimum_waits(zone: str) -> Contract:
    """A parent whose own schedule is over is charged late for a child, whose minimum waits for its next invoice."""
    start = date(2024, 1, 31)
    price = Price(
        "calls",
        "GRADUATED",
        "HALF_YEARLY",
        tiers=(Tier(None, "2", "0"),),
        metric=METRICS[0],
        mode="PERIODIC",
        window=2,
    )
    once = Price("texts", "LINEAR", "MONTHLY", amount="1", metric=METRICS[4])
    least = Minimum("least", "40", frozenset({"calls"}))
    own = Phase(start, None, (price,), minimums=(least,))
    parent = Schedule(
        "s0", 0, "EUR", (Phase(date(2024, 2, 29), date(2024, 4, 29), (once,)),), issues=True
    )
    child = Schedule("s1", 1, "EUR", (own,), issues=True, bills_parent=True)
    late = Event("0", 1, 0, "call", beginning(date(2024, 2, 28), zone), {}, come=5)
    home = Move(1, 0, datetime(1970, 1, 1, tzinfo=UTC))
    return Contract(zone, (Customer(), Customer()), (home,), (parent, child), (late,), RATES)


def _leaves_on_the_first_day(zone: str) -> Contract:
    """A member for whom seats are contracted leaves the pool in the morning of the first day of a month."""
    start, gone = date(2024, 1, 31), beginning(date(2024, 10, 1), zone) + timedelta(hours=9)
    price = Price(
        "seats",
        "SEAT_BASED",
        "MONTHLY",
        tiers=(Tier(None, "36", "0"),),
        metric=SEATS[0],
        proration="USE_MAXIMUM",
        least=3,
        names=frozenset({1}),
    )
    schedule = Schedule("s0", 0, "EUR", (Phase(start, None, (price,)),), rolls_up=True)
    moves = (Move(1, 0, datetime(1970, 1, 1, tzinfo=UTC)), Move(1, None, gone))
    return Contract(zone, (Customer(), Customer()), moves, (schedule,), (), RATES)
