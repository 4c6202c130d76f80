"""What is charged per event: a line for each, where it stood when it came, on the day's invoice."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from functools import partial
from typing import Any

import pytest
from sqlalchemy import Engine

from catchment import ids
from catchment.core.metering import UsageQuery
from catchment.flows.billing.place_charges import place
from catchment.flows.invoices.void_invoice import void_invoice
from catchment.flows.usage.drop_usage import drop_usage
from catchment.store.access import Workspace
from catchment.store.engine import writing
from catchment.store.invoices import invoices
from catchment.store.invoices.invoices import Invoice
from catchment.usage import Reading, UsageStore
from tests.flows.books import GRADUATED, NOW, Books, fixed, instead, linear
from tests.flows.running import run
from tests.flows.test_on_demand import Family, family

per_event = partial(family, frequency="PER_EVENT")


@pytest.fixture
def books(engine: Engine, usage: UsageStore, workspace: Workspace) -> Books:
    return Books(engine, usage, workspace)


def lines(made: Family, one: Invoice) -> list[tuple[str, int]]:
    """The events that an invoice bills, or (*) adjusts, with minor units."""
    return [
        (f"{line.event or line.title}{'*' if line.deducted else ''}", line.net.minor)
        for line in made.lines(one)
    ]


def issued(made: Family, as_of: str) -> list[tuple[str, int, list[tuple[str, int]]]]:
    """What a run drafts, issued: due on, ordinal, lines."""
    found = made.drafted(as_of)
    for one in found:
        made.issue(one)
    return [(f"{one.due_on:%m-%d}", one.ordinal, lines(made, one)) for one in found]


def test_every_event_is_a_line_of_the_day_after(books: Books) -> None:
    made = per_event(books)
    made.called(("N", "01-05", 3), ("S", "01-05", 4), ("P", "01-07", 1))

    assert issued(made, "01-31") == [
        ("01-06", 0, [("e1", 6_00), ("e2", 8_00)]),
        ("01-08", 0, [("e3", 2_00)]),
    ]
    assert made.drafted("01-31") == []
    assert made.differences() == []


def test_lines_stand_in_the_order_of_the_events_and_say_whose_they_are(books: Books) -> None:
    made = per_event(books)
    books.used(
        (made.south, "calls", "2026-01-05T10:30:00", "3"),
        (made.north, "calls", "2026-01-05T08:00:00", "4"),
        (made.north, "calls", "2026-01-05T10:30:00", "5"),
    )

    [one] = made.drafted("01-06")

    assert [line.title for line in made.lines(one)] == [
        "Linear – e2, 5 January 2026 08:00, North",
        "Linear – e1, 5 January 2026 10:30, South",
        "Linear – e3, 5 January 2026 10:30, North",
    ]
    assert [line.event_count for line in made.lines(one)] == [1, 1, 1]


def test_an_event_is_priced_where_those_before_it_left_the_tiers(books: Books) -> None:
    made = per_event(books, structure=GRADUATED)
    made.called(("N", "01-05", 60), ("S", "01-05", 60), ("S", "01-07", 10))

    assert issued(made, "01-31") == [
        ("01-06", 0, [("e1", 80_00), ("e2", 40_00 + 50_00 + 15_00)]),
        ("01-08", 0, [("e3", 7_50)]),
    ]
    assert made.differences() == []


def test_a_late_event_is_a_line_of_its_own(books: Books) -> None:
    made = per_event(books)
    made.called(("N", "01-05", 3))
    issued(made, "01-06")
    made.called(("S", "01-05", 4))

    assert issued(made, "01-06") == [("01-06", 1, [("e2", 8_00)])]
    assert issued(made, "01-31") == []
    assert made.differences() == []


def test_a_late_event_that_moves_tiers_adjusts_the_events_after_it(books: Books) -> None:
    made = per_event(books, structure=GRADUATED)
    books.used(
        (made.north, "calls", "2026-01-05T10:00", "60"),
        (made.south, "calls", "2026-01-05T12:00", "40"),
    )
    made.called(("S", "01-07", 10))
    issued(made, "01-31")
    books.used((made.south, "calls", "2026-01-05T11:00", "20"))

    # e2 went from 60 to 100 and goes from 80 to 120; e3 from 100 to 110, and from 120 to 130.
    assert issued(made, "01-31") == [
        ("01-06", 1, [("e4", 20_00), ("e2*", 20_00 + 50_00 + 15_00 - 40_00), ("e3*", -50_00)]),
    ]
    assert made.differences() == []


def test_a_late_event_joins_the_draft_of_its_day(books: Books) -> None:
    made = per_event(books)
    made.called(("N", "01-05", 3))
    [one] = made.drafted("01-06")
    made.called(("S", "01-05", 4))

    assert made.drafted("01-06") == []

    assert lines(made, one) == [("e1", 6_00), ("e2", 8_00)]


def test_a_corrected_event_takes_its_own_line_back(books: Books) -> None:
    made = per_event(books)
    made.called(("N", "01-05", 3), ("S", "01-05", 4))
    issued(made, "01-06")
    books.used_again(1, (made.north, "calls", "2026-01-05", "1"))
    made.called(("N", "01-09", 1))

    assert issued(made, "01-10") == [("01-10", 0, [("e3", 2_00), ("e1*", -4_00)])]
    assert made.differences() == []


def test_an_event_that_moves_to_another_day_is_given_back_and_billed_there(books: Books) -> None:
    made = per_event(books)
    made.called(("N", "01-05", 3), ("S", "01-05", 4))
    issued(made, "01-06")
    books.used_again(1, (made.north, "calls", "2026-01-09", "3"))

    assert issued(made, "01-10") == [("01-10", 0, [("e1", 6_00), ("e1*", -6_00)])]
    assert made.differences() == []


def test_what_falls_due_with_the_month_shares_its_invoice(books: Books) -> None:
    made = per_event(books, books.price(fixed("100")))
    made.called(("N", "01-31", 3), ("S", "01-31", 1))

    assert issued(made, "02-10") == [
        ("02-01", 0, [("e1", 6_00), ("e2", 2_00), ("Fixed", 100_00)]),
    ]
    assert made.differences() == []


def test_without_adjustments_of_late_usage_an_event_of_a_billed_day_is_not_billed(
    books: Books,
) -> None:
    made = per_event(books, adjust_late_usage=False)
    made.called(("N", "01-05", 3))
    issued(made, "01-06")
    made.called(("S", "01-05", 4), ("S", "01-07", 1))

    assert issued(made, "01-31") == [("01-08", 0, [("e3", 2_00)])]
    assert made.differences() == []
    dropped = drop_usage(books.engine, books.usage, books.workspace, date(2026, 2, 1), now=NOW)
    assert dropped.needed == ()


def test_a_voided_invoice_frees_its_events_beside_those_that_came_late(books: Books) -> None:
    made = per_event(books)
    made.called(("N", "01-05", 3))
    [first] = made.drafted("01-06")
    made.issue(first)
    made.called(("S", "01-05", 4))
    issued(made, "01-06")
    with writing(books.engine) as tx:
        void_invoice(tx, books.workspace.id, first.id, on=NOW.date(), now=NOW)

    assert issued(made, "01-06") == [("01-06", 0, [("e1", 6_00)])]
    assert made.differences() == []


def test_a_draft_loses_the_line_of_an_event_that_is_gone(books: Books) -> None:
    made = per_event(books)
    made.called(("N", "01-05", 3), ("S", "01-05", 4))
    [draft] = made.drafted("01-06")
    books.used_again(1, (made.north, "calls", "2026-02-04", "4"))

    with writing(books.engine) as tx:
        [held] = invoices.held_drafts(tx, books.workspace.id, [draft.id])
        place(tx, books.usage, books.workspace, [held], now=NOW, new_id=ids.new_id)

    assert lines(made, draft) == [("e2", 8_00)]


def test_events_of_a_child_that_bills_its_parent_are_on_the_parents_invoice(books: Books) -> None:
    parent = books.customer("Parent")
    made = Family(books, parent, books.customer("North", parent), books.customer("South", parent))
    books.schedule(parent, books.price(fixed("100")))
    price = books.price(linear("1"), books.metric("calls"), frequency="PER_EVENT")
    books.schedule(made.north, price, bill_to="PARENT")
    books.write()
    made.called(("N", "01-05", 3), ("N", "01-31", 4))

    found = made.drafted("02-01")

    assert [(one.customer_id, lines(made, one)) for one in found] == [
        (parent, [("e1", 3_00)]),
        (parent, [("Fixed", 100_00), ("e2", 4_00)]),
    ]
    for one in found:
        made.issue(one)
    made.called(("N", "01-31", 1))
    assert issued(made, "02-01") == [("02-01", 0, [("e3", 1_00)])]
    assert made.differences() == []


@pytest.mark.parametrize("separate", [True, False])
def test_a_percentage_is_taken_off_every_event(books: Books, separate: bool) -> None:
    made = per_event(books, off=[{"amount": "0.1", "separate_line_item": separate}])
    made.called(("N", "01-05", 30), ("S", "01-05", 10))

    [one] = made.drafted("01-31")

    assert [line.net.minor for line in made.lines(one)] == (
        [60_00, -6_00, 20_00, -2_00] if separate else [54_00, 18_00]
    )
    made.issue(one)
    made.called(("S", "01-05", 5), ("S", "01-09", 1))
    assert [(one[0], one[1]) for one in issued(made, "01-31")] == [("01-06", 1), ("01-10", 0)]
    assert made.differences() == []


def test_a_bounded_percentage_is_that_of_the_event(books: Books) -> None:
    bounded: dict[str, Any] = {"price": "0.1", "isPricePercentage": True, "fee": "0"}
    bounded |= {"minPrice": "1", "maxPrice": "5"}
    made = per_event(books, structure={"pricingType": "VOLUME", "tiers": [bounded]})
    made.called(("N", "01-05", 5), ("S", "01-05", 30), ("N", "01-05", 900))

    assert issued(made, "01-06") == [("01-06", 0, [("e1", 1_00), ("e2", 3_00), ("e3", 5_00)])]
    assert made.differences() == []


def test_an_event_of_nothing_is_a_line_of_nothing(books: Books) -> None:
    made = per_event(books)
    made.called(("N", "01-05", 0))

    assert issued(made, "01-06") == [("01-06", 0, [("e1", 0)])]
    assert made.differences() == []


def test_a_day_is_one_of_the_workspaces_zone(
    engine: Engine, usage: UsageStore, workspace: Workspace
) -> None:
    books = Books(engine, usage, replace(workspace, timezone="America/New_York"))
    made = per_event(books)
    books.used((made.north, "calls", "2026-01-06T04:30:00+00:00", "1"))

    [one] = made.drafted("01-07")

    assert [line.title for line in made.lines(one)] == ["Linear – e1, 5 January 2026 23:30, North"]
    assert f"{one.due_on:%m-%d}" == "01-06"


def test_an_event_that_nobody_billed_is_found_by_the_census(books: Books) -> None:
    class Forgetful(UsageStore):
        def reading(
            self, workspace_id: str, asked: Sequence[UsageQuery], last_seq: int | None = None
        ) -> Reading:
            found = super().reading(workspace_id, asked, last_seq)
            return replace(
                found, answers=[replace(one, events=one.events[:1]) for one in found.answers]
            )

    made = per_event(books)
    made.called(("N", "01-05", 3), ("S", "01-05", 4))

    result = run(books, usage=instead(Forgetful, books.usage))

    assert [(one.part, one.expected, one.found) for one in result.report.differences] == [
        ("line", "2", "1"),
        ("metric", "1", "2"),
    ]


def test_lines_of_other_schedules_are_counted_by_themselves(books: Books) -> None:
    made = per_event(books)
    price = books.price(linear("1"), books.metric("other"), frequency="PER_EVENT")
    books.schedule(made.north, price)
    books.write()
    made.called(("N", "01-05", 3), ("S", "01-05", 4))
    books.used((made.north, "other", "2026-01-05", "1"), (made.north, "other", "2026-01-05", "2"))

    result = run(books)

    assert result.report.differences == ()
    assert sorted(row.billed for row in result.report.sheet) == [2, 2]


def test_events_that_are_not_billed_keep_usage_from_being_dropped(books: Books) -> None:
    made = per_event(books, structure=GRADUATED)
    made.called(("N", "01-05", 3), ("N", "02-07", 1))
    issued(made, "01-06")
    made.called(("S", "01-05", 1))

    found = drop_usage(books.engine, books.usage, books.workspace, date(2026, 2, 1), now=NOW)

    assert found.needed == (
        "Graduated of Parent for 5 January 2026 is on no invoice yet.",
        "The tiers of Graduated of Parent go on from usage since 1 January 2026.",
    )
