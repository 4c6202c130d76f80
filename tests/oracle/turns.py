"""What a drawn contract is besides: billed to a parent, told of late, or ended by milestones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from random import Random

from tests.oracle.contracts import NEVER, Contract, Schedule


def joined(random: Random, whole: Contract) -> Contract:
    """The same, where some that are below others bill their parents, mostly in one currency. Nothing is stopped."""
    first, *others = whole.schedules
    found = [first]
    for one in others:
        currency = first.currency if random.random() < 0.8 else one.currency
        parent = one.customer > 0 and random.random() < 0.7
        found.append(replace(one, currency=currency, bills_parent=parent))
    running = (replace(one, cancelled=None, suspended=None) for one in found)
    return replace(whole, schedules=tuple(running))


def late(random: Random, whole: Contract, runs_on: Sequence[date]) -> Contract:
    """The same, where invoices become final and some events come only after one to three of the runs.

    Nothing is stopped: what is final cannot be cancelled. With anything on demand there are no drafts: a day that joins
    one makes it anew.
    """
    daily = any(
        price.on_demand for one in whole.schedules for phase in one.phases for price in phase.prices
    )
    runs = random.sample(range(1, len(runs_on)), random.choice((1, 1, 2, 3)))
    events = [
        event._replace(come=random.choice(runs)) if random.random() < 0.5 else event
        for event in whole.events
    ]
    schedules = tuple(
        replace(
            one,
            cancelled=None,
            suspended=None,
            issues=daily or random.random() < 0.9,
            adjusts=random.random() < 0.9,
        )
        for one in whole.schedules
    )
    in_order = tuple(sorted(events, key=lambda event: event.come))
    return replace(whole, events=in_order, schedules=schedules)


def with_milestones(random: Random, schedule: Schedule, runs_on: Sequence[date]) -> Schedule:
    """The same, where some phase ends only when something is reached, or never is, and nothing is stopped."""
    running = [n for n, day in enumerate(runs_on) if schedule.end is None or day <= schedule.end]
    last = len(schedule.phases) - 1
    ending = [n for n in {max(last - 1, 0), last} if schedule.phases[n].end is not None]
    if random.random() > 0.15 or not ending or not running:
        return schedule
    place = random.choice(ending)
    phases = list(schedule.phases)
    phases[place] = replace(phases[place], milestone=random.choice((*running, NEVER)))
    return replace(schedule, phases=tuple(phases), cancelled=None, suspended=None)
