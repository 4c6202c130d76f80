"""Charges on demand: one for each day that was used, and due the day after it."""

from __future__ import annotations

from decimal import Decimal as D

import pytest

from catchment.core.due.charging import charges, is_over, running
from catchment.core.due.daily import NEVER_USED, DaysUsed, Use, either, is_used, only
from catchment.core.invoices.consolidation import Key, Payer, arrange
from catchment.core.terms.pricing import CalculationMode, Graduated, SeatPart, Tier, Window
from catchment.core.terms.schedules import Charge, Frequency, Schedule, part_of
from catchment.core.terms.single_events import EventPart
from catchment.core.values.period import Period
from tests.core.agreements import CALLS, day, item, phase, schedule
from tests.core.test_schedules import told

ON_DEMAND = Frequency.ON_DEMAND
TIERS = (Tier(D(100), D(1)), Tier(None, D(2)))
CALLED = item("calls", metric=CALLS, frequency=ON_DEMAND)
SENT = item("sent", metric=CALLS, frequency=Frequency.PER_EVENT)


def graduated(mode: CalculationMode, window: Window | None = None) -> Schedule:
    price = Graduated(TIERS, mode, window)
    called = item("calls", price, ON_DEMAND, metric=CALLS)
    return schedule(phase("1-1", "1-9", called), phase("1-10", None, called, id="p2"))


def used_on(*days: str) -> DaysUsed:
    return only(*(Use(day(on)) for on in days))


def itself(one: Schedule, _charge: Charge) -> Payer:
    return Payer(one, (one.customer,))


def test_only_days_that_were_used_are_charged_and_the_day_after() -> None:
    agreed = schedule(phase("1-1", None, CALLED, item("fee")))
    used = used_on("2-3", "1-31", "1-5")

    assert told(charges(agreed, day("2-3"), used=used)) == [
        "calls 1-5..1-5 @ 1-6",
        "calls 1-31..1-31 @ 2-1",
        "fee 1-1..1-31 @ 2-1",
    ]
    assert told(running(agreed, day("2-3"), used)) == [
        "calls 2-3..2-3 @ 2-4",
        "fee 2-1..2-28 @ 3-1",
    ]


def test_where_it_is_not_known_what_was_used_every_day_may_be_charged() -> None:
    agreed = schedule(phase("1-1", "1-20", CALLED), end="1-20")

    found = charges(agreed, day("3-1"))

    assert [one.service.start.day for one in found] == list(range(1, 21))
    assert all(one.full == one.service for one in found)


def test_nothing_is_charged_before_the_phase_nor_after_it() -> None:
    agreed = schedule(phase("1-1", "1-9", item("fee")), phase("1-10", "1-20", CALLED), end="1-20")
    used = used_on("1-9", "1-10", "1-20", "1-21")

    assert [c.service.start for c in charges(agreed, day("1-5"), used=used)] == []
    assert told(charges(agreed, day("3-1"), used=used)) == [
        "calls 1-10..1-10 @ 1-11",
        "fee 1-1..1-9 @ 1-21",
        "calls 1-20..1-20 @ 1-21",
    ]


@pytest.mark.parametrize(
    ("mode", "window", "began"),
    [
        (CalculationMode.BILLING_PERIOD, None, "1-10"),
        (CalculationMode.CUMULATIVE, None, "1-10"),
        (CalculationMode.PERIODIC, Window(1), "2-10"),
    ],
)
def test_tiers_begin_with_the_phase_or_a_calculation_period(
    mode: CalculationMode, window: Window | None, began: str
) -> None:
    [early, late] = charges(graduated(mode, window), day("3-9"), used=used_on("1-5", "3-1"))

    assert (early.before, late.before) == (
        Period(day("1-1"), day("1-5")),
        Period(day(began), day("3-1")),
    )


def test_a_schedule_that_ended_charges_its_last_day_before_it_is_over() -> None:
    agreed = schedule(phase("1-1", "1-20", CALLED), end="1-20")

    assert [is_over(agreed, day(on)) for on in ("1-20", "1-21")] == [False, True]


def test_what_recurs_is_used_on_every_day() -> None:
    agreed = schedule(phase("1-1", None, CALLED, item("fee")))
    found = charges(agreed, day("2-1"), used=used_on("1-5"))

    assert [is_used(agreed, one, NEVER_USED) for one in found] == [False, True]


def test_a_day_finds_another_invoice_where_that_of_its_day_is_closed() -> None:
    agreed = schedule(phase("1-1", None, CALLED, item("fee")))
    found = charges(agreed, day("2-1"), used=used_on("1-5", "1-31"))
    closed = {Key("s1", day("2-1")), Key("s1", day("2-1"), 1)}

    dues = arrange(((agreed, one) for one in found), itself, closed)

    def days(of: tuple[Charge, ...]) -> list[int]:
        return [one.service.start.day for one in of]

    assert [(due.on.day, due.ordinal, days(due.charges)) for due in dues] == [
        (6, 0, [5]),
        (1, 2, [31]),
    ]


def event(on: str, id: str) -> Use:
    return Use(day(on), EventPart.of(id))


def test_each_event_is_a_charge_of_its_day_in_the_order_of_the_events() -> None:
    agreed = schedule(phase("1-1", None, SENT, CALLED, item("fee")))
    used = only(event("1-31", "z"), event("1-31", "a"), event("1-5", "m"))

    found = charges(agreed, day("2-1"), used=used)

    assert [(one.item.id, one.service.start, one.due_on, one.event) for one in found] == [
        ("sent", day("1-5"), day("1-6"), "m"),
        ("calls", day("1-5"), day("1-6"), None),
        ("sent", day("1-31"), day("2-1"), "z"),
        ("sent", day("1-31"), day("2-1"), "a"),
        ("calls", day("1-31"), day("2-1"), None),
        ("fee", day("1-1"), day("2-1"), None),
    ]
    assert len({one.billed_as for one in found}) == len(found)
    assert [is_used(agreed, one, used) for one in found[:1]] == [True]


def test_tiers_of_events_began_with_the_phase() -> None:
    tiered = item("sent", Graduated(TIERS), Frequency.PER_EVENT, metric=CALLS)
    agreed = schedule(phase("1-1", None, tiered))

    [one] = charges(agreed, day("2-1"), used=only(event("1-5", "m")))

    assert one.before == Period(day("1-1"), day("1-5"))


def test_what_is_known_from_two_sides_is_known_once() -> None:
    known = either(used_on("1-5", "1-7"), only(Use(day("1-7")), event("1-7", "m")))

    agreed = schedule(phase("1-1", None, SENT))
    found = charges(agreed, day("1-31"), used=known)

    assert [(one.service.start.day, one.event) for one in found] == [(5, None), (7, None), (7, "m")]


def test_a_part_is_read_as_it_is_kept() -> None:
    assert part_of("") is SeatPart.ALL
    assert part_of("OVERAGES") is SeatPart.OVERAGES
    kept = part_of(f"{EventPart.of('OVERAGES')}")
    assert isinstance(kept, EventPart)
    assert kept.event == "OVERAGES"
