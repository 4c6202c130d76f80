"""What is due when, and for which days."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal as D
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catchment.core.due.charging import charges, running
from catchment.core.due.claims import Claim, claims
from catchment.core.terms.discounts import Discount, DiscountType
from catchment.core.terms.minimums import Minimum
from catchment.core.terms.pricing import CalculationMode, Graduated, Price, Tier, Window
from catchment.core.terms.schedules import EVERYONE, Charge, Frequency, Phase, Schedule, Timing
from catchment.core.usage.metering import Aggregation, Metric
from catchment.core.values.period import FOREVER, Period, Span
from tests.core.agreements import CALLS, day, item, phase, schedule

ADVANCE, ARREARS = Timing.IN_ADVANCE, Timing.IN_ARREARS
MONTHLY, QUARTERLY, ONE_TIME = Frequency.MONTHLY, Frequency.QUARTERLY, Frequency.ONE_TIME


def told(found: Iterable[Charge]) -> list[str]:
    """Each charge as ``price first-day..last-day @ due``."""
    return [
        f"{c.item.id} {c.service.start:%-m-%-d}..{c.service.last_day:%-m-%-d} @ {c.due_on:%-m-%-d}"
        for c in found
    ]


def test_frequencies_are_numbers_of_months() -> None:
    recurring = [f for f in Frequency if f.recurs]

    assert [f.months for f in recurring] == [1, 3, 6, 12]
    with pytest.raises(AssertionError):
        _ = ONE_TIME.months


@pytest.mark.parametrize(
    ("as_of", "count"), [("1-31", 0), ("2-1", 1), ("2-28", 1), ("3-1", 2), ("3-31", 2), ("4-1", 3)]
)
def test_arrears_are_due_the_day_after_their_cycle(as_of: str, count: int) -> None:
    agreed = schedule(phase("1-1", None, item()))

    assert len(charges(agreed, day(as_of))) == count


@pytest.mark.parametrize(
    ("as_of", "count"), [("2025-12-31", 0), ("1-1", 1), ("1-31", 1), ("2-1", 2)]
)
def test_advances_are_due_on_their_first_day(as_of: str, count: int) -> None:
    agreed = schedule(phase("1-1", None, item(timing=ADVANCE)))

    assert len(charges(agreed, day(as_of))) == count


def test_mixed_frequencies_and_timings_meet_on_one_due_day() -> None:
    agreed = schedule(
        phase("1-1", None, item("m"), item("q", frequency=QUARTERLY), item("a", timing=ADVANCE))
    )

    due = [c for c in charges(agreed, day("4-1")) if c.due_on == day("4-1")]

    assert told(due) == ["m 3-1..3-31 @ 4-1", "q 1-1..3-31 @ 4-1", "a 4-1..4-30 @ 4-1"]


def test_the_first_cycle_is_cut_to_reach_the_billing_day() -> None:
    agreed = schedule(phase("1-16", None, item("m"), item("q", frequency=QUARTERLY)))

    found = charges(agreed, day("2-1"))

    assert told(found) == ["m 1-16..1-31 @ 2-1", "q 1-16..1-31 @ 2-1"]
    assert [c.full for c in found] == [
        Period(day("1-1"), day("2-1")),
        Period(day("2025-11-1"), day("2-1")),
    ]


def test_the_end_of_a_schedule_cuts_the_last_cycle_and_makes_it_due() -> None:
    agreed = schedule(phase("1-1", None, item("m"), item("a", timing=ADVANCE)), end="2-10")

    assert told(charges(agreed, day("12-31"))) == [
        "a 1-1..1-31 @ 1-1",
        "m 1-1..1-31 @ 2-1",
        "a 2-1..2-10 @ 2-1",
        "m 2-1..2-10 @ 2-11",
    ]


def test_a_cycle_across_two_phases_is_charged_in_both_when_it_is_over() -> None:
    agreed = schedule(
        phase("1-1", "2-10", item("old", frequency=QUARTERLY), item("gone", timing=ADVANCE)),
        phase("2-11", None, item("new", frequency=QUARTERLY), item("next", timing=ADVANCE), id="2"),
    )

    assert told(charges(agreed, day("4-1")))[:3] == [
        "gone 1-1..1-31 @ 1-1",
        "gone 2-1..2-10 @ 2-1",
        "next 2-11..2-28 @ 2-11",
    ]
    split = [c for c in charges(agreed, day("4-1")) if c.item.frequency is QUARTERLY]
    assert told(split) == ["old 1-1..2-10 @ 4-1", "new 2-11..3-31 @ 4-1"]
    assert {c.full for c in split} == {Period(day("1-1"), day("4-1"))}


def test_a_phase_that_resets_begins_its_cycles_anew_and_ends_those_before() -> None:
    agreed = schedule(
        phase("1-15", "3-31", item("old", frequency=QUARTERLY)),
        phase("4-1", "5-31", item("new", frequency=QUARTERLY), id="2", resets=True),
        phase("6-1", None, item("newer", frequency=QUARTERLY), id="3"),
        billing_day=15,
    )

    assert told(charges(agreed, day("7-15"))) == [
        "old 1-15..3-31 @ 4-1",
        "new 4-1..4-14 @ 4-15",
        "new 4-15..5-31 @ 7-15",
        "newer 6-1..7-14 @ 7-15",
    ]


def test_without_a_billing_day_cycles_begin_with_the_phase_that_resets_them() -> None:
    agreed = schedule(
        phase("1-1", "2-14", item("old")),
        phase("2-15", None, item("new"), id="2", resets=True),
        billing_day=None,
    )

    assert told(charges(agreed, day("4-15"))) == [
        "old 1-1..1-31 @ 2-1",
        "old 2-1..2-14 @ 2-15",
        "new 2-15..3-14 @ 3-15",
        "new 3-15..4-14 @ 4-15",
    ]


def test_a_late_billing_day_comes_back_after_february() -> None:
    agreed = schedule(phase("1-31", None, item()), billing_day=31)

    assert told(charges(agreed, day("4-30"))) == [
        "fee 1-31..2-27 @ 2-28",
        "fee 2-28..3-30 @ 3-31",
        "fee 3-31..4-29 @ 4-30",
    ]


@pytest.mark.parametrize(
    ("end", "schedule_end", "timing", "expected"),
    [
        ("3-15", None, ADVANCE, "fee 1-10..3-15 @ 1-10"),
        ("3-15", None, ARREARS, "fee 1-10..3-15 @ 3-16"),
        ("3-15", "2-20", ARREARS, "fee 1-10..2-20 @ 2-21"),
        (None, "2-20", ARREARS, "fee 1-10..2-20 @ 2-21"),
        (None, None, ADVANCE, "fee 1-10..2-9 @ 1-10"),
        (None, None, ARREARS, "fee 1-10..2-9 @ 2-10"),
    ],
)
def test_a_one_time_price_belongs_to_its_phase(
    end: str | None, schedule_end: str | None, timing: Timing, expected: str
) -> None:
    agreed = schedule(phase("1-10", end, item(frequency=ONE_TIME, timing=timing)), end=schedule_end)

    (charge,) = charges(agreed, day("12-31"))

    assert told([charge]) == [expected]
    assert charge.full == charge.service
    assert charges(agreed, charge.due_on - timedelta(days=1)) == ()


@pytest.mark.parametrize(
    ("reached", "schedule_end", "expected"),
    [
        (None, None, ["early 1-10..1-10 @ 1-10"]),
        ("3-15", None, ["early 1-10..1-10 @ 1-10", "late 1-10..3-15 @ 3-16"]),
        (None, "2-20", ["early 1-10..1-10 @ 1-10", "late 1-10..2-20 @ 2-21"]),
    ],
)
def test_what_is_in_arrears_waits_for_the_milestone_of_its_phase(
    reached: str | None, schedule_end: str | None, expected: list[str]
) -> None:
    once = [
        item(name, frequency=ONE_TIME, timing=how)
        for name, how in (("early", ADVANCE), ("late", ARREARS))
    ]
    until = replace(phase("1-10", reached, *once), milestone=True)

    agreed = schedule(until, end=schedule_end)

    assert told(charges(agreed, day("12-31"))) == expected
    if reached is None and schedule_end is None:
        assert running(agreed, day("1-20")) == (), "nobody knows when it will be due"


def test_a_phase_outside_the_schedule_charges_and_claims_nothing() -> None:
    agreed = schedule(phase("6-1", None, item(metric=CALLS)), start="1-1", end="3-31")

    assert charges(agreed, day("12-31")) == ()
    assert claims(agreed, UTC) == ()


@pytest.mark.parametrize(
    ("zone", "last_due"), [("UTC", "3-1"), ("Europe/Berlin", "3-1"), ("Asia/Tokyo", "4-1")]
)
def test_nothing_falls_due_after_the_day_of_archiving(zone: str, last_due: str) -> None:
    agreed = replace(
        schedule(phase("1-1", None, item())),
        archived_at=datetime(2026, 3, 31, 16, tzinfo=UTC),
    )

    assert charges(agreed, day("12-31"), ZoneInfo(zone))[-1].due_on == day(last_due)


def test_the_key_of_a_charge_is_its_phase_price_and_first_day() -> None:
    (charge,) = charges(schedule(phase("1-1", None, item())), day("2-1"))

    assert charge.key == ("p1", "fee", day("1-1"), "")


def test_prices_without_end_stop_at_the_day_asked_for() -> None:
    agreed = schedule(phase("1970-1-1", None, item(frequency=Frequency.YEARLY)))

    assert len(charges(agreed, day("2100-1-1"))) == 130


CYCLIC = st.sampled_from([f for f in Frequency if f is not ONE_TIME])


@st.composite
def schedules(draw: st.DrawFn) -> Schedule:
    """Two or three phases on end, cut anywhere, some of them resetting, the last perhaps open."""
    cuts = sorted(draw(st.sets(st.integers(0, 500), min_size=3, max_size=4)))
    days = [day("1-1") + timedelta(days=cut) for cut in cuts]
    same = item("same", frequency=draw(CYCLIC))
    phases = [
        Phase(
            f"p{index}",
            start,
            end - timedelta(days=1),
            (
                same,
                item("adv", frequency=draw(CYCLIC), timing=ADVANCE),
                item("once", frequency=ONE_TIME, timing=draw(st.sampled_from(Timing))),
            ),
            resets=index > 0 and draw(st.booleans()),
        )
        for index, (start, end) in enumerate(pairwise(days))
    ]
    if draw(st.booleans()):
        phases[-1] = replace(phases[-1], end=None)
    end = draw(st.none() | st.integers(cuts[0], 600).map(lambda n: day("1-1") + timedelta(days=n)))
    billing_day = draw(st.integers(1, 31))
    return Schedule("s", "acme", days[0], end, billing_day, roll_up=False, phases=tuple(phases))


LATER = st.integers(0, 900).map(lambda n: day("1-1") + timedelta(days=n))


@given(schedules(), st.lists(LATER, min_size=1, max_size=5).map(sorted))
def test_running_in_steps_equals_running_once(agreed: Schedule, steps: list[date]) -> None:
    billed: list[Charge] = []
    for as_of in steps:
        done = {charge.key for charge in billed}
        billed += [charge for charge in charges(agreed, as_of) if charge.key not in done]

    assert billed == list(charges(agreed, steps[-1]))


@given(schedules(), LATER)
def test_what_is_due_by_a_day_is_all_that_is_ever_due_by_it(agreed: Schedule, as_of: date) -> None:
    ever = charges(agreed, day("2031-1-1"))

    assert charges(agreed, as_of) == tuple(c for c in ever if c.due_on <= as_of)


@given(schedules(), st.sets(LATER), st.booleans())
def test_closed_days_are_left_out_and_nothing_else_changes(
    agreed: Schedule, closed: set[date], settled: bool
) -> None:
    if settled:
        least = Minimum("least", D(5))
        off = Discount("off", DiscountType.PERCENTAGE, D("0.1"), "Off", separate=True)
        phases = (replace(one, minimums=(least,), discounts=(off,)) for one in agreed.phases)
        agreed = replace(agreed, phases=tuple(phases))
    every = charges(agreed, day("2031-1-1"))
    closed |= {one.due_on for one in every[::2]}

    found = charges(agreed, day("2031-1-1"), closed=closed)

    assert found == tuple(
        charge for charge in every if charge.item.on_demand or charge.due_on not in closed
    )


@given(schedules(), LATER)
def test_what_is_running_has_begun_and_is_due_later(agreed: Schedule, on: date) -> None:
    all_there_is = charges(agreed, day("2032-1-1"))

    begun = [charge for charge in all_there_is if charge.service.start <= on]

    assert running(agreed, on) == tuple(charge for charge in begun if charge.due_on > on)


@given(schedules())
def test_every_day_of_a_phase_is_charged_once_for_each_price(agreed: Schedule) -> None:
    found = charges(agreed, day("2031-1-1"))

    assert len({c.key for c in found}) == len(found)
    for stretch in agreed.phases:
        days = agreed.days_of(stretch)
        for priced in stretch.items:
            own = sorted(
                (c.service for c in found if c.phase_id == stretch.id and c.item == priced),
            )
            if days is None:
                assert own == []
                continue
            assert own[0].start == days.start
            assert all(a.end == b.start for a, b in pairwise(own))
            assert own[-1].end == days.end or days.end == date.max


@given(schedules())
def test_a_service_lies_in_its_full_cycle_and_is_due_when_it_begins_or_is_over(
    agreed: Schedule,
) -> None:
    for charge in charges(agreed, day("2031-1-1")):
        assert charge.full.intersect(charge.service) == charge.service
        if charge.item.timing is ADVANCE:
            assert charge.due_on == charge.service.start
        else:
            assert charge.service.end <= charge.due_on <= max(charge.full.end, charge.service.end)


MINUTES = Metric("minutes", "call", Aggregation.SUM, "minutes")


def test_a_schedule_claims_each_metric_for_the_phases_that_price_it() -> None:
    agreed = schedule(
        phase("1-1", "1-31", item("a", metric=CALLS), item("b", metric=CALLS), item("fee")),
        phase("2-1", "2-28", item("c", metric=CALLS), item("d", metric=MINUTES), id="2"),
        phase("3-1", "3-31", item("d", metric=MINUTES), id="3"),
        phase("4-1", None, item("a", metric=CALLS), id="4"),
        roll_up=True,
    )

    def claim(metric: str, start: str, end: datetime) -> Claim:
        begin = datetime.combine(day(start), datetime.min.time(), UTC)
        return Claim("s1", "acme", (metric,), Span(begin, end), True, day("1-1"))

    assert claims(agreed, UTC) == (
        claim("calls", "1-1", datetime(2026, 3, 1, tzinfo=UTC)),
        claim("minutes", "2-1", datetime(2026, 4, 1, tzinfo=UTC)),
        claim("calls", "4-1", FOREVER),
    )


def test_metrics_on_the_same_terms_are_claimed_together() -> None:
    named = replace(item("c", metric=replace(CALLS, id="named")), scope=frozenset({"x"}))
    agreed = schedule(phase("1-1", None, item("b", metric=MINUTES), item("a", metric=CALLS), named))

    found = [(claim.metric_ids, claim.scopes) for claim in claims(agreed, UTC)]

    assert found == [
        (("calls", "minutes"), frozenset({EVERYONE})),
        (("named",), frozenset({frozenset({"x"})})),
    ]


@pytest.mark.parametrize(
    ("phase_end", "schedule_end", "once_until"),
    [(None, None, "2-15"), ("2-28", None, "3-1"), (None, "3-31", "4-1")],
)
def test_usage_that_is_charged_once_is_claimed_for_the_days_charged_and_no_longer(
    phase_end: str | None, schedule_end: str | None, once_until: str
) -> None:
    once = item("once", metric=CALLS, frequency=Frequency.ONE_TIME)
    agreed = schedule(
        phase("1-15", phase_end, once, item("monthly", metric=MINUTES)), end=schedule_end
    )

    found = {id: claim.span.end for claim in claims(agreed, UTC) for id in claim.metric_ids}

    [charge] = [one for one in charges(agreed, day("12-31")) if one.item.id == "once"]
    assert charge.service.end == day(once_until)
    assert found["calls"].date() == day(once_until)
    assert found["minutes"] >= found["calls"]


def test_a_claim_begins_and_ends_at_midnight_of_the_workspace() -> None:
    agreed = schedule(phase("3-1", "3-31", item(metric=CALLS)))

    (claim,) = claims(agreed, ZoneInfo("Europe/Berlin"))

    assert claim.span == Span(
        datetime(2026, 2, 28, 23, tzinfo=UTC), datetime(2026, 3, 31, 22, tzinfo=UTC)
    )


@pytest.mark.parametrize(
    ("archived", "end"), [("2025-12-31", None), ("2026-02-10", "2026-02-10"), ("2027-01-01", "4-1")]
)
def test_an_archived_schedule_claims_nothing_from_then_on(archived: str, end: str | None) -> None:
    agreed = replace(
        schedule(phase("1-1", "3-31", item(metric=CALLS))),
        archived_at=datetime.combine(day(archived), datetime.min.time(), UTC),
    )

    spans = [claim.span for claim in claims(agreed, UTC)]

    assert [s.end.date() for s in spans] == ([] if end is None else [day(end)])


def test_a_claim_knows_whom_its_schedule_excludes_and_whom_its_prices_name_at_the_time() -> None:
    named = replace(item("b", metric=CALLS), scope=frozenset({"x"}))
    everyone = item("a", metric=CALLS)
    agreed = replace(
        schedule(
            phase("1-1", "1-31", everyone, named),
            phase("2-1", "2-28", named, everyone, id="2"),
            phase("3-1", None, named, id="3"),
            roll_up=True,
        ),
        exclusions=frozenset({"y"}),
    )

    found = claims(agreed, UTC)

    both = frozenset({EVERYONE, frozenset({"x"})})
    assert [(c.span.start.date(), c.span.end.date(), c.scopes) for c in found] == [
        (day("1-1"), day("3-1"), both),
        (day("3-1"), FOREVER.date(), frozenset({frozenset({"x"})})),
    ]
    assert {c.exclusions for c in found} == {frozenset({"y"})}


TIERS = (Tier(D(100), D(1)), Tier(None, D(2)))
CUMULATIVE = Graduated(TIERS, CalculationMode.CUMULATIVE)


def tiers_told(found: Iterable[Charge]) -> list[str]:
    """Each charge as ``first-day..last-day since first-day``, of the tiers' days."""
    return [
        f"{c.service.start:%-m-%-d}..{c.service.last_day:%-m-%-d} since {c.read.start:%-m-%-d}"
        for c in found
    ]


def periodic(months: int, times: int = 1) -> Graduated:
    return Graduated(TIERS, CalculationMode.PERIODIC, Window(months, times))


@pytest.mark.parametrize(
    ("price", "frequency", "expected"),
    [
        (
            CUMULATIVE,
            MONTHLY,
            ["1-10..1-31 since 1-10", "2-1..2-28 since 1-10", "3-1..3-31 since 1-10"],
        ),
        (CUMULATIVE, ONE_TIME, ["1-10..3-31 since 1-10"]),
        (
            periodic(1),
            MONTHLY,
            [
                "1-10..1-31 since 1-10",
                "2-1..2-9 since 1-10",
                "2-10..2-28 since 2-10",
                "3-1..3-9 since 2-10",
                "3-10..3-31 since 3-10",
            ],
        ),
        (
            periodic(1, 2),
            QUARTERLY,
            ["1-10..1-31 since 1-10", "2-1..3-9 since 1-10", "3-10..3-31 since 3-10"],
        ),
        (
            periodic(1),
            ONE_TIME,
            ["1-10..2-9 since 1-10", "2-10..3-9 since 2-10", "3-10..3-31 since 3-10"],
        ),
    ],
)
def test_tiers_go_on_within_the_phase(
    price: Price, frequency: Frequency, expected: list[str]
) -> None:
    agreed = schedule(phase("1-10", "3-31", item("calls", price, frequency, metric=CALLS)))

    assert tiers_told(charges(agreed, day("5-1"))) == expected


def test_another_phase_begins_in_the_first_tier() -> None:
    calls = item("calls", CUMULATIVE, metric=CALLS)
    agreed = schedule(phase("1-1", "2-14", calls), phase("2-15", None, calls, id="p2"))

    assert tiers_told(charges(agreed, day("4-1"))) == [
        "1-1..1-31 since 1-1",
        "2-1..2-14 since 1-1",
        "2-15..2-28 since 2-15",
        "3-1..3-31 since 2-15",
    ]


@given(st.dates(date(2026, 1, 1), date(2026, 12, 31)), st.sampled_from([MONTHLY, QUARTERLY]))
def test_cutting_a_period_loses_no_day_and_moves_no_due_day(
    start: date, frequency: Frequency
) -> None:
    def agreed(price: Price) -> Schedule:
        calls = item("calls", price, frequency, metric=CALLS)
        return schedule(Phase("p1", start, None, (calls,)), start=str(start))

    whole = charges(agreed(CUMULATIVE), date(2027, 12, 31))
    cut = charges(agreed(periodic(1)), date(2027, 12, 31))

    assert all(left.service.end == right.service.start for left, right in pairwise(cut))
    assert {(c.due_on, c.full) for c in cut} == {(c.due_on, c.full) for c in whole}
    assert (cut[0].service.start, cut[-1].service.end) == (start, whole[-1].service.end)
    assert {c.service.end for c in whole} <= {c.service.end for c in cut}
