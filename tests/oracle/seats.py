"""Seats by the day: what the last one told of a day says, for whoever is in the family at the end of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from fractions import Fraction
from itertools import pairwise

from tests.oracle.calendars import DAY, Service, beginning, day_of
from tests.oracle.contracts import Contract, Event, LineKey, Price, Tier
from tests.oracle.numbers import to_twelve
from tests.oracle.usage import Charged, Used, key_of, payers

_JUST_BEFORE = timedelta(microseconds=1)


def seats(contract: Contract, charged: Sequence[Charged]) -> dict[LineKey, Used]:
    """The seats of every line that has anyone whose seats it could charge."""
    last = {event.sent_as: event for event in contract.seats}
    told = [event for event in contract.seats if last[event.sent_as] is event]
    found: dict[LineKey, Used] = {}
    for metric in {one.price.metric for one in charged if one.price.model == "SEAT_BASED"}:
        assert metric is not None
        priced = [one for one in charged if one.price.metric == metric]
        own = [event for event in told if event.type == metric.event_type]
        daily = _daily(contract, priced, own)
        for one in priced:
            for service in one.services:
                members = daily.get(key_of(one, service))
                if members:
                    found[key_of(one, service)] = _on(service, members)
    return found


_Daily = dict[LineKey, dict[int, list[tuple[date, date, int]]]]
"""By line and customer the seats from a day up to but not including another."""


def _daily(contract: Contract, priced: Sequence[Charged], told: Sequence[Event]) -> _Daily:
    days = {day for one in priced for s in one.services for day in (s.start, s.start + DAY, s.end)}
    days |= {day_of(at, contract.zone) for at in (e.at for e in told)}
    days |= {day_of(move.at, contract.zone) for move in contract.moves}
    found: _Daily = {}
    for day, until in pairwise(sorted(days)):
        closing = beginning(day + DAY, contract.zone) - _JUST_BEFORE
        for who in range(len(contract.customers)):
            for key in payers(contract, priced, who, closing):
                stretch = day, until, _balance(told, who, closing)
                found.setdefault(key, {}).setdefault(who, []).append(stretch)
    return found


def _balance(told: Sequence[Event], who: int, at: datetime) -> int:
    """The latest total; of those of one instant the one that was acknowledged last."""
    known = [event for event in told if event.customer == who and event.at <= at]
    latest = sorted(known, key=lambda one: one.at)
    return int(latest.pop().properties["total"]) if latest else 0


def _on(service: Service, members: Mapping[int, Sequence[tuple[date, date, int]]]) -> Used:
    days = [service.start + n * DAY for n in range(service.days)]
    own = {who: [_seats(parts, day) for day in days] for who, parts in members.items()}
    if service.part == "COMMITTED":  # what is known on the first day
        own = {who: [every[0]] * len(days) for who, every in own.items()}
    averages = {who: to_twelve(sum(every, Fraction(0)) / len(days)) for who, every in own.items()}
    return Used(sum(averages.values(), Fraction(0)), averages, own)


def _seats(parts: Sequence[tuple[date, date, int]], day: date) -> Fraction:
    return Fraction(next((seats for start, end, seats in parts if start <= day < end), 0))


def seat_cost(
    price: Price, service: Service, there: Sequence[Fraction]
) -> tuple[Fraction, Fraction]:
    """What the seats of a line cost, in major units, and how many they are over the whole cycle.

    Where others have the seats of everybody, there is no day to be charged for.
    """
    if not there:
        return Fraction(0), Fraction(0)
    every = _tiers(price, service, _charged(price, there))
    if not service.part:
        return every
    own = price.overages not in {None, "NONE"}
    known = Fraction(0) if own else there[0]
    committed = _tiers(price, service, [max(known, Fraction(price.least))] * len(there))
    if service.part == "COMMITTED":
        return committed
    return every[0] - committed[0], every[1] - committed[1]


def _charged(price: Price, there: Sequence[Fraction]) -> Iterator[Fraction]:
    most, maximum = Fraction(0), max(there)
    for now in there:
        most = max(most, now)
        counted = {
            "USE_MAXIMUM": maximum,
            "PRORATE_INCREMENTS": most,
            "PRORATE_ALL_CHANGES": now,
        }
        yield max(counted[price.proration], Fraction(price.least))


def _tiers(
    price: Price, service: Service, counted: Iterable[Fraction]
) -> tuple[Fraction, Fraction]:
    """Every seat of every day at the price of its tier, and the fees of the tiers they are in."""
    amount, seat_days, lower = Fraction(0), Fraction(0), Fraction(0)
    days = Counter(counted)  # most are like others
    for tier in price.tiers or (Tier(None, price.amount),):
        inside = {seats: _inside(tier, lower, seats) for seats in days}
        there = sum(days[seats] for seats, part in inside.items() if part)
        whole = sum(days[seats] * part for seats, part in inside.items())
        seat_days += whole
        amount += whole * Fraction(tier.price) / service.cycle_days
        if there:
            part = Fraction(there, service.cycle_days) if price.prorates_fees else 1
            amount += Fraction(tier.fee) * part
        lower = lower if tier.upper is None else Fraction(tier.upper)
    return amount, seat_days / service.cycle_days


def _inside(tier: Tier, lower: Fraction, seats: Fraction) -> Fraction:
    upper = seats if tier.upper is None else min(seats, Fraction(tier.upper))
    return max(Fraction(0), upper - lower)
