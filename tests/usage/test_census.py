"""The census counts every event once, by whose it is, and sees what nobody has or two have."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine

from catchment import ids
from catchment.core.control import Census, Claimant, Twice
from catchment.core.terms.schedules import EVERYONE
from catchment.core.usage.metering import Event, current, matches
from catchment.core.values.period import ALWAYS, Period, Span, union
from catchment.store import access
from catchment.store.engine import writing
from catchment.usage import CensusQuery, Claimed, UsageStore
from catchment.usage.questions.census import NAMED
from tests.usage.world import ALIASES, START, SUM_N, event, events, metrics, send, spans

DAYS = [date(2026, 3, day) for day in range(1, 7)]
CLAIMANTS = [
    Claimant("a", EVERYONE),
    Claimant("a", frozenset("p")),
    Claimant("b", EVERYONE),
]
"""One schedule has two pools."""

FEW = settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


def new_workspace(engine: Engine) -> str:
    with writing(engine) as tx:
        return access.named_workspace(tx, name=ids.new_id(), id=ids.new_id(), at=START).id


@st.composite
def periods(draw: st.DrawFn) -> Period:
    start, end = sorted(draw(st.lists(st.sampled_from(DAYS), min_size=2, max_size=2, unique=True)))
    return Period(start, end)


@st.composite
def questions(draw: st.DrawFn) -> CensusQuery:
    """Claims of three pools on three customers, which may well contradict each other."""
    pairs = st.tuples(st.sampled_from(CLAIMANTS), st.sampled_from("pqr"))
    found = draw(st.dictionaries(pairs, st.lists(spans(), max_size=2), max_size=5))
    claims = [Claimed(*pair, union(own)) for pair, own in found.items()]
    services = draw(st.lists(st.tuples(st.sampled_from(CLAIMANTS), periods()), max_size=6))
    return CensusQuery(
        draw(metrics()),
        draw(spans()),
        lambda: claims,
        {(who, period): period.span(UTC) for who, period in services},
    )


def meaning(
    asked: CensusQuery, names: Mapping[str, str], sent: Iterable[Event], *, once: bool = False
) -> Census:
    """What a census is, event by event. ``once`` breaks it: the first to claim an event has it."""
    counted = Counter(dict.fromkeys(asked.services, 0))
    sums: Counter[str] = Counter()
    unpriced: Counter[str] = Counter()
    unmapped: Counter[str] = Counter()
    twice: Counter[tuple[str, Claimant, Claimant]] = Counter()
    order = list(dict.fromkeys(one.claimant for one in asked.claimed() if one.spans))
    for one in current(sent):
        if not matches(asked.metric, one) or one.at not in asked.window:
            continue
        sums["received"] += 1
        customer = names.get(one.alias)
        claiming = sorted(
            (
                claim.claimant
                for claim in asked.claimed()
                if claim.customer == customer and any(one.at in span for span in claim.spans)
            ),
            key=order.index,
        )
        if customer is None:
            unmapped[one.alias] += 1
        elif not claiming:
            unpriced[customer] += 1
        elif len(claiming) > 1 and not once:
            twice[customer, claiming[0], claiming[-1]] += 1
        for whose in claiming[:1] if once else claiming:
            inside = [k for k, span in asked.services.items() if k[0] == whose and one.at in span]
            counted.update(inside)
            sums["other"] += not inside
    return Census(
        sums["received"],
        dict(counted),
        sums["other"],
        unpriced.total(),
        unmapped.total(),
        most(unpriced),
        most(unmapped),
        tuple(
            Twice(who, tuple(sorted((first.schedule_id, last.schedule_id))), count)
            for (who, first, last), count in twice.items()
        ),
    )


def most(counts: Counter[str]) -> tuple[tuple[str, int], ...]:
    return tuple(sorted(counts.items(), key=lambda entry: (-entry[1], entry[0])))


def by_name(one: Census) -> Census:
    """The order of two pairs with as many events is nobody's business."""

    def order(two: Twice) -> tuple[object, ...]:
        return two.customer, two.schedule_ids, two.event_count

    return replace(one, twice=tuple(sorted(one.twice, key=order)))


@FEW
@given(
    st.lists(st.lists(events(), min_size=1, max_size=12), max_size=4),
    st.dictionaries(ALIASES, st.sampled_from("pqr"), max_size=4),
    st.lists(questions(), min_size=1, max_size=3),
)
def test_the_census_agrees_with_its_meaning_now_and_as_of_then(
    engine: Engine,
    usage: UsageStore,
    loads: list[list[Event]],
    names: dict[str, str],
    asked: Sequence[CensusQuery],
) -> None:
    workspace_id = new_workspace(engine)
    sent: list[Event] = []
    then = []
    for place, batch in enumerate(loads):
        send(engine, usage, workspace_id, batch)
        sent += batch
        then.append((usage.reading(workspace_id, ()).last_seq, list(sent)))
        if place % 2:
            usage.catch_up(workspace_id)

    for last_seq, known in then:
        told = usage.census(workspace_id, names.items, asked, last_seq)

        assert list(map(by_name, told)) == [by_name(meaning(one, names, known)) for one in asked]


def test_a_census_that_gives_every_event_to_one_schedule_would_hide_the_other(
    engine: Engine, usage: UsageStore
) -> None:
    sent = [event(n) for n in range(3)]
    workspace_id = new_workspace(engine)
    send(engine, usage, workspace_id, sent)
    first, second = Claimant("s", EVERYONE), Claimant("t", EVERYONE)
    claims = [Claimed(first, "p", (ALWAYS,)), Claimed(second, "p", (ALWAYS,))]
    asked = CensusQuery(SUM_N, ALWAYS, lambda: claims, {})

    [told] = usage.census(workspace_id, lambda: [("a", "p")], [asked], 10**12)

    assert told == meaning(asked, {"a": "p"}, sent)
    assert told.twice == (Twice("p", ("s", "t"), 3),)
    assert meaning(asked, {"a": "p"}, sent, once=True) != told


def test_two_pools_of_one_schedule_have_their_own_counts(engine: Engine, usage: UsageStore) -> None:
    sent = [event(n, alias="a" if n < 2 else "b") for n in range(7)]
    workspace_id = new_workspace(engine)
    send(engine, usage, workspace_id, sent)
    everyone, named = Claimant("s", EVERYONE), Claimant("s", frozenset("q"))
    claims = [Claimed(everyone, "p", (ALWAYS,)), Claimed(named, "q", (ALWAYS,))]
    days = Period(DAYS[0], DAYS[-1])
    asked = CensusQuery(
        SUM_N, ALWAYS, lambda: claims, {(everyone, days): ALWAYS, (named, days): ALWAYS}
    )

    [told] = usage.census(workspace_id, lambda: [("a", "p"), ("b", "q")], [asked], 10**12)

    assert told.counted == {(everyone, days): 2, (named, days): 5}
    assert told.twice == ()


def test_no_more_aliases_are_named_than_somebody_reads(engine: Engine, usage: UsageStore) -> None:
    workspace_id = new_workspace(engine)
    send(engine, usage, workspace_id, [event(n, alias=f"lost {n:03}") for n in range(NAMED + 7)])
    asked = CensusQuery(SUM_N, Span(ALWAYS.start, ALWAYS.end), tuple, {})

    [told] = usage.census(workspace_id, tuple, [asked], 10**12)

    assert (told.received, told.unmapped, len(told.unmapped_aliases)) == (107, 107, 100)
    assert told.unmapped_aliases[0] == ("lost 000", 1)
