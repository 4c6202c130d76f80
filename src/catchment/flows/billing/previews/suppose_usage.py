"""How much is used in a month to come: what the caller says, or what was used last month.

Last month's usage is that of whom a schedule will measure, whoever was billed for it then. So a
schedule that is only being thought of is priced by what its customers really used.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from sqlalchemy import Connection

from catchment.core.due.pools import NO_POOL, Pool
from catchment.core.invoices.consolidation import Due
from catchment.core.terms.pricing import needs_values
from catchment.core.terms.schedules import Charge, PricedItem, Schedule, Scope, UsageKey
from catchment.core.usage.forecasting import Monthly, month_of
from catchment.core.usage.metering import NO_USAGE, Metric, Usage, UsageQuery
from catchment.core.values.errors import Invalid, NotSupportedYet
from catchment.core.values.period import ONE_DAY, Period, first_instant, instant
from catchment.flows.billing.agreed.agreements import Agreements
from catchment.flows.billing.agreed.onward import Naming, Pools, onward
from catchment.flows.billing.agreed.seat_usage import of_seats
from catchment.flows.billing.agreed.users import Asked, users
from catchment.store.families import aliases
from catchment.store.usage import kept_usage
from catchment.store.usage.kept_usage import UsageDropped
from catchment.usage import UsageStore


@dataclass(frozen=True, slots=True)
class Given:
    """What a caller says is used each month: ``every`` of None is as last month.

    ``months`` are other ones, by their first day.
    """

    every: Decimal | None
    months: Mapping[date, Decimal]


@dataclass(frozen=True, slots=True)
class Supposed:
    """How much is used each month of what the prices of ``items`` price.

    ``last_month`` is what was used then; single events come with the values that they had then.
    """

    schedule: Schedule
    metric: Metric
    scope: Scope
    items: tuple[PricedItem, ...]
    monthly: Monthly
    last_month: Usage


def used_by(charge: Charge, metric: Metric) -> UsageKey:
    """The usage that a charge prices."""
    return charge.schedule_id, metric.id, charge.item.scope


def supposed(
    tx: Connection,
    usage: UsageStore,
    agreed: Agreements,
    dues: Iterable[Due],
    given: Mapping[str, Given],
    today: date,
) -> dict[UsageKey, Supposed]:
    """What the charges of ``dues`` are supposed to price after ``today``, in their order.

    ``given`` is by price, or by metric where all its prices price the same usage. Raises Invalid,
    UsageDropped.
    """
    asked = _asked(dues, today)
    known = _of_keys(asked, given)
    last_month = _last_month(tx, usage, agreed, asked.values(), month_of(_month_before(today)))
    found = {}
    for key, question in asked.items():
        used = last_month[key]
        said = known.get(key)
        every, months = (None, {}) if said is None else (said[1].every, said[1].months)
        if said is not None and not used.values:
            _check_events(said[0], question.items)
        found[key] = Supposed(
            question.schedule,
            question.metric,
            key[2],
            tuple(question.items),
            Monthly(used.pooled if every is None else every, months),
            used,
        )
    return found


@dataclass(slots=True)
class _Question:
    schedule: Schedule
    metric: Metric
    scope: Scope
    items: list[PricedItem]
    first_day: date

    @property
    def key(self) -> UsageKey:
        return self.schedule.id, self.metric.id, self.scope


def _asked(dues: Iterable[Due], today: date) -> dict[UsageKey, _Question]:
    """What is priced after ``today``, and since when; of each price once."""
    found: dict[UsageKey, _Question] = {}
    for part in (part for due in dues for part in due.parts):
        for charge in (one for of in part.charges for one in (of, *of.beside)):
            metric = charge.item.metric
            if metric is None or of_seats(metric) or charge.service.last_day <= today:
                continue  # seats stay as they are until somebody says otherwise
            day = max(today, charge.service.start)
            question = found.setdefault(
                used_by(charge, metric),
                _Question(part.schedule, metric, charge.item.scope, [], day),
            )
            question.first_day = min(question.first_day, day)
            if all(one.id != charge.item.id for one in question.items):
                question.items.append(charge.item)
    return found


def _of_keys(
    asked: Mapping[UsageKey, _Question], given: Mapping[str, Given]
) -> dict[UsageKey, tuple[str, Given]]:
    """What is given for each usage, and how it was named. Raises Invalid."""
    by_price = {item.id: key for key, one in asked.items() for item in one.items}
    by_metric: dict[str, list[UsageKey]] = {}
    for key in asked:
        by_metric.setdefault(key[1], []).append(key)
    found: dict[UsageKey, tuple[str, Given]] = {}
    for name, one in given.items():
        keys = [by_price[name]] if name in by_price else by_metric.get(name, [])
        if not keys:
            message = "No usage price of these invoices has this id, nor their metrics."
            raise Invalid.field(f"/usage/{name}", message)
        if len(keys) > 1:
            message = "Several prices measure this metric, each its own: name the prices instead."
            raise Invalid.field(f"/usage/{name}", message)
        if keys[0] in found:
            message = f"This is the same usage as that of {found[keys[0]][0]}."
            raise Invalid.field(f"/usage/{name}", message)
        found[keys[0]] = name, one
    return found


def _check_events(name: str, items: Sequence[PricedItem]) -> None:
    """Raises NotSupportedYet for prices of single events of which none is known."""
    for item in items:
        if needs_values(item.price):
            message = (
                f"The price {item.name!r} goes by single events, and there were none last month."
            )
            raise NotSupportedYet.field(f"/usage/{name}", message)


def _month_before(today: date) -> date:
    return today.replace(day=1) - ONE_DAY


def _last_month(
    tx: Connection,
    usage: UsageStore,
    agreed: Agreements,
    asked: Iterable[_Question],
    month: Period,
) -> dict[UsageKey, Usage]:
    """What those used in ``month`` who will be measured. Raises UsageDropped."""
    questions = list(asked)
    if not questions:
        return {}
    since = kept_usage.first_day(tx, agreed.workspace.id)
    if since is not None and month.start < since:
        raise UsageDropped.before(since, "what was used last month")
    span = month.span(agreed.zone)
    agreed, last_seq = users(
        tx, usage, agreed, [Asked(one.schedule, one.metric, span) for one in questions]
    )
    pools = []
    for one in questions:
        at = instant(first_instant(one.first_day, agreed.zone))
        members = agreed.pool(one.schedule, one.metric.id, at, one.scope).members
        pools.append(Pool(tuple(member._replace(spans=(span,)) for member in members), ()))
    everyone = {member.customer for pool in pools for member in pool.members}
    naming = Naming(aliases.names_of(tx, agreed.workspace.id, everyone))
    queries = [
        onward(
            UsageQuery(one.metric, (), any(needs_values(item.price) for item in one.items)),
            Pools(pool, NO_POOL),
            naming,
        ).query
        for one, pool in zip(questions, pools, strict=True)
    ]
    answers = usage.reading(agreed.workspace.id, queries, last_seq).answers
    return {
        one.key: replace(NO_USAGE, pooled=answer.pooled, values=answer.values)
        for one, answer in zip(questions, answers, strict=True)
    }
