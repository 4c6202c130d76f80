"""The lines of a charge add up to what it costs, whatever was adjusted and voided before."""

from dataclasses import replace
from datetime import date
from decimal import Decimal as D

from hypothesis import given
from hypothesis import strategies as st

from catchment.core.invoices.adjustments import (
    Adjusting,
    BilledLine,
    Standing,
    shares_less,
    up_to_date,
)
from catchment.core.invoices.invoicing import Line, adjustment, line
from catchment.core.shares.allocation import METHODS
from catchment.core.shares.breakdown import Measured
from catchment.core.shares.line_shares import Share, Shares
from catchment.core.terms.pricing import Graduated, Tier
from catchment.core.terms.schedules import Charge, Frequency, Phase, PricedItem, Schedule, Timing
from catchment.core.usage.metering import Aggregation, Metric, Usage
from catchment.core.values.money import Money
from catchment.core.values.period import Period, days_text

MARCH = Period(date(2026, 3, 1), date(2026, 4, 1))
ITEM = PricedItem(
    "p",
    "product",
    "Platform",
    "Calls",
    "EUR",
    Graduated((Tier(D(100), D("0.333"), D(0)), Tier(None, D("0.1115"), D("0.5")))),
    Frequency.MONTHLY,
    Timing.IN_ARREARS,
    Metric("calls", "call", Aggregation.SUM, "n"),
)
SCHEDULE = Schedule(
    "s", "a", MARCH.start, None, None, True, (Phase("ph", MARCH.start, None, (ITEM,)),)
)
CHARGE = Charge("s", "ph", ITEM, MARCH, MARCH, MARCH.end)

used = st.dictionaries(st.sampled_from("abcd"), st.integers(1, 300).map(D), min_size=0, max_size=4)


def measured(members: dict[str, D]) -> Measured:
    events = dict.fromkeys(members, 1)
    return Measured(CHARGE, Usage(sum(members.values(), D(0)), members, len(members), events))


def kept(id: str, number: int, made: Line) -> BilledLine:
    paths = {who: ("a", who) for who in made.sharing}
    events, shares = made.event_count or 0, tuple(made.shares or ())
    return BilledLine(id, number, made.quantity, made.net, events, shares, paths)


def adjusting(billed: list[BilledLine]) -> Adjusting:
    return Adjusting(SCHEDULE, CHARGE, ("a",), "s", len(billed), tuple(billed))


def billed_one_after_the_other(
    known: list[dict[str, D]], *, deduct: int | None = None
) -> list[BilledLine]:
    """The lines of the charge where that was known each time; only ``deduct`` lines are taken off."""
    first, *later = known
    lines = [kept("0", 0, line(measured(first), methods=METHODS))]
    for number, members in enumerate(later, 1):
        made = adjustment(adjusting(lines[:deduct]), measured(members))
        if made is not None:
            lines.append(kept(str(number), number, made.line))
    return lines


def whole(lines: list[BilledLine]) -> tuple[D, Money, dict[str, list[int]]]:
    shares: dict[str, list[int]] = {}
    for one in lines:
        for who, _, parts, _ in one.shares or ():
            sums = shares.setdefault(who, [0, 0, 0])
            shares[who] = [own + (part or 0) for own, part in zip(sums, parts, strict=True)]
    net = sum((one.net for one in lines), Money(0, "EUR"))
    quantity = sum((one.quantity for one in lines), D(0))
    return quantity, net, {who: own for who, own in shares.items() if any(own)}


@given(st.lists(used, min_size=1, max_size=5))
def test_the_lines_of_a_charge_and_their_shares_are_what_was_known_last(
    known: list[dict[str, D]],
) -> None:
    assert whole(billed_one_after_the_other(known)) == whole(billed_one_after_the_other(known[-1:]))


@given(st.lists(used, min_size=1, max_size=5))
def test_the_shares_of_an_adjustment_are_the_adjustment(known: list[dict[str, D]]) -> None:
    for one in billed_one_after_the_other(known):
        for place in range(3):
            parts = [share.parts[place] or 0 for share in one.shares or ()]
            assert sum(parts) == one.net.minor


def test_taking_off_only_the_first_line_bills_what_came_in_between_twice() -> None:
    known = [{"b": D(10)}, {"b": D(20)}, {"b": D(30)}]

    assert whole(billed_one_after_the_other(known, deduct=1)) != whole(
        billed_one_after_the_other(known[-1:])
    )


@given(used)
def test_where_nothing_has_changed_there_is_nothing_to_adjust(members: dict[str, D]) -> None:
    assert len(billed_one_after_the_other([members, members])) == 1


def test_an_adjustment_that_reverses_leaves_nothing_of_those_before() -> None:
    first = kept("1", 1, line(measured({"b": D(7)}), methods=METHODS))

    made = adjustment(replace(adjusting([first]), reverses=True), measured({"b": D(9)}))

    assert made is not None
    assert whole([first, kept("2", 2, made.line)]) == (D(0), Money(0, "EUR"), {})


def test_the_title_says_which_days() -> None:
    found = [
        days_text(Period(start, end))
        for start, end in (
            (date(2026, 3, 1), date(2026, 4, 1)),
            (date(2026, 3, 15), date(2026, 4, 15)),
            (date(2025, 12, 15), date(2026, 1, 15)),
            (date(2026, 3, 1), date(2026, 3, 2)),
        )
    ]

    assert found == [
        "1 – 31 March 2026",
        "15 March – 14 April 2026",
        "15 December 2025 – 14 January 2026",
        "1 March 2026",
    ]


def test_a_line_is_up_to_date_that_knew_all_others() -> None:
    original, first = Standing("a", 0), Standing("b", 1, ("a",))
    taken_back = Standing("c", 2, ("b",), reverses=True)

    assert up_to_date([original])
    assert up_to_date([original, first])
    assert not up_to_date([first])
    assert not up_to_date([replace_id(original), first])
    assert up_to_date([first, taken_back])
    assert up_to_date([replace_id(original), first, taken_back])


def replace_id(one: Standing) -> Standing:
    """The line that bills the same charge again."""
    return one._replace(id="another")


def test_who_had_a_share_and_has_none_any_more_gives_it_back() -> None:
    before = BilledLine("a", 0, D(5), Money(50, "EUR"), 1, (Share("b", D(5), (50, None, 50)),))

    found = shares_less(Shares.of([Share("c", D(5), (50, 50, 50))]), [before])

    assert list(found or ()) == [
        Share("b", D(-5), (-50, None, -50)),
        Share("c", D(5), (50, 50, 50)),
    ]
    assert shares_less(None, [before]) is None
