"""What billing does with a family, from the core's functions alone, any of which can be another."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta, tzinfo
from itertools import groupby
from typing import NamedTuple

from catchment.core.due import charging, claims, pools
from catchment.core.due.claims import Claim
from catchment.core.due.pools import Pool
from catchment.core.families import hierarchy
from catchment.core.families.hierarchy import Forest, Link
from catchment.core.invoices.invoicing import Draft, Line, Measured, draft, line
from catchment.core.shares import line_shares
from catchment.core.shares.line_shares import Share
from catchment.core.terms.pricing import bounds, needs_values
from catchment.core.terms.schedules import Charge, Schedule
from catchment.core.usage import metering
from catchment.core.usage.metering import Event, Member, Usage, UsageQuery
from tests.laws.families import CUSTOMERS, NEWCOMER, Family, aliases, links
from tests.laws.generator import LAST_DAY

AS_OF = LAST_DAY + timedelta(days=95)
"""By then all that was used is due."""

NAMES: Mapping[str, str] = {who: who.upper() for who in (*CUSTOMERS, NEWCOMER)}


@dataclass(frozen=True)
class Rules:
    """The functions that decide. A law is tried on wrong ones, too, to see that it can be broken."""

    tree: Callable[[Iterable[Link]], Forest] = hierarchy.Forest
    charges: Callable[[Schedule, date, tzinfo], Iterable[Charge]] = charging.charges
    claims: Callable[[Schedule, tzinfo], Iterable[Claim]] = claims.claims
    pool: Callable[..., Pool] = pools.pool
    measure: Callable[[UsageQuery, Iterable[Event]], Usage] = metering.measure
    shares: Callable[..., tuple[Share, ...]] = line_shares.shares


RULES = Rules()


class Billed(NamedTuple):
    """A charge with what was used, and its line."""

    schedule: Schedule
    measured: Measured
    line: Line


def measured(
    family: Family, rules: Rules = RULES, only: Callable[[Schedule], bool] = lambda _: True
) -> list[tuple[Schedule, Measured]]:
    """Every charge of some schedules whose service begins in the family's days, with its usage."""
    forest = rules.tree(links(family.relocations))
    claims = [one for agreed in family.schedules for one in rules.claims(agreed, family.zone)]
    return [
        (agreed, _measured(family, agreed, charge, forest, claims, rules))
        for agreed in filter(only, family.schedules)
        for charge in rules.charges(agreed, AS_OF, family.zone)
        if charge.service.start <= LAST_DAY
    ]


def billed(
    family: Family, rules: Rules = RULES, only: Callable[[Schedule], bool] = lambda _: True
) -> list[Billed]:
    """Every line of some schedules, shared by nobody yet."""
    return [Billed(agreed, one, line(one)) for agreed, one in measured(family, rules, only)]


def drafts(family: Family, rules: Rules = RULES) -> list[Draft]:
    """Every invoice, with breakdown and shares."""
    days = groupby(measured(family, rules), key=lambda pair: (pair[0].id, pair[1].charge.due_on))
    found = [list(pairs) for _, pairs in days]
    return [draft(pairs[0][0], [one for _, one in pairs], NAMES) for pairs in found]


def _measured(
    family: Family,
    agreed: Schedule,
    charge: Charge,
    forest: Forest,
    claims: Iterable[Claim],
    rules: Rules,
) -> Measured:
    item = charge.item
    assert item.metric is not None, item
    pool = rules.pool(
        forest,
        claims,
        schedule_id=agreed.id,
        customer=agreed.customer,
        roll_up=agreed.roll_up,
        metric_id=item.metric.id,
        span=charge.service.span(family.zone),
        scope=item.scope,
    )
    members = tuple(Member(one.customer, aliases(one.customer), one.spans) for one in pool.members)
    walk = bounds(item.price) if agreed.roll_up else ()
    query = UsageQuery(item.metric, members, needs_values(item.price), walk)
    usage = rules.measure(query, family.events)
    seen = tuple(one for one in pool.members if one.customer in usage.members)
    return Measured(charge, usage, Pool(seen, ()))
