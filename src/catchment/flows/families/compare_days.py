"""Which of the days that a change may touch it does change, and what they come to before and after.

Drafting says all there is to say of members, which takes long in a large family. So days are
measured first, and drafted only where that does not tell. Months may be open of which no events
have come; those are not even measured.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cache

from sqlalchemy import Connection

from catchment.core.due.pools import NO_POOL
from catchment.core.families.hierarchy import CustomerId
from catchment.core.invoices.invoicing import Draft, draft, joined
from catchment.core.shares.breakdown import Measured
from catchment.core.values.period import Span
from catchment.flows.billing.agreed.agreements import Agreements
from catchment.flows.billing.agreed.seat_usage import of_seats
from catchment.flows.billing.agreed.users import reach
from catchment.flows.billing.drafting.drafts import drafted, measured
from catchment.flows.billing.drafting.price_dues import MeasuredDue, MeasuredPart
from catchment.flows.families.preview_days import Day, Worlds, who
from catchment.store.families import customers
from catchment.usage import UsageStore


def changed(
    tx: Connection,
    usages: tuple[UsageStore, UsageStore],
    worlds: Worlds,
    days: Sequence[Day],
) -> Iterator[tuple[Day, Draft | None, Draft | None]]:
    """The days whose invoice would be another, with it before and after.

    ``usages`` are the events that count in either world. The invoice says nothing of members there.
    None: there is none, or it cannot be made.
    """
    before, _ = worlds
    days = list(_with_usage(usages, before, days))
    dues = [day.before for day in days if day.before], [day.after for day in days if day.after]
    was, will_be = (
        {one[0].key: one for one in measured(tx, usage, agreed, asked)}
        for usage, agreed, asked in zip(usages, worlds, dues, strict=True)
    )
    alike = {day.due.key: _alike(was.get(day.due.key), will_be.get(day.due.key)) for day in days}
    unsure = [[due for due in asked if alike[due.key] is None] for asked in dues]
    drafts = (
        {due.key: made for due, made in drafted(tx, usage, agreed, asked)}
        for usage, agreed, asked in zip(usages, worlds, unsure, strict=True)
    )
    old, new = drafts
    equal = {key for key in old.keys() & new.keys() if old[key] == new[key]}
    others = [day for day in days if not alike[day.due.key] and day.due.key not in equal]
    paths = {who for one in [*was.values(), *will_be.values()] for who in _between(one)}
    names = customers.names(tx, before.workspace.id, paths)
    for day in others:
        key = day.due.key
        yield day, _priced(was.get(key), names), _priced(will_be.get(key), names)


def _with_usage(
    usages: tuple[UsageStore, UsageStore], agreed: Agreements, days: Iterable[Day]
) -> Iterator[Day]:
    """Without the days that bill the same charges in both worlds, and no events in either."""

    @cache
    def came(event_types: frozenset[str], within: Span) -> bool:
        return any(
            usage.names(agreed.workspace.id, event_types, within).found for usage in {*usages}
        )

    for day in days:
        asked = {
            (charge.item.metric, charge.read.span(agreed.zone))
            for charge in day.due.charges
            if charge.item.metric is not None
        }
        counts_seats = any(of_seats(metric) for metric, _ in asked)
        if day.bills_others or counts_seats or (asked and came(*reach(asked))):
            yield day


def _alike(was: MeasuredDue | None, will_be: MeasuredDue | None) -> bool | None:
    """Whether both make the same invoice; None where only drafting it tells.

    It is the same where the same members used the same, at the same places and times, and another
    where they did not; the same usage at other times can be made of other events.
    """
    if was is None or will_be is None:
        return was is will_be
    (_, old_parts), (_, new_parts) = was, will_be
    if who(of.part for of in old_parts) != who(of.part for of in new_parts):
        return False
    pairs = list(zip(_every(old_parts), _every(new_parts), strict=True))
    if any(old.usage != new.usage or _paths(old) != _paths(new) for old, new in pairs):
        return False
    return True if all(_spans(old) == _spans(new) for old, new in pairs) else None


def _every(parts: Iterable[MeasuredPart]) -> Iterator[Measured]:
    return (one for of in parts for one in of.measured)


def _paths(one: Measured) -> dict[CustomerId, tuple[CustomerId, ...]]:
    return {member.customer: member.path for member in one.pool.members}


def _spans(one: Measured) -> dict[CustomerId, tuple[Span, ...]]:
    return {member.customer: member.spans for member in one.pool.members}


def _between(found: MeasuredDue) -> Iterator[CustomerId]:
    """Who stands between the payer and those whose lines join."""
    return (who for of in found[1] if of.part.joined for who in of.part.path)


def _priced(found: MeasuredDue | None, names: Mapping[CustomerId, str]) -> Draft | None:
    """The draft without what it would say of its members; None where it has no lines."""
    if found is None:
        return None
    due, parts = found
    own = [one for of in parts if not of.part.joined for one in of.measured]
    guests = [
        joined(
            replace(of.part.schedule, roll_up=False),
            of.part.path,
            [replace(one, pool=NO_POOL) for one in of.measured],
        )
        for of in parts
        if of.part.joined
    ]
    if not own and not guests:
        return None
    return draft(replace(due.schedule, roll_up=False), own, names, guests)
