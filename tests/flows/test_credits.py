"""Credits from the grant to the invoice: projected, applied once, given back, shared, verified."""

from datetime import date
from decimal import Decimal as D
from typing import Any

import pytest
from sqlalchemy import update

from catchment import ids
from catchment.core.terms.credits import Account, CreditUnit, account
from catchment.flows.credits import keep_grant
from catchment.flows.credits.apply_credits import CreditsOutdated
from catchment.flows.credits.keep_grant import GrantTerms
from catchment.flows.invoices.delete_invoice import delete_invoice
from catchment.flows.invoices.explain_invoice import Step, explain_invoice
from catchment.flows.invoices.recalculate_invoice import recalculate_invoice
from catchment.store.credits import credit_grants, ledger, sales
from catchment.store.engine import reading, writing
from catchment.store.invoices import invoices
from catchment.store.invoices.invoices import Invoice
from catchment.store.schema import credit_grants as credit_grants_table
from tests.flows.books import NOW, Books, fixed, linear
from tests.flows.test_discounts_and_minimums import TEN_PERCENT, THOUSAND, family, lines
from tests.flows.test_late_usage import (
    APRIL,
    FEBRUARY,
    MARCH,
    billed,
    contents,
    issue,
    run,
    shares,
    verdicts,
    void,
)

TODAY = NOW.date()


def grant(books: Books, customer: str, amount: str, **more: Any) -> str:
    terms: dict[str, Any] = {
        "customer": customer,
        "name": "Gift",
        "unit": CreditUnit.METRIC if "metric_id" in more else CreditUnit.CURRENCY,
        "currency": "USD",
        "metric_id": None,
        "amount": D(amount),
        "cost": None,
        "effective": date(2026, 1, 1),
        "expiry": None,
    }
    with writing(books.engine) as tx:
        made = keep_grant.create(
            tx,
            books.workspace,
            GrantTerms(**terms | more),
            today=TODAY,
            now=NOW,
            new_id=ids.new_id,
        )
    return made.grant.id


def take_back(books: Books, grant_id: str) -> None:
    with writing(books.engine) as tx:
        keep_grant.take_back(tx, books.workspace, grant_id, today=TODAY, now=NOW, new_id=ids.new_id)


def became(books: Books, grant_id: str) -> Account:
    with reading(books.engine) as tx:
        found = credit_grants.one(tx, books.workspace.id, grant_id).grant
        entries = ledger.of_grants(tx, books.workspace.id, [grant_id])[grant_id]
    return account(found, [one.entry for one in entries], TODAY)


def again(books: Books, invoice: Invoice) -> Invoice:
    with writing(books.engine) as tx:
        return recalculate_invoice(
            tx, books.usage, books.workspace, invoice.id, now=NOW, new_id=ids.new_id
        )


def stored(books: Books, invoice: Invoice) -> Invoice:
    with reading(books.engine) as tx:
        found = invoices.find(tx, books.workspace.id, invoice.id)
    assert found is not None
    return found


def flat(books: Books, *fees: str, **terms: Any) -> str:
    """A customer who pays fees by the month."""
    customer = books.customer("Solo")
    books.schedule(customer, *(books.price(fixed(fee)) for fee in fees), **terms)
    books.write()
    return customer


def test_money_pays_what_discounts_and_minimums_leave(books: Books) -> None:
    made = family(books, off=[TEN_PERCENT], least=[THOUSAND])
    gift = grant(books, made["parent"], "100")

    january = billed(books, FEBRUARY)

    assert lines(books, january)[3:] == [
        ("Gift – Graduated", -16_99),
        ("Gift – Minimum", -83_01),
    ]
    assert january.net.minor == 900_00
    assert became(books, gift) == (100, 100, 0, 0, 0)
    with reading(books.engine) as tx:
        found = explain_invoice(tx, books.workspace.id, january.id)
    assert dict(found.steps)[Step.CREDITS].minor == -100_00
    assert dict(found.steps)[Step.CHARGES].minor == 188_75
    assert set(verdicts(books).values()) == {None}


def test_members_are_credited_as_they_share_what_is_paid(books: Books) -> None:
    made = family(books, off=[TEN_PERCENT])
    grant(books, made["parent"], "1000")

    january = billed(books, FEBRUARY)

    charge, launch, gift = contents(books, january).lines
    assert january.net.minor == january.gross.minor == 0
    left = shares(books, january, charge)
    for name, part in shares(books, january, launch).items():
        left[name] = (left[name] or 0) + (part or 0)
    assert shares(books, january, gift) == {name: -(part or 0) for name, part in left.items()}
    assert set(verdicts(books).values()) == {None}


def test_units_are_worth_what_a_unit_of_the_pool_came_to(books: Books) -> None:
    made = family(books)
    [january] = run(books, FEBRUARY).drafted
    [line] = contents(books, january).lines
    calls = grant(books, made["parent"], "50", name="Calls", metric_id=line.usage_metric_id)
    grant(books, made["parent"], "10")

    assert lines(books, january) == [
        ("Graduated", 188_75),
        ("Calls – Graduated", -75_50),
        ("Gift – Graduated", -10_00),
    ]
    _, units, _ = contents(books, january).lines
    assert (units.quantity, units.rate, units.unit) == (D(-50), D("1.51"), "calls")
    assert became(books, calls).balance == 50
    issue(books, stored(books, january))
    assert became(books, calls) == (50, 50, 0, 0, 0)
    assert set(verdicts(books).values()) == {None}


def test_a_sale_is_verified_by_the_grant_that_it_sells(books: Books) -> None:
    gift = grant(books, flat(books, "80"), "100", cost=D(80), sold=True)
    with reading(books.engine) as tx:
        id = sales.invoices_of(tx, books.workspace.id, [gift])[gift]
        sale = invoices.find(tx, books.workspace.id, id)
    assert sale is not None
    issue(books, sale)
    assert verdicts(books) == {"SEQ-00001": None}

    with writing(books.engine) as tx:
        tx.execute(update(credit_grants_table).values(cost_of_credit="79"))

    assert verdicts(books) == {"SEQ-00001": "rate"}


def test_two_drafts_never_draw_the_same(books: Books) -> None:
    gift = grant(books, flat(books, "80"), "100")

    january, february = run(books, MARCH).drafted

    assert (january.net.minor, february.net.minor) == (0, 60_00)
    issue(books, february)
    assert became(books, gift).balance == 80
    issue(books, january)
    assert became(books, gift) == (100, 100, 0, 0, 0)
    assert set(verdicts(books).values()) == {None}


def test_a_draft_that_could_be_paid_more_is_not_issued_until_it_is_recalculated(
    books: Books,
) -> None:
    gift = grant(books, flat(books, "80"), "100")
    january, february = run(books, MARCH).drafted
    void(books, january)

    with pytest.raises(CreditsOutdated):
        issue(books, february)
    issue(books, again(books, february))

    assert became(books, gift).balance == 20


def test_what_a_deleted_draft_held_pays_others_at_once(books: Books) -> None:
    gift = grant(books, flat(books, "80"), "100")
    january, february = run(books, MARCH).drafted
    assert february.net.minor == 60_00

    with writing(books.engine) as tx:
        delete_invoice(tx, books.workspace.id, january.id, new_id=ids.new_id)

    issue(books, stored(books, february))
    assert became(books, gift).balance == 20
    assert set(verdicts(books).values()) == {None}


def test_the_next_run_makes_anew_what_issues_itself(books: Books) -> None:
    gift = grant(books, flat(books, "80", auto_issue_invoices=True), "100")

    january, february = run(books, MARCH).drafted
    void(books, january)
    [april] = [one for one in run(books, APRIL).drafted if one.due_on == APRIL]

    assert (february.net.minor, april.status) == (60_00, "FINAL")
    assert became(books, gift).balance == 0


def test_voiding_gives_back_exactly_what_was_taken(books: Books) -> None:
    gift = grant(books, flat(books, "80.55"), "100")
    january = billed(books, FEBRUARY)
    assert became(books, gift).balance == D("19.45")

    void(books, january)

    assert became(books, gift) == (100, 0, 0, 0, 100)
    assert billed(books, FEBRUARY).net.minor == 0
    assert became(books, gift).balance == D("19.45")
    assert set(verdicts(books).values()) == {None}


def test_recalculating_changes_nothing_but_keeps_ids(books: Books) -> None:
    grant(books, flat(books, "80", "20"), "50")
    [january] = run(books, FEBRUARY).drafted
    before = contents(books, january)

    again(books, january)

    assert contents(books, january) == before
    assert lines(books, january)[2:] == [("Gift – Fixed", -40_00), ("Gift – Fixed", -10_00)]


def test_a_grant_pays_drafts_at_once_until_it_is_taken_back(books: Books) -> None:
    customer = flat(books, "80")
    [january] = run(books, FEBRUARY).drafted

    gift = grant(books, customer, "50")

    assert stored(books, january).net.minor == 30_00
    take_back(books, gift)
    assert stored(books, january).net.minor == 80_00
    assert became(books, gift) == (50, 0, 50, 0, 0)
    issue(books, january)


def test_what_goes_back_to_a_grant_that_was_taken_back_is_lost(books: Books) -> None:
    gift = grant(books, flat(books, "80"), "100")
    january = billed(books, FEBRUARY)
    take_back(books, gift)
    assert became(books, gift) == (100, 80, 20, 0, 0)

    void(books, january)

    assert became(books, gift) == (100, 0, 100, 0, 0)


def test_a_grant_pays_for_the_days_on_which_it_is_in_force(books: Books) -> None:
    gift = grant(books, flat(books, "80"), "100", expiry=date(2026, 1, 31))

    january, february = run(books, MARCH).drafted

    assert (january.net.minor, february.net.minor) == (0, 80_00)
    issue(books, january)
    assert became(books, gift) == (100, 80, 0, 20, 0)


def test_a_child_brings_its_credit_to_the_parents_invoice(books: Books) -> None:
    parent = books.customer("Parent")
    child = books.customer("Child", parent)
    books.schedule(parent, books.price(fixed("100")))
    books.schedule(child, books.price(fixed("50")), bill_to="PARENT")
    books.write()
    own, above = grant(books, child, "20", name="Own"), grant(books, parent, "60")

    january = billed(books, FEBRUARY)

    assert lines(books, january)[2:] == [
        ("Own – Fixed", -20_00),
        ("Gift – Fixed", -46_15),
        ("Gift – Fixed", -13_85),
    ]
    assert (became(books, own).applied, became(books, above).applied) == (20, 60)
    _, _, mine, _, rest = contents(books, january).lines
    assert shares(books, january, mine) == {"Child": -20_00}
    assert shares(books, january, rest) == {"Child": -13_85}
    assert set(verdicts(books).values()) == {None}


def test_late_usage_is_paid_where_it_is_billed(books: Books) -> None:
    made = family(books)
    gift = grant(books, made["parent"], "200")
    billed(books, FEBRUARY)
    books.used((made["South"], "calls", "2026-01-20", "10"))

    february = billed(books, MARCH)

    title = "Gift – Graduated – adjustment for 1 – 31 January 2026"
    assert lines(books, february)[-1] == (title, -7_50)
    assert became(books, gift).balance == D("3.75")
    assert set(verdicts(books).values()) == {None}


def test_what_is_given_back_for_an_earlier_period_is_taken_off_before_credits_pay(
    books: Books,
) -> None:
    customer, calls = books.customer("Solo"), books.metric("calls")
    books.schedule(customer, books.price(linear("1"), calls), books.price(fixed("50")))
    books.write()
    books.used((customer, "calls", "2026-01-05", "30"))
    billed(books, FEBRUARY)
    gift = grant(books, customer, "100")
    books.used_again(1, (customer, "calls", "2026-01-05", "10"))

    february = billed(books, MARCH)

    assert february.net.minor == 0
    assert became(books, gift).balance == 70
    assert set(verdicts(books).values()) == {None}


def granted(books: Books, customer: str) -> list[tuple[date, Account]]:
    """What became of each of a customer's grants, by the day on which it began."""
    with reading(books.engine) as tx:
        found = credit_grants.of_customers(tx, books.workspace.id, [customer])
    return [(one.grant.effective, became(books, one.grant.id)) for one in found]


def test_a_phase_grants_anew_with_every_cycle(books: Books) -> None:
    customer = flat(books, "80", given=[{"amount": "100"}])

    january, february = run(books, MARCH).drafted
    issue(books, january, february)

    assert (january.net.minor, february.net.minor) == (0, 0)
    assert granted(books, customer) == [
        (date(2026, 1, 1), (100, 80, 0, 20, 0)),
        (FEBRUARY, (100, 80, 0, 20, 0)),
        (MARCH, (100, 0, 0, 0, 100)),
    ]
    run(books, MARCH)
    assert len(granted(books, customer)) == 3
    assert set(verdicts(books).values()) == {None}


def test_what_rolls_over_pays_later_cycles(books: Books) -> None:
    rolling = {"amount": "100", "rollover": "ON_GRANT_REFRESH"}
    customer = flat(books, "110", given=[rolling | {"amount": "50"}, rolling])

    january, february = run(books, MARCH).drafted

    assert (january.net.minor, february.net.minor) == (0, 0)
    issue(books, january, february)
    assert sum(one.balance for _, one in granted(books, customer)) == 3 * 150 - 220


def test_a_phase_pays_only_what_its_schedule_charges(books: Books) -> None:
    customer = flat(books, "80", given=[{"amount": "100"}])
    other = books.schedule(customer, books.price(fixed("30")))
    books.write()

    drafted = run(books, FEBRUARY).drafted

    assert {one.schedule_id == other: one.net.minor for one in drafted} == {False: 0, True: 30_00}


def test_what_refreshes_never_is_granted_once(books: Books) -> None:
    customer = flat(books, "80", given=[{"amount": "100", "refresh": "NONE"}])

    run(books, FEBRUARY)
    run(books, APRIL)

    assert [start for start, _ in granted(books, customer)] == [date(2026, 1, 1)]
