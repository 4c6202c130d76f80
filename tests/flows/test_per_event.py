"""What is charged per event: a line for each, where it stood when it came, on the day's invoice."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from functools import partial

import pytest
from sqlalchemy import Engine

from catchment import ids
from catchment.core.usage.metering import UsageQuery
from catchment.flows.billing.place_charges import place
from catchment.flows.invoices.void_invoice import void_invoice
from catchment.flows.usage.drop_usage import drop_usage
from catchment.store.access import Workspace
from catchment.store.engine import writing
from catchment.store.invoices import invoices
from catchment.store.invoices.invoices import Invoice
from catchment.usage import Reading, UsageStore
from tests.flows.books import GRADUATED, NOW, Books, instead
from tests.flows.running import run
from tests.flows.test_on_demand import Family, family

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
per_event = partial(family, frequency="PER_EVENT")


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


def test_lines_stand_in_the_order_of_the_events_and_say_whose_and_when_they_are(
    engine: Engine, usage: UsageStore, workspace: Workspace
) -> None:
    books = Books(engine, usage, replace(workspace, timezone="America/New_York"))
    made = per_event(books)
    books.used(
        (made.south, "calls", "2026-01-06T04:30", "3"),
        (made.north, "calls", "2026-01-05T13:00", "4"),
        (made.north, "calls", "2026-01-06T04:30", "0"),
    )

    [one] = made.drafted("01-07")

    assert f"{one.due_on:%m-%d}" == "01-06"
    assert [(line.title, line.net.minor, line.event_count) for line in made.lines(one)] == [
        ("Linear – e2, 5 January 2026 08:00, North", 8_00, 1),
        ("Linear – e1, 5 January 2026 23:30, South", 6_00, 1),
        ("Linear – e3, 5 January 2026 23:30, North", 0, 1),
    ]


def test_a_draft_takes_in_an_event_that_comes_late_and_loses_one_that_is_gone(
    books: Books,
) -> None:
    made = per_event(books)
    made.called(("N", "01-05", 3))
    [draft] = made.drafted("01-06")
    made.called(("S", "01-05", 4))
    assert made.drafted("01-06") == []
    assert lines(made, draft) == [("e1", 6_00), ("e2", 8_00)]
    books.used_again(1, (made.north, "calls", "2026-02-04", "4"))

    with writing(books.engine) as tx:
        [held] = invoices.held_drafts(tx, books.workspace.id, [draft.id])
        place(tx, books.usage, books.workspace, [held], now=NOW, new_id=ids.new_id)

    assert lines(made, draft) == [("e2", 8_00)]


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


def test_events_that_are_not_billed_keep_usage_from_being_dropped(books: Books) -> None:
    made = per_event(books, structure=GRADUATED)
    made.called(("N", "01-05", 3))

    found = drop_usage(books.engine, books.usage, books.workspace, date(2026, 2, 1), now=NOW)

    assert found.needed == (
        "Graduated of Parent for 5 January 2026 is on no invoice yet.",
        "The tiers of Graduated of Parent go on from usage since 1 January 2026.",
    )
