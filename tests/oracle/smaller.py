"""Contracts with something less: how a difference is brought down to what it takes to show it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TypeVar

from tests.oracle.contracts import Contract, Phase, Price, Schedule

_T = TypeVar("_T")


def smaller(contract: Contract) -> Iterator[Contract]:
    """Every contract that has one thing less, or half of its events; large things first.

    Who rolls up keeps somebody to roll up.
    """
    for less in _less(contract):
        parents = {move.parent for move in less.moves}
        if all(one.customer in parents for one in less.schedules if one.rolls_up):
            yield less


def _less(contract: Contract) -> Iterator[Contract]:
    half = len(contract.events) // 2
    if half > 1:
        yield replace(contract, events=contract.events[:half])
        yield replace(contract, events=contract.events[half:])
    for schedules in _each_less(contract.schedules):
        there = {one.id for one in schedules}
        voids = tuple(one for one in contract.voids if one.schedule in there)
        yield replace(contract, schedules=schedules, voids=voids)
    for moves in _each_less(contract.moves):
        yield replace(contract, moves=moves)
    for events in _each_less(contract.events):
        yield replace(contract, events=events)
    for seats in _each_less(contract.seats):
        yield replace(contract, seats=seats)
    for grants in _each_less(contract.grants):
        yield replace(contract, grants=grants)
    for voids in _each_less(contract.voids):
        yield replace(contract, voids=voids)
    for place, schedule in enumerate(contract.schedules):
        for less in _schedules(schedule):
            yield replace(contract, schedules=_with(contract.schedules, place, less))


def _schedules(schedule: Schedule) -> Iterator[Schedule]:
    reached = any(phase.milestone is not None for phase in schedule.phases)
    if len(schedule.phases) > 1 and not reached:  # what is left follows day on day
        yield replace(schedule, phases=schedule.phases[1:])
        yield replace(schedule, phases=schedule.phases[:-1])
    if schedule.billing_day is not None:
        yield replace(schedule, billing_day=None)
    if schedule.cancelled is not None:
        yield replace(schedule, cancelled=None)
    if schedule.suspended is not None:
        yield replace(schedule, suspended=None)
    if schedule.rolls_up:
        yield replace(schedule, rolls_up=False, exclusions=frozenset())
    if schedule.bills_parent:
        yield replace(schedule, bills_parent=False)
    if not schedule.adjusts:
        yield replace(schedule, adjusts=True)
    if schedule.exclusions:
        yield replace(schedule, exclusions=frozenset())
    if schedule.rates:
        yield replace(schedule, rates={})
    for place, phase in enumerate(schedule.phases):
        for less in _phases(phase):
            yield replace(schedule, phases=_with(schedule.phases, place, less))


def _phases(phase: Phase) -> Iterator[Phase]:
    if phase.milestone is not None:
        yield replace(phase, milestone=None)
    if phase.resets:
        yield replace(phase, resets=False)
    for discounts in _each_less(phase.discounts):
        yield replace(phase, discounts=discounts)
    for minimums in _each_less(phase.minimums):
        yield replace(phase, minimums=minimums)
    for grants in _each_less(phase.grants):
        yield replace(phase, grants=grants)
    for place, price in enumerate(phase.prices):
        agreed = (*phase.discounts, *phase.minimums, *phase.grants)
        if len(phase.prices) > 1 and not any(price.id in one.prices for one in agreed):
            yield replace(phase, prices=_without(phase.prices, place))
        for less in _prices(price):
            yield replace(phase, prices=_with(phase.prices, place, less))


def _prices(price: Price) -> Iterator[Price]:
    if len(price.tiers) > 1:
        yield replace(price, tiers=price.tiers[1:])
    if price.mode != "BILLING_PERIOD":
        yield replace(price, mode="BILLING_PERIOD", window=0)
    if price.least:
        yield replace(price, least=0)
    if price.overages is not None:
        yield replace(price, overages=None)
    if price.names:
        yield replace(price, names=frozenset())


def _each_less(many: tuple[_T, ...]) -> Iterator[tuple[_T, ...]]:
    return (_without(many, place) for place in range(len(many)))


def _without(many: tuple[_T, ...], place: int) -> tuple[_T, ...]:
    return many[:place] + many[place + 1 :]


def _with(many: tuple[_T, ...], place: int, one: _T) -> tuple[_T, ...]:
    return (*many[:place], one, *many[place + 1 :])
