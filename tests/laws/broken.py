"""Wrong rules, each a mistake that is easily made. A law that none of them breaks would be no law."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import timedelta, tzinfo
from decimal import Decimal as D
from typing import Any

from catchment.core.due.claims import Claim, claims
from catchment.core.due.pools import Pool, pool
from catchment.core.families.hierarchy import Forest
from catchment.core.shares.allocation import METHODS
from catchment.core.shares.line_shares import Share, shares
from catchment.core.terms.schedules import EVERYONE, Schedule
from catchment.core.usage.metering import Event, Usage, UsageQuery, measure
from catchment.core.values.money import Money
from catchment.core.values.period import BEGINNING, Span
from tests.laws.billing import Rules
from tests.laws.generator import TICK
from tests.laws.laws import IDLE, LINEAR, ONCE, SHARES, UNPOOLED, Law
from tests.laws.sameness import BEFORE, DOUBLED, ORDER, SPLIT


def _alone(forest: Forest, claims: Iterable[Claim], **asked: Any) -> Pool:
    own = [claim for claim in claims if claim.schedule_id == asked["schedule_id"]]
    return pool(forest, own, **asked)


def _of_the_last_day(forest: Forest, claims: Iterable[Claim], **asked: Any) -> Pool:
    last = asked["span"].end - TICK
    return pool(_frozen(forest, claims, last), claims, **asked)


def _frozen(forest: Forest, claims: Iterable[Claim], at: Any) -> Forest:
    known = {claim.customer for claim in claims}
    waiting, links = list(known), {}
    while waiting:
        who = waiting.pop()
        for link in (*forest.links(who), *forest.child_links(who)):
            if link.id not in links:
                links[link.id] = link
                waiting += [one for one in (link.customer, link.parent) if one is not None]
    holding = (link for link in links.values() if at in link.span)
    return Forest(replace(link, start=BEGINNING, end=None) for link in holding)


def _down_to_everyone(schedule: Schedule, zone: tzinfo) -> tuple[Claim, ...]:
    return tuple(replace(claim, roll_up=True) for claim in claims(schedule, zone))


def _without_exclusions(schedule: Schedule, zone: tzinfo) -> tuple[Claim, ...]:
    return tuple(replace(claim, exclusions=frozenset()) for claim in claims(schedule, zone))


def _excluding_only_themselves(forest: Forest, claims: Iterable[Claim], **asked: Any) -> Pool:
    known = list(claims)
    own = {who for c in known if c.schedule_id == asked["schedule_id"] for who in c.exclusions}
    found = pool(forest, [replace(claim, exclusions=frozenset()) for claim in known], **asked)
    return found._replace(members=tuple(m for m in found.members if m.customer not in own))


def _of_everyone(forest: Forest, claims: Iterable[Claim], **asked: Any) -> Pool:
    nobody_named = [replace(claim, scopes=frozenset({EVERYONE})) for claim in claims]
    return pool(forest, nobody_named, **asked | {"scope": EVERYONE})


def _never_archived(schedule: Schedule, zone: tzinfo) -> tuple[Claim, ...]:
    return claims(replace(schedule, archived_at=None), zone)


def _with_the_end(query: UsageQuery, events: Iterable[Event]) -> Usage:
    closed = tuple(
        replace(member, spans=tuple(Span(span.start, span.end + TICK) for span in member.spans))
        for member in query.members
    )
    return measure(replace(query, members=closed), events)


def _all_that_came(query: UsageQuery, events: Iterable[Event]) -> Usage:
    return measure(query, [replace(event, customer_event_id=event.id) for event in events])


def _under_one_name(query: UsageQuery, events: Iterable[Event]) -> Usage:
    members = tuple(replace(member, aliases=member.aliases[:1]) for member in query.members)
    return measure(replace(query, members=members), events)


def _each_rounded(net: Money, *priced: Any) -> tuple[Share, ...]:
    """Every share by itself, as a figure to be printed would be."""
    found = shares(net, *priced)
    whole = sum(max(one.quantity, D(0)) for one in found)
    return tuple(
        one._replace(parts=(round(net.minor * max(one.quantity, D(0)) / whole),) * len(METHODS))
        for one in found
    )


def _forgetting_the_remainder(net: Money, *priced: Any) -> tuple[Share, ...]:
    found = shares(net, *priced)
    return tuple(
        one._replace(parts=tuple(part if part is None else int(part / 2) * 2 for part in one.parts))
        for one in found
    )


def _refunding(net: Money, *priced: Any) -> tuple[Share, ...]:
    """A line of a negative price is shared as if it were one to be paid."""
    return shares(Money(abs(net.minor), net.currency), *priced)


def _always_rolling_up(forest: Forest, claims: Iterable[Claim], **asked: Any) -> Pool:
    rolled = [replace(claim, roll_up=True) for claim in claims]
    return pool(forest, rolled, **asked | {"roll_up": True})


def _the_top_pays(forest: Forest, claims: Iterable[Claim], **asked: Any) -> Pool:
    """Whoever stands below another payer leaves everything to it."""
    found = pool(forest, claims, **asked)
    known = list(claims)
    rivals = {c.customer for c in known if c.roll_up and asked["metric_id"] in c.metric_ids}
    above = set(forest.ancestors(asked["customer"], asked["span"].start))
    return Pool((), ()) if above & rivals else found


def _everybody_counts(query: UsageQuery, events: Iterable[Event]) -> Usage:
    """Who used nothing is there with nothing."""
    found = measure(query, events)
    members = {member.customer: D(0) for member in query.members} | dict(found.members)
    return replace(found, members=members)


def _an_average_for_all(query: UsageQuery, events: Iterable[Event]) -> Usage:
    """Usage divided by the heads of the pool."""
    found = measure(query, events)
    return replace(found, pooled=found.pooled / max(1, len(query.members)))


def _of_the_far_end(forest: Forest, claims: Iterable[Claim], **asked: Any) -> Pool:
    """Who stands where once everybody has moved."""
    return pool(_frozen(forest, claims, asked["span"].end + timedelta(days=500)), claims, **asked)


def _without_the_first_that_came(query: UsageQuery, events: Iterable[Event]) -> Usage:
    return measure(query, list(events)[1:])


def _one_more_for_each(query: UsageQuery, events: Iterable[Event]) -> Usage:
    found = measure(query, events)
    return replace(found, pooled=found.pooled + found.event_count)


def _the_first_is_free(query: UsageQuery, events: Iterable[Event]) -> Usage:
    found = measure(query, events)
    return replace(found, pooled=max(D(0), found.pooled - 1))


BROKEN: Sequence[tuple[Law, str, Rules]] = (
    (ONCE, "nobody minds who is nearer", Rules(pool=_alone)),
    (ONCE, "the tree of the last day holds for the whole period", Rules(pool=_of_the_last_day)),
    (ONCE, "a schedule without roll-up takes all below, too", Rules(claims=_down_to_everyone)),
    (ONCE, "exclusions are forgotten", Rules(claims=_without_exclusions)),
    (ONCE, "who is below the excluded stays", Rules(pool=_excluding_only_themselves)),
    (ONCE, "a price that names somebody has everybody", Rules(pool=_of_everyone)),
    (ONCE, "an archived schedule goes on claiming", Rules(claims=_never_archived)),
    (ONCE, "a stretch of time includes its end", Rules(measure=_with_the_end)),
    (ONCE, "corrected events still count", Rules(measure=_all_that_came)),
    (ONCE, "a customer has one alias", Rules(measure=_under_one_name)),
    (SHARES, "every share is rounded by itself", Rules(shares=_each_rounded)),
    (SHARES, "the remainder is forgotten", Rules(shares=_forgetting_the_remainder)),
    (SHARES, "what is paid out is shared as a charge", Rules(shares=_refunding)),
    (UNPOOLED, "everybody rolls up", Rules(pool=_always_rolling_up)),
    (UNPOOLED, "the payer further up wins", Rules(pool=_the_top_pays)),
    (LINEAR, "nobody minds who is nearer", Rules(pool=_alone)),
    (LINEAR, "the tree of the last day holds for the whole period", Rules(pool=_of_the_last_day)),
    (LINEAR, "a stretch of time includes its end", Rules(measure=_with_the_end)),
    (IDLE, "who used nothing is shown with nothing", Rules(measure=_everybody_counts)),
    (IDLE, "usage is an average over the pool", Rules(measure=_an_average_for_all)),
    (ORDER, "the first event that came is lost", Rules(measure=_without_the_first_that_came)),
    (SPLIT, "every event counts as one unit more", Rules(measure=_one_more_for_each)),
    (BEFORE, "the tree of today holds for all time", Rules(pool=_of_the_far_end)),
    (DOUBLED, "the first unit is free", Rules(measure=_the_first_is_free)),
)
