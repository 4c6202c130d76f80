"""Discounts and minimums over prices of several kinds: cut periods, tiers that go on, and seats."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

import pytest

from catchment import ids
from catchment.core.due.charging import charges
from catchment.core.invoices.consolidation import Due, Part
from catchment.core.usage.metering import UsageQuery
from catchment.flows.billing.agreed import agreements
from catchment.flows.billing.drafting import drafts
from catchment.flows.schedules.stop_schedule import resume, suspend
from catchment.store.engine import reading, writing
from catchment.store.invoices import invoices
from catchment.store.invoices.invoices import Invoice
from catchment.usage import Reading, UsageStore
from tests.flows.books import GRADUATED, NOW, Books, instead, linear, seat
from tests.flows.test_discounts_and_minimums import (
    JANUARY,
    TEN_PERCENT,
    by_price,
    charged,
    lines,
)
from tests.flows.test_late_usage import (
    APRIL,
    FEBRUARY,
    MARCH,
    MAY,
    billed,
    contents,
    issue,
    run,
    shares,
    verdicts,
    void,
)

MONTHLY_TIERS = GRADUATED | {
    "usageCalculationMode": "PERIODIC",
    "usageCalculationPeriod": {"frequency": "MONTHLY", "interval": 1},
}
CUMULATIVE = GRADUATED | {"usageCalculationMode": "CUMULATIVE"}
THOUSAND = {"amount": "1000"}
HUNDRED = {"type": "NOMINAL", "amount": "100"}
WITHIN = {"separate_line_item": False}


def family(books: Books, *prices: str, **terms: Any) -> dict[str, str]:
    """A parent who pays for what North and South use together."""
    made = {"parent": books.customer("Parent")}
    made |= {name: books.customer(name, made["parent"]) for name in ("North", "South")}
    made["schedule"] = books.schedule(made["parent"], *prices, roll_up_billing=True, **terms)
    books.write()
    return made


def nets(books: Books, invoice: Invoice) -> list[int]:
    return [net for _, net in lines(books, invoice)]


@pytest.mark.parametrize(
    ("off", "found", "late"),
    [
        # The months are 80, 188.75 and 21; then January's 110 calls are 177.50 instead.
        (TEN_PERCENT, [80_00, -8_00, 188_75, -18_88, 21_00, -2_10], [159_75, 169_87, 18_90]),
        (TEN_PERCENT | WITHIN, [72_00, 169_87, 18_90], [159_75, 169_87, 18_90]),
        (HUNDRED, [80_00, -27_61, 188_75, -65_14, 21_00, -7_25], [131_66, 140_01, 15_58]),
        (HUNDRED | WITHIN, [52_39, 123_61, 13_75], [131_66, 140_01, 15_58]),
    ],
    ids=["fraction", "fraction-within", "nominal", "nominal-within"],
)
def test_a_quarter_of_monthly_tiers_is_one_cycle_of_discounts_and_minimums(
    books: Books, off: dict[str, Any], found: list[int], late: list[int]
) -> None:
    price = books.price(MONTHLY_TIERS, books.metric("calls"), frequency="QUARTERLY")
    made = family(books, price, off=[off], least=[{"amount": "1000"}])
    north, south = made["North"], made["South"]
    books.used((north, "calls", "2026-01-05", "60"), (south, "calls", "2026-02-06", "125"))
    books.used((north, "calls", "2026-03-06", "1"))

    quarter = billed(books, APRIL)

    assert nets(books, quarter) == [*found, 1000_00 - sum(found)]
    books.used((south, "calls", "2026-01-20", "50"))
    billed(books, date(2026, 7, 1))
    months = [charged(books, start) for start in (JANUARY, FEBRUARY, MARCH)]
    assert months[0].pop("Minimum") == 1000_00 - sum(late)
    assert [sum(month.values()) for month in months] == late
    assert set(verdicts(books).values()) == {None}


def test_months_whose_tiers_go_on_each_have_their_discounts(books: Books) -> None:
    thirty = {"type": "NOMINAL", "amount": "30"} | WITHIN
    price = books.price(CUMULATIVE, books.metric("calls"))
    made = family(books, price, off=[TEN_PERCENT, thirty], least=[{"amount": "50"}])
    north, south = made["North"], made["South"]
    books.used((north, "calls", "2026-01-05", "60"), (south, "calls", "2026-02-06", "65"))

    january, february = billed(books, FEBRUARY), billed(books, MARCH)

    # Of 80 and 108.75 a tenth, and 30 of what is left.
    assert nets(books, january) == [50_00, -8_00, 8_00]
    assert nets(books, february) == [78_75, -10_88, 0]
    books.used((south, "calls", "2026-01-20", "20"))
    billed(books, APRIL)
    # January is 100 now, and February, from 80 calls on, 103.75.
    assert list(charged(books, JANUARY).values()) == [70_00, -10_00, 0]
    assert list(charged(books, FEBRUARY).values()) == [73_75, -10_38, 0]
    assert set(verdicts(books).values()) == {None}


def test_a_month_that_gives_back_gives_the_discount_back_and_reaches_its_minimum(
    books: Books,
) -> None:
    price = books.price(CUMULATIVE, books.metric("calls"))
    made = family(books, price, off=[TEN_PERCENT], least=[{"amount": "50"}])
    north, south = made["North"], made["South"]
    books.used((north, "calls", "2026-01-05", "125"))
    books.used((south, "calls", "2026-02-05", "5"), (north, "calls", "2026-02-06", "-35"))

    january, february = billed(books, FEBRUARY), billed(books, MARCH)

    assert nets(books, january) == [188_75, -18_88, 0]
    # All 95 calls cost 115. What is missing is South's, who used something in February.
    assert nets(books, february) == [-73_75, 7_38, 116_37]
    back, launch, least = contents(books, february).lines
    assert shares(books, february, back) == {"North": -73_75}
    assert shares(books, february, launch) == {"North": 7_38}
    assert shares(books, february, least) == {"South": 116_37}
    assert set(verdicts(books).values()) == {None}


@pytest.mark.parametrize("separate", [True, False])
def test_seats_and_calls_share_a_discount_and_adjust_it_for_each_other(
    books: Books, separate: bool
) -> None:
    prices = (
        books.price(seat(books.seats("user"), "10")),
        books.price(linear("1"), books.metric("calls")),
    )
    off = HUNDRED | {"separate_line_item": separate}
    made = family(books, *prices, off=[off], least=[{"amount": "1000"}])
    north, south = made["North"], made["South"]
    books.seated((north, "user", "2026-01-01", 12), (south, "user", "2026-01-01", 8))
    books.used((north, "calls", "2026-01-05", "300"))
    books.seated((north, "user", "2026-02-01", 13))

    billed(books, FEBRUARY)

    # Of 200 and 300 the discount takes 40 and 60; seats do not count towards the minimum.
    assert paid(books, JANUARY, prices) == [160_00, 240_00, 760_00]
    books.seated((south, "user", "2026-01-01", 18))
    assert set(verdicts(books).values()) == {None}
    billed(books, MARCH)
    assert paid(books, JANUARY, prices) == [250_00, 250_00, 750_00]  # of 300 and 300
    books.used((south, "calls", "2026-01-20", "600"))
    assert set(verdicts(books).values()) == {None}
    billed(books, APRIL)
    assert paid(books, JANUARY, prices) == [275_00, 825_00, 175_00]  # of 300 and 900
    assert set(verdicts(books).values()) == {None}
    [may] = run(books, MAY).drafted
    assert not any(line.deducted for line in contents(books, may).lines)


def test_seats_that_are_told_late_are_discounted_when_nothing_else_is_late(books: Books) -> None:
    price = books.price(seat(books.seats("user"), "10"))
    made = family(books, price, off=[TEN_PERCENT])
    books.seated((made["North"], "user", "2026-01-01", 12))
    billed(books, FEBRUARY)
    books.seated((made["South"], "user", "2026-01-01", 8))

    billed(books, MARCH)

    assert list(charged(books, JANUARY).values()) == [200_00, -20_00]
    assert set(verdicts(books).values()) == {None}


def test_a_suspended_schedule_is_discounted_month_by_month_once_it_is_resumed(books: Books) -> None:
    calls = books.price(linear("1"), books.metric("calls"))
    made = family(books, calls, off=[HUNDRED], least=[{"amount": "50"}])
    north, south = made["North"], made["South"]
    books.used((north, "calls", "2026-01-05", "300"))
    billed(books, FEBRUARY)
    with writing(books.engine) as tx:
        suspend(tx, books.workspace, made["schedule"], today=FEBRUARY, now=NOW)
    books.used((north, "calls", "2026-01-06", "100"), (south, "calls", "2026-02-05", "90"))
    assert run(books, APRIL).drafted == ()

    with writing(books.engine) as tx:
        whose = books.usage, books.workspace, made["schedule"]
        resume(tx, *whose, today=APRIL, now=NOW, new_id=ids.new_id)
    with writing(books.engine) as tx:
        drafts = invoices.drafts(tx, books.workspace.id, [made["schedule"]])
    issue(books, *drafts)

    assert list(charged(books, JANUARY).values()) == [400_00, -100_00, 0]
    assert list(charged(books, FEBRUARY).values()) == [90_00, -90_00, 50_00]
    assert set(verdicts(books).values()) == {None}


def test_late_usage_that_nobody_wants_adjusted_leaves_discounts_alone(books: Books) -> None:
    calls = books.price(linear("1"), books.metric("calls"))
    made = family(books, calls, off=[TEN_PERCENT], adjust_late_usage=False)
    books.used((made["North"], "calls", "2026-01-05", "300"))
    billed(books, FEBRUARY)
    books.used((made["North"], "calls", "2026-01-06", "100"))

    billed(books, MARCH)

    assert list(charged(books, JANUARY).values()) == [300_00, -30_00]


def test_charges_of_one_discount_are_read_up_to_the_same_event(
    books: Books, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Busy(UsageStore):
        """Usage comes while the charges of an invoice are read, one at a time."""

        def reading(
            self, workspace_id: str, asked: Sequence[UsageQuery], last_seq: int | None = None
        ) -> Reading:
            answers = super().reading(workspace_id, asked, last_seq)
            books.used((made["North"], "calls", "2026-01-07", "1"))
            books.used((made["North"], "miles", "2026-01-07", "1"))
            return answers

    monkeypatch.setattr(drafts, "_MEMBERS_AT_ONCE", 1)
    prices = [books.price(linear("1"), books.metric(name)) for name in ("calls", "miles")]
    made = family(books, *prices, off=[HUNDRED])
    for name in ("calls", "miles"):
        books.used((made["North"], name, "2026-01-05", "300"))

    with reading(books.engine) as tx:
        agreed = agreements.all_of(tx, books.workspace)
        schedule = agreed.schedules[made["schedule"]]
        part = Part(schedule, (made["parent"],), charges(schedule, FEBRUARY))
        busy = instead(Busy, books.usage)
        [(_, draft)] = drafts.drafted(tx, busy, agreed, [Due(schedule, (part,))])

    beside = [one for line in draft.lines for one in line.measured.beside]
    assert len({one.basis and one.basis.last_seq for one in beside}) == 1


def paid(books: Books, start: date, prices: Iterable[str]) -> list[int]:
    """What the lines in force of a month come to by price, with its discounts; then the rest."""
    found = by_price(books, start)
    own = [sum(net for id, net in found.items() if price in id) for price in prices]
    return [*own, sum(found.values()) - sum(own)]


class TestAMinimumOverWhatAParentPays:
    """The parent pays January, up to which it was charged itself; its child pays the minimum of the quarter."""

    @pytest.fixture
    def north(self, books: Books) -> str:
        parent, calls = books.customer("Parent"), books.metric("calls")
        north = books.customer("North", parent)
        tiers = books.price(MONTHLY_TIERS, calls, frequency="QUARTERLY")
        books.schedule(parent, books.price(linear("1"), calls), end=date(2026, 1, 31))
        books.schedule(north, tiers, bill_to="PARENT", least=[THOUSAND])
        books.write()
        books.used((north, "calls", "2026-01-05", "60"))
        return north

    def quarter(self, books: Books) -> int:
        """What the lines in force of the quarter come to, whoever pays them: the parent used nothing."""
        months = (charged(books, start) for start in (JANUARY, FEBRUARY, MARCH))
        return sum(sum(month.values()) for month in months)

    def test_knows_what_the_parent_was_charged_late(self, books: Books, north: str) -> None:
        issue(books, *run(books, APRIL).drafted)
        assert self.quarter(books) == 1000_00
        books.used((north, "calls", "2026-01-20", "50"))
        issue(books, *run(books, date(2026, 4, 15)).drafted)
        assert self.quarter(books) > 1000_00, "the parent has paid, the child not been credited yet"

        issue(books, *run(books, date(2026, 7, 1)).drafted)

        assert self.quarter(books) == 1000_00
        assert set(verdicts(books).values()) == {None}

    def test_knows_what_the_parent_is_billed_again(self, books: Books, north: str) -> None:
        drafted = run(books, APRIL).drafted
        issue(books, *drafted)
        [january] = [
            one
            for one in drafted
            if any("North" in (g.title or "") for g in contents(books, one).groups)
        ]
        books.used((north, "calls", "2026-01-20", "50"))
        void(books, january)
        issue(books, *run(books, date(2026, 4, 15)).drafted)

        issue(books, *run(books, date(2026, 7, 1)).drafted)

        assert self.quarter(books) == 1000_00
