"""What a drawn contract has in advance, and what is voided of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from random import Random

from tests.oracle.contracts import (
    MINOR_DIGITS,
    Contract,
    Grant,
    Metric,
    Phase,
    PhaseGrant,
    Schedule,
    Void,
)

_REFRESHES = ("NONE", "MONTHLY", "MONTHLY", "QUARTERLY", "HALF_YEARLY", "YEARLY")
_ROLLOVERS = ("NONE", "ON_GRANT_REFRESH", "ON_GRANT_REFRESH_AND_PHASE")


_MANY = 0.35
"""How many contracts have credits."""


def with_credits(random: Random, whole: Contract, runs_on: Sequence[date]) -> Contract:
    """The same, where something may be paid in advance; then nothing is stopped, and no phase ends at a milestone.

    If nothing is late either, all invoices may be final at once, and some voided.
    """
    phases = [phase for one in whole.schedules for phase in one.phases]
    if random.random() > _MANY or any(phase.milestone is not None for phase in phases):
        return whole
    schedules = tuple(_granting(random, one) for one in whole.schedules)
    voids: tuple[Void, ...] = ()
    if not any(one.issues for one in schedules) and random.random() < 0.6:
        schedules = tuple(replace(one, issues=True) for one in schedules)
        voids = tuple(
            Void(random.randrange(len(runs_on)), random.choice(schedules).id)
            for _ in range(random.choice((0, 1, 2, 3)))
        )
    grants = tuple(_grant(random, n, whole, runs_on) for n in range(random.randrange(4)))
    return replace(whole, schedules=schedules, grants=grants, voids=voids)


def _granting(random: Random, schedule: Schedule) -> Schedule:
    phases = (
        replace(phase, grants=_grants(random, f"{schedule.id}p{place}g", phase, schedule))
        if random.random() < 0.5
        else phase
        for place, phase in enumerate(schedule.phases)
    )
    return replace(schedule, phases=tuple(phases), cancelled=None, suspended=None)


def _grants(random: Random, name: str, phase: Phase, schedule: Schedule) -> tuple[PhaseGrant, ...]:
    found = []
    for place in range(random.choice((1, 1, 2))):
        metric = _metric(random, phase)
        of = [one.id for one in phase.prices if metric is None or one.metric == metric]
        few = random.sample(of, random.randint(1, len(of)))
        amount = _units(random) if metric else _money(random, schedule.currency)
        named = frozenset(few if metric or random.random() < 0.3 else ())
        often, rolls = random.choice(_REFRESHES), random.choice(_ROLLOVERS)
        found.append(PhaseGrant(f"{name}{place}", amount, metric, often, rolls, named))
    return tuple(found)


def _grant(random: Random, number: int, whole: Contract, runs_on: Sequence[date]) -> Grant:
    schedule = random.choice(whole.schedules)
    phase = random.choice(schedule.phases)
    metric = _metric(random, phase)
    first = runs_on[0] + timedelta(days=random.randrange(-90, 300))
    last = first + timedelta(days=random.randrange(200)) if random.random() < 0.5 else None
    come = random.choice((0, 0, random.randrange(len(runs_on))))
    ends = random.randint(come, len(runs_on)) if random.random() < 0.2 else len(runs_on)
    return Grant(
        f"g{number}",
        random.choice((schedule.customer, random.randrange(len(whole.customers)))),
        _units(random) if metric else _money(random, schedule.currency),
        schedule.currency,
        metric,
        first,
        last,
        come,
        ends if ends < len(runs_on) else None,
    )


def _metric(random: Random, phase: Phase) -> Metric | None:
    """Of some usage that a phase charges for; None is money."""
    used = [one.metric for one in phase.prices if one.is_usage]
    return random.choice(used) if used and random.random() < 0.5 else None


def _units(random: Random) -> str:
    decimals = random.choice((0, 0, 1, 3))
    return str(random.randrange(1, 40 * 10**decimals) / 10**decimals)


def _money(random: Random, currency: str) -> str:
    """Whole minor units."""
    digits = MINOR_DIGITS[currency]
    minor = random.randrange(1, random.choice((30, 100, 400)) * 10**digits)
    return f"{minor / 10**digits:.{digits}f}"
